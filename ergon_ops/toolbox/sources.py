"""Where each group of facts comes from: the engine's inspect, rates of counters, tables, events, the host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from typing import Any, TypeVar

from ergon_ops import services
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, EngineEvent, LogQuery, Logs, Process, Reads, Sockets
from ergon_ops.errors import EngineConflict, ErgonError
from ergon_ops.events import timestamp
from ergon_ops.facts import Group, Reading, reading
from ergon_ops.history import RateReader
from ergon_ops.refs import Ref
from ergon_ops.toolbox.asked import Asked
from ergon_ops.toolbox.inventory import Inventory
from ergon_ops.toolbox.socketfacts import socket_readings

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
        "threads",
        "tools",
        "security",
        "image",
        "files",
    }
)
INSIDE: frozenset[Group] = frozenset({"processes", "sockets", "services"})
MOVING: frozenset[Group] = frozenset({"cpu", "io"})
EVENTS_SHOWN = 40
EVENTS_S = 3600.0
SIGNAL_LINES = 1_000
LOOP_S = 300.0
LIMIT = "memory_limit"  # where less than half of it is taken, nothing waits for how its memory grows
TEMPLATES_SHOWN = 30
T = TypeVar("T")
Job = Coroutine[Any, Any, Iterable[Reading]]


@dataclass(slots=True)
class Sources:
    """`expected` names the services a container should run (what is missing is *down*), `needs` its manifest's
    `depends_on`; `probing` says whether a container's services may be asked how they are."""

    reads: Mapping[str, Reads]
    rates: Mapping[str, RateReader]
    inventory: Inventory
    clock: Callable[[], float]
    expected: Callable[[Ref], Sequence[tuple[str, int | None]]]
    needs: Callable[[Ref], Sequence[str]]
    probing: Callable[[Ref], bool] = lambda ref: True
    changed: Callable[[Ref, float], Sequence[tuple[float, str]]] = lambda _ref, _since: ()
    asked: Asked = field(default_factory=Asked)
    onsets: Callable[[Ref, float], Sequence[tuple[float, str]]] = lambda _ref, _since: ()
    detected: dict[Ref, tuple[services.Service, ...]] = field(default_factory=dict)
    _processes: dict[Ref, tuple[Process, ...]] = field(default_factory=dict)
    _sockets: dict[Ref, Sockets] = field(default_factory=dict)

    async def fetch(self, ref: Ref, groups: Sequence[Group], *, window_s: float) -> tuple[Reading, ...]:
        """All readings of these groups, from as few calls as possible, in parallel."""
        jobs: list[Job] = []
        if FROM_INSPECT.intersection(groups):
            jobs.append(self._inspected(ref, groups, window_s))
        if INSIDE.intersection(groups):
            jobs.append(self._tables(ref, groups))
        if "events" in groups:
            jobs.append(self._events(ref, max(window_s, EVENTS_S)))
        if "signals" in groups:
            jobs.append(self._signals(ref))
        if {"trend", "probes"}.intersection(groups):
            jobs.append(self._in_turn(ref, groups, window_s))
        if "host" in groups:
            jobs.append(self.asked.once(ref.host, "host", self.reads[ref.host].host_readings))
        if "logfile" in groups:  # by itself: it looks twice, and nothing else should wait for that
            jobs.append(self.reads[ref.host].read(ref, ["logfile"]))
        if "window" in groups:
            jobs.append(self._watched(ref, window_s))
        if "history" in groups:
            jobs.append(self._on_record(ref))
        if "topology" in groups:
            jobs.append(self._links(ref))
        return tuple(item for items in await asyncio.gather(*jobs) for item in items)

    async def begin(self, refs: Iterable[Ref]) -> None:
        """A first look at many at once: fifty containers' trends need not begin one after the other."""
        rows = [row for ref in refs if (row := self.inventory.get(ref)) is not None and self._has_trend(row)]
        for host in dict.fromkeys(row.ref.host for row in rows):
            with suppress(ErgonError):  # whoever reads a container next is told
                await self.rates[host].begin(row.id for row in rows if row.ref.host == host)

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
        """Processes and sockets of a container, each read once a turn. One that restarts has none."""
        return await asyncio.gather(self._processes_of(row), self._sockets_of(row))

    async def _processes_of(self, row: Container) -> tuple[Process, ...]:
        if not row.running or row.state == "restarting":
            return ()
        if row.ref not in self._processes:
            # One that crashes in a loop may have ended since it was listed: nothing else of it is lost for that.
            with suppress(EngineConflict):
                self._processes[row.ref] = await self.reads[row.ref.host].processes(row.ref)
        return self._processes.get(row.ref, ())

    async def _sockets_of(self, row: Container) -> Sockets:
        if not row.running or row.state == "restarting":
            return Sockets(visible=False)
        if row.ref not in self._sockets:
            self._sockets[row.ref] = await self.reads[row.ref.host].sockets(row.ref)
        return self._sockets[row.ref]

    async def _tables(self, ref: Ref, groups: Sequence[Group]) -> Iterable[Reading]:
        row = self.inventory.get(ref)
        if row is None:
            return ()
        inside = {"processes", "services"}.intersection(groups)
        processes, sockets = await self.look_inside(row) if inside else ((), await self._sockets_of(row))
        now = self.clock()
        found: list[Reading] = []
        if "processes" in groups:
            found += process_readings(ref, processes, at=now)
        if "sockets" in groups:
            found += socket_readings(ref, sockets, at=now)
        if "services" in groups and row.running:
            self.detected[ref] = services.detect(
                row, processes, sockets, exposed=row.exposed, expected=self.expected(ref)
            )
            found += services.readings(ref, self.detected[ref], at=now)
        return found

    async def _probes(self, ref: Ref) -> Iterable[Reading]:
        row = self.inventory.get(ref)
        if row is None or row.state != "running":
            return ()
        processes, sockets = await self.look_inside(row)
        found = services.detect(row, processes, sockets, exposed=row.exposed, expected=self.expected(ref))
        targets = services.targets(found, processes)
        if self.probing(ref):
            return await self.reads[ref.host].probes(ref, targets)
        now = self.clock()
        return [
            reading(ref, "probe_refused", "probes are off", key=each, at=now, source="settings:probes")
            for each in dict.fromkeys(target.program for target in targets)
        ]

    async def _events(self, ref: Ref, window_s: float) -> Iterable[Reading]:
        """Of everyone at once: an engine keeps a few hundred events in all."""
        now, engine = self.clock(), self.reads[ref.host]
        past = self.asked.once(ref.host, f"events {window_s}", lambda: engine.events(since=now - window_s, until=now))
        rows, oldest = await asyncio.gather(past, self.asked.once(ref.host, "reach", engine.events_reach))
        own = [row for row in rows if row.ref == ref]
        found = [event_reading(ref, row, at=now, window_s=window_s) for row in own[-EVENTS_SHOWN:]]
        reach = now if oldest is None else oldest
        written = (("change", "state:lives", self.changed), ("onset", "state:findings", self.onsets))
        seen = [
            reading(ref, name, text, key=timestamp(at), at=now, source=source)
            for name, source, told in written
            for at, text in told(ref, now - window_s)[-EVENTS_SHOWN:]
        ]
        return [reading(ref, "events_reach", reach, at=now, source="api:events"), *found, *seen]

    async def _signals(self, ref: Ref) -> Iterable[Reading]:
        """What the log of the current or last run says; of a loop, also of the runs before it."""
        from ergon_ops.logtemplates import signals, supervisors

        engine = self.reads[ref.host]
        state = {item.name: item.value for item in await engine.read(ref, ["state"])}
        started, up = state.get("started_at"), state.get("uptime")
        if not isinstance(started, (int, float)):
            return ()
        young = not isinstance(up, (int, float)) or up < 60.0
        since = started - LOOP_S if state.get("restart_count") and young else started - 0.1
        try:
            logs = await engine.logs(ref, LogQuery(since=since, tail=SIGNAL_LINES))
        except EngineConflict as error:  # it is being removed: all else that was read of it still counts
            return (reading(ref, "log_unreadable", error.message, at=self.clock(), source="api:logs"),)
        source = f"{logs.source}#signal since {timestamp(since)}"
        if logs.unreadable:
            return (reading(ref, "log_unreadable", logs.unreadable, at=self.clock(), source=logs.source),)
        counts = supervisors.counted([line.text for line in logs.lines])
        seen = [reading(ref, name, count, at=self.clock(), source=source) for name, count in counts.items()]
        return (*seen, *signals.readings(ref, logs.lines, at=self.clock(), source=source))

    async def _watched(self, ref: Ref, window_s: float) -> Iterable[Reading]:
        row = self.inventory.get(ref)
        if row is None or row.state != "running":
            return ()
        try:
            return await self.rates[ref.host].watch(ref, row.id, self.reads[ref.host], window_s=window_s)
        except EngineConflict:
            return ()  # it ended meanwhile: of one that restarts again and again there is no window

    async def _on_record(self, ref: Ref) -> Iterable[Reading]:
        row = self.inventory.get(ref)
        return () if row is None else self.rates[ref.host].on_record(ref, row.id, at=self.clock())

    async def _in_turn(self, ref: Ref, groups: Sequence[Group], window_s: float) -> Iterable[Reading]:
        """Looks for a trend, and then what services say of themselves: as it is at the end, like the rates, and when
        nothing else keeps this process from hearing them in time."""
        trend = await self._trend(ref) if "trend" in groups and window_s else ()
        return (*trend, *(await self._probes(ref) if "probes" in groups else ()))

    async def _trend(self, ref: Ref) -> Iterable[Reading]:
        """Only for who has time to look several times, and where a look costs nothing."""
        row = self.inventory.get(ref)
        if row is None or not self._has_trend(row):
            return ()

        async def matters(memory: int) -> bool:
            found = (item.value for item in await self.reads[ref.host].read(ref, ["limits"]) if item.name == LIMIT)
            return any(isinstance(limit, int) and 0 < limit <= 2 * memory for limit in found)

        return await self.rates[ref.host].trend(ref, row.id, matters)

    def _has_trend(self, row: Container) -> bool:
        info = self.inventory.infos.get(row.ref.host)
        return row.state == "running" and info is not None and info.files_readable

    async def _links(self, ref: Ref) -> Iterable[Reading]:
        from ergon_ops import topology

        return await topology.read_links(ref, self.inventory.containers, self.reads[ref.host], needs=self.needs)


