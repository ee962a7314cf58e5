"""What is made for one proof, and removed whatever happens: here, or by `leftovers` when the process was killed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import field
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.stack.leftovers import Trail, labels_of
from ergon_ops.stack.up import Engine


@dataclass(slots=True)
class Bench:
    """`layers` are images without a name: stages of a build that are no image of their own would stay behind."""

    engine: Engine
    cache: Path
    mark: str = field(default_factory=lambda: f"ergon-ops-proof-{secrets.token_hex(4)}")
    containers: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    network: str = ""

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.mark)

    async def build(self, context: Path, tag: str, lines: list[str], *, deadline_s: float) -> None:
        """`lines` are what the engine says meanwhile. Raises ErgonError."""
        trail = Trail(self.cache, self.mark)

        def heard(line: str) -> None:
            lines.append(line)
            if "--->" in line:
                trail.hold([*self.layers, *created(lines)])

        self.images.append(tag)  # removed also where making it took too long
        try:
            await self.engine.images.build(
                context, tag, labels=self.labels, build_args={}, progress=heard, deadline_s=deadline_s
            )
        finally:
            self.layers += created(lines)

    async def build_base(self, context: Path, *, deadline_s: float) -> str:
        """Its tag."""
        tag = f"{self.mark}:{len(self.images)}"
        await self.build(context, tag, [], deadline_s=deadline_s)
        return tag

    async def clear(self) -> None:
        for id in self.containers:
            with contextlib.suppress(ErgonError):
                await self.engine.writes.remove(id, force=True, volumes=True)
        if self.network:
            with contextlib.suppress(ErgonError):
                await self.engine.writes.remove_network(self.network)
        for name in (*reversed(self.images), *reversed(self.layers)):
            with contextlib.suppress(ErgonError):
                await self.engine.images.remove_image(name)
        Trail(self.cache, self.mark).end()


@asynccontextmanager
async def bench(engine: Engine, cache: Path) -> AsyncIterator[Bench]:
    made = Bench(engine, cache)
    try:
        yield made
    finally:
        # Also on Ctrl-C: what is asked of the engine now is finished before the program ends.
        await asyncio.shield(made.clear())


def created(lines: Sequence[str]) -> list[str]:
    """The layers a build made anew, as its lines tell: a base, and what came from the cache, is somebody else's."""
    found, others = [], False
    for line in lines:
        if re.match(r"Step \d+/\d+ : ", line):
            others = line.split(" : ", 1)[1].upper().startswith("FROM")
        elif "Using cache" in line:
            others = True
        elif (layer := re.match(r"\s*---> ([0-9a-f]{12})$", line)) and not others:
            found.append(layer[1])
    return found
