"""Conversations, and the facts that were cited in them. Texts are redacted on the way in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import StoreError
from ergon_ops.facts import Fact
from ergon_ops.messages import Message, Native, Part, Text, ToolCall, ToolResult
from ergon_ops.redaction import redact, redact_json
from ergon_ops.store import codec
from ergon_ops.store.records import Session

if TYPE_CHECKING:
    from ergon_ops.store.database import Database, Row

_SESSION = (
    "SELECT id, name, subject, created_at, updated_at, (SELECT count(*) FROM messages WHERE session = sessions.id)"
    " FROM sessions"
)


class Sessions:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def create(self, name: str = "", *, subject: str = "") -> Session:
        """A new session; if one of that name exists, that one (two processes may say the name at once)."""
        key, now = f"s-{secrets.token_hex(5)}", self._clock()
        values = (key, name or key, subject, now, now)
        self._db.write(lambda db: db.execute("INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?, ?)", values))
        found = self.resume(name or key)
        assert found is not None
        return found

    def resume(self, name: str) -> Session | None:
        """By name, id, or a prefix of the id that only one session has."""
        rows = self._db.rows(f"{_SESSION} WHERE name = ?1 OR id = ?1", (name,))
        if not rows and name.startswith("s-"):
            rows = self._db.rows(f"{_SESSION} WHERE substr(id, 1, length(?1)) = ?1", (name,))
        return Session(*rows[0]) if len(rows) == 1 else None

    def append(self, session: str, message: Message) -> None:
        """Raises StoreError for a session that does not exist (any more)."""
        body, now = codec.dump(_redacted(message)), self._clock()

        def work(db: Any) -> int:
            db.execute(
                "INSERT INTO messages (session, at, body) SELECT id, ?, ? FROM sessions WHERE id = ?",
                (now, body, session),
            )
            return int(db.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (now, session)).rowcount)

        if not self._db.write(work):
            raise StoreError(f"session {session} does not exist", next="start another one")

    def attend(self, session: str, subject: str) -> None:
        """Remember what it is about now, for the follow-up question of another process."""
        self._db.write(lambda db: db.execute("UPDATE sessions SET subject = ? WHERE id = ?", (subject, session)))

    def messages(self, session: str) -> tuple[Message, ...]:
        rows = self._db.rows("SELECT body FROM messages WHERE session = ? ORDER BY seq", (session,))
        return tuple(codec.load(Message, body) for (body,) in rows)

    def transcript(self, session: str) -> tuple[tuple[float, Message], ...]:
        """Each message with when it was stored."""
        rows = self._db.rows("SELECT at, body FROM messages WHERE session = ? ORDER BY seq", (session,))
        return tuple((float(at), codec.load(Message, body)) for at, body in rows)

    def list(self, limit: int = 50) -> tuple[Session, ...]:
        rows: Iterable[Row] = self._db.rows(f"{_SESSION} ORDER BY updated_at DESC, id LIMIT ?", (limit,))
        return tuple(Session(*row) for row in rows)

    def delete(self, session: str) -> bool:
        """With its messages and facts."""
        return self._db.write(lambda db: db.execute("DELETE FROM sessions WHERE id = ?", (session,)).rowcount > 0)


def _redacted(message: Message) -> Message:
    return replace(message, parts=tuple(_redacted_part(part) for part in message.parts))


def _redacted_part(part: Part) -> Part:
    match part:
        case Text() | ToolResult():
            return replace(part, text=redact(part.text))
        case ToolCall():
            return replace(part, arguments=redact_json(dict(part.arguments)))
        case Native():  # echoed back to its provider unread: a changed byte would break its signature
            return part


class CitedFacts:
    """The facts of a session, by their ids in its ledger."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, session: str, facts: Iterable[Fact]) -> None:
        rows = [(session, fact.id, int(fact.id.lstrip("e") or 0), codec.dump(fact)) for fact in facts]

        def work(db: Any) -> None:
            if db.execute("SELECT 1 FROM sessions WHERE id = ?", (session,)).fetchone():
                db.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?)", rows)

        self._db.write(work)

    def last(self, session: str) -> int:
        """The number of the newest fact; 0 if there is none."""
        rows = self._db.rows("SELECT max(number) FROM facts WHERE session = ?", (session,))
        return int(rows[0][0] or 0)

    def of(self, session: str) -> tuple[Fact, ...]:
        """In the order of their ids."""
        rows = self._db.rows("SELECT body FROM facts WHERE session = ? ORDER BY number", (session,))
        return tuple(codec.load(Fact, body) for (body,) in rows)

    def get(self, session: str, fact: str) -> Fact | None:
        rows = self._db.rows("SELECT body FROM facts WHERE session = ? AND id = ?", (session, fact))
        return codec.load(Fact, rows[0][0]) if rows else None
