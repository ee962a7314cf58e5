"""The cache of packaging kept within bounds: what nobody used for long goes, then the longest unused until the rest is
small enough. All of it can be made again; what came from elsewhere goes last, as a mirror may no longer have it."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.image.archive import ENDING

KEEP_DAYS = 30.0
KEEP_BYTES = 5_000_000_000
DAY_S = 86_400.0
FRESH_S = 2 * 3600.0  # longer than a build takes: what was used since may be in use now
MARK = "tidied"
KINDS = ("drafts", "archives", "layers", "steps", "roots", "packages")


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the cache, or the folder of an unfinished build; `used` is when it was last built with."""

    kind: str
    path: Path
    size: int
    used: float


def held(cache: Path) -> list[Held]:
    """Everything of ours. Folders that are links are somebody else's."""
    shelf = cache / "packages"
    places = [
        ("archives", cache / "images", "*" + ENDING),
        ("layers", shelf / "layers", "*.tar"),
        ("steps", shelf / "steps", "*"),
        ("roots", cache, "rootfs-*.tar"),
        *(("packages", folder, "*") for folder in _folders(shelf / "files")),
    ]
    found = [item for kind, folder, pattern in places for item in _files(kind, folder, pattern)]
    return [*found, *(_draft(folder) for folder in _folders(shelf / "drafts"))]


def _folders(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        if not folder.is_symlink():
            return [Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    return []


def _files(kind: str, folder: Path, pattern: str) -> Iterator[Held]:
    """What a killed build left half written begins with a dot."""
    if folder.is_symlink():
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            half = entry.name.startswith(".") and kind != "roots"
            if half or fnmatchcase(entry.name, pattern):
                with contextlib.suppress(OSError):
                    about = entry.stat(follow_symlinks=False)
                    if S_ISREG(about.st_mode):
                        yield Held("drafts" if half else kind, Path(entry), about.st_size, about.st_mtime)


def _draft(folder: Path) -> Held:
    """Named after the process it belongs to: while that lives it is in use."""
    size, used = 0, 0.0
    for place, _, names in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in names)):
            with contextlib.suppress(OSError):
                about = os.lstat(path)
                size, used = size + about.st_size * S_ISREG(about.st_mode), max(used, about.st_mtime)
    return Held("drafts", folder, size, math.inf if _lives(folder.name.partition("-")[0]) else used)


def _lives(pid: str) -> bool:
    return pid.isdigit() and Path("/proc", pid).exists()


def told(cache: Path) -> dict[str, Any]:
    """How much there is of each kind."""
    found = held(cache)
    kinds = {kind: [item.size for item in found if item.kind == kind] for kind in KINDS}
    return {
        "path": str(cache),
        "bytes": sum(item.size for item in found),
        "kinds": {kind: {"files": len(sizes), "bytes": sum(sizes)} for kind, sizes in kinds.items()},
    }


def tidy(cache: Path, *, now: float, days: float = KEEP_DAYS, max_bytes: int = KEEP_BYTES) -> dict[str, int]:
    """How many went, by kind. What was used within two hours stays, whatever it takes."""
    found = held(cache)
    left = sum(item.size for item in found)
    removed = dict.fromkeys(KINDS, 0)
    for item in sorted(found, key=lambda item: (item.kind == "packages", item.used)):
        if item.used >= now - FRESH_S:
            continue
        if left > max_bytes or item.used < now - days * DAY_S or item.kind == "drafts":
            left -= item.size
            removed[item.kind] += _removed(item)
    _mark(cache, now)
    return removed


def _removed(item: Held) -> bool:
    try:
        if item.path.is_dir():
            shutil.rmtree(item.path)
            return True
        item.path.unlink()
    except OSError:
        return False
    if item.path.parent.parent.name == "files":
        with contextlib.suppress(OSError):
            item.path.parent.rmdir()
    return True


def due(cache: Path, *, now: float, max_bytes: int = KEEP_BYTES) -> bool:
    """A day after the last time, or when what grows with each build is too much already."""
    try:
        last = (cache / "packages" / MARK).stat().st_mtime
    except OSError:
        _mark(cache, now)
        return False
    if now - last > DAY_S:
        return True
    grown = [*_files("archives", cache / "images", "*"), *_files("layers", cache / "packages" / "layers", "*")]
    return sum(item.size for item in grown) > max_bytes


def _mark(cache: Path, now: float) -> None:
    mark = cache / "packages" / MARK
    with contextlib.suppress(OSError):
        mark.touch()
        os.utime(mark, (now, now))
