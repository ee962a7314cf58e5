"""One turn's eyes: reads fact groups into the ledger, each at most once, so that a turn tells one story."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from ergon_ops import diagnosis
from ergon_ops.facts import FACTS, Fact, Group, Ledger, Reading
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref
from ergon_ops.toolbox.sources import Sources

Held = tuple[Group, float]


@dataclass(slots=True)
class Collector:
    """Two questions for the same group in one turn get the same facts; a longer window is read anew.

    `least_window_s` is for who has time to look twice: a diagnosis waits for it, a question takes what is at hand.
    """

    sources: Sources
    ledger: Ledger
    least_window_s: float = 0.0
    _held: dict[Ref, dict[Held, tuple[Fact, ...]]] = field(default_factory=dict)
    _locks: dict[Ref, asyncio.Lock] = field(default_factory=dict)

    async def read(self, ref: Ref, groups: Iterable[Group], *, window_s: float = 0.0) -> tuple[Fact, ...]:
        """The facts of these groups, in that order. Raises NoSuchContainer if it vanished, EngineError."""
        wanted = list(dict.fromkeys(groups))
        window_s = max(window_s, self.least_window_s)
        held = self._held.setdefault(ref, {})
        async with self._locks.setdefault(ref, asyncio.Lock()):
            missing = [group for group in wanted if (group, window_s) not in held]
            if missing:
                readings = await self.sources.fetch(ref, missing, window_s=window_s)
                self._hold(ref, missing, readings, window_s)
        return tuple(fact for group in wanted for fact in held[group, window_s])

    def _hold(self, ref: Ref, groups: list[Group], readings: Iterable[Reading], window_s: float) -> None:
        sorted_facts: dict[Group, list[Fact]] = {group: [] for group in groups}
        for fact in self.ledger.add(readings):
            group = FACTS[fact.name].group
            # A limit read along with usage belongs to whoever asked; it is in the ledger either way.
            sorted_facts.setdefault(group, []).append(fact)
        for group in groups:
            self._held[ref][group, window_s] = tuple(sorted_facts[group])

    async def findings(self, ref: Ref) -> tuple[Finding, ...]:
        """What the rules conclude about a container, reading what they need first."""
        needs = diagnosis.needs()
        await self.read(ref, needs)
        return diagnosis.diagnose(self.ledger, ref)
