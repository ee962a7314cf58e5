"""`kill -9` of the process that carries a change out, before and after every row of its journal, on the real engine:
the next start ends in the old or the new state, and the journal says which."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.refs import Ref
from tests.changes.live import MIB, OBEDIENT, OPERATOR, Bench, some_at_once, unique
from tests.engine.real import RealEngine

pytestmark = pytest.mark.engine

CHILD = """
import asyncio, os, signal, sys, threading
from pathlib import Path
from ergon_ops.changes import snapshot
from ergon_ops.changes.changes import Changes
from ergon_ops.changes.writers import real_writers
from ergon_ops.engine import enginehost, reads
from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.reads import open_reads
from ergon_ops.messages import Actor
from ergon_ops.settings import DockerEnv, Policy
from ergon_ops.store import Store, changes

docker_host, folder, verb, key, moment, number = sys.argv[1:]
enginehost.DEADLINE_S = reads.LOOK_S = 30.0  # as for every test on a real engine
snapshot.LEAST_S, snapshot.LONGER_S = 1.0, {}
left = int(number)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Deadly(changes.Changes):
    def claim(self, row, data):
        return self._deadly(lambda: super(Deadly, self).claim(row, data))

    def advance(self, row, to, **more):
        return self._deadly(lambda: super(Deadly, self).advance(row, to, **more))

    def reopen(self, row, owner, **more):
        return self._deadly(lambda: super(Deadly, self).reopen(row, owner, **more))

    def _deadly(self, work):
        global left
        left -= 1
        if left == 0 and moment == "before":
            die()
        result = work()
        if left == 0 and moment == "during":  # the call to the engine follows
            threading.Timer(0.5, die).start()
        elif left == 0:
            die()
        return result

async def main():
    (point,) = endpoints(DockerEnv(docker_host=docker_host, config_dir=Path("/nonexistent")))
    store = Store.open(Path(folder))
    store.changes.__class__ = Deadly
    doing = Changes(store, {point.host: open_reads(point)}, real_writers([point]), Policy())
    actor = Actor("terminal", "tester", "balanced", may_approve=True)
    async for kind, data in getattr(doing, verb)(key, actor=actor):
        print(kind, data["text"])

asyncio.run(main())
"""


@dataclass(frozen=True)
class Plan:
    """`rows` of the journal are written by what is killed: the claim or the reopening, then each step."""

    name: str
    kind: str
    arguments: dict[str, Any]
    rows: int
    back: bool = False  # what is killed is the rollback
    spec: dict[str, Any] = field(default_factory=lambda: {"memory_bytes": 64 * MIB, "cpus": 0.5})


DEAF = "trap '' TERM; while :; do sleep 0.1; done"
LIMIT = {"memory_bytes": 96 * MIB}
ENVIRONMENT = {"patch": {"env": {"MODE": "other"}}}
BROKEN = {"patch": {"command": ["sh", "-c", "exit 3"]}}
PLANS = (
    Plan("restart", "restart", {"timeout_s": 2}, 4),
    Plan("limit", "set_memory_limit", LIMIT, 4),
    Plan("limit back", "set_memory_limit", LIMIT, 2, back=True),
    Plan("stop", "stop", {"timeout_s": 2}, 4),
    Plan("recreate", "recreate", ENVIRONMENT, 9),
    Plan("recreate back", "recreate", ENVIRONMENT, 7, back=True),
    Plan("recreate broken", "recreate", BROKEN, 14),
    Plan("new limit back", "set_cpu_limit", {"nano_cpus": 300_000_000}, 9, back=True, spec={}),
)
POINTS = [(plan, moment, row) for plan in PLANS for row in range(1, plan.rows + 1) for moment in ("before", "after")]
# While the engine is at it: a container that does not hear lets it wait.
POINTS += [(PLANS[0], "during", 2), (PLANS[3], "during", 2), (PLANS[4], "during", 5)]
SOME = 14


@pytest.fixture
async def engine(docker_host: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealEngine]:
    monkeypatch.setattr("ergon_ops.changes.snapshot.LEAST_S", 1.0)
    monkeypatch.setattr("ergon_ops.changes.snapshot.LONGER_S", {})
    async with RealEngine.opened(docker_host) as real:
        yield real


def drawn() -> list[tuple[Plan, str, int]]:
    """Some of every plan, another choice every day's seed would make the failure of one day: it is fixed."""
    chance = random.Random(4)
    chosen = [chance.choice([point for point in POINTS if point[0] is plan]) for plan in PLANS]
    rest = [point for point in POINTS if point not in chosen]
    return chosen + chance.sample(rest, SOME - len(chosen))


