"""Every kind on the fake: done, kept, rolled back to exactly what was; and what is refused before anything is done."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.changes.kinds import KINDS
from ergon_ops.engine.fake import FakeContainer
from ergon_ops.errors import PolicyRefused, UsageError
from ergon_ops.policy import KINDS as KNOWN
from ergon_ops.settings import Policy

from .conftest import WEB, Lab

MIB = 1024 * 1024
PATCH = {"patch": {"env": {"MODE": "fast", "OLD": None}, "init": True, "shm_size": 128 * MIB, "user": "1000:1000"}}
CHANGES: dict[str, dict[str, Any]] = {
    "set_memory_limit": {"memory_bytes": 256 * MIB},
    "set_cpu_limit": {"nano_cpus": 1_500_000_000},
    "set_cpu_shares": {"shares": 512},
    "set_pids_limit": {"pids": 64},
    "set_restart_policy": {"name": "on-failure", "max_retries": 3},
    "stop": {"timeout_s": 1},
    "pause": {},
    "connect_network": {"network": "back", "aliases": ["web", "front"]},
    "app_setting": {"service": "redis", "setting": "maxmemory", "value": 50_000_000, "persist": False},
    "recreate": PATCH,
}


@pytest.fixture
def equipped(lab: Lab) -> Lab:
    """A container with limits of its own, a network to join and a redis inside."""
    web = lab.web
    web.memory_limit, web.memory_swap_limit, web.cpu_limit, web.cpu_shares = 128 * MIB, 256 * MIB, 0.5, 1024
    web.settings["redis", "maxmemory"] = "0"
    web.network_mode = "bridge"
    lab.engine.known_networks["back"] = {}
    return lab


def test_every_kind_of_the_policy_is_known_here() -> None:
    assert tuple(KINDS) == KNOWN


@pytest.mark.parametrize("kind", CHANGES)
async def test_a_change_is_kept_and_its_rollback_is_exact(equipped: Lab, kind: str) -> None:
    lab = equipped
    before, state, settings = await lab.digest(), lab.web.state, dict(lab.web.settings)
    answer = await lab.do(kind, CHANGES[kind])
    assert (answer["state"], answer["exit"]) == ("kept", 0), answer["text"]
    changed = lab.engine.inventory["web"]
    moved = await lab.digest() != before or changed.state != state or changed.settings != settings
    assert moved
    back = await lab.undo(answer["change"])
    assert (back["state"], back["exit"], back["exact"]) == ("rolled_back", 0, True), back["text"]
    now = lab.engine.inventory["web"]
    assert (await lab.digest(), now.state, now.settings) == (before, state, settings)
    assert now.id == lab.web.id
    assert list(lab.engine.inventory) == ["web"]
    assert lab.store.changes.in_flight() == ()
    assert lab.store.journal.verify() == []
    assert lab.steps()[-1] == "rolled_back"


@pytest.mark.parametrize(
    ("kind", "wanted", "state"), [("start", "running", "exited"), ("unpause", "running", "paused")]
)
async def test_what_does_not_run_is_started_and_stopped_again(lab: Lab, kind: str, wanted: str, state: str) -> None:
    lab.web.state = state
    lab.web.health_after_s = 0.0
    answer = await lab.do(kind, {})
    assert (answer["state"], lab.web.state) == ("kept", wanted), answer["text"]
    assert (await lab.undo(answer["change"]))["state"] == "rolled_back"
    assert lab.web.state == state


async def test_a_limit_that_was_not_there_is_taken_away_by_making_it_anew_and_that_is_said_before(lab: Lab) -> None:
    before = await lab.digest()
    for kind in ("set_memory_limit", "set_cpu_limit", "set_cpu_shares"):
        proposal = await lab.wish(kind, CHANGES[kind])
        assert proposal.intent.reversibility == "recreate"
        answer = (await lab.approve(proposal.id))[-1][1]
        assert answer["state"] == "kept"
        back = await lab.undo(answer["change"])
        assert (back["state"], back["exact"]) == ("rolled_back", True)
        assert await lab.digest() == before
        assert list(lab.engine.inventory) == ["web"]
    proposal = await lab.wish("set_cpu_shares", {"shares": 300})
    lab.engine.inventory["web"].auto_remove = True
    with pytest.raises(PolicyRefused, match="could not take this limit away again"):
        await lab.approve(proposal.id)
    with pytest.raises(PolicyRefused, match="was started with --rm"):
        await lab.wish("set_cpu_shares", {"shares": 400})


@pytest.mark.parametrize(
    ("swap", "given", "wanted"),
    [
        (256 * MIB, None, 512 * MIB),  # twice, as the engine sets it by itself
        (128 * MIB, None, 256 * MIB),  # no swap before, none after
        (-1, None, -1),
        (160 * MIB, None, 288 * MIB),  # 32 MiB of swap stay
        (256 * MIB, 300 * MIB, 300 * MIB),
    ],
)
async def test_the_swap_beside_a_memory_limit_follows_it(lab: Lab, swap: int, given: int | None, wanted: int) -> None:
    lab.web.memory_limit, lab.web.memory_swap_limit = 128 * MIB, swap
    arguments = {"memory_bytes": 256 * MIB, **({} if given is None else {"memory_swap_bytes": given})}
    proposal = await lab.wish("set_memory_limit", arguments)
    assert proposal.intent.arguments["memory_swap_bytes"] == wanted
    assert (await lab.approve(proposal.id))[-1][1]["state"] == "kept"
    assert (lab.web.memory_limit, lab.web.memory_swap_limit) == (256 * MIB, wanted)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("set_memory_limit", {}, "needs 'memory_bytes'"),
    ("set_memory_limit", {"memory_bytes": 1000}, "memory_bytes = 1000 is out of range"),
    ("set_memory_limit", {"memory_bytes": "256m"}, "memory_bytes = '256m'"),
    ("set_memory_limit", {"memory_bytes": 64 * MIB, "memory_swap_bytes": 32 * MIB}, "below memory_bytes"),
    ("set_cpu_limit", {"nano_cpus": 0}, "nano_cpus = 0"),
    ("set_cpu_limit", {"nano_cpus": 3_000_000_000}, "has 2 CPUs"),
    ("set_cpu_shares", {"shares": 1}, "shares = 1"),
    ("set_pids_limit", {"pids": 0}, "pids = 0"),
    ("set_restart_policy", {"name": "sometimes"}, "name = 'sometimes'"),
    ("set_restart_policy", {"name": "always", "max_retries": 3}, "goes with on-failure"),
    ("start", {"now": True}, "start has no argument 'now'"),
    ("connect_network", {"network": "a b"}, "network = 'a b'"),
    ("connect_network", {"network": "back", "aliases": "web"}, "aliases = 'web'"),
    ("app_setting", {"service": "redis", "setting": "requirepass", "value": "x"}, "is no setting of 'redis'"),
    ("app_setting", {"service": "mysql", "setting": "x", "value": "x"}, "is no setting of 'mysql'"),
    ("app_setting", {"service": "redis", "setting": "maxmemory", "value": "1mb; rm"}, "is no value of maxmemory"),
    ("app_setting", {"service": "postgres", "setting": "work_mem", "value": "4MB'; DROP"}, "is no value of work_mem"),
    ("recreate", {}, "needs 'patch'"),
    ("recreate", {"patch": {}}, "patch is empty"),
    ("recreate", {"patch": {"privileged": True}}, "has no 'privileged'"),
    ("recreate", {"patch": {"env": {"A B": "x"}}}, "a variable's name"),
    ("recreate", {"patch": {"env": {"DB_PASSWORD": "hunter2horse"}}}, "looks like a secret"),
    ("recreate", {"patch": {"command": ["run", "--password=hunter2horse"]}}, "looks like a secret"),
    ("recreate", {"patch": {"command": "run"}}, "command = 'run'"),
    ("recreate", {"patch": {"mounts": [{"target": "/x", "type": "bind", "source": "x"}]}}, "does not fit its type"),
    ("recreate", {"patch": {"mounts": [{"target": "x", "type": "tmpfs"}]}}, "target = 'x'"),
    ("recreate", {"patch": {"ports": [{"container": 80}]}}, "needs 'host'"),
    ("recreate", {"patch": {"healthcheck": {"interval_s": 3}}}, "needs 'test'"),
    ("recreate", {"patch": {"log": {"driver": "gelf"}}}, "driver = 'gelf'"),
    ("rebuild_advice", {"text": ""}, "text = ''"),
]


@pytest.mark.parametrize(("kind", "arguments", "said"), WRONG)
async def test_wrong_arguments_are_said_in_one_line_with_what_would_be_right(
    lab: Lab, kind: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await lab.wish(kind, arguments)
    assert said in str(caught.value)
    assert caught.value.next
    assert "\n" not in str(caught.value)
    assert await lab.changes.list() == ()


@pytest.mark.parametrize("kind", ["rebuild_advice", "host_advice"])
async def test_advice_is_never_applied(lab: Lab, kind: str) -> None:
    proposal = await lab.wish(kind, {"text": "FROM python:3.12-slim"})
    calls = list(lab.engine.calls)
    with pytest.raises(PolicyRefused, match="advice") as caught:
        await lab.approve(proposal.id)
    assert caught.value.next == "FROM python:3.12-slim"
    assert lab.engine.calls == calls
    assert (await lab.changes.get(proposal.id)).state == "open"


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "set_memory_limit",
        {"memory_bytes": 100 * MIB},
        {"memory_limit": 200 * MIB, "working_set": 90 * MIB},
        "uses 90 MiB",
    ),
    ("set_pids_limit", {"pids": 1}, {}, "processes and threads"),
    ("set_cpu_limit", {"nano_cpus": 500_000_000}, {"cpu_limit": 0.5}, "already"),
    ("start", {}, {}, "is running"),
    ("unpause", {}, {}, "is running"),
    ("stop", {}, {"state": "exited"}, "is exited"),
    ("connect_network", {"network": "back"}, {"network_mode": "host"}, "network mode host"),
    ("app_setting", {"service": "redis", "setting": "maxmemory", "value": 5}, {}, "already"),
    ("recreate", PATCH, {"auto_remove": True}, "--rm"),
    ("recreate", PATCH, {"state": "paused"}, "unpause it first"),
]


@pytest.mark.parametrize(("kind", "arguments", "world", "said"), REFUSED)
async def test_what_cannot_be_done_is_refused_before_anything_is_done(
    equipped: Lab, kind: str, arguments: dict[str, Any], world: dict[str, Any], said: str
) -> None:
    lab = equipped
    lab.web.settings["redis", "maxmemory"] = "5"
    lab.web.run("a")
    lab.web.run("b")
    for name, value in world.items():
        setattr(lab.web, name, value)
    before = await lab.digest()
    with pytest.raises(PolicyRefused, match=said):
        await lab.do(kind, arguments)
    assert await lab.digest() == before
    assert lab.steps()[-1:] in (["failed"], [])  # tried after an approval, or not even proposed
    assert bool(lab.steps()) is (said != "--rm")
    assert not {"update", "clone", "rename", "stop", "connect", "write_setting"} & set(lab.engine.calls)


async def test_a_container_whose_namespace_others_share_is_not_made_anew(lab: Lab) -> None:
    lab.engine.add(FakeContainer("sidecar", network_mode=f"container:{lab.web.id}"))
    with pytest.raises(PolicyRefused, match="lends its network namespace to sidecar"):
        await lab.do("recreate", PATCH)
    assert sorted(lab.engine.inventory) == ["sidecar", "web"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not KINDS[kind].advice])
async def test_a_swarm_task_is_refused_with_the_service_command(equipped: Lab, kind: str) -> None:
    equipped.web.labels |= {"com.docker.swarm.task": "t", "com.docker.swarm.service.name": "shop_web"}
    arguments = CHANGES.get(kind, {})
    with pytest.raises(PolicyRefused, match="task of the swarm service shop_web") as caught:
        await equipped.wish(kind, arguments)
    assert "docker service" in caught.value.next
    assert "shop_web" in caught.value.next


@pytest.mark.parametrize("kind", KINDS)
async def test_denied_by_policy_is_denied_for_every_kind_also_after_the_proposal(equipped: Lab, kind: str) -> None:
    lab = equipped
    arguments = {"text": "x"} if KINDS[kind].advice else CHANGES.get(kind, {})
    if kind in ("start", "unpause"):
        lab.web.state = "exited" if kind == "start" else "paused"
    proposal = await lab.wish(kind, arguments)
    lab.rules = Policy(deny=(f"{kind}:local/web",), autonomous=(f"{kind}:*/web",))
    with pytest.raises(PolicyRefused):
        await lab.approve(proposal.id)
    with pytest.raises(PolicyRefused, match="denied by policy"):
        await lab.wish(kind, arguments)
    assert lab.store.changes.list() == ()


@pytest.mark.parametrize("kind", KINDS)
async def test_the_capability_of_each_kind(equipped: Lab, kind: str) -> None:
    from ergon_ops.proposals import Intent

    arguments = {"text": "x"} if KINDS[kind].advice else CHANGES.get(kind, {})
    wanted = "restart" if kind in ("restart", "start", "stop", "pause", "unpause") else "optimize"
    other = {"restart": "optimize", "optimize": "restart"}[wanted]
    with pytest.raises(PolicyRefused, match=f"does not grant '{wanted}'"):
        await equipped.changes.propose([Intent(WEB, kind, arguments, "", ())], granted={WEB: (other,)})
    assert await equipped.changes.propose([Intent(WEB, kind, arguments, "", ())], granted={WEB: (wanted,)})
