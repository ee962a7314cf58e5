"""The fake keeps the promises of the real engine: every test here runs against both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from ergon_ops.engine.protocols import COMPOSE, OURS, Container, LogQuery, PublishedPort
from ergon_ops.errors import EngineConflict, EngineError, ErgonError, NoSuchContainer
from ergon_ops.facts import FACTS, Group
from ergon_ops.refs import Ref
from tests.engine.conformance import IMAGE, PREFIX, Lab, docker_lab, fake_lab, published
from tests.engine.real import heard

MIB = 1024 * 1024


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.engine)])
async def lab(request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
    if request.param == "fake":
        async with fake_lab() as made:
            yield made
        return
    async with docker_lab(request.getfixturevalue("docker_host")) as made:
        if await made.images.image_labels(IMAGE) is None:
            pytest.fail(f"{IMAGE} is missing: run `make lab`")
        yield made


# What each group tells of a running container with limits, a network and a volume; more is allowed, less is not.
TOLD: dict[Group, str] = {
    "identity": "name id image image_id created_at project",
    "state": "state started_at uptime oom_killed restart_count health",
    "limits": "memory_limit memory_swap_limit cpu_limit cpu_shares cpuset pids_limit shm_size restart_policy "
    "restart_max",
    "config": "command user init privileged readonly_rootfs network_mode pid_mode log_driver env_key env_host label "
    "exposed_port health_command",
    "mounts": "mount mount_writable",
    "networks": "network alias",
    "ports": "published_port",
    "memory": "memory_usage memory_inactive_file memory_working_set memory_ratio memory_host_ratio memory_failures "
    "memory_oom_kills",
    "pids": "pids",
    "io": "network_rx network_tx",
    "cpu": "cpu_throttled_lifetime",
    "filesystem": "fs_size fs_used fs_used_ratio fs_inode_ratio",
}


async def everything(lab: Lab) -> Ref:
    network = await lab.network()
    volume = await lab.writes.create_volume(f"{PREFIX}-data", labels={OURS + "project": PREFIX})
    lab.volumes.append(volume)
    return await lab.run(
        networks=(network,),
        aliases=("store",),
        environment={
            "DATABASE_URL": "postgresql://bob:hunter2horse@db:5432/x",
            "API_TOKEN": "hunter2horse",
            "MODE": "a",
        },
        labels={OURS + "project": "shop", COMPOSE + "service": "api", "team": "blue", "db.password": "hunter2horse"},
        ports=published(18391),
        volumes=(f"{volume}:/data",),
        memory_bytes=32 * MIB,
        cpus=0.5,
        pids=50,
    )


async def test_every_group_tells_what_it_should_with_the_units_of_the_table(lab: Lab) -> None:
    ref = await everything(lab)

    for group, names in TOLD.items():
        rows = await lab.reads.read(ref, [group])
        assert set(names.split()) <= {row.name for row in rows}, group
        assert {FACTS[row.name].group for row in rows} <= {group, "limits"}
        assert all(row.unit == FACTS[row.name].unit and row.about == ref and row.source for row in rows)


async def test_limits_mounts_networks_and_ports_are_as_they_were_given(lab: Lab) -> None:
    ref = await everything(lab)
    row = await lab.row(ref)

    found = await lab.values(ref, "limits", "mounts", "networks", "ports", "config")

    assert found["memory_limit", ""] == 32 * MIB
    assert found["cpu_limit", ""] == 0.5
    assert found["pids_limit", ""] == 50
    assert found["restart_policy", ""] == "no"
    assert found["mount", "/data"] == f"volume {PREFIX}-data"
    assert found["mount_writable", "/data"] is True
    assert "store" in [value for (name, _), value in found.items() if name == "alias"]
    assert found["published_port", "127.0.0.1:18391/tcp"] == 8080
    assert found["env_key", "MODE"] is True
    assert found["env_host", "DATABASE_URL"] == "db:5432"
    assert row.ports == (PublishedPort("127.0.0.1", 18391, 8080),)
    assert 8080 in row.exposed
    assert {OURS + "project", COMPOSE + "service"} <= set(row.labels)
    assert all(key.startswith((OURS, COMPOSE)) for key in row.labels)


async def test_secrets_stay_inside(lab: Lab) -> None:
    ref = await everything(lab)

    said = [await lab.reads.read(ref, list(TOLD)), await lab.row(ref), await lab.reads.processes(ref)]
    said.append((await lab.reads.logs(ref, LogQuery())).lines)
    said.append(await lab.reads.events(since=time.time() - 60, until=time.time() + 1, ref=ref))

    assert "hunter2horse" not in repr(said)


async def test_without_limits_the_answer_is_null(lab: Lab) -> None:
    found = await lab.values(await lab.run(), "limits", "memory", "config")

    for name in ("memory_limit", "cpu_limit", "pids_limit", "cpuset", "cpu_shares"):
        assert found[name, ""] is None, name
    assert found["memory_ratio", ""] is None
    assert found["health_command", ""] is None


async def test_a_container_that_does_not_run_tells_no_moving_numbers(lab: Lab) -> None:
    ref = await lab.create()

    assert await lab.values(ref, "memory", "pids", "io", "cpu") == {}
    assert (await lab.values(ref, "state"))["state", ""] == "created"
    assert ("exit_code", "") not in await lab.values(ref, "state")
    with pytest.raises(EngineConflict):
        await lab.reads.processes(ref)
    assert not (await lab.reads.sockets(ref)).visible


async def listed_as(lab: Lab, ref: Ref, state: str) -> bool:
    """The engine's list is a few milliseconds behind what `inspect` tells."""
    return (await lab.row(ref)).state == state


