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


def lives(db: Connection) -> None:
    """What happened to containers outlives them."""
    db.execute(
        "CREATE TABLE lives (seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, host TEXT NOT NULL,"
        " name TEXT NOT NULL, container_id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,"
        " UNIQUE (at, host, name, kind, text))"
    )
    db.execute("CREATE INDEX lives_of ON lives(host, name, at)")
    db.execute(
        "CREATE TABLE portraits (host TEXT NOT NULL, name TEXT NOT NULL, container_id TEXT NOT NULL, at REAL NOT NULL,"
        " body TEXT NOT NULL, PRIMARY KEY (host, name)) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE salts (name TEXT PRIMARY KEY, body BLOB NOT NULL)")


def usage_over_time(db: Connection) -> None:
    """What right-sizing needs: a row a minute and container, with the highest value seen."""
    db.execute(
        "CREATE TABLE usage (container_id TEXT NOT NULL, minute INTEGER NOT NULL, memory INTEGER NOT NULL,"
        " oom_kills INTEGER NOT NULL, PRIMARY KEY (container_id, minute)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX usage_minute ON usage(minute)")


def callers(db: Connection) -> None:
    db.execute(
        "CREATE TABLE callers (interface TEXT NOT NULL, identity TEXT NOT NULL, first_at REAL NOT NULL,"
        " last_at REAL NOT NULL, asked INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (interface, identity))"
        " WITHOUT ROWID"
    )


def projects(db: Connection) -> None:
    """Folders the operator named, and what was last written and proven of each application in them."""
    db.execute(
        "CREATE TABLE projects (name TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, added_at REAL NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE plans (path TEXT NOT NULL, application TEXT NOT NULL, body TEXT NOT NULL,"
        " dockerfile TEXT NOT NULL, status TEXT NOT NULL, detail TEXT NOT NULL, at REAL NOT NULL,"
        " PRIMARY KEY (path, application)) WITHOUT ROWID"
    )


def docker_configs(db: Connection) -> None:
    """How each project was last made ready for containers: its manifest and what was written for it."""
    db.execute(
        "CREATE TABLE docker_configs (path TEXT PRIMARY KEY, body TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID"
    )


def images(db: Connection) -> None:
    """What images were built from. A second image of the same inputs is a row of its own, and a violation."""
    db.execute(
        "CREATE TABLE sources (digest TEXT PRIMARY KEY, files INTEGER NOT NULL, bytes INTEGER NOT NULL,"
        " at REAL NOT NULL) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE locks (digest TEXT PRIMARY KEY, body TEXT NOT NULL, at REAL NOT NULL)")
    db.execute(
        "CREATE TABLE images (image_digest TEXT PRIMARY KEY, config_digest TEXT NOT NULL, size INTEGER NOT NULL,"
        " files BLOB NOT NULL, at REAL NOT NULL)"
    )
    db.execute(
        "CREATE TABLE builds (id INTEGER PRIMARY KEY AUTOINCREMENT, input_digest TEXT NOT NULL,"
        " format INTEGER NOT NULL, container TEXT NOT NULL, project TEXT NOT NULL, manifest_digest TEXT NOT NULL,"
        " source_digest TEXT NOT NULL, lock_digest TEXT NOT NULL, platform TEXT NOT NULL, executor TEXT NOT NULL,"
        " environment TEXT NOT NULL, image_digest TEXT NOT NULL, config_digest TEXT NOT NULL, archive TEXT NOT NULL,"
        " archive_sha256 TEXT NOT NULL, size INTEGER NOT NULL, tag TEXT NOT NULL, status TEXT NOT NULL,"
        " detail TEXT NOT NULL, took_s REAL NOT NULL, at REAL NOT NULL)"
    )
    db.execute("CREATE INDEX builds_input ON builds(input_digest, format)")
    db.execute("CREATE INDEX builds_config ON builds(config_digest)")
    db.execute(
        "CREATE TABLE tags (name TEXT NOT NULL, tag TEXT NOT NULL, image_digest TEXT NOT NULL, at REAL NOT NULL,"
        " PRIMARY KEY (name, tag)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE violations (input_digest TEXT NOT NULL, image_digest TEXT NOT NULL, other_digest TEXT NOT NULL,"
        " difference TEXT NOT NULL, at REAL NOT NULL)"
    )
    db.execute(
        "CREATE TABLE deliveries (digest TEXT NOT NULL, endpoint TEXT NOT NULL, body TEXT NOT NULL,"
        " queued_at REAL NOT NULL, tried_at REAL, tries INTEGER NOT NULL, sent_at REAL, receipt TEXT NOT NULL,"
        " error TEXT NOT NULL, PRIMARY KEY (digest, endpoint)) WITHOUT ROWID"
    )


def refinements(db: Connection) -> None:
    """What a model added to the analysis of a project, and which."""
    db.execute(
        "CREATE TABLE refinements (path TEXT PRIMARY KEY, said_by TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL)"
        " WITHOUT ROWID"
    )


def usage_by_hour(db: Connection) -> None:
    """Older rows of usage are one an hour; how many samples each stands for."""
    db.execute("ALTER TABLE usage ADD COLUMN points INTEGER NOT NULL DEFAULT 1")


def removals(db: Connection) -> None:
    """CIs that a person removed through aish."""
    db.execute("CREATE TABLE removals (key TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID")


Migration = Callable[["Connection"], None]
MIGRATIONS: tuple[Migration, ...] = (
    conversations,
    observations,
    changing,
    registrations,
    whose_findings,
    lives,
    usage_over_time,
    callers,
    projects,
    docker_configs,
    images,
    refinements,
    usage_by_hour,
    removals,
)
