# ruff: noqa: SIM905 - a table of words reads best as words
"""Decisions where somebody is named: beside the question, in it, or in answer to a question asked back."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from ergon_ops.refs import LOCAL
from ergon_ops.router.candidates import Choice, asks_who_runs, best_described, choose
from ergon_ops.router.case import Case
from ergon_ops.router.explicit import find_named
from ergon_ops.router.mention import Mention, joined
from ergon_ops.router.orders import ordered
from ergon_ops.router.question import hear
from ergon_ops.router.verdict import Route
from ergon_ops.router.words import ARTICLES, AUXILIARIES, CHANGERS, FILLERS, FOLLOWERS, LOOKERS, NUMBERS, ORDINALS

_EVERYBODY = frozenset({"both", "all", "each", "every", "them", "everything"})
_TOWARDS = frozenset("to with than reach reaching vs versus like".split())
_HERE = r"\b(on|of|from) this (machine|host|box|server|computer|laptop)\b|\blocally\b"
_ASKED_OF = CHANGERS | LOOKERS | _TOWARDS | AUXILIARIES
_LOOKS = frozenset({"program", "image"})
_ASSENT = frozenset("yes yep y yeah sure right ok okay correct exactly please".split())
_WHOLE = r"\b(all|others?|anything|rest|every|each|who|which|what|everything|everyone|containers)\b"
_OF_THE_HOST = r"\b(cpus|disks?|kernel|os|uptime|swap|load|inodes?|docker|daemon|engine|machine)\b|\b(left|free|spare)$"
_WITH_IT = (
    r"\b(compare|difference between|diff) (it|this|that|this one|that one|them)\b"
    r"|\b(with|to|than|and) (it|this one|that one)$"
)
SHORT_ANSWER = 6  # words
MENTIONED = 50


def beside(case: Case, names: Sequence[str]) -> Route:
    """`ask NAME`: these and nobody else; a name nobody has is never taken for another."""
    chosen: list[int] = []
    begun: list[str] = []
    for name in names:
        found = find_named(case.world.index, name)
        if found.everyone:
            return case.all("asked all")
        if not found.members:
            return case.unknown(name)
        if found.tie or (case.changes and (found.partial or found.group)):
            return case.ask(found.members, f"{name!r} means {len(found.members)}")
        chosen += found.members
        if found.partial:
            begun.append(f"took {name!r} for {', '.join(map(case.world.index.label, found.members))}")
    chosen = list(dict.fromkeys(chosen))
    also = [n for m in (*case.sides.subjects, *case.sides.about) if len(m.members) < 4 for n in m.members]
    why = "; ".join(begun) or f"named: {', '.join(names)}"
    also = [number for number in also if number not in chosen]
    route = case.to(chosen, why, guess=bool(begun), about=also)
    named_again = {n for m in case.sides.subjects for n in m.members} <= set(chosen)
    return route if named_again else replace(route, rest=case.question.text)


def answered(case: Case) -> Route | None:
    """The answer to a question asked back: a number, a name among the candidates, `both`."""
    among = case.numbers(case.focus.candidates)
    words = [token.text for token in case.question.tokens]
    if not among or not words or len(words) > SHORT_ANSWER:
        return None
    everybody = bool(_EVERYBODY & set(words))
    picked = list(dict.fromkeys(_picked(case, among, words, everybody=everybody)))
    if not picked or (len(picked) == len(among) > 1 and not everybody):
        return None
    route = case.to(picked, "answers the question asked back")
    waiting = hear(case.focus.text)
    return replace(route, rest=case.focus.text or route.rest, changes=bool(ordered(waiting, frozenset())))


def _picked(case: Case, among: list[int], words: list[str], *, everybody: bool) -> list[int]:
    mentions = (*case.sides.subjects, *case.sides.hosts)
    named = [one for mention in mentions for one in among if one in mention.members]
    if named and len(set(named)) < len(among):
        return named
    if everybody:
        return among
    if described := best_described(case.world.index, among, words):
        return described
    if "last" in words:
        return among[-1:]
    if number := _number(words):
        replicas = [one for one in among if case.world.members[one].number == number]
        return replicas if len(replicas) == 1 else among[number - 1 : number]
    return among if len(among) == 1 and set(words) <= _ASSENT else []


def _number(words: list[str]) -> int:
    for word in words:
        if word.isdecimal() and len(word) < 5:
            return int(word)
        if word in ORDINALS:
            return ORDINALS[word]
    return NUMBERS.get(words[-1], 0) if len(words) == 1 or words[0] == "number" else 0


def unknown(case: Case) -> Route | None:
    """A name nobody has, a role or a program nobody here plays or runs."""
    everyone = (*case.sides.subjects, *case.sides.about, *case.sides.left_out)
    mention = next((one for one in everyone if one.kind == "unknown" and not _aside(case, one)), None)
    if mention is not None:
        tokens = case.question.tokens
        name = case.question.text[tokens[mention.first].start : tokens[mention.last].end]
        return case.unknown(re.sub(r"['’]s$", "", name))
    nobodys = [one for one in everyone if not one.members and one.kind in ("role", "program")]
    mention = next((one for one in nobodys if not _aside(case, one)), None)
    if mention is None:
        _forget(case)
        return None
    return case.nobody(f"runs {mention.word}" if mention.kind == "program" else f"is a {mention.word}")


def _aside(case: Case, mention: Mention) -> bool:
    """Whether this strange word only follows what is asked about somebody: `webapp is down for the execs`; never one
    that is looked at or changed itself, listed with others, or marked as a name."""
    question, known = case.question, [one for one in case.sides.subjects if one.members]
    before = [one for one in known if one.last < mention.first]
    if not before:
        return False
    if mention.kind == "unknown" and question.quoted(mention.first, mention.last):
        return False
    if question.word(mention.first - 1) in ("its", "their"):
        return True
    at = mention.first - 1 - (question.word(mention.first - 1) in ARTICLES)
    if question.word(at) in _ASKED_OF or question.tokens[mention.last].possessive:
        return False
    return not any(joined(question, one, mention) for one in before)


def _forget(case: Case) -> None:
    for side in (case.sides.subjects, case.sides.about, case.sides.left_out):
        side[:] = [one for one in side if one.members]


def left_out(case: Case) -> Route | None:
    """`everything except X`, `not X`."""
    out = {number for mention in case.sides.left_out for number in mention.members}
    if not out or case.sides.subjects:
        return None
    if re.search(_WHOLE, case.question.line):
        keep = [number for number in case.here if number not in out]
        if not keep:
            return Route("none", (), "That leaves no container.", why="all left out")
        return case.to(keep, "all but those named", everyone=True)
    among = case.numbers((*case.focus.candidates, *case.focus.refs))
    keep = [number for number in among if number not in out]
    return case.to(keep, "not that one") if len(keep) == 1 else None


def asked_of_all(case: Case) -> Route | None:
    """`who talks to X`: all are asked, about X."""
    if not case.sides.asked_of_all:
        return None
    about = (number for mention in case.sides.about for number in mention.members[:MENTIONED])
    return case.all("asks who relates to somebody", about)


def subjects(case: Case) -> Route | None:
    """Those named in the text, each resolved; one that is a tie makes the whole a question back."""
    sides, question = case.sides, case.question
    if not sides.subjects:
        return None
    if counterpart := _counterpart(case):
        return counterpart
    places = [{n for mention in side for n in mention.members} for side in (sides.hosts, sides.projects) if side]
    if not sides.hosts and re.search(_HERE, question.line):
        places.append({n for n, member in enumerate(case.world.members) if member.ref.host == LOCAL})
    with_it = re.search(_WITH_IT, question.line) or _it_comes_first(case)
    chosen = case.focused if with_it else []
    whys: list[str] = []
    ordered: list[int] = list(chosen) if case.orders and case.orders[0].start < sides.subjects[0].first else []
    guess = needs = False
    out = {number for mention in sides.left_out for number in mention.members}
    for mention in sides.subjects:
        mention.members = [number for number in mention.members if number not in out] or mention.members
        if beyond := _beyond(case, mention):
            return case.unknown(beyond)
        here = _own_place(case, mention) or places
        choice = choose(question, mention, case.world.index, here, case.focused, changes=case.changes)
        if choice.ask and len({one.key for one in sides.hosts}) > 1:  # "api on prod with api on local"
            choice = Choice(choice.members, why=f"{mention.key} on each host named")
        if sides.hosts and not choice.ask and not places[0] & set(choice.members):
            return case.ask(choice.members, f"{mention.key} is not on that host")
        needs |= case.world.unseen and (mention.near or asks_who_runs(question, mention) or mention.kind in _LOOKS)
        if choice.ask:
            return case.ask(choice.members, choice.why, needs_services=needs)
        chosen += choice.members
        if any(mention.first in part for part in case.orders):
            ordered += choice.members
        whys.append(choice.why)
        guess |= choice.guess
    chosen = [number for number in dict.fromkeys(chosen) if number not in out]
    if not chosen:
        return None
    also = [n for m in (*sides.about, *sides.left_out) for n in m.members[:MENTIONED] if n not in chosen]
    route = case.to(chosen, "; ".join(filter(None, whys)), guess=guess, about=also)
    return replace(route, needs_services=needs, targets=case.refs(n for n in dict.fromkeys(ordered) if n in chosen))


def _counterpart(case: Case) -> Route | None:
    """`and helpdesk's?` after a question about a database: the same of that project."""
    only = case.sides.subjects[0]
    said = {token.text for at, token in enumerate(case.question.tokens) if not only.first <= at <= only.last}
    if only.kind != "project" or len(case.sides.subjects) > 1 or len(case.focused) != 1 or said - FILLERS:
        return None
    before, members = case.world.members[case.focused[0]], case.world.members
    same = [number for number in only.members if members[number].service == before.service] or [
        number for number in only.members if members[number].role_kind == before.role_kind
    ]
    return replace(case.to(same, "the same there"), rest=case.focus.text) if len(same) == 1 else None


def _own_place(case: Case, mention: Mention) -> list[set[int]]:
    """The host said right beside it, where several are named: `redis on prod and postgres on staging`."""
    if len(case.sides.hosts) < 2 or len(case.sides.subjects) < 2:
        return []
    own = [
        set(host.members)
        for host in case.sides.hosts
        if (host.first == mention.last + 2 and case.question.word(mention.last + 1) in ("on", "at", "in", "from"))
        or host.last == mention.first - 1
    ]
    return own[:1]


def _beyond(case: Case, mention: Mention) -> str:
    """The name of a replica there is none of: `web 7` of three."""
    question, number = case.question, case.question.word(mention.last + 1)
    if mention.kind == "image" and number.isdecimal() and len(number) < 3:
        stem = {re.sub(r"[-_.]?\d+$", "", case.world.members[one].ref.name) for one in mention.members}
        if stem == {mention.key} and not question.word(mention.last + 2):
            return question.text[question.tokens[mention.first].start : question.tokens[mention.last + 1].end]
    if mention.kind not in ("service", "part", "alias") or len(mention.members) < 2 or not number.isdecimal():
        return ""
    members = [case.world.members[one] for one in mention.members]
    if {one.group for one in members} != {members[0].group} or not members[0].group or len(number) > 2:
        return ""
    after = question.word(mention.last + 2)
    if int(number) in {one.number for one in members} or (after and after not in FOLLOWERS):
        return ""
    return question.text[question.tokens[mention.first].start : question.tokens[mention.last + 1].end]


def _it_comes_first(case: Case) -> bool:
    """`stop it and start X`: it is the one talked about, X another."""
    first = case.sides.subjects[0].first
    words = [case.question.word(at) for at in range(first)]
    verb_it = any(a in CHANGERS | LOOKERS and b in ("it", "them", "that") for a, b in itertools.pairwise(words))
    return verb_it and bool({"and", "then"} & set(words))


def on_host(case: Case) -> Route | None:
    """Only a host is named: the host itself, or everything on it."""
    if not case.sides.hosts or case.sides.subjects:
        return None
    members = case.world.members
    named = list(dict.fromkeys(members[mention.members[0]].ref.host for mention in case.sides.hosts))
    if _called_host(case) or case.question.host or re.search(_OF_THE_HOST, case.question.line):
        return case.hosts(f"asked about host {', '.join(named)}", named)
    alike = {members[number].ref.name for number in case.focused}
    there = [number for number in case.here if members[number].ref.name in alike]
    only_a_place = not {token.text for token in case.question.tokens} - FILLERS - set(named)
    if only_a_place and alike and len(there) == len(alike):
        return replace(case.to(there, "the same on that host"), rest=case.focus.text or case.question.text)
    return None


def _called_host(case: Case) -> bool:
    beside = (case.question.word(at) for m in case.sides.hosts for at in (m.first - 1, m.last + 1))
    return any(word in ("host", "machine", "box", "server", "engine") for word in beside)
