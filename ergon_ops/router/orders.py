# ruff: noqa: SIM905 - a table of words reads best as words
"""Which part of a question orders a change: `check api and restart it`, but not `why did it restart`."""

from __future__ import annotations

import re

from ergon_ops.router.patterns import DOING_ONE, NEEDS
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES, ASKING, CHANGERS, LOOKERS, METRICS, POLITE, PREPOSITIONS

_TELLING = frozenset({"time", "make", "tell", "ask", "order", "instruct", "force", "get", "want", "need"})
_NOT_BEFORE_AN_ORDER = frozenset(
    "to i you we they one a the any last can could should would will may might must not dont don t never if".split()
)
_FINITE = frozenset({"is", "are", "was", "were", "has", "have", "seems", "keeps", "looks"})
_MAKES_A_NOUN = frozenset(
    """
    rate rates level levels signal signals history log state status failed fails failure failures error errors worked
    went happened correctly cleanly window script events event
    """.split()
)
_NOUNS_TOO = frozenset("cap fix boost drop change limit patch update trim lift increase decrease freeze switch".split())
_THINGS = frozenset({"container", "service", "replica", "instance", "project", "stack", "number", "worker", "anything"})
_BEHIND_A_NOUN = frozenset({"of", "in", "for", "by"})
_CHANGED = METRICS | ARTICLES | frozenset("all everything both one every each any me it them this that a an".split())
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
    "set": frozenset({"up"}),
    "double": frozenset({"check"}),
    "add": frozenset({"up"}),
    "cut": frozenset({"me", "us", "to"}),
    "roll": frozenset({"call"}),
    "turn": frozenset({"around"}),
    "shutdown": frozenset({"reason"}),
    "move": frozenset({"on"}),
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


def _noun(question: Question, at: int, names: frozenset[int]) -> bool:
    """`cap on its memory`, `drop rate`, `no restart of X`, `ok stop, what about Y`."""
    word, after = question.word(at), question.word(at + 1)
    if at + 1 not in names and (after in _MAKES_A_NOUN or (after == "of" and word not in ("restart", "reboot"))):
        return True
    if at == 0 and word.endswith("ing"):
        return True  # `restarting X takes ages`
    singular = after.isalpha() and not after.endswith("s") and at + 1 not in names and after not in _CHANGED
    if singular and after not in PREPOSITIONS and question.word(at + 2) in _BEHIND_A_NOUN and after not in _THINGS:
        return True  # `launch time of X`, `fix available for X`
    if word in _NOUNS_TOO and after in ("in", "for", "on", "between"):
        return True
    if question.word(at - 1) == "no" and question.tokens[at].gap == " ":
        return True
    return after in ASKING and question.gap_after(at).strip()[:1] in (",", ".", ";")


def _asks_whether(question: Question, at: int, names: frozenset[int]) -> bool:
    """`can I restart X`, `will X restart`, `I am going to restart X`."""
    word, after = question.word(at), question.word(at + 1)
    if word in ("can", "could", "may", "shall", "will", "would") and (after == "i" or at + 1 in names):
        return True
    said = question.text[question.tokens[at].start : question.tokens[at].end].lower()
    if said in ("can't", "can’t", "couldn't", "couldn’t", "i'll", "i’ll", "we'll", "we’ll"):
        return True
    if word == "going" or (word == "need" and (question.word(at - 1) == "no" or after in ("we", "i"))):
        return True
    if word == "we" and after in ("will", "shall"):
        return True
    return word in ("i", "im") and after in ("going", "gonna", "will", "plan")


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
    leading, asking, supposing, told, named_first = True, False, False, False, False
    for index, token in enumerate(question.tokens):
        word = token.text
        joiner = word in ("and", "then")
        sentence = index > 0 and any(mark in token.gap for mark in ".!?;") and not token.joint
        heading = ":" in token.gap and token.gap != ":"  # `all the workers: restart`
        if joiner or sentence or heading or (index and "," in token.gap) or "—" in token.gap:
            asking = asking and not (sentence or heading)
            named_first = False
            leading = joiner or not asking
        if told and word == "to":
            leading, asking, told = True, False, False
            continue
        if told and word in CHANGERS and index - 1 in names and question.word(0) in ("make", "let"):
            leading = True
        told = (leading and word in _TELLING) or (told and (index in names or word in ARTICLES))
        if index in names or joiner:
            named_first = named_first or (leading and index in names)
            continue
        if leading and _asks_whether(question, index, names):
            leading, asking, told = False, True, False
            continue
        if supposing and start is None and _consequence(question, index, names):
            start, leading = index, False
            continue
        if leading and word in CHANGERS and not _no_order(question, index, names):
            start, leading = (index if start is None else start), False
            continue
        if leading and start is not None and (word in LOOKERS or word in ASKING):
            found.append(range(start, index))
            start = None
        supposing = supposing or _supposes(question, index)
        if word in ASKING and leading and question.word(index + 1) != "not":
            asking, leading = not named_first, False  # `X is stuck, restart it` is told, not asked
        elif word not in POLITE:
            leading = False
    if start is not None:
        found.append(range(start, len(question.tokens)))
    return tuple(found) or ((range(len(question.tokens)),) if _needed(question) else ())


def _no_order(question: Question, at: int, names: frozenset[int]) -> bool:
    """The verb is a noun here, or half of one, or another verb."""
    other = question.word(at + 1) in _OTHERWISE.get(question.word(at), ())
    return other or _statement(question, at, names) or _noun(question, at, names)


def _supposes(question: Question, at: int) -> bool:
    word = question.word(at)
    if at == 0 and word in ("when", "once", "after") and "," in question.text:
        return True
    return word in ("if", "whoever", "whichever") or (word == "case" and question.word(at - 1) == "in")


def _needed(question: Question) -> bool:
    """`X needs a restart`, `have X restarted`; as a question only when it is politeness."""
    if re.search(DOING_ONE, question.line):
        return True
    asks = question.text.rstrip().endswith("?") and not re.search(r"\b(mind|can|could|please|pls)\b", question.line)
    return not asks and bool(re.search(NEEDS, question.line))
