"""All rules over one text. Each is linear in its length: runs are bounded or possessive and start at a word's edge.

A rule is tried only if one of its hints occurs, and typed tokens only if there is a long word at all, so that an
ordinary log line costs a few microseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache

from ergon_ops.redaction import pairs, phrases
from ergon_ops.redaction.compiled import CLOSE, OPEN, Span, compiled
from ergon_ops.redaction.tokens import LIBRARY, OURS

Find = Callable[[str], Iterator[Span]]
Hinted = tuple[tuple[str, Find], ...]
_LONG_WORD = r"[A-Za-z0-9_\-]{16}"
# These have no long word of their own, or may be cut by punctuation.
_SHORT = frozenset(
    {"private-key", "azure-key", "npm-token", "webhook", "password-hash", "aws-secret", "artifactory-password"}
)


def spans(text: str) -> list[Span]:
    """Every secret in `text`, in order and not overlapping; the widest of overlapping ones names the kind."""
    low = text.lower()
    always, typed, exact = _rules()
    finds = [find for hint, find in always if hint in low]
    if compiled(_LONG_WORD).search(text):
        finds += [find for hint, find in typed if hint in low]
    finds += [find for hint, find in exact if hint in text]
    if not finds:
        return []
    found = [span for find in dict.fromkeys(finds) for span in find(text) if span[0] < span[1]]
    if OPEN in text:
        found = list(_beside_markers(text, found))
    return _merged(sorted(found)) if len(found) > 1 else found


_MARKER = OPEN + r"[a-z\-]{1,40}" + CLOSE


def _beside_markers(text: str, found: list[Span]) -> Iterator[Span]:
    """What an earlier pass put in stays as it is: spans that begin, end or lie in a marker are cut back to its edge."""
    marks = [match.span() for match in compiled(_MARKER).finditer(text)]
    for start, end, kind in found:
        before, last = (bisect_right(marks, (place, len(text))) - 1 for place in (start, end - 1))
        if before >= 0 and start < marks[before][1]:
            start = marks[before][1]
        if last >= 0 and end <= marks[last][1]:
            end = marks[last][0]
        if start < end and compiled(r"[\w!-~]").search(compiled(_MARKER).sub("", text[start:end])):
            yield start, end, kind


def _merged(found: list[Span]) -> list[Span]:
    merged = found[:1]
    for start, end, kind in found[1:]:
        last_start, last_end, last_kind = merged[-1]
        if start >= last_end:
            merged.append((start, end, kind))
            continue
        wider = kind if end - start > last_end - last_start else last_kind
        merged[-1] = (last_start, max(last_end, end), wider)
    return merged


def _matching(kind: str, pattern: str) -> Find:
    """Spans of the group that matched, or of the whole match where the pattern has no groups."""

    def find(text: str) -> Iterator[Span]:
        for match in compiled(pattern).finditer(text):
            start, end = match.span(match.lastindex or 0)
            yield start, end, kind

    return find


@cache
def _rules() -> tuple[Hinted, Hinted, Hinted]:
    """Hint and rule: those always considered, those that need a long word, and those with a hint in capitals."""
    always: list[tuple[str, Find]] = []
    typed: list[tuple[str, Find]] = [("", phrases.base64_line)]
    for kind, hints, pattern in [(row.kind, row.hints, row.pattern) for row in LIBRARY if row.pattern] + list(OURS):
        find = _matching(kind, pattern)
        (always if kind in _SHORT else typed).extend((hint, find) for hint in hints)
    for kind, hints, pattern in phrases.PHRASES:
        find = phrases.phrases(kind, pattern)
        always.extend((hint, find) for hint in hints)
    for hints, function in (
        (pairs.KEY_HINTS, pairs.keyed),
        (("://",), phrases.url_passwords),
        (("cookie",), phrases.cookies),
        (("basic",), phrases.basic),
        (("passw", "passphrase", "passcode", "pwd", "token", "key", "secret"), phrases.said),
    ):
        always.extend((hint, function) for hint in hints)
    exact = [rule for rule in (*always, *typed) if rule[0] != rule[0].lower()]
    return (
        tuple(rule for rule in always if rule not in exact),
        tuple(rule for rule in typed if rule not in exact),
        tuple(exact),
    )
