"""RateReader: a rate at once where an earlier sample fits, a short wait where none does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Reading
from ergon_ops.history import RateReader, Sampler
from ergon_ops.history.samples import SHORTEST_S
from ergon_ops.refs import Ref
from ergon_ops.store.records import Usage

WEB, DB = Ref("web"), Ref("db")
IDS = {WEB: "w", DB: "d"}


class World:
    """Containers that use a tenth of a core, on a clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self.asked: list[tuple[str, ...]] = []
        self.started = {"w": ("run-1", 0.0), "d": ("run-1", 0.0)}

    def sample(self, key: str, at: float) -> Counters:
        run, since = self.started[key]
        return Counters(key, at, "cgroup:v1", cpu_s=(at - since) / 10, network_rx=int(at - since), run=run)

    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]:
        wanted = tuple(self.started) if ids is None else tuple(ids)
        self.asked.append(wanted)
        return tuple(self.sample(key, self.now) for key in wanted if key in self.started)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now

    def restart(self, key: str) -> None:
        self.started[key] = (f"run-{self.now}", self.now)


class Kept:
    """What the store does, in a dict; `leader` holds the lease."""

    def __init__(self, leader: str = "") -> None:
        self.leader = leader
        self.kept: dict[str, tuple[Counters, ...]] = {}
        self.writes = 0

    def load_counters(self, host: str) -> Iterable[Counters]:
        return self.kept.get(host, ())

    def save_counters(self, host: str, counters: Iterable[Counters]) -> None:
        self.kept[host] = tuple(counters)
        self.writes += 1

    def take_lease(self, host: str, owner: str, *, seconds: float) -> bool:
        self.leader = self.leader or owner
        return self.leader == owner

    def usage(self, container_id: str, ref: Ref | None = None) -> Usage | None:
        return None


@pytest.fixture
def world() -> World:
    return World()


def reader(
    world: World, kept: Kept | None = None, *, seed: Iterable[Counters] = (), sampler: Sampler | None = None
) -> RateReader:
    return RateReader(
        "local", world, kept, owner="me", seed=seed, sampler=sampler, clock=world.clock, sleep=world.sleep
    )


async def ask(
    rates: RateReader, *refs: Ref, window_s: float = 0.0, not_before: float = 0.0
) -> dict[tuple[Ref, str], Reading]:
    subjects = {ref: IDS[ref] for ref in refs or (WEB,)}
    found = await rates.rates(subjects, cpu_limits={}, host_cpus=2, window_s=window_s, not_before=not_before)
    return {(item.about, item.name): item for item in found}


def window(found: dict[tuple[Ref, str], Reading], ref: Ref = WEB) -> float | None:
    return found[ref, "cpu_usage"].window_s


async def test_the_last_processs_sample_gives_a_rate_at_once(world: World) -> None:
    kept = Kept()
    kept.save_counters("local", [world.sample("w", world.now - 60)])
    found = await ask(reader(world, kept))
    assert world.slept == []
    assert found[WEB, "cpu_usage"].value == pytest.approx(0.1)
    assert window(found) == 60.0


@pytest.mark.parametrize("age", [121.0, -5.0])
async def test_a_sample_too_old_or_from_the_future_is_not_used(world: World, age: float) -> None:
    kept = Kept()
    kept.save_counters("local", [world.sample("w", world.now - age)])
    found = await ask(reader(world, kept))
    assert window(found) == SHORTEST_S


async def test_a_sample_of_a_former_run_is_not_used(world: World) -> None:
    kept = Kept()
    kept.save_counters("local", [world.sample("w", world.now - 60)])
    world.restart("w")
    found = await ask(reader(world, kept))
    assert world.slept == [SHORTEST_S]
    assert found[WEB, "cpu_usage"].value == pytest.approx(0.1)


async def test_the_sweep_at_process_start_saves_the_wait(world: World) -> None:
    found = await ask(reader(world, Kept(), seed=[world.sample("w", world.now - 0.4)]))
    assert world.slept == []
    assert window(found) == pytest.approx(0.4)


