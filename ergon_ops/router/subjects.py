"""Of all who are named: whom the question is put to, who is only spoken of, who is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ergon_ops.router.background import PASSING_ON, RELATING, STEPS, asked_last, in_passing, told_of
from ergon_ops.router.member import Member
from ergon_ops.router.mention import JOINERS, Mention, Parties, joined
from ergon_ops.router.merging import abbreviated, as_services, its_own, merged
from ergon_ops.router.patterns import ASKS_OF_ALL
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES, CHANGERS

_LEADING_VERBS = frozenset({"query", "see", "find", "ping", "because", "when", "while", "after", "before"})
_AS_IT_IS = ("alone", "as", "running", "up", "untouched", "out", "be")  # `leave X alone`
_REACHED = frozenset(
    [
        "reachable",
        "accessible",
        "visible",
        "available",
        "resolvable",
        "unreachable",
        "inaccessible",
        "unavailable",
        "unresolvable",
        "refused",
    ]
)
_FINITE = frozenset({"is", "has", "was", "took", "takes", "does", "died", "crashed", "works", "needs", "depends"})
_NEW = frozenset({"another", "additional", "extra", "new", "further"})  # `room for another worker`: not one of these
_LEAVING_OUT = frozenset({"except", "excluding", "excluded", "besides", "without", "not", "excepting", "minus"})


def parties(question: Question, found: list[Mention], members: Sequence[Member] = ()) -> Parties:
    sides = Parties()
    for position, mention in enumerate(found):
        previous = found[position - 1] if position else None
        if mention.kind == "verb":
            continue
        if mention.kind == "host":
            sides.hosts.append(mention)
        elif mention.listed and previous is not None:
            next((side for side in (sides.left_out, sides.about) if previous in side), sides.subjects).append(mention)
        elif previous is not None and _new_clause(question, previous, mention):
            sides.about.append(mention)
        elif previous is not None and joined(question, previous, mention):
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
        elif _left_out(question, mention, previous):
            sides.left_out.append(mention)
        elif _spoken_of(question, mention, previous):
            sides.about.append(mention)
        else:
            sides.subjects.append(mention)
    _settle(question, sides, members)
    return sides


def _new_clause(question: Question, previous: Mention, mention: Mention) -> bool:
    """`stop X, Y took over`: what is ordered ends at the comma."""
    ordered = question.word(previous.first - 1 - (question.word(previous.first - 1) in ARTICLES)) in CHANGERS
    comma = previous.last + 1 == mention.first and question.tokens[mention.first].gap.strip() == ","
    return ordered and comma and question.word(mention.last + 1) in _FINITE


def _spared(question: Question, mention: Mention) -> bool:
    at = mention.first - 1 - (question.word(mention.first - 1) in ARTICLES)
    if question.word(at) in ("leave", "leaving", "keep") and question.word(mention.last + 1) in _AS_IT_IS:
        return True
    verb = question.word(at) in CHANGERS or question.word(at) == "touch"
    return verb and question.word(at - 1) in ("not", "don", "dont", "never")


def mention_gap(question: Question, mention: Mention) -> str:
    return question.tokens[mention.first].gap


def _settle(question: Question, sides: Parties, members: Sequence[Member]) -> None:
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
        onto = question.word(first.first - 1 - (question.word(first.first - 1) in ARTICLES)) in ("to", "of")
        if onto or between & _REACHED:
            sides.subjects, sides.about = [second], [*sides.about, first]
    if len(sides.subjects) > 1:
        _pair(question, sides)
        in_passing(question, sides)
        asked_last(question, sides)
    sides.subjects = as_services(question, sides.subjects)
    others = [mention for mention in sides.subjects if mention.kind != "project"]
    for mention in [mention for mention in sides.subjects if mention.kind == "project"] if others else []:
        if any(set(mention.members) & set(other.members) for other in others) and not _listed(question, mention):
            sides.projects.append(mention)
            sides.subjects.remove(mention)
    sides.subjects = merged(question, abbreviated(question, its_own(question, sides.subjects, members), members))
    told_of(question, sides)


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
    return question.word(mention.first - 1) in JOINERS or question.word(mention.last + 1) in JOINERS


def _left_out(question: Question, mention: Mention, previous: Mention | None) -> bool:
    at = mention.first - 1
    while at >= 0 and question.word(at) in ARTICLES | {"for", "than", "from", "container"}:
        at -= 1
    word, before = question.word(at), question.word(at - 1)
    if word == "but":
        whole = {"everything", "all", "everyone"} & {question.word(one) for one in range(at)}
        if whole and previous is not None and previous.kind == "project" and previous.last == at - 1:
            return True
        return before in ("all", "everything", "anything", "everyone", "containers", "container", "one", "every")
    if word == "not" and before in ("is", "why", "does", "did", "has", "was", "are", "will", "can"):
        return False
    return word in _LEAVING_OUT or (word in ("other", "apart") and question.word(at + 1) in ("than", "from"))


def _spoken_of(question: Question, mention: Mention, previous: Mention | None) -> bool:
    """The object of a relating verb: `talk to X`, `because of X`."""
    at = mention.first - 1
    floor = previous.last if previous else -1
    steps = 0
    while at > floor and question.word(at) in STEPS and steps < 3:
        at -= 1
        steps += 1
    if previous is not None and question.word(at + 1) == "by" and question.word(at).endswith("ed"):
        return True  # `overloaded by X`
    if previous is not None and question.word(at + 1) == "to" and _from(question, previous):
        return True
    if previous is None and question.word(0) in ("who", "whoever") and question.word(at + 1) in ("to", "from", "into"):
        return True  # `who produces to X`
    if question.word(mention.first - 1) in _NEW:
        return True
    if (
        previous is not None
        and question.word(mention.first - 1) == "from"
        and question.word(mention.first - 2) in PASSING_ON
    ):
        return mention.first - 2 > floor
    if at > floor and question.word(at) in PASSING_ON and question.word(at + 1) in STEPS - ARTICLES:
        return previous is not None
    if at <= floor or question.word(at) not in RELATING:
        return False
    return previous is not None or question.word(at) not in _LEADING_VERBS


def _from(question: Question, mention: Mention) -> bool:
    at = mention.first - 1 - (question.word(mention.first - 1) in ARTICLES)
    return question.word(at) == "from"
