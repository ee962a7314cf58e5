"""A restart on a real engine, and `kill -9` of the process that does it at every step of its journal."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ergon_ops.changes import Changes, Told
from ergon_ops.errors import PolicyRefused
from ergon_ops.messages import Actor
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy
from ergon_ops.store import Store
from tests.engine.real import RealEngine

pytestmark = pytest.mark.engine
OPERATOR = Actor("terminal", "tester", "balanced", may_approve=True)
SECOND = 1_000_000_000
OBEDIENT = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
DEAF = "trap '' TERM; while :; do sleep 0.1; done"

CHILD = """
import asyncio, os, signal, sys, threading
from pathlib import Path
from ergon_ops.changes import Changes, real_writers
from ergon_ops.engine import enginehost, reads
from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.reads import open_reads
from ergon_ops.messages import Actor
from ergon_ops.settings import DockerEnv, Policy
from ergon_ops.store import Store, changes

docker_host, folder, proposal, moment, state = sys.argv[1:]
enginehost.DEADLINE_S = reads.LOOK_S = 30.0  # as for every test on a real engine

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Deadly(changes.Changes):
    def claim(self, row, data):
        return self._deadly("preparing", lambda: super(Deadly, self).claim(row, data))

    def advance(self, row, to, **more):
        return self._deadly(to, lambda: super(Deadly, self).advance(row, to, **more))

    def _deadly(self, to, work):
        if to == state and moment == "before":
            die()
        result = work()
        if to == state and moment == "after":
            die()
        if to == state and moment == "during":  # the engine's call follows
            threading.Timer(0.7, die).start()
        return result

async def main():
    (point,) = endpoints(DockerEnv(docker_host=docker_host, config_dir=Path("/nonexistent")))
    store = Store.open(Path(folder))
    store.changes.__class__ = Deadly
    doing = Changes(store, {point.host: open_reads(point)}, real_writers([point]), Policy())
    async for kind, data in doing.approve(proposal, actor=Actor("terminal", "tester", "balanced", may_approve=True)):
        print(kind, data["text"])

asyncio.run(main())
"""

# moment and state of the kill, what the container does with TERM, how it must end (None: as the engine had it)
KILLS = [
    ("before", "preparing", OBEDIENT, "untouched"),
    ("after", "preparing", OBEDIENT, "failed"),
    ("before", "applying", OBEDIENT, "failed"),
    ("after", "applying", OBEDIENT, "failed"),
    ("during", "applying", DEAF, None),
    ("before", "verifying", OBEDIENT, "kept"),
    ("after", "verifying", OBEDIENT, "kept"),
    ("before", "kept", OBEDIENT, "kept"),
    ("after", "kept", OBEDIENT, "done"),
]


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[RealEngine]:
    async with RealEngine.opened(docker_host) as real:
        yield real


def changes(engine: RealEngine, store: Store) -> Changes:
    return Changes(store, {engine.endpoint.host: engine.reads}, lambda host: engine.writes, Policy())


def restart(ref: Ref, timeout_s: int = 2) -> Intent:
    return Intent(ref, "restart", {"timeout_s": timeout_s}, "operator", ())


async def test_a_restart_is_proposed_approved_watched_and_shown_before_and_after(
    engine: RealEngine, tmp_path: Path
) -> None:
    check = {"Test": ["CMD-SHELL", "true"], "Interval": SECOND, "Timeout": SECOND, "Retries": 2}
    ref = await engine.run(OBEDIENT, health=check, name=f"changes-{time.time_ns()}")
    store = Store.open(tmp_path / "s")
    doing = changes(engine, store)
    (proposal,) = await doing.propose([restart(ref)])
    assert await doing.propose([restart(ref)]) == (proposal,)
    told: list[Told] = [item async for item in doing.approve(proposal.id, actor=OPERATOR)]
    answer = told[-1][1]
    assert (answer["state"], answer["exit"]) == ("kept", 0)
    assert "running, healthy" in answer["text"]
    rows = {row["name"]: row for row in answer["compare"]}
    assert rows["started_at"]["before"] < rows["started_at"]["after"]
    assert rows["memory_working_set"]["after"] > 0
    assert [row.step for row in store.journal.rows()] == ["proposed", "preparing", "applying", "verifying", "kept"]
    (again,) = await doing.propose([restart(ref)])
    assert again.id != proposal.id
    await engine.writes.restart(await engine.id_of(ref), timeout_s=1)
    with pytest.raises(PolicyRefused, match="it was restarted"):
        await anext(doing.approve(again.id, actor=OPERATOR))
    store.close()


async def test_kill_9_at_every_step_ends_in_the_old_or_the_new_state_and_the_journal_says_which(
    engine: RealEngine, docker_host: str, tmp_path: Path
) -> None:
    cases = [
        killed(engine, docker_host, tmp_path / str(number), moment, state, script, end)
        for number, (moment, state, script, end) in enumerate(KILLS)
    ]
    await asyncio.gather(*cases)


async def killed(
    engine: RealEngine, docker_host: str, folder: Path, moment: str, state: str, script: str, end: str | None
) -> None:
    ref = await engine.run(script, name=f"changes-{folder.name}-{time.time_ns()}")
    store = Store.open(folder)
    doing = changes(engine, store)
    (proposal,) = await doing.propose([restart(ref)])
    before = await engine.reads.world(ref)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, docker_host, str(folder), proposal.id, moment, state,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == -signal.SIGKILL, errors.decode()
    answers = [data async for kind, data in doing.recover(actor=OPERATOR) if kind == "answer"]
    after = await engine.reads.world(ref)
    restarted = after.started_at != before.started_at
    where = f"{moment} {state}"
    assert await engine.value(ref, "state") == "running", where
    assert store.changes.in_flight() == (), where
    assert store.journal.verify() == [], where
    if end in ("untouched", "done"):
        assert answers == [], where
        assert restarted == (end == "done"), where
        assert (await doing.get(proposal.id)).state == ("applied" if restarted else "open"), where
    else:
        assert [answer["state"] for answer in answers] == ["kept" if restarted else "failed"], where
        assert end in (None, answers[0]["state"]), where
        assert store.journal.rows()[-1].step == answers[0]["state"], where
    store.close()
