"""How large the state is, and making it smaller. The journal and the changes it tells of are never pruned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

TABLES = (
    "sessions", "messages", "facts", "handles", "findings", "counters", "sightings", "proposals", "changes", "journal",
    "manifests", "consents", "lives", "portraits", "callers", "builds", "images", "usage",
)  # fmt: skip
DAY_S = 86_400.0
# Which files each image has: the larger part of the registry. Of the last build of a container they always stay.
STALE_FILES = (
    "FROM images WHERE length(files) > 0 AND image_digest NOT IN (SELECT image_digest FROM builds WHERE id IN"
    " (SELECT max(id) FROM builds GROUP BY project, container))"
)
WHOLE_S = DAY_S  # of usage a row a minute; older than that one an hour is enough


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
    before, whole = clock() - days * DAY_S, clock() - WHOLE_S
    removed = database.write(lambda db: _forget(db, before))
    database.write(lambda db: _thin(db, whole))
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
        "lives": db.execute("DELETE FROM lives WHERE at < ?", (before,)).rowcount,
        "portraits": db.execute("DELETE FROM portraits WHERE at < ?", (before,)).rowcount,
        "usage": db.execute("DELETE FROM usage WHERE minute < ?", (before // 60,)).rowcount,
        "findings": db.execute("DELETE FROM findings WHERE ended_at < ?", (before,)).rowcount,
        "image_files": db.execute(
            f"UPDATE images SET files = x'' WHERE rowid IN (SELECT rowid {STALE_FILES} AND at < ?)", (before,)
        ).rowcount,
        "proposals": db.execute(
            "DELETE FROM proposals WHERE expires_at < ? AND state <> 'claimed'"
            " AND id NOT IN (SELECT proposal FROM changes)",
            (before,),
        ).rowcount,
    }


def _thin(db: Any, before: float) -> None:
    """One row an hour of what is older, under its first minute, with the highest value of the hour."""
    hour = int(before // 3600) * 60
    db.execute("CREATE TEMP TABLE IF NOT EXISTS hours AS SELECT * FROM usage LIMIT 0")
    db.execute(
        "INSERT INTO hours SELECT container_id, minute / 60 * 60, max(memory), max(oom_kills), sum(points)"
        " FROM usage WHERE minute < ? GROUP BY container_id, minute / 60 HAVING count(*) > 1 OR min(minute) % 60 > 0",
        (hour,),
    )
    db.execute(
        "DELETE FROM usage WHERE minute < ? AND (container_id, minute / 60 * 60) IN"
        " (SELECT container_id, minute FROM hours)",
        (hour,),
    )
    db.execute("INSERT INTO usage SELECT * FROM hours")
    db.execute("DROP TABLE hours")


def _forget_oldest(db: Any) -> dict[str, int]:
    oldest = f"SELECT rowid {STALE_FILES} ORDER BY at LIMIT 20"
    emptied = db.execute(f"UPDATE images SET files = x'' WHERE rowid IN ({oldest})").rowcount
    return {"image_files": emptied} | {
        table: db.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY {column} LIMIT 20)"
        ).rowcount
        for table, column in (("sessions", "updated_at"), ("handles", "id"), ("lives", "at"))
    }


def _bytes(database: Database) -> int:
    ((pages, free, size),) = database.rows(
        "SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
    )
    return int((pages - free) * size)
