"""What comes through stdin beside a question: bounded in size and time, and never more than data.

Of much, the beginning and the end are kept: a log's news is at its end.
"""

from __future__ import annotations

import os
import select
import stat
import time
from collections import deque
from dataclasses import field
from typing import TextIO

from ergon_ops.dataclass import dataclass

HEAD_BYTES = 64_000
TAIL_BYTES = 192_000
MOST_BYTES = 1 << 30  # so much is read to find the end
FIRST_BYTE_S = 2.0
IDLE_S = 5.0
TOTAL_S = 15.0
CHUNK = 1 << 16
BINARY = 0.1  # a text has fewer bytes than this share that no text has


@dataclass(frozen=True, slots=True)
class Piped:
    """`notice` says what was left out, and why."""

    text: str = ""
    notice: str = ""


@dataclass(slots=True)
class Kept:
    """The first and the last bytes of a stream."""

    head: bytearray = field(default_factory=bytearray)
    tail: deque[bytes] = field(default_factory=deque)
    size: int = 0
    _held: int = 0

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        room = HEAD_BYTES - len(self.head)
        self.head += chunk[:room]
        if rest := chunk[max(0, room) :]:
            self.tail.append(rest)
            self._held += len(rest)
        while self.tail and self._held - len(self.tail[0]) >= TAIL_BYTES:
            self._held -= len(self.tail.popleft())

    @property
    def cut(self) -> bool:
        return self.size > HEAD_BYTES + TAIL_BYTES

    def bytes(self) -> bytes:
        """The whole, or head and tail: without the line each was cut in, if lines there are."""
        end = b"".join(self.tail)
        if not self.cut:
            return bytes(self.head) + end
        end = end[-TAIL_BYTES:]
        first, last = self.head.rfind(b"\n"), end.find(b"\n")
        return bytes(self.head[: first + 1] or self.head + b"\n") + (end[last + 1 :] or end)


def read_piped(stream: TextIO) -> Piped:
    """The text of a pipe or a file on stdin; nothing for a terminal, /dev/null, or a pipe on which nobody speaks.

    A service may hand down a pipe that is never written to nor closed: without a first byte in time it is ignored.
    """
    try:
        descriptor = stream.fileno()
        kind = os.fstat(descriptor).st_mode
    except (OSError, ValueError):
        return Piped()
    if not (stat.S_ISFIFO(kind) or stat.S_ISREG(kind) or stat.S_ISSOCK(kind)):
        return Piped()
    kept = Kept()
    try:
        end = _read(descriptor, kept)
    except OSError as error:
        return Piped("", f"stdin cannot be read: {error.strerror}")
    if not kept.size:
        return Piped("", "nothing came through stdin, so it is not part of the question" if end == "silent" else "")
    return _judged(kept, end)


def _read(descriptor: int, kept: Kept) -> str:
    """How it ended: `end`, `silent` (nothing more came), `much` (too much or too slow)."""
    stop = time.monotonic() + TOTAL_S
    while kept.size < MOST_BYTES:
        wait = min(IDLE_S if kept.size else FIRST_BYTE_S, stop - time.monotonic())
        if wait <= 0:
            return "much"
        if not select.select([descriptor], [], [], wait)[0]:
            return "silent"
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return "end"
        kept.add(chunk)
    return "much"


def _judged(kept: Kept, end: str) -> Piped:
    data = kept.bytes()
    if _binary(data):
        return Piped("", f"stdin is not text ({amount(kept.size)} of binary data), so it is not part of the question")
    text = data.decode("utf-8", "replace")
    if kept.cut:
        more = " and more" if end == "much" else ""
        used = f"the first {amount(HEAD_BYTES)} and the last {amount(TAIL_BYTES)}"
        return Piped(text, f"{amount(kept.size)}{more} came through stdin; {used} were used")
    if end != "end":
        return Piped(text, f"stdin is still open; the {amount(kept.size)} that came so far were used")
    return Piped(text)


def _binary(data: bytes) -> bool:
    """Whether this is no text in any encoding we read: what is neither UTF-8 nor printable prevails."""
    text = data.decode("utf-8", "replace")
    strange = sum(char == "\ufffd" or (char < " " and char not in "\t\n\r\x1b\b\f") for char in text)
    return strange > BINARY * max(1, len(text))


def amount(size: int) -> str:
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= step:
            return f"{size / step:.3g} {unit}"
    return f"{size} bytes"
