"""Who asked through the daemon: one row a caller, with how often and when. What was asked is not kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

Caller = tuple[str, str]  # interface, identity


class Callers:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def note(self, asked: Mapping[Caller, int], refused: Mapping[Caller, int]) -> None:
        """Adds these counts to what is known."""
        now = self._clock()
        rows = [
            (*caller, now, now, asked.get(caller, 0), refused.get(caller, 0))
            for caller in dict.fromkeys((*asked, *refused))
        ]
        sql = (
            "INSERT INTO callers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (interface, identity) DO UPDATE SET"
            " last_at = excluded.last_at, asked = asked + excluded.asked, refused = refused + excluded.refused"
        )
        if rows:
            self._db.write(lambda db: db.executemany(sql, rows))

    def all(self) -> list[dict[str, Any]]:
        """The latest first."""
        names = ("interface", "identity", "first_at", "last_at", "asked", "refused")
        rows = self._db.rows(f"SELECT {', '.join(names)} FROM callers ORDER BY last_at DESC")
        return [dict(zip(names, row, strict=True)) for row in rows]
