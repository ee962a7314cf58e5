"""Promises of a proposal against fresh readings: rates between samples taken after the change, counters by how much
they grew since, everything else as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any

from ergon_ops import services
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Counters, Reads
from ergon_ops.errors import EngineError
from ergon_ops.facts import FACTS, Group, Reading
from ergon_ops.history import rates
from ergon_ops.history.rates import FLOWS
from ergon_ops.proposals import Expect
from ergon_ops.refs import Ref

RATES = frozenset({"cpu_usage", "cpu_ratio", "cpu_periods", "cpu_throttled_ratio", *FLOWS})
# Lifetime counters: what was before the change says nothing about it.
GROWING = frozenset(
    {"memory_oom_kills", "memory_failures", "restart_count", "network_drops", "block_read", "block_write",
     "network_rx", "network_tx"}
)  # fmt: skip
SHORTEST_S = 1.0
BEFORE_S = 2.0  # a rate before the change is measured this long
COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    "==": lambda found, wanted: found == wanted,
    ">=": lambda found, wanted: found >= wanted,
    ">": lambda found, wanted: found > wanted,
}
Key = tuple[str, str]


def holds(promise: Expect, found: float) -> bool:
    return COMPARED[promise.op](found, promise.value)


def spoken(promise: Expect) -> str:
    """`cpu_throttled_ratio < 0.05`."""
    return f"{promise.metric}{f' {promise.key}' if promise.key else ''} {promise.op} {promise.value:g}"


@dataclass(slots=True)
class Gauge:
    """Measures one container from its making on; what it saw earlier than that never counts."""

    reads: Reads
    ref: Ref
    container_id: str
    baseline: Mapping[str, Any] = field(default_factory=dict)
    _samples: list[Counters] = field(default_factory=list)
    _host_cpus: int | None = None

    async def measure(self, promises: Iterable[Expect]) -> dict[Key, float | None]:
        """The value of each promise's metric, None for what cannot be told (yet)."""
        wanted = list(promises)
        groups: list[Group] = ["limits"] if any(item.metric in RATES for item in wanted) else []
        groups += [FACTS[item.metric].group for item in wanted if item.metric not in RATES]
        asked = [group for group in dict.fromkeys(groups) if group != "probes"]
        readings = list(await self.reads.read(self.ref, asked)) if asked else []
        if "probes" in groups:
            readings += await probed(self.reads, self.ref, self.container_id)
        plain = {(item.name, item.key): item.value for item in readings}
        if any(item.metric in RATES for item in wanted):
            await self._sample()
        found: dict[Key, float | None] = {}
        for item in wanted:
            key = (item.metric, item.key)
            if item.metric in RATES:
                found[key] = await self._rate(item, plain.get(("cpu_limit", "")))
            else:
                found[key] = self._plain(item, plain.get(key))
        return found

    def _plain(self, promise: Expect, value: Any) -> float | None:
        if isinstance(value, str) or value is None:
            return None
        number = float(value)
        if promise.metric in GROWING:
            earlier = self.baseline.get(promise.metric)
            return number - float(earlier) if isinstance(earlier, (int, float)) and earlier <= number else number
        return number

    async def _sample(self) -> None:
        now = await self.reads.counters([self.container_id])
        kept = [item for item in self._samples if now and item.run == now[0].run]
        self._samples = [*kept, *now][-2000:]

    async def _rate(self, promise: Expect, limit: Any) -> float | None:
        """Over the promise's window; a shorter one is no answer, unless nobody asked for any."""
        if len(self._samples) < 2:
            return None
        last, need = self._samples[-1], max(promise.window_s, SHORTEST_S)
        fitting = [item for item in self._samples if last.at - item.at >= need]
        if not fitting:
            return None
        if self._host_cpus is None:
            self._host_cpus = (await self.reads.info()).cpus
        quota = float(limit) if isinstance(limit, (int, float)) else None
        made = rates(self.ref, fitting[-1], last, cpu_limit=quota, host_cpus=self._host_cpus)
        value = next((item.value for item in made if item.name == promise.metric), None)
        return float(value) if isinstance(value, (int, float)) else None


async def probed(reads: Reads, ref: Ref, container_id: str) -> tuple[Reading, ...]:
    """What the services of a container say of themselves now; nothing of one that is not there, or does not run."""
    row = next((item for item in await reads.containers() if item.ref == ref and item.id == container_id), None)
    if row is None or row.state != "running":
        return ()
    processes, sockets = await asyncio.gather(reads.processes(ref), reads.sockets(ref))
    found = services.detect(row, processes, sockets, exposed=row.exposed)
    return await reads.probes(ref, services.targets(found, processes))


async def rates_now(reads: Reads, ref: Ref, container_id: str, sleep: Callable[[float], Any]) -> dict[str, float]:
    """The rates of a container over two seconds, for comparing; nothing where they cannot be had."""
    gauge = Gauge(reads, ref, container_id)
    asked = [Expect(name, "", ">=", 0, 0) for name in ("cpu_usage", "cpu_throttled_ratio")]
    try:
        await gauge.measure(asked)
        await sleep(BEFORE_S)
        found = await gauge.measure(asked)
    except EngineError:
        return {}
    return {name: value for (name, _), value in found.items() if value is not None}
