"""A line's skeleton and its variable parts.

Word by word, with a memory of words seen: 100,000 lines are a matter of a second. A part that turns out to be the same
in every line of its group is shown again (`summary`), so "port 5432" or 'DATABASE_URL' is not lost.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LOOK = 2_000
REMEMBER = 50_000
SLOT = "\x00"
LITERAL = "\x01"
SHOWN = {"n": "<n>", "x": "<hex>", "u": "<uuid>", "a": "<ip>", "t": "<time>", "s": "<…>"}
ALWAYS_MASKED = "tux"

HEAD = re.compile(
    r"^[\[(]?(?:"
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[^\s\])]*(?: ?(?:[+-]\d{4}|UTC|GMT|CES?T|EST|PST)\b)?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|\d+:[MSCX] \d\d [A-Z][a-z]{2} \d{4} [\d:.]+"
    r"|(?P<klog>[IWEFD])\d{4} \d\d:\d\d:[\d.]+\s+\d+"
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|(?:time|ts|timestamp|t)=\"?\d{4}-\d\d-\d\d[T ][^\s\"]{1,40}\"?"
    r")[\])]?[\s|:-]*"
)
CLF = re.compile(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]+ [+-]\d{4}\]")
STATUS = re.compile(r'(HTTP/[\d.]+"? )(\d{3})\b')
QUOTED = re.compile(r'(?<![\w\\])([\w.]{1,40}=)?"([^"]{0,400})"|(?<!\w)\'([^\']{1,200})\'(?!\w)')
SPOKEN_KEYS = frozenset({"msg=", "message=", "error=", "err=", "reason=", "event=", "level=", "detail="})
REQUEST = re.compile(r"^[A-Z]{3,8} \S+(?: HTTP/[\d.]+)?$")
WORD = re.compile(
    r"(?P<u>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<t>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?\S*)?|\d\d?:\d\d:\d\d(?:[.,]\d+)?)"
    r"|(?P<a>(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4})"
    r"|(?P<x>0x[0-9a-fA-F]+|(?<![A-Za-z0-9])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])(?=(?:[A-Za-z]*\d){4})(?=(?:\d*[A-Za-z]){4})[A-Za-z0-9]{12,}(?![A-Za-z0-9]))"
    r"|(?P<n>(?<![A-Za-z\x00\x01])[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?)"
)

_known: dict[str, tuple[str, tuple[str, ...]]] = {}


class Masked(NamedTuple):
    """`skeleton` has a slot for each of `values`."""

    skeleton: str
    values: tuple[str, ...]


def mask(text: str) -> Masked:
    """Without the time stamp it begins with, every variable part taken out."""
    line = text[:LOOK]
    if head := HEAD.match(line):
        line = (head["klog"] or "") + (" " if head["klog"] else "") + line[head.end() :]
    if "[" in line and "/" in line:
        line = CLF.sub("", line)
    if "HTTP/" in line:
        line = STATUS.sub(rf"\1{LITERAL}\2", line)
    quoted: list[str] = []
    if '"' in line or "'" in line:
        line = QUOTED.sub(lambda found: _quoted(found, quoted), line)
    words: list[str] = []
    values: list[str] = []
    for word in line.split():
        shape, inside = _word(word)
        words.append(shape)
        values.extend(quoted.pop(0) if value == SLOT else value for value in inside)
    return Masked(" ".join(words), tuple(values))


def coarse(skeleton: str) -> str:
    """Only the plain words: for logs with more kinds of lines than anyone can tell apart."""
    words = [word if word.isalpha() else SHOWN["s"] for word in skeleton.split(" ")]
    return " ".join(word for index, word in enumerate(words) if index == 0 or word != words[index - 1])


def _quoted(found: re.Match[str], kept: list[str]) -> str:
    key, double, single = found[1] or "", found[2], found[3]
    if key in SPOKEN_KEYS or (double is not None and REQUEST.match(double)):
        return found[0]
    kept.append(found[0][len(key) :] if single is None else found[0])
    return f"{key}{SLOT}s"


def _word(word: str) -> tuple[str, tuple[str, ...]]:
    if word.isalpha():
        return word, ()
    known = _known.get(word)
    if known is None:
        values: list[str] = []
        known = WORD.sub(lambda found: _slot(found, values), word), ()
        marks = [SLOT] * word.count(SLOT)
        known = known[0], _in_order(known[0], values, marks)
        if len(_known) >= REMEMBER:
            _known.clear()
        _known[word] = known
    return known


def _slot(found: re.Match[str], values: list[str]) -> str:
    values.append(found[0])
    return SLOT + str(found.lastgroup)


def _in_order(shape: str, values: list[str], marks: list[str]) -> tuple[str, ...]:
    """Values in the order of their slots; a quoted one is taken from the line's own list later."""
    plain, quoted = iter(values), iter(marks)
    kinds = (shape[at + 1] for at, letter in enumerate(shape) if letter == SLOT)
    return tuple(next(quoted) if kind == "s" else next(plain) for kind in kinds)


def render(skeleton: str, values: tuple[str, ...], varies: set[int]) -> str:
    """For a person: what varies is named by its kind, what never did is shown."""
    parts = skeleton.split(SLOT)
    shown = [parts[0]]
    for index, part in enumerate(parts[1:]):
        kind, rest = part[:1], part[1:]
        fixed = index not in varies and kind not in ALWAYS_MASKED
        shown.append((values[index] if fixed else SHOWN[kind]) + rest)
    return re.sub(r"(?:<time>[\s,]*){2,}", "<time> ", "".join(shown).replace(LITERAL, "")).strip()
