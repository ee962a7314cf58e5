"""The same numbers from the engine's stats document, where its files are out of sight (remote, Desktop).

Shapes differ by the host's cgroup version: v1 has `memory_stats.stats.total_inactive_file` and `failcnt`, v2
`inactive_file` and lower-case block operations. Kernel OOM kills are in neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ergon_ops.engine.memoryfacts import working_set_readings
from ergon_ops.engine.protocols import Counters
from ergon_ops.events import epoch
from ergon_ops.facts import Group, Reading, reading
from ergon_ops.refs import Ref

SOURCE = "api:stats"
NO_LIMIT = 1 << 60
Document = Mapping[str, Any]


def counters(container_id: str, document: Document, *, at: float) -> Counters | None:
    """None for a container that does not run: its document has no CPU in it. `at` stands in for a missing `read`."""
    cpu = _part(document, "cpu_stats")
    used = _integer(_part(cpu, "cpu_usage"), "total_usage")
    if not used and not _part(document, "memory_stats"):
        return None
    read, written = _block(document)
    network = _network(document)
    return Counters(
        container_id=container_id,
        at=_read_at(document, "read") or at,
        source=SOURCE,
        cpu_s=None if used is None else used / 1e9,
        block_read=read,
        block_write=written,
        network_rx=network[0] if network else None,
        network_tx=network[1] if network else None,
        memory_working_set=working_set(document),
        **_throttling(cpu),
    )


def previous(container_id: str, document: Document) -> Counters | None:
    """The sample the engine took before this one: CPU only. None for a first or a one-shot document."""
    cpu = _part(document, "precpu_stats")
    used, at = _integer(_part(cpu, "cpu_usage"), "total_usage"), _read_at(document, "preread")
    if not used or at is None:
        return None
    return Counters(container_id, at, SOURCE, cpu_s=used / 1e9, **_throttling(cpu))


def readings(
    ref: Ref, document: Document, groups: Sequence[Group], *, at: float, host_memory: int | None = None
) -> tuple[Reading, ...]:
    """Of the groups `memory pids io cpu`, as `HostFiles` has them; `cpu` is the lifetime throttling only."""
    at = _read_at(document, "read") or at
    found: list[Reading] = []
    if "memory" in groups:
        found.extend(_memory(ref, document, host_memory, at))
    if "pids" in groups:
        found.extend(_pids(ref, document, at))
    if "io" in groups:
        found.extend(_io(ref, document, at))
    if "cpu" in groups:
        found.extend(_cpu(ref, document, at))
    return tuple(found)


def working_set(document: Document) -> int | None:
    memory = _part(document, "memory_stats")
    usage, (inactive, _) = _integer(memory, "usage"), _inactive(memory)
    return None if usage is None or inactive is None else max(0, usage - inactive)


def _memory(ref: Ref, document: Document, host_memory: int | None, at: float) -> list[Reading]:
    memory = _part(document, "memory_stats")
    usage = _integer(memory, "usage")
    if usage is None:
        return []
    inactive, key = _inactive(memory)
    limit = _limit(memory, host_memory)
    stats = _part(memory, "stats")
    swap = _integer(stats, "total_swap")
    values = {
        "memory_usage": (usage, "usage"),
        "memory_inactive_file": (inactive, f"stats.{key}"),
        "memory_failures": (_failures(memory), "failcnt"),
        "memory_swap": (swap, "stats.total_swap"),
    }
    found = [
        reading(ref, name, value, at=at, source=f"{SOURCE}#memory_stats.{field}")
        for name, (value, field) in values.items()
        if value is not None
    ]
    found.append(reading(ref, "memory_limit", limit, at=at, source=f"{SOURCE}#memory_stats.limit"))
    found.extend(working_set_readings(ref, working_set(document), limit, host_memory, at=at))
    return found


def _failures(memory: Document) -> int | None:
    """The engine leaves the count out while it is 0. On v2 it counts `memory.events#oom`, not how often the limit was
    hit, and on v1 nothing is counted where the limit with swap is the same: absence says nothing there."""
    count, stats = _integer(memory, "failcnt"), _part(memory, "stats")
    limit, with_swap = _integer(stats, "hierarchical_memory_limit"), _integer(stats, "hierarchical_memsw_limit")
    counted = limit is not None and limit != with_swap
    return 0 if not count and counted else count or None


def _limit(memory: Document, host_memory: int | None) -> int | None:
    """The engine writes the host's memory where there is no limit."""
    limit = _integer(memory, "limit")
    hierarchical = _integer(_part(memory, "stats"), "hierarchical_memory_limit")
    if limit is None or limit >= NO_LIMIT or (hierarchical is not None and hierarchical >= NO_LIMIT):
        return None
    return None if host_memory is not None and limit >= host_memory else limit


