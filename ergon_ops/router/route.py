"""The decision: whom a question is put to, or what to ask back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ergon_ops.refs import host_ref
from ergon_ops.router import asking, named, unnamed
from ergon_ops.router.case import Case, World
from ergon_ops.router.index import Index
from ergon_ops.router.member import Member
from ergon_ops.router.mention import Mention
from ergon_ops.router.orders import ordered
from ergon_ops.router.question import Question, hear
from ergon_ops.router.spotting import mentions
from ergon_ops.router.subjects import parties
from ergon_ops.router.verdict import Focus, Route

NO_FOCUS = Focus()
_LEADING = 3  # a misspelt verb of change counts among the first words only
_ANSWERING = ("one", "several", "all")
_STEPS = (named.answered, named.unknown, named.left_out, named.asked_of_all, named.subjects, named.on_host)


class Router:
    """Built once for the containers as they are; `route` decides in well under a millisecond.

    `hosts` are those without containers too, so that a question about the host finds them.
    """

    def __init__(self, members: Sequence[Member], hosts: Iterable[str] = ()) -> None:
        self.members = tuple(members)
        refs = tuple(member.ref for member in self.members)
        self._world = World(
            index=Index(self.members, hosts),
            members=self.members,
            refs=refs,
            number={ref: number for number, ref in enumerate(refs)},
            unseen=any(not member.looked for member in self.members),
        )

    def route(self, text: str, *, names: Sequence[str] = (), focus: Focus | None = None) -> Route:
        """Decide for a question; `names` are those given beside it (`ask NAME`), `focus` what was talked about."""
        question = hear(text)
        if not self.members:
            return self._without_containers(question)
        case = self._case(question, focus or NO_FOCUS)
        route = named.beside(case, names) if names else self._decide(case)
        changes = case.changes or route.changes
        targets = (route.targets or route.refs) if changes and route.kind in _ANSWERING else ()
        return replace(route, changes=changes, targets=targets, rest=route.rest or text)

    def _case(self, question: Question, focus: Focus) -> Case:
        found = _without_counted(question, mentions(question, self._world.index))
        spots = frozenset(at for m in found if m.kind != "verb" for at in range(m.first, m.last + 1))
        orders = ordered(question, spots)
        if not orders and any(m.kind == "verb" and m.first <= _LEADING for m in found):
            orders = (range(len(question.tokens)),)
        return Case(self._world, question, focus, parties(question, found, self.members), orders)

    def _decide(self, case: Case) -> Route:
        for step in _STEPS:
            route = step(case)
            if route is not None:
                return route
        return unnamed.decide(case)

    def _without_containers(self, question: Question) -> Route:
        if question.host:
            refs = tuple(map(host_ref, self._world.index.hosts))
            return Route("host", refs, why="asked about the host", rest=question.text)
        return Route("none", (), asking.nobody(), why="no container on this host", rest=question.text)


def _without_counted(question: Question, found: Sequence[Mention]) -> list[Mention]:
    """`how many workers does webapp have?` counts what webapp has, whoever is called worker."""
    counted = [
        mention
        for mention in found
        if {question.word(mention.first - 1), question.word(mention.first - 2)} & {"many", "number"}
        and question.word(mention.last).endswith("s")
        and not mention.key.endswith("s")
    ]
    named_too = any(item not in counted and item.kind in ("name", "part") for item in found)
    return [item for item in found if item not in counted] if named_too else list(found)
