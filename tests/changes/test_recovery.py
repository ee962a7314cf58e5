"""A process that dies at any step leaves a change that the next one brings to the old or the new state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ergon_ops.changes import owner
from ergon_ops.engine.protocols import Reads, Writes
from ergon_ops.errors import EngineNotRunning, PolicyRefused

from .conftest import OPERATOR, PIPE, Lab


class Killed(BaseException):
    """The process ends here: nothing of ours may run after it."""


class Deadly:
    """Stands before the engine and dies at the nth call of `verb`, before or after the engine has done it."""

    def __init__(self, lab: Lab, verb: str, *, nth: int = 1, after: bool = False) -> None:
        self._lab, self._verb, self._nth, self._after = lab, verb, nth, after
        self.host = "local"

    def __getattr__(self, name: str) -> Callable[..., object]:
        call = getattr(self._lab.engine, name)

        async def deadly(*args: object, **kwargs: object) -> object:
            mine = name == self._verb
            self._nth -= mine
            if mine and self._nth == 0 and not self._after:
                raise Killed
            result = await call(*args, **kwargs)
            if mine and self._nth == 0:
                raise Killed
            return result

        return deadly


@pytest.fixture
def dying(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Every process of this test but the last is dead."""
    from ergon_ops.changes import changes

    monkeypatch.setattr(changes, "is_dead", lambda name: True)
    return lab


async def die(lab: Lab, deadly: Deadly, *, reads: bool) -> str:
    from ergon_ops.changes.changes import Changes

    proposal = await lab.propose(timeout_s=2)
    source: Reads = deadly if reads else lab.engine  # type: ignore[assignment]
    hands: Writes = lab.engine if reads else deadly  # type: ignore[assignment]
    changes = Changes(lab.store, {"local": source}, lambda host: hands, lab.rules, lab.time, sleep=lab.time.sleep)
    with pytest.raises(Killed):
        [told async for told in changes.approve(proposal.id, actor=OPERATOR)]
    (row,) = lab.store.changes.in_flight()
    return row.change.state


DEATHS = [
    pytest.param("read", 1, False, True, "preparing", "failed", 0, id="before the snapshot"),
    pytest.param("world", 2, False, True, "preparing", "failed", 0, id="before the last look"),
    pytest.param("world", 2, True, True, "preparing", "failed", 0, id="after the last look"),
    pytest.param("restart", 1, False, False, "applying", "failed", 0, id="before the engine was called"),
    pytest.param("restart", 1, True, False, "applying", "kept", 1, id="after the engine was called"),
    pytest.param("world", 3, False, True, "verifying", "kept", 1, id="before the first look after"),
    pytest.param("read", 2, True, True, "verifying", "kept", 1, id="while watching"),
    pytest.param("read", 3, False, True, "verifying", "kept", 1, id="before it was written down"),
]


@pytest.mark.parametrize(("verb", "nth", "after", "reads", "left", "end", "restarts"), DEATHS)
async def test_a_death_at_any_step_ends_in_the_old_or_the_new_state_and_the_journal_says_which(
    dying: Lab, verb: str, nth: int, after: bool, reads: bool, left: str, end: str, restarts: int
) -> None:
    assert await die(dying, Deadly(dying, verb, nth=nth, after=after), reads=reads) == left
    answer = (await dying.recover())[-1][1]
    assert answer["state"] == end
    assert ("old state" in answer["text"]) == (restarts == 0)
    assert dying.steps()[-1] == end
    assert "taken up" in dying.steps()
    assert dying.restarts() == restarts
    assert dying.web.state == "running"
    assert dying.store.changes.in_flight() == ()
    assert dying.store.journal.verify() == []
    assert await dying.recover() == []


async def test_after_an_old_state_the_same_wish_can_be_asked_and_approved_again(dying: Lab) -> None:
    await die(dying, Deadly(dying, "restart"), reads=False)
    await dying.recover()
    proposal = await dying.propose(timeout_s=2)
    assert proposal.state == "open"
    assert (await dying.approve(proposal.id))[-1][1]["state"] == "kept"


async def test_a_container_that_was_stopped_but_not_started_is_started(dying: Lab) -> None:
    await die(dying, Deadly(dying, "restart"), reads=False)
    await dying.engine.stop(dying.web.id, timeout_s=1)
    answer = (await dying.recover())[-1][1]
    assert answer["state"] == "kept"
    assert dying.web.state == "running"
    assert [row.data["text"] for row in dying.store.journal.rows()][-3].startswith("web was stopped but not started")


