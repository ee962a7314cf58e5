"""Changes on a real engine as they are watched for real: what holds is kept, what makes it worse is taken back, also
when that shows only after 40 seconds; what is slow to become healthy is not taken for worse. All side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Expect
from tests.changes.live import MIB, OBEDIENT, Bench, some_at_once, unique
from tests.engine.real import RealEngine, until

pytestmark = pytest.mark.engine
SECOND = 1_000_000_000
LEAK = "i=0; while [ $i -lt 36 ]; do sleep 1; i=$((i+1)); done; x=aaaaaaaa; while :; do x=$x$x; sleep 0.2; done"
# Busy for 20 of 100 ms: a tenth of a core throttles it, half a core does not.
BUSY = "trap 'exit 0' TERM; (while :; do i=0; while [ $i -lt 9000 ]; do i=$((i+1)); done; usleep 60000; done) & wait"
SLOW_START = {
    "Test": ["CMD-SHELL", "test -e /up"],
    "Interval": SECOND,
    "Timeout": 10 * SECOND,
    "Retries": 2,
    "StartPeriod": 60 * SECOND,
}


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[RealEngine]:
    async with RealEngine.opened(docker_host) as real:
        yield real


async def restart_is_watched(engine: RealEngine, folder: Path) -> None:
    check = {"Test": ["CMD-SHELL", "true"], "Interval": SECOND, "Timeout": 30 * SECOND, "Retries": 2}
    ref = await engine.run(OBEDIENT, health=check, name=unique("restart"))
    async with Bench.opened(engine, folder) as bench:
        proposal = await bench.propose(ref, "restart", {"timeout_s": 2})
        answer = (await bench.approve(proposal.id))[-1][1]
        assert (answer["state"], answer["exit"]) == ("kept", 0), answer
        assert answer["elapsed_s"] >= 30
        rows = {row["name"]: row for row in answer["compare"]}
        assert rows["started_at"]["before"] < rows["started_at"]["after"]
        assert rows["memory_working_set"]["after"] > 0
        assert bench.steps() == ["proposed", "preparing", "applying", "verifying", "kept"]
        again = await bench.propose(ref, "restart", {"timeout_s": 2})
        await engine.writes.restart(await engine.id_of(ref), timeout_s=1)
        with pytest.raises(PolicyRefused, match="it was restarted"):
            await bench.approve(again.id)


async def a_limit_too_low_shows_late(engine: RealEngine, folder: Path) -> None:
    ref = await engine.run(LEAK, memory_bytes=512 * MIB, name=unique("leak"))
    async with Bench.opened(engine, folder) as bench:
        old = await bench.world(ref)
        answer = await bench.do(ref, "set_memory_limit", {"memory_bytes": 16 * MIB})
        assert (answer["state"], answer["exit"], answer["exact"]) == ("rolled_back", 6, True), answer
        assert "memory" in answer["reason"]
        assert await bench.world(ref) != old  # it was killed, and started again
        assert (await bench.world(ref)).digest == old.digest
        assert await engine.value(ref, "state") == "running"


async def a_slow_start_is_waited_for(engine: RealEngine, folder: Path) -> None:
    script = f"(sleep 45; touch /up) & {OBEDIENT}"
    ref = await engine.run(script, health=SLOW_START, name=unique("slow"))
    async with Bench.opened(engine, folder) as bench:
        answer = await bench.do(ref, "recreate", {"patch": {"env": {"MODE": "other"}}})
        assert answer["state"] == "kept", answer
        assert await engine.value(ref, "health") == "healthy"
        assert (await bench.undo(answer["change"]))["exact"] is True
        await bench.engine.writes.remove(await engine.id_of(ref), force=True)


async def throttling_is_measured_before_and_after(engine: RealEngine, folder: Path) -> None:
    ref = await engine.run(BUSY, cpus=0.02, name=unique("busy"))
    async with Bench.opened(engine, folder) as bench:
        old = (await bench.world(ref)).digest
        expect = Expect("cpu_throttled_ratio", "", "<", 0.9, 10)
        answer = await bench.do(ref, "set_cpu_limit", {"nano_cpus": 2 * 10**9}, expect=expect)
        assert (answer["state"], answer["expect"]["met"]) == ("kept", True), answer
        rows = {row["name"]: row for row in answer["compare"]}
        assert rows["cpu_throttled_ratio"]["before"] > rows["cpu_throttled_ratio"]["after"]
        assert (rows["cpu_limit"]["before"], rows["cpu_limit"]["after"]) == (0.02, 2.0)
        assert (await bench.undo(answer["change"]))["exact"] is True
        assert (await bench.world(ref)).digest == old


async def what_was_expected_does_not_show(engine: RealEngine, folder: Path) -> None:
    ref = await engine.run(OBEDIENT, cpus=0.5, name=unique("idle"))
    async with Bench.opened(engine, folder) as bench:
        old = (await bench.world(ref)).digest
        expect = Expect("cpu_usage", "", ">", 0.9, 10)
        answer = await bench.do(ref, "set_cpu_limit", {"nano_cpus": 10**9}, expect=expect)
        assert (answer["state"], answer["exit"], answer["expect"]["met"]) == ("rolled_back", 6, False), answer
        assert (await bench.world(ref)).digest == old


async def a_new_one_that_ends_gives_its_place_back(engine: RealEngine, folder: Path) -> None:
    ref = await engine.run(OBEDIENT, name=unique("broken"))
    async with Bench.opened(engine, folder) as bench:
        old = await bench.world(ref)
        for patch in ({"command": ["/nope"]}, {"command": ["sh", "-c", "sleep 3; exit 4"]}, {"image": "nobody/no:1"}):
            answer = await bench.do(ref, "recreate", {"patch": patch})
            assert answer["state"] == ("failed" if "image" in patch else "rolled_back"), answer
            now = await bench.world(ref)
            assert (now.container_id, now.digest) == (old.container_id, old.digest)
            assert await engine.value(ref, "state") == "running"
        names = [row.ref.name for row in await engine.reads.containers()]
        assert [name for name in names if name.startswith(ref.name)] == [ref.name]


async def a_kept_one_is_lost_when_somebody_makes_it_anew(engine: RealEngine, folder: Path) -> None:
    ref = await engine.run(OBEDIENT, cpus=0.5, name=unique("lost"))
    async with Bench.opened(engine, folder) as bench:
        answer = await bench.do(ref, "set_pids_limit", {"pids": 50})
        assert answer["state"] == "kept", answer
        await engine.writes.remove(await engine.id_of(ref), force=True)
        await engine.run(OBEDIENT, name=ref.name)
        with pytest.raises(PolicyRefused, match="is lost"):
            await bench.undo(answer["change"])
        assert bench.steps()[-1] == "lost"


@pytest.mark.timeout(600)
async def test_what_holds_is_kept_and_what_makes_it_worse_is_taken_back(engine: RealEngine, tmp_path: Path) -> None:
    stories = (
        restart_is_watched,
        a_limit_too_low_shows_late,
        a_slow_start_is_waited_for,
        throttling_is_measured_before_and_after,
        what_was_expected_does_not_show,
        a_new_one_that_ends_gives_its_place_back,
        a_kept_one_is_lost_when_somebody_makes_it_anew,
    )
    await some_at_once([story(engine, tmp_path / story.__name__) for story in stories], at_once=len(stories))


async def test_ctrl_c_leaves_it_applied_and_unverified_and_it_can_be_taken_back(
    engine: RealEngine, tmp_path: Path
) -> None:
    ref = await engine.run(OBEDIENT, cpus=0.5, name=unique("ctrlc"))
    async with Bench.opened(engine, tmp_path) as bench:
        old = (await bench.world(ref)).digest
        proposal = await bench.propose(ref, "set_cpu_limit", {"nano_cpus": 10**9})
        task = asyncio.create_task(bench.approve(proposal.id))
        await until(bench.journaled, lambda steps: "verifying" in steps)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (row,) = bench.store.changes.in_flight()
        assert row.change.state == "unverified"
        assert (await bench.world(ref)).digest != old
        answer = await bench.undo(row.change.id)
        assert (answer["state"], answer["exact"]) == ("rolled_back", True)
        assert (await bench.world(ref)).digest == old
