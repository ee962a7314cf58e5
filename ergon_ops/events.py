"""The stream of a turn and its JSON codec: exactly one `answer` or `error`, and it comes last."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from ergon_ops.dataclass import dataclass

EventType = Literal[
    "routed", "tool_started", "tool_done", "text", "finding", "proposal", "change", "notice", "answer", "error"
]
EVENT_TYPES: frozenset[str] = frozenset(get_args(EventType))
LAST: frozenset[str] = frozenset({"answer", "error"})


def timestamp(at: float) -> str:
    """RFC 3339, UTC, milliseconds: `2026-11-22T02:30:00.125Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """The inverse of `timestamp`; also reads the engine's nanosecond stamps. Raises ValueError."""
    head, _, tail = text.strip().replace("Z", "+00:00").partition(".")
    if tail:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        head += "." + tail[:digits][:6].ljust(6, "0") + tail[digits:]
    moment = datetime.fromisoformat(head)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class Event:
    type: EventType
    turn: str
    seq: int
    at: float
    data: Mapping[str, Any]

    def to_json(self) -> str:
        """One line."""
        body = {
            "type": self.type,
            "turn": self.turn,
            "seq": self.seq,
            "at": timestamp(self.at),
            "data": dict(self.data),
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Event:
        """Raises ValueError for anything that `to_json` does not write."""
        body = json.loads(line)
        if not isinstance(body, dict) or body.get("type") not in EVENT_TYPES or not isinstance(body.get("data"), dict):
            raise ValueError(f"not an event: {line[:80]!r}")
        return cls(cast(EventType, body["type"]), str(body["turn"]), int(body["seq"]), epoch(body["at"]), body["data"])


@dataclass(slots=True)
class Stream:
    """Numbers and stamps the events of one turn."""

    turn: str
    clock: Callable[[], float]
    _seq: int = field(default=0)

    def event(self, type: EventType, **data: Any) -> Event:
        self._seq += 1
        return Event(type, self.turn, self._seq, self.clock(), data)
