"""Sampler: often while watched, seldom otherwise, one writer a host, and memory that does not grow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from ergon_ops.engine.protocols import Counters
from ergon_ops.errors import EngineTimeout
from ergon_ops.history import Sampler
from ergon_ops.history.rings import POINTS, Ring
from ergon_ops.refs import Ref
from ergon_ops.store.records import Usage


class Engine:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.run = "1"
        self.down = False
        self.sampled: list[float] = []
        self.stop_at = float("inf")

    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]:
        if self.down:
            raise EngineTimeout("no answer")
        self.sampled.append(self.now)
        return (Counters("w", self.now, "cgroup:v2", cpu_s=self.now, memory_working_set=7, run=self.run),)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.stop_at:
            raise asyncio.CancelledError

    def clock(self) -> float:
        return self.now


class Kept:
    def __init__(self, leader: str = "") -> None:
        self.leader = leader
        self.saved: list[float] = []
        self.rows: tuple[Counters, ...] = ()

    def load_counters(self, host: str) -> Iterable[Counters]:
        return self.rows

    def save_counters(self, host: str, counters: Iterable[Counters]) -> None:
        self.rows = tuple(counters)
        self.saved.append(max(item.at for item in self.rows))

    def take_lease(self, host: str, owner: str, *, seconds: float) -> bool:
        self.leader = self.leader or owner
        return self.leader == owner

    def usage(self, container_id: str, ref: Ref | None = None) -> Usage | None:
        return None


@pytest.fixture
def engine() -> Engine:
    return Engine()


def sampler(engine: Engine, kept: Kept | None = None) -> Sampler:
    return Sampler("local", engine, kept, owner="me", clock=engine.clock, sleep=engine.sleep)


async def run(subject: Sampler, engine: Engine, seconds: float) -> None:
    engine.stop_at = engine.now + seconds
    with pytest.raises(asyncio.CancelledError):
        await subject.run()


async def test_idle_samples_come_every_ten_seconds_watched_ones_every_second(engine: Engine) -> None:
    subject = sampler(engine)
    await run(subject, engine, 60)
    assert len(engine.sampled) == 6
    engine.sampled.clear()
    with subject.watching():
        await run(subject, engine, 60)
    assert len(engine.sampled) == 60
    assert subject.interval_s == 10.0


async def test_who_begins_to_watch_does_not_wait_for_the_idle_interval(engine: Engine) -> None:
    subject = sampler(engine)
    entered = subject.watching()

    async def sleep(seconds: float) -> None:
        engine.now += seconds
        if engine.now == 1_003.0:
            entered.__enter__()
        if engine.now > 1_008.0:
            raise asyncio.CancelledError

    subject = Sampler("local", engine, owner="me", clock=engine.clock, sleep=sleep)
    entered = subject.watching()
    with pytest.raises(asyncio.CancelledError):
        await subject.run()
    assert engine.sampled[:3] == [1_000.0, 1_003.0, 1_004.0]


async def test_an_engine_that_does_not_answer_costs_a_sample_and_not_the_history(engine: Engine) -> None:
    subject = sampler(engine)
    await subject.sample()
    engine.down = True
    engine.now += 10
    await subject.sample()
    engine.down = False
    engine.now += 10
    await subject.sample()
    assert [at for at, _ in subject.series("w", "memory_working_set")] == [1_000.0, 1_020.0]


async def test_the_holder_of_the_lease_writes_now_and_then(engine: Engine) -> None:
    kept = Kept()
    subject = sampler(engine, kept)
    with subject.watching():
        await run(subject, engine, 35)
    assert kept.saved == [1_000.0, 1_010.0, 1_020.0, 1_030.0]


async def test_others_read_along_and_leave_the_engine_alone_unless_watched(engine: Engine) -> None:
    kept = Kept(leader="daemon")
    kept.rows = (Counters("w", 990.0, "cgroup:v2", cpu_s=990.0, run="1"),)
    subject = sampler(engine, kept)
    await subject.sample()
    assert engine.sampled == []
    latest = subject.latest("w")
    assert latest is not None
    assert latest.at == 990.0
    with subject.watching():
        await subject.sample()
    assert engine.sampled == [1_000.0]
    assert kept.saved == []


async def test_before_gives_a_sample_of_the_present_run_only(engine: Engine) -> None:
    subject = sampler(engine)
    for _ in range(5):
        await subject.sample()
        engine.now += 1
    found = subject.before("w", 1_002.5)
    assert found is not None
    assert (found.at, found.cpu_s, found.memory_working_set, found.run) == (1_002.0, 1_002.0, 7, "1")
    assert found.network_rx is None
    engine.run = "2"
    await subject.sample()
    assert subject.before("w", 1_002.5) is None
    assert len(subject.series("w", "memory_working_set")) == 6, "the history itself goes on over a restart"
    assert subject.before("unknown", 1.0) is None


def test_a_ring_keeps_the_newest_points_in_a_fixed_space() -> None:
    ring = Ring()
    assert len(ring) == 0
    for number in range(POINTS + 50):
        ring.add(Counters("w", float(number), "x", cpu_s=float(number)))
    series = ring.series("cpu_s")
    assert len(ring) == len(series) == POINTS
    assert (series[0][0], series[-1][0]) == (50.0, POINTS + 49.0)
    oldest = ring.before(50.0)
    assert oldest is not None
    assert oldest.at == 50.0
    assert ring.before(49.0) is None


def test_a_ring_drops_repeated_and_late_samples() -> None:
    ring = Ring()
    sample = Counters("w", 10.0, "x", cpu_s=1.0)
    ring.add(sample)
    ring.add(sample)
    ring.add(replace(sample, at=9.0))
    assert len(ring) == 1


async def test_containers_long_gone_are_forgotten(engine: Engine) -> None:
    subject = sampler(engine)
    subject.add([Counters("gone", engine.now, "x", cpu_s=1.0)])
    engine.now += 2_000
    await subject.sample()
    assert subject.latest("gone") is None
    assert subject.latest("w") is not None
