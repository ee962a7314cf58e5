"""Lines of a log that are known to mean something, with what they name: `refused host=db port=5432`.

A table of patterns, most specific first; a line gives at most one signal of each kind. What is captured comes from a
container and is data: bounded, and without spaces, so that a key can be taken apart again. Rules look at signals, never
at lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from urllib.parse import quote, unquote

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import LogLine
from ergon_ops.facts import Fact, Reading, reading
from ergon_ops.logtemplates import clocks
from ergon_ops.logtemplates.answersignals import ANSWER_PATTERNS, STATUS_PATTERNS, STATUS_SPANS
from ergon_ops.logtemplates.clientsignals import CLIENT_PATTERNS
from ergon_ops.logtemplates.networksignals import NAMED_PATTERNS, UNNAMED_PATTERNS
from ergon_ops.logtemplates.programsignals import PROGRAM_PATTERNS
from ergon_ops.logtemplates.serversignals import SERVER_NAMED_PATTERNS, SERVER_PATTERNS
from ergon_ops.logtemplates.servicesignals import SERVICE_PATTERNS
from ergon_ops.logtemplates.settingsignals import SETTING_PATTERNS, SETTING_SPANS
from ergon_ops.logtemplates.signaltable import PATTERNS
from ergon_ops.refs import Ref

LONGEST_LINE = 300
LONGEST_VALUE = 120
MOST = 40
SOURCE = "signal"
Pattern = tuple[str, str, str]  # kind, a piece of the line in small letters, expression
ALL: tuple[Pattern, ...] = (
    *PROGRAM_PATTERNS,
    *NAMED_PATTERNS,
    *SERVER_NAMED_PATTERNS,
    *PATTERNS,
    *SETTING_PATTERNS,
    *SERVICE_PATTERNS,
    *SERVER_PATTERNS,
    *CLIENT_PATTERNS,
    *ANSWER_PATTERNS,
    *UNNAMED_PATTERNS,
)
SPANS: tuple[Pattern, ...] = (*SETTING_SPANS, *STATUS_SPANS)
LONGEST_SPAN = 10
REMEMBER = 2_000
SIBLINGS = 3
ELSEWHERE = "…"  # in a span's piece: what stands before it is in another line
NEEDLES = frozenset(piece for _, needle, _ in (*ALL, *SPANS) for piece in needle.split(ELSEWHERE))
NUMBERED = frozenset(piece for piece in NEEDLES if any(map(str.isdigit, piece)))
WORDED = NEEDLES - NUMBERED
WITHOUT_DIGITS = str.maketrans("", "", "0123456789")
# A time of day is no address: `04:25` is not port 25 of a host 04.
CLOCK = re.compile(
    r"(?<![\w/.:-])(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?![\w/:])"
)
# A line of an access log: the page that was asked for, and after the status and the size, whence and by what program.
REQUEST = re.compile(
    r"(\"[A-Z]{3,8} )/[^\s\"]*( HTTP/[\d.]+\")"
    r"(?:( \d{3} (?:\d+|-)) \"[^\"]*\" \"[^\"]*\"(?=\s*$| \"[^\"]*\"\s*$)|(?= \d{3}\b))"
)
# What is told of errors that may come, not of one that came; and what those are.
OF_CALLS = frozenset({"dns_failed", "refused", "timed_out", "reset", "unreachable", "cut_off", "http_error"})
PREPARED = re.compile(
    r"^(?!.*(?:fail|error|cannot|could not|unable|exception: )).*?"
    r"(?:\b(?:regist|load|mapp|install|configur)\w*\b.{0,40}?\b(?:handler|polic(?:y|ies)|mapper|listener)s?\b"
    r"|\bhandlers? (?:for|registered)\b|\bretry[_ -]?on\b)",
    re.IGNORECASE,
)
MARK = "‹redacted:"  # what stands where redaction hid something


@dataclass(frozen=True, slots=True)
class Signal:
    """`values`: what the line names (`host`, `port`, `path`, `env_key` …); `text` its newest line, `at` its time,
    `first` that of the oldest one read, `after` how many lines came since, `apart` the most lines from one of them to
    the next."""

    kind: str
    values: Mapping[str, str]
    text: str
    count: int
    at: float | None
    fact: Fact
    first: float | None = None
    after: int = 0
    apart: int = 0


@dataclass(slots=True)
class _Seen:
    text: str
    count: int = 0
    at: float | None = None
    first: float | None = None
    place: int = 0
    apart: int = 0


def key_of(kind: str, values: Mapping[str, str]) -> str:
    return " ".join((kind, *(f"{name}={quote(value, safe='/:.-_@+,')}" for name, value in sorted(values.items()))))


def parse(key: str) -> tuple[str, dict[str, str]]:
    kind, *parts = key.split(" ")
    return kind, {name: unquote(value) for name, _, value in (part.partition("=") for part in parts)}


def readings(ref: Ref, lines: Sequence[LogLine], *, at: float, source: str) -> tuple[Reading, ...]:
    """`log_signal`, its count and its time, of the `MOST` newest kinds of what `lines` say, and the log's last line.
    `source` is the log's own, with when the reading began."""
    found: dict[str, _Seen] = {}
    texts = [line.text for line in lines]
    possible = _possible("\n".join(texts).lower())
    for place, line in enumerate(lines):
        before = texts[max(0, place - LONGEST_SPAN) : place] if possible[1] else ()
        for kind, values in told(line.text, before, *possible):
            key = key_of(kind, values)
            seen = found.pop(key, None) or _Seen("")
            seen.apart = max(seen.apart, place - seen.place) if seen.count else 0
            seen.text, seen.count = line.text[:LONGEST_LINE], seen.count + 1
            seen.at = line.at if line.at is not None else seen.at
            seen.first, seen.place = seen.first if seen.first is not None else line.at, place
            found[key] = seen  # moved to the end: the newest
    last = next((line.text for line in reversed(lines) if line.text.strip()), "")
    rows = [reading(ref, "log_last_line", last.strip()[:LONGEST_LINE], at=at, source=source)] if last else []
    hidden = sum(MARK in line.text for line in lines)
    if hidden:
        rows.append(reading(ref, "log_secrets", hidden, at=at, source=source))
    for key, seen in list(_gathered(found).items())[-MOST:]:
        told_of = (
            ("log_signal", seen.text),
            ("log_signal_count", seen.count),
            ("log_signal_at", seen.at),
            ("log_signal_first", seen.first),
            ("log_signal_after", len(lines) - 1 - seen.place),
            ("log_signal_apart", seen.apart or None),
        )
        rows += [
            reading(ref, name, value, key=key, at=at, source=source) for name, value in told_of if value is not None
        ]
    offset = clocks.offset(lines)
    if offset is not None:
        rows.append(reading(ref, "log_clock_offset", offset, at=at, source=source))
    return tuple(rows)


