"""The rule on real containers: throttled ones are named, busy and idle ones are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ergon_ops.diagnosis import Scene, diagnose
from ergon_ops.facts import Ledger
from ergon_ops.findings import Finding
from ergon_ops.history import RateReader
from ergon_ops.refs import Ref
from tests.engine.real import RealEngine

pytestmark = pytest.mark.engine
BUSY = "while :; do :; done"
BURSTS = "for n in 1 2 3 4; do (while :; do sleep 0.05; i=0; while [ $i -lt 9000 ]; do i=$((i+1)); done; done) & done"


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[RealEngine]:
    async with RealEngine.opened(docker_host) as real:
        yield real


async def scene(engine: RealEngine, *refs: Ref) -> Ledger:
    ledger = Ledger()
    rates = RateReader(engine.endpoint.host, engine.reads, owner="test")
    subjects = {ref: await engine.id_of(ref) for ref in refs}
    for ref in refs:
        ledger.add(await engine.reads.read(ref, ("limits", "cpu")))
    limits = {ref: ledger.number(ref, "cpu_limit") for ref in refs}
    info = await engine.reads.info()
    ledger.add(await rates.rates(subjects, cpu_limits=limits, host_cpus=info.cpus, window_s=2.0))
    return ledger


def faults(ledger: Ledger, ref: Ref) -> list[Finding]:
    return [item for item in diagnose(Scene(ledger), ref) if item.nature == "fault"]


async def test_of_throttled_busy_and_idle_containers_only_the_throttled_ones_are_named(engine: RealEngine) -> None:
    # So small that a crowded host, which gives everybody less than the quota, does not hide the throttling.
    throttled = await engine.run(BUSY, cpus=0.02)
    bursty = await engine.run(f"{BURSTS}; {BUSY}", cpus=0.03)
    busy = await engine.run("i=0; while :; do i=$((i+1)); [ $((i % 2000)) = 0 ] && sleep 0.2; done", cpus=1.0)
    idle = await engine.run(cpus=0.1)
    await asyncio.sleep(1.0)
    ledger = await scene(engine, throttled, bursty, busy, idle)
    for ref, cpus in ((throttled, 0.02), (bursty, 0.03)):
        (finding,) = faults(ledger, ref)
        assert finding.cause == "cpu_throttled"
        assert finding.details["cpus"] == cpus
        assert finding.details["ratio"] > 0.5
        assert f"the limit of {cpus:g} CPUs is too small" in finding.summary
        names = {fact.id: fact.name for fact in ledger}
        assert [names[key] for key in finding.evidence][:2] == ["cpu_throttled_ratio", "cpu_limit"]
    assert faults(ledger, busy) == []
    assert faults(ledger, idle) == []
