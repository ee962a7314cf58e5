# ruff: noqa: SIM905 - a table of words reads best as words
"""Of all who are named: whom the question is put to, who is only spoken of, who is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ergon_ops.router.mention import Mention
from ergon_ops.router.patterns import ASKS_OF_ALL
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES, CHANGERS

_RELATING = frozenset(
    """
    reach reaches reaching talk talks talking connect connects connected connecting connection connections depend
    depends depending use uses using call calls calling access accesses see resolve resolves ping contact contacts
    query queries need needs find because after before when while since if affect affects cause causes require
    requires reachable visible blame due
    """.split()
)
_LEADING_VERBS = frozenset({"query", "see", "find", "ping", "because", "when", "while", "after", "before"})
_PASSING_ON = frozenset(
    """
    write writes writing wrote send sends sending sent read reads reading push pushes pushing pull pulls pulling ship
    ships forward forwards route routes publish publishes post posts subscribe subscribes authenticate log wait waits
    waiting save saves load loads fetch fetches save saves sync syncs replicate replicates
    """.split()
)
_NOUNS = frozenset({"site", "website", "web-site", "app", "application"})  # `the wordpress site` is just wordpress
_NEW = frozenset({"another", "additional", "extra", "new", "further"})  # `room for another worker`: not one of these
_STEPS = frozenset({"to", "on", "with", "of", "into", "by", "at", "against"}) | ARTICLES
_LEAVING_OUT = frozenset({"except", "excluding", "excluded", "besides", "without", "not", "excepting", "minus"})
_JOINERS = frozenset({"and", "or", "vs", "versus", "than", "&", "plus", "nor", "with"})
_WHERE = frozenset({"of", "in", "for", "behind", "inside", "under", "from", "project", "stack"})
_LOOSE = frozenset({"program", "role", "image", "service", "project", "part", "alias"})


@dataclass(slots=True)
class Parties:
    subjects: list[Mention] = field(default_factory=list)
    about: list[Mention] = field(default_factory=list)
    left_out: list[Mention] = field(default_factory=list)
    spared: list[Mention] = field(default_factory=list)  # "do not touch X"
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
            if (
                side is sides.left_out
                and question.word(previous.first - 1) == "not"
                and "," in mention_gap(question, mention)
            ):
                side = sides.subjects  # "not that one, this one"
            side.append(mention)
        elif _spared(question, mention):
            sides.spared.append(mention)
        elif _left_out(question, mention):
            sides.left_out.append(mention)
        elif _spoken_of(question, mention, previous):
            sides.about.append(mention)
        else:
            sides.subjects.append(mention)
    _settle(question, sides)
    return sides


def _spared(question: Question, mention: Mention) -> bool:
    at = mention.first - 1 - (question.word(mention.first - 1) in ARTICLES)
    verb = question.word(at) in CHANGERS or question.word(at) == "touch"
    return verb and question.word(at - 1) in ("not", "don", "dont", "never")


def mention_gap(question: Question, mention: Mention) -> str:
    return question.tokens[mention.first].gap


def _settle(question: Question, sides: Parties) -> None:
    """Who asks about somebody without a subject asks all; `reachable from X` puts the question to X."""
    if sides.subjects:
        sides.left_out += sides.spared
    else:
        sides.subjects = sides.spared
    if sides.about and not sides.subjects:
        if re.match(ASKS_OF_ALL, question.line):
            sides.asked_of_all = True
        elif question.host and all(question.word(one.first - 1) in _NEW for one in sides.about):
            pass  # `is there room on the host for another worker`
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
    if len(sides.subjects) > 1:
        _pair(question, sides)
    others = [mention for mention in sides.subjects if mention.kind != "project"]
    for mention in [mention for mention in sides.subjects if mention.kind == "project"] if others else []:
        if any(set(mention.members) & set(other.members) for other in others) and not _listed(question, mention):
            sides.projects.append(mention)
            sides.subjects.remove(mention)
    sides.subjects = _merged(question, sides.subjects)


def _pair(question: Question, sides: Parties) -> None:
    """`X and its database`: X's own; `which database does X use`: X is asked."""
    first = sides.subjects[0]
    for at, mention in enumerate(sides.subjects[1:], 1):
        wider = {number for sense in sides.subjects[at - 1].readings for number in sense.members}
        own = [number for number in mention.members if number in wider]
        if question.word(mention.first - 1) in ("its", "their") and own:
            sides.subjects[at] = replace(mention, members=own, others=[], strong=True)
    if question.word(first.first - 1) in ("which", "what") and question.word(first.last + 1) in ("does", "do", "did"):
        sides.about.append(sides.subjects.pop(0))


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
    if previous is not None and question.word(at + 1) == "by" and question.word(at).endswith("ed"):
        return True  # `overloaded by X`
    if previous is not None and question.word(at + 1) == "to" and _from(question, previous):
        return True
    if question.word(mention.first - 1) in _NEW:
        return True
    if (
        previous is not None
        and question.word(mention.first - 1) == "from"
        and question.word(mention.first - 2) in _PASSING_ON
    ):
        return mention.first - 2 > floor
    if at > floor and question.word(at) in _PASSING_ON and question.word(at + 1) in _STEPS - ARTICLES:
        return previous is not None
    if at <= floor or question.word(at) not in _RELATING:
        return False
    return previous is not None or question.word(at) not in _LEADING_VERBS


