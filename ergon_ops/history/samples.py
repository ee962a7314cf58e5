"""What history needs of its neighbours: somebody who reads counters, and a place that outlives the process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ergon_ops.engine.protocols import Counters
from ergon_ops.refs import Ref
from ergon_ops.store.records import Usage

# A sample older than this says nothing about "now".
OLDEST_S = 120.0
# Shorter windows are noise: the scheduler's period is 0.1 s, and fewer than three of them prove nothing.
SHORTEST_S = 0.35


class CountersSource(Protocol):
    """`Reads`, as far as it matters here. `counters(None)` asks for every running container."""

    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]: ...


class Samples(Protocol):
    """The store's side. `save_counters` replaces what was kept for that host; one process at a time holds the lease."""

    def load_counters(self, host: str) -> Iterable[Counters]: ...
    def save_counters(self, host: str, counters: Iterable[Counters]) -> None: ...
    def take_lease(self, host: str, owner: str, *, seconds: float) -> bool: ...
    def usage(self, container_id: str, ref: Ref | None = None) -> Usage | None: ...


def merged(known: Iterable[Counters], fresh: Iterable[Counters]) -> tuple[Counters, ...]:
    """One sample a container, the fresh one where there is one; what is too old to be of use is dropped."""
    new = {item.container_id: item for item in fresh}
    newest = max((item.at for item in new.values()), default=0.0)
    old = (item for item in known if item.container_id not in new and newest - item.at <= OLDEST_S)
    return (*old, *new.values())


def same_run(earlier: Counters, later: Counters) -> bool:
    """False once a container was restarted: its counters began again. Nor is it the same once its CPU limit was
    changed: what was throttled before says nothing of now."""
    if earlier.run and later.run and earlier.run != later.run:
        return False
    if earlier.cpu_quota and later.cpu_quota and earlier.cpu_quota != later.cpu_quota:
        return False
    grew = ((earlier.cpu_s, later.cpu_s), (earlier.periods, later.periods), (earlier.throttled, later.throttled))
    return all(before is None or after is None or before <= after for before, after in grew)
