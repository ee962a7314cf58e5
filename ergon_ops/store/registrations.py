"""What the operator said yes to: manifests that may give roles, endpoints that may be sent to. And tool outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ergon_ops.redaction import redact
from ergon_ops.store.records import Registered

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

HANDLE_CHARACTERS = 1_000_000
HANDLES_KEPT = 500
_NO = "no "


class Manifests:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def register(self, digest: str, *, path: str, name: str, body: str) -> None:
        values = (digest, path, name, body, self._clock())
        self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO manifests VALUES (?, ?, ?, ?, ?)", values))

    def get(self, digest: str) -> Registered | None:
        rows = self._db.rows("SELECT * FROM manifests WHERE digest = ?", (digest,))
        return Registered(*rows[0]) if rows else None

    def all(self) -> tuple[Registered, ...]:
        """Newest first."""
        rows = self._db.rows("SELECT * FROM manifests ORDER BY registered_at DESC, digest")
        return tuple(Registered(*row) for row in rows)

    def forget(self, digest: str) -> bool:
        return self._db.write(lambda db: db.execute("DELETE FROM manifests WHERE digest = ?", (digest,)).rowcount > 0)


class Consents:
    """To which model endpoints facts may be sent, as a person answered once at a terminal."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def give(self, endpoint: str) -> None:
        values = (endpoint, self._clock())
        self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO consents VALUES (?, ?)", values))

    def refuse(self, endpoint: str) -> None:
        """A no is remembered as well: nobody is asked twice."""
        self.withdraw(endpoint)
        self.give(f"{_NO}{endpoint}")

    def given(self, endpoint: str) -> bool:
        return bool(self._db.rows("SELECT 1 FROM consents WHERE endpoint = ?", (endpoint,)))

    def refused(self, endpoint: str) -> bool:
        return not self.given(endpoint) and self.given(f"{_NO}{endpoint}")

    def withdraw(self, endpoint: str) -> None:
        self._db.write(lambda db: db.execute("DELETE FROM consents WHERE endpoint = ?", (endpoint,)))

    def all(self) -> dict[str, float]:
        return dict(self._db.rows("SELECT endpoint, at FROM consents ORDER BY endpoint"))


class Handles:
    """Full tool outputs under short names (`h3`), for `/show`. Bounded in length and number, redacted."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def put(self, text: str, *, label: str = "") -> str:
        if len(text) > HANDLE_CHARACTERS:
            half = HANDLE_CHARACTERS // 2
            text = f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
        body, now = redact(text), self._clock()

        def work(db: Any) -> int:
            cursor = db.execute("INSERT INTO handles (at, label, body) VALUES (?, ?, ?)", (now, label, body))
            db.execute("DELETE FROM handles WHERE id <= ?", (cursor.lastrowid - HANDLES_KEPT,))
            return int(cursor.lastrowid)

        return f"h{self._db.write(work)}"

    def get(self, handle: str) -> str | None:
        number = handle[1:] if handle.startswith("h") else ""
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        rows = self._db.rows("SELECT body FROM handles WHERE id = ?", (int(number),))
        return rows[0][0] if rows else None
