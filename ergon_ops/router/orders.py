# ruff: noqa: SIM905 - a table of words reads best as words
"""Which part of a question orders a change: `check api and restart it`, but not `why did it restart`."""

from __future__ import annotations

import re

from ergon_ops.router.patterns import NEEDS
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES, ASKING, CHANGERS, LOOKERS, POLITE

_TELLING = frozenset({"tell", "ask", "order", "instruct", "force", "get", "want", "need"})
_NOT_BEFORE_AN_ORDER = frozenset(
    "to i you we they one a the any last can could should would will may might must not dont don t never if".split()
)
_FINITE = frozenset({"is", "are", "was", "were", "has", "have", "seems", "keeps", "looks"})
_OBJECTS = frozenset({"it", "that", "them", "this", "what", "whatever", "who", "whoever", "everything", "all"})
# Words that make a noun, or another verb, of the verb before them: `restart count`, `give me the logs`.
_OTHERWISE: dict[str, frozenset[str]] = {
    "restart": frozenset({"count", "counts", "policy", "history", "reason", "loop", "loops", "times"}),
    "limit": frozenset({"of", "for", "is", "reached"}),
    "start": frozenset({"time", "with", "by"}),
    "change": frozenset({"log", "history"}),
    "kill": frozenset({"count"}),
    "give": frozenset({"me", "us"}),
    "cap": frozenset({"of"}),
    "stop": frozenset({"reason"}),
    "update": frozenset({"me", "us", "on"}),
    "reset": frozenset({"count"}),
}


def _statement(question: Question, at: int, names: frozenset[int]) -> bool:
    """`change detection is slow`, `the patch level is old`: the verb is half of a noun."""
    if question.word(at).endswith("ing") and question.word(at - 1) in (
        "would",
        "will",
        "could",
        "can",
        "might",
        "does",
    ):
        return True  # `would restarting it help`
    return at + 1 not in names and question.word(at + 2) in _FINITE and question.word(at + 1) not in _OBJECTS | ARTICLES


def _consequence(question: Question, at: int, names: frozenset[int]) -> bool:
    """The change after a condition: `if it is throttled restart it`, but not `if I should restart it`."""
    if question.word(at) not in CHANGERS or question.word(at - 1) in _NOT_BEFORE_AN_ORDER | ASKING:
        return False
    then = at + 1 + (question.word(at + 1) in ARTICLES)
    return question.word(then) in ("it", "them", "that", "this", "both") or then in names


def ordered(question: Question, names: frozenset[int]) -> tuple[range, ...]:
    """The token ranges that order a change: a verb of change leads the sentence or a part of it, names (at these
    positions) and politeness aside; each goes on until another kind of verb leads."""
    found: list[range] = []
    start: int | None = None
    leading, asking, supposing, told = True, False, False, False
    for index, token in enumerate(question.tokens):
        word = token.text
        joiner = word in ("and", "then")
        sentence = index > 0 and any(mark in token.gap for mark in ".!?;") and not token.joint
        heading = ":" in token.gap and token.gap != ":"  # `all the workers: restart`
        if joiner or sentence or heading or (index and "," in token.gap) or "—" in token.gap:
            asking = asking and not sentence
            leading = joiner or not asking
        if told and word == "to":
            leading, asking, told = True, False, False
            continue
        told = (leading and word in _TELLING) or (told and (index in names or word in ARTICLES))
        if index in names or joiner:
            continue
        if supposing and start is None and _consequence(question, index, names):
            start, leading = index, False
            continue
        if (
            leading
            and word in CHANGERS
            and not _statement(question, index, names)
            and not _OTHERWISE.get(word, frozenset()) & {question.word(index + 1)}
        ):
            start, leading = (index if start is None else start), False
            continue
        if leading and start is not None and (word in LOOKERS or word in ASKING):
            found.append(range(start, index))
            start = None
        supposing = (
            supposing or word in ("if", "whoever", "whichever") or (word == "case" and question.word(index - 1) == "in")
        )
        if word in ASKING and leading and question.word(index + 1) != "not":
            asking, leading = True, False
        elif word not in POLITE:
            leading = False
    if start is not None:
        found.append(range(start, len(question.tokens)))
    return tuple(found) or ((range(len(question.tokens)),) if re.search(NEEDS, question.line) else ())
