"""The digest of a file while it is written: another thread reads what is there already; nobody waits for it later."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ergon_ops.packaging.image.entries import CHUNK


class Follower:
    """Of the file behind a descriptor, which only grows."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._made = descriptor, hashlib.sha256()
        self._changed = threading.Condition()
        self._there, self._whole = 0, False
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def reached(self, size: int) -> None:
        """So many bytes are written and flushed."""
        with self._changed:
            self._there = size
            self._changed.notify()

    def digest(self, size: int) -> str:
        """Of the whole file. Raises OSError if it could not be read back."""
        self.reached(size)
        self.end()
        if self._failed is not None:
            raise self._failed
        return f"sha256:{self._made.hexdigest()}"

    def end(self) -> None:
        """Nothing more is written."""
        with self._changed:
            self._whole = True
            self._changed.notify()
        self._thread.join()

    def _follow(self) -> None:
        at = 0
        try:
            while (there := self._more(at)) > at:
                while at < there:
                    block = os.pread(self._descriptor, min(CHUNK, there - at), at)
                    if not block:
                        raise OSError("what was written is not there")
                    self._made.update(block)
                    at += len(block)
        except OSError as error:
            self._failed = error

    def _more(self, at: int) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._there > at or self._whole)
            return self._there


@contextmanager
def following(file: IO[bytes]) -> Iterator[Follower]:
    """The thread has ended when the block has, however that came."""
    follower = Follower(file.fileno())
    try:
        yield follower
    finally:
        follower.end()
