"""What follows from a working set, wherever it was read."""

from __future__ import annotations

from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref


def working_set_readings(
    ref: Ref, working_set: int | None, limit: int | None, host_memory: int | None, *, at: float
) -> tuple[Reading, ...]:
    """Working set, and its share of the limit (null without one) and of the host's memory."""
    if working_set is None:
        return ()
    ratio = round(working_set / limit, 6) if limit else None
    found = [
        reading(ref, "memory_working_set", working_set, at=at, source="derived:memory_usage-memory_inactive_file"),
        reading(ref, "memory_ratio", ratio, at=at, source="derived:memory_working_set/memory_limit"),
    ]
    if host_memory:
        share = round(working_set / host_memory, 6)
        found.append(reading(ref, "memory_host_ratio", share, at=at, source="derived:memory_working_set/host_memory"))
    return tuple(found)
