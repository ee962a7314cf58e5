"""A name given beside the question: exact, else a prefix; a misspelt one is never taken for another."""

from __future__ import annotations

from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.router.index import Index, Sense
from ergon_ops.router.question import key_of

EVERYONE = frozenset({"all", "fleet", "*", "everything", "ergon-ops-ci", "ergon-ops"})
_EXACT = ("name", "alias", "service", "project")
PREFIX_FROM = 2


@dataclass(slots=True)
class Named:
    """`tie`: several different containers; `group`: replicas of one service; `partial`: by its beginning only."""

    members: list[int] = field(default_factory=list)
    everyone: bool = False
    tie: bool = False
    group: bool = False
    project: bool = False
    partial: bool = False


def find_named(index: Index, name: str) -> Named:
    wanted = name.strip().removeprefix("@").removeprefix("/")
    if wanted.casefold() in EVERYONE and not _named_so(index, wanted):
        return Named(everyone=True)
    if wanted.casefold().startswith("project:"):
        return _project(index, wanted.split(":", 1)[1])
    key = key_of(wanted)
    for kind in _EXACT:
        sense = _sense(index, key, kind)
        if sense is not None:
            return _of(index, _literally(index, sense, wanted), project=kind == "project")
    return _by_prefix(index, key)


def _named_so(index: Index, wanted: str) -> bool:
    """`all` and its like always mean everybody; only our own name may be a container's as well."""
    return wanted.casefold().startswith("ergon-ops") and _sense(index, key_of(wanted), "name") is not None


def _sense(index: Index, key: str, kind: str) -> Sense | None:
    return next((sense for sense in index.senses.get(key, ()) if sense.kind == kind), None)


def _literally(index: Index, sense: Sense, wanted: str) -> list[int]:
    """`my_app` and `my-app` are spelled alike in the index: the very spelling wins."""
    same = [
        n
        for n in sense.members
        if wanted in (index.members[n].ref.name, str(index.members[n].ref), index.members[n].ci_name)
    ]
    return same or list(sense.members)


def _project(index: Index, name: str) -> Named:
    sense = _sense(index, key_of(name), "project")
    return Named(list(sense.members), project=True) if sense else Named()


def _of(index: Index, members: list[int], *, project: bool = False, partial: bool = False) -> Named:
    if project or len(members) == 1:
        return Named(members, project=project, partial=partial)
    groups = {index.members[number].group for number in members}
    alike = len(groups) == 1 and "" not in groups
    return Named(members, tie=not alike, group=alike, partial=partial)


def _by_prefix(index: Index, key: str) -> Named:
    if len(key) < PREFIX_FROM:
        return Named()
    found = [
        n
        for n, member in enumerate(index.members)
        if key_of(member.ref.name).startswith(key) or (len(key) >= 6 and member.id.startswith(key))
    ]
    return _of(index, found, partial=True) if found else Named()
