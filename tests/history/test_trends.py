"""Slopes within a moment, and the look a process began with as the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ergon_ops.engine.protocols import Counters
from ergon_ops.history import RateReader, trends
from ergon_ops.refs import Ref

API = Ref("api")
GROWS = 1_000_000  # bytes a second


@dataclass
class World:
    """A container that grows from the moment `since` on, on a clock that only sleeping moves."""

    now: float = 100.0
    since: float = 0.0
    run: str = "1"
    slept: list[float] = field(default_factory=list)

    def sample(self, at: float) -> Counters:
        grown = max(0.0, at - self.since)
        return Counters(
            "a", at, "cgroup:v2", memory_unreclaimable=int(GROWS * grown), pids=int(grown * 10), run=self.run
        )

    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]:
        return (self.sample(self.now),)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def slopes(self, *seed: Counters) -> dict[str, tuple[Any, Any]]:
        rates = RateReader("local", self, owner="me", seed=seed, clock=lambda: self.now, sleep=self.sleep)
        return {item.name: (item.value, item.window_s) for item in await rates.trend(API, "a")}


async def test_growth_is_a_slope_over_the_looks() -> None:
    world = World()
    found = await world.slopes()
    assert len(world.slept) == trends.POINTS - 1
    assert found["memory_slope"] == (pytest.approx(GROWS), pytest.approx(5 * trends.EVERY_S))
    assert found["pids_slope"][0] == pytest.approx(10, rel=0.1)


async def test_the_look_the_process_began_with_is_the_first() -> None:
    world = World()
    seed = world.sample(world.now)
    world.now += 0.5
    found = await world.slopes(seed)
    assert len(world.slept) == trends.POINTS - 2
    assert found["memory_slope"] == (pytest.approx(GROWS), pytest.approx(0.5 + 4 * trends.EVERY_S))


async def test_a_look_at_many_that_was_begun_with_comes_between() -> None:
    world = World()
    seed = world.sample(world.now)
    world.now += 0.3
    rates = RateReader("local", world, owner="me", seed=(seed,), clock=lambda: world.now, sleep=world.sleep)
    await rates.begin(["a", "b"])
    world.now += 0.2
    found: dict[str, Any] = {item.name: (item.value, item.window_s) for item in await rates.trend(API, "a")}
    assert len(world.slept) == trends.POINTS - 3
    assert found["memory_slope"] == (pytest.approx(GROWS), pytest.approx(0.5 + 3 * trends.EVERY_S))


@pytest.mark.parametrize("ago", [0.05, 3.0, -1.0])
async def test_not_one_of_another_moment(ago: float) -> None:
    world = World()
    found = await world.slopes(world.sample(world.now - ago))
    assert len(world.slept) == trends.POINTS - 1
    assert found["memory_slope"][1] == pytest.approx(5 * trends.EVERY_S)


async def test_not_one_of_the_run_before_or_one_that_was_read_in_another_way() -> None:
    world = World(run="2")
    early = world.sample(world.now - 0.5)
    for other in (Counters("a", early.at, "api", pids=1, memory_unreclaimable=5, run="2"), World(run="1").sample(99.5)):
        world.slept.clear()
        await world.slopes(other)
        assert len(world.slept) == trends.POINTS - 1


@dataclass
class Stairs(World):
    """A MiB each 0.9 s; it `had` that much before. `falls`: all of it is gone again after so many of them."""

    had: int = 0
    falls: int = 0

    def sample(self, at: float) -> Counters:
        steps = int((at - 99.0) / 0.9)
        grown = 2**28 + 2**20 * (steps % self.falls if self.falls else steps)
        return Counters("a", at, "cgroup:v1", memory_unreclaimable=grown, pids=3, memory_most=max(self.had, grown))

    async def slope(self, matters: bool = True) -> tuple[Any, Any]:
        async def asked(memory: int) -> bool:
            return matters and memory > 2**28

        rates = RateReader("local", self, owner="me", clock=lambda: self.now, sleep=self.sleep)
        (found,) = (item for item in await rates.trend(API, "a", asked) if item.name == "memory_slope")
        return found.value, found.window_s


async def test_growth_step_by_step_shows_in_a_longer_time() -> None:
    assert await Stairs().slope() == (pytest.approx(2**20 / 0.9, rel=0.1), pytest.approx(trends.LONG_S, abs=0.3))
    assert await Stairs().slope(matters=False) == (0.0, pytest.approx(5 * trends.EVERY_S))


async def test_steps_to_where_it_has_been_before_or_back_again_are_no_growth() -> None:
    assert (await Stairs(had=2**29).slope())[0] == 0.0
    assert (await Stairs(falls=4).slope())[0] == 0.0


async def test_what_does_not_grow_has_no_slope() -> None:
    world = World(since=1e9)
    assert {value for value, _ in (await world.slopes(world.sample(99.5))).values()} == {0.0}


@dataclass
class Spawner(World):
    """A process more each 0.4 s, `until` then; one of a healthcheck's comes and goes beside them."""

    until: float = 1e9

    def sample(self, at: float) -> Counters:
        more = int((min(at, self.until) - 99.0) / 0.4)
        return Counters("a", at, "cgroup:v1", memory_unreclaimable=2**20, pids=20 + more + 2 * (int(at * 2) % 2))


async def test_processes_that_become_more_now_and_then_are_seen_in_a_longer_time() -> None:
    found = await Spawner().slopes()
    assert found["pids_slope"] == (pytest.approx(2.5, rel=0.2), pytest.approx(trends.LONG_S, abs=0.3))
    assert (await Spawner(until=101.3).slopes())["pids_slope"][0] == 0.0


async def test_processes_that_come_and_go_are_no_growth() -> None:
    world = Spawner(until=0.0)
    assert (await world.slopes())["pids_slope"] == (0.0, pytest.approx(5 * trends.EVERY_S))


def test_what_does_not_last_is_left_out() -> None:
    seen = [(0.0, 5.0), (1.0, 7.0), (2.0, 6.0), (3.0, 9.0), (4.0, 7.0)]
    assert [value for _, value in trends.lasting(seen)] == [5.0, 6.0, 6.0, 7.0, 7.0]
