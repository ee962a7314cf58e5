"""The machine the containers run on, from /proc: load, pressure, memory, kernel OOM kills, the data root's disk.

These answer also when the engine does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.engine.filesystem import usages
from ergon_ops.engine.kernelfiles import KernelFiles, after
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref


def readings(files: KernelFiles, about: Ref, root_dir: str, *, at: float) -> tuple[Reading, ...]:
    """`root_dir`: the engine's data root, "" if it is not known."""
    return (
        *_processors(files, about, at),
        *_load(files, about, at),
        *_pressure(files, about, at),
        *_memory(files, about, at),
        *(_disk(files, about, root_dir, at) if root_dir else ()),
    )


def cpus(files: KernelFiles) -> int | None:
    """CPUs online."""
    text = files.text("/sys/devices/system/cpu/online")
    if not text:
        return None
    ranges = (part.partition("-") for part in text.strip().split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in ranges)


def memory_bytes(files: KernelFiles) -> int | None:
    return _meminfo(files.read("/proc/meminfo"), b"MemTotal:")


def _meminfo(data: bytes | None, key: bytes) -> int | None:
    if data is None:
        return None
    line = next((line for line in data.split(b"\n") if line.startswith(key)), b"")
    parts = line.split()
    return int(parts[1]) * 1024 if len(parts) == 3 else None


def _processors(files: KernelFiles, about: Ref, at: float) -> Iterator[Reading]:
    count = cpus(files)
    if count is not None:
        yield reading(about, "host_cpus", count, at=at, source="sys:devices/system/cpu/online")


def _load(files: KernelFiles, about: Ref, at: float) -> Iterator[Reading]:
    numbers = (files.text("/proc/loadavg") or "").split()
    for key, number in zip(("1m", "5m", "15m"), numbers, strict=False):
        yield reading(about, "host_load", float(number), key=key, at=at, source="proc:loadavg")


def _pressure(files: KernelFiles, about: Ref, at: float) -> Iterator[Reading]:
    """The kernel's own ten-second average (PSI); absent where it is switched off."""
    for resource in ("cpu", "memory", "io"):
        for line in (files.text(f"/proc/pressure/{resource}") or "").splitlines():
            kind, _, rest = line.partition(" ")
            value = rest.partition("avg10=")[2].split(" ", 1)[0]
            if value:
                yield reading(
                    about,
                    "host_pressure",
                    float(value) / 100,
                    key=f"{resource} {kind}",
                    at=at,
                    source=f"proc:pressure/{resource}#{kind}.avg10",
                    window_s=10.0,
                )


def _memory(files: KernelFiles, about: Ref, at: float) -> Iterator[Reading]:
    data = files.read("/proc/meminfo")
    for name, key in (("host_memory", "MemTotal"), ("host_memory_available", "MemAvailable")):
        value = _meminfo(data, f"{key}:".encode())
        if value is not None:
            yield reading(about, name, value, at=at, source=f"proc:meminfo#{key}")
    kills = after(files.read("/proc/vmstat"), b"oom_kill ")
    if kills is not None:
        yield reading(about, "host_oom_kills", kills, at=at, source="proc:vmstat#oom_kill")


def _disk(files: KernelFiles, about: Ref, root_dir: str, at: float) -> Iterator[Reading]:
    # An ordinary user may not look into the data root, but into the folder it lies in, on the same disk if not a
    # mount point itself; `statvfs` needs no more than the right to reach the path.
    for usage in usages(files.root, (root_dir,)):
        source = f"statvfs:{root_dir}"
        yield reading(about, "host_disk_used_ratio", round(usage.used_ratio, 6), key=root_dir, at=at, source=source)
        if usage.inode_ratio is not None:
            yield reading(about, "host_inode_ratio", round(usage.inode_ratio, 6), key=root_dir, at=at, source=source)