def _gathered(found: Mapping[str, _Seen]) -> Mapping[str, _Seen]:
    """Where more than a few files of one folder are named, the folder instead: a program that writes file after file
    would push all else out, and nobody would find the file of a moment ago again. Of a full disk it is the folder at
    once if the file's name has a number, or if there is a second one: the next one has another name."""
    folders: dict[str, list[str]] = {}
    for key in found:
        kind, values = parse(key)
        folder = values.get("path", "").rpartition("/")[0]
        if folder:
            folders.setdefault(key_of(kind, {**values, "path": folder}), []).append(key)
    crowded = {
        key: folder
        for folder, keys in folders.items()
        for key in keys
        if len(keys) > SIBLINGS
        or (key.startswith("no_space ") and (len(keys) > 1 or any(map(str.isdigit, key.rpartition("/")[2]))))
    }
    made: dict[str, _Seen] = {}
    for key, seen in found.items():
        name = crowded.get(key, key)
        made[name] = _joined(made.pop(name, None), seen)
    return made


def _joined(before: _Seen | None, seen: _Seen) -> _Seen:
    if before is None:
        return seen
    first = before.first if before.first is not None else seen.first
    apart = max(before.apart, seen.apart, seen.place - before.place)
    return _Seen(seen.text, before.count + seen.count, seen.at or before.at, first, seen.place, apart)


