"""Which process works on something, in words that another process can check: a number alone may be reused."""

from __future__ import annotations

import os
from pathlib import Path

OWNER = "io.ergon-ops.owner"  # the label of what a process makes for itself alone


def this_process() -> str:
    """`boot|pid namespace|pid|start` of ourselves."""
    return "|".join((*_place(), str(os.getpid()), _started(os.getpid())))


def is_dead(owner: str) -> bool:
    """The process that wrote `owner` does not run any more. One that we cannot see from here counts as alive."""
    boot, namespace, pid, started = [*owner.split("|"), "", "", ""][:4]
    here = _place()
    if not pid.isdigit() or boot != here[0]:
        return True
    if namespace != here[1]:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _started(int(pid))
    return bool(now and started and now != started)


def is_near(owner: str) -> bool:
    """It runs, or ran, where we would see it."""
    return tuple(owner.split("|")[:2]) == _place()


def _place() -> tuple[str, str]:
    """This boot of the kernel, and our PID namespace; empty where there is no /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return boot, str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "", ""


def _started(pid: int) -> str:
    """Clock ticks from boot to its start: field 22, counted after the name, which may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
