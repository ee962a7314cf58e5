"""A container's files as the host sees them: what its mounts are made of, what they hide, and the program it starts.

Of a running one through /proc/PID/root, of one that is down through its mounts' sources and the layers of its overlay;
both are root's to see, and what cannot be seen is left out. Nothing but names, kinds, owners and a script's first line.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ergon_ops.engine.documents import Document, integer, part, pick, rows, text, words
from ergon_ops.engine.filesystem import MOST_LINKS, inside
from ergon_ops.facts import Reading, reading
from ergon_ops.redaction import neutralise
from ergon_ops.refs import Ref

Row = tuple[str, str, str | int | bool, str]  # fact name, key, value, source
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSING = ("/tmp", "/run", "/var/run", "/var/tmp", "/var/log", "/var/cache", "/dev", "/proc", "/sys")
HEAD, MOST_ENTRIES, LONGEST, LONGEST_NAMES = 256, 1000, 200, 20_000
MACHINES = {3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 22: "s390x", 21: "ppc64le"}


class Insides(NamedTuple):
    """`root`: the running container's own, "" if it does not run. `layers`: upper first. `mounts`: (destination,
    source) of those that have a source."""

    root: str
    layers: tuple[str, ...]
    mounts: tuple[tuple[str, str], ...]

    def find(self, path: str) -> str | None:
        """Where a path of the container is on the host."""
        if self.root:
            return _followed(self.root, path)
        place = max((item for item in self.mounts if _on(path, item[0])), key=lambda item: len(item[0]), default=None)
        if place is not None:
            rest = path[len(place[0]) :]
            return _followed(place[1], rest) if rest else (place[1] if os.path.lexists(place[1]) else None)
        return layered(self.layers, path)

    def of_image(self, path: str) -> str | None:
        """The same in the image, whatever is mounted over it."""
        return layered(self.layers[1:], path)


def insides(document: Document, files_root: str = "") -> Insides:
    """`files_root`: where this machine's / is recorded."""
    pid = integer(document, "State.Pid") or 0
    lower, upper = text(document, "GraphDriver.Data.LowerDir"), text(document, "GraphDriver.Data.UpperDir")
    mounted = ((text(row, "Destination"), text(row, "Source")) for row in rows(document, "Mounts"))
    return Insides(
        f"{files_root}/proc/{pid}/root" if pid and os.access(f"{files_root}/proc/{pid}/root", os.X_OK) else "",
        tuple(filter(None, (upper, *lower.split(":")))),
        tuple((place, source) for place, source in mounted if place and source),
    )


def readings(ref: Ref, document: Document, *, at: float) -> list[Reading]:
    """The group `files`."""
    here = insides(document)
    found = [*_mounts(here, document), *_program(here, document), *_written(here)]
    return [reading(ref, name, value, key=key, at=at, source=source) for name, key, value, source in found]


def _mounts(here: Insides, document: Document) -> Iterator[Row]:
    for row in rows(document, "Mounts"):
        place, source, kind = text(row, "Destination"), text(row, "Source"), text(row, "Type")
        if not place or not source:
            continue
        what = kind_of(source)
        yield "mount_source_kind", place, what, f"stat:{source}"
        shown = here.find(place)
        info = _stat(shown) if shown else None
        if info is not None:
            yield "mount_owner", place, f"{info.st_uid}:{info.st_gid}", f"stat:{place}"
            yield "mount_mode", place, f"{stat.S_IMODE(info.st_mode):04o}", f"stat:{place}"
        if here.root and kind == "bind" and info is not None and stat.S_ISREG(info.st_mode):
            outside = _stat(source)
            same = outside is not None and (outside.st_dev, outside.st_ino) == (info.st_dev, info.st_ino)
            yield "mount_stale", place, not same, f"stat:{source} beside stat:{place}"
        if what == "empty directory" or (what == "directory" and kind == "bind"):
            yield from _hidden(here, place)
    for place in part(document, "HostConfig.Tmpfs"):
        yield from _hidden(here, place)


def _hidden(here: Insides, place: str) -> Iterator[Row]:
    """What the image has where something is mounted over it."""
    under = here.of_image(place)
    if under is None:
        return
    if os.path.isdir(under):
        names = [name for name in _names(under) if not name.startswith(".")]
        if names:
            yield "mount_hides", place, min(len(names), MOST_ENTRIES), f"image:{place}"
            told = " ".join(name for name in sorted(names)[:MOST_ENTRIES] if " " not in name)
            yield "mount_hidden_names", place, neutralise(told, LONGEST_NAMES), f"image:{place}"
    elif os.path.isfile(under):
        yield "mount_hides_file", place, True, f"image:{place}"


