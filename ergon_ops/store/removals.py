"""CIs that a person removed through aish: they are not registered again before somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ergon_ops.store.database import Database


class Removals:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def add(self, keys: Iterable[str]) -> None:
        rows = [(key, self._clock()) for key in keys]
        self._db.write(lambda db: db.executemany("INSERT OR IGNORE INTO removals VALUES (?, ?)", rows))

    def all(self) -> tuple[str, ...]:
        """The keys, in the order of the alphabet."""
        return tuple(key for (key,) in self._db.rows("SELECT key FROM removals ORDER BY key"))

    def take_back(self, keys: Iterable[str]) -> None:
        rows = [(key,) for key in keys]
        self._db.write(lambda db: db.executemany("DELETE FROM removals WHERE key = ?", rows))
