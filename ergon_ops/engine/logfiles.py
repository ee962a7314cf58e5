"""Where a container's log goes, seen on this machine: how fast the engine's file of it grows, and the log files that
its own processes hold open. Nothing where the engine's files or the processes may not be looked at."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence

from ergon_ops.engine.documents import Document, integer, text
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref

APART_S = 0.5
MOST_PROCESSES, MOST_HANDLES, MOST_FILES = 40, 256, 8
# Paths that programs log to; what they keep (databases call it a log too) is not among them.
LOG = re.compile(r"^/(?!dev/|proc/|sys/).*(?:/logs?/|\.log$|/log$)")
KEPT = re.compile(r"wal|redo|binlog|aof|ib_log|journal", re.I)
NOWHERE = "/dev/null"
INITS = frozenset({"tini", "docker-init", "dumb-init", "catatonit"})  # they hold the engine's log, and say nothing
WRITING = os.O_WRONLY | os.O_RDWR


async def readings(ref: Ref, document: Document, files: HostFiles, *, at: float) -> tuple[Reading, ...]:
    """The group `logfile` of a running container."""
    processes = files.processes(text(document, "Id"), integer(document, "State.Pid") or 0)
    held = held_open(ref, (process.pid for process in processes), at=at)
    led = into_files(ref, [process.pid for process in processes if process.name not in INITS], at=at)
    return (*held, *led, *await growth(ref, text(document, "LogPath"), at=at))


async def growth(ref: Ref, path: str, *, at: float) -> tuple[Reading, ...]:
    """`log_size`, and `log_growth` between two looks half a second apart; a file rotated meanwhile gives none."""
    first, began = _size(path), time.monotonic()
    if first is None:
        return ()
    await asyncio.sleep(APART_S)
    last, elapsed = _size(path), time.monotonic() - began
    if last is None:
        return ()
    found = [reading(ref, "log_size", last, at=at, source="stat:LogPath")]
    if last >= first:
        rate = round((last - first) / elapsed)
        found.append(reading(ref, "log_growth", rate, at=at, source="stat:LogPath", window_s=round(elapsed, 3)))
    return tuple(found)


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size if path else None
    except OSError:
        return None


def held_open(ref: Ref, pids: Iterable[int], *, at: float) -> tuple[Reading, ...]:
    """`log_file`, by path: what processes hold open for writing and what looks like a log, largest first."""
    sizes: dict[str, tuple[int, int]] = {}
    for pid in list(pids)[:MOST_PROCESSES]:
        for path, size in _written(pid):
            sizes.setdefault(path, (size, pid))
    largest = sorted(sizes.items(), key=lambda item: (-item[1][0], item[0]))[:MOST_FILES]
    return tuple(
        reading(ref, "log_file", size, key=path, at=at, source=f"proc:{pid}/fd") for path, (size, pid) in largest
    )


def into_files(ref: Ref, pids: Sequence[int], *, at: float) -> tuple[Reading, ...]:
    """`log_into_files`: none of its processes can say anything to the engine, and one at least writes to a log file."""
    if not pids or len(pids) > MOST_PROCESSES:
        return ()
    try:
        outputs = [[os.readlink(f"/proc/{pid}/fd/{handle}") for handle in (1, 2)] for pid in pids]
    except OSError:
        return ()
    flat = [path for pair in outputs for path in pair]
    if not any(LOG.match(path) for path in flat) or not all(LOG.match(path) or path == NOWHERE for path in flat):
        return ()
    return (reading(ref, "log_into_files", len(pids), at=at, source="proc:fd/1,fd/2"),)


def _written(pid: int) -> Iterator[tuple[str, int]]:
    folder = f"/proc/{pid}/fd"
    try:
        handles = os.listdir(folder)[:MOST_HANDLES]
    except OSError:
        return
    for handle in handles:
        try:
            path = os.readlink(f"{folder}/{handle}")
            if not LOG.match(path) or KEPT.search(path) or path.endswith(" (deleted)"):
                continue
            with open(f"/proc/{pid}/fdinfo/{handle}", encoding="ascii") as info:
                flags = re.search(r"^flags:\s*([0-7]+)", info.read(), re.M)
            if flags and int(flags[1], 8) & WRITING:
                yield path, os.stat(f"{folder}/{handle}").st_size
        except OSError:
            continue
