"""The schema, as named functions: each is applied once, in a transaction, after a backup.

Add below, never edit above."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


def conversations(db: Connection) -> None:
    db.execute(
        "CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,"
        " created_at REAL NOT NULL, updated_at REAL NOT NULL)"
    )
    db.execute(
        "CREATE TABLE messages (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, at REAL NOT NULL, body TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX messages_session ON messages(session, seq)")
    db.execute(
        "CREATE TABLE facts (session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, id TEXT NOT NULL,"
        " number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (session, id)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE handles (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, label TEXT NOT NULL,"
        " body TEXT NOT NULL)"
    )


def observations(db: Connection) -> None:
    db.execute(
        "CREATE TABLE findings (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, about TEXT NOT NULL,"
        " body TEXT NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL, ended_at REAL)"
    )
    db.execute("CREATE UNIQUE INDEX findings_open ON findings(id) WHERE ended_at IS NULL")
    db.execute("CREATE INDEX findings_about ON findings(about, ended_at)")
    db.execute("CREATE TABLE counters (host TEXT PRIMARY KEY, at REAL NOT NULL, body TEXT NOT NULL)")
    db.execute("CREATE TABLE leases (host TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL)")
    db.execute("CREATE TABLE sightings (host TEXT PRIMARY KEY, at REAL NOT NULL, body TEXT NOT NULL)")


def changing(db: Connection) -> None:
    db.execute(
        "CREATE TABLE proposals (id TEXT PRIMARY KEY, container TEXT NOT NULL, state TEXT NOT NULL,"
        " created_at REAL NOT NULL, expires_at REAL NOT NULL, body TEXT NOT NULL)"
    )
    db.execute(
        "CREATE TABLE changes (id TEXT PRIMARY KEY, proposal TEXT NOT NULL, container TEXT NOT NULL,"
        " container_id TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL, started_at REAL NOT NULL,"
        " ended_at REAL, predecessor TEXT, actor TEXT NOT NULL, facts TEXT NOT NULL, text TEXT NOT NULL)"
    )
    # The engine of the rule "one change per container in flight": the database itself refuses a second one.
    db.execute("CREATE UNIQUE INDEX changes_in_flight ON changes(container_id) WHERE ended_at IS NULL")
    db.execute(
        "CREATE TABLE journal (seq INTEGER PRIMARY KEY, at REAL NOT NULL, step TEXT NOT NULL, change TEXT NOT NULL,"
        " proposal TEXT NOT NULL, container TEXT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL, hash TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX journal_change ON journal(change)")


def registrations(db: Connection) -> None:
    db.execute(
        "CREATE TABLE manifests (digest TEXT PRIMARY KEY, path TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,"
        " registered_at REAL NOT NULL)"
    )
    db.execute("CREATE TABLE consents (endpoint TEXT PRIMARY KEY, at REAL NOT NULL)")


def whose_findings(db: Connection) -> None:
    """A container made anew under its name has no part in what was wrong with the one before it."""
    db.execute("ALTER TABLE findings ADD COLUMN container_id TEXT NOT NULL DEFAULT ''")


Migration = Callable[["Connection"], None]
MIGRATIONS: tuple[Migration, ...] = (conversations, observations, changing, registrations, whose_findings)
