"""What a wire can do to an answer. Each is for one request: `server.faults.next(Fault.status(529))`."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """`kind` says what happens; `after` how many events of the stream pass before it."""

    kind: str
    after: int = 0
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    size: int = 0
    pause_s: float = 0.0
    name: str = ""

    @staticmethod
    def status(code: int, body: Any = None, **headers: str) -> Fault:
        """An error document of the server's own kind (or `body`); headers: `retry_after="2"`."""
        return Fault("status", code=code, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    @staticmethod
    def reset(after: int = 0) -> Fault:
        """The connection is reset: before anything was sent, or after so many events."""
        return Fault("reset", after=after)

    @staticmethod
    def stall(after: int = 0) -> Fault:
        """Silence: before the headers (after 0), or after so many events."""
        return Fault("stall", after=after)

    @staticmethod
    def truncated(after: int = 2) -> Fault:
        """A clean end of the stream in the middle of the answer."""
        return Fault("truncated", after=after)

    @staticmethod
    def half_event(after: int = 2) -> Fault:
        """The stream ends cleanly within an event."""
        return Fault("half_event", after=after)

    @staticmethod
    def garbage(after: int = 2) -> Fault:
        """An event whose data is no JSON."""
        return Fault("garbage", after=after)

    @staticmethod
    def error_event(kind: str = "overloaded_error", after: int = 0) -> Fault:
        """An error in the stream, after so many events."""
        return Fault("error_event", after=after, name=kind)

    @staticmethod
    def empty() -> Fault:
        """A whole reply that says nothing."""
        return Fault("empty")

    @staticmethod
    def no_body() -> Fault:
        """Success, and no bytes."""
        return Fault("no_body")

    @staticmethod
    def html() -> Fault:
        return Fault("html")

    @staticmethod
    def json_error(kind: str = "api_error", message: str = "something failed here") -> Fault:
        """An error document under status 200."""
        return Fault("json_error", body={"error": {"type": kind, "message": message}})

    @staticmethod
    def huge(size: int = 10_000_000, after: int = 0) -> Fault:
        """So many bytes of text within the stream."""
        return Fault("huge", size=size, after=after)

    @staticmethod
    def huge_json(size: int = 10_000_000) -> Fault:
        return Fault("huge_json", size=size)

    @staticmethod
    def drip(pause_s: float = 0.02) -> Fault:
        """One byte, a pause, one byte: never silent, never done."""
        return Fault("drip", pause_s=pause_s)

    @staticmethod
    def duplicate_ids() -> Fault:
        """All tool calls of the reply carry one id."""
        return Fault("duplicate_ids")

    @staticmethod
    def malformed_arguments() -> Fault:
        return Fault("malformed_arguments")

    @staticmethod
    def unknown_tool(name: str = "format_disk") -> Fault:
        return Fault("unknown_tool", name=name)

    @staticmethod
    def refusal() -> Fault:
        """The vendor's safeguards end the reply after its words."""
        return Fault("refusal")

    @staticmethod
    def cut(after: int = 0) -> Fault:
        """The reply ends at its token limit."""
        return Fault("cut", after=after)


class Faults:
    """A queue: each request takes the next one."""

    def __init__(self) -> None:
        self._queue: deque[Fault | None] = deque()
        self._lock = threading.Lock()

    def next(self, *faults: Fault | None, times: int = 1) -> None:
        """The coming requests meet these, in order; None = nothing happens to that one."""
        with self._lock:
            self._queue.extend(faults * times)

    def take(self) -> Fault | None:
        with self._lock:
            return self._queue.popleft() if self._queue else None


def page() -> bytes:
    return b"<!doctype html><html><head><title>Sign in</title></head><body><h1>It works!</h1></body></html>"


def as_bytes(document: Any) -> bytes:
    return document if isinstance(document, bytes) else json.dumps(document).encode()
