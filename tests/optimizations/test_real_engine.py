"""What is wished for real containers, looked at as `propose` looks: seen facts, filled-in numbers, no false wish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.room import open_room
from ergon_ops.assistant.wiring import assemble
from ergon_ops.changes.optimizations import Wish
from ergon_ops.engine import probes
from ergon_ops.events import Event
from ergon_ops.proposals import Intent, Withheld
from ergon_ops.refs import Ref
from tests.assistant.conftest import OPERATOR, settings_in
from tests.engine.real import PATIENCE_S, RealEngine, until

pytestmark = pytest.mark.engine
MIB = 1024 * 1024
BASE = "ergon-ops-demo/base:1"
BUSY = "while :; do :; done"
FORKS = "for n in 1 2 3 4 5 6 7; do sleep 1000 & done; wait"
REDIS = ("redis-server", "--save", "", "--protected-mode", "no")
SERVER = ("python3", "-m", "http.server", "8000")


@pytest.fixture
async def engine(docker_host: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealEngine]:
    monkeypatch.setattr(probes, "DEADLINE_S", PATIENCE_S)
    async with RealEngine.opened(docker_host) as real:
        yield real


def opened(engine: RealEngine, folder: Path) -> LocalAssistant:
    return assemble(settings_in(folder), {engine.endpoint.host: engine.reads}, lambda host: engine.writes)


async def wishes(engine: RealEngine, folder: Path, *refs: Ref) -> dict[Ref, dict[str, Wish]]:
    """By rule, of each container; all looked at side by side."""
    assistant = opened(engine, folder)
    room = await open_room(assistant.house)
    found = await asyncio.gather(*(room.collector.suggestions(ref) for ref in refs))
    assistant.house.store.close()
    return {ref: {wish.rule: wish for wish in wanted} for ref, wanted in zip(refs, found, strict=True)}


async def end(steps: AsyncGenerator[Event, None]) -> Mapping[str, Any]:
    """The data of the last event, which is an answer."""
    last = None
    async for event in steps:
        last = event
    assert last is not None
    assert last.type == "answer", last
    return last.data


async def look(engine: RealEngine, folder: Path, worker: Ref, forker: Ref, redis: Ref, server: Ref, quiet: Ref) -> None:
    """Each container gets the wishes that what was seen of it gives, with their numbers, and no others."""

    async def listening() -> int:
        seen = [await engine.reads.sockets(ref) for ref in (redis, server)]
        return sum(bool(sockets.listening) for sockets in seen)

    assert await until(listening, lambda count: count >= 2) >= 2
    found = await wishes(engine, folder, worker, forker, redis, server, quiet)

    limit = found[worker]["THROTTLE"]
    assert isinstance(limit, Intent)
    assert limit.arguments == {"nano_cpus": 1_000_000_000}
    assert "1 runnable thread at once over" in limit.formula
    unbounded = found[worker]["MEM-NONE"]
    assert isinstance(unbounded, Withheld)
    assert "needs 3 h of history" in unbounded.reason

    more = found[forker]["PIDS-MAX"]
    assert isinstance(more, Intent)
    assert more.arguments == {"pids": 16}

    bound = found[redis]["REDIS-MAX"]
    assert isinstance(bound, Intent)
    assert bound.arguments["value"] == str(80 * MIB)
    assert isinstance(found[redis]["REDIS-EVICT"], Withheld)  # no manifest says what it is

    check = found[server]["HEALTH"]
    assert isinstance(check, Intent)
    assert check.arguments["patch"]["healthcheck"]["test"][-1].find("8000") >= 0
    policy = found[server]["RESTART"]
    assert isinstance(policy, Intent)
    assert policy.arguments["name"] == "unless-stopped"
    log = found[server]["LOG-ROT"]
    assert isinstance(log, Intent)
    assert log.arguments["patch"]["log"]["options"] == {"max-size": "10m", "max-file": "3"}

    intents = {rule for rule, wish in found[quiet].items() if isinstance(wish, Intent)}
    assert intents == {"LOG-ROT"}, found[quiet]


async def tour(engine: RealEngine, folder: Path, worker: Ref) -> None:
    """What `make demo` ends with: propose, approve, throttling before and after, rollback."""
    assistant = opened(engine, folder)
    document = await assistant.propose(worker.name)
    (proposal,) = [row for row in document["proposals"] if row["kind"] == "set_cpu_limit"]
    assert (proposal["class"], proposal["rule"], proposal["arguments"]) == (
        "performance", "THROTTLE", {"nano_cpus": 1_000_000_000},
    )  # fmt: skip
    assert proposal["expect"] == {
        "metric": "cpu_throttled_ratio", "key": "", "op": "<", "value": 0.25, "window_s": 15.0,
    }  # fmt: skip
    assert proposal["formula"].endswith("= 1 CPU; now 0.02")
    cited = {fact["id"]: fact for fact in document["facts"]}
    assert {cited[id]["name"] for id in proposal["why"]} >= {
        "cpu_throttled_ratio",
        "cpu_limit",
        "threads_runnable_peak",
    }
    assert await engine.value(worker, "cpu_limit") == 0.02

    kept = await end(assistant.approve(proposal["id"], actor=OPERATOR))
    assert kept["state"] == "kept", kept
    assert await engine.value(worker, "cpu_limit") == 1.0
    throttled = next(row for row in kept["compare"] if row["name"] == "cpu_throttled_ratio")
    assert throttled["before"] > 0.25 > throttled["after"]

    back = await end(assistant.rollback(kept["change"], actor=OPERATOR))
    assert back["state"] == "rolled_back", back
    assert await engine.value(worker, "cpu_limit") == 0.02
    assistant.house.store.close()


async def test_real_containers_are_given_what_would_be_better_and_a_throttled_one_is_cured_and_back(
    engine: RealEngine, tmp_path: Path
) -> None:
    """Both at once: most of the time is spent watching."""
    # So small that a crowded host, which gives everybody less than the quota, does not hide the throttling.
    worker = await engine.run(BUSY, cpus=0.02)
    cured = await engine.run(BUSY, cpus=0.02, memory_bytes=64 * MIB, pids=50)
    forker = await engine.run(FORKS, pids=8)
    redis = await engine.run(image=BASE, command=REDIS, memory_bytes=100 * MIB)
    server = await engine.run(image=BASE, command=SERVER, memory_bytes=128 * MIB, pids=100)
    quiet = await engine.run("sleep 1000", cpus=0.5, memory_bytes=64 * MIB, pids=100)
    await asyncio.gather(
        look(engine, tmp_path / "look", worker, forker, redis, server, quiet),
        tour(engine, tmp_path / "tour", cured),
    )
