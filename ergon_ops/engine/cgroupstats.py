"""The numbers in a container's cgroup: one function a group, v1 and v2 told apart inside.

Field names as the kernel has them: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst. Working set is
usage minus inactive file, as kubelet and `docker stats` have it.
"""

from __future__ import annotations

from typing import NamedTuple

from ergon_ops.engine.cgroup import Cgroup
from ergon_ops.engine.kernelfiles import KernelFiles, after, number

NO_LIMIT = 1 << 60
NS, US = 1e9, 1e6


class Sourced(NamedTuple):
    """A number, and the file and field it stands in."""

    value: int | None
    source: str


class Memory(NamedTuple):
    """What is absent has no value (an older kernel, no swap accounting); a limit without value is none."""

    usage: Sourced
    inactive_file: Sourced
    limit: Sourced
    failures: Sourced
    oom_kills: Sourced
    swap: Sourced

    @property
    def working_set(self) -> int | None:
        if self.usage.value is None or self.inactive_file.value is None:
            return None
        return max(0, self.usage.value - self.inactive_file.value)


class Cpu(NamedTuple):
    used_s: float | None
    periods: int | None
    throttled: int | None
    throttled_s: float | None


def cpu(files: KernelFiles, group: Cgroup) -> Cpu:
    stat = files.again(group.path("cpu", "cpu.stat"))
    periods, throttled = after(stat, b"nr_periods "), after(stat, b"nr_throttled ")
    if group.version == "2":
        return Cpu(
            _over(after(stat, b"usage_usec "), US), periods, throttled, _over(after(stat, b"throttled_usec "), US)
        )
    used = number(files.again(group.path("cpuacct", "cpuacct.usage")))
    return Cpu(_over(used, NS), periods, throttled, _over(after(stat, b"throttled_time "), NS))


def cpu_quota(files: KernelFiles, group: Cgroup) -> str:
    """As the file has it ("max 100000", "10000", "-1"); "" where it cannot be read."""
    found = files.again(group.path("cpu", "cpu.max" if group.version == "2" else "cpu.cfs_quota_us"))
    return (found or b"").decode(errors="replace").strip()


def working_set(files: KernelFiles, group: Cgroup) -> int | None:
    """Just that, for the sampler: two files instead of six."""
    usage, key = ("memory.current", b"inactive_file ") if group.version == "2" else V1_WORKING_SET
    used = number(files.again(group.path("memory", usage)))
    inactive = after(files.again(group.path("memory", "memory.stat")), key)
    return None if used is None or inactive is None else max(0, used - inactive)


V1_WORKING_SET = ("memory.usage_in_bytes", b"total_inactive_file ")


def oom_kills(files: KernelFiles, group: Cgroup) -> int | None:
    file = "memory.events" if group.version == "2" else "memory.oom_control"
    return after(files.again(group.path("memory", file)), b"oom_kill ")


def memory(files: KernelFiles, group: Cgroup) -> Memory:
    return _memory_v2(files, group) if group.version == "2" else _memory_v1(files, group)


def _memory_v1(files: KernelFiles, group: Cgroup) -> Memory:
    stat = files.again(group.path("memory", "memory.stat"))
    limit = after(stat, b"hierarchical_memory_limit ")
    kills = oom_kills(files, group)
    return Memory(
        usage=_plain(files, group, "memory.usage_in_bytes"),
        inactive_file=Sourced(after(stat, b"total_inactive_file "), "cgroup:memory.stat#total_inactive_file"),
        limit=Sourced(_bounded(limit), "cgroup:memory.stat#hierarchical_memory_limit"),
        failures=_failures_v1(files, group, counted=after(stat, b"hierarchical_memsw_limit ") != limit and not kills),
        oom_kills=Sourced(kills, "cgroup:memory.oom_control#oom_kill"),
        swap=Sourced(after(stat, b"total_swap "), "cgroup:memory.stat#total_swap"),
    )


def _failures_v1(files: KernelFiles, group: Cgroup, *, counted: bool) -> Sourced:
    """Where both limits are equal, a charge is refused by the one with swap, which recent kernels do not count: then a
    zero means nothing, and neither does one beside an OOM kill."""
    failures = _plain(files, group, "memory.failcnt")
    if failures.value is None:
        return failures
    total = failures.value + (number(files.again(group.path("memory", "memory.memsw.failcnt"))) or 0)
    return Sourced(total if total or counted else None, f"{failures.source}+memory.memsw.failcnt")


