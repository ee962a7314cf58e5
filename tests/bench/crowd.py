"""Fifty containers of our own on the real engine: made several at a time, known by their names, removed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ergon_ops.engine.connect import Endpoint, endpoints
from ergon_ops.engine.protocols import Container, ContainerSpec
from ergon_ops.engine.reads import DockerReads
from ergon_ops.engine.writes import DockerWrites
from ergon_ops.errors import NoSuchContainer
from ergon_ops.settings import DockerEnv

IMAGE = "ergon-ops-lab/busybox:1"
PREFIX = "ergon-bench-"
COUNT, AT_ONCE = 50, 6
# The first is asked about: it serves a port and has written a hundred lines.
FIRST = 'for n in $(seq 100); do echo "line $n of a hundred"; done; exec httpd -f -p 8080 -h /'


@dataclass(frozen=True, slots=True)
class Crowd:
    endpoint: Endpoint
    names: tuple[str, ...]

    @property
    def first(self) -> str:
        return self.names[0]


def endpoint() -> Endpoint:
    (found,) = endpoints(DockerEnv(docker_host=os.environ["DOCKER_HOST"], config_dir=Path("/nonexistent")))
    return found


async def make(writes: DockerWrites, point: Endpoint, count: int = COUNT) -> Crowd:
    names = tuple(f"{PREFIX}{os.getpid()}-{number}" for number in range(count))
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, name: str) -> None:
        script = "exec sleep 600" if number else FIRST
        # Only the first needs a network; the others start in half the time without.
        networks = () if number == 0 else ("none",)
        spec = ContainerSpec(name, IMAGE, ("sh", "-c", script), memory_bytes=64 * 2**20, networks=networks)
        async with turn:
            await writes.start(await writes.create(spec))

    await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))
    return Crowd(point, names)


async def remove(reads: DockerReads, writes: DockerWrites) -> None:
    """Ours and what a bench that was killed left behind."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(row: Container) -> None:
        async with turn:
            try:
                await writes.remove(row.id, force=True, volumes=True)
            except NoSuchContainer:
                return

    await asyncio.gather(*(one(row) for row in await reads.containers() if row.ref.name.startswith(PREFIX)))


def ids(rows: Sequence[Container], names: Sequence[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(row.id for row in rows if row.ref.name in wanted)
