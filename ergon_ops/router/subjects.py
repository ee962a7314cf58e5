"""Of all who are named: whom the question is put to, who is only spoken of, who is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ergon_ops.router.mentions import Mention
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES

_RELATING = frozenset(  # ruff: noqa: SIM905
    [
        "reach",
        "reaches",
        "reaching",
        "talk",
        "talks",
        "talking",
        "connect",
        "connects",
        "connected",
        "connecting",
        "connection",
        "depend",
        "depends",
        "depending",
        "use",
        "uses",
        "using",
        "call",
        "calls",
        "calling",
        "access",
        "accesses",
        "see",
        "resolve",
        "resolves",
        "ping",
        "contact",
        "contacts",
        "query",
        "queries",
        "need",
        "needs",
        "find",
        "because",
        "after",
        "before",
        "when",
        "while",
        "since",
        "affect",
        "affects",
        "cause",
        "causes",
        "require",
        "requires",
        "reachable",
        "visible",
        "connections",
        "blame",
        "due",
    ]
)
_STEPS = frozenset({"to", "on", "with", "of", "into", "by", "at", "against"}) | ARTICLES
_LEAVING_OUT = frozenset({"except", "excluding", "excluded", "besides", "without", "not", "excepting", "minus"})
_JOINERS = frozenset({"and", "or", "vs", "versus", "than", "&", "plus", "nor", "with"})
_LOOSE = frozenset({"program", "role", "image", "service", "project", "part", "alias"})


@dataclass(slots=True)
class Parties:
    subjects: list[Mention] = field(default_factory=list)
    about: list[Mention] = field(default_factory=list)
    left_out: list[Mention] = field(default_factory=list)
    hosts: list[Mention] = field(default_factory=list)
    projects: list[Mention] = field(default_factory=list)
    asked_of_all: bool = False


def parties(question: Question, found: list[Mention]) -> Parties:
    sides = Parties()
    for position, mention in enumerate(found):
        previous = found[position - 1] if position else None
        if mention.kind == "verb":
            continue
        if mention.kind == "host":
            sides.hosts.append(mention)
        elif previous is not None and _joined(question, previous, mention):
            side = next((side for side in (sides.left_out, sides.about) if previous in side), sides.subjects)
            side.append(mention)
        elif _left_out(question, mention):
            sides.left_out.append(mention)
        elif _spoken_of(question, mention, previous):
            sides.about.append(mention)
        else:
            sides.subjects.append(mention)
    _settle(question, sides)
    return sides


def _settle(question: Question, sides: Parties) -> None:
    """Who asks about somebody without a subject asks all; `reachable from X` puts the question to X."""
    if sides.about and not sides.subjects:
        if re.match(
            r"(and |so |but |ok )?(who|what|which|whoever|anything|anyone|how many|list|show|is (anything|anyone|anybody))\b",
            question.line,
        ):
            sides.asked_of_all = True
        else:
            sides.subjects, sides.about = sides.about, []
    if (
        len(sides.subjects) == 2
        and question.word(sides.subjects[1].first - 1 - (question.word(sides.subjects[1].first - 1) in ARTICLES))
        == "from"
    ):
        first, second = sides.subjects
        between = {question.word(at) for at in range(first.last + 1, second.first)}
        if between & {"reachable", "accessible", "visible", "available", "resolvable"}:
            sides.subjects, sides.about = [second], [*sides.about, first]
    others = [mention for mention in sides.subjects if mention.kind != "project"]
    for mention in [mention for mention in sides.subjects if mention.kind == "project"] if others else []:
        if any(set(mention.members) & set(other.members) for other in others) and not _listed(question, mention):
            sides.projects.append(mention)
            sides.subjects.remove(mention)
    sides.subjects = _merged(question, sides.subjects)


def _listed(question: Question, mention: Mention) -> bool:
    return question.word(mention.first - 1) in _JOINERS or question.word(mention.last + 1) in _JOINERS


def _left_out(question: Question, mention: Mention) -> bool:
    at = mention.first - 1
    while at >= 0 and question.word(at) in ARTICLES | {"for", "than", "from", "container"}:
        at -= 1
    word, before = question.word(at), question.word(at - 1)
    if word == "but":
        return before in ("all", "everything", "anything", "everyone", "containers", "container", "one", "every")
    if word == "not" and before in ("is", "why", "does", "did", "has", "was", "are", "will", "can"):
        return False
    return word in _LEAVING_OUT or (word in ("other", "apart") and question.word(at + 1) in ("than", "from"))


def _spoken_of(question: Question, mention: Mention, previous: Mention | None) -> bool:
    """The object of a relating verb: `talk to X`, `because of X`."""
    at = mention.first - 1
    floor = previous.last if previous else -1
    steps = 0
    while at > floor and question.word(at) in _STEPS and steps < 3:
        at -= 1
        steps += 1
    if at <= floor or question.word(at) not in _RELATING:
        return False
    if previous is None and question.word(at) in (
        "query",
        "see",
        "find",
        "ping",
        "because",
        "when",
        "while",
        "after",
        "before",
    ):
        return False
    return True


def _joined(question: Question, first: Mention, second: Mention) -> bool:
    between = [question.word(at) for at in range(first.last + 1, second.first)]
    gap = question.text[question.tokens[first.last].end : question.tokens[second.first].start]
    return (not set(between) - _JOINERS - ARTICLES) and (
        "," in gap or bool(set(between) & _JOINERS) or "/" in gap or "&" in gap or "+" in gap
    )


def _merged(question: Question, subjects: list[Mention]) -> list[Mention]:
    """Two descriptions of the same thing are one: `redis in webapp`, `the shop db`, `postgres orders-db`."""
    kept: list[Mention] = []
    for mention in subjects:
        previous = kept[-1] if kept else None
        if (
            previous is None
            or _joined(question, previous, mention)
            or mention.kind == "unknown"
            or previous.kind == "unknown"
        ):
            kept.append(mention)
            continue
        both = sorted(set(previous.members) & set(mention.members))
        if both and (previous.kind in _LOOSE or mention.kind in _LOOSE):
            surer = previous if len(previous.members) <= len(mention.members) else mention
            kept[-1] = Mention(
                previous.first,
                mention.last,
                surer.kind,
                both,
                surer.key,
                surer.word,
                previous.slip or mention.slip,
                previous.plural or mention.plural,
                True,
            )
        elif (
            question.tokens[previous.last].possessive and mention.kind in _LOOSE and mention.first == previous.last + 1
        ):
            kept[-1] = mention
        else:
            kept.append(mention)
    return kept
