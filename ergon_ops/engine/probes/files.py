"""Files of a container, read from outside: through /proc/PID/root, or out of the engine's archive.

/proc/PID/root is walked one folder at a time, each opened without following links: a link is read and its target looked
up from the container's own root, also where the container exchanges folders for links meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import tarfile
from collections.abc import Iterator

MOST_LINKS, MOST_NAMES, LONGEST, TAIL = 20, 200, 1_000_000, 65_536
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY


def read(root: str, path: str) -> bytes | None:
    """The first megabyte of an ordinary file below `root`; None if there is none, or it may not be read."""
    try:
        with _opened(root, path, FILE) as handle:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            return os.read(handle, LONGEST)
    except OSError:
        return None


def tail(root: str, path: str) -> tuple[bytes, float] | None:
    """The end of an ordinary file below `root`, and when it was last written."""
    try:
        with _opened(root, path, FILE) as handle:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode):
                return None
            return os.pread(handle, TAIL, max(0, state.st_size - TAIL)), state.st_mtime
    except OSError:
        return None


def names(root: str, path: str) -> list[str]:
    """What a folder below `root` holds, sorted; empty if it cannot be seen."""
    try:
        with _opened(root, path, FOLDER) as handle:
            return sorted(os.listdir(handle))[:MOST_NAMES]
    except OSError:
        return []


@contextlib.contextmanager
def _opened(root: str, path: str, flags: int) -> Iterator[int]:
    """The handle of `path` as the container sees it. Raises OSError."""
    trail = [os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]  # /proc/PID/root itself is a link to follow
    try:
        todo = _parts(path)
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                if len(trail) > 1:
                    os.close(trail.pop())
                continue
            try:
                trail.append(os.open(part, FOLDER if todo else flags, dir_fd=trail[-1]))
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.ENOTDIR) or links == MOST_LINKS:
                    raise
                links += 1
                target = os.readlink(part, dir_fd=trail[-1])
                while target.startswith("/") and len(trail) > 1:
                    os.close(trail.pop())
                todo += _parts(target)
        yield trail[-1]
    finally:
        for handle in trail:
            os.close(handle)


def _parts(path: str) -> list[str]:
    """The last one first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


class Archive:
    """Files out of the tar that the engine makes of a file or a folder; `path` is what was asked for."""

    def __init__(self, path: str, tar: bytes) -> None:
        self._files: dict[str, bytes] = {}
        self._links: dict[str, str] = {}
        self._written: dict[str, float] = {}
        above = path.rstrip("/").rpartition("/")[0]
        with contextlib.suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(tar)) as found:
            for member in found:
                place = f"{above}/{member.name.rstrip('/')}"
                if member.issym():
                    self._links[place] = os.path.normpath(os.path.join(os.path.dirname(place), member.linkname))
                elif member.isfile() and member.size <= LONGEST and (body := found.extractfile(member)):
                    self._files[place] = body.read()
                    self._written[place] = member.mtime

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def tail(self, path: str) -> tuple[bytes, float] | None:
        found = self._files.get(path)
        return None if found is None else (found[-TAIL:], self._written[path])

    def link(self, path: str) -> str:
        """Where a symbolic link leads; "" if it is none."""
        return self._links.get(path, "")

    def names(self, path: str) -> list[str]:
        inside = (place.removeprefix(f"{path.rstrip('/')}/") for place in (*self._files, *self._links))
        return sorted(name for name in inside if "/" not in name)[:MOST_NAMES]
