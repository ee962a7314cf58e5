"""The real engine's promises, on a real engine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import docker
import pytest

from ergon_ops.engine import eventlog
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.engine.protocols import Container, ContainerSpec, EngineEvent, LogLine, LogQuery, PublishedPort
from ergon_ops.engine.reads import DockerReads
from ergon_ops.errors import EngineConflict, NoSuchContainer
from ergon_ops.facts import FACTS, Group
from ergon_ops.refs import Ref
from tests.engine.real import IMAGE, RealEngine, heard, until

pytestmark = pytest.mark.engine
INSPECTED: tuple[Group, ...] = ("identity", "state", "limits", "config", "mounts", "networks", "ports")
COUNTED: tuple[Group, ...] = ("memory", "pids", "io", "cpu")
MIB = 1024 * 1024


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[RealEngine]:
    async with RealEngine.opened(docker_host) as real:
        yield real


async def test_the_list_tells_every_state(engine: RealEngine) -> None:
    refs = {
        "running": await engine.run(labels={"com.docker.compose.project": "shöp", "secret": "x"}),
        "exited": await engine.run("exit 3"),
        "created": await engine.create(),
        "paused": await engine.run(),
        "restarting": await engine.run("exit 5", restart="always"),
    }
    await engine.writes.pause(await engine.id_of(refs["paused"]))
    rows = {}
    for state, ref in refs.items():
        rows[state] = await until(partial(row_of, engine, ref), partial(in_state, state))
        assert rows[state].state == state
    assert rows["running"].labels["com.docker.compose.project"] == "shöp"
    assert all(key.startswith(("com.docker.compose.", "io.ergon-ops.")) for key in rows["running"].labels)
    assert rows["running"].project == "shöp"
    assert (rows["exited"].exit_code, rows["running"].exit_code, rows["created"].exit_code) == (3, None, None)
    assert rows["restarting"].exit_code == 5
    assert rows["paused"].running
    assert not rows["exited"].running


def in_state(state: str, row: Container) -> bool:
    return row.state == state


async def row_of(engine: RealEngine, ref: Ref) -> Container:
    return next(row for row in await engine.reads.containers() if row.ref == ref)


async def test_published_and_inner_ports_are_told_apart(engine: RealEngine) -> None:
    ports = (PublishedPort("127.0.0.1", 18431, 80), PublishedPort("", 0, 9000))
    ref = await engine.run(ports=ports)
    row = await row_of(engine, ref)
    assert row.ports == (PublishedPort("127.0.0.1", 18431, 80),)
    assert row.exposed == (80, 9000)
    assert await engine.value(ref, "published_port", "127.0.0.1:18431/tcp") == 80
    other = await engine.create(ports=ports)
    with pytest.raises(EngineConflict) as caught:
        await engine.writes.start(await engine.id_of(other))
    assert "port" in caught.value.next
    assert "already allocated" in str(await engine.value(other, "start_error"))


async def test_no_secret_value_leaves_the_engine(engine: RealEngine) -> None:
    secret, other = "hunter2-Zx9Qw7Lm", "sk-proj-a8F3kQ9xLmZ0pR7tVw2Y"
    ref = await engine.run(
        f"echo password={secret} >&2; exec sh -c 'sleep 1000 # --password {secret}'",
        environment={"DB_PASSWORD": secret, "API_KEY": other, "DB_URL": f"postgres://app:{secret}@db:5432/x"},
        labels={"app.token": other, "com.docker.compose.service": "web"},
        health={"Test": ["CMD-SHELL", f"echo token={other}"], "Interval": 1_000_000_000},
    )
    await until(lambda: engine.value(ref, "health_output"), bool)
    readings = await engine.reads.read(ref, [*INSPECTED, *COUNTED])
    told = [
        readings,
        await engine.reads.containers(),
        await engine.reads.processes(ref),
        await engine.remote.processes(ref),
        await until(lambda: engine.reads.logs(ref, LogQuery()), lambda logs: bool(logs.lines)),
        await engine.reads.events(since=time.time() - 60, until=time.time(), ref=ref),
    ]
    assert secret not in repr(told)
    assert other not in repr(told)
    names = {item.key for item in readings if item.name == "env_key"}
    assert {"DB_PASSWORD", "API_KEY", "DB_URL"} <= names
    assert await engine.value(ref, "env_host", "DB_URL") == "db:5432"


async def test_files_and_api_tell_the_same(engine: RealEngine) -> None:
    ref = await engine.run("while :; do :; done", memory_bytes=64 * MIB, cpus=0.2, pids=50, tmpfs={"/t": "size=1m"})
    await until(lambda: engine.value(ref, "cpu_throttled_lifetime"), lambda value: value is not None and value > 0.4)
    near = {(item.name, item.key): item for item in await engine.reads.read(ref, COUNTED)}
    far = {(item.name, item.key): item for item in await engine.remote.read(ref, COUNTED)}
    assert set(far) <= set(near)
    assert {"memory_working_set", "pids", "block_read", "network_rx", "cpu_throttled_lifetime"} <= {n for n, _ in far}
    assert near["memory_limit", ""].value == far["memory_limit", ""].value == 64 * MIB
    assert near["cpu_throttled_lifetime", ""].value > 0.3  # type: ignore[operator]
    assert far["cpu_throttled_lifetime", ""].value > 0.3  # type: ignore[operator]
    assert {item.source.split(":")[0] for item in far.values()} <= {"api", "derived"}
    assert {item.source.split(":")[0] for item in near.values()} <= {"cgroup", "proc", "derived"}
    assert [p.name for p in await engine.reads.processes(ref)] == [p.name for p in await engine.remote.processes(ref)]
    assert (await engine.reads.sockets(ref)).visible
    assert not (await engine.remote.sockets(ref)).visible
    assert await engine.value(ref, "fs_size", "/t") == MIB
    assert all(item.unit == FACTS[item.name].unit for item in near.values())


async def test_a_local_socket_into_another_machine_is_read_by_api(engine: RealEngine, tmp_path: Path) -> None:
    ref = await engine.run()
    desktop = DockerReads(engine.endpoint, HostFiles(str(tmp_path)), clock=time.time)
    assert not (await desktop.info()).files_readable
    found = await desktop.read(ref, ["memory", "filesystem"])
    assert {item.source.split(":")[0] for item in found} <= {"api", "derived"}
    assert "memory_working_set" in {item.name for item in found}
    assert not (await desktop.sockets(ref)).visible
    assert [process.name for process in await desktop.processes(ref)] == ["sleep"]
    assert [row.source for row in await desktop.counters([await engine.id_of(ref)])] == ["api:stats"]
    await desktop.close()


async def test_counters_by_api_are_taken_in_parallel(engine: RealEngine) -> None:
    refs = [await engine.run() for _ in range(6)]
    ids = [await engine.id_of(ref) for ref in refs]
    one = time.monotonic()
    await engine.remote.counters(ids[:1])
    all_of_them = time.monotonic()
    found = await engine.remote.counters([*ids, "0" * 64])
    took = time.monotonic() - all_of_them
    assert {row.container_id for row in found} == set(ids)
    # An old engine makes each wait for its next tick, up to a second: one after the other would take about six.
    assert took < 3 * (all_of_them - one) + 2.5
    near = {row.container_id: row for row in await engine.reads.counters(ids)}
    assert all(near[row.container_id].cpu_s is not None and row.run for row in found)


async def test_a_container_that_does_not_run_has_no_processes(engine: RealEngine) -> None:
    ref = await engine.create()
    with pytest.raises(EngineConflict):
        await engine.reads.processes(ref)
    assert not (await engine.reads.sockets(ref)).visible
    assert await engine.reads.read(ref, [*COUNTED, "filesystem"]) == ()
    assert await engine.value(ref, "started_at") is None
    assert await engine.value(ref, "exit_code") is None
    assert (await engine.reads.logs(ref, LogQuery())).lines == ()


async def test_an_unknown_name_names_the_nearest_and_an_id_is_no_name(engine: RealEngine) -> None:
    ref = await engine.create()
    with pytest.raises(NoSuchContainer) as caught:
        await engine.reads.read(replace(ref, name=ref.name + "x"), ["state"])
    assert ref.name in caught.value.details["nearest"]
    with pytest.raises(NoSuchContainer):
        await engine.reads.world(replace(ref, name=(await engine.id_of(ref))[:12]))
    await engine.writes.remove(await engine.id_of(ref))
    for read in (engine.reads.logs(ref, LogQuery()), engine.reads.processes(ref), engine.reads.sockets(ref)):
        with pytest.raises(NoSuchContainer):
            await read


async def test_logs_by_stream_tail_time_and_words(engine: RealEngine) -> None:
    ref = await engine.run("for i in 1 2 3 4 5; do echo out $i; echo ERROR err $i >&2; sleep 0.3; done; sleep 1000")
    logs = await until(lambda: engine.reads.logs(ref, LogQuery()), lambda logs: len(logs.lines) == 10)
    assert [line.text for line in logs.lines if line.stream == "stdout"] == [f"out {i}" for i in range(1, 6)]
    assert [line.text for line in logs.lines if line.stream == "stderr"] == [f"ERROR err {i}" for i in range(1, 6)]
    assert all(line.at and abs(line.at - time.time()) < 60 for line in logs.lines)
    assert len((await engine.reads.logs(ref, LogQuery(tail=3))).lines) == 3
    assert [line.text for line in (await engine.reads.logs(ref, LogQuery(grep="OUT 3"))).lines] == ["out 3"]
    assert len((await engine.reads.logs(ref, LogQuery(level="error"))).lines) == 5
    third = next(line.at for line in logs.lines if line.text == "out 3")
    assert third
    after = await engine.reads.logs(ref, LogQuery(since=third + 0.1))
    before = await engine.reads.logs(ref, LogQuery(until=third - 0.1))
    assert {line.text for line in after.lines if line.stream == "stdout"} == {"out 4", "out 5"}
    assert {line.text for line in before.lines if line.stream == "stdout"} == {"out 1", "out 2"}


async def test_binary_and_huge_lines_are_survived(engine: RealEngine) -> None:
    ref = await engine.run(
        "head -c 1000000 /dev/zero | tr '\\0' x; echo; head -c 5000 /dev/urandom; echo; echo last; sleep 1000"
    )
    logs = await until(
        lambda: engine.reads.logs(ref, LogQuery()), lambda logs: any(line.text == "last" for line in logs.lines)
    )
    assert logs.lines[-1].text == "last"
    assert all(line.text.isprintable() and len(line.text) <= 4000 for line in logs.lines)
    small = await engine.reads.logs(ref, LogQuery(max_bytes=1000))
    assert small.cut
    assert small.lines[-1].text == "last"


async def test_a_driver_that_keeps_nothing_is_named(engine: RealEngine, docker_host: str) -> None:
    import docker

    ref = await engine.create()
    name = f"{ref.name}-none"
    api = docker.APIClient(docker_host)
    host = api.create_host_config(log_config=docker.types.LogConfig(type="none"))
    made = api.create_container(IMAGE, ["sh", "-c", "echo x; sleep 1000"], name=name, host_config=host)["Id"]
    engine._made.append(made)
    api.start(made)
    api.close()
    logs = await engine.reads.logs(Ref(name), LogQuery())
    assert "none" in logs.unreadable
    assert logs.lines == ()


async def test_followed_logs_begin_with_the_tail_and_end_with_the_container(engine: RealEngine) -> None:
    ref = await engine.run("echo a; echo b; echo c; sleep 1; echo d; exit 0")
    await until(lambda: engine.reads.logs(ref, LogQuery()), lambda logs: len(logs.lines) >= 3)
    seen: list[LogLine] = []
    async with asyncio.timeout(30):
        async for line in engine.reads.follow_logs(ref, LogQuery(tail=2)):
            seen.append(line)
    assert [line.text for line in seen] == ["b", "c", "d"]


async def test_events_are_bounded_in_time_and_without_execs(engine: RealEngine) -> None:
    began = time.time() - 1
    ref = await engine.run(health={"Test": ["CMD", "true"], "Interval": 300_000_000})
    await until(lambda: engine.value(ref, "health"), lambda health: health == "healthy")
    async with asyncio.timeout(30):
        found = await engine.reads.events(since=began, until=time.time() + 3600, ref=ref)
    assert [event.action for event in found] == ["create", "start", "health_status"]
    assert found[-1].attributes["health"] == "healthy"
    assert {event.ref for event in found} == {ref}
    namesake = Ref(ref.name[:-1])
    assert await engine.reads.events(since=began, until=time.time(), ref=namesake) == ()


async def test_followed_events_tell_of_a_death(engine: RealEngine) -> None:
    ref = await engine.run("sleep 1000", init=True)
    seen: list[EngineEvent] = []

    async def follow() -> None:
        async for event in engine.reads.follow_events():
            seen.append(event)

    async def told() -> list[str]:
        return [event.action for event in seen if event.ref == ref]

    following = asyncio.create_task(follow())
    await heard(seen, engine.create)
    await engine.writes.stop(await engine.id_of(ref), timeout_s=30)
    await until(told, lambda actions: "stop" in actions)
    following.cancel()
    deaths = [event for event in seen if (event.action, event.ref) == ("die", ref)]
    assert [event.attributes["exit_code"] for event in deaths] == ["143"]


async def test_followed_events_tell_who_joins_and_leaves_a_network_but_not_who_starts(
    engine: RealEngine, docker_host: str
) -> None:
    seen: list[EngineEvent] = []

    async def follow() -> None:
        async for event in engine.reads.follow_events():
            seen.append(event)

    async def told() -> list[EngineEvent]:
        return [event for event in seen if "network" in event.attributes]

    following = asyncio.create_task(follow())
    await heard(seen, engine.create)
    ref = await engine.run()
    with contextlib.closing(docker.DockerClient(base_url=docker_host, version="1.41", timeout=60)) as api:
        network = api.networks.create(ref.name)
        try:
            await asyncio.sleep(2.1)  # of one that has just been started nothing is told
            network.connect(ref.name)
            network.disconnect(ref.name)
            moves = await until(told, lambda moves: len(moves) >= 2)
        finally:
            await engine.clear()
            network.remove()
    following.cancel()
    assert [(event.action, event.attributes["network"]) for event in moves] == [
        ("connect", ref.name),
        ("disconnect", ref.name),
    ]
    assert {event.ref for event in moves} == {ref}


async def test_nobody_is_asked_about_networks_of_who_starts_or_ends() -> None:
    asked = eventlog.News(None)  # type: ignore[arg-type]  # whoever is asked fails
    told = [("create", True), ("start", False), ("kill", False), ("die", True), ("start", False), ("destroy", False)]
    for action, down in told:
        asked.keep({"Type": "container", "Action": action, "Actor": {"ID": "a"}})
        assert ("a" in asked.down) == down, action
    asked.keep({"Type": "container", "Action": "die", "Actor": {"ID": "a"}})
    for action in ("connect", "disconnect"):
        move = {"Type": "network", "Action": action, "Actor": {"ID": "n", "Attributes": {"container": "a"}}}
        assert await asked.of(move) is None


async def test_the_world_stays_over_a_restart_and_moves_with_a_limit_or_a_network(engine: RealEngine) -> None:
    ref = await engine.run(memory_bytes=32 * MIB, tmpfs={"/t": ""}, environment={"A": "1"})
    container_id = await engine.id_of(ref)
    first = await engine.reads.world(ref)
    await engine.writes.restart(container_id, timeout_s=0)
    again = await engine.reads.world(ref)
    await engine.writes.stop(container_id, timeout_s=0)
    stopped = await engine.reads.world(ref)
    assert first.digest == again.digest == stopped.digest
    assert again.started_at > first.started_at
    assert again.container_id == container_id
    await engine.writes.update(container_id, {"NanoCpus": 300_000_000})
    assert (await engine.reads.world(ref)).digest != first.digest


async def test_a_memory_limit_below_what_is_in_use_is_refused_in_words(engine: RealEngine) -> None:
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        pytest.skip("cgroup v2 reclaims, or kills, and refuses nothing")
    ref = await engine.run("mount | grep -q ' /t ' && head -c 30000000 /dev/zero > /t/x; sleep 1000", tmpfs={"/t": ""})

    async def filled() -> int:
        return int(await engine.value(ref, "memory_usage") or 0)

    assert await until(filled, lambda used: used > 29_000_000) > 29_000_000
    with pytest.raises(EngineConflict, match=r"^\d\d MiB of memory are in use, more than the 8 MiB") as refused:
        await engine.writes.update(await engine.id_of(ref), {"Memory": 8 * MIB, "MemorySwap": 8 * MIB})
    assert "restart" in refused.value.next


async def test_limits_are_changed_live(engine: RealEngine) -> None:
    ref = await engine.run(memory_bytes=32 * MIB)
    container_id = await engine.id_of(ref)
    changes = {
        "Memory": 48 * MIB,
        "MemorySwap": 96 * MIB,
        "NanoCpus": 250_000_000,
        "CpuShares": 512,
        "PidsLimit": 77,
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
    }
    await engine.writes.update(container_id, changes)
    found = {item.name: item.value for item in await engine.reads.read(ref, ["limits"])}
    assert found["memory_limit"] == 48 * MIB
    assert found["memory_swap_limit"] == 96 * MIB
    assert (found["cpu_limit"], found["cpu_shares"], found["pids_limit"]) == (0.25, 512, 77)
    assert (found["restart_policy"], found["restart_max"]) == ("on-failure", 2)
    await engine.writes.update(container_id, {"PidsLimit": None})
    assert await engine.value(ref, "pids_limit") is None
    with pytest.raises(EngineConflict):
        await engine.writes.update(container_id, {"Image": "x"})
    with pytest.raises(EngineConflict):
        await engine.writes.update(container_id, {"Memory": 512 * MIB})


async def test_a_failed_creation_leaves_nothing_behind(engine: RealEngine) -> None:
    name = "engtest-half-made"
    with pytest.raises(EngineConflict):
        await engine.create(name=name, networks=("bridge", "host"))
    assert name not in [row.ref.name for row in await engine.reads.containers()]
    with pytest.raises(EngineConflict) as caught:
        await engine.writes.create(ContainerSpec(name, "engtest/none:1"))
    assert "pull or build" in caught.value.next


async def test_networks_aliases_and_volumes_come_and_go(engine: RealEngine) -> None:
    networks = ("engtest-net-a", "engtest-net-b")
    for network in networks:
        await engine.writes.create_network(network, labels={"engtest": "1"})
    volume = await engine.writes.create_volume("engtest-volume", labels={"engtest": "1"})
    try:
        ref = await engine.run(networks=networks, aliases=("db",), volumes=("engtest-volume:/data:ro",))
        assert await engine.writes.networks(label="engtest=1") == networks
        assert await engine.writes.volumes(label="engtest") == (volume,)
        assert (await row_of(engine, ref)).networks == networks
        found = {(item.name, item.key): item.value for item in await engine.reads.read(ref, ["networks", "mounts"])}
        assert [found["alias", f"{network}/db"] for network in networks] == ["db", "db"]
        assert str(found["network", networks[0]]).count(".") == 3
        assert found["mount", "/data"] == "volume engtest-volume"
        assert found["mount_writable", "/data"] is False
        with pytest.raises(EngineConflict):
            await engine.writes.remove_volume(volume)
    finally:
        await engine.clear()
        for network in networks:
            await engine.writes.remove_network(network)
        await engine.writes.remove_volume(volume)


async def test_images_are_built_imported_looked_up_and_removed(engine: RealEngine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nARG WHO\nLABEL who=$WHO\nCOPY f /f\n")
    (tmp_path / "f").write_text("x")
    said: list[str] = []
    tag = "engtest/built:1"
    args = {"WHO": "me"}
    built = await engine.images.build(tmp_path, tag, labels={"a": "b"}, build_args=args, progress=said.append)
    assert built.startswith("sha256:")
    assert await engine.images.image_labels(tag) == {"who": "me", "a": "b"}
    assert any("COPY" in line for line in said)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY missing /f\n")
    with pytest.raises(EngineConflict) as caught:
        await engine.images.build(tmp_path, tag, labels={}, build_args={}, progress=said.append)
    assert "missing" in str(caught.value)
    await engine.images.remove_image(tag)
    assert await engine.images.image_labels(tag) is None


async def test_the_host_is_described(engine: RealEngine) -> None:
    await engine.run()
    info = await engine.reads.info()
    assert (info.host, info.files_readable) == ("local", True)
    assert info.api_version.startswith("1.")
    found = {(item.name, item.key): item.value for item in await engine.reads.host_readings()}
    assert found["engine", ""] == "alive"
    assert found["engine_version", ""] == info.version
    assert found["containers", "running"] >= 1  # type: ignore[operator]
    assert ("host_disk_used_ratio", info.root_dir) in found
    far = {item.name: item.value for item in await engine.remote.host_readings()}
    assert far["host_cpus"] == info.cpus
    assert not (await engine.remote.info()).files_readable
