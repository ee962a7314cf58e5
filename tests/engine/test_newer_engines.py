"""The engine's promises on newer engines, out of the packages of newer Debian releases: what an engine of 20.10 keeps,
those keep too, near (by files) and far (by the API alone)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.wiring import open_assistant
from ergon_ops.engine.line import NEWEST
from ergon_ops.engine.protocols import OURS, Container, EngineEvent, LogLine, LogQuery, PublishedPort
from ergon_ops.errors import EngineConflict, NoSuchContainer
from ergon_ops.events import Event
from ergon_ops.facts import Group
from ergon_ops.messages import Actor, Question
from ergon_ops.refs import Ref
from ergon_ops.settings import DockerEnv, load
from tests.engine import faraway
from tests.engine.real import IMAGE, RealEngine, heard, until
from tests.lab import newer_engines
from tests.lab.newer_engines import Engine, Unavailable

# The first run downloads both engines.
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]
# What an engine of that release speaks at least; one of an old snapshot proves nothing.
API = {"trixie": (1, 45), "sid": (1, 51)}
COUNTED: tuple[Group, ...] = ("memory", "pids", "io", "cpu")
MIB, SECOND = 1024 * 1024, 1_000_000_000
OPERATOR = Actor("terminal", "tester", "balanced", may_approve=True)
CHECK = {"Test": ["CMD-SHELL", "cat /tmp/well"], "Interval": SECOND // 5, "Timeout": 5 * SECOND, "Retries": 1}
SERVE = "echo ready; echo ERROR no luck >&2; trap 'exit 0' TERM; httpd -f -p 8080 -h /tmp & wait"


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


# What Debian's unstable suite holds moves under us: that one is asked for (`make newest`), the other is always run.
MOVING = [pytest.param(suite, marks=pytest.mark.moving if suite == "sid" else ()) for suite in newer_engines.SUITES]


@pytest.fixture(scope="module", params=MOVING)
def newer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    suite = str(request.param)
    try:
        if reason := newer_engines.missing() or ", ".join(f"no {name}" for name in faraway.missing()):
            raise Unavailable(reason)
        with newer_engines.engine(suite, tmp_path_factory.mktemp(f"newer-{suite}")) as found:
            if numbers(found.api_version) < API[suite]:
                raise Unavailable(f"the mirror has an old one, {found.version}")
            yield found
    except Unavailable as error:
        pytest.skip(f"no engine of {suite}: {error}")


@pytest.fixture
async def engine(newer: Engine, tmp_path: Path) -> AsyncIterator[RealEngine]:
    real = RealEngine.at(newer.docker_host)
    if await real.images.image_labels(IMAGE) is None:
        tar = faraway.busybox_tar(tmp_path / "root.tar")
        made = await real.images.import_image(tar, IMAGE, changes=['CMD ["sh"]', "ENV PATH=/bin", "LABEL made=here"])
        assert made.startswith("sha256:")
    yield real
    await real.close()


async def row_of(engine: RealEngine, ref: Ref) -> Container:
    return next(row for row in await engine.reads.containers() if row.ref == ref)


async def becomes(engine: RealEngine, ref: Ref, right: Callable[[Container], bool]) -> Container:
    row = await until(lambda: row_of(engine, ref), right)
    assert right(row), row
    return row


def has_health(word: str, row: Container) -> bool:
    return row.health == word


def values_of(found: Any) -> dict[tuple[str, str], Any]:
    return {(item.name, item.key): item.value for item in found}


async def test_it_is_newer_and_spoken_to_in_its_own_version(engine: RealEngine, newer: Engine) -> None:
    await engine.run()
    info = await engine.reads.info()
    assert numbers(info.api_version) == min(numbers(newer.api_version), NEWEST)
    assert (info.version, info.files_readable, info.host) == (newer.version, True, "local")
    told = values_of(await engine.reads.host_readings())
    assert (told["engine", ""], told["engine_version", ""]) == ("alive", newer.version)
    assert told["containers", "running"] == 1
    assert ("host_disk_used_ratio", info.root_dir) in told
    far = values_of(await engine.remote.host_readings())
    assert (far["engine", ""], far["host_cpus", ""]) == ("alive", info.cpus)


async def test_images_are_imported_built_run_and_removed(engine: RealEngine, tmp_path: Path) -> None:
    assert await engine.images.image_labels(IMAGE) == {"made": "here"}
    recipe = f'FROM {IMAGE}\nARG WHO\nLABEL who=$WHO\nRUN echo "$WHO" > /tmp/who\nCMD ["cat", "/tmp/who"]\n'
    (tmp_path / "Dockerfile").write_text(recipe)
    tag, said = "newer/built:1", list[str]()
    args = {"labels": {"a": "b"}, "build_args": {"WHO": "me"}, "progress": said.append}
    built = await engine.images.build(tmp_path, tag, **args)  # type: ignore[arg-type]
    assert built.startswith("sha256:")
    assert await engine.images.image_labels(tag) == {"made": "here", "who": "me", "a": "b"}
    assert any("RUN echo" in line for line in said)
    ref = await engine.run("exec cat /tmp/who", image=tag)
    logs = await until(lambda: engine.reads.logs(ref, LogQuery()), lambda logs: bool(logs.lines))
    assert [line.text for line in logs.lines] == ["me"]
    assert (await row_of(engine, ref)).image_id == built
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN exit 9\n")
    with pytest.raises(EngineConflict, match="9"):
        await engine.images.build(tmp_path, "newer/failed:1", **args)  # type: ignore[arg-type]
    assert [row.ref for row in await engine.reads.containers()] == [ref]
    await engine.clear()
    await engine.images.remove_image(tag)
    assert await engine.images.image_labels(tag) is None


async def test_the_list_tells_every_state_and_health(engine: RealEngine) -> None:
    well, ill = "touch /tmp/well; sleep 1000", "sleep 1000"
    starting = {**CHECK, "StartPeriod": 600 * SECOND}
    created = await engine.create()
    labels = {"com.docker.compose.project": "shöp", "secret": "x"}
    exited = await engine.run("exit 3", labels=labels)
    restarting = await engine.run("exit 5", restart="always")
    paused = await engine.run()
    checked = {
        word: await engine.run(script, health=check)
        for word, script, check in (("healthy", well, CHECK), ("unhealthy", ill, CHECK), ("starting", ill, starting))
    }
    paused_id = await engine.id_of(paused)
    await engine.writes.pause(paused_id)
    row = await becomes(engine, exited, lambda row: row.state == "exited")
    assert (row.exit_code, row.project, row.labels) == (3, "shöp", {"com.docker.compose.project": "shöp"})
    assert (await becomes(engine, restarting, lambda row: row.state == "restarting")).exit_code == 5
    assert (await becomes(engine, paused, lambda row: row.state == "paused")).running
    assert (await row_of(engine, created)).state == "created"
    await engine.writes.unpause(paused_id)
    assert (await becomes(engine, paused, lambda row: row.state == "running")).health == "none"
    for word, ref in checked.items():
        assert (await becomes(engine, ref, partial(has_health, word))).state == "running"
        assert await engine.value(ref, "health") == word
    assert "No such file" in str(await engine.value(checked["unhealthy"], "health_output"))
    assert await engine.value(checked["unhealthy"], "health_exit_code") == 1
    assert await engine.value(restarting, "restart_count")
    assert await engine.value(exited, "exit_code") == 3


async def test_every_group_is_read_near_and_far(engine: RealEngine) -> None:
    networks, ref = ("newer-a", "newer-b"), Ref("newer-groups")
    for network in networks:
        await engine.writes.create_network(network, labels={OURS + "project": "newer"})
    await engine.writes.create_volume("newer-data", labels={OURS + "project": "newer"})
    try:
        await engine.run(
            SERVE, name=ref.name, networks=networks, aliases=("store",), volumes=("newer-data:/data:ro",),
            ports=(PublishedPort("127.0.0.1", 18431, 8080),), tmpfs={"/t": "size=1m"}, memory_bytes=64 * MIB, cpus=0.5,
            pids=50, restart="on-failure:2", environment={"DB_URL": "postgres://app:hunter2horse@db:5432/x"},
            labels={OURS + "project": "newer"}, init=True,
        )  # fmt: skip
        await _groups_are_told(engine, ref, networks)
        assert (await row_of(engine, ref)).networks == networks
        assert await engine.writes.networks(label=f"{OURS}project=newer") == networks
        assert await engine.writes.volumes(label=f"{OURS}project=newer") == ("newer-data",)
        with pytest.raises(EngineConflict):
            await engine.writes.remove_volume("newer-data")
        with pytest.raises(EngineConflict):
            await engine.writes.remove_network(networks[0])
        with pytest.raises(EngineConflict):
            await engine.writes.create_network(networks[0], labels={})
    finally:
        await engine.clear()
        for network in networks:
            await engine.writes.remove_network(network)
        await engine.writes.remove_volume("newer-data")


async def _groups_are_told(engine: RealEngine, ref: Ref, networks: tuple[str, ...]) -> None:
    inspected: tuple[Group, ...] = ("identity", "state", "limits", "config", "mounts", "networks", "ports")
    near = await engine.reads.read(ref, [*inspected, *COUNTED, "filesystem"])
    far = await engine.remote.read(ref, [*inspected, *COUNTED])
    told = values_of(near)
    wanted = {
        ("memory_limit", ""): 64 * MIB, ("memory_swap_limit", ""): 128 * MIB, ("cpu_limit", ""): 0.5,
        ("pids_limit", ""): 50, ("restart_policy", ""): "on-failure", ("restart_max", ""): 2, ("init", ""): True,
        ("env_key", "DB_URL"): True, ("env_host", "DB_URL"): "db:5432", ("log_driver", ""): "json-file",
        ("mount", "/data"): "volume newer-data", ("mount_writable", "/data"): False, ("mount", "/t"): "tmpfs",
        ("published_port", "127.0.0.1:18431/tcp"): 8080, ("exposed_port", "8080/tcp"): 8080,
        ("state", ""): "running", ("image", ""): IMAGE, ("fs_size", "/t"): MIB, ("health", ""): "none",
        **{("alias", f"{network}/store"): "store" for network in networks},
    }  # fmt: skip
    assert {key: told.get(key) for key in wanted} == wanted
    assert told["network", networks[0]].count(".") == 3
    # Neither the engine's own aliases (the short id) nor any secret is told.
    assert {key for name, key in told if name == "alias"} == {f"{network}/store" for network in networks}
    assert "hunter2horse" not in repr((near, far))
    assert {name for name, _ in values_of(far)} <= {name for name, _ in told}
    missed = {name for name, _ in told.keys() - values_of(far).keys()}
    assert missed <= {
        *("memory_oom_kills", "memory_swap", "memory_unreclaimable", "pids_limit_hits", "resolver"),
        *("fs_size", "fs_used", "fs_used_ratio", "fs_inode_ratio"),
    }
    counted = {"memory_working_set", "memory_ratio", "pids", "network_rx", "network_tx", "cpu_throttled_lifetime"}
    assert counted <= {item.name for item in near if item.source.split(":")[0] in ("cgroup", "proc", "derived")}
    assert counted <= {item.name for item in far if item.source.split(":")[0] in ("api", "derived")}


async def test_counters_of_one_run_agree_by_files_and_by_api(engine: RealEngine) -> None:
    ref, idle = await engine.run("while :; do :; done", cpus=0.2), await engine.create()
    container_id = await engine.id_of(ref)
    await until(lambda: engine.reads.counters([container_id]), lambda found: bool(found and found[0].throttled))
    (before,) = await engine.reads.counters([container_id])
    (far,) = await engine.remote.counters([container_id])
    (after,) = await engine.reads.counters([container_id])
    assert (before.source[:7], far.source) == ("cgroup:", "api:stats")
    assert 0 < (before.cpu_s or 0) <= (far.cpu_s or 0) <= (after.cpu_s or 0)
    assert (before.throttled or 0) <= (far.throttled or 0) <= (after.throttled or 0) > 0
    assert before.at <= far.at <= after.at
    assert far.memory_working_set
    assert (before.network_rx or 0) <= (far.network_rx or 0) <= (after.network_rx or 0)
    assert container_id in {row.container_id for row in await engine.reads.counters()}
    assert [row.container_id for row in await engine.remote.counters()] == [container_id]
    (again,) = await engine.remote.counters([container_id])
    await engine.writes.restart(container_id, timeout_s=0)
    (near_next,) = await engine.reads.counters([container_id])
    (far_next,) = await engine.remote.counters([container_id])
    assert before.run == after.run != near_next.run
    assert far.run == again.run != far_next.run
    assert await engine.reads.read(idle, COUNTED) == await engine.remote.read(idle, COUNTED) == ()


async def test_processes_and_sockets_are_seen_through_the_namespace(engine: RealEngine) -> None:
    ref = await engine.run(SERVE)
    sockets = await until(lambda: engine.reads.sockets(ref), lambda sockets: bool(sockets.listening))
    (socket,) = sockets.listening
    assert (socket.port, socket.protocol, socket.loopback) == (8080, "tcp", False)
    near, far = await engine.reads.processes(ref), await engine.remote.processes(ref)
    assert sorted(process.name for process in near) == ["httpd", "sh"]
    assert [(process.pid, process.name) for process in near] == [(process.pid, process.name) for process in far]
    assert socket.pid == next(process.pid for process in near if process.name == "httpd")
    assert not (await engine.remote.sockets(ref)).visible


async def test_logs_by_tail_word_level_and_time_and_followed_to_their_end(engine: RealEngine) -> None:
    ref = await engine.run("for i in 1 2 3; do echo out $i; echo ERROR err $i >&2; sleep 0.3; done; sleep 1; echo bye")

    async def texts(**query: Any) -> list[str]:
        return [line.text for line in (await engine.reads.logs(ref, LogQuery(**query))).lines]

    logs = await until(lambda: engine.reads.logs(ref, LogQuery()), lambda logs: len(logs.lines) >= 6)
    followed: list[LogLine] = []
    async with asyncio.timeout(30):
        async for line in engine.reads.follow_logs(ref, LogQuery(tail=2)):
            followed.append(line)
    assert sorted(line.text for line in followed) == ["ERROR err 3", "bye", "out 3"]
    assert followed[-1].text == "bye"
    assert [line.text for line in logs.lines if line.stream == "stderr"] == [f"ERROR err {i}" for i in (1, 2, 3)]
    assert await texts(grep="OUT 2") == ["out 2"]
    assert await texts(tail=1) == ["bye"]
    assert await texts(level="error") == [f"ERROR err {i}" for i in (1, 2, 3)]
    second = next(line.at for line in logs.lines if line.text == "out 2")
    assert second
    assert "out 2" not in await texts(since=second + 0.1)
    assert "out 2" not in await texts(until=second - 0.1)
    assert await texts(until=second - 0.1)


async def test_events_are_told_within_their_time_and_as_they_come(engine: RealEngine) -> None:
    began, seen = time.time() - 0.1, list[EngineEvent]()

    async def follow() -> None:
        async for event in engine.reads.follow_events():
            seen.append(event)

    async def actions() -> list[str]:
        # How often its health was checked within its time is the engine's affair.
        return list(dict.fromkeys(event.action for event in seen if event.ref == ref))

    following = asyncio.create_task(follow())
    await heard(seen, engine.create)
    ref = await engine.run("sleep 2; exit 4", health={**CHECK, "Test": ["CMD", "true"]})
    wanted = ["create", "start", "health_status", "die"]
    await until(actions, lambda told: told == wanted)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    async with asyncio.timeout(30):
        past = await engine.reads.events(since=began, until=time.time() + 3600, ref=ref)
    assert [event for event in seen if event.ref == ref] == list(past)
    told = {event.action: event for event in past}
    assert list(told) == wanted
    # On a machine that is busy enough even `true` is late.
    assert told["health_status"].attributes["health"] in ("healthy", "unhealthy")
    assert told["die"].attributes["exit_code"] == "4"
    assert await engine.reads.events(since=began - 60, until=began, ref=ref) == ()
    reach = await engine.reads.events_reach()
    assert reach is not None
    assert reach <= past[0].at


async def test_the_world_stays_over_a_restart_and_moves_with_an_update(engine: RealEngine) -> None:
    ref = await engine.run(memory_bytes=32 * MIB, tmpfs={"/t": ""}, environment={"A": "1"}, health=CHECK, init=True)
    first = await engine.reads.world(ref)
    await engine.writes.restart(first.container_id, timeout_s=0)
    again = await engine.reads.world(ref)
    await engine.writes.stop(first.container_id, timeout_s=0)
    stopped = await engine.reads.world(ref)
    assert first.digest == again.digest == stopped.digest
    assert again.started_at > first.started_at
    await engine.writes.start(first.container_id)
    limits = {"Memory": 48 * MIB, "MemorySwap": 96 * MIB, "NanoCpus": SECOND // 4, "PidsLimit": 77, "CpuShares": 512}
    policy = {"Name": "on-failure", "MaximumRetryCount": 2}
    await engine.writes.update(first.container_id, {**limits, "RestartPolicy": policy})
    assert (await engine.reads.world(ref)).digest != first.digest
    told = values_of(await engine.reads.read(ref, ["limits"]))
    names = ("memory_limit", "memory_swap_limit", "cpu_limit", "pids_limit", "cpu_shares", "restart_policy")
    assert [told[name, ""] for name in names] == [48 * MIB, 96 * MIB, 0.25, 77, 512, "on-failure"]
    assert values_of(await engine.reads.read(ref, ["memory"]))["memory_limit", ""] == 48 * MIB
    await engine.writes.update(first.container_id, {"PidsLimit": None})
    assert await engine.value(ref, "pids_limit") is None


async def test_what_cannot_be_is_refused_in_our_words(engine: RealEngine) -> None:
    ref = await engine.run(memory_bytes=32 * MIB, ports=(PublishedPort("127.0.0.1", 18432, 80),))
    container_id = await engine.id_of(ref)
    rival = await engine.create(ports=(PublishedPort("127.0.0.1", 18432, 80),))
    with pytest.raises(EngineConflict) as caught:
        await engine.writes.start(await engine.id_of(rival))
    assert "port" in caught.value.next
    assert "already allocated" in str(await engine.value(rival, "start_error"))
    with pytest.raises(EngineConflict):
        await engine.create(name=ref.name)
    with pytest.raises(EngineConflict) as caught:
        await engine.create(image="newer/none:1")
    assert "pull or build" in caught.value.next
    with pytest.raises(EngineConflict):
        await engine.writes.update(container_id, {"Memory": 512 * MIB})
    with pytest.raises(EngineConflict):
        await engine.writes.remove(container_id)
    with pytest.raises(EngineConflict):
        await engine.reads.processes(rival)
    with pytest.raises(NoSuchContainer):
        await engine.reads.read(replace(ref, name=container_id[:12]), ["state"])
    await engine.writes.remove(container_id, force=True)
    with pytest.raises(NoSuchContainer) as unknown:
        await engine.reads.logs(ref, LogQuery())
    assert rival.name in unknown.value.details["nearest"]
    with pytest.raises(NoSuchContainer):
        await engine.writes.restart(container_id, timeout_s=0)


# -- the whole house -------------------------------------------------------------------------------------------------


@pytest.fixture
async def assistant(newer: Engine, tmp_path: Path) -> AsyncIterator[LocalAssistant]:
    docker = DockerEnv(docker_host=newer.docker_host, config_dir=tmp_path / "docker")
    settings = load(environ={"HOME": str(tmp_path)}, cwd=tmp_path)
    opened = open_assistant(replace(settings, state_dir=tmp_path / "state", docker=docker))
    yield opened
    await opened.close()


async def asked(assistant: LocalAssistant, text: str, *names: str) -> list[Event]:
    return [event async for event in assistant.ask(Question(text, OPERATOR, names=names))]


async def test_a_question_is_answered_from_facts(engine: RealEngine, assistant: LocalAssistant) -> None:
    ref = await engine.run("touch /tmp/well; " + SERVE, health=CHECK, memory_bytes=64 * MIB)
    await until(lambda: engine.value(ref, "health"), lambda health: health == "healthy")
    answer = (await asked(assistant, "what's your status?", ref.name))[-1]
    assert answer.type == "answer", answer.data
    said = str(answer.data["answer"])
    assert said.startswith("Running "), said
    assert "(port 8080)" in said
    assert "Memory at " in said
    assert "all services healthy" in said
    assert all(call["ok"] for call in answer.data["tool_calls"]), answer.data["tool_calls"]
    told = {fact["name"]: fact["value"] for fact in answer.data["facts"]}
    assert (told["memory_limit"], told["health"]) == (64 * MIB, "healthy")
    logs = (await asked(assistant, "any errors in your logs?", ref.name))[-1]
    assert "no luck" in str(logs.data["answer"])


async def test_a_restart_is_proposed_approved_watched_and_journaled(
    engine: RealEngine, assistant: LocalAssistant
) -> None:
    ref = await engine.run("touch /tmp/well; " + SERVE, health=CHECK)
    before = await engine.reads.world(ref)
    events = await asked(assistant, "restart yourself", ref.name)
    (proposal,) = [event.data for event in events if event.type == "proposal"]
    assert (await engine.reads.world(ref)) == before  # nothing runs until a person approves
    steps = [event async for event in assistant.approve(str(proposal["id"]), actor=OPERATOR)]
    assert (steps[-1].type, steps[-1].data.get("state")) == ("answer", "kept"), steps[-1].data
    assert "running, healthy" in str(steps[-1].data["text"])
    after = await engine.reads.world(ref)
    assert after.started_at > before.started_at
    assert after.digest == before.digest
    journal = await assistant.journal(verify=True)
    assert journal["problems"] == []
    assert [row["step"] for row in journal["rows"]] == ["proposed", "preparing", "applying", "verifying", "kept"]