async def test_stop_start_and_restart_move_the_state(lab: Lab) -> None:
    ref = await lab.run()
    first = await lab.reads.world(ref)

    await lab.writes.stop(first.container_id, timeout_s=0)
    await lab.until(lambda: listed_as(lab, ref, "exited"))
    assert (await lab.values(ref, "state"))["exit_code", ""] is not None

    await lab.writes.stop(first.container_id, timeout_s=0)  # stopping twice is no error
    await lab.writes.start(first.container_id)
    await lab.writes.start(first.container_id)
    await lab.until(lambda: listed_as(lab, ref, "running"))

    await lab.writes.restart(first.container_id, timeout_s=0)
    after = await lab.reads.world(ref)
    assert after.digest == first.digest
    assert after.started_at > first.started_at
    assert after.container_id == first.container_id


async def test_a_restart_leaves_its_events_in_order(lab: Lab) -> None:
    ref = await lab.run()
    await asyncio.sleep(0.01)
    began = time.time()

    await lab.writes.restart(lab.made[-1], timeout_s=0)

    async def seen() -> bool:
        rows = await lab.reads.events(since=began, until=time.time() + 1, ref=ref)
        return any(event.action == "restart" for event in rows)

    await lab.until(seen)
    rows = await lab.reads.events(since=began, until=time.time() + 1, ref=ref)
    actions = [event.action for event in rows]
    assert [actions.index(action) for action in ("kill", "die", "start", "restart")] == sorted(
        actions.index(action) for action in ("kill", "die", "start", "restart")
    )
    assert next(event for event in rows if event.action == "die").attributes["exit_code"].isdigit()
    assert next(event for event in rows if event.action == "kill").attributes["signal"]
    assert {event.ref for event in rows} == {ref}


async def test_events_of_others_and_of_other_times_are_left_out(lab: Lab) -> None:
    ref, other = await lab.run(), await lab.create()

    rows = await lab.reads.events(since=time.time() - 60, until=time.time() + 1, ref=other)

    assert {event.ref for event in rows} == {other}
    assert await lab.reads.events(since=0.0, until=1.0, ref=ref) == ()


