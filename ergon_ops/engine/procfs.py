"""Processes of a container from cgroup.procs and /proc: no `ps`, no shell, nothing run inside the container.

`docker top` forks `ps` and never shows zombies; here a zombie is found as a child of a living process. What an
ordinary user may not see (the exe link) is made up for by the command line and the kernel's short name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from ergon_ops.engine.cgroup import Cgroup
from ergon_ops.engine.kernelfiles import KernelFiles, number
from ergon_ops.engine.protocols import Process

SHOWN, TAIL, READ = 300, 120, 32_000
COMM_LENGTH = 15
RUNNABLE = "RD"
MOST_ASKED = 64
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# One file, many programs: only what it was called as says which.
MULTI_CALL = re.compile(r"busybox(\.static)?|toybox|coreutils|ld-.+|ld\d.*\.so.*|qemu-.+")
PROGRAM = re.compile(r"[\w.+-]+")


class Stat(NamedTuple):
    """`/proc/PID/stat`, the fields used here; `started` in clock ticks after boot."""

    comm: str
    state: str
    parent: int
    threads: int
    started: int
    rss_pages: int


def pids(files: KernelFiles, group: Cgroup) -> tuple[int, ...]:
    """Every process of the container, also those in cgroups it made itself; zombies are not listed."""
    controller = "pids" if "pids" in group.folders else next(iter(group.folders))
    return tuple(dict.fromkeys(_pids(files, group.folders["unified" if group.version == "2" else controller], 0)))


def _pids(files: KernelFiles, folder: str, depth: int) -> Iterator[int]:
    data = files.again(f"{folder}/cgroup.procs")
    # "0" stands for a process of a pid namespace that cannot be seen from here.
    yield from (int(pid) for pid in (data or b"").split() if pid != b"0")
    if depth < 4:
        for name in files.folders(folder):
            yield from _pids(files, f"{folder}/{name}", depth + 1)


def first_pid(files: KernelFiles, group: Cgroup) -> int:
    """Some process of the container: its namespaces are the container's. 0 if there is none."""
    found = files.again(group.path("pids", "cgroup.procs")) or files.again(f"{group.any_folder}/cgroup.procs") or b""
    head = found.split(b"\n", 1)[0]
    return number(head) or next(iter(pids(files, group)), 0)


def processes(files: KernelFiles, group: Cgroup, *, now: float) -> tuple[Process, ...]:
    """Parents before children where pids tell. A process that vanishes while being read is left out."""
    booted = boot_time(files, now)
    found = {pid: process for pid in pids(files, group) if (process := process_of(files, pid, booted)) is not None}
    tasks = number(files.again(group.path("pids", "pids.current")))
    if tasks is None or tasks > sum(process.threads for process in found.values()):
        for process in _zombies(files, found, booted):
            found.setdefault(process.pid, process)
    return tuple(found[pid] for pid in sorted(found))


def _zombies(files: KernelFiles, living: dict[int, Process], booted: float) -> Iterator[Process]:
    for pid in tuple(living):
        for thread in files.listing(f"/proc/{pid}/task") or ():
            for child in (files.read(f"/proc/{pid}/task/{thread}/children") or b"").split():
                process = None if int(child) in living else process_of(files, int(child), booted)
                # A child in another state belongs to another cgroup, or was born just now.
                if process is not None and process.state == "Z" and process.parent == pid:
                    yield process


def threads(files: KernelFiles, group: Cgroup) -> tuple[int, int]:
    """How many threads all its processes have, and how many of them run, want to or wait for a disk. One that is
    throttled counts: it wants to run and is kept from it."""
    states = [state for pid in pids(files, group) for state in _states(files, pid)]
    return len(states), sum(state in RUNNABLE for state in states)


def _states(files: KernelFiles, pid: int) -> Iterator[str]:
    for task in files.listing(f"/proc/{pid}/task") or ():
        stat = parse_stat(files.read(f"/proc/{pid}/task/{task}/stat"))
        if stat is not None:
            yield stat.state


def process_of(files: KernelFiles, pid: int, booted: float) -> Process | None:
    stat = parse_stat(files.read(f"/proc/{pid}/stat"))
    if stat is None:
        return None
    words = [] if stat.state == "Z" else _words(files.read(f"/proc/{pid}/cmdline"))
    return Process(
        pid=pid,
        parent=stat.parent,
        name=program(files.link(f"/proc/{pid}/exe"), words, stat.comm),
        command=_shown(words),
        state=stat.state,
        threads=stat.threads,
        rss_bytes=stat.rss_pages * PAGE,
        started_at=booted + stat.started / TICKS,
        source=f"proc:{pid}/stat",
    )


