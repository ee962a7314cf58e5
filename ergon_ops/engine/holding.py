"""What a living container holds: files it has open, and whether the kernel holds it in turn."""

from __future__ import annotations

from ergon_ops.engine import cgroupstats, procfs
from ergon_ops.engine.cgroup import Cgroup
from ergon_ops.engine.kernelfiles import KernelFiles
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref


def readings(files: KernelFiles, group: Cgroup, ref: Ref, *, at: float) -> list[Reading]:
    """Of the group `files`: `frozen`, and the open files of the process that is nearest to its limit."""
    most = procfs.descriptors(files, group)
    frozen, file = cgroupstats.frozen(files, group)
    found = [] if frozen is None else [reading(ref, "frozen", frozen, at=at, source=f"cgroup:{file}")]
    if most is not None:
        key = str(most.pid)
        rows = (("open_files", most.open, "fd"), ("open_files_limit", most.limit, "limits"))
        found += [reading(ref, name, count, key=key, at=at, source=f"proc:{key}/{of}") for name, count, of in rows]
    return found