def process_readings(ref: Ref, processes: Sequence[Process], *, at: float) -> list[Reading]:
    """Each process, and how many are zombies, with those who should have waited for them."""
    found = [reading(ref, "process", item.name, key=str(item.pid), at=at, source=item.source) for item in processes]
    dead = [item for item in processes if item.state == "Z"]
    if processes:
        found.append(reading(ref, "zombies", len(dead), at=at, source="proc:*/stat#state"))
    parents = {item.parent for item in dead}
    return found + [
        reading(ref, "zombie_parent", item.name, key=str(item.pid), at=at, source=item.source)
        for item in processes
        if item.pid in parents and item.state != "Z"
    ]


def event_reading(ref: Ref, row: EngineEvent, *, at: float, window_s: float) -> Reading:
    details = [f"{key} {value}" for key, value in row.attributes.items() if key in ("exit_code", "signal", "health")]
    text = " ".join([row.action, *details])
    return reading(ref, "event", text, key=timestamp(row.at), at=at, source="api:events", window_s=window_s)


def log_readings(ref: Ref, logs: Logs, *, level: str, at: float) -> tuple[Reading, ...]:
    from ergon_ops.logtemplates import summary as logtemplates  # its patterns cost 10 ms; most questions tell no logs

    if logs.unreadable:
        return (reading(ref, "log_unreadable", logs.unreadable, at=at, source=logs.source),)
    summary = logtemplates.summarise(logs.lines)
    shown = replace(summary, templates=summary.at_least(level)) if level else summary
    return logtemplates.readings(ref, shown, at=at, source=logs.source, limit=TEMPLATES_SHOWN)
