from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ergon_ops.engine.fake import FakeContainer
from ergon_ops.errors import EngineNotRunning, EngineTimeout, NoSuchContainer, PolicyRefused, StoreError, UsageError
from ergon_ops.messages import Message, Text
from ergon_ops.settings import Policy
from ergon_ops.store import Store

from .conftest import OPERATOR, PIPE, Lab, restart

KEPT = ["proposed", "preparing", "applying", "verifying", "kept"]


async def test_an_approved_restart_is_journaled_before_each_step_watched_and_kept(lab: Lab) -> None:
    proposal = await lab.propose(timeout_s=3)
    lab.web.health_after_s = 4.0
    told = await lab.approve(proposal.id)
    assert [kind for kind, _ in told][-1] == "answer"
    assert {kind for kind, _ in told[:-1]} == {"change"}
    answer = told[-1][1]
    assert (answer["state"], answer["exit"]) == ("kept", 0)
    assert "Restarted web: running, healthy" in answer["text"]
    assert any("health: starting" in data["text"] for _, data in told)
    rows = {row["name"]: (row["before"], row["after"]) for row in answer["compare"]}
    assert rows["state"] == ("running", "running")
    assert rows["started_at"][0] < rows["started_at"][1]
    assert set(rows) >= {"state", "health", "started_at", "restart_count", "memory_working_set", "pids"}
    assert lab.steps() == KEPT
    assert lab.restarts() == 1
    assert lab.store.journal.verify() == []
    assert (await lab.changes.get(proposal.id)).state == "applied"
    assert lab.store.changes.in_flight() == ()


async def test_an_approval_is_used_once(lab: Lab) -> None:
    proposal = await lab.propose()
    await lab.approve(proposal.id)
    with pytest.raises(PolicyRefused, match="used once"):
        await lab.approve(proposal.id)
    assert lab.restarts() == 1


