"""The facets of the assistant. Documents are the JSON of the contracts; streams are events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from ergon_ops.assistant.minds import Mind
from ergon_ops.events import Event
from ergon_ops.messages import Actor, Question

Document = dict[str, Any]


class Sent(Protocol):
    """One request to a model, with the exact bytes of its body."""

    @property
    def at(self) -> float: ...
    @property
    def url(self) -> str: ...
    @property
    def body(self) -> bytes: ...


class Conversation(Protocol):
    def ask(self, question: Question) -> AsyncGenerator[Event, None]:
        """One turn: exactly one `answer` or `error` event, and it comes last."""
        ...

    async def consent_needed(self, model: str | None = None) -> str:
        """The endpoint a person has to be asked about before anything is sent there, or ''."""
        ...

    async def give_consent(self, endpoint: str, *, yes: bool) -> None: ...
    def sent(self) -> tuple[Sent, ...]:
        """Everything that was sent to a model by this process, oldest first."""
        ...

    async def prompt(self, question: Question) -> Document:
        """The request a model would be sent for this question; nothing is sent."""
        ...

    def mind(self, model: str | None = None) -> Mind:
        """Which mind would answer, and why."""
        ...

    async def preload(self, model: str | None = None) -> None:
        """Imports what the model needs while nobody waits."""
        ...

    async def overview(self) -> Document: ...
    async def names(self) -> tuple[str, ...]:
        """Every word that stands for someone: container and CI names, services, projects."""
        ...


class Fleet(Protocol):
    async def listing(self) -> Document: ...
    async def diagnose(self, name: str) -> Document: ...
    async def roster(self) -> Document:
        """Names, state and health of everyone, without numbers."""
        ...

    def last_seen(self) -> Document:
        """The roster as it was when somebody last looked: no engine is asked."""
        ...

    async def presence(self, name: str) -> Document:
        """State and health of one. Raises NoSuchContainer, EngineError."""
        ...


class Evidence(Protocol):
    """What lies behind the answers."""

    async def logs(self, name: str, *, tail: int, grep: str = "", since_s: float = 0.0) -> Document: ...
    def metrics(self, name: str, *, every_s: float = 1.0) -> AsyncGenerator[Document, None]: ...
    def findings(self) -> Document:
        """As the rules found them when they last looked."""
        ...

    def facts(self, session: str) -> list[Document]: ...
    def shown(self, handle: str) -> str | None:
        """The full output of a tool under its handle."""
        ...


class Archive(Protocol):
    """Conversations that were stored. What does not exist raises UsageError."""

    def sessions(self) -> Document: ...
    def session(self, name: str) -> Document: ...
    def delete_session(self, name: str) -> Document: ...


class Workshop(Protocol):
    async def propose(self, name: str) -> Document:
        """What would be better for one container. Raises NoSuchContainer, EngineError, PolicyRefused."""
        ...

    async def proposals(self, *, everything: bool = False) -> Document: ...
    def approve(self, id: str, *, actor: Actor) -> AsyncGenerator[Event, None]: ...
    def rollback(self, id: str, *, actor: Actor) -> AsyncGenerator[Event, None]: ...
    async def reject(self, id: str, *, actor: Actor) -> Document: ...
    async def journal(self, *, verify: bool = False) -> Document: ...
    async def state(self, *, prune: bool = False) -> Document: ...


class Manifests(Protocol):
    """What runs beside what is written down."""

    async def manifest_difference(self, target: str) -> Document:
        """`target`: a container, or a manifest's file. Raises NoSuchContainer, ManifestError, UsageError."""
        ...

    async def manifest_of_running(self, project: str) -> Document:
        """A manifest of what runs: of a project, or of everything for ''. Raises UsageError for an unknown one."""
        ...


class Assistant(Conversation, Fleet, Evidence, Archive, Workshop, Manifests, Protocol):
    async def close(self) -> None: ...