def _written(here: Insides) -> Iterator[Row]:
    """Whether it wrote to its root filesystem where no tmpfs could stand in: its upper layer, two levels deep."""
    if not here.layers:
        return
    upper, count = here.layers[0], 0
    for name in _names(upper):
        below = [f"/{name}/{item}" for item in _names(f"{upper}/{name}")] or [f"/{name}"]
        count += sum(not any(_on(path, place) for place in PASSING) for path in below)
    yield "rootfs_written", "", count, "overlay:upper"


def _program(here: Insides, document: Document) -> Iterator[Row]:
    """The file of its command, where it did not start or does not stay."""
    command = text(document, "Path")
    if not command or (here.root and not integer(document, "RestartCount")):
        return
    path = command if "/" in command else _on_path(here, document, command)
    if not path.startswith("/"):
        return
    shown = here.find(path)
    key = neutralise(path, LONGEST)
    yield "program_file", key, "missing" if shown is None else program_kind(here, shown), f"stat:{key}"
    info = _stat(shown) if shown else None
    if info is not None:
        yield "program_mode", key, f"{stat.S_IMODE(info.st_mode):04o}", f"stat:{key}"


def _on_path(here: Insides, document: Document, command: str) -> str:
    search = next((item[5:] for item in words(document, "Config.Env") if item.startswith("PATH=")), USUAL_PATH)
    found = (f"{folder.rstrip('/')}/{command}" for folder in search.split(":") if folder.startswith("/"))
    return next((path for path in found if here.find(path) is not None), "")


def program_kind(here: Insides, path: str) -> str:
    """`elf amd64`, `script /bin/sh`, `script crlf /bin/sh`, `script without /opt/py`, `text`, `empty`, `directory`."""
    if os.path.isdir(path):
        return "directory"
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError:
        return "unreadable"
    if head.startswith(b"\x7fELF") and len(head) >= 20:
        machine = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
        return f"elf {MACHINES.get(machine, machine)}"
    if not head.startswith(b"#!"):
        return "text" if head else "empty"
    line = head.split(b"\n", 1)[0]
    interpreter = neutralise(line[2:].strip().split(b" ")[0].decode("utf-8", "replace").rstrip("\r"), LONGEST)
    if line.endswith(b"\r"):
        return f"script crlf {interpreter}"
    return f"script {interpreter}" if here.find(interpreter) else f"script without {interpreter}"


def kind_of(path: str) -> str:
    info = _stat(path)
    if info is None:
        return "missing" if not os.path.lexists(path) else "unreadable"
    if stat.S_ISDIR(info.st_mode):
        names = _names(path)
        return "directory" if names else "empty directory"
    if stat.S_ISREG(info.st_mode):
        return "file" if info.st_size else "empty file"
    return "socket" if stat.S_ISSOCK(info.st_mode) else "device"


def layered(layers: Sequence[str], path: str) -> str | None:
    """A path in the union of some layers, the first on top, links followed as inside; None if it is not there."""
    done: list[str] = []
    todo = [item for item in reversed(path.split("/")) if item]
    links, here = 0, layers[0] if layers else None
    while todo:
        item = todo.pop()
        if item in (".", ".."):
            del done[len(done) - (item == "..") :]
            continue
        here = _topmost(layers, "/".join((*done, item)))
        if here is None:
            return None
        if not os.path.islink(here):
            done.append(item)
            continue
        links += 1
        target = os.readlink(here)
        if links > MOST_LINKS:
            return None
        if target.startswith("/"):
            done.clear()
        todo.extend(item for item in reversed(target.split("/")) if item)
    return here if done else None


def _topmost(layers: Sequence[str], path: str) -> str | None:
    for layer in layers:
        try:
            info = os.lstat(f"{layer}/{path}")
        except OSError:
            continue
        white = stat.S_ISCHR(info.st_mode) and info.st_rdev == 0  # deleted in a layer above
        return None if white else f"{layer}/{path}"
    return None


def _followed(root: str, path: str) -> str | None:
    try:
        found = inside(root, path)
    except OSError:
        return None
    return found if os.path.lexists(found) else None


def _on(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def local(document: Document) -> bool:
    """Whether the engine's own folders are here to be looked into."""
    upper = text(document, "GraphDriver.Data.UpperDir")
    return bool(upper) and os.access(upper, os.X_OK) and pick(document, "Id") is not None
