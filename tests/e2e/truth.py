"""What is true of a fake world, read off the engine itself: the judge's side of the comparison."""

from __future__ import annotations

import time as clocks
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ergon_ops.engine.fake import FakeEngine
from ergon_ops.engine.fake.container import FakeContainer
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.facts import Group
from ergon_ops.refs import Ref

GROUPS: tuple[Group, ...] = (
    "identity", "state", "limits", "config", "mounts", "networks", "ports", "memory", "pids", "io", "filesystem",
)  # fmt: skip
MOVING = ("block_read_rate", "block_write_rate", "network_rx_rate", "network_tx_rate")


class Known(NamedTuple):
    name: str
    key: str
    value: float
    unit: str


@dataclass(slots=True)
class Truth:
    """Of one container, or of the host: numbers with their units, and every word that may be said."""

    name: str
    state: str = "running"
    health: str = "none"
    numbers: list[Known] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)
    serving: dict[str, set[int]] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.words).lower()

    def add(self, name: str, value: float | None, unit: str, key: str = "") -> None:
        if value is not None:
            self.numbers.append(Known(name, key, float(value), unit))


async def truths(engine: FakeEngine, now: float) -> dict[str, Truth]:
    """By container's name; the host under ''."""
    host = Truth("")
    found = {"": host}
    for item in await engine.host_readings():
        if isinstance(item.value, (int, float)):
            host.add(item.name, item.value, item.unit, item.key)
        host.words += [item.name, item.key, str(item.value)]
    rows = await engine.containers()
    for row in rows:
        found[row.ref.name] = await _of(engine, row.ref, now)
    host.add("containers", len(rows), "count")
    return found


async def _of(engine: FakeEngine, ref: Ref, now: float) -> Truth:
    truth, box = Truth(ref.name), engine.find(ref.name)
    for item in await engine.read(ref, GROUPS):
        truth.words += [item.name, item.key, *([item.value] if isinstance(item.value, str) else [])]
        if item.unit == "time" and isinstance(item.value, (int, float)):
            truth.add(item.name, now - item.value, "s")
            truth.words.append(clocks.strftime("%Y-%m-%d %H:%M:%S", clocks.gmtime(item.value)))
        elif isinstance(item.value, (int, float)) and not isinstance(item.value, bool):
            truth.add(item.name, item.value, item.unit, item.key)
        if item.name in ("published_port", "exposed_port"):
            truth.ports |= {int(part) for part in _digits(f"{item.key.rpartition(':')[2]} {item.value}")}
        truth.ports |= {int(part) for part in _digits(str(item.value))} if item.name == "env_host" else set()
    for event in await engine.events(since=0.0, until=now, ref=ref):
        truth.add("event", now - event.at, "s")
        truth.words.append(clocks.strftime("%Y-%m-%d %H:%M:%S", clocks.gmtime(event.at)))
    truth.state, truth.health = box.state, box.health
    await _programs(engine, ref, truth)
    _moving(box, truth, engine)
    _derived(truth)
    return truth


async def _programs(engine: FakeEngine, ref: Ref, truth: Truth) -> None:
    logs = await engine.logs(ref, LogQuery())
    truth.words += [line.text for line in logs.lines]
    truth.add("log_lines", len(logs.lines), "count")
    truth.add("log_errors", sum("ERROR" in line.text or "FATAL" in line.text for line in logs.lines), "count")
    if truth.state != "running":
        return
    processes = await engine.processes(ref)
    truth.add("pids", len(processes), "count")
    for process in processes:
        truth.words += [process.name, process.command]
        truth.add("rss", process.rss_bytes, "bytes", process.name)
    for socket in (await engine.sockets(ref)).listening:
        truth.ports.add(socket.port)
        program = next((item.name for item in processes if item.pid == socket.pid), socket.program)
        truth.serving.setdefault(program.rstrip("0123456789.").removesuffix("-server"), set()).add(socket.port)


def _moving(box: FakeContainer, truth: Truth, engine: FakeEngine) -> None:
    if truth.state != "running":
        return
    truth.add("cpu_usage", box.cpu_cores, "cores")
    truth.add("cpu_limit", box.cpu_limit, "cores")
    truth.add("cpu_ratio", box.cpu_cores / (box.cpu_limit or engine.machine.cpus), "ratio")
    truth.add("cpu_throttled_ratio", box.throttled_ratio if box.cpu_limit else 0.0, "ratio")
    for name in MOVING:
        truth.add(name, getattr(box, name), "bytes/s")
    if box.throttled_ratio > 0.25:
        truth.causes += ["throttl", "cpu", "limit"]
    if box.health == "unhealthy":
        truth.causes += ["unhealthy", "healthcheck", "no response"]


def _derived(truth: Truth) -> None:
    of = {item.name: item.value for item in truth.numbers}
    if "memory_limit" in of and "memory_working_set" in of:
        truth.add("memory_left", of["memory_limit"] - of["memory_working_set"], "bytes")
        truth.add("memory_left", 1 - of["memory_working_set"] / of["memory_limit"], "ratio")
    for kind in ("memory_ratio", "cpu_ratio", "fs_used_ratio", "cpu_throttled_ratio"):
        truth.numbers += [item._replace(value=1 - item.value) for item in truth.numbers if item.name == kind]
    sizes = {item.key: item.value for item in truth.numbers if item.name == "fs_size"}
    free = [(item.key, sizes[item.key] - item.value) for item in truth.numbers if item.name == "fs_used"]
    for key, value in free:
        truth.add("fs_free", value, "bytes", key)


def _digits(text: str) -> Iterable[str]:
    import re

    return re.findall(r"(?<!\d)\d{2,5}(?!\d)", text)
