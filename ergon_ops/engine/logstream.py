"""Log bytes of the engine as lines: taken apart by stream, stamped, bounded, safe to show.

Without a terminal each message is a frame of 8 bytes head (stream, length) and its text; with one it is plain text. The
engine splits lines over 16 KB into several messages and stamps each, also in the middle of a line.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import LogLine, LogQuery
from ergon_ops.events import epoch
from ergon_ops.loglevels import at_least, level_of
from ergon_ops.redaction import neutralise, redact_lines
from ergon_ops.redaction.neutral import cut

HEAD = 8
LONGEST = 4_000
KEPT = 16_384  # of one line: more than is ever shown, so that a secret at the cut is seen whole
HELD = 65_536
LARGEST_FRAME = 4_194_304
STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ")
StreamName = Literal["stdout", "stderr"]


@dataclass(slots=True)
class Raw:
    """A line as it came, not yet safe."""

    stream: StreamName
    stamp: bytes = b""
    text: bytearray = field(default_factory=bytearray)

    def add(self, piece: bytes) -> None:
        if len(self.text) < KEPT:
            self.text += piece[: KEPT - len(self.text)]


class Splitter:
    """Feed it chunks of any size; it gives back the lines that are complete."""

    def __init__(self, *, tty: bool) -> None:
        self._plain = tty
        self._buffer = bytearray()
        self._open: dict[StreamName, Raw] = {}

    def feed(self, chunk: bytes) -> Iterator[Raw]:
        self._buffer += chunk
        while not self._plain and len(self._buffer) >= HEAD:
            if self._buffer[0] > 2 or any(self._buffer[1:4]):
                self._plain = True  # no frames after all
                break
            end = HEAD + int.from_bytes(self._buffer[4:HEAD], "big")
            if len(self._buffer) < min(end, LARGEST_FRAME):
                return
            yield from self._message("stderr" if self._buffer[0] == 2 else "stdout", bytes(self._buffer[HEAD:end]))
            del self._buffer[:end]
        if self._plain:
            yield from self._text()

    def rest(self) -> Iterator[Raw]:
        """Lines without an end, at the end of it all."""
        if self._plain and self._buffer:
            yield from self._message("stdout", bytes(self._buffer))
        yield from self._open.values()
        self._open.clear()

    def _text(self) -> Iterator[Raw]:
        """Whole lines, so that no stamp is cut in two; of a line without end, what is too much to hold."""
        while (end := self._buffer.find(b"\n") + 1) or len(self._buffer) > HELD:
            end = end or HELD
            yield from self._message("stdout", bytes(self._buffer[:end]))
            del self._buffer[:end]

    def _message(self, stream: StreamName, piece: bytes) -> Iterator[Raw]:
        """One stamped piece: a line, a part of one, or several of them."""
        while piece:
            line = self._open.setdefault(stream, Raw(stream))
            if found := STAMP.match(piece):
                line.stamp = line.stamp or found[1]
                piece = piece[found.end() :]
            body, end, piece = piece.partition(b"\n")
            line.add(body)
            if end:
                yield self._open.pop(stream)


def shown(lines: Iterable[Raw]) -> Iterator[LogLine]:
    """Safe to show: decoded, neutralised, redacted (private keys over several lines too), then cut."""
    raws = deque[Raw]()

    def texts() -> Iterator[str]:
        for raw in lines:
            raws.append(raw)
            text = raw.text.decode("utf-8", "replace").rstrip("\r")
            yield neutralise(text, len(text) * 4 + 64)

    for text in redact_lines(texts()):
        raw = raws.popleft()
        yield LogLine(_moment(raw.stamp), raw.stream, cut(text, LONGEST))


def wanted(line: LogLine, query: LogQuery) -> bool:
    """`grep` is a plain substring, case aside; `level` a floor."""
    if query.grep and query.grep.lower() not in line.text.lower():
        return False
    return not query.level or at_least(level_of(line.text), query.level)


@dataclass(slots=True)
class Newest:
    """Keeps the newest lines that fit into so many lines and bytes."""

    lines: int
    size: int
    cut: bool = False
    _kept: deque[Raw] = field(default_factory=deque)
    _held: int = 0

    def add(self, line: Raw) -> None:
        self._kept.append(line)
        self._held += len(line.text) + 1
        while self._kept and (self._held > self.size or len(self._kept) > self.lines):
            self.cut = self.cut or self._held > self.size
            self._held -= len(self._kept.popleft().text) + 1

    def __iter__(self) -> Iterator[Raw]:
        return iter(self._kept)


def _moment(stamp: bytes) -> float | None:
    try:
        return epoch(stamp.decode()) if stamp else None
    except ValueError:
        return None
