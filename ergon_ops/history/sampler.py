"""A running history of every container of a host, for a process that lives long enough to have one.

Often while somebody watches, seldom otherwise, never quite off: right-sizing needs history. No stats stream is held.
One process a host writes what it sampled for others to start from; who does not hold that lease reads along, and
samples for itself only while watched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from ergon_ops.engine.protocols import Counters
from ergon_ops.errors import EngineError
from ergon_ops.history.rings import Ring
from ergon_ops.history.samples import CountersSource, Samples, merged

WATCHED_S, IDLE_S = 1.0, 10.0
SAVE_EVERY_S, LEASE_S = 10.0, 30.0
FORGET_AFTER_S = 900.0
Sleep = Callable[[float], Awaitable[None]]


class Sampler:
    """`owner` names this process in the lease. Without `samples` everything stays in memory."""

    def __init__(
        self,
        host: str,
        source: CountersSource,
        samples: Samples | None = None,
        *,
        owner: str,
        clock: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.host = host
        self._source, self._samples, self._owner = source, samples, owner
        self._clock, self._sleep = clock, sleep
        self._rings: dict[str, Ring] = {}
        self._watchers = 0
        self._saved_at = 0.0

    @property
    def interval_s(self) -> float:
        return WATCHED_S if self._watchers else IDLE_S

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While entered, samples are taken every second."""
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    async def run(self) -> None:
        """Until cancelled. An engine that does not answer costs a sample, not the history."""
        while True:
            started = self._clock()
            await self.sample()
            # Short naps, so that somebody who begins to watch need not wait for the idle interval to end.
            while (left := started + self.interval_s - self._clock()) > 0:
                await self._sleep(min(left, WATCHED_S))

    async def sample(self) -> None:
        """One round: from the engine, or, where another process does that and nobody watches here, from the store."""
        leading = self._samples is None or self._samples.take_lease(self.host, self._owner, seconds=LEASE_S)
        if self._samples is not None and not leading and not self._watchers:
            self.add(self._samples.load_counters(self.host))
            return
        try:
            fresh = await self._source.counters()
        except EngineError:
            return
        self.add(fresh)
        if leading:
            self._save()

    def add(self, samples: Iterable[Counters]) -> None:
        """Samples that somebody else took count too."""
        for sample in samples:
            self._rings.setdefault(sample.container_id, Ring()).add(sample)
        now = self._clock()
        gone = [key for key, ring in self._rings.items() if ring.last and now - ring.last.at > FORGET_AFTER_S]
        for key in gone:
            del self._rings[key]

    def _save(self) -> None:
        now = self._clock()
        # A clock set back must not stop the saving.
        if self._samples is None or 0 <= now - self._saved_at < SAVE_EVERY_S:
            return
        self._saved_at = now
        newest = [ring.last for ring in self._rings.values() if ring.last is not None]
        self._samples.save_counters(self.host, merged((), newest))

    def before(self, container_id: str, at: float) -> Counters | None:
        """The newest sample of the container's present run taken at that time or earlier."""
        ring = self._rings.get(container_id)
        return None if ring is None else ring.before(at)

    def latest(self, container_id: str) -> Counters | None:
        ring = self._rings.get(container_id)
        return None if ring is None else ring.last

    def series(self, container_id: str, field: str) -> tuple[tuple[float, float], ...]:
        """(time, value) of a counter's field, oldest first, for instance `memory_working_set`."""
        ring = self._rings.get(container_id)
        return () if ring is None else ring.series(field)
