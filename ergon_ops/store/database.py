"""One connection that never kills a read: when the disk gives up it goes on in memory and says so once.

SQLite's own words are turned into ours here and nowhere else.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ergon_ops.errors import StoreError
from ergon_ops.store.folder import FILE, secure_file, secure_folder
from ergon_ops.store.migrations import MIGRATIONS

T = TypeVar("T")
Row = tuple[Any, ...]
BUSY_S = 1.0
COPY_BYTES = 128_000_000  # a larger file is not copied into memory when the disk gives up
NAMES = tuple(step.__name__ for step in MIGRATIONS)
NEWER = "written by a newer ergon-ops"
# One opens at a time: the look before the first connection closes the file, which ends all locks on it of a process.
_OPENING = threading.Lock()
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports errors",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "permission is denied",
    sqlite3.SQLITE_BUSY: "another process holds it locked",
    sqlite3.SQLITE_LOCKED: "another process holds it locked",
    sqlite3.SQLITE_CORRUPT: "it is damaged; move it away to start afresh",
    sqlite3.SQLITE_NOTADB: "it is not a state file; move it away to start afresh",
}


class Database:
    """`durable` is False in memory; `notice` is then one line for the person, else empty."""

    def __init__(self, connection: sqlite3.Connection, *, path: Path | None, notice: str = "") -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self.path = path
        self.notice = notice

    @property
    def durable(self) -> bool:
        return self.path is not None

    @classmethod
    def open(cls, folder: Path) -> Database:
        """Raises StoreError for a folder or file that must not be used; every other failure leads to memory."""
        path = folder / FILE
        try:
            with _OPENING:
                secure_folder(folder)
                refuse_newer(path)
                secure_file(path)
                return cls(_open(path), path=path)
        except OSError as error:
            return cls(_copy_of(path), path=None, notice=_notice(path, (error.strerror or str(error)).lower()))
        except sqlite3.Error as error:
            return cls(_copy_of(path), path=None, notice=_notice(path, _reason(error)))

    @classmethod
    def memory(cls, reason: str) -> Database:
        return cls(_memory(), path=None, notice=reason)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                self._give_up(error)
                return self._connection.execute(sql, values).fetchall()

    def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = False) -> T:
        """Run `work` in one transaction. With `durable` it is on the disk when this returns, or StoreError."""
        with self._lock:
            if durable and not self.durable:
                raise StoreError("the state file cannot be written", next=self.notice)
            try:
                return self._transact(work, durable=durable)
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as error:
                if durable:
                    raise StoreError(f"the state file {self.path} cannot be written: {_reason(error)}") from error
                self._give_up(error)
                return self._transact(work, durable=False)

    def _transact(self, work: Callable[[sqlite3.Connection], T], *, durable: bool) -> T:
        db = self._connection
        if durable:
            db.execute("PRAGMA synchronous = FULL")
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        finally:
            if durable:
                db.execute("PRAGMA synchronous = NORMAL")
        return result

    def _give_up(self, error: sqlite3.Error) -> None:
        """Go on in memory, with what can still be read. A mistake in our own SQL is not the disk's fault."""
        if self.path is None or _code(error) not in _REASONS:
            raise error
        self.notice = _notice(self.path, _reason(error))
        self.path = None
        former, self._connection = self._connection, _memory_from(self._connection)
        former.close()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def refuse_newer(path: Path) -> None:
    """Look without touching: a file from a newer version stays as it is."""
    if not os.path.isfile(path) or path.stat().st_size == 0:
        return
    # Without a write-ahead log nothing but the file itself need be read, and nothing appears beside it.
    alone = not path.with_name(path.name + "-wal").exists()
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}", uri=True)
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        unknown = _applied(db) - set(NAMES)
    finally:
        db.close()
    if version > len(MIGRATIONS) or unknown:
        raise StoreError(
            f"the state file {path} was {NEWER}", next="upgrade ergon-ops, or set ERGON_OPS_STATE to another folder"
        )


def _open(path: Path) -> sqlite3.Connection:
    db = _connect(str(path))
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def migrate(db: sqlite3.Connection, path: Path | None) -> None:
    """Apply what is missing, each step in a transaction of its own, after one backup of a file that has content."""
    applied = _applied(db)
    missing = [step for step in MIGRATIONS if step.__name__ not in applied]
    if path is not None and missing and applied:
        _backup(path, missing[0].__name__)
    for step in missing:
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)")
            if step.__name__ not in _applied(db):  # another process may have been faster
                step(db)
                db.execute("INSERT INTO migrations VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ'))", (step.__name__,))
                db.execute(f"PRAGMA user_version = {len(_applied(db))}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # a full disk has ended it already
                db.execute("ROLLBACK")
            raise


def _backup(path: Path, migration: str) -> None:
    copy = path.with_name(f"{path.name}.before-{migration}")
    secure_file(copy)
    source, target = _connect(str(path)), _connect(str(copy))
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()


def _applied(db: sqlite3.Connection) -> set[str]:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone():
        return set()
    return {name for (name,) in db.execute("SELECT name FROM migrations")}


def _connect(name: str) -> sqlite3.Connection:
    # Our own lock makes one connection safe for several threads; transactions are begun by hand.
    db = sqlite3.connect(name, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect on a file that is still empty
    return db


def _memory() -> sqlite3.Connection:
    db = _connect(":memory:")
    migrate(db, None)
    return db


def _memory_from(source: sqlite3.Connection) -> sqlite3.Connection:
    target = _connect(":memory:")
    try:
        pages, size = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if pages * size <= COPY_BYTES:
            source.backup(target)
            migrate(target, None)
            if target.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):  # damage is copied as well
                return target
    except sqlite3.Error:
        pass  # what cannot be read is lost to this process only; the file stays as it is
    target.close()
    return _memory()


def _copy_of(path: Path) -> sqlite3.Connection:
    """Memory with the content of a file that can be read but not written."""
    if os.path.isfile(path) and os.access(path, os.R_OK):
        for flags in ("mode=ro", "mode=ro&immutable=1"):
            source = sqlite3.connect(f"{path.absolute().as_uri()}?{flags}", uri=True)
            try:
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                return _memory_from(source)
            except sqlite3.Error:
                continue
            finally:
                source.close()
    return _memory()


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _reason(error: sqlite3.Error) -> str:
    return _REASONS.get(_code(error), str(error))


def _notice(path: Path, reason: str) -> str:
    return f"state file {path}: {reason}; nothing of this run is remembered and changes are refused"
