"""A provider without a wire: a function plays the model. For tests, demonstrations and work without a network."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Sequence
from typing import Any

from ergon_ops.messages import Message, Prompt, Usage
from ergon_ops.providers.protocol import Piece
from ergon_ops.tool import Tool

Part = Callable[[Prompt, Sequence[Message], Sequence[Tool]], Iterable[Piece] | AsyncIterable[Piece]]


class Scripted:
    """`function(system, messages, tools)` gives the pieces of one reply, or an async iterable of them; what it raises
    is raised. A usage is added if it gives none. `requests` keeps what each reply was asked with."""

    name = "scripted"

    def __init__(self, function: Part, *, model: str = "scripted") -> None:
        self.model = model
        self.requests: list[tuple[Prompt, tuple[Message, ...], tuple[Tool, ...], int]] = []
        self._function = function

    async def reply(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int, deadline_s: float
    ) -> AsyncGenerator[Piece, None]:
        self.requests.append((system, tuple(messages), tuple(tools), max_tokens))
        usage: Usage | None = None
        async for piece in _each(self._function(system, messages, tools)):
            if isinstance(piece, Usage):
                usage = piece
            else:
                yield piece
        yield usage or Usage()

    def body(
        self, system: Prompt, messages: Sequence[Message], tools: Sequence[Tool], *, max_tokens: int
    ) -> dict[str, Any]:
        return {
            "model": self.model,
            "max_tokens": max_tokens,
            "system": [system.shared, system.persona],
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "tools": [tool.name for tool in tools],
        }

    async def close(self) -> None:
        """Nothing is open."""


async def _each(pieces: Iterable[Piece] | AsyncIterable[Piece]) -> AsyncGenerator[Piece, None]:
    if isinstance(pieces, AsyncIterable):
        async for piece in pieces:
            yield piece
        return
    for piece in pieces:
        yield piece
        if inspect.isgenerator(pieces):
            await _breathe()


async def _breathe() -> None:
    """Lets others run between two pieces, as a wire does."""
    import asyncio

    await asyncio.sleep(0)
