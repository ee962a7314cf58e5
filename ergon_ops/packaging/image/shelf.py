"""Where files and layers are kept between builds: under their sha256, so that nobody has to be believed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.entries import CHUNK
from ergon_ops.packaging.image.layers import drafted
from ergon_ops.packaging.image.locks import Locked


@dataclass(frozen=True, slots=True)
class Shelf:
    root: Path

    @property
    def layers(self) -> Path:
        return self.root / "layers"

    @property
    def drafts(self) -> Path:
        return self.root / "drafts"

    def step(self, key: str) -> Path:
        """What one step of a build came to."""
        return self.root / "steps" / f"{key}.json"

    def place(self, item: Locked) -> Path:
        return self.root / "files" / item.sha256 / item.file

    def has(self, item: Locked) -> bool:
        """A file is looked at when it is put here, and again by whoever unpacks it: here its size is enough."""
        try:
            there = self.place(item).stat().st_size == item.size
        except OSError:
            return False
        self.used(self.place(item))
        return there

    def used(self, *paths: Path) -> None:
        """What was built with today is not tidied away tomorrow."""
        for path in paths:
            with contextlib.suppress(OSError):
                os.utime(path)

    def keep(self, path: Path, *, name: str, version: str) -> Locked:
        """A file that came from outside, as it is: from now on it is known by its digest."""
        item = Locked(path.name, name, version, sha256_of(path), path.stat().st_size)
        self._copy(path, item)
        return item

    def take(self, path: Path, item: Locked) -> None:
        """A file that should be `item`. Raises ErgonError if it is not."""
        found = sha256_of(path)
        if found != item.sha256:
            step = "somebody gave another file under that name: find out who, before locking anew with --lock"
            raise ErgonError(
                f"{item.file} is not what the lock says: sha256 {found} instead of {item.sha256}", next=step
            )
        self._copy(path, item)

    def _copy(self, path: Path, item: Locked) -> None:
        target = self.place(item)
        if not self.has(item):
            with path.open("rb") as source, drafted(target) as file:
                shutil.copyfileobj(source, file, CHUNK)

    def draft_folder(self) -> Path:
        made = self.drafts / f"{os.getpid()}-{os.urandom(4).hex()}"
        made.mkdir(mode=0o700, parents=True)
        return made


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
