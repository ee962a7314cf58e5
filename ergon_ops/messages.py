"""What is said in a turn: messages and their parts, the question, and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.dataclass import dataclass

Role = Literal["user", "assistant", "tool"]
Mode = Literal["strict", "balanced", "restricted", "autonomous"]


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`problem` says why the arguments could not be read; they are empty then."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    text: str
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Native:
    """A provider's own part, echoed back to it unread."""

    provider: str
    part: Any


@dataclass(frozen=True, slots=True)
class Cut:
    """The reply reached `max_tokens`: it is not whole, and neither is its last sentence."""


@dataclass(frozen=True, slots=True)
class Usage:
    """`input_tokens` are those that were not read from a cache; `cache_write_tokens` of them were written to it."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """What stands before a conversation. `shared` is the same for every container with the same capabilities and
    mode, byte for byte, so that a provider can keep it; `persona` follows it."""

    shared: str
    persona: str


Part = Text | ToolCall | ToolResult | Native


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as the listener saw it; never built from a request body."""

    interface: str
    identity: str
    mode_ceiling: Mode = "restricted"
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question on its way. `context` is text that came with it (stdin): untrusted data, never instructions."""

    text: str
    actor: Actor
    names: tuple[str, ...] = ()
    session: str | None = None
    model: str | None = None
    mode: Mode | None = None
    history: tuple[Message, ...] = ()
    max_tokens: int | None = None
    deadline_s: float = 60.0
    context: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