def _inactive(memory: Document) -> tuple[int | None, str]:
    stats = _part(memory, "stats")
    key = "total_inactive_file" if "total_inactive_file" in stats else "inactive_file"
    return _integer(stats, key), key


def _pids(ref: Ref, document: Document, at: float) -> list[Reading]:
    stats = _part(document, "pids_stats")
    current, limit = _integer(stats, "current"), _integer(stats, "limit")
    if current is None:
        return []
    bound = limit if limit and limit < NO_LIMIT else None
    return [
        reading(ref, "pids", current, at=at, source=f"{SOURCE}#pids_stats.current"),
        reading(ref, "pids_limit", bound, at=at, source=f"{SOURCE}#pids_stats.limit"),
    ]


def _io(ref: Ref, document: Document, at: float) -> list[Reading]:
    read, written = _block(document)
    network = _network(document) or (None, None, None)
    values = {
        "block_read": (read, "blkio_stats.io_service_bytes_recursive"),
        "block_write": (written, "blkio_stats.io_service_bytes_recursive"),
        "network_rx": (network[0], "networks"),
        "network_tx": (network[1], "networks"),
        "network_drops": (network[2], "networks"),
    }
    return [
        reading(ref, name, value, at=at, source=f"{SOURCE}#{field}")
        for name, (value, field) in values.items()
        if value is not None
    ]


def _cpu(ref: Ref, document: Document, at: float) -> list[Reading]:
    found = _throttling(_part(document, "cpu_stats"))
    periods, throttled = found["periods"], found["throttled"]
    if not periods or throttled is None:
        return []
    source = f"{SOURCE}#cpu_stats.throttling_data"
    return [reading(ref, "cpu_throttled_lifetime", round(throttled / periods, 6), at=at, source=source)]


def _throttling(cpu: Document) -> dict[str, Any]:
    data = _part(cpu, "throttling_data")
    nanoseconds = _integer(data, "throttled_time")
    return {
        "periods": _integer(data, "periods"),
        "throttled": _integer(data, "throttled_periods"),
        "throttled_s": None if nanoseconds is None else nanoseconds / 1e9,
    }


def _block(document: Document) -> tuple[int | None, int | None]:
    """None where the engine has no such list (it writes null for "not counted" and for "nothing yet")."""
    rows = _part(document, "blkio_stats").get("io_service_bytes_recursive")
    if not isinstance(rows, list):
        return None, None
    totals = {"read": 0, "write": 0}
    for row in rows:
        operation = str(row.get("op", "")).lower()
        if operation in totals:
            totals[operation] += int(row.get("value", 0))
    return totals["read"], totals["write"]


def _network(document: Document) -> tuple[int, int, int] | None:
    """Received, sent, dropped or in error; None on the host's network, where the engine counts nothing."""
    networks = document.get("networks")
    if not isinstance(networks, Mapping):
        return None
    rows = list(networks.values())
    lost = ("rx_dropped", "rx_errors", "tx_dropped", "tx_errors")
    return (
        sum(_integer(row, "rx_bytes") or 0 for row in rows),
        sum(_integer(row, "tx_bytes") or 0 for row in rows),
        sum(_integer(row, key) or 0 for row in rows for key in lost),
    )


def _read_at(document: Document, key: str) -> float | None:
    """The engine's own clock; its zero time ("0001-01-01…") means there is none."""
    text = document.get(key)
    if not isinstance(text, str) or text.startswith("0001-"):
        return None
    try:
        return epoch(text)
    except ValueError:
        return None


def _part(document: Document, key: str) -> Document:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _integer(document: Document, key: str) -> int | None:
    value = document.get(key)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None