async def test_a_stop_that_outlives_its_caller_does_not_leave_the_old_one_down(dying: Lab) -> None:
    """The engine ends what does not obey only after the stop timeout; by then somebody has taken the change up."""
    from ergon_ops.changes.changes import Changes

    proposal = await dying.wish("recreate", {"patch": {"init": True}})
    hands: Writes = Deadly(dying, "stop")  # type: ignore[assignment]
    reads, time = {"local": dying.engine}, dying.time
    changes = Changes(dying.store, reads, lambda host: hands, dying.rules, time, sleep=time.sleep)
    with pytest.raises(Killed):
        [told async for told in changes.approve(proposal.id, actor=OPERATOR)]
    old, sleep, ended_at = dying.web, time.sleep, time.now + 10

    async def sleeping(seconds: float) -> None:
        nonlocal ended_at
        await sleep(seconds)
        if time.now >= ended_at:
            ended_at = float("inf")
            await dying.engine.stop(old.id, timeout_s=0)

    time.sleep = sleeping  # type: ignore[method-assign]
    assert (await dying.recover())[-1][1]["state"] == "rolled_back"
    assert ended_at == float("inf")
    assert dying.web.id == old.id
    assert dying.web.state == "running"


async def test_a_container_that_is_gone_by_then_ends_as_failed(dying: Lab) -> None:
    await die(dying, Deadly(dying, "restart", after=True), reads=False)
    dying.engine.drop("web")
    answer = (await dying.recover())[-1][1]
    assert answer["state"] == "failed"
    assert "is gone" in answer["text"]


async def test_an_engine_that_does_not_answer_leaves_it_for_later(dying: Lab) -> None:
    await die(dying, Deadly(dying, "restart", after=True), reads=False)
    dying.engine.fail(EngineNotRunning("no engine"))
    (notice,) = await dying.recover()
    assert notice[0] == "notice"
    assert "stays unverified" in notice[1]["text"]
    dying.engine.recover()
    assert (await dying.recover())[-1][1]["state"] == "kept"


async def test_ctrl_c_while_watching_leaves_it_unverified_and_approving_the_change_looks_again(lab: Lab) -> None:
    proposal = await lab.propose()
    lab.web.health_after_s = 8.0
    seen = asyncio.Event()

    async def watch() -> None:
        async for _, data in lab.changes.approve(proposal.id, actor=OPERATOR):
            if "health: starting" in data["text"]:
                seen.set()

    task = asyncio.create_task(watch())
    await seen.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = lab.store.changes.in_flight()
    assert row.change.state == "unverified"
    answer = (await lab.approve(row.change.id))[-1][1]
    assert answer["state"] == "kept"
    assert lab.restarts() == 1


async def test_a_listener_who_leaves_before_the_restart_has_nothing_done(lab: Lab) -> None:
    proposal = await lab.propose()
    running = lab.changes.approve(proposal.id, actor=OPERATOR)
    await anext(running)
    await running.aclose()
    assert lab.steps()[-2:] == ["preparing", "failed"]
    assert lab.restarts() == 0


async def test_a_living_process_keeps_its_change(lab: Lab) -> None:
    proposal = await lab.propose()
    running = lab.changes.approve(proposal.id, actor=OPERATOR)
    _, data = await anext(running)
    assert await lab.recover() == []
    with pytest.raises(PolicyRefused, match="hands of a running process"):
        await lab.recover(data["change"])
    assert [kind async for kind, _ in running][-1] == "answer"


async def test_only_who_may_approve_takes_a_change_up(dying: Lab) -> None:
    await die(dying, Deadly(dying, "restart"), reads=False)
    with pytest.raises(PolicyRefused, match="pipe may not decide"):
        [told async for told in dying.changes.recover(actor=PIPE)]


def test_a_process_is_known_by_its_start_and_not_by_its_number_alone() -> None:
    me = owner.this_process()
    boot, namespace, pid, started = me.split("|")
    assert not owner.is_dead(me)
    assert owner.is_dead(f"{boot}|{namespace}|{pid}|{int(started) - 1}")
    assert owner.is_dead(f"another-boot|{namespace}|{pid}|{started}")
    assert not owner.is_dead(f"{boot}|4026531836000|{pid}|{started}")
    assert owner.is_dead("")
