"""Containers on a real engine for the tests of this folder: named apart from everybody else's, and removed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ergon_ops.engine.connect import Endpoint, endpoints
from ergon_ops.engine.images import DockerImages
from ergon_ops.engine.protocols import ContainerSpec
from ergon_ops.engine.reads import DockerReads, open_reads
from ergon_ops.engine.writes import DockerWrites
from ergon_ops.errors import NoSuchContainer
from ergon_ops.refs import Ref
from ergon_ops.settings import DockerEnv

IMAGE = "ergon-ops-lab/busybox:1"
BUSYBOX = Path(__file__).parent.parent / "lab" / "busybox"
PATIENCE_S = 60.0
T = TypeVar("T")


class RealEngine:
    """`remote` reads the same engine as if it were far away: by the API alone."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.reads = open_reads(endpoint, deadline_s=PATIENCE_S)
        self.remote = DockerReads(endpoint, None, clock=time.time, deadline_s=PATIENCE_S)
        self.writes = DockerWrites(endpoint)
        self.images = DockerImages(endpoint)
        self._made: list[str] = []

    @classmethod
    def at(cls, docker_host: str) -> RealEngine:
        return cls(endpoints(DockerEnv(docker_host=docker_host, config_dir=Path("/nonexistent")))[0])

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, docker_host: str) -> AsyncIterator[RealEngine]:
        """With the image its containers are made of; what was made on it is removed in the end."""
        real = cls.at(docker_host)
        try:
            if await real.images.image_labels(IMAGE) is None:
                await real.images.build(BUSYBOX, IMAGE, labels={}, build_args={}, progress=print)
            yield real
        finally:
            await real.close()

    async def create(self, script: str = "sleep 1000", **more: Any) -> Ref:
        name = more.pop("name", "") or f"engtest-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        spec = replace(ContainerSpec(name, IMAGE, ("sh", "-c", script)), **more)
        self._made.append(await self.writes.create(spec))
        return Ref(name, self.endpoint.host)

    async def run(self, script: str = "sleep 1000", **more: Any) -> Ref:
        ref = await self.create(script, **more)
        await self.writes.start(self._made[-1])
        return ref

    async def id_of(self, ref: Ref) -> str:
        return next(row.id for row in await self.reads.containers() if row.ref == ref)

    async def value(self, ref: Ref, name: str, key: str = "") -> Any:
        from ergon_ops.facts import FACTS

        found = await self.reads.read(ref, [FACTS[name].group])
        return next((item.value for item in found if (item.name, item.key) == (name, key)), None)

    async def clear_one(self, ref: Ref) -> None:
        """Removes one of those that were made; `clear` finds it gone."""
        await self.writes.remove(await self.id_of(ref), force=True, volumes=True)

    async def clear(self) -> None:
        """Removes what was made."""
        while self._made:
            made = self._made.pop()
            try:
                await self.writes.remove(made, force=True, volumes=True)
            except NoSuchContainer:
                continue

    async def close(self) -> None:
        await self.clear()
        for part in (self.reads, self.remote, self.writes, self.images):
            await part.close()


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool]) -> T:
    """Looks again and again, as long as an engine may take on a crowded machine; gives back what it saw last."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        found = await look()
        if good(found) or time.monotonic() > ends:
            return found
        await asyncio.sleep(0.05)


async def heard(seen: Sized, speak: Callable[[], Awaitable[object]]) -> None:
    """Makes events until one of them is heard: from then on none is missed."""
    ends = time.monotonic() + PATIENCE_S
    while not seen and time.monotonic() < ends:
        await speak()
        await asyncio.sleep(0.1)
    assert seen
