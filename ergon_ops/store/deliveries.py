"""Manifests on their way to somebody else's registry: kept until they were taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass

if TYPE_CHECKING:
    from ergon_ops.store.database import Database


@dataclass(frozen=True, slots=True)
class Delivery:
    """`receipt` is what the other side calls it; `error` why it was not taken the last time."""

    digest: str
    endpoint: str
    body: str
    queued_at: float
    tried_at: float | None
    tries: int
    sent_at: float | None
    receipt: str
    error: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "body"}


_READ = "SELECT digest, endpoint, body, queued_at, tried_at, tries, sent_at, receipt, error FROM deliveries"


class Deliveries:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def queue(self, digest: str, endpoint: str, body: str) -> None:
        """Once for each manifest and endpoint; one that was sent already goes again only if its text is another."""
        values = (digest, endpoint, body, self._clock())
        sql = (
            "INSERT INTO deliveries VALUES (?, ?, ?, ?, NULL, 0, NULL, '', '') ON CONFLICT (digest, endpoint) DO UPDATE"
            " SET body = excluded.body, sent_at = NULL, tries = 0 WHERE body <> excluded.body"
        )
        self._db.write(lambda db: db.execute(sql, values))

    def due(self) -> tuple[Delivery, ...]:
        """Not taken yet, the oldest first."""
        return tuple(Delivery(*row) for row in self._db.rows(f"{_READ} WHERE sent_at IS NULL ORDER BY queued_at"))

    def all(self) -> tuple[Delivery, ...]:
        return tuple(Delivery(*row) for row in self._db.rows(f"{_READ} ORDER BY queued_at DESC"))

    def get(self, digest: str, endpoint: str) -> Delivery | None:
        rows = self._db.rows(f"{_READ} WHERE digest = ? AND endpoint = ?", (digest, endpoint))
        return Delivery(*rows[0]) if rows else None

    def sent(self, item: Delivery, receipt: str) -> None:
        now = self._clock()
        sql = (
            "UPDATE deliveries SET sent_at = ?, tried_at = ?, tries = tries + 1, receipt = ?, error = ''"
            " WHERE digest = ? AND endpoint = ?"
        )
        self._db.write(lambda db: db.execute(sql, (now, now, receipt, item.digest, item.endpoint)))

    def failed(self, item: Delivery, error: str) -> None:
        sql = "UPDATE deliveries SET tried_at = ?, tries = tries + 1, error = ? WHERE digest = ? AND endpoint = ?"
        values = (self._clock(), error, item.digest, item.endpoint)
        self._db.write(lambda db: db.execute(sql, values))
