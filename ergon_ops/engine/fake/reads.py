"""The fake's `Reads`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Self

from ergon_ops.engine.fake.readings import machine_readings, readings
from ergon_ops.engine.fake.rows import configuration, digest, row
from ergon_ops.engine.fake.world import FakeWorld
from ergon_ops.engine.protocols import (
    Container,
    Counters,
    EngineEvent,
    EngineInfo,
    LogLine,
    LogQuery,
    Logs,
    Overrides,
    ProbeTarget,
    Process,
    Sockets,
    World,
)
from ergon_ops.errors import EngineConflict, EngineError
from ergon_ops.facts import Group, Reading, reading
from ergon_ops.loglevels import at_least, level_of
from ergon_ops.refs import Ref

UNREADABLE = {"none", "syslog", "gelf", "fluentd", "awslogs", "splunk", "gcplogs"}


class FakeReads(FakeWorld):
    def turn(self) -> Self:
        return self

    async def info(self) -> EngineInfo:
        await self.gate("info")
        machine = self.machine
        return EngineInfo(
            self.host,
            machine.version,
            machine.api_version,
            "FAKE:" + digest(self.host)[:12].upper(),
            machine.os,
            machine.root_dir,
            machine.cpus,
            machine.memory,
            "2" if machine.cgroup_version == "2" else "1",
            machine.files_readable,
        )

    async def containers(self) -> tuple[Container, ...]:
        now = await self.gate("containers")
        return tuple(row(container, self.host, now) for container in self.inventory.values())

    async def read(self, ref: Ref, groups: Sequence[Group]) -> tuple[Reading, ...]:
        now = await self.gate("read")
        return readings(ref, self.at(ref), self.machine, groups, now)

    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]:
        now = await self.gate("counters")
        wanted = None if ids is None else set(ids)
        running = (container for container in self.inventory.values() if container.alive)
        return tuple(found.counters(now) for found in running if wanted is None or found.id in wanted)

    async def processes(self, ref: Ref) -> tuple[Process, ...]:
        """Of a stopped container the engine refuses to tell: EngineConflict."""
        await self.gate("processes")
        container = self.at(ref)
        if not container.alive:
            raise EngineConflict(f"container {ref.short} is not running", next="ergon-ops list shows its state")
        return tuple(replace(process, started_at=container.started_at) for process in container.processes)

    async def sockets(self, ref: Ref) -> Sockets:
        await self.gate("sockets")
        container = self.at(ref)
        if not container.alive or not self.machine.files_readable:
            return Sockets(visible=False, source="fake:sockets")
        return Sockets(True, tuple(container.listening), tuple(container.connections), "fake:sockets")

    async def probes(self, ref: Ref, targets: Sequence[ProbeTarget]) -> tuple[Reading, ...]:
        now = await self.gate("probes")
        container = self.at(ref)
        if container.state != "running" or not targets:
            return ()
        said = container.probed.items()
        return tuple(
            reading(ref, name, value, key=key, at=now, source=f"fake:probes#{name}") for (name, key), value in said
        )

    async def logs(self, ref: Ref, query: LogQuery) -> Logs:
        await self.gate("logs")
        container = self.at(ref)
        if container.log_driver in UNREADABLE:
            return Logs((), "fake:logs", unreadable=f"its log driver is {container.log_driver}")
        lines, cut = _within(_tail(container.logs, query), query.max_bytes)
        return Logs(tuple(line for line in lines if _wanted(line, query)), "fake:logs", cut=cut)

    async def follow_logs(self, ref: Ref, query: LogQuery) -> AsyncIterator[LogLine]:
        await self.gate("follow_logs")
        container = self.at(ref)
        queue: asyncio.Queue[LogLine] = asyncio.Queue()
        with contextlib.ExitStack() as stack:
            readers = self._readers.setdefault(container.id, set())
            readers.add(queue)
            stack.callback(readers.discard, queue)
            for line in _tail(container.logs, query):
                if _wanted(line, query):
                    yield line
            while True:
                line = await queue.get()
                if _wanted(line, query):
                    yield line

    async def events(self, *, since: float, until: float, ref: Ref | None = None) -> tuple[EngineEvent, ...]:
        await self.gate("events")
        found = (event for event in self.journal if since <= event.at <= until)
        return tuple(sorted((event for event in found if ref in (None, event.ref)), key=lambda event: event.at))

    async def events_reach(self) -> float | None:
        await self.gate("events")
        return min((event.at for event in self.journal), default=None)

    async def follow_events(self, *, since: float | None = None) -> AsyncIterator[EngineEvent]:
        await self.gate("follow_events")
        queue: asyncio.Queue[EngineEvent | EngineError] = asyncio.Queue()
        self._followers.add(queue)
        past = () if since is None else tuple(event for event in self.journal if event.at >= since)
        try:
            for former in past:
                yield former
            while True:
                event = await queue.get()
                if isinstance(event, EngineError):
                    raise event
                yield event
        finally:
            self._followers.discard(queue)

    async def overrides(self, ref: Ref, expected: Mapping[str, str]) -> Overrides:
        await self.gate("overrides")
        has = self.at(ref).environment
        return Overrides(tuple(has), {key: has[key] == value for key, value in expected.items() if key in has})

    async def world(self, ref: Ref) -> World:
        await self.gate("world")
        container = self.at(ref)
        text = json.dumps(configuration(container), sort_keys=True, default=str)
        return World(container.id, "sha256:" + digest(text), container.started_at)

    async def portrait(self, ref: Ref, salt: bytes) -> Mapping[str, str]:
        await self.gate("portrait")
        container = self.at(ref)
        rows = {
            key: "none" if value is None else str(value)
            for key, value in configuration(container).items()
            if key != "environment"
        }
        return rows | {f"env {key}": digest(salt.hex(), key, text) for key, text in container.environment.items()}

    async def host_readings(self) -> tuple[Reading, ...]:
        with contextlib.suppress(EngineError):
            await self.gate("host_readings")
        states = {"running": 0, "paused": 0, "exited": 0}
        for container in self.inventory.values():
            state = container.state if container.state in ("running", "paused") else "exited"
            states["running" if state == "running" or container.state == "restarting" else state] += 1
        return machine_readings(self.host, self.machine, condition=self.condition, containers=states, now=self.clock())

    async def close(self) -> None:
        return None


def _tail(lines: Sequence[LogLine], query: LogQuery) -> list[LogLine]:
    """The last `tail` lines between `since` and `until`; a line without a time is always in."""
    low, high = query.since or float("-inf"), query.until or float("inf")
    inside = [line for line in lines if line.at is None or low <= line.at <= high]
    return inside[-query.tail :] if query.tail > 0 else []


def _within(lines: list[LogLine], max_bytes: int) -> tuple[list[LogLine], bool]:
    """As many of the newest lines as fit, and whether some did not."""
    kept: list[LogLine] = []
    for line in reversed(lines):
        max_bytes -= len(line.text.encode()) + 1
        if max_bytes < 0:
            return kept[::-1], True
        kept.append(line)
    return kept[::-1], False


def _wanted(line: LogLine, query: LogQuery) -> bool:
    if query.grep and query.grep.lower() not in line.text.lower():
        return False
    return not query.level or at_least(level_of(line.text), query.level)
