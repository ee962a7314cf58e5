"""What the tests of this folder share: a small toolbox, a prompt, and one reply taken whole."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

from ergon_ops.messages import Cut, Message, Native, Prompt, Text, ToolCall, ToolResult, Usage
from ergon_ops.providers import OnSent, Provider, Sent, open_provider
from ergon_ops.tool import Tool, read, tool_of
from tests.providers.servers import AnthropicServer, OpenAIServer, Style

SHARED = "You speak for a container. Say only what a fact supports and name its id in brackets: [e7]."
PROMPT = Prompt(SHARED, "Your data:\n<data>\nyour name: web-ci\ncontainer: web\nrole: serves the shop's pages\n</data>")
AnyServer = AnthropicServer | OpenAIServer
Name = Literal["anthropic", "openai"]


@read
async def metrics(ctx: Any, window_s: float = 0.0) -> None:
    """CPU and throttling, memory (working set, limit), pids.

    window_s: seconds that rates cover
    """


@read
async def inspect(
    ctx: Any, groups: list[Literal["ports", "services", "limits"]] | None = None, about: str = ""
) -> None:
    """Facts of a container by group: services what listens, ports.

    about: another container's name
    """


@read
async def logs(ctx: Any, tail: int, level: Literal["", "error"] = "") -> None:
    """Log lines as templates with counts."""


TOOLS: list[Tool] = [tool_of(function) for function in (metrics, inspect, logs)]


def server_of(name: str, **options: Any) -> AnyServer:
    if name == "anthropic":
        return AnthropicServer(**options)
    return OpenAIServer(**options)


@dataclass
class Heard:
    """One reply."""

    parts: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> list[ToolCall]:
        return [part for part in self.parts if isinstance(part, ToolCall)]

    @property
    def natives(self) -> list[Native]:
        return [part for part in self.parts if isinstance(part, Native)]

    @property
    def usage(self) -> Usage:
        assert isinstance(self.parts[-1], Usage)
        assert sum(isinstance(part, Usage) for part in self.parts) == 1
        return self.parts[-1]

    @property
    def message(self) -> Message:
        return Message("assistant", tuple(part for part in self.parts if not isinstance(part, Cut | Usage)))


async def heard(
    provider: Provider,
    messages: Sequence[Message],
    *,
    tools: Sequence[Tool] = TOOLS,
    prompt: Prompt = PROMPT,
    max_tokens: int = 400,
    deadline_s: float = 20.0,
    into: Heard | None = None,
) -> Heard:
    said = into or Heard()
    pieces = provider.reply(prompt, messages, tools, max_tokens=max_tokens, deadline_s=deadline_s)
    async with aclosing(pieces) as stream:
        async for piece in stream:
            said.parts.append(piece)
    return said


def user(text: str) -> Message:
    return Message("user", (Text(text),))


def assistant(*parts: Any) -> Message:
    return Message("assistant", parts)


def results(*pairs: tuple[str, str]) -> Message:
    return Message("tool", tuple(ToolResult(key, text) for key, text in pairs))


class Impatient:
    """A patience of half a second with the first request, and as long as it takes with the next: a busy machine is no
    fault."""

    connect_s = 5.0

    def __init__(self, server: AnyServer) -> None:
        self._server = server

    @property
    def first_s(self) -> float:
        return 0.5 if len(self._server.seen) < 2 else 30.0

    between_s = first_s


class Naps:
    """A sleep that only remembers."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def provider_of(
    server: AnyServer,
    *,
    model: str = "",
    on_sent: OnSent | None = None,
    patience: Any = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> Provider:
    spec = f"{server.provider}:{model}" if model else server.provider
    options: dict[str, Any] = {"sleep": sleep or Naps(), "on_sent": on_sent}
    return open_provider(spec, endpoints=server.endpoints, patience=patience, clock=lambda: 5.0, **options)


@dataclass
class World:
    """Numbers drawn anew for each test, and the tool results that carry them."""

    memory: str
    port: int
    errors: int

    @classmethod
    def drawn(cls) -> World:
        return cls(
            f"{random.randint(10, 900)}.{random.randint(1, 9)} MiB", random.randint(1024, 65000), random.randint(2, 99)
        )

    def result(self, tool: str) -> str:
        lines = {
            "metrics": f"[e12] memory_working_set: {self.memory}\n[e13] memory_limit: 1 GiB",
            "inspect": f"[e20] serving nginx:{self.port}: listening",
            "logs": f"[e30] log_errors: {self.errors}",
        }
        return f"<data>\n{lines[tool]}\n</data>"


__all__ = [
    "PROMPT",
    "SHARED",
    "TOOLS",
    "AnyServer",
    "Heard",
    "Impatient",
    "Naps",
    "Sent",
    "Style",
    "World",
    "assistant",
    "heard",
    "provider_of",
    "results",
    "server_of",
    "user",
]  # fmt: skip