def test_the_points_are_many_and_of_every_kind() -> None:
    assert len(POINTS) >= 100
    assert {plan.name for plan, _, _ in drawn()} == {plan.name for plan in PLANS}


async def test_kill_9_at_some_steps_ends_in_the_old_or_the_new_state(
    engine: RealEngine, docker_host: str, tmp_path: Path
) -> None:
    await kill_at(engine, docker_host, tmp_path, drawn())


@pytest.mark.whole
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
async def test_kill_9_at_every_step_ends_in_the_old_or_the_new_state(
    engine: RealEngine, docker_host: str, tmp_path: Path, plan: Plan
) -> None:
    await kill_at(engine, docker_host, tmp_path, [point for point in POINTS if point[0] is plan])


async def kill_at(engine: RealEngine, docker_host: str, folder: Path, points: list[tuple[Plan, str, int]]) -> None:
    jobs = [
        killed(engine, docker_host, folder / str(number), plan, moment, row)
        for number, (plan, moment, row) in enumerate(points)
    ]
    await some_at_once(jobs)


async def killed(engine: RealEngine, docker_host: str, folder: Path, plan: Plan, moment: str, row: int) -> None:
    where = f"{plan.name}: {moment} row {row}"
    script = DEAF if moment == "during" else OBEDIENT
    ref = await engine.run(script, name=unique("kill"), environment={"MODE": "one"}, **plan.spec)
    async with Bench.opened(engine, folder) as bench:
        old = await bench.world(ref)
        proposal = await bench.propose(ref, plan.kind, plan.arguments)
        key, verb = proposal.id, "approve"
        if plan.back:
            answer = (await bench.approve(proposal.id))[-1][1]
            assert answer["state"] == "kept", (where, answer)
            key, verb = answer["change"], "rollback"
        new = await bench.world(ref)
        command = (sys.executable, "-c", CHILD, docker_host, str(folder), verb, key, moment, str(row))
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
        said, errors = await asyncio.wait_for(child.communicate(), 200)
        assert child.returncode == -signal.SIGKILL, (where, said.decode(), errors.decode())
        recovered = [told async for told in bench.changes.recover(actor=OPERATOR)]
        await settled(bench, ref, plan, where, old.digest, new.digest, recovered)


async def settled(bench: Bench, ref: Ref, plan: Plan, where: str, old: str, new: str, recovered: list[Any]) -> None:
    """Nothing is in flight, nothing is left over, and the container is as the journal's last row says."""
    last = bench.steps()[-1]
    about = (where, bench.steps(), recovered[-1:])
    now, state = await bench.world(ref), await bench.engine.value(ref, "state")
    assert bench.store.changes.in_flight() == (), about
    assert bench.store.journal.verify() == [], about
    assert last in ("proposed", "kept", "failed", "rolled_back"), about
    if last == "kept":
        assert now.digest == new if plan.back else (now.digest != old or plan.kind in ("restart", "stop")), about
        assert state == ("exited" if plan.kind == "stop" else "running"), about
    else:
        assert now.digest == old, about
        assert state == "running", about
    beside = [row.ref.name for row in await bench.engine.reads.containers() if row.ref.name.startswith(f"{ref.name}-")]
    kept_aside = last == "kept" and plan.kind == "recreate"
    assert len(beside) == kept_aside, (*about, beside)
    for name in beside:
        standing = await bench.engine.writes.standing(name)
        assert standing is not None
        assert not standing.active, about
        bench.engine._made.append(standing.id)
    bench.engine._made.append(now.container_id)