def _possible(low: str) -> tuple[Sequence[Pattern], Sequence[Pattern], Sequence[Pattern]]:
    """Those patterns whose piece is anywhere in a log: most are in none of its lines, and need not be looked for in
    each of a thousand."""
    # Lines that differ in numbers alone are one, for the pieces without any.
    kinds_of_lines = "\n".join(set(low.translate(WITHOUT_DIGITS).split("\n")))
    there = {piece for piece in NUMBERED if piece in low} | {piece for piece in WORDED if piece in kinds_of_lines}
    spans = [row for row in SPANS if all(piece in there for piece in row[1].split(ELSEWHERE))]
    statuses = [row for row in STATUS_PATTERNS if _has(low, row[1])]
    return [row for row in ALL if row[1] in there], spans, statuses


def _has(low: str, sets: str) -> bool:
    return all(any(piece in low for piece in one.split("|")) for one in sets.split(ELSEWHERE))


def told(
    text: str,
    before: Sequence[str] = (),
    patterns: Sequence[Pattern] = ALL,
    spans: Sequence[Pattern] = SPANS,
    statuses: Sequence[Pattern] = STATUS_PATTERNS,
) -> Iterator[tuple[str, dict[str, str]]]:
    """The kinds of signal a line gives, each once, with what it names; `before`: the lines before it, for what several
    say together; `patterns`, `spans` and `statuses`: those that may match."""
    low = text.lower()
    near = [row for row in statuses if "://" in low and _has(low, row[1])]
    near += [row for row in patterns if row[1] in low]
    found = dict(_matched(_plain(text), near)) if near else {}
    said: dict[str, Mapping[str, str]] = {}
    for kind, needle, pattern in spans if before or "\\n" in text else ():
        unsettled = kind not in found or (kind.startswith("http_") and "host" not in found[kind])
        if unsettled and kind not in said and needle.rpartition(ELSEWHERE)[2] in low:
            match = _regex(pattern).search("\n".join((*before, text.replace("\\n", "\n").replace('\\"', '"'))))
            if match is not None:
                said[kind] = _named(match)
    for kind, values in {**found, **said}.items():
        yield kind, dict(values)


def _matched(timeless: str, near: Sequence[Pattern]) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """What a line without its time gives. Kept: a program in trouble says the same again and again, and only the time
    differs."""
    known = _known.get(timeless)
    if known is None:
        made: dict[str, Mapping[str, str]] = {}
        if PREPARED.search(timeless):
            near = [row for row in near if row[0] not in OF_CALLS]
        for kind, _, pattern in near:
            match = None if kind in made else _regex(pattern).search(timeless)
            if match is not None:
                made[kind] = _named(match)
        if len(_known) >= REMEMBER:
            _known.clear()
        known = _known[timeless] = tuple(made.items())
    return known


_known: dict[str, tuple[tuple[str, Mapping[str, str]], ...]] = {}


def _plain(text: str) -> str:
    """As it was before it became a string of JSON, and without times of day; what follows one at the line's beginning
    begins it. Of a request that was served, without what its client chose to say."""
    rest = CLOCK.sub("", text.replace('\\"', '"'))
    if " HTTP/" in rest:
        rest = REQUEST.sub(r"\1/\2\3", rest)
    return rest.lstrip() if rest[:1] == " " and text[:1].isdigit() else rest


def _named(match: re.Match[str]) -> dict[str, str]:
    named = ((name.rstrip("_0123456789"), value) for name, value in match.groupdict().items() if value)
    return {name: _tidy(name, value)[:LONGEST_VALUE] for name, value in named}


def _tidy(name: str, value: str) -> str:
    """A variable's name as it is written, a path without the stop of its sentence."""
    if name == "env_key":
        return value.upper()
    return value.rstrip(".") or value if name == "path" else value


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """Compiled when a line first has its needle: all of them at once would cost a short question a lot."""
    return re.compile(pattern, re.IGNORECASE)


def kinds() -> frozenset[str]:
    """Every kind that a line may give; a rule that asks for another one asks in vain."""
    return frozenset(kind for kind, _, _ in (*ALL, *STATUS_PATTERNS))


def unknown(asked: Iterable[str]) -> list[str]:
    return sorted(set(asked) - kinds())