async def test_pause_and_unpause(lab: Lab) -> None:
    ref = await lab.run()

    await lab.writes.pause(lab.made[-1])
    assert (await lab.row(ref)).state == "paused"
    with pytest.raises(EngineConflict):
        await lab.writes.pause(lab.made[-1])
    await lab.writes.unpause(lab.made[-1])
    assert (await lab.row(ref)).state == "running"
    with pytest.raises(EngineConflict):
        await lab.writes.unpause(lab.made[-1])


async def test_an_update_changes_limits_and_the_world_but_not_the_run(lab: Lab) -> None:
    ref = await lab.run(memory_bytes=32 * MIB)
    before = await lab.reads.world(ref)

    await lab.writes.update(before.container_id, {"Memory": 48 * MIB, "MemorySwap": 96 * MIB, "NanoCpus": 700_000_000})
    await lab.writes.update(before.container_id, {"PidsLimit": 64, "CpuShares": 512})
    await lab.writes.update(before.container_id, {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}})

    found, after = await lab.values(ref, "limits"), await lab.reads.world(ref)
    names = (
        "memory_limit",
        "memory_swap_limit",
        "cpu_limit",
        "pids_limit",
        "cpu_shares",
        "restart_policy",
        "restart_max",
    )
    assert [found[name, ""] for name in names] == [48 * MIB, 96 * MIB, 0.7, 64, 512, "on-failure", 3]
    assert after.digest != before.digest
    assert after.started_at == before.started_at


@pytest.mark.parametrize("changes", [{"Memory": 64 * MIB, "MemorySwap": 48 * MIB}, {"Nonsense": 1}])
async def test_an_impossible_update_is_refused_and_changes_nothing(lab: Lab, changes: dict[str, int]) -> None:
    ref = await lab.run(memory_bytes=32 * MIB)
    before = await lab.reads.world(ref)

    with pytest.raises(EngineConflict):
        await lab.writes.update(before.container_id, changes)

    assert await lab.reads.world(ref) == before


async def test_processes_and_sockets_of_a_running_container(lab: Lab) -> None:
    ref = await lab.run(networks=(await lab.network(),))

    (process,) = await lab.reads.processes(ref)
    sockets = await lab.reads.sockets(ref)

    assert process.name == "httpd"
    assert process.command.startswith("httpd -f -p 8080")
    assert process.started_at > 0
    if sockets.visible:
        (socket,) = sockets.listening
        assert (socket.port, socket.protocol, socket.loopback) == (8080, "tcp", False)
        assert socket.pid in (0, process.pid)


async def test_logs_by_tail_word_level_and_time(lab: Lab) -> None:
    ref = await lab.run()

    async def texts(**query: object) -> list[str]:
        return [line.text for line in (await lab.reads.logs(ref, LogQuery(**query))).lines]  # type: ignore[arg-type]

    everything_ = (await lab.reads.logs(ref, LogQuery())).lines
    assert {line.text for line in everything_} >= {"ready", "ERROR no luck", "job 7 done"}
    assert {line.stream for line in everything_} == {"stdout", "stderr"}
    assert all(line.at and abs(line.at - time.time()) < 60 for line in everything_)
    assert len(await texts(tail=1)) == 1
    assert await texts(grep="luck") == ["ERROR no luck"]
    assert await texts(level="error") == ["ERROR no luck"]
    assert await texts(until=1000.0) == []
    assert await texts(since=time.time() + 60) == []


async def test_followed_logs_begin_with_what_was_said(lab: Lab) -> None:
    ref = await lab.run()
    lines = lab.reads.follow_logs(ref, LogQuery(tail=10))

    seen = [await asyncio.wait_for(anext(lines), 5.0) for _ in range(4)]

    assert {line.text for line in seen} >= {"ready", "ERROR no luck", "job 7 done"}
    await lines.aclose()  # type: ignore[attr-defined]