async def test_a_seed_too_young_is_waited_for_only_as_long_as_it_lacks(world: World) -> None:
    found = await ask(reader(world, seed=[world.sample("w", world.now - 0.2)]))
    assert world.slept == [pytest.approx(SHORTEST_S - 0.2)]
    assert window(found) == pytest.approx(SHORTEST_S)


async def test_with_nothing_to_start_from_two_samples_are_taken(world: World) -> None:
    found = await ask(reader(world), WEB, DB)
    assert world.slept == [SHORTEST_S]
    assert world.asked == [("w", "d"), ("w", "d")]
    assert window(found, DB) == SHORTEST_S


async def test_one_container_without_an_earlier_sample_costs_the_others_no_second_read(world: World) -> None:
    kept = Kept()
    kept.save_counters("local", [world.sample("w", world.now - 30)])
    found = await ask(reader(world, kept), WEB, DB)
    assert world.asked == [("w", "d"), ("d",)]
    assert (window(found, WEB), window(found, DB)) == (30.0, SHORTEST_S)


async def test_a_window_asked_for_is_waited_for(world: World) -> None:
    found = await ask(reader(world, seed=[world.sample("w", world.now - 60)]), window_s=5.0)
    assert world.slept == [5.0]
    assert window(found) == 5.0


async def test_a_window_that_history_already_has_is_not_waited_for(world: World) -> None:
    sampler = Sampler("local", world, owner="me", clock=world.clock, sleep=world.sleep)
    for _ in range(20):
        await sampler.sample()
        world.now += 1
    found = await ask(reader(world, sampler=sampler), window_s=5.0)
    assert world.slept == []
    assert window(found) == 5.0


async def test_samples_from_before_a_change_are_kept_out(world: World) -> None:
    found = await ask(reader(world, seed=[world.sample("w", world.now - 3)]), window_s=2.0, not_before=world.now - 1)
    assert world.slept == [2.0]
    assert window(found) == 2.0


async def test_a_container_restarted_while_we_waited_has_no_rates(world: World) -> None:
    rates = reader(world)

    async def sleep(seconds: float) -> None:
        world.now += seconds
        world.restart("w")

    rates = RateReader("local", world, owner="me", clock=world.clock, sleep=sleep)
    assert await ask(rates) == {}


async def test_a_container_that_vanishes_has_no_rates_and_keeps_no_one_else(world: World) -> None:
    del world.started["w"]
    found = await ask(reader(world), WEB, DB)
    assert {ref for ref, _ in found} == {DB}
    assert await reader(world).rates({}, cpu_limits={}, host_cpus=2) == ()


async def test_the_next_process_starts_from_what_this_one_saw(world: World) -> None:
    kept = Kept()
    await ask(reader(world, kept, seed=[world.sample("w", world.now - 1), world.sample("d", world.now - 1)]))
    world.now += 20
    found = await ask(reader(world, kept), WEB, DB)
    assert world.slept == []
    assert (window(found, WEB), window(found, DB)) == (20.0, 21.0), "the seed of the others was kept too"


async def test_a_burst_of_questions_keeps_a_window_worth_having(world: World) -> None:
    kept = Kept()
    windows = []
    for _ in range(8):
        windows.append(window(await ask(reader(world, kept))))
        world.now += 0.5
    assert world.slept == [SHORTEST_S], "only the first one waits"
    assert min(item or 0 for item in windows) >= SHORTEST_S
    assert kept.writes == 1


async def test_who_does_not_hold_the_lease_does_not_write(world: World) -> None:
    kept = Kept(leader="daemon")
    kept.save_counters("local", [world.sample("w", world.now - 10)])
    found = await ask(reader(world, kept))
    assert window(found) == 10.0
    assert kept.writes == 1


async def test_a_stored_sample_of_another_container_survives_a_save(world: World) -> None:
    kept = Kept()
    kept.save_counters("local", [world.sample("d", world.now - 30), replace(world.sample("d", 1.0), container_id="x")])
    await ask(reader(world, kept))
    assert {item.container_id for item in kept.load_counters("local")} == {"w", "d"}, "and what is too old goes"
