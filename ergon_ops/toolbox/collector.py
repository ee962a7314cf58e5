"""One turn's eyes: reads fact groups into the ledger, each at most once, so that a turn tells one story."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING

from ergon_ops import diagnosis
from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis import chains
from ergon_ops.errors import ErgonError
from ergon_ops.facts import FACTS, Fact, Group, Ledger, Reading
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref, host_ref
from ergon_ops.toolbox import circle
from ergon_ops.toolbox.recent import Recent
from ergon_ops.toolbox.sources import Sources
from ergon_ops.toolbox.surroundings import Nodes

if TYPE_CHECKING:
    from ergon_ops.changes.optimizations import Wish

Held = tuple[Group, float]
# What a container is, and does not move by itself: another value means that something was done to it, or that it fell.
STANDS = frozenset(
    {
        *("state", "started_at", "exit_code", "restart_count", "health", "memory_limit", "memory_swap_limit"),
        *("cpu_limit", "cpu_shares", "cpuset", "pids_limit", "restart_policy", "restart_max"),
    }
)


@dataclass(slots=True)
class Collector:
    """Two questions for the same group in one turn get the same facts; a longer window is read anew.

    `least_window_s` is for who has time to look twice: a diagnosis waits for it, a question takes what is at hand.
    `fix_window_s`: how long the numbers of a cure may be looked at.
    `audited`: whether findings of the audit are wanted; a benchmark item is no answer to what is wrong.
    `glance`: nobody asks for what is wrong; of a container that is well the others need not be looked at.
    `role_of`: the kind of role a container's manifest gives it, "" where none does.
    """

    sources: Sources
    ledger: Ledger
    least_window_s: float = 0.0
    fix_window_s: float = 0.0
    audited: bool = False
    glance: bool = False
    role_of: Callable[[Ref], str] = lambda ref: ""
    recent: Recent = field(default_factory=Recent)
    nodes: Nodes = field(default_factory=Nodes)
    _held: dict[Ref, dict[Held, tuple[Fact, ...]]] = field(default_factory=dict)
    _locks: dict[Ref, asyncio.Lock] = field(default_factory=dict)

    async def read(self, ref: Ref, groups: Iterable[Group], *, window_s: float = 0.0) -> tuple[Fact, ...]:
        """The facts of these groups, in that order. Raises NoSuchContainer if it vanished, EngineError."""
        return await self._read(ref, groups, window_s=max(window_s, self.least_window_s))

    async def _read(self, ref: Ref, groups: Iterable[Group], *, window_s: float) -> tuple[Fact, ...]:
        wanted = list(dict.fromkeys(groups))
        held = self._held.setdefault(ref, {})
        async with self._locks.setdefault(ref, asyncio.Lock()):
            if self.least_window_s and not held:
                await circle.settled(self, ref)
            missing = [group for group in wanted if (group, window_s) not in held]
            if missing:
                readings = await self.recent.read(self.sources, ref, missing, window_s=window_s)
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

    async def moved(self, ref: Ref) -> bool:
        """Whether a container is not what this turn has read of it. Then all of it is read anew by whoever asks.

        Raises NoSuchContainer, EngineError."""
        now = await self.sources.fetch(ref, ("state", "limits"), window_s=0.0)
        known = {(fact.name, fact.key): fact.value for fact in self.ledger if fact.about == ref}
        moved = any(known.get((item.name, item.key), item.value) != item.value for item in now if item.name in STANDS)
        if moved:
            self._held.pop(ref, None)
        return moved

    async def findings(self, ref: Ref, *, window_s: float = 0.0) -> tuple[Finding, ...]:
        """What the rules conclude about a container, reading what they need first, and about those around it that it
        suffers from, or that suffer from it; with the change that would cure it where there is one."""
        around = await circle.read(self, ref, window_s=window_s, glance=self.glance)
        if around is None and not self.audited and self.recent.quiet(ref):
            return ()
        scene = circle.lone(self) if around is None else circle.scene(self, ref, around)
        alone, around = around is None, around or ()
        rules = None if self.audited else diagnosis.faults()
        found = chains.concluded(scene, ref, {each: diagnosis.diagnose(scene, each, rules) for each in (ref, *around)})
        found = tuple(item for item in found if item.nature == "fault" or (self.audited and item.about == ref))
        if alone and not found and not self.audited:
            self.recent.found_nothing(ref)
        return tuple([await self._with_fix(scene, finding, window_s) for finding in found])

    async def scene(self, ref: Ref, *, window_s: float = 0.0) -> diagnosis.Scene:
        """What the rules look at: this container, and those near it. A neighbour that vanishes meanwhile is left out.

        Raises NoSuchContainer, EngineError for the container itself.
        """
        own = self.read(ref, diagnosis.needs(), window_s=window_s)
        await asyncio.gather(own, circle.meet(self, ref, window_s=window_s))
        return circle.scene(self, ref)

    async def suggestions(self, ref: Ref) -> tuple[Wish, ...]:
        """What would be better for a container, cures of what is wrong first; takes as long as raising a limit needs.

        Raises NoSuchContainer, EngineError.
        """
        from ergon_ops.changes import optimizations
        from ergon_ops.changes.optimizations import Site

        long = optimizations.WINDOW_S
        # What a diagnosis needs comes along: its looks are over before the seconds of a rate are.
        groups = {*optimizations.needs(), *diagnosis.needs()} - {"host"}
        await asyncio.gather(self.read(ref, sorted(groups), window_s=long), self._host(ref.host))
        findings = await self.findings(ref, window_s=long)
        scene = await self.scene(ref, window_s=long)
        return optimizations.suggestions(Site(scene, ref, self.role_of(ref)), findings)

    async def _with_fix(self, scene: diagnosis.Scene, finding: Finding, window_s: float) -> Finding:
        """With the numbers that its cure needs, read only now, as are the rules for it: few findings have one."""
        kinds = diagnosis.RULES[finding.cause].fixes if finding.cause in diagnosis.RULES else ()
        if finding.fix is not None or not kinds:
            return finding
        from ergon_ops.changes import optimizations
        from ergon_ops.changes.optimizations import Site

        rules = optimizations.cures(finding)
        if not rules:
            return finding
        groups = [group for group in optimizations.needs(rules) if group != "host"]
        look_s = window_s or self.fix_window_s
        with suppress(ErgonError):
            await asyncio.gather(self._read(finding.about, groups, window_s=look_s), self._host(finding.about.host))
        return optimizations.with_fix(Site(scene, finding.about, self.role_of(finding.about)), finding, kinds)

    async def _host(self, host: str) -> None:
        with suppress(ErgonError):
            await self.read(host_ref(host), ["host"])