def program(exe: str | None, words: list[str], comm: str) -> str:
    """The program's name: as it was called where kernel and command line agree (redis-server is a link to another
    file), else of its file (a script's interpreter), else, where that cannot be seen, as the command line has it."""
    called = called_as(words)
    if MULTI_CALL.fullmatch(called) and len(words) > 1:
        # `busybox httpd`, `ld.so /bin/x`: the program is the first argument.
        called = called_as(words[1:])
    elif called and called[:COMM_LENGTH] == comm:
        return called
    name = exe.removesuffix(" (deleted)").rpartition("/")[2] if exe else ""
    if name and not MULTI_CALL.fullmatch(name):
        return name
    return called if PROGRAM.fullmatch(called) else comm


def called_as(words: list[str]) -> str:
    """The program named by the first word; a title written over it ("nginx: master process") counts up to ':'."""
    if not words:
        return ""
    title = words[0].split(" ", 1)[0]
    return title.rpartition("/")[2].removeprefix("-").rstrip(":")


def _words(raw: bytes | None) -> list[str]:
    return [] if not raw else raw[:READ].rstrip(b"\0").decode("utf-8", "replace").split("\0")


def _shown(words: list[str]) -> str:
    from ergon_ops.redaction import redact

    return both_ends(redact(" ".join(words)))


def both_ends(text: str) -> str:
    """Bounded from the middle: what a long java command runs stands at its end. Only ever after redaction."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - TAIL - 3]} … {text[-TAIL:]}"


def parse_stat(raw: bytes | None) -> Stat | None:
    """The name stands in parentheses and may itself hold blanks and parentheses."""
    if not raw:
        return None
    text = raw.decode("utf-8", "replace")
    opened, closed = text.find("("), text.rfind(")")
    rest = text[closed + 2 :].split()
    if opened < 0 or len(rest) < 22:
        return None
    return Stat(text[opened + 1 : closed], rest[0], int(rest[1]), int(rest[17]), int(rest[19]), int(rest[21]))


class Descriptors(NamedTuple):
    """Files a process has open, and how many it may have."""

    pid: int
    open: int
    limit: int

    @property
    def share(self) -> float:
        return self.open / self.limit if self.limit else 0.0


def descriptors(files: KernelFiles, group: Cgroup) -> Descriptors | None:
    """Of the process that is nearest to its limit; None where /proc/PID/fd is closed to us."""
    found = (_descriptors(files, pid) for pid in pids(files, group)[:MOST_ASKED])
    return max((item for item in found if item is not None), key=lambda item: item.share, default=None)


def _descriptors(files: KernelFiles, pid: int) -> Descriptors | None:
    names = files.listing(f"/proc/{pid}/fd")
    limits = files.text(f"/proc/{pid}/limits") or ""
    soft = limits.partition("Max open files")[2].split()
    return Descriptors(pid, len(names), int(soft[0])) if names is not None and soft and soft[0].isdigit() else None


def boot_time(files: KernelFiles, now: float) -> float:
    """Epoch seconds of boot, as exact as `now` and /proc/uptime (10 ms)."""
    raw = files.read("/proc/uptime")
    return now - float(raw.split()[0]) if raw else 0.0


def network_totals(files: KernelFiles, pid: int) -> tuple[int, int, int] | None:
    """Received, sent, and dropped or in error, over every interface but loopback, of the process's namespace."""
    data = files.read(f"/proc/{pid}/net/dev")
    if data is None:
        return None
    received = sent = dropped = 0
    for line in data.split(b"\n")[2:]:
        name, _, numbers = line.partition(b":")
        columns = numbers.split()
        if len(columns) < 12 or name.strip() == b"lo":
            continue
        received += int(columns[0])
        sent += int(columns[8])
        dropped += int(columns[2]) + int(columns[3]) + int(columns[10]) + int(columns[11])
    return received, sent, dropped


def listen_overflows(files: KernelFiles, pid: int) -> int | None:
    """Connections that came in while the queue of a listener was full, since the namespace was made."""
    lines = (files.read(f"/proc/{pid}/net/netstat") or b"").split(b"\n")
    for names, values in pairwise(lines):
        if names.startswith(b"TcpExt:") and values.startswith(b"TcpExt:"):
            told = dict(zip(names.split(), values.split(), strict=False))
            return int(told[b"ListenOverflows"]) if b"ListenOverflows" in told else None
    return None


def on_host_network(files: KernelFiles, pid: int) -> bool:
    """Whether a process sees the host's or our own network: inodes of /proc/PID/net are one a namespace, and any user
    may see them, unlike the namespace link."""
    inode = files.inode(f"/proc/{pid}/net/dev")
    return inode != 0 and inode in (files.inode("/proc/1/net/dev"), files.inode("/proc/self/net/dev"))
