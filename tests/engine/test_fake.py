"""What only the fake can do: a world to edit, a clock to turn, failures on demand."""

from __future__ import annotations

import asyncio

import pytest

from ergon_ops import services
from ergon_ops.engine import fake
from ergon_ops.engine.fake import Attachment, FakeContainer, FakeEngine, Mount
from ergon_ops.engine.protocols import ContainerSpec, Images, LogQuery, Reads, Writes
from ergon_ops.errors import EngineConflict, EngineNotRunning, EngineTimeout, NoSuchContainer
from ergon_ops.refs import Ref
from tests.clock import Time


async def serving(engine: FakeEngine, name: str, expected: tuple[tuple[str, int | None], ...] = ()) -> dict[str, str]:
    row = next(row for row in await engine.containers() if row.ref.name == name)
    found = services.detect(row, await engine.processes(row.ref), await engine.sockets(row.ref), expected=expected)
    return {service.key: service.state for service in found}


async def state(engine: FakeEngine, name: str, fact: str) -> object:
    return next(row.value for row in await engine.read(Ref(name, engine.host), ["state"]) if row.name == fact)


def test_it_has_all_three_protocols() -> None:
    engine = FakeEngine()
    reads: Reads = engine
    writes: Writes = engine
    images: Images = engine

    assert {id(reads), id(writes), id(images)} == {id(engine)}


async def test_the_demo_serves_what_the_real_demo_serves() -> None:
    engine = fake.demo()

    assert await serving(engine, "webapp") == {
        "nginx:80": "listening", "python:8000": "listening", "redis:6379": "listening",
    }  # fmt: skip
    ratio = next(row for row in await engine.read(Ref("webapp"), ["memory"]) if row.name == "memory_ratio")
    assert ratio.value == pytest.approx(0.45)


async def test_a_killed_redis_is_missing_at_once() -> None:
    engine = fake.demo()
    expected = (("nginx", 80), ("python", 8000), ("redis", 6379))

    assert engine.kill_process("webapp", "redis-server") == 1
    assert (await serving(engine, "webapp", expected))["redis:6379"] == "down"

    await engine.restart("webapp", timeout_s=1)
    assert (await serving(engine, "webapp", expected))["redis:6379"] == "listening"


async def test_killing_the_first_process_ends_the_container() -> None:
    engine = fake.shop()

    engine.kill_process("edge-gateway", "gateway")

    assert await state(engine, "edge-gateway", "state") == "exited"
    assert await state(engine, "edge-gateway", "exit_code") == 137


async def test_counters_move_with_the_clock_at_the_given_rates() -> None:
    clock = Time()
    engine = fake.demo(clock=clock)
    worker = engine.find("worker")

    (first,) = await engine.counters([worker.id])
    clock.now += 10
    (second,) = await engine.counters([worker.id])

    assert first.cpu_s is not None
    assert second.cpu_s == pytest.approx(first.cpu_s + 1.5)
    assert (second.periods or 0) - (first.periods or 0) == pytest.approx(100, abs=1)
    assert (second.throttled or 0) - (first.throttled or 0) == pytest.approx(97, abs=1)


async def test_a_changed_rate_counts_from_now_on_only() -> None:
    clock = Time()
    engine = fake.demo(clock=clock)
    worker = engine.find("worker")
    (first,) = await engine.counters([worker.id])

    worker.cpu_cores = 2.0
    (same,) = await engine.counters([worker.id])
    clock.now += 1
    (later,) = await engine.counters([worker.id])

    assert same.cpu_s == first.cpu_s
    assert first.cpu_s is not None
    assert later.cpu_s == pytest.approx(first.cpu_s + 2.0)


async def test_nothing_is_used_while_paused() -> None:
    clock = Time()
    engine = fake.demo(clock=clock)
    worker = engine.find("worker")
    await engine.pause(worker.id)
    (first,) = await engine.counters([worker.id])

    clock.now += 60

    assert (await engine.counters([worker.id]))[0].cpu_s == first.cpu_s


async def test_after_a_restart_it_is_starting_then_healthy() -> None:
    clock = Time()
    engine = fake.demo(clock=clock)

    await engine.restart("webapp", timeout_s=1)
    before = await state(engine, "webapp", "health")
    clock.now += 3

    assert (before, await state(engine, "webapp", "health")) == ("starting", "healthy")


async def test_a_start_can_make_things_worse() -> None:
    clock = Time()
    engine = fake.demo(clock=clock)
    engine.find("webapp").on_start = lambda box: setattr(box, "health", "unhealthy")

    await engine.restart("webapp", timeout_s=1)
    clock.now += 3

    assert await state(engine, "webapp", "health") == "unhealthy"


async def test_more_cpu_ends_the_throttling() -> None:
    engine = fake.demo()

    await engine.update("worker", {"NanoCpus": 500_000_000})

    assert engine.find("worker").throttled_ratio == 0.0


