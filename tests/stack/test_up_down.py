"""`up` starts what a plan says and nothing twice; `down` removes what `up` made and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ergon_ops.engine.fake import FakeContainer, FakeEngine
from ergon_ops.engine.protocols import ContainerSpec
from ergon_ops.errors import EngineConflict, ErgonError
from ergon_ops.stack.down import down
from ergon_ops.stack.plan import CONTAINER_LABEL, MANIFEST_LABEL, PROJECT_LABEL, Plan
from ergon_ops.stack.up import Engine, up

HEALTH = {"Test": ["CMD", "true"]}


def plan(digest: str = "d1") -> Plan:
    def spec(name: str, **more: object) -> ContainerSpec:
        labels = {MANIFEST_LABEL: digest, CONTAINER_LABEL: name, PROJECT_LABEL: "shop"}
        made = ContainerSpec(name, "shop/any:1", labels=labels, networks=("shop",), health=HEALTH)
        return replace(made, **more)  # type: ignore[arg-type]

    steps = ((spec("db", volumes=("shop-data:/data",)),), (spec("api"), spec("job")))
    return Plan("shop", digest, steps, networks=("shop",), volumes=("shop-data",))


def hands(fake: FakeEngine) -> Engine:
    fake.tags["shop/any:1"] = {}
    fake.recipes.setdefault("shop/any:1", lambda container: setattr(container, "health_after_s", 0.0))
    return Engine(fake, fake, fake)


def quiet(line: str) -> None:
    pass


async def test_containers_start_after_what_they_depend_on_is_healthy() -> None:
    fake, told = FakeEngine(), list[str]()
    done = await up(plan(), engine=hands(fake), progress=told.append)
    assert done.started == ("db", "api", "job")
    ready = next(i for i, line in enumerate(told) if line.startswith("db: healthy"))
    assert ready < told.index("api: starting")


async def test_what_is_needed_from_elsewhere_and_does_not_run_is_told() -> None:
    fake, told = FakeEngine(), list[str]()
    fake.add(FakeContainer("cache", image="redis"))
    needs = (("api", "cache"), ("api", "search"))
    await up(replace(plan(), elsewhere=needs), engine=hands(fake), progress=told.append)
    (line,) = [line for line in told if "depends on" in line]
    assert line.startswith("api depends on search, which is no container of the manifest and is not there")


async def test_a_second_up_changes_nothing() -> None:
    fake = FakeEngine()
    await up(plan(), engine=hands(fake), progress=quiet)
    ids = {name: container.id for name, container in fake.inventory.items()}
    fake.calls.clear()
    done = await up(plan(), engine=hands(fake), progress=quiet)
    assert done.unchanged == ("db", "api", "job")
    assert not done.started
    assert {"create", "start", "create_network", "create_volume"}.isdisjoint(fake.calls)
    assert ids == {name: container.id for name, container in fake.inventory.items()}


async def test_what_was_stopped_is_started_and_what_changed_is_replaced() -> None:
    fake = FakeEngine()
    await up(plan(), engine=hands(fake), progress=quiet)
    before = fake.find("api").id
    await fake.stop(before, timeout_s=1)
    assert (await up(plan(), engine=hands(fake), progress=quiet)).started == ("api",)
    assert fake.find("api").id == before
    await up(plan("d2"), engine=hands(fake), progress=quiet)
    assert fake.find("api").id != before


async def test_a_container_of_that_name_that_is_not_ours_stops_it_before_anything_is_made() -> None:
    fake = FakeEngine()
    foreign = fake.add(FakeContainer("api"))
    with pytest.raises(EngineConflict, match="api is there already") as caught:
        await up(plan(), engine=hands(fake), progress=quiet)
    assert "docker rm api" in caught.value.next
    assert list(fake.inventory.values()) == [foreign]
    assert "shop" not in fake.known_networks


async def test_a_container_that_turns_out_unhealthy_is_named_with_its_last_words() -> None:
    fake = FakeEngine()

    def sick(container: FakeContainer) -> None:
        container.health = "unhealthy"
        container.say("no disk left", at=fake.clock())

    fake.recipes["shop/any:1"] = sick
    with pytest.raises(ErgonError, match=r"db did not start.*no disk left"):
        await up(plan(), engine=hands(fake), progress=quiet)
    assert "api" not in fake.inventory, "what depends on it was started all the same"


async def test_waiting_ends() -> None:
    fake = FakeEngine()
    fake.recipes["shop/any:1"] = lambda container: setattr(container, "health", "starting")
    with pytest.raises(ErgonError, match="not ready after"):
        await up(plan(), engine=hands(fake), progress=quiet, ready_s=0.4)


async def test_an_image_that_is_nowhere_is_an_error_before_anything_is_made() -> None:
    fake = FakeEngine()
    with pytest.raises(EngineConflict):
        await up(plan(), engine=Engine(fake, fake, fake), progress=quiet)
    assert not fake.inventory


async def test_down_removes_what_up_made_and_nothing_else() -> None:
    fake = FakeEngine()
    neighbour = fake.add(FakeContainer("neighbour", networks={}))
    networks, volumes = dict(fake.known_networks), dict(fake.known_volumes)
    await up(plan(), engine=hands(fake), progress=quiet)
    done = await down("shop", reads=fake, writes=fake, progress=quiet, volumes=True)
    assert sorted(done.containers) == ["api", "db", "job"]
    assert (done.networks, done.volumes, done.kept) == (("shop",), ("shop-data",), ())
    assert list(fake.inventory.values()) == [neighbour]
    assert (fake.known_networks, fake.known_volumes) == (networks, volumes)


async def test_data_stays_unless_its_removal_was_asked_for() -> None:
    fake = FakeEngine()
    await up(plan(), engine=hands(fake), progress=quiet)
    done = await down("shop", reads=fake, writes=fake, progress=quiet)
    assert done.kept == ("shop-data",)
    assert "shop-data" in fake.known_volumes


async def test_down_twice_is_no_failure() -> None:
    fake = FakeEngine()
    assert (await down("shop", reads=fake, writes=fake, progress=quiet, volumes=True)).containers == ()


async def test_a_network_that_is_not_ours_is_used_and_stays() -> None:
    fake, told = FakeEngine(), list[str]()
    fake.known_networks["shop"] = {}
    await up(plan(), engine=hands(fake), progress=told.append)
    assert "network shop is there already: using it" in told
    await down("shop", reads=fake, writes=fake, progress=quiet)
    assert "shop" in fake.known_networks
