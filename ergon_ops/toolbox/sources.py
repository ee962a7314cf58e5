"""Where each group of facts comes from: the engine's inspect, rates of counters, tables, events, the host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ergon_ops import services
from ergon_ops.engine.protocols import Container, EngineEvent, LogQuery, Logs, Process, Reads, Sockets
from ergon_ops.events import timestamp
from ergon_ops.facts import Group, Reading, reading
from ergon_ops.history import RateReader
from ergon_ops.refs import Ref
from ergon_ops.toolbox.inventory import Inventory

FROM_INSPECT: frozenset[Group] = frozenset(
    {
        "identity",
        "state",
        "limits",
        "config",
        "mounts",
        "networks",
        "ports",
        "memory",
        "cpu",
        "pids",
        "io",
        "filesystem",
    }
)
INSIDE: frozenset[Group] = frozenset({"processes", "sockets", "services"})
MOVING: frozenset[Group] = frozenset({"cpu", "io"})
EVENTS_SHOWN = 40
TEMPLATES_SHOWN = 30
Job = Coroutine[Any, Any, Iterable[Reading]]


@dataclass(slots=True)
class Sources:
    """`expected` names the services a container should run (what is missing is *down*), `needs` its manifest's
    `depends_on`."""

    reads: Mapping[str, Reads]
    rates: Mapping[str, RateReader]
    inventory: Inventory
    clock: Callable[[], float]
    expected: Callable[[Ref], Sequence[tuple[str, int | None]]]
    needs: Callable[[Ref], Sequence[str]]
    detected: dict[Ref, tuple[services.Service, ...]] = field(default_factory=dict)
    _inside: dict[Ref, tuple[tuple[Process, ...], Sockets]] = field(default_factory=dict)

    async def fetch(self, ref: Ref, groups: Sequence[Group], *, window_s: float) -> tuple[Reading, ...]:
        """All readings of these groups, from as few calls as possible, in parallel."""
        jobs: list[Job] = []
        if FROM_INSPECT.intersection(groups):
            jobs.append(self._inspected(ref, groups, window_s))
        if INSIDE.intersection(groups):
            jobs.append(self._tables(ref, groups))
        if "events" in groups:
            jobs.append(self._events(ref, window_s or 3600.0))
        if "host" in groups:
            jobs.append(self.reads[ref.host].host_readings())
        if "topology" in groups:
            jobs.append(self._links(ref))
        return tuple(item for items in await asyncio.gather(*jobs) for item in items)

    async def logs(self, ref: Ref, query: LogQuery, *, level: str = "") -> tuple[Reading, ...]:
        """Log lines as templates with counts, the most frequent errors first."""
        logs = await self.reads[ref.host].logs(ref, query)
        return log_readings(ref, logs, level=level, at=self.clock())

    async def _inspected(self, ref: Ref, groups: Sequence[Group], window_s: float) -> Iterable[Reading]:
        plain = [group for group in groups if group in FROM_INSPECT]
        moving = MOVING.intersection(groups)
        if moving and "limits" not in plain:
            plain.append("limits")
        found = list(await self.reads[ref.host].read(ref, plain))
        row, info = self.inventory.get(ref), self.inventory.infos.get(ref.host)
        if moving and row is not None and row.state == "running":
            limits = [item.value for item in found if item.name == "cpu_limit"]
            limit = limits[0] if limits and isinstance(limits[0], (int, float)) else None
            found += await self.rates[ref.host].rates(
                {ref: row.id}, cpu_limits={ref: limit}, host_cpus=info.cpus if info else None, window_s=window_s
            )
        return found

    async def look_inside(self, row: Container) -> tuple[tuple[Process, ...], Sockets]:
        """Processes and sockets of a container, read once a turn. One that restarts has none."""
        if not row.running or row.state == "restarting":
            return (), Sockets(visible=False)
        if row.ref not in self._inside:
            engine = self.reads[row.ref.host]
            self._inside[row.ref] = await asyncio.gather(engine.processes(row.ref), engine.sockets(row.ref))
        return self._inside[row.ref]

    async def _tables(self, ref: Ref, groups: Sequence[Group]) -> Iterable[Reading]:
        row = self.inventory.get(ref)
        if row is None:
            return ()
        processes, sockets = await self.look_inside(row)
        now = self.clock()
        found: list[Reading] = []
        if "processes" in groups:
            found += [reading(ref, "process", p.name, key=str(p.pid), at=now, source=p.source) for p in processes]
        if "sockets" in groups:
            found += socket_readings(ref, sockets, at=now)
        if "services" in groups and row.running:
            self.detected[ref] = services.detect(
                row, processes, sockets, exposed=row.exposed, expected=self.expected(ref)
            )
            found += services.readings(ref, self.detected[ref], at=now)
        return found

    async def _events(self, ref: Ref, window_s: float) -> Iterable[Reading]:
        now = self.clock()
        engine = self.reads[ref.host]
        rows, oldest = await asyncio.gather(
            engine.events(since=now - window_s, until=now, ref=ref), engine.events_reach()
        )
        found = [event_reading(ref, row, at=now, window_s=window_s) for row in rows[-EVENTS_SHOWN:]]
        reach = now if oldest is None else oldest
        return [reading(ref, "events_reach", reach, at=now, source="api:events"), *found]

    async def _links(self, ref: Ref) -> Iterable[Reading]:
        from ergon_ops import topology

        return await topology.read_links(ref, self.inventory.containers, self.reads[ref.host], needs=self.needs)


def socket_readings(ref: Ref, sockets: Sockets, *, at: float) -> list[Reading]:
    listeners = [
        reading(
            ref, "listener", item.program, key=f"{item.address}:{item.port}/{item.protocol}", at=at, source=item.source
        )
        for item in sockets.listening
    ]
    peers = [
        reading(
            ref, "connection", item.count, key=f"{item.peer_address}:{item.peer_port}", at=at, source=sockets.source
        )
        for item in sockets.connections
        if item.outgoing
    ]
    return listeners + peers


def event_reading(ref: Ref, row: EngineEvent, *, at: float, window_s: float) -> Reading:
    details = [f"{key} {value}" for key, value in row.attributes.items() if key in ("exit_code", "signal", "health")]
    text = " ".join([row.action, *details])
    return reading(ref, "event", text, key=timestamp(row.at), at=at, source="api:events", window_s=window_s)


def log_readings(ref: Ref, logs: Logs, *, level: str, at: float) -> tuple[Reading, ...]:
    from ergon_ops import logtemplates  # its patterns cost 10 ms, and most questions read no logs

    if logs.unreadable:
        return (reading(ref, "log_unreadable", logs.unreadable, at=at, source=logs.source),)
    summary = logtemplates.summarise(logs.lines)
    shown = replace(summary, templates=summary.at_least(level)) if level else summary
    return logtemplates.readings(ref, shown, at=at, source=logs.source, limit=TEMPLATES_SHOWN)
