"""Rates on demand: find an earlier sample that fits, and wait only if there is none.

Ages are measured on the clock that stamped the samples, so that a remote engine's clock may differ from ours.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

from ergon_ops.engine.protocols import Counters, Reads
from ergon_ops.facts import Reading, reading
from ergon_ops.history.looks import LOOK_EVERY_S, watched
from ergon_ops.history.rates import rates
from ergon_ops.history.sampler import Sampler
from ergon_ops.history.samples import OLDEST_S, SHORTEST_S, CountersSource, Samples, merged, same_run
from ergon_ops.refs import Ref

# A burst of questions keeps its common earlier sample this long, so that windows grow instead of shrinking.
REPLACE_AFTER_S = 5.0
LEASE_S = 3.0
SAVE_EVERY_S = 0.3  # questions about fifty containers at once are one write, not fifty of all of them


class RateReader:
    """Of one host. `seed` are counters taken when the process started, before anything slow was imported."""

    def __init__(
        self,
        host: str,
        source: CountersSource,
        samples: Samples | None = None,
        *,
        owner: str,
        sampler: Sampler | None = None,
        seed: Iterable[Counters] = (),
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.host = host
        self._source, self._samples, self._sampler = source, samples, sampler
        self.sampler = sampler
        self._owner, self._clock, self._sleep = owner, clock, sleep
        self._seed = {item.container_id: item for item in seed}
        self._begun: dict[str, Counters] = {}
        self._last: dict[str, Counters] = {}
        self._stored: dict[str, Counters] = {}
        self._loaded_at: float | None = None
        self._due: dict[str, Counters] = {}
        self._saved_at: float | None = None

    async def rates(
        self,
        subjects: Mapping[Ref, str],
        *,
        cpu_limits: Mapping[Ref, float | None],
        host_cpus: int | None,
        window_s: float = 0.0,
        not_before: float = 0.0,
    ) -> tuple[Reading, ...]:
        """The rates of `subjects` (ref → container id). Those that do not run have none.

        With `window_s` the window is at least that long, at most about twice. `not_before` keeps earlier samples out,
        for instance those from before a change.
        """
        if not subjects:
            return ()
        later = await self._sample(tuple(subjects.values()))
        stored = self._load()
        earlier = {
            key: self._earlier(now, stored.get(key), window_s=window_s, not_before=not_before)
            for key, now in later.items()
        }
        need = max(window_s, SHORTEST_S)
        missing = {key: left for key, now in later.items() if (left := need - (now.at - earlier[key].at)) > 0}
        if missing:
            await self._sleep(max(missing.values()))
            again = await self._sample(tuple(missing))
            later = {key: now for key, now in later.items() if key not in missing} | again
        self._remember(later.values())
        running = {ref: key for ref, key in subjects.items() if key in later}
        return tuple(
            item
            for ref, key in running.items()
            for item in rates(ref, earlier[key], later[key], cpu_limit=cpu_limits.get(ref), host_cpus=host_cpus)
        )

    async def watch(self, ref: Ref, container_id: str, reads: Reads, *, window_s: float) -> tuple[Reading, ...]:
        """What many looks within `window_s` show and two do not: the readings of the group `window`. Takes that long;
        without a window it is one look, and nothing is said of a window.

        Raises NoSuchContainer, EngineError.
        """
        first = await self._sample((container_id,))
        looks = [await reads.read(ref, ("threads", "pids"))]
        began = self._clock()
        for _ in range(math.ceil(window_s / LOOK_EVERY_S)):
            await self._sleep(LOOK_EVERY_S)
            looks.append(await reads.read(ref, ("threads", "pids")))
            if self._clock() - began >= window_s:  # a slow engine gets fewer looks, not a longer window
                break
        last = await self._sample((container_id,)) if window_s else first
        self._remember(last.values())
        return watched(ref, looks, first.get(container_id), last.get(container_id))

    def on_record(self, ref: Ref, container_id: str, *, at: float) -> tuple[Reading, ...]:
        """The readings of the group `history`; a span of 0 where nothing was kept. A container made anew under
        its name goes on with what its predecessors showed."""
        usage = self._samples.usage(container_id, ref) if self._samples is not None else None
        source = "state:usage"
        span = usage.last_at - usage.first_at if usage else 0.0
        found = [
            reading(ref, "history_span", span, at=at, source=source),
            reading(ref, "history_points", usage.points if usage else 0, at=at, source=source),
        ]
        if usage is not None:
            found.append(
                reading(ref, "memory_peak", usage.memory, at=at, source=f"{source}#max(memory)", window_s=span or None)
            )
        return tuple(found)

    async def begin(self, ids: Iterable[str]) -> None:
        """One look at many at once, as soon as it is known that their trends will be asked for. Raises EngineError."""
        self._begun = await self._sample(tuple(ids))

    async def trend(
        self, ref: Ref, container_id: str, matters: Callable[[int], Awaitable[bool]] | None = None
    ) -> tuple[Reading, ...]:
        """Slopes over several looks in a row, a little more than a second in all. The looks that this process began
        with are the first of them, where they are not long ago. Longer where processes become more now and then, or
        memory may grow step by step and so much of it `matters`."""
        from ergon_ops.history import trends

        seen = list((await self._sample((container_id,))).values())
        self._keep(seen)  # rates asked for next need not wait for the same seconds again
        for early in (self._begun.get(container_id), self._seed.get(container_id)):
            if early is not None and seen and trends.precedes(early, seen[0]):
                seen.insert(0, early)
        for _ in range(trends.POINTS - max(1, len(seen))):
            seen += await self._again(container_id, trends.EVERY_S)
        steps = matters is not None and trends.undecided(seen) and await matters(seen[-1].memory_unreclaimable or 0)
        if steps or trends.multiplying(seen):
            ends = seen[0].at + trends.LONG_S
            while seen[-1].at < ends and (more := await self._again(container_id, trends.EVERY_S)):
                seen += more
        return trends.readings(ref, [item for item in seen if same_run(seen[0], item)])

    async def _again(self, container_id: str, after_s: float) -> list[Counters]:
        await self._sleep(after_s)
        return list((await self._sample((container_id,))).values())

    async def _sample(self, ids: tuple[str, ...]) -> dict[str, Counters]:
        found = await self._source.counters(ids)
        return {item.container_id: item for item in found if item.container_id in ids}

    def _load(self) -> Mapping[str, Counters]:
        """What the last process left; another one may have written since, so it is read again after a while."""
        now = self._clock()
        if self._samples is not None and (self._loaded_at is None or not 0 <= now - self._loaded_at < REPLACE_AFTER_S):
            self._stored = {item.container_id: item for item in self._samples.load_counters(self.host)}
            self._loaded_at = now
        return self._stored

    def _earlier(self, now: Counters, stored: Counters | None, *, window_s: float, not_before: float) -> Counters:
        """The sample to subtract. The present one itself if there is none yet: then it is waited for."""
        need = max(window_s, SHORTEST_S)
        oldest = 2 * window_s if window_s else OLDEST_S
        known = [
            item
            for item in self._candidates(now, stored, need)
            if 0 <= now.at - item.at <= oldest and item.at >= not_before and same_run(item, now)
        ]
        ready = [item for item in known if now.at - item.at >= need]
        if ready:
            return max(ready, key=lambda item: item.at) if window_s else ready[0]
        return min((*known, now), key=lambda item: item.at)

    def _candidates(self, now: Counters, stored: Counters | None, need: float) -> Iterator[Counters]:
        """Best first: our own history, what the last process left, the start of this one, the last question."""
        key = now.container_id
        found = (
            self._sampler.before(key, now.at - need) if self._sampler else None,
            self._sampler.latest(key) if self._sampler else None,
            stored,
            self._seed.get(key),
            self._last.get(key),
        )
        return (item for item in found if item is not None)

    def _keep(self, fresh: Iterable[Counters]) -> None:
        for item in fresh:
            if _replaces(self._last.get(item.container_id), item):
                self._last[item.container_id] = item

    def _remember(self, fresh: Iterable[Counters]) -> None:
        """For the next question, here or in the next process."""
        fresh = tuple(fresh)
        self._keep(fresh)
        if self._sampler is not None:
            self._sampler.add(fresh)
            return  # it keeps what the next process needs, every few seconds
        self._due |= {item.container_id: item for item in fresh if _replaces(self._stored.get(item.container_id), item)}
        now = self._clock()
        if self._saved_at is None or not 0 <= now - self._saved_at < SAVE_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Stores what is due. Whoever ends calls it."""
        if not self._due or self._samples is None:
            return
        due, self._due, self._saved_at = tuple(self._due.values()), {}, self._clock()
        # The seed goes along: one write serves questions about the other containers too.
        sources = {item.source for item in due}
        others = (item for item in self._seed.values() if item.source in sources)
        due = (*(item for item in others if _replaces(self._stored.get(item.container_id), item)), *due)
        if self._samples.take_lease(self.host, self._owner, seconds=LEASE_S):
            kept = merged(self._stored.values(), due)
            self._samples.save_counters(self.host, kept)
            self._stored = {item.container_id: item for item in kept}


def _replaces(known: Counters | None, fresh: Counters) -> bool:
    return known is None or not same_run(known, fresh) or not 0 <= fresh.at - known.at < REPLACE_AFTER_S
