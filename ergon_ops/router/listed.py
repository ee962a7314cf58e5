"""Names that only their company shows: `kafka-connect vs events`, `mail & search: up or down`, `kafka 0 and 2`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ergon_ops.router.index import Index, Sense
from ergon_ops.router.mention import Mention, joined
from ergon_ops.router.question import Question
from ergon_ops.router.usage import ends
from ergon_ops.router.words import ARTICLES, FOLLOWERS, HARD, METRICS

_OWN = ("name", "alias", "service")
_JOINERS = frozenset({"and", "or", "vs", "versus", "nor"})
_RIVALS = frozenset({"vs", "versus"})
_SIGNS = re.compile(r"\s*[&+,/]\s*")
_ENDS_IN_NUMBER = re.compile(r"(.*?)(-?)\d+")
_COUNTING = frozenset({"and", "or", "then", "than", "to", "through", "vs", "with", "not"})
_STOP = re.compile(r"[.;!?]\s|\n")
_NOT_IN_A_LIST = frozenset("it all both each that this them everything the others not".split())  # noqa: SIM905


def company(question: Question, index: Index, found: Sequence[Mention], taken: set[int]) -> Iterator[Mention]:
    """Those beside a name that is sure, and the names of a heading: `a, b and c: …`."""
    yield from _heading(question, index, taken)
    for mention in found:
        if mention.kind in ("unknown", "verb", "host"):
            continue
        yield from _after(question, index, mention, found, taken)
        yield from _before(question, index, mention, taken)
        yield from _numbered(question, index, mention, taken)


def _after(
    question: Question, index: Index, mention: Mention, found: Sequence[Mention], taken: set[int]
) -> Iterator[Mention]:
    key, at = mention.key, mention.last
    listed = any(one.first < mention.first and joined(question, one, mention) for one in found)
    while True:
        first = _next(question, at)
        if first is None or first in taken or first >= len(question.tokens):
            return
        one = _sibling(question, index, key, first) or _beside(
            question, index, first, sure=listed or question.word(first - 1) in _RIVALS
        )
        if one is None:
            return
        taken.add(first)
        yield one
        at = first


def _numbered(question: Question, index: Index, mention: Mention, taken: set[int]) -> Iterator[Mention]:
    """`kafka 0, then 1`, `api 3 is newer than 1 and 2`, `web 1 to 3`: numbers later in the sentence."""
    if not _ENDS_IN_NUMBER.fullmatch(mention.key) or mention.kind not in _OWN:
        return
    for at in range(mention.last + 1, len(question.tokens)):
        if _STOP.search(question.tokens[at].gap) or not question.word(at).isdecimal():
            if _STOP.search(question.tokens[at].gap):
                return
            continue
        before, first = question.word(at - 1), int(mention.key[-1])
        if at in taken or before not in _COUNTING or not (one := _sibling(question, index, mention.key, at)):
            continue
        low = first + 1 if before in ("to", "through") else int(question.word(at))
        for number in range(low, int(question.word(at))):
            between = _own(index, f"{mention.key[:-1]}{number}")
            if between is None:
                return
            yield _mention(at, f"{mention.key[:-1]}{number}", between, index)
        taken.add(at)
        yield one


def _before(question: Question, index: Index, mention: Mention, taken: set[int]) -> Iterator[Mention]:
    at = mention.first - 1 - (question.word(mention.first - 1) in ARTICLES)
    plural = question.word(at - 2) in ("are", "do", "did", "have", "were")
    if at < 1 or question.word(at) not in _RIVALS | ({"and", "or"} if plural else set()):
        return
    if at - 1 not in taken and (one := _beside(question, index, at - 1, sure=True)):
        taken.add(at - 1)
        yield one


def _next(question: Question, last: int) -> int | None:
    """Where the next of a list would stand."""
    if _SIGNS.fullmatch(question.gap_after(last)):
        return last + 1 + (question.word(last + 1) in ("and", "or"))
    return last + 2 + (question.word(last + 2) in ARTICLES) if question.word(last + 1) in _JOINERS else None


def _own(index: Index, key: str) -> Sense | None:
    return next((sense for sense in index.senses.get(key, ()) if sense.kind in _OWN), None)


def _mention(at: int, key: str, sense: Sense, index: Index) -> Mention:
    return Mention(at, at, sense.kind, sense.members, key, strong=True, listed=True, readings=index.senses[key])


def _beside(question: Question, index: Index, at: int, *, sure: bool) -> Mention | None:
    word = question.word(at)
    sense = None if word in _NOT_IN_A_LIST else _own(index, word)
    if sense is None or (not sure and (word in METRICS | HARD or word.isdecimal())):
        return None
    after = question.word(at + 1)
    if ends(question, at) or after in FOLLOWERS | _JOINERS or (sure and _before_rival(question, at)):
        return _mention(at, word, sense, index)
    return None


def _before_rival(question: Question, at: int) -> bool:
    return question.word(at + 1) in _RIVALS | {"and", "or"}


def _sibling(question: Question, index: Index, key: str, at: int) -> Mention | None:
    """`kafka 0 and 2`: the same name with another number."""
    number, match = question.word(at), _ENDS_IN_NUMBER.fullmatch(key)
    after = question.word(at + 1)
    if not match or not number.isdecimal() or not (ends(question, at) or after in FOLLOWERS | _JOINERS):
        return None
    other = f"{match[1]}{match[2]}{number}"
    sense = _own(index, other)
    return _mention(at, other, sense, index) if sense else None


def _heading(question: Question, index: Index, taken: set[int]) -> Iterator[Mention]:
    """All before the first colon is a list of names."""
    last = next((at for at in range(len(question.tokens) - 1) if question.gap_after(at).startswith(":")), -1)
    if last < 1 or question.gap_after(last) == ":":
        return
    free: list[tuple[int, Sense]] = []
    for at in range(last + 1):
        word = question.word(at)
        if at in taken or word in _JOINERS:
            continue
        sense = _own(index, word)
        if sense is None:
            return
        free.append((at, sense))
    for at, sense in free:
        taken.add(at)
        yield _mention(at, question.word(at), sense, index)