async def test_two_approvals_at_once_restart_once(lab: Lab) -> None:
    proposal = await lab.propose()
    results = await asyncio.gather(*(lab.approve(proposal.id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(result, PolicyRefused) for result in results) == 3
    assert lab.restarts() == 1


async def test_one_change_per_container_is_in_flight(lab: Lab) -> None:
    first, second = await lab.propose(timeout_s=1), await lab.propose(timeout_s=2)
    running = lab.changes.approve(first.id, actor=OPERATOR)
    await anext(running)
    with pytest.raises(PolicyRefused, match="another change of web is on its way"):
        await lab.approve(second.id)
    assert [kind async for kind, _ in running][-1] == "answer"
    assert lab.restarts() == 1
    with pytest.raises(PolicyRefused, match="was restarted"):
        await lab.approve(second.id)


async def test_an_expired_proposal_is_refused_with_the_next_step(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.time.now += 901
    with pytest.raises(PolicyRefused) as caught:
        await lab.approve(proposal.id)
    assert (caught.value.exit, caught.value.next) == (5, "ask for it again")
    assert "expired" in caught.value.message
    assert lab.steps() == ["proposed", "expired"]


async def recreated(lab: Lab) -> None:
    lab.engine.drop("web")
    lab.engine.add(FakeContainer("web", image="nginx:1.25", health="healthy"))


async def restarted(lab: Lab) -> None:
    lab.time.now += 5
    await lab.engine.restart(lab.web.id, timeout_s=1)
    lab.time.now += 5


async def reconfigured(lab: Lab) -> None:
    lab.web.memory_limit = 123_456_789


@pytest.mark.parametrize(
    ("move", "word"),
    [(recreated, "recreated"), (restarted, "restarted"), (reconfigured, "configuration was changed")],
)
async def test_a_moved_world_is_refused_with_what_moved_and_a_fresh_proposal(lab: Lab, move: Any, word: str) -> None:
    proposal = await lab.propose()
    await move(lab)
    before = lab.restarts()
    with pytest.raises(PolicyRefused, match=word) as caught:
        await lab.approve(proposal.id)
    assert lab.restarts() == before
    assert (await lab.changes.get(proposal.id)).state == "refused"
    fresh = caught.value.details["proposal"]
    assert fresh in caught.value.next
    assert (await lab.approve(fresh))[-1][1]["state"] == "kept"


async def test_a_container_that_is_gone_is_said_and_the_proposal_is_closed(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.engine.drop("web")
    with pytest.raises(NoSuchContainer):
        await lab.approve(proposal.id)
    assert lab.steps() == ["proposed", "refused"]


async def test_an_actor_who_may_not_approve_is_sent_to_a_terminal(lab: Lab) -> None:
    proposal = await lab.propose()
    with pytest.raises(PolicyRefused) as caught:
        await lab.approve(proposal.id, PIPE)
    assert caught.value.next == f"at a terminal: ergon-ops approve {proposal.id}"
    assert (await lab.changes.get(proposal.id)).state == "open"


async def test_policy_that_came_after_the_proposal_counts(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.rules = Policy(deny=("restart:*/web",))
    with pytest.raises(PolicyRefused, match="denied by policy"):
        await lab.approve(proposal.id)
    assert lab.restarts() == 0


async def test_an_unknown_or_ambiguous_id_is_a_usage_error(lab: Lab) -> None:
    await lab.propose(timeout_s=1)
    await lab.propose(timeout_s=2)
    for key, word in (("p-nothing", "no proposal"), ("p-", "2 proposals"), ("", "no proposal"), ("c-x", "no change")):
        with pytest.raises(UsageError, match=word):
            await lab.approve(key)


async def test_without_a_state_on_disk_nothing_is_proposed_that_nobody_could_approve(lab: Lab) -> None:
    lab.store.close()
    lab.store = Store.memory("the disk is full", clock=lab.time)
    with pytest.raises(PolicyRefused, match="journal on disk"):
        await lab.propose()


async def test_when_the_state_is_lost_after_a_proposal_its_approval_is_refused(lab: Lab) -> None:
    proposal = await lab.propose()
    session = lab.store.sessions.create("s")
    lab.store._db.rows("PRAGMA max_page_count = 1")
    for number in range(100):
        lab.store.sessions.append(session.id, Message("user", (Text(f"{number}:" + "x" * 4000),)))
    assert not lab.store.durable
    with pytest.raises(PolicyRefused, match="journal on disk"):
        await lab.approve(proposal.id)
    assert lab.restarts() == 0


async def test_an_engine_that_is_down_leaves_the_proposal_open(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.engine.fail(EngineNotRunning("no engine"))
    with pytest.raises(EngineNotRunning):
        await lab.approve(proposal.id)
    lab.engine.recover()
    assert (await lab.approve(proposal.id))[-1][1]["state"] == "kept"


async def test_a_journal_that_cannot_be_written_stops_before_anything_is_done(lab: Lab) -> None:
    proposal = await lab.propose()
    running = lab.changes.approve(proposal.id, actor=OPERATOR)
    await anext(running)
    lab.store._db.rows("PRAGMA query_only = ON")  # from now on the disk takes nothing
    with pytest.raises(StoreError, match="nothing was done"):
        await anext(running)
    assert lab.restarts() == 0
    lab.store._db.rows("PRAGMA query_only = OFF")
    assert [row.change.state for row in lab.store.changes.in_flight()] == ["preparing"]


async def test_an_unhealthy_end_is_failed_and_says_that_a_restart_cannot_be_undone(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.web.on_start = lambda container: setattr(container, "health", "unhealthy")
    answer = (await lab.approve(proposal.id))[-1][1]
    assert (answer["state"], answer["exit"]) == ("failed", 1)
    assert "health: unhealthy after 30 s" in answer["text"]
    assert "cannot be undone" in answer["text"]
    assert lab.steps()[-1] == "failed"


async def test_a_container_that_dies_after_its_restart_is_failed_with_its_exit_code(lab: Lab) -> None:
    proposal = await lab.propose()

    def crash(container: FakeContainer) -> None:
        container.state, container.exit_code = "exited", 3

    lab.web.on_start = crash
    answer = (await lab.approve(proposal.id))[-1][1]
    assert answer["state"] == "failed"
    assert "exited with code 3" in answer["text"]


async def test_without_a_healthcheck_it_must_stay_up_for_a_while(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.web.health = "none"
    began = lab.time.now
    answer = (await lab.approve(proposal.id))[-1][1]
    assert answer["state"] == "kept"
    assert "no healthcheck" in answer["text"]
    assert lab.time.now - began >= 3.0


async def test_a_crash_loop_after_the_restart_is_not_kept(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.web.health = "none"
    lab.web.on_start = lambda container: setattr(container, "crash_every_s", 1.0)
    assert (await lab.approve(proposal.id))[-1][1]["state"] == "failed"


async def test_what_the_engine_refuses_is_failed_and_may_be_asked_for_again(lab: Lab) -> None:
    await lab.engine.pause(lab.web.id)
    proposal = await lab.propose()
    answer = (await lab.approve(proposal.id))[-1][1]
    assert (answer["state"], answer["exit"]) == ("failed", 1)
    assert "paused" in answer["text"]
    await lab.engine.unpause(lab.web.id)
    assert (await lab.approve((await lab.propose()).id))[-1][1]["state"] == "kept"


class Late:
    """The engine restarts it, but we do not hear of it."""

    def __init__(self, lab: Lab, *, arrives: bool) -> None:
        self.lab, self.arrives = lab, arrives

    async def restart(self, container_id: str, *, timeout_s: int) -> None:
        if self.arrives:
            await self.lab.engine.restart(container_id, timeout_s=timeout_s)
        raise EngineTimeout("no answer within 25 s")


@pytest.mark.parametrize(("arrives", "state"), [(True, "kept"), (False, "failed")])
async def test_after_a_timeout_the_container_itself_tells_what_happened(lab: Lab, arrives: bool, state: str) -> None:
    proposal = await lab.propose()
    lab.writes = Late(lab, arrives=arrives)  # type: ignore[assignment]
    told = await lab.approve(proposal.id)
    assert ("notice", {"text": "no answer within 25 s Looking whether it happened."}) in told
    assert told[-1][1]["state"] == state


async def test_an_engine_that_goes_away_while_watching_leaves_it_unverified_and_the_next_look_decides(lab: Lab) -> None:
    proposal = await lab.propose()
    told = []
    async for kind, data in lab.changes.approve(proposal.id, actor=OPERATOR):
        told.append((kind, data))
        if data["state"] == "verifying":
            lab.engine.fail(EngineNotRunning("The engine is gone."))
    answer = told[-1][1]
    assert (answer["state"], answer["exit"]) == ("unverified", 1)
    assert f"ergon-ops approve {answer['change']}" in answer["text"]
    lab.engine.recover()
    assert (await lab.approve(answer["change"]))[-1][1]["state"] == "kept"
    assert lab.restarts() == 1


async def test_a_restart_has_no_way_back(lab: Lab) -> None:
    answer = (await lab.approve((await lab.propose()).id))[-1][1]
    with pytest.raises(PolicyRefused, match="cannot be undone"):
        [told async for told in lab.changes.rollback(answer["change"], actor=OPERATOR)]


async def test_intents_of_one_call_are_refused_together(lab: Lab) -> None:
    with pytest.raises(UsageError):
        await lab.changes.propose([restart(), restart(timeout_s=-1)])
    assert await lab.changes.list() == ()
