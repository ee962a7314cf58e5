"""How full a container's mounts are, seen from outside through /proc/PID/root, which only root may follow.

`statvfs` on a dead network mount never returns: it runs on a daemon thread with a deadline, and a mount that hung is
not asked again while its thread still hangs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Event, Lock, Thread

from ergon_ops.dataclass import dataclass

DEADLINE_S = 0.4
MOST_LINKS, MOST_HANGING = 20, 3
ALWAYS = ("/", "/dev/shm")
PATH = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin")
TOOLS = ("curl", "wget", "nc", "bash", "python3", "redis-cli", "valkey-cli", "pg_isready", "mysqladmin")


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes as `df` counts them: `used_ratio` is used over what an ordinary user could ever use. `inode_ratio` is
    None where the filesystem has no fixed number of inodes."""

    destination: str
    size: int
    used: int
    used_ratio: float
    inode_ratio: float | None


_hanging: set[tuple[str, str]] = set()
_lock = Lock()


def programs(root: str) -> dict[str, str]:
    """Which of `TOOLS` lie where programs are looked for below `root`, by name. A folder that is a link (`/bin` to
    `usr/bin`) is left out: it leads to one that is looked at anyway, or out of the container."""
    folders = [folder for folder in PATH if not os.path.islink(f"{root}/{folder}")]
    return {
        name: f"/{folder}/{name}"
        for name in TOOLS
        for folder in reversed(folders)
        if os.path.lexists(f"{root}/{folder}/{name}")
    }


def usages(root: str, destinations: Sequence[str], *, deadline_s: float = DEADLINE_S) -> tuple[Usage, ...]:
    """Of every destination below `root` that answered in time; those that cannot be seen are left out.

    The deadline is for each of at most three mounts that hang; what lies behind a third one is not asked.
    """
    wanted = list(dict.fromkeys(destinations))
    left = [item for item in wanted if (root, item) not in _hanging]
    found: dict[str, Usage] = {}
    for _ in range(MOST_HANGING):
        if not left:
            break
        worker = _Worker(root, left, found)
        if worker.finished(deadline_s):
            break
        left = left[left.index(worker.at) + 1 :]
    return tuple(found[item] for item in wanted if item in found)


class _Worker:
    """Asks one mount after the other on a thread of its own, until it is told that nobody waits any more."""

    def __init__(self, root: str, destinations: list[str], found: dict[str, Usage]) -> None:
        self.at = destinations[0]
        self._root, self._destinations, self._found = root, destinations, found
        self._done, self._abandoned = Event(), False
        Thread(target=self._run, name="statvfs", daemon=True).start()

    def finished(self, deadline_s: float) -> bool:
        if self._done.wait(deadline_s):
            return True
        with _lock:
            if self._done.is_set():
                return True
            self._abandoned = True
            _hanging.add((self._root, self.at))
        return False

    def _run(self) -> None:
        for destination in self._destinations:
            if not self._goes_on(destination):
                return
            usage = usage_of(self._root, destination)
            if usage is not None and self._goes_on(destination):
                self._found[destination] = usage
        with _lock:
            _hanging.discard((self._root, self.at))
            self._done.set()

    def _goes_on(self, destination: str) -> bool:
        with _lock:
            if self._abandoned:
                _hanging.discard((self._root, self.at))
                return False
            self.at = destination
        return True


def usage_of(root: str, destination: str) -> Usage | None:
    """Unguarded. None if it cannot be seen or has no size (proc, cgroup)."""
    try:
        stat = os.statvfs(inside(root, destination))
    except OSError:
        return None
    if not stat.f_blocks:
        return None
    used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    usable = used + stat.f_bavail * stat.f_frsize
    return Usage(
        destination=destination,
        size=stat.f_blocks * stat.f_frsize,
        used=used,
        used_ratio=used / usable if usable else 1.0,
        inode_ratio=1 - stat.f_ffree / stat.f_files if stat.f_files else None,
    )


def inside(root: str, path: str) -> str:
    """`path` below `root` with the container's symbolic links followed as the container would: an absolute link must
    not lead out into our own filesystem. Raises OSError for what is not there or loops."""
    done: list[str] = []
    todo = [part for part in reversed(path.split("/")) if part]
    links = 0
    while todo:
        part = todo.pop()
        if part in (".", ".."):
            if part == ".." and done:
                done.pop()
            continue
        here = "/".join((root, *done, part))
        if not os.path.islink(here):
            done.append(part)
            continue
        links += 1
        if links > MOST_LINKS:
            raise OSError(f"too many links in {path}")
        target = os.readlink(here)
        if target.startswith("/"):
            done.clear()
        todo.extend(part for part in reversed(target.split("/")) if part)
    return "/".join((root, *done)) if done else root + "/"
