"""One question on its way to a decision, and the ways it can end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.refs import Ref, host_ref
from ergon_ops.router import asking
from ergon_ops.router.index import Index
from ergon_ops.router.member import Member
from ergon_ops.router.mention import Parties
from ergon_ops.router.question import Question
from ergon_ops.router.rest import rest_of
from ergon_ops.router.verdict import Focus, Route, RouteKind

MAX_CANDIDATES = 50
NAME_SHOWN = 80  # characters of an unknown name that are repeated


@dataclass(frozen=True, slots=True)
class World:
    """The containers as indexed; `unseen` if some were not looked into yet."""

    index: Index
    members: tuple[Member, ...]
    refs: tuple[Ref, ...]
    number: Mapping[Ref, int]
    unseen: bool


@dataclass(frozen=True, slots=True)
class Case:
    """`orders` are the tokens that order a change: if there are any, nothing is guessed."""

    world: World
    question: Question
    focus: Focus
    sides: Parties
    orders: tuple[range, ...]

    @property
    def changes(self) -> bool:
        return bool(self.orders)

    @property
    def focused(self) -> list[int]:
        return self.numbers(self.focus.refs)

    @property
    def here(self) -> list[int]:
        """Everybody, or everybody on the hosts that are named."""
        hosts = {number for mention in self.sides.hosts for number in mention.members}
        return [number for number in range(len(self.world.members)) if not hosts or number in hosts]

    def numbers(self, refs: Iterable[Ref]) -> list[int]:
        return [self.world.number[ref] for ref in refs if ref in self.world.number]

    def refs(self, numbers: Iterable[int]) -> tuple[Ref, ...]:
        return tuple(self.world.refs[number] for number in numbers)

    def some_names(self) -> list[str]:
        """For a sentence that says who is here."""
        shown = [self.world.index.label(number) for number in range(min(len(self.world.members), asking.SHOWN + 1))]
        return shown + [""] * (len(self.world.members) - len(shown))

    def all(self, why: str, about: Iterable[int] = ()) -> Route:
        refs = self.refs(self.here) if self.sides.hosts else self.world.refs
        return Route("all", refs, why=why, about=self.refs(about))

    def hosts(self, why: str, named: Sequence[str] = ()) -> Route:
        return Route("host", tuple(map(host_ref, named or self.world.index.hosts)), why=why)

    def to(
        self,
        numbers: Sequence[int],
        why: str,
        *,
        guess: bool = False,
        about: Iterable[int] = (),
        everyone: bool = False,
    ) -> Route:
        """One or several answer; `everyone` says that all of a place were meant."""
        kind: RouteKind = "one" if len(numbers) == 1 else "several"
        if everyone and len(numbers) == len(self.world.members):
            kind = "all"
        named = [mention for mention in self.sides.subjects if mention.kind != "unknown"]
        rest = rest_of(self.question, named, self.focus, one=kind == "one", places=self.sides.projects)
        return Route(kind, self.refs(numbers), guess=guess, why=why, rest=rest, about=self.refs(dict.fromkeys(about)))

    def ask(self, numbers: Sequence[int], why: str, *, needs_services: bool = False) -> Route:
        shown = [self.world.index.label(number) for number in numbers[: asking.SHOWN + 1]]
        labels = shown + [""] * (len(numbers) - len(shown))
        of_all = len(numbers) == len(self.world.members) > 2
        back = asking.which_of_all(labels) if of_all else asking.which(labels)
        refs = self.refs(numbers[:MAX_CANDIDATES])
        return Route("ask_back", refs, back, why=why, rest=self.question.text, needs_services=needs_services)

    def unknown(self, name: str) -> Route:
        """Nobody has this name: never answered for somebody else."""
        name = " ".join(name.split())[:NAME_SHOWN]
        nearest = self.world.index.nearest(name)
        back = asking.unknown(name, nearest)
        why = f"no container called {name!r}"
        return Route("unknown_name", (), back, why=why, nearest=nearest, needs_services=self.world.unseen)

    def nobody(self, what: str) -> Route:
        """Nobody is or does this; reading processes and sockets may change that."""
        back = asking.nothing_like(what, self.some_names())
        return Route("unknown_name", (), back, why=f"nothing here {what}", needs_services=self.world.unseen)