async def test_a_crash_loop_goes_on_by_the_clock() -> None:
    clock = Time()
    engine = FakeEngine(clock=clock)
    engine.add(FakeContainer("loop", exit_code=3, up_s=0.0, crash_every_s=5.0))

    clock.now += 21

    assert await state(engine, "loop", "restart_count") == 4
    deaths = [event for event in await engine.events(since=0, until=clock.now) if event.action == "die"]
    assert [event.attributes["exit_code"] for event in deaths] == ["3"] * 4


async def test_a_dead_engine_raises_everywhere_and_still_tells_of_its_host() -> None:
    engine = fake.shop()
    engine.fail(EngineNotRunning("nothing there"))

    for call in (engine.containers(), engine.read(Ref("notes"), ["state"]), engine.restart("notes", timeout_s=1)):
        with pytest.raises(EngineNotRunning):
            await call
    host = {row.name: row.value for row in await engine.host_readings()}
    assert host["engine"] == "gone"
    assert "host_memory" in host
    assert "containers" not in host

    engine.recover()
    assert await engine.containers()


async def test_a_hung_engine_times_out() -> None:
    engine = fake.shop()
    engine.hang(deadline_s=0.01)

    with pytest.raises(EngineTimeout):
        await engine.containers()
    assert {row.name: row.value for row in await engine.host_readings()}["engine"] == "hung"


async def test_a_container_can_vanish_between_two_calls() -> None:
    engine = fake.shop()
    (row, *_) = await engine.containers()

    engine.drop(row.ref.name)

    with pytest.raises(NoSuchContainer):
        await engine.processes(row.ref)


async def test_a_remote_engine_shows_no_sockets() -> None:
    engine = fake.demo()
    engine.machine.files_readable = False

    assert await serving(engine, "webapp") == {
        "nginx:80": "declared", "python:8000": "declared", "redis:6379": "declared",
    }  # fmt: skip


async def test_log_drivers_that_cannot_be_read_are_named() -> None:
    engine = fake.demo()
    engine.find("worker").log_driver = "none"

    logs = await engine.logs(Ref("worker"), LogQuery())

    assert logs.lines == ()
    assert "none" in logs.unreadable


async def test_a_log_larger_than_asked_for_is_cut_to_the_newest() -> None:
    engine = fake.demo()
    for number in range(100):
        engine.log("worker", f"line {number} " + "x" * 90)

    logs = await engine.logs(Ref("worker"), LogQuery(max_bytes=1_000))

    assert logs.cut
    assert logs.lines[-1].text.startswith("line 99")
    assert len(logs.lines) < 11


async def test_followers_hear_what_is_logged_and_noted_and_leave_nothing_behind() -> None:
    engine = fake.demo()
    lines = engine.follow_logs(Ref("worker"), LogQuery(tail=0))
    waiting = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0.01)

    engine.log("worker", "hello")

    assert (await waiting).text == "hello"
    await lines.aclose()  # type: ignore[attr-defined]
    engine.log("worker", "nobody hears")


async def test_an_image_recipe_says_what_a_created_container_runs() -> None:
    engine = FakeEngine()
    engine.tags["acme/web:1"] = {}

    def nginx(box: FakeContainer) -> None:
        box.run("nginx", "nginx: master process nginx", ports=(80,))

    engine.recipes["acme/web:1"] = nginx

    made = await engine.create(ContainerSpec("web", "acme/web:1"))
    await engine.start(made)

    assert await serving(engine, "web") == {"nginx:80": "listening"}


async def test_a_taken_host_port_stops_the_start_and_says_so() -> None:
    engine = fake.demo()
    engine.tags["x"] = {}
    webapp = engine.find("webapp")
    made = await engine.create(ContainerSpec("second", "x", ports=webapp.ports))

    with pytest.raises(EngineConflict):
        await engine.start(made)
    assert await state(engine, "second", "start_error") == "port 18080 is already allocated"
    assert await state(engine, "second", "exit_code") == 128


async def test_two_hosts_may_have_a_container_of_one_name() -> None:
    here, there = FakeEngine("local"), FakeEngine("prod")
    for engine in (here, there):
        engine.add(FakeContainer("db", networks={"n": Attachment("172.30.0.2")}, mounts=(Mount("/data"),)))

    assert (await here.containers())[0].id != (await there.containers())[0].id
    with pytest.raises(NoSuchContainer):
        await here.read(Ref("db", "prod"), ["state"])


async def test_a_crowd_has_as_many_as_asked_for_and_none_like_another() -> None:
    rows = await fake.crowd(200).containers()

    assert len({row.ref for row in rows}) == len({row.id for row in rows}) == 200


async def test_odd_labels_are_neutralised() -> None:
    rows = await fake.shop().read(Ref("notes"), ["config"])

    labels = {row.key: str(row.value) for row in rows if row.name == "label"}
    assert labels["描述"] == "笔记"
    assert "\x1b" not in labels["evil"]
    assert "\u202e" not in labels["evil"]