def _memory_v2(files: KernelFiles, group: Cgroup) -> Memory:
    stat = files.again(group.path("memory", "memory.stat"))
    events = files.again(group.path("memory", "memory.events"))
    return Memory(
        usage=_plain(files, group, "memory.current"),
        inactive_file=Sourced(after(stat, b"inactive_file "), "cgroup:memory.stat#inactive_file"),
        limit=_smallest_limit(files, group),
        failures=Sourced(after(events, b"max "), "cgroup:memory.events#max"),
        oom_kills=Sourced(after(events, b"oom_kill "), "cgroup:memory.events#oom_kill"),
        swap=_plain(files, group, "memory.swap.current"),
    )


def _smallest_limit(files: KernelFiles, group: Cgroup) -> Sourced:
    """v2 has no hierarchical limit to read: the smallest `memory.max` from the container up to the root."""
    best, source = None, "cgroup:memory.max"
    folder, up = group.folders["unified"], ""
    while len(folder) > len(group.top):
        limit = _bounded(number(files.again(f"{folder}/memory.max")))
        if limit is not None and (best is None or limit < best):
            best, source = limit, f"cgroup:{up}memory.max"
        folder, up = folder.rpartition("/")[0], up + "../"
    return Sourced(best, source)


def pids(files: KernelFiles, group: Cgroup) -> tuple[int | None, int | None]:
    """Tasks now, and the limit (None = none)."""
    return (
        number(files.again(group.path("pids", "pids.current"))),
        number(files.again(group.path("pids", "pids.max"))),
    )


def pid_limit_hits(files: KernelFiles, group: Cgroup) -> int | None:
    """Forks that were refused for the limit since the start."""
    return after(files.again(group.path("pids", "pids.events")), b"max ")


def frozen(files: KernelFiles, group: Cgroup) -> tuple[bool | None, str]:
    """Whether the kernel holds its processes, and the file that says so."""
    file = "cgroup.freeze" if group.version == "2" else "freezer.state"
    path = group.path("freezer", file)
    data = files.read(path) if path else None
    return (None if data is None else data.strip() in (b"1", b"FROZEN", b"FREEZING")), file


def unreclaimable(files: KernelFiles, group: Cgroup) -> int | None:
    """Anonymous and shared memory: what the kernel cannot drop, unlike page cache. Source: cgroup-v1/memory.rst."""
    stat = files.again(group.path("memory", "memory.stat"))
    keys = (b"anon ", b"shmem ") if group.version == "2" else (b"total_rss ", b"total_shmem ")
    private, shared = (after(stat, key) for key in keys)
    return None if private is None else private + (shared or 0)


def most(files: KernelFiles, group: Cgroup) -> int | None:
    """The most that was ever charged to it, page cache included; None from a kernel older than 5.19 with v2."""
    file = "memory.peak" if group.version == "2" else "memory.max_usage_in_bytes"
    return number(files.again(group.path("memory", file)))


def block(files: KernelFiles, group: Cgroup) -> tuple[int | None, int | None, str]:
    """Bytes read and written, all devices together as `docker stats` adds them, and the file's name."""
    if group.version == "2":
        data = files.again(group.path("io", "io.stat"))
        return *_io_v2(data), "io.stat"
    for name in ("blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"):
        data = files.again(group.path("blkio", name))
        if data is not None:
            return *_io_v1(data), name
    return None, None, ""


def _io_v1(data: bytes) -> tuple[int, int]:
    read = written = 0
    for line in data.split(b"\n"):
        parts = line.split()
        if len(parts) == 3 and parts[1] == b"Read":
            read += int(parts[2])
        elif len(parts) == 3 and parts[1] == b"Write":
            written += int(parts[2])
    return read, written


def _io_v2(data: bytes | None) -> tuple[int | None, int | None]:
    if data is None:
        return None, None
    read = written = 0
    for field in data.split():
        if field.startswith(b"rbytes="):
            read += int(field[7:])
        elif field.startswith(b"wbytes="):
            written += int(field[7:])
    return read, written


def _plain(files: KernelFiles, group: Cgroup, file: str) -> Sourced:
    return Sourced(number(files.again(group.path("memory", file))), f"cgroup:{file}")


def _bounded(limit: int | None) -> int | None:
    """v1 writes "no limit" as the largest number of pages."""
    return None if limit is None or limit >= NO_LIMIT else limit


def _over(value: int | None, unit: float) -> float | None:
    return None if value is None else value / unit
