"""postgres: connections, shared memory, and settings that fit the container's memory and not the host's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ergon_ops.changes.optimizations.rule import MIB, Site, Wish, mib, optimization
from ergon_ops.proposals import Expect

NEAR = 0.9
WEB = 200
SHM = 256 * MIB
FS_FULL = 0.9
LEAST = 256 * MIB
VERIFY_S = 15.0
PGTUNE = "pgtune configurationSlice.js; RAM is the container's limit"


@optimization(
    "PG-CONN",
    kinds=("app_setting", "restart"),
    purpose="performance",
    source="pgtune configurationSlice.js: web 200, oltp 300, mixed 100",
    formula="max(200, connections x 2), and shared_buffers + connections x work_mem within the limit",
    needs=("state", "limits", "memory", "probes", "config"),
    cures=("pg_max_connections",),
)
def connections(site: Site) -> Iterator[Wish]:
    """Allow postgres more connections where nine tenths of them are taken; it takes a restart to take effect."""
    most, clients = site.fact("pg_max_connections"), site.fact("pg_clients")
    if most is None:
        return
    now, taken = int(most.value or 0), float(clients.value or 0) if clients is not None else 0.0
    kept = site.number("pg_reserved_connections") or 3.0
    if site.finding is None and taken < NEAR * max(1.0, now - kept):
        return
    target, shown = max(WEB, 2 * now), f"max({WEB}, {now} x 2)"
    limit, buffers, work = (site.number(name) for name in ("memory_limit", "pg_shared_buffers", "pg_work_mem"))
    if limit and buffers is not None and work:
        fitting = int((limit - buffers) // work)
        shown += f" at most ({mib(limit)} limit - {mib(buffers)} shared_buffers) / {mib(work)} work_mem = {fitting}"
        target = min(target, fitting)
    why = (most, clients, site.fact("pg_shared_buffers"), site.fact("pg_work_mem"), site.fact("memory_limit"))
    if target <= now:
        yield site.withheld(
            "app_setting",
            f"{shown}: {now} connections are as many as its memory bears",
            rule="PG-CONN",
            next="a pool in front of it (pgbouncer), or a higher memory limit",
            why=why,
        )
        return
    yield _setting(
        site,
        "max_connections",
        str(target),
        rule="PG-CONN",
        why=why,
        formula=f"{shown}: {target}; now {now}",
        note="It takes effect with the next start: restart it afterwards. A pool in front of it costs less memory.",
        expect=Expect("pg_clients", "", "<", target, VERIFY_S),
        risk="medium",
    )


@optimization(
    "PG-SHM",
    kinds=("recreate",),
    purpose="performance",
    source="docker-library/postgres #416: 128 MB in the image's docs; 256 MB in Mastodon #13451",
    formula="max(256 MB, shm size x 2)",
    needs=("state", "limits", "filesystem"),
    cures=("shm_too_small",),
)
def shared_memory(site: Site) -> Iterator[Wish]:
    """Make /dev/shm bigger where it is full: the engine's default is 64 MB."""
    size, used = site.fact("shm_size"), site.fact("fs_used_ratio", "/dev/shm")
    full = used is not None and float(used.value or 0) >= FS_FULL
    if size is None or (site.finding is None and not full):
        return
    now = int(size.value or 0)
    target = max(SHM, 2 * now)
    yield site.intent(
        "recreate",
        {"patch": {"shm_size": target}},
        rule="PG-SHM",
        why=(used, size),
        formula=f"max({mib(SHM)}, {mib(now)} x 2) = {mib(target)}",
        expect=Expect("fs_used_ratio", "/dev/shm", "<", FS_FULL, VERIFY_S),
        risk="medium",
    )


@optimization(
    "PG-MEM",
    kinds=("app_setting",),
    purpose="hygiene",
    source=PGTUNE,
    formula="shared_buffers = memory limit / 4; work_mem = (limit - shared_buffers) / ((connections + workers) x 3)",
    needs=("state", "limits", "probes", "config"),
)
def memory(site: Site) -> Iterator[Wish]:
    """Let postgres cache in a quarter of its memory limit, where it has another share by far and a restart is due."""
    limit, buffers = site.fact("memory_limit"), site.fact("pg_shared_buffers")
    if limit is None or buffers is None:
        return
    bound, now = float(limit.value or 0), float(buffers.value or 0)
    target = int(bound / 4) // MIB * MIB
    if bound < LEAST or bound / 8 <= now <= bound / 2:
        return
    yield _setting(
        site,
        "shared_buffers",
        f"{target // MIB}MB",
        rule="PG-MEM",
        why=(buffers, limit),
        formula=f"{mib(bound)} limit / 4 = {mib(target)}; now {mib(now)}",
        note="It takes effect with the next start.",
        risk="medium",
    )


@optimization(
    "PG-OOM",
    kinds=("app_setting",),
    purpose="hygiene",
    source="arithmetic; the reason of PG-MEM",
    formula="shared_buffers + connections x work_mem <= memory limit",
    needs=("state", "limits", "probes", "config"),
)
def work_mem(site: Site) -> Iterator[Wish]:
    """Lower work_mem where all connections together could ask for more than the container may have."""
    limit, buffers = site.fact("memory_limit"), site.fact("pg_shared_buffers")
    most, work = site.fact("pg_max_connections"), site.fact("pg_work_mem")
    if limit is None or buffers is None or most is None or work is None:
        return
    bound, shared, count, each = (float(fact.value or 0) for fact in (limit, buffers, most, work))
    needed = shared + count * each
    if needed <= bound or not count:
        return
    target = max(1, int((bound - shared) / (count * 3) / MIB))
    shown = f"{mib(shared)} + {count:.0f} x {mib(each)} = {mib(needed)} of {mib(bound)}"
    if target * MIB >= each:
        yield site.withheld(
            "app_setting",
            f"all its connections together may ask for {shown}",
            rule="PG-OOM",
            next="fewer connections, with a pool in front of it, or a higher memory limit",
            why=(limit, buffers, most, work),
        )
        return
    yield _setting(
        site,
        "work_mem",
        f"{target}MB",
        rule="PG-OOM",
        why=(work, most, buffers, limit),
        formula=f"{shown}; ({mib(bound)} - {mib(shared)}) / ({count:.0f} x 3) = {target} MiB",
        note="Big sorts go to disk sooner.",
        risk="medium",
    )


def _setting(site: Site, name: str, value: str, **said: Any) -> Wish:
    """What is written down loses against what the server's command line says, so that is to be changed instead."""
    command = site.fact("command")
    given = rf"(?:^|\s)(?:-c ?|--){name.replace('_', '[-_]')}="
    if command is None or not re.search(given, str(command.value)):
        arguments = {"service": "postgres", "setting": name, "value": value, "persist": True}
        return site.intent("app_setting", arguments, **said)
    return site.withheld(
        "app_setting",
        f"{said['formula']}; but its command line says {name}, and no setting that is written down beats that",
        rule=said["rule"],
        next=f"-c {name}={value} in the command of {site.ref.short}, where it is defined",
        why=(*said["why"], command),
    )
