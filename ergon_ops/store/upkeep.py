"""How large the state is, and making it smaller. The journal and the changes it tells of are never pruned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

TABLES = (
    "sessions", "messages", "facts", "handles", "findings", "counters", "sightings", "proposals", "changes", "journal",
    "manifests", "consents",
)  # fmt: skip
DAY_S = 86_400.0


def stats(database: Database) -> dict[str, Any]:
    """Rows per table and bytes in use; `path` is None in memory."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    return {
        "path": str(database.path) if database.path else None,
        "durable": database.durable,
        "notice": database.notice,
        "bytes": _bytes(database),
        "rows": dict(zip(TABLES, database.rows(f"SELECT {counts}")[0], strict=True)),
    }


def prune(database: Database, clock: Callable[[], float], *, days: float, max_bytes: int) -> dict[str, int]:
    """Forget what is older than `days`, then the oldest sessions and tool outputs until `max_bytes` are enough.
    Gives how many rows went, by table."""
    before = clock() - days * DAY_S
    removed = database.write(lambda db: _forget(db, before))
    while _bytes(database) > max_bytes:
        more = database.write(_forget_oldest)
        if not any(more.values()):
            break
        removed = {table: count + more.get(table, 0) for table, count in removed.items()}
    if database.durable:
        database.rows("PRAGMA incremental_vacuum")
    return removed


def _forget(db: Any, before: float) -> dict[str, int]:
    return {
        "sessions": db.execute("DELETE FROM sessions WHERE updated_at < ?", (before,)).rowcount,
        "handles": db.execute("DELETE FROM handles WHERE at < ?", (before,)).rowcount,
        "findings": db.execute("DELETE FROM findings WHERE ended_at < ?", (before,)).rowcount,
        "proposals": db.execute(
            "DELETE FROM proposals WHERE expires_at < ? AND state <> 'claimed'"
            " AND id NOT IN (SELECT proposal FROM changes)",
            (before,),
        ).rowcount,
    }


def _forget_oldest(db: Any) -> dict[str, int]:
    return {
        table: db.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY {column} LIMIT 20)"
        ).rowcount
        for table, column in (("sessions", "updated_at"), ("handles", "id"))
    }


def _bytes(database: Database) -> int:
    ((pages, free, size),) = database.rows(
        "SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
    )
    return int((pages - free) * size)
