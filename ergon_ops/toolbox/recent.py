"""What a watcher saw a moment ago, for whoever asks next: of a thousand who ask at once, one looks.

Kept only of an engine whose events are followed. A reading is given again until the engine tells that something
happened to its container, and no longer than what it tells of may be old; it keeps the time at which it was read, so
that nobody takes it for younger than it is. Who wants to see something move (a window) always looks anew.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, EngineInfo, Reads
from ergon_ops.errors import EngineError, EngineTimeout
from ergon_ops.facts import FACTS, Group, Reading
from ergon_ops.refs import Ref
from ergon_ops.toolbox.asked import Asked

if TYPE_CHECKING:
    from ergon_ops.services import Service
    from ergon_ops.toolbox.sources import Sources

MOVES_S, DRIFTS_S, TOLD_S = 2.0, 5.0, 60.0
# What moves by itself; what others or the disk move; what the engine tells of when it changes. What is in none of
# these is never kept.
AGES: tuple[tuple[float, tuple[Group, ...]], ...] = (
    (MOVES_S, ("state", "cpu", "memory", "pids", "io", "threads", "processes", "sockets", "services", "signals")),
    (DRIFTS_S, ("networks", "ports", "topology", "filesystem", "files", "probes", "host", "events")),
    (TOLD_S, ("identity", "limits", "config", "mounts", "security", "image", "tools")),
)
AGE_S: Mapping[Group, float] = {group: age for age, groups in AGES for group in groups}
# Asked by many at once it is better to be told what was seen some seconds ago than to wait for a look of one's own.
MANY, PRESSED_S = 4, 10.0  # as old as what is sampled while nobody asks
AGAIN_S = 1.0  # an engine that is known to be away gets no longer than this to answer the next who asks
Listed = tuple[tuple[Container, ...], EngineInfo]


@dataclass(slots=True)
class Held:
    """Of one container: what was read by group, and when; and the services that were made of it."""

    groups: dict[Group, tuple[float, tuple[Reading, ...]]] = field(default_factory=dict)
    serving: tuple[Service, ...] = ()
    reads: int = 0
    quiet: int = -1  # the count of reads after which the rules had nothing to say

    def known(self, groups: Sequence[Group], now: float, *, least_s: float) -> dict[Group, tuple[Reading, ...]]:
        """Those of the groups that are not too old; younger than `least_s` none is."""
        found = ((group, self.groups.get(group)) for group in groups)
        return {
            group: held[1] for group, held in found if held is not None and now - held[0] <= max(AGE_S[group], least_s)
        }

    def keep(self, groups: Sequence[Group], readings: Sequence[Reading], at: float) -> None:
        """`at`: when reading began. What came along with a group that was asked for (a limit with the use of it) goes
        with the one that is kept shortest. After something happened nobody finds this any more: `happened` lets go of
        it."""
        self.reads += any(group in AGE_S for group in groups)
        rows: dict[Group, list[Reading]] = {group: [] for group in groups}
        shortest = min(groups, key=lambda group: AGE_S.get(group, 0.0))
        for item in readings:
            group = FACTS[item.name].group
            rows[group if group in rows else shortest].append(item)
        self.groups.update((group, (at, tuple(found))) for group, found in rows.items() if group in AGE_S)


@dataclass(slots=True)
class Recent:
    """Empty, and of no effect, where nobody watches. `clock` counts seconds and never goes back; `missed` is told of a
    host whose engine had no answer for somebody."""

    clock: Callable[[], float] = time.monotonic
    missed: Callable[[str], None] = lambda _: None
    _listed: dict[str, Listed] = field(default_factory=dict)
    _away: set[str] = field(default_factory=set)
    _followed: set[str] = field(default_factory=set)
    _asked: Asked = field(default_factory=lambda: Asked(age_s=DRIFTS_S))
    _held: dict[Ref, Held] = field(default_factory=dict)
    _listing: dict[str, asyncio.Future[Listed]] = field(default_factory=dict)
    _asking: int = 0
    _happened: Counter[str] = field(default_factory=Counter)  # by host: what was listed before an event is not kept

    # -- what the watcher tells

    def happenings(self, host: str = "") -> int:
        """How often something happened there, or anywhere: to be noted before a list is asked for, and told with it."""
        return self._happened[host] if host else self._happened.total()

    def follow(self, host: str, rows: tuple[Container, ...], info: EngineInfo, *, before: int = 0) -> None:
        """The engine's events are heard; this is who was there when `before` things had happened."""
        self._followed.add(host)
        self._away.discard(host)
        if before == self._happened[host]:
            self._listed[host] = rows, info
        there = {row.ref for row in rows}
        for ref in [ref for ref in self._held if ref.host == host and ref.kind == "container" and ref not in there]:
            del self._held[ref]

    def happened(self, ref: Ref) -> None:
        """Something did, to this container: what was read of it, and who is there, is not known any more."""
        self._held.pop(ref, None)
        self._unlist(ref.host)

    def _unlist(self, host: str) -> None:
        self._happened[host] += 1
        self._asked.forget(host)
        self._listed.pop(host, None)

    def lose(self, host: str, *, away: bool = False) -> None:
        """Its events are not heard any more. `away`: it does not answer at all."""
        self._followed.discard(host)
        self._unlist(host)
        for ref in [ref for ref in self._held if ref.host == host]:
            del self._held[ref]
        if away:
            self._away.add(host)

    # -- what a turn asks

    def rows(self, host: str) -> tuple[Container, ...]:
        """Who is there, as far as that is known without asking."""
        return self._listed[host][0] if host in self._listed else ()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While entered, somebody waits for an answer."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1

    def asked(self) -> Asked:
        """For one turn: of what is the same for a whole host. Shared by all turns where everything is followed."""
        return self._asked if self._followed and not self._away else Asked()

    async def containers(self, host: str, engine: Reads) -> Listed:
        """Who is there, and on what engine; who asks at the same moment shares one answer. Raises EngineError."""
        known = self._listed.get(host)
        if known is not None:
            return known
        asking = self._listing.get(host)
        if asking is None:
            before = self._happened[host]
            asking = self._listing[host] = asyncio.ensure_future(self._ask(host, engine))
            asking.add_done_callback(lambda done: self._answered(host, before, done))
        return await asyncio.shield(asking)

    async def _ask(self, host: str, engine: Reads) -> Listed:
        if host not in self._away:
            return await _list(engine)
        try:
            async with asyncio.timeout(AGAIN_S):
                return await _list(engine)
        except TimeoutError:
            raise EngineTimeout(
                f"The engine {host} does not answer yet.", next="`ergon-ops doctor` says more"
            ) from None

    def _answered(self, host: str, before: int, done: asyncio.Future[Listed]) -> None:
        self._listing.pop(host, None)
        if done.cancelled():
            return
        if done.exception() is not None:
            if host in self._followed:
                self.lose(host, away=True)
                self.missed(host)
        elif host in self._followed and self._happened[host] == before:
            self._listed[host] = done.result()

    async def read(
        self, sources: Sources, ref: Ref, groups: Sequence[Group], *, window_s: float
    ) -> tuple[Reading, ...]:
        """Readings of these groups: what is known and not too old, and the rest as it is now.

        Raises NoSuchContainer, EngineError.
        """
        if ref.host not in self._followed:
            return await sources.fetch(ref, groups, window_s=window_s)
        held, now = self._held.setdefault(ref, Held()), self.clock()
        known = {} if window_s else held.known(groups, now, least_s=PRESSED_S if self._asking > MANY else 0.0)
        missing = [group for group in groups if group not in known]
        if "services" in known:
            sources.detected.setdefault(ref, held.serving)
        fetched: tuple[Reading, ...] = ()
        if missing:
            try:
                fetched = await sources.fetch(ref, missing, window_s=window_s)
            except EngineError:
                self._held.pop(ref, None)
                self._unlist(ref.host)  # who is there is asked anew, and so whether anybody answers
                self.missed(ref.host)
                raise
            held.keep(missing, fetched, now)
            if "services" in missing:
                held.serving = sources.detected.get(ref, ())
        return (*(item for rows in known.values() for item in rows), *fetched)

    def quiet(self, ref: Ref) -> bool:
        """Nothing was read of it since the rules found nothing in what was: they would find nothing again."""
        held = self._held.get(ref)
        return held is not None and held.quiet == held.reads

    def found_nothing(self, ref: Ref) -> None:
        held = self._held.get(ref)
        if held is not None:
            held.quiet = held.reads


async def _list(engine: Reads) -> Listed:
    info = await engine.info()
    return await engine.containers(), info
