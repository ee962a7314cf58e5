"""Small kernel files (cgroupfs, /proc), read whole: absent, forbidden or vanished is None, never an exception.

With `keep_open` a file is opened once and read again with `pread` (about four times cheaper), which pays for a sampler
and not for a single question. A kept file of a removed cgroup answers ENODEV; it is opened anew then.
"""

from __future__ import annotations

import os
from threading import Lock

CHUNK = 65_536
PAGE, LONGEST_RECORD = 4_096, 500
KEPT_AT_MOST = 512


def _room() -> int:
    """How many files may stay open: at most a quarter of what this process may open."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return KEPT_AT_MOST if soft < 0 else min(KEPT_AT_MOST, soft // 4)


class KernelFiles:
    """`root` is "/" or a recorded tree; all paths given are absolute, below it."""

    def __init__(self, root: str = "/", *, keep_open: bool = False) -> None:
        self.root = root.rstrip("/")
        self._room = _room() if keep_open else 0
        self._kept: dict[str, int] = {}
        self._lock = Lock()

    def read(self, path: str) -> bytes | None:
        """The whole file, opened, read and closed."""
        try:
            handle = os.open(self.root + path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return _whole(handle)
        except OSError:
            return None
        finally:
            os.close(handle)

    def again(self, path: str) -> bytes | None:
        """As `read`, for a file of short lines that will be read again."""
        if not self._room:
            return self.read(path)
        with self._lock:
            handle = self._kept.get(path)
            if handle is not None:
                try:
                    return _from_start(handle)
                except OSError:
                    # Of a cgroup that is gone; after a restart there is a new one of the same name.
                    os.close(self._kept.pop(path))
            handle = self._keep(path)
            try:
                return None if handle is None else _from_start(handle)
            except OSError:
                return None

    def _keep(self, path: str) -> int | None:
        while len(self._kept) >= self._room:
            os.close(self._kept.pop(next(iter(self._kept))))
        try:
            handle = os.open(self.root + path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        self._kept[path] = handle
        return handle

    def text(self, path: str) -> str | None:
        raw = self.read(path)
        return None if raw is None else raw.decode("utf-8", "replace")

    def link(self, path: str) -> str | None:
        try:
            return os.readlink(self.root + path)
        except OSError:
            return None

    def listing(self, path: str) -> list[str] | None:
        """What a directory holds; None if it cannot be listed."""
        try:
            return os.listdir(self.root + path)
        except OSError:
            return None

    def folders(self, path: str) -> list[str]:
        """The directories in a directory, links not followed."""
        try:
            with os.scandir((self.root + path) or "/") as entries:
                return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []

    def inode(self, path: str) -> int:
        """0 if there is no such file."""
        try:
            return os.stat(self.root + path).st_ino
        except OSError:
            return 0

    def close(self, *, below: tuple[str, ...] = ("",)) -> None:
        """The files kept open, or those of some folders."""
        with self._lock:
            for path in [path for path in self._kept if path.startswith(below)]:
                os.close(self._kept.pop(path))


def _whole(handle: int) -> bytes:
    # A short read does not mean the end: files made of records come a page at a time.
    parts = []
    while part := os.read(handle, CHUNK):
        parts.append(part)
    return b"".join(parts)


def _from_start(handle: int) -> bytes:
    data = os.pread(handle, CHUNK, 0)
    while len(data) > PAGE - LONGEST_RECORD:
        part = os.pread(handle, CHUNK, len(data))
        if not part:
            break
        data += part
    return data


def after(data: bytes | None, key: bytes) -> int | None:
    """The integer behind `key` at the start of a line: `after(b"nr_periods 12\\n", b"nr_periods ")` is 12."""
    if data is None:
        return None
    if data.startswith(key):
        start = len(key)
    else:
        start = data.find(b"\n" + key)
        if start < 0:
            return None
        start += len(key) + 1
    end = data.find(b"\n", start)
    return number(data[start : end if end >= 0 else len(data)])


def number(data: bytes | None) -> int | None:
    """A file that holds one integer; None for "max" and whatever else is not one."""
    if data is None:
        return None
    try:
        return int(data)
    except ValueError:
        return None
