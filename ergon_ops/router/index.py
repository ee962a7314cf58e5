"""Every way to call a container, looked up in microseconds: names, replicas, services, projects, roles, programs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.persona import KIND_OF_PROGRAM, image_program
from ergon_ops.router.english import family
from ergon_ops.router.member import Member, canonical_program
from ergon_ops.router.question import key_of
from ergon_ops.router.words import (
    CHANGERS,
    ENVIRONMENTS,
    KNOWN_PROGRAMS,
    NEIGHBOUR_ROLES,
    OBJECT_STORES,
    PROGRAMS,
    PROTOCOLS,
    ROLES,
)

SenseKind = Literal["name", "alias", "service", "project", "host", "image", "program", "role", "part"]
# How surely a word in this sense means these containers.
ORDER: dict[str, int] = {kind: rank for rank, kind in enumerate(SenseKind.__args__)}  # type: ignore[attr-defined]
MAX_WORDS = 10
FUZZY_FROM = 4  # shorter names need exactness
TWO_SLIPS_FROM = 8


@dataclass(slots=True)
class Sense:
    """A key read in one way: whom it means. `word` is the role or program it names, `near` if nobody quite has it."""

    kind: SenseKind
    members: list[int]
    word: str = ""
    near: bool = False


class Index:
    """Built once for a list of members; keys are spelled as `question.key_of` spells them."""

    def __init__(self, members: Sequence[Member], hosts: Iterable[str] = ()) -> None:
        self.members = members
        self.hosts = tuple(dict.fromkeys([*hosts, *(member.ref.host for member in members)]))
        self.senses: dict[str, list[Sense]] = {}
        self.reach: dict[str, int] = {}  # first word of a key → most words of a key that begins with it
        self.by_port: dict[int, list[int]] = defaultdict(list)
        self.by_published: dict[int, list[int]] = defaultdict(list)
        self.by_word: dict[str, list[int]] = defaultdict(list)
        self._families: dict[str, list[int]] | None = None
        self.groups: dict[str, list[int]] = defaultdict(list)
        self.of_program: dict[str, list[int]] = defaultdict(list)
        self.by_vendor: dict[str, list[int]] = defaultdict(list)  # `hashicorp` for `hashicorp/vault`
        self.of_role: dict[str, list[int]] = defaultdict(list)
        self.foreign: list[str] = []  # keys in scripts that need no spaces
        self._keys: dict[str, str] = {}
        self._names = [member.ref.name.casefold() for member in members]
        self._sorted_names = sorted(
            (key, n)
            for n, member in enumerate(members)
            for key in {key_of(member.ref.name), image_program(member.image)}
        )
        self._near: dict[tuple[str, int], list[str]] | None = None
        for number, member in enumerate(members):
            self._add_member(number, member)
        self._add_hosts()
        self._add_words()
        for senses in self.senses.values():
            senses.sort(key=lambda sense: ORDER[sense.kind])

    def _add(self, text: str, kind: SenseKind, number: int, word: str = "") -> None:
        key = self._keys.get(text)
        if key is None:
            key = self._keys[text] = key_of(text)
        if key:
            self._add_key(key, kind, number, word)

    def _add_key(self, key: str, kind: SenseKind, number: int, word: str = "") -> None:
        senses = self.senses.get(key)
        if senses is None:
            senses = self.senses[key] = []
            words = re.split(r"[-/:]", key)
            self.reach[words[0]] = min(max(self.reach.get(words[0], 1), len(words)), MAX_WORDS)
            if not key.isascii():
                self.foreign.append(key)
        for sense in senses:
            if sense.kind == kind and sense.word == word:
                if sense.members[-1] != number:
                    sense.members.append(number)
                return
        senses.append(Sense(kind, [number], word))

    def _add_member(self, number: int, member: Member) -> None:
        name, host = member.ref.name, member.ref.host
        self._add(name, "name", number)
        self._add(f"{host}/{name}", "name", number)
        self._add(member.ci_name, "name", number)
        if member.ci_name.endswith("-ci"):
            self._add(member.ci_name[:-3], "alias", number)
        for other in member.names:
            self._add(other, "alias", number)
        if member.id:
            self._add_key(member.id[:12].lower(), "alias", number)
        if member.service:
            self._add(member.service, "service", number)
            self._add(f"{host}/{member.service}", "service", number)
            self._add(f"{member.project}-{member.service}", "service", number)
            self._add(f"{member.project}/{member.service}", "service", number)
        if member.project:
            self._add(member.project, "project", number)
            self._add(f"project:{member.project}", "project", number)
        if member.group:
            self.groups[member.group].append(number)
            if not member.service:
                self._add(member.group.rsplit("/", 1)[-1], "service", number)
        self._add_looks(number, member)
        self._add_parts(number, member)

    def _add_looks(self, number: int, member: Member) -> None:
        for port in member.ports:
            self.by_port[port].append(number)
        for port in member.published:
            self.by_published[port].append(number)
        self.of_role[member.role_kind].append(number)
        for program in member.programs:
            self.of_program[program].append(number)
        *makers, image = member.image.lower().split("@")[0].split("/")
        for maker in {*makers, *image.split(":")[0].split("-")}:
            self.by_vendor[maker].append(number)
        for spelling in _image_spellings(member.image):
            self._add(spelling, "image", number)

    def _add_parts(self, number: int, member: Member) -> None:
        """Runs of words of the name: `orders` for `orders-db`. Numbers alone and single letters mean nobody."""
        words = name_words(member)
        for word in words:
            self.by_word[word].append(number)
        for first in range(len(words)):
            for last in range(first + 1, min(len(words), first + 4) + 1):
                run = words[first:last]
                if last - first < len(words) and len(run[0]) > 1 and not run[0].isdecimal():
                    self._add_key("-".join(run), "part", number)
        squeezed = "".join(words)
        if len(words) > 1:
            self._add_key(squeezed, "alias", number)

    def _add_hosts(self) -> None:
        others = {word: family for family in ENVIRONMENTS for word in family}
        taken = {key_of(host) for host in self.hosts}
        for number, member in enumerate(self.members):
            self._add(member.ref.host, "host", number)
            for word in others.get(member.ref.host, ()):
                if word not in taken:
                    self._add(word, "host", number)

    def _add_words(self) -> None:
        """Role and program words; those nobody has are kept too: they are understood, and nobody answers for them."""
        for role, phrases in ROLES.items():
            exact = self.of_role.get(role, [])
            if role == "store":  # a registry keeps files too, but nobody calls it the bucket
                exact = [n for n in exact if self.members[n].main_program in OBJECT_STORES] or exact
            numbers = exact or self._nearly(role)
            for phrase in phrases:
                self._word(key_of(phrase), "role", numbers, role, near=not exact or role == "app")
        for phrase, ports in PROTOCOLS.items():
            if on := sorted({number for port in ports for number in self.by_port.get(port, ())}):
                self._word(key_of(phrase), "role", on, phrase)
        for program in {*KNOWN_PROGRAMS, *PROGRAMS, *self.of_program}:
            canonical = canonical_program(program)
            self._word(key_of(program), "program", self.of_program.get(canonical, []), canonical)

    def _nearly(self, role: str) -> list[int]:
        """Whom a role nobody has comes closest to: who runs such a program inside, or has a neighbouring role."""
        runs = {n for program, ns in self.of_program.items() if KIND_OF_PROGRAM.get(program) == role for n in ns}
        near = [n for other in NEIGHBOUR_ROLES.get(role, ()) for n in self.of_role.get(other, ())]
        return sorted(runs) or near

    def _word(self, key: str, kind: SenseKind, numbers: list[int], word: str, *, near: bool = False) -> None:
        self.senses.setdefault(key, []).append(Sense(kind, list(numbers), word, near))
        words = re.split(r"[-/:]", key)
        self.reach[words[0]] = max(self.reach.get(words[0], 1), min(len(words), MAX_WORDS))

    def nearest(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """The container names most like this text, best first."""
        from rapidfuzz import fuzz, process  # 50 ms to import, needed for misspelt names only

        wanted = key_of(text[:100])
        found = process.extract(wanted, self._names, scorer=fuzz.ratio, limit=limit + 5)
        return tuple(dict.fromkeys(self.label(number) for _, _, number in found))[:limit]

    def label(self, number: int) -> str:
        """The shortest name that means only this one."""
        member = self.members[number]
        alone = len(self.senses.get(key_of(member.ref.name), [Sense("name", [number])])[0].members) == 1
        return member.ref.name if alone else str(member.ref)

    def beginning(self, word: str) -> list[int]:
        """Containers whose name goes on after this word, without a hyphen: `vault` for `vaultwarden`."""
        if len(word) < FUZZY_FROM:
            return []
        start = bisect_left(self._sorted_names, (word, -1))
        found = []
        for name, number in self._sorted_names[start : start + 200]:
            if not name.startswith(word):
                break
            found.append(number)
        return list(dict.fromkeys(found))

    def related(self, word: str) -> list[int]:
        """Containers with another form of this word in their names: `migrate` for `migration`."""
        stem = family(word)
        if not stem:
            return []
        if self._families is None:
            self._families = defaultdict(list)
            for other, numbers in self.by_word.items():
                if kin := family(other):
                    self._families[kin] += numbers
        return sorted(set(self._families.get(stem, ())))

    def misspelt(self, word: str, most: int = 2) -> list[str]:
        """Keys one slip away (two from eight letters on), digits equal; the closest ones only."""
        if len(word) < FUZZY_FROM or len(word) > 40:
            return []
        if self._near is None:
            self._near = self._neighbourhood()
        slips = min(2 if len(word) >= TWO_SLIPS_FROM else 1, most)
        digits = _digits(word)
        keys = [
            key
            for length in range(max(FUZZY_FROM, len(word) - slips), len(word) + slips + 1)
            for key in self._near.get((digits, length), ())
        ]
        if not keys:
            return []
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        found = process.extract(word, keys, scorer=OSA.distance, score_cutoff=slips, limit=5)
        allowed = [
            (key, distance) for key, distance, _ in found if distance <= (2 if len(key) >= TWO_SLIPS_FROM else 1)
        ]
        best = min((distance for _, distance in allowed), default=0)
        return [key for key, distance in allowed if distance == best and (len(key) > FUZZY_FROM or key[0] == word[0])]

    def _neighbourhood(self) -> dict[tuple[str, int], list[str]]:
        near: dict[tuple[str, int], list[str]] = defaultdict(list)
        for key in [*self.senses, *CHANGERS]:
            if FUZZY_FROM <= len(key) <= 40 and "/" not in key and ":" not in key:
                near[_digits(key), len(key)].append(key)
        return near


def name_words(member: Member) -> list[str]:
    return [word for word in key_of(member.ref.name).split("-") if word]


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdecimal())


def _image_spellings(image: str) -> Iterator[str]:
    """`ghcr.io/acme/api:1.2-slim` → with and without registry, with each longer part of the tag, the last alone."""
    if not image or image.startswith("sha256:"):
        return
    bare = image.split("@")[0]
    path, tag = bare, ""
    if ":" in bare.rsplit("/", 1)[-1]:
        path, tag = bare.rsplit(":", 1)
    parts = path.split("/")
    versions = re.split(r"(?<=[-.])|(?=[-.])", tag) if tag else []
    tags = ["".join(versions[:stop]) for stop in range(1, min(len(versions), 7) + 1)]
    for start in range(len(parts)):
        name = "/".join(parts[start:])
        yield name
        for piece in tags:
            yield f"{name}:{piece}"