async def test_followed_events_bring_what_comes(lab: Lab) -> None:
    ref = await lab.create()
    events = lab.reads.follow_events()
    made, seen = lab.made[-1], list[tuple[Ref, str]]()

    async def read() -> None:
        async for event in events:
            seen.append((event.ref, event.action))

    task = asyncio.create_task(read())
    await heard(seen, lab.create)
    await lab.writes.start(made)

    async def started() -> bool:
        return (ref, "start") in seen

    await lab.until(started)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await events.aclose()  # type: ignore[attr-defined]


async def test_counters_only_grow_within_a_run_and_a_restart_is_another(lab: Lab) -> None:
    ref = await lab.run(networks=(await lab.network(),))
    container_id = (await lab.row(ref)).id

    (first,) = await lab.reads.counters([container_id])
    await asyncio.sleep(0.2)
    (second,) = await lab.reads.counters([container_id])
    await lab.writes.restart(container_id, timeout_s=0)
    (third,) = await lab.reads.counters([container_id])

    assert first.container_id == container_id
    assert first.run == second.run != third.run
    assert second.at > first.at
    assert (second.cpu_s or 0.0) >= (first.cpu_s or 0.0)
    assert first.memory_working_set


async def test_all_counters_are_those_of_the_running(lab: Lab) -> None:
    running, created = await lab.run(), await lab.create()
    ids = {row.id: row.ref for row in await lab.reads.containers()}

    found = {ids.get(row.container_id) for row in await lab.reads.counters()}

    assert running in found
    assert created not in found


async def test_names_images_ports_and_running_containers_conflict(lab: Lab) -> None:
    ref = await lab.run(ports=published(18392))
    with pytest.raises(EngineConflict):
        await lab.create(name=ref.name)
    with pytest.raises(EngineConflict):
        await lab.writes.remove((await lab.row(ref)).id)
    await lab.create(ports=published(18392))
    with pytest.raises(EngineConflict):
        await lab.writes.start(lab.made[-1])


async def test_a_removed_container_is_gone_for_reads_and_writes(lab: Lab) -> None:
    ref = await lab.run()
    await lab.writes.remove(lab.made[-1], force=True)

    with pytest.raises(NoSuchContainer):
        await lab.reads.read(ref, ["state"])
    with pytest.raises(NoSuchContainer):
        await lab.reads.logs(ref, LogQuery())
    with pytest.raises(NoSuchContainer):
        await lab.writes.restart(lab.made[-1], timeout_s=0)


async def test_an_unknown_name_is_answered_with_near_ones(lab: Lab) -> None:
    ref = await lab.create(name=f"{PREFIX}-storefront")

    with pytest.raises(NoSuchContainer) as caught:
        await lab.reads.read(Ref(f"{PREFIX}-storefrnt", lab.host), ["state"])

    assert ref.name in caught.value.details["nearest"]
    assert ref.name in caught.value.next


async def test_an_id_is_no_name(lab: Lab) -> None:
    ref = await lab.create()
    container_id = (await lab.row(ref)).id

    with pytest.raises(NoSuchContainer):
        await lab.reads.read(Ref(container_id[:12], lab.host), ["state"])


async def test_networks_and_volumes_are_found_by_their_label(lab: Lab) -> None:
    network = await lab.network()
    label = f"{OURS}project={PREFIX}"

    assert network in await lab.writes.networks(label=label)
    assert network not in await lab.writes.networks(label=f"{OURS}project=other")
    with pytest.raises(EngineConflict):
        await lab.writes.create_network(network, labels={})
    volume = await lab.writes.create_volume(f"{PREFIX}-v", labels={OURS + "project": PREFIX})
    assert volume in await lab.writes.volumes(label=label)
    await lab.writes.remove_volume(volume)
    assert volume not in await lab.writes.volumes(label=label)


async def test_a_network_in_use_stays(lab: Lab) -> None:
    network = await lab.network()
    await lab.run(networks=(network,))

    with pytest.raises(EngineConflict):
        await lab.writes.remove_network(network)


