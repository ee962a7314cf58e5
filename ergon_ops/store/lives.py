"""What happened to containers, remembered past their removal: their lives by name, and the last portrait of each.

A portrait is a container's configuration as words, key by key; of secret values it has fingerprints only, so that a
change can be told and the value cannot.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

_ROWS = "SELECT at, host, name, container_id, kind, text FROM lives"


@dataclass(frozen=True, slots=True)
class Happened:
    """`kind`: the engine's action (create, start, die, oom, destroy …), or `changed` for a setting that is another."""

    at: float
    ref: Ref
    container_id: str
    kind: str
    text: str


class Lives:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def add(self, rows: Iterable[Happened]) -> None:
        """The same row twice is one: two watchers of one engine see the same."""
        values = [(row.at, row.ref.host, row.ref.name, row.container_id, row.kind, row.text) for row in rows]
        sql = "INSERT OR IGNORE INTO lives (at, host, name, container_id, kind, text) VALUES (?, ?, ?, ?, ?, ?)"
        if values:
            self._db.write(lambda db: db.executemany(sql, values))

    def of(self, ref: Ref, *, since: float = 0.0, until: float | None = None) -> tuple[Happened, ...]:
        """Oldest first, of whatever containers had that name."""
        values = (ref.host, ref.name, since, self._clock() if until is None else until)
        return self._rows(f"{_ROWS} WHERE host = ? AND name = ? AND at >= ? AND at <= ? ORDER BY at, seq", values)

    def departed(self, hosts: Iterable[str], *, since: float = 0.0) -> tuple[Happened, ...]:
        """The removals, newest first."""
        names = tuple(hosts)
        marks = ", ".join("?" for _ in names)
        sql = f"{_ROWS} WHERE kind = 'destroy' AND at >= ? AND host IN ({marks}) ORDER BY at DESC LIMIT 100"
        return self._rows(sql, (since, *names))

    def _rows(self, sql: str, values: tuple[Any, ...]) -> tuple[Happened, ...]:
        return tuple(
            Happened(at, Ref(name, host), key, kind, text)
            for at, host, name, key, kind, text in self._db.rows(sql, values)
        )

    # -- portraits

    def portrait(self, ref: Ref) -> tuple[str, dict[str, str]] | None:
        """The container's id and its configuration when it was last looked at."""
        rows = self._db.rows(
            "SELECT container_id, body FROM portraits WHERE host = ? AND name = ?", (ref.host, ref.name)
        )
        return (rows[0][0], json.loads(rows[0][1])) if rows else None

    def keep_portrait(self, ref: Ref, container_id: str, body: Mapping[str, str]) -> None:
        values = (ref.host, ref.name, container_id, self._clock(), json.dumps(dict(body), sort_keys=True))
        self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO portraits VALUES (?, ?, ?, ?, ?)", values))

    def salt(self) -> bytes:
        """For fingerprints: without it a guess at a secret could be tried against them. Made once."""

        def work(db: Any) -> bytes:
            db.execute("INSERT OR IGNORE INTO salts VALUES ('portraits', ?)", (secrets.token_bytes(16),))
            found: bytes = db.execute("SELECT body FROM salts WHERE name = 'portraits'").fetchone()[0]
            return found

        return self._db.write(work)
