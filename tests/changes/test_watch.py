"""What is watched for: promises over fresh readings, and whatever gets worse; on a clock that moves only by waiting."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.errors import EngineConflict, PolicyRefused
from ergon_ops.messages import Actor
from ergon_ops.proposals import Expect
from ergon_ops.settings import Policy

from .conftest import WEB, Lab

MIB = 1024 * 1024
RAISE = {"nano_cpus": 1_000_000_000}
DAEMON = Actor("daemon", "policy", "autonomous")


@pytest.fixture
def busy(lab: Lab) -> Lab:
    """It wants 0.8 cores, has half of one, and is throttled."""
    lab.web.cpu_limit, lab.web.cpu_cores, lab.web.throttled_ratio = 0.5, 0.8, 0.6
    lab.web.memory_limit, lab.web.memory_swap_limit = 64 * MIB, 128 * MIB
    return lab


def later(lab: Lab, after_s: float, act: Any) -> None:
    """`act` happens while somebody waits, so many seconds from now."""
    at, sleep, left = lab.time.now + after_s, lab.time.sleep, [act]

    async def sleeping(seconds: float) -> None:
        await sleep(seconds)
        if left and lab.time.now >= at:
            left.pop()()

    lab.time.sleep = sleeping  # type: ignore[method-assign]


async def test_a_promise_that_holds_is_measured_after_the_change_alone(busy: Lab) -> None:
    expect = Expect("cpu_throttled_ratio", "", "<", 0.1, 20)
    answer = await busy.do("set_cpu_limit", RAISE, expect=expect)
    assert (answer["state"], answer["expect"]["met"], answer["expect"]["found"]) == ("kept", True, 0.0)
    rows = {row["name"]: row for row in answer["compare"]}
    assert rows["cpu_throttled_ratio"]["before"] > 0.5
    assert rows["cpu_throttled_ratio"]["after"] == 0
    assert (rows["cpu_limit"]["before"], rows["cpu_limit"]["after"]) == (0.5, 1.0)


async def test_what_was_promised_and_does_not_show_is_rolled_back(busy: Lab) -> None:
    before = await busy.digest()
    expect = Expect("cpu_usage", "", ">", 5, 10)
    answer = await busy.do("set_cpu_limit", RAISE, expect=expect)
    assert (answer["state"], answer["exit"], answer["exact"]) == ("rolled_back", 6, True)
    assert "cpu_usage > 5" in answer["text"]
    assert await busy.digest() == before


async def test_what_cannot_be_measured_is_kept_and_said(busy: Lab) -> None:
    answer = await busy.do("set_cpu_limit", RAISE, expect=Expect("fs_used_ratio", "/nowhere", "<", 0.5, 10))
    assert (answer["state"], answer["expect"]["met"]) == ("kept", None)
    assert "could not be measured" in answer["text"]


@pytest.mark.parametrize(("clients", "state"), [(12, "kept"), (90, "rolled_back")])
async def test_what_a_service_says_of_itself_is_asked_for_again(busy: Lab, clients: int, state: str) -> None:
    busy.web.run("redis-server", "redis-server *:6379", ports=(6379,))
    busy.web.probed = {("redis_clients", ""): 60}

    def answers() -> None:
        busy.web.probed = {("redis_clients", ""): clients}

    later(busy, 3.0, answers)
    answer = await busy.do("set_cpu_limit", RAISE, expect=Expect("redis_clients", "", "<", 80, 10))
    assert (answer["state"], answer["expect"]["found"]) == (state, clients)


def dies(lab: Lab) -> None:
    lab.engine.end(lab.web, exit_code=9)


def is_killed_for_memory(lab: Lab) -> None:
    lab.web.memory_oom_kills += 1


def becomes_unhealthy(lab: Lab) -> None:
    lab.engine.set_health("web", "unhealthy")


def fills(lab: Lab) -> None:
    lab.web.working_set = 63 * MIB


WORSE = [
    (dies, (), "exited with code 9"),
    (is_killed_for_memory, (), "killed for its memory"),
    (becomes_unhealthy, (), "became unhealthy"),
    (fills, (Expect("memory_ratio", "", "<", 0.9, 10),), "does not hold memory_ratio < 0.9"),
]


@pytest.mark.parametrize(("act", "guards", "said"), WORSE)
async def test_what_gets_worse_is_rolled_back_at_once(busy: Lab, act: Any, guards: Any, said: str) -> None:
    before = await busy.digest()
    later(busy, 12, lambda: act(busy))
    answer = await busy.do("set_pids_limit", {"pids": 99}, guards=guards)
    assert (answer["state"], answer["exit"]) == ("rolled_back", 6), answer["text"]
    assert said in answer["text"]
    assert await busy.digest() == before
    assert busy.web.state == "running"  # what ran before runs again
    assert busy.steps()[-2:] == ["rolling_back", "rolled_back"]


async def test_a_memory_limit_is_watched_for_a_minute_and_what_was_its_way_before_is_not_worse(busy: Lab) -> None:
    later(busy, 45, lambda: is_killed_for_memory(busy))
    answer = await busy.do("set_memory_limit", {"memory_bytes": 32 * MIB})
    assert answer["state"] == "rolled_back"
    later(busy, 10, lambda: is_killed_for_memory(busy))
    answer = await busy.do("set_pids_limit", {"pids": 99})  # one that was killed for memory before, too
    assert answer["state"] == "kept"


async def test_the_watch_lasts_as_long_as_its_health_and_its_promises(busy: Lab) -> None:
    busy.web.health_command, busy.web.health_interval_s = "true", 40.0
    for promise, least in ((None, 120.0), (Expect("pids", "", "<", 1000, 200), 200.0)):
        began = busy.time.now
        kind = {"pids": 99} if promise is None else {"pids": 98}
        assert (await busy.do("set_pids_limit", kind, expect=promise))["state"] == "kept"
        assert busy.time.now - began >= least


async def test_a_healthcheck_that_comes_with_the_change_is_watched_until_it_has_decided(lab: Lab) -> None:
    began = lab.time.now
    check = {"test": ["CMD", "true"], "interval_s": 30.0, "timeout_s": 30.0, "retries": 3, "start_period_s": 0.0}
    assert (await lab.do("recreate", {"patch": {"healthcheck": check}}))["state"] == "kept"
    assert lab.time.now - began >= 3 * 60


async def test_a_start_that_may_take_a_quarter_of_an_hour_is_not_taken_back_before(lab: Lab) -> None:
    lab.web.health_command, lab.web.health, lab.web.health_interval_s = "true", "healthy", 300.0
    lab.web.health_after_s = 700.0
    assert (await lab.do("recreate", {"patch": {"init": True}}))["state"] == "kept"


async def test_a_rollback_that_the_engine_refuses_is_said_and_tried_again(busy: Lab) -> None:
    before = await busy.digest()
    answer = await busy.do("set_pids_limit", {"pids": 99})
    real = busy.engine.update

    async def refuse(*_: Any) -> None:
        raise EngineConflict("not now")

    busy.engine.update = refuse  # type: ignore[assignment]
    failed = await busy.undo(answer["change"])
    assert (failed["state"], failed["exit"]) == ("unverified", 1)
    assert f"ergon-ops rollback {answer['change']}" in failed["text"]
    busy.engine.update = real  # type: ignore[method-assign]
    assert (await busy.undo(answer["change"]))["exact"] is True
    assert await busy.digest() == before


async def test_there_is_nothing_to_undo_twice_or_after_somebody_else(busy: Lab) -> None:
    first = await busy.do("set_pids_limit", {"pids": 99})
    second = await busy.do("set_pids_limit", {"pids": 50})
    with pytest.raises(PolicyRefused, match="is not any more as") as caught:
        await busy.undo(first["change"])
    assert second["change"] in caught.value.next
    assert (await busy.undo(second["change"]))["state"] == "rolled_back"
    assert (await busy.undo(first["change"]))["state"] == "rolled_back"
    with pytest.raises(PolicyRefused, match="nothing to undo"):
        await busy.undo(first["change"])


async def test_a_change_that_somebody_undid_by_making_it_anew_is_lost_once_in_the_journal(busy: Lab) -> None:
    from ergon_ops.engine.fake import FakeContainer

    answer = await busy.do("set_pids_limit", {"pids": 99})
    busy.engine.drop("web")
    busy.engine.add(FakeContainer("web", image="nginx:1.25"))
    assert [row.change.id for row in await busy.changes.aftermath.look_everywhere()] == [answer["change"]]
    assert await busy.changes.aftermath.look_everywhere() == ()
    assert busy.steps()[-1] == "lost"
    with pytest.raises(PolicyRefused, match="is lost"):
        await busy.undo(answer["change"])


async def test_the_former_container_is_kept_for_a_day_and_then_removed(busy: Lab) -> None:
    answer = await busy.do("recreate", {"patch": {"init": True}})
    (kept,) = [name for name in busy.engine.inventory if name.startswith("web-before-")]
    await busy.recover()
    assert kept in busy.engine.inventory
    busy.time.now += 25 * 3600
    await busy.recover()
    assert list(busy.engine.inventory) == ["web"]
    assert busy.steps()[-1] == "removed"
    with pytest.raises(PolicyRefused, match="was removed"):
        await busy.undo(answer["change"])


async def autonomously(lab: Lab, kind: str, arguments: dict[str, Any], actor: Actor = DAEMON) -> str:
    proposal = await lab.wish(kind, arguments)
    told = [item async for item in lab.changes.apply_autonomously(proposal.id, actor=actor)]
    return str(told[-1][1]["state"])


async def test_without_a_person_only_what_policy_allows_in_place_and_seldom(busy: Lab) -> None:
    with pytest.raises(PolicyRefused, match="no policy allows it"):
        await autonomously(busy, "set_pids_limit", {"pids": 99})
    busy.rules = Policy(autonomous=("set_pids_limit:*/web", "restart:*", "recreate:*", "set_cpu_shares:*"))
    with pytest.raises(PolicyRefused, match="the mode is balanced"):
        await autonomously(busy, "set_pids_limit", {"pids": 99}, Actor("daemon", "policy", "balanced"))
    for kind, arguments in (
        ("restart", {}),
        ("recreate", {"patch": {"init": True}}),
        ("set_cpu_shares", {"shares": 9}),
    ):
        with pytest.raises(PolicyRefused, match="cannot be undone in place"):
            await autonomously(busy, kind, arguments)
    assert await autonomously(busy, "set_pids_limit", {"pids": 99}) == "kept"
    with pytest.raises(PolicyRefused, match="minutes ago"):
        await autonomously(busy, "set_pids_limit", {"pids": 98})
    busy.time.now += 16 * 60
    later(busy, 12, lambda: dies(busy))
    assert await autonomously(busy, "set_pids_limit", {"pids": 97}) == "rolled_back"
    busy.time.now += 16 * 60
    with pytest.raises(PolicyRefused, match="had to be rolled back"):
        await autonomously(busy, "set_pids_limit", {"pids": 96})
    busy.rules = Policy(deny=("*:local/web",), autonomous=("set_pids_limit:*/web",))
    with pytest.raises(PolicyRefused, match="denied by policy"):
        await autonomously(busy, "set_pids_limit", {"pids": 95})


async def test_the_owner_and_what_to_edit_are_told_with_the_proposal(busy: Lab) -> None:
    compose = "com.docker.compose."
    labels = {f"{compose}service": "worker", f"{compose}project": "shop", f"{compose}project.working_dir": "/srv/shop"}
    plain = await busy.wish("set_cpu_limit", RAISE)
    assert (plain.owner, "docker run --cpus 1" in plain.durable_edit) == ("none", True)
    busy.web.labels = {**labels, f"{compose}project.config_files": "/srv/shop/compose.yaml"}
    owned = await busy.wish("set_cpu_limit", RAISE)
    assert owned.owner == "compose"
    assert owned.durable_edit == "services.worker: cpus: 1 in /srv/shop/compose.yaml"
    busy.web.labels = {"io.ergon-ops.manifest": "0" * 64, "io.ergon-ops.container": "worker"}
    ours = await busy.wish("set_memory_limit", {"memory_bytes": 128 * MIB})
    assert ours.owner == "ergon-ops"
    assert ours.durable_edit.startswith('containers.worker: "resources": {"memory": "134217728"}')
    assert ours.intent.target == WEB
