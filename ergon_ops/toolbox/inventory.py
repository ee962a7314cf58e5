"""Who is there: every container of every host, listed at once, and the hosts that did not answer."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, EngineInfo, Reads
from ergon_ops.errors import EngineError, NoSuchContainer
from ergon_ops.refs import Ref
from ergon_ops.toolbox.recent import Recent


@dataclass(frozen=True, slots=True)
class Inventory:
    containers: tuple[Container, ...]
    infos: Mapping[str, EngineInfo] = field(default_factory=dict)
    failures: Mapping[str, EngineError] = field(default_factory=dict)
    _of: dict[Ref, Container] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_of", {row.ref: row for row in self.containers})

    def get(self, ref: Ref) -> Container | None:
        return self._of.get(ref)

    def peers(self, ref: Ref) -> tuple[Container, ...]:
        """Every other container of the same host."""
        return tuple(row for row in self.containers if row.ref.host == ref.host and row.ref != ref)


async def take_inventory(reads: Mapping[str, Reads], recent: Recent | None = None) -> Inventory:
    """Lists all hosts in parallel, but for those whose list `recent` holds. A host that fails is in `failures`; nothing
    is raised for it."""
    known = recent or Recent()
    rows: list[Container] = []
    infos: dict[str, EngineInfo] = {}
    failures: dict[str, EngineError] = {}

    async def one(host: str, engine: Reads) -> None:
        try:
            found, infos[host] = await known.containers(host, engine)
            rows.extend(found)
        except EngineError as error:
            failures[host] = error

    await asyncio.gather(*(one(host, engine) for host, engine in reads.items()))
    rows.sort(key=lambda row: (row.ref.host, row.ref.name))
    return Inventory(tuple(rows), infos, failures)


def unknown(name: str, names: list[str]) -> NoSuchContainer:
    """The error for a name nobody has, with the three nearest."""
    nearest = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.3)
    step = f"did you mean {', '.join(nearest)}?" if nearest else "`ergon-ops list` shows every container"
    return NoSuchContainer(f"No container is called {name[:80]!r}", next=step, details={"nearest": nearest})
