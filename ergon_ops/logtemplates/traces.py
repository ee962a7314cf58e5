"""Lines that belong together: a stack trace is one entry, named by its exception line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import LogLine

LONGEST = 500
CUT = 4_000
GO_LONGEST = 300
PYTHON = "Traceback (most recent call last):"
FRAME = re.compile(
    r"^\s+at |^\s*\.\.\. \d+ (?:more|common frames)|^Caused by: |^\s+Suppressed: |^goroutine \d+ \[|^created by |"
    r"^\s+from .*:\d+:in |^#\d+ |^Stack trace:|^stack backtrace:|^\s+\d+: 0?x?[\w<]|^note: run with `RUST_|"
    r"^\[signal |^Node\.js v\d|^\s+thrown in |^\s+\^+\s*$"
)
CHAINED = re.compile(r"^(?:During handling of the above exception|The above exception was the direct cause)")
GO_CALL = re.compile(r"^[\w./*-]+\([^)]*\)(?:$| )|^exit status \d+$|^[\w./*-]+\.\(.*\)\.?\w*\(")
RAISED = re.compile(
    r"^(?:Uncaught |Unhandled )?(?:[A-Za-z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Failure|Fault|Exit|Interrupt|Timeout|"
    r"Warning|Panic)\b|^Exception in thread |^panic: |^fatal error: |^thread '|PHP Fatal error|\(\w*Error\)$"
)


@dataclass(slots=True)
class Entry:
    """One line, or a whole trace: `text` is the line that names it."""

    text: str
    at: float | None
    stream: str
    lines: int = 1
    trace: bool = False
    kind: str = ""
    cause: str = ""

    @property
    def named(self) -> str:
        return f"{self.text} — caused by {self.cause}" if self.cause else self.text


def entries(lines: Iterable[LogLine]) -> Iterator[Entry]:
    """In the order they end. Standard output and error are folded apart: they interleave."""
    open_: dict[str, Entry] = {}
    for line in lines:
        text = line.text[:CUT].rstrip()
        before = open_.get(line.stream)
        if before is not None and before.lines < LONGEST and _continues(before, text):
            before.lines += 1
            continue
        if before is not None:
            yield before
            del open_[line.stream]
        if text.strip():
            open_[line.stream] = Entry(text, line.at, line.stream, kind=_kind(text), trace=text.endswith(PYTHON))
    yield from open_.values()


def _kind(text: str) -> str:
    if text.endswith(PYTHON):
        return "python"
    if text.startswith(("panic: ", "fatal error: ")):
        return "go"
    if text.startswith("thread '") and text.endswith(":"):
        return "rust"
    return "raised" if RAISED.search(text) else ""


def _continues(entry: Entry, text: str) -> bool:
    """Whether `text` belongs to the entry, which it may rename."""
    if entry.kind == "python":
        return _python(entry, text)
    if entry.kind == "rust" and text:
        entry.text, entry.kind, entry.trace = f"{entry.text} {text.strip()}", "raised", True
        return True
    if entry.kind == "go" and (not text or GO_CALL.match(text[:GO_LONGEST]) or text[0] in "\t ["):
        entry.trace = True
        return True
    if entry.kind in ("done", "chained"):
        return _after_python(entry, text)
    if FRAME.match(text):
        entry.trace = True
        if text.startswith("Caused by: "):
            entry.cause = text.removeprefix("Caused by: ")
        return True
    if not text:
        return entry.trace
    return (entry.trace or entry.kind == "raised") and text[0] in " \t}"


def _python(entry: Entry, text: str) -> bool:
    """Frames are indented; the first line that is not names the exception."""
    if not text or text[0] in " \t" or text.startswith("Traceback"):
        return True
    entry.text, entry.kind = text, "done"
    return True


def _after_python(entry: Entry, text: str) -> bool:
    """Another traceback is the same entry only where Python says that the two are chained."""
    if CHAINED.match(text):
        entry.kind = "chained"
        return True
    if entry.kind == "chained" and text == PYTHON:
        entry.kind = "python"
        return True
    return text[:1] in (" ", "\t") if text else entry.trace
