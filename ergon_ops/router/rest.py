"""What a question asks, with the names taken out of it."""

from __future__ import annotations

from collections.abc import Sequence

from ergon_ops.router.mention import Mention
from ergon_ops.router.question import Question
from ergon_ops.router.verdict import Focus
from ergon_ops.router.words import ARTICLES, FILLERS, METRICS

_NOUNS = frozenset(
    {"container", "containers", "service", "server", "instance", "instances", "replica", "replicas", "one"}
)
_WHERE = frozenset({"of", "in", "from", "project", "stack"})
_OPENERS = frozenset({"ok", "okay", "hmm", "hm", "well", "alright", "right", "yes", "so"})
_TOPICS = frozenset({"program", "image"})  # these stay: what is asked about a program inside a container


def rest_of(
    question: Question, named: list[Mention], focus: Focus, *, one: bool, places: Sequence[Mention] = ()
) -> str:
    """The text without names (`it` in their place if there is one) and without the `places` they are of; the last
    question if nothing else was said."""
    inside = {at for mention in named for at in range(mention.first, mention.last + 1)}
    left = [token.text for at, token in enumerate(question.tokens) if at not in inside]
    before = min(inside, default=0)
    empty = all(word in FILLERS or (at < before and word in _OPENERS) for at, word in enumerate(left))
    if empty and focus.text and (named or {"same", "again"} & set(left)):
        return focus.text
    named = [mention for mention in named if mention.kind not in _TOPICS]
    if not named or empty:
        return question.text
    pieces: list[str] = []
    end = 0
    for mention in sorted((*named, *places), key=lambda one: one.first):
        first, last = _place(question, mention) if mention in places else _span(question, mention)
        pieces.append(question.text[end : question.tokens[first].start].rstrip("@\"'`“‘"))
        if mention not in places:
            pieces.append(_instead(question, mention, first, last, one=one and len(named) == 1))
        end = question.tokens[last].end
    tail = question.text[end:].lstrip("\"'`”’")
    return " ".join("".join([*pieces, tail]).split()).strip(":, ") or question.text


def _place(question: Question, mention: Mention) -> tuple[int, int]:
    first = mention.first
    while first > 0 and question.word(first - 1) in ARTICLES | _WHERE and question.tokens[first].joint:
        first -= 1
    return first, mention.last


def _span(question: Question, mention: Mention) -> tuple[int, int]:
    first, last = mention.first, mention.last
    while (
        first > 0 and question.word(first - 1) in ARTICLES | {"container", "service"} and question.tokens[first].joint
    ):
        first -= 1
    if not question.tokens[last].possessive and question.word(last + 1) in _NOUNS and question.tokens[last + 1].joint:
        last += 1
    return first, last


def _instead(question: Question, mention: Mention, first: int, last: int, *, one: bool) -> str:
    called = first == 0 and question.gap_after(last).lstrip()[:1] in (":", ",")
    if not one or called or (first > 0 and "," in question.tokens[first].gap):
        return ""
    noun = question.word(last + 1) in METRICS or question.tokens[mention.last].possessive
    return "its" if noun else "it"
