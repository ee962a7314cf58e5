"""Where a container's cgroup is: v1 and v2, cgroupfs and systemd drivers, custom parents.

A cgroup is found through `/proc/PID/cgroup`, which is right for every driver and parent, or, without a pid, by walking
the hierarchy for directories named after a container (`<64 hex>`, `docker-<64 hex>.scope`). The id is part of the
path, so a pid that was reused by somebody else is noticed.

A process starts with this module, before anything else is imported: so named tuples here and in the modules it needs,
which are made seven times faster than frozen dataclasses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ergon_ops.engine.kernelfiles import KernelFiles

CONTAINER = re.compile(r"(?:[a-z_]+-)?([0-9a-f]{64})(?:\.scope)?")
V1_CONTROLLERS = ("memory", "cpu", "cpuacct", "pids", "blkio", "freezer")
LEAVES = (".service", ".scope", ".mount", ".socket", ".swap")
DEEPEST = 7


class Hierarchy(NamedTuple):
    """One mounted hierarchy; `base` is the part of the cgroup path that the mount hides (usually none)."""

    point: str
    base: str

    def folder(self, path: str) -> str:
        return self.point + (path[len(self.base) :] if self.base and path.startswith(self.base) else path)


class Cgroup(NamedTuple):
    """`folders` maps a v1 controller to its directory; in v2 every controller is in `folders["unified"]`."""

    container_id: str
    version: str
    folders: dict[str, str]
    top: str = ""

    def path(self, controller: str, file: str) -> str:
        """The file's path, or "" where the controller is not mounted."""
        folder = self.folders.get("unified" if self.version == "2" else controller)
        return f"{folder}/{file}" if folder else ""

    @property
    def any_folder(self) -> str:
        return next(iter(self.folders.values()))


class Tree:
    """The cgroup hierarchies of this machine. Mounts and places found are remembered."""

    def __init__(self, files: KernelFiles) -> None:
        self.files = files
        self._mounts: dict[str, Hierarchy] | None = None
        self._known: dict[str, Cgroup] = {}

    @property
    def mounts(self) -> dict[str, Hierarchy]:
        if self._mounts is None:
            self._mounts = parse_mounts(self.files.text("/proc/self/mountinfo") or "")
        return self._mounts

    @property
    def version(self) -> str:
        """ "1" or "2" by what carries the memory controller; "" if neither is mounted."""
        if "memory" in self.mounts or "cpu" in self.mounts:
            return "1"
        return "2" if "unified" in self.mounts else ""

    def locate(self, container_id: str, pid: int = 0) -> Cgroup | None:
        """None if the container does not run here, or its cgroup is out of sight."""
        known = self._remembered(container_id)
        if known is not None:
            return known
        found = self._of_pid(container_id, pid) if pid else None
        if found is None:
            return next(self.locate_all([container_id]), None)
        self._known[container_id] = found
        return found

    def locate_all(self, container_ids: Iterable[str]) -> Iterator[Cgroup]:
        """Those that run here, in no order; the hierarchy is walked once at most."""
        missing = set()
        for container_id in container_ids:
            known = self._remembered(container_id)
            if known is None:
                missing.add(container_id)
            else:
                yield known
        if missing:
            for group in self.find():
                if group.container_id in missing:
                    missing.remove(group.container_id)
                    yield group
                    if not missing:
                        return

    def _remembered(self, container_id: str) -> Cgroup | None:
        known = self._known.get(container_id)
        if known is None or self.files.inode(known.any_folder):
            return known
        self._forget(container_id)
        return None

    def _forget(self, container_id: str) -> None:
        gone = self._known.pop(container_id, None)
        if gone is not None:
            self.files.close(below=tuple(f"{folder}/" for folder in gone.folders.values()))

    def _of_pid(self, container_id: str, pid: int) -> Cgroup | None:
        paths = parse_membership(self.files.text(f"/proc/{pid}/cgroup") or "")
        # In the order that `find` has: the first folder's inode tells one run from the next.
        folders = {
            name: self.mounts[name].folder(path)
            for name in self._names()
            if (path := _cut(paths.get(name, ""), container_id))
        }
        folders = {name: folder for name, folder in folders.items() if self.files.inode(folder)}
        return self._group(container_id, folders) if folders else None

    def _names(self) -> tuple[str, ...]:
        names = ("unified",) if self.version == "2" else V1_CONTROLLERS
        return tuple(name for name in names if name in self.mounts)

    def _group(self, container_id: str, folders: dict[str, str]) -> Cgroup:
        top = self.mounts["unified"].point if self.version == "2" else ""
        return Cgroup(container_id, self.version, folders, top)

    def find(self) -> Iterator[Cgroup]:
        """Every container's cgroup, without knowing any pid."""
        names = self._names()
        if not names:
            return
        point = self.mounts[names[0]].point
        seen = set()
        for container_id, path in self._walk(point, "", 0):
            seen.add(container_id)
            known = self._known.get(container_id)
            if known is None:
                # v1: the same path in every hierarchy; what is not there, or went while we looked, reads as nothing.
                folders = {name: self.mounts[name].point + path for name in names}
                known = self._known[container_id] = self._group(container_id, folders)
            yield known
        for container_id in set(self._known) - seen:
            self._forget(container_id)

    def _walk(self, point: str, path: str, depth: int) -> Iterator[tuple[str, str]]:
        for name in self.files.folders(point + path):
            match = CONTAINER.fullmatch(name)
            if match:
                yield match[1], f"{path}/{name}"
            elif depth < DEEPEST and (not name.endswith(LEAVES) or name.startswith("user@")):
                yield from self._walk(point, f"{path}/{name}", depth + 1)


def _cut(path: str, container_id: str) -> str:
    """The container's own cgroup, where the process sits in a child of it; "" if the path is somebody else's."""
    parts = path.split("/")
    for index, part in enumerate(parts):
        match = CONTAINER.fullmatch(part)
        if match and match[1] == container_id:
            return "/".join(parts[: index + 1])
    return ""


def parse_mounts(mountinfo: str) -> dict[str, Hierarchy]:
    """Controller → where it is mounted; the v2 hierarchy is called "unified". The first mount of each wins."""
    mounts: dict[str, Hierarchy] = {}
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        kind, _, rest = right.partition(" ")
        if not kind.startswith("cgroup"):
            continue
        fields = left.split(" ")
        hierarchy = Hierarchy(_plain(fields[4]), "" if fields[3] == "/" else _plain(fields[3]))
        if kind == "cgroup2":
            mounts.setdefault("unified", hierarchy)
        else:
            for option in rest.rpartition(" ")[2].split(","):
                if option in V1_CONTROLLERS:
                    mounts.setdefault(option, hierarchy)
    return mounts


def _plain(path: str) -> str:
    """mountinfo writes blanks and backslashes in octal."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def parse_membership(text: str) -> dict[str, str]:
    """`/proc/PID/cgroup`: controller → path, the v2 one as "unified"."""
    paths: dict[str, str] = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            paths["unified"] = path
        for controller in controllers.split(","):
            if controller in V1_CONTROLLERS:
                paths[controller] = path
    return paths
