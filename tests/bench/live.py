"""Against the real engine: one container's numbers, fifty at once, one container's evidence, the sampler."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docker.api.client import APIClient

from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.engine.reads import DockerReads
from ergon_ops.facts import Group
from ergon_ops.history import Sampler
from ergon_ops.refs import Ref
from tests.bench.crowd import Crowd, ids
from tests.bench.rows import Cost, Row
from tests.bench.timing import awaited, called, docker, processes

EVIDENCE: tuple[Group, ...] = (
    "identity", "state", "limits", "config", "mounts", "networks", "ports", "memory", "cpu", "pids", "io", "filesystem",
)  # fmt: skip
WATCH_S = 10.0


async def measured(crowd: Crowd, reads: DockerReads) -> list[Row]:
    rows = await reads.containers()
    wanted = ids(rows, crowd.names)
    first = ids(rows, [crowd.first])[0]
    files = HostFiles(keep_open=True)
    try:
        if not files.readable(first):
            print("bench: the engine's files are not on this machine; containers are not measured by them")
            return [await evidence(crowd, reads)]
        return [
            *one_container(files, first, crowd.first),
            sweep(files, wanted),
            await evidence(crowd, reads),
            await sampler(files, wanted, crowd.endpoint.url),
        ]
    finally:
        files.close()


def one_container(files: HostFiles, container_id: str, name: str) -> Iterator[Row]:
    ref = Ref(name)

    def ours() -> None:
        files.counters(container_id)
        files.memory(ref, container_id)
        files.pids(ref, container_id)

    cost = called(ours, 200)
    what = "metrics of one container, warm"
    command = docker("stats", "--no-stream", name)
    if command:
        yield Row(what, cost, processes(command, runs=3)[0], "docker stats --no-stream", 0.5e-3)
    with contextlib.closing(_sdk()) as api:
        yield Row(
            what, cost, called(lambda: api.stats(container_id, stream=False), 2), "SDK stats(stream=False)", 0.5e-3
        )


def sweep(files: HostFiles, wanted: Sequence[str]) -> Row:
    """The other way at its best: all at once, a connection each."""
    clients = [_sdk() for _ in wanted]

    def asked() -> None:
        with ThreadPoolExecutor(len(wanted)) as pool:
            list(pool.map(lambda api, one: api.stats(one, stream=False, one_shot=True), clients, wanted))

    try:
        otherwise = called(asked, 2)
    finally:
        for client in clients:
            client.close()
    cost = called(lambda: files.sweep(wanted), 50)
    return Row(f"counters of {len(wanted)} containers", cost, otherwise, "API stats, one-shot, all at once")


async def evidence(crowd: Crowd, reads: DockerReads) -> Row:
    """Configuration, numbers, processes, sockets and a hundred log lines."""
    ref = Ref(crowd.first)

    async def look() -> None:
        await asyncio.gather(
            reads.read(ref, EVIDENCE), reads.processes(ref), reads.sockets(ref), reads.logs(ref, LogQuery(tail=100))
        )

    cost = await awaited(look, 20)
    what, how = "evidence of one container, 100 log lines", "docker inspect + logs + top"
    commands = [docker(*words, crowd.first) for words in (("inspect",), ("logs", "--tail", "100"), ("top",))]
    known = [command for command in commands if command]
    if not known:
        return Row(what, cost, budget=10e-3)
    parts = processes(*known, runs=5)
    otherwise = Cost(*(sum(getattr(part, name) for part in parts) for name in ("median", "best", "p99")))
    return Row(what, cost, otherwise, how, 10e-3)


async def sampler(files: HostFiles, wanted: Sequence[str], url: str) -> Row:
    """The share of a core that watching takes: of this process here, of the engine and its client there."""
    watch = Sampler("local", _Swept(files, wanted), owner="bench", clock=time.time)
    engine = _peer(url)
    before, engine_before, began = time.process_time(), _spent(engine), time.monotonic()
    with watch.watching():
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(WATCH_S)
        running.cancel()
    took = time.monotonic() - began
    share, idle = (time.process_time() - before) / took, (_spent(engine) - engine_before) / took
    otherwise = await asyncio.to_thread(_streams, engine, idle) if engine and docker() else None
    cost = Cost(share, share, share)
    how = "docker stats: its CPU and dockerd's"
    return Row(f"sampling {len(wanted)} containers each second", cost, otherwise, how, 0.01, "cores")


class _Swept:
    """These containers only, as the sampler asks for all."""

    def __init__(self, files: HostFiles, wanted: Sequence[str]) -> None:
        self._sweep: Callable[[], Any] = lambda: files.sweep(wanted)

    async def counters(self, _ids: Sequence[str] | None = None) -> Any:
        return self._sweep()


def _streams(engine: int, idle: float) -> Cost:
    """`docker stats` for a while, less what the engine does anyway."""
    command = docker("stats", "--format", "{{.CPUPerc}}")
    assert command
    before, began = _spent(engine), time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        time.sleep(WATCH_S / 2)
        spent = _spent(engine) - before + _spent(client.pid)
        took = time.monotonic() - began
        client.kill()
    share = max(0.0, spent / took - idle)
    return Cost(share, share, share)


def _spent(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peer(url: str) -> int:
    """The engine's pid, as its socket tells; 0 where it is not on this machine."""
    path = url.removeprefix("unix://")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as wire:
        wire.connect(path)
        pid: int = struct.unpack("3i", wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        return pid
    return 0


def _sdk() -> APIClient:
    return APIClient(base_url=os.environ["DOCKER_HOST"], version="auto", timeout=20)
