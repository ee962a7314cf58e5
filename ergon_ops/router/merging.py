"""Several words for one: `the shop db`, `redis in webapp`, `postgres orders-db`, `trino workers`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ergon_ops.router.member import Member
from ergon_ops.router.mention import Mention, joined
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES

ONES = ("name", "alias", "service")
HELD = ("queue", "cache")  # what many programs have of their own
_NOUNS = frozenset({"site", "website", "web-site", "app", "application"})  # `the wordpress site` is just wordpress
_WHERE = frozenset({"of", "in", "for", "behind", "inside", "under", "from", "project", "stack"})
_REPLICAS = frozenset({"replica", "replicas", "instances"})
_LOOSE = frozenset({"program", "role", "image", "service", "project", "part", "alias"})


def as_services(question: Question, subjects: list[Mention]) -> list[Mention]:
    """`shop's web`, `the web replicas`, though a container of nobody's project is called `web` too."""
    return [_as_service(question, mention, subjects) for mention in subjects]


def _as_service(question: Question, mention: Mention, subjects: Sequence[Mention]) -> Mention:
    services = [sense for sense in mention.readings if sense.kind == "service"]
    if mention.kind not in ("name", "alias") or not services:
        return mention
    members = {number for sense in services for number in sense.members}
    if members & set(mention.members):
        return mention
    places = [one for one in subjects if one.kind == "project" and _beside(question, one, mention)]
    for place in places:
        members &= set(place.members)
    if not members or not (places or question.word(mention.last + 1) in _REPLICAS):
        return mention
    return replace(mention, kind="service", members=sorted(members), others=[])


def _beside(question: Question, place: Mention, mention: Mention) -> bool:
    """`shop's web`, `the web service of project shop`."""
    if question.tokens[place.last].possessive and mention.first == place.last + 1:
        return True
    between = {question.word(at) for at in range(mention.last + 1, place.first)}
    return bool(between & {"of", "in", "from"}) and not between - _WHERE - ARTICLES - _REPLICAS - {"service"}


def its_own(question: Question, subjects: list[Mention], members: Sequence[Member]) -> list[Mention]:
    """`ledger's database`, `spark's master or its workers`: those of the same project, or of the same first name."""
    for at, mention in enumerate(subjects[1:], 1):
        first = subjects[at - 1]
        owned = question.tokens[first.last].possessive and mention.first == first.last + 1
        its = question.word(mention.first - 1) in ("its", "their")
        if not (members and first.members and (owned or its)) or mention.kind not in (
            "role",
            "program",
            "image",
            "service",
        ):
            continue
        owner = members[first.members[0]]
        wider = {number for sense in mention.readings for number in sense.members} | set(mention.members)
        home = (owner.ref.host, owner.project)
        own = [n for n in sorted(wider) if (members[n].ref.host, members[n].project) == home] if owner.project else []
        if not owner.project:
            name = re.split(r"[^a-z]+", owner.ref.name.lower())[0]
            own = [n for n in sorted(wider) if n not in first.members and members[n].ref.name.lower().startswith(name)]
        if own and mention.kind != "service":
            own = [number for number in own if number in mention.members] or own
        if own and len(own) < len(wider):
            subjects[at] = replace(mention, members=own, others=[], readings=[])
    return subjects


def abbreviated(question: Question, subjects: list[Mention], members: Sequence[Member]) -> list[Mention]:
    """`trino workers`, `both workers of trino` for `trino-w1` and `trino-w2`, though others are called workers too."""
    kept: list[Mention] = []
    for mention in subjects:
        one = _abbreviated(question, kept[-1], mention, members) if kept and members else None
        if one is None:
            kept.append(mention)
        else:
            kept[-1] = one
    return kept


def _abbreviated(question: Question, first: Mention, second: Mention, members: Sequence[Member]) -> Mention | None:
    between = [question.word(at) for at in range(first.last + 1, second.first)]
    if between not in ([], ["of"]) or question.tokens[second.first].gap != " ":
        return None
    role, whole = (first, second) if between else (second, first)
    word, _, number = role.key.rpartition("-") if role.key[-1:].isdecimal() else (role.key, "", "")
    if (role.kind not in ("role", "service") and not number) or whole.kind not in _LOOSE:
        return None
    short = [n for n in whole.members if word and _begins_so(members[n], word) and members[n].ref.name.endswith(number)]
    if not short or set(whole.members) & set(role.members):
        return None
    plural = role.plural
    return replace(whole, first=first.first, last=second.last, members=short, plural=plural, strong=True, readings=[])


def _begins_so(member: Member, word: str) -> bool:
    parts = re.split(r"[^a-z]+", member.ref.name.lower())[1:]
    return any(part and word.startswith(part) for part in parts)


def merged(question: Question, subjects: list[Mention]) -> list[Mention]:
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
    if not both and between:
        both = sorted(wider & {number for sense in head.readings for number in sense.members})
    if (
        not both
        and between
        and between[0] in ("in", "inside")
        and head.kind in ("role", "service")
        and other.kind in ONES
    ):
        return replace(other, first=first.first)
    if not both:
        its = head is second and head.kind == "role" and other.kind in ONES and len(other.members) == 1
        return replace(other, last=second.last) if its and question.tokens[second.first].gap == " " else None
    slip = first.slip or second.slip
    return replace(head, first=first.first, last=second.last, members=both, others=[], slip=slip, strong=True)


def _as_one(question: Question, first: Mention, second: Mention) -> Mention | None:
    """Both as one mention, or None if they are two."""
    if joined(question, first, second) or "unknown" in (first.kind, second.kind):
        return None
    both = sorted(set(first.members) & set(second.members))
    if both and (first.kind in _LOOSE or second.kind in _LOOSE):
        surer = first if len(first.members) <= len(second.members) else second
        slip, plural = first.slip or second.slip, second.plural
        called = question.gap_after(first.last).lstrip()[:1] in (":", ",") and first.first == 0
        if called and first.kind == "name" and second.kind != "name" and second.first > first.last + 1:
            return replace(first, members=both, strong=True)  # `webapp: is nginx up?` asks webapp about its nginx
        return replace(
            surer, first=first.first, last=second.last, members=both, slip=slip, plural=plural, strong=True, readings=[]
        )
    if described := _described(question, first, second):
        return described
    its = question.tokens[first.last].possessive and second.first == first.last + 1
    if its and second.word in HELD and first.kind != "project":
        return replace(first, last=second.last)
    if its and (second.kind in _LOOSE or any(sense.kind in ("role", "program") for sense in second.readings)):
        return second
    between = {question.word(at) for at in range(first.last + 1, second.first)} - ARTICLES
    return first if between == {"of"} and first.kind in ("role", "program") else None