def _from(question: Question, mention: Mention) -> bool:
    at = mention.first - 1 - (question.word(mention.first - 1) in ARTICLES)
    return question.word(at) == "from"


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
        one = _as_one(question, previous, mention) if previous else None
        if one is None:
            kept.append(mention)
        else:
            kept[-1] = one
    return kept


def _described(question: Question, first: Mention, second: Mention) -> Mention | None:
    """A project or a part of names beside a role or a program says which: `the wordpress db`, `postgres of airflow`."""
    between = [question.word(at) for at in range(first.last + 1, second.first)]
    if second.kind == "role" and second.key in _NOUNS and not between and question.tokens[second.first].gap == " ":
        return replace(first, last=second.last)
    if not between and question.tokens[second.first].gap in (" ", "'s ", "’s "):
        head, other = second, first
    elif between and between[0] in _WHERE and not set(between[1:]) - ARTICLES - _WHERE:
        head, other = first, second
    else:
        return None
    if head.kind not in _LOOSE:
        return None
    if not head.members or (head.near and other.kind in ("name", "alias")):  # `mailhog queue`: a queue it has, not is
        return replace(other, first=first.first, last=second.last) if other.members else None
    wider = {number for sense in other.readings for number in sense.members}
    both = sorted(wider & set(head.members))
    if not both:
        return None
    slip = first.slip or second.slip
    return replace(head, first=first.first, last=second.last, members=both, others=[], slip=slip, strong=True)


def _as_one(question: Question, first: Mention, second: Mention) -> Mention | None:
    """Both as one mention, or None if they are two."""
    if _joined(question, first, second) or "unknown" in (first.kind, second.kind):
        return None
    both = sorted(set(first.members) & set(second.members))
    if both and (first.kind in _LOOSE or second.kind in _LOOSE):
        surer = first if len(first.members) <= len(second.members) else second
        slip, plural = first.slip or second.slip, second.plural
        return replace(surer, first=first.first, last=second.last, members=both, slip=slip, plural=plural, strong=True)
    if described := _described(question, first, second):
        return described
    its = question.tokens[first.last].possessive and second.first == first.last + 1
    if its and (second.kind in _LOOSE or any(sense.kind in ("role", "program") for sense in second.readings)):
        return second
    between = {question.word(at) for at in range(first.last + 1, second.first)} - ARTICLES
    return first if between == {"of"} and first.kind in ("role", "program") else None
