"""What a provider is to those who talk through it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Cut, Message, Native, Prompt, Text, ToolCall, Usage
from ergon_ops.tool import Tool

Piece = Text | ToolCall | Native | Cut | Usage


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it left: the exact bytes of its body. The API key travels in a header and is never in here."""

    at: float
    url: str
    body: bytes


OnSent = Callable[[Sent], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `first_s` until the headers of an answer, `between_s` until its next byte; None = up to the deadline."""

    connect_s: float = 5.0
    first_s: float | None = None
    between_s: float | None = 30.0


class Provider(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def model(self) -> str: ...

    def reply(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int, deadline_s: float
    ) -> AsyncGenerator[Piece, None]:
        """Text as it arrives, tool calls whole, parts in their order, `Cut` if there was to be more, `Usage` last.

        Raises ProviderError. Cancelling, or closing the iterator, closes the connection."""
        ...

    def body(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int
    ) -> dict[str, Any]:
        """The request such a reply begins with, as JSON; nothing is sent."""
        ...

    async def close(self) -> None: ...