async def test_an_image_that_is_not_there_has_no_labels(lab: Lab) -> None:
    assert await lab.images.image_labels(f"{PREFIX}/nothing:1") is None
    assert await lab.images.image_labels(IMAGE) is not None


async def test_the_host_is_told(lab: Lab) -> None:
    names = {row.name: row.value for row in await lab.reads.host_readings()}
    info = await lab.reads.info()

    assert {"engine", "engine_version", "host_cpus", "host_memory", "containers"} <= set(names)
    assert names["engine"] == "alive"
    assert info.cpus >= 1
    assert info.host == lab.host


async def test_the_status_words_are_the_engines(lab: Lab) -> None:
    ref = await lab.run()
    row: Container = await lab.row(ref)

    assert row.status.startswith("Up ")
    assert row.exit_code is None
    assert row.running
    await lab.writes.stop(row.id, timeout_s=0)
    await lab.until(lambda: listed_as(lab, ref, "exited"))
    row = await lab.row(ref)
    assert row.status.startswith("Exited (")
    assert isinstance(row.exit_code, int)
    assert not row.exposed
    assert not row.ports


async def test_a_dead_engine_raises_and_the_host_still_answers(lab: Lab, tmp_path: object) -> None:
    reads = lab.reads
    if isinstance(reads, type(lab.images)):  # the fake is all three
        reads.fail(EngineError("gone"))  # type: ignore[attr-defined]
    else:
        from ergon_ops.engine.connect import endpoints
        from ergon_ops.engine.reads import open_reads
        from ergon_ops.settings import DockerEnv

        (endpoint,) = endpoints(DockerEnv(docker_host=f"unix://{tmp_path}/nobody.sock"))
        reads = open_reads(endpoint)

    with pytest.raises(EngineError):
        await reads.containers()
    values = {row.name: row.value for row in await reads.host_readings()}
    assert values["engine"] == "gone"
    assert values["host_cpus"]
    await reads.close()


async def test_a_second_one_is_like_the_first_but_for_the_patch_and_takes_its_name(lab: Lab) -> None:
    network = await lab.network()
    ref = await lab.run(environment={"MODE": "one"}, networks=(network,), aliases=("front",), pids=64)
    before = await lab.reads.world(ref)
    assert (await lab.writes.limits(before.container_id))["PidsLimit"] == 64
    assert await lab.writes.obstacles(before.container_id) == ()
    second = await lab.writes.clone(before.container_id, f"{ref.name}-new", {"env": {"EXTRA": "x"}})
    lab.made.append(second)
    standing = await lab.writes.standing(f"{ref.name}-new")
    assert standing is not None
    assert (standing.id, standing.state, standing.active) == (second, "created", False)
    await lab.writes.stop(before.container_id, timeout_s=1)
    await lab.writes.rename(before.container_id, f"{ref.name}-old")
    await lab.writes.rename(second, ref.name)
    await lab.writes.start(second)
    after = await lab.reads.world(ref)
    assert after.container_id == second
    assert after.digest != before.digest
    values = await lab.values(ref, "config", "limits", "networks")
    assert values["env_key", "MODE"] is values["env_key", "EXTRA"] is True
    assert values["pids_limit", ""] == 64
    assert values["alias", f"{network}/front"] == "front"
    assert await lab.writes.standing("nobody-of-that-name") is None


async def test_a_network_more_and_less_leaves_the_world_as_it_was(lab: Lab) -> None:
    ref, network = await lab.run(), await lab.network()
    before = await lab.reads.world(ref)
    await lab.writes.connect(before.container_id, network, aliases=("web",))
    assert (await lab.values(ref, "networks"))["alias", f"{network}/web"] == "web"
    with pytest.raises(ErgonError):
        await lab.writes.connect(before.container_id, network, aliases=())
    await lab.writes.disconnect(before.container_id, network)
    assert (await lab.reads.world(ref)).digest == before.digest
