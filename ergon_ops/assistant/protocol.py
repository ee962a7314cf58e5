"""The facets of the assistant. Documents are the JSON of the contracts; streams are events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from ergon_ops.events import Event
from ergon_ops.messages import Actor, Question

Document = dict[str, Any]


class Conversation(Protocol):
    def ask(self, question: Question) -> AsyncGenerator[Event, None]:
        """One turn: exactly one `answer` or `error` event, and it comes last."""
        ...

    async def overview(self) -> Document: ...
    async def names(self) -> tuple[str, ...]:
        """Every word that stands for someone: container and CI names, services, projects."""
        ...


class Fleet(Protocol):
    async def listing(self) -> Document: ...
    async def diagnose(self, name: str) -> Document: ...


class Workshop(Protocol):
    async def proposals(self, *, everything: bool = False) -> Document: ...
    def approve(self, id: str, *, actor: Actor) -> AsyncGenerator[Event, None]: ...
    async def reject(self, id: str, *, actor: Actor) -> Document: ...
    async def journal(self, *, verify: bool = False) -> Document: ...
    async def state(self, *, prune: bool = False) -> Document: ...


class Assistant(Conversation, Fleet, Workshop, Protocol):
    async def close(self) -> None: ...
