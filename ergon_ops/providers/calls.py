"""Tool calls of one reply: ids that are missing or used twice, and pieces of calls as servers stream them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import field, replace
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import ToolCall
from ergon_ops.providers.arguments import read_arguments
from ergon_ops.providers.protocol import Piece
from ergon_ops.providers.shapes import text_at

AT_MOST = 32
"""Calls of one reply; a model in a loop asks for hundreds."""


def unique_ids(pieces: Iterable[Piece]) -> list[Piece]:
    """The same pieces, each call with an id of its own."""
    seen: set[str] = set()
    told: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, ToolCall):
            key, number = piece.id or "call_1", 1
            while key in seen:
                number += 1
                key = f"{piece.id or 'call'}_{number}"
            seen.add(key)
            piece = replace(piece, id=key)
            if len(seen) > AT_MOST:
                continue
        told.append(piece)
    return told


@dataclass(slots=True)
class _Open:
    index: Any
    id: str = ""
    name: str = ""
    written: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        try:
            return isinstance(json.loads("".join(self.written)), dict)
        except (ValueError, RecursionError):
            return False


@dataclass(slots=True)
class Assembly:
    """Calls out of the deltas of Chat Completions: arguments in one piece or many, as text or as an object; indexes and
    ids missing, or the same for every call."""

    calls: list[_Open] = field(default_factory=list)
    size: int = 0

    def add(self, delta: Any) -> None:
        function = getattr(delta, "function", None)
        name = text_at(function, "name")
        key, index = text_at(delta, "id"), getattr(delta, "index", None)
        call = self._of(index, key, name)
        call.id = call.id or key
        call.name = call.name or name
        arguments = getattr(function, "arguments", None)
        if arguments:
            written = text_at(function, "arguments") if isinstance(arguments, str) else json.dumps(arguments)
            call.written.append(written)
            self.size += len(written)

    def _of(self, index: Any, key: str, name: str) -> _Open:
        """The call a delta goes on with, or a new one."""
        same = [call for call in self.calls if call.index == index]
        last = same[-1] if same else None
        another = last is not None and (
            (key and last.id and key != last.id)
            or (name and last.name and (name != last.name or last.whole) and key != last.id)
            or (name and last.name and not key and last.whole)
        )
        if last is None or another:
            last = _Open(index)
            self.calls.append(last)
        return last

    def finished(self, *, cut: bool) -> list[Piece]:
        return [
            ToolCall(c.id, c.name, *read_arguments("".join(c.written), cut=cut))
            for c in self.calls
            if c.name or c.written
        ]
