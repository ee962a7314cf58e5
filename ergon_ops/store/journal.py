"""The journal: rows chained by HMAC with a key outside the database, and a head file with count and hash.

It shows edits, reordering and truncation. It does not prove anything against somebody with the same uid, who can
read the key and write a new chain; the documentation says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import StoreError
from ergon_ops.proposals import canonical
from ergon_ops.redaction import redact_json
from ergon_ops.store.folder import secure_file, write_private
from ergon_ops.store.records import JournalRow

if TYPE_CHECKING:
    from ergon_ops.store.database import Database, Row

KEY_FILE, HEAD_FILE, LOCK_FILE = "journal.key", "journal.head", "journal.lock"
START = "0" * 64
GAP = "gap"  # the step of a row that records that rows before it are missing or cannot be verified
SHOWN = 20
LOCK_S = 3.0
_COLUMNS = "seq, at, step, change, proposal, container, actor, data, hash"
Writer = Callable[..., JournalRow]


class Journal:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock
        self._ram_key = secrets.token_bytes(32)  # for a journal in memory only

    def append(
        self,
        step: str,
        *,
        change: str = "",
        proposal: str = "",
        container: str = "",
        actor: str = "",
        data: Mapping[str, Any] | None = None,
        durable: bool = True,
    ) -> JournalRow:
        """Written and synced when this returns, else StoreError."""
        with self.writing() as write:
            return self._db.write(
                lambda db: write(
                    db, step, change=change, proposal=proposal, container=container, actor=actor, data=data or {}
                ),
                durable=durable,
            )

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """A function that adds rows inside a transaction of the caller's; the head follows when the block ends."""
        with self._locked():
            folder = self._folder
            key = self._key() if folder else self._ram_key
            written: list[JournalRow] = []

            def write(db: Any, step: str, **row: Any) -> JournalRow:
                if not written and folder:
                    self._note_gap(db, key)
                written.append(_insert(db, key, self._clock(), step, **row))
                return written[-1]

            yield write
            # After the commit: a crash in between leaves the head behind by a row, which is not an alarm.
            if folder and written and self._db.durable:
                _write_head(folder, written[-1])

    def rows(self, *, change: str = "", proposal: str = "", limit: int = 1000) -> tuple[JournalRow, ...]:
        """The newest `limit` rows, oldest first."""
        sql = (
            f"SELECT {_COLUMNS} FROM journal WHERE (?1 = '' OR change = ?1) AND (?2 = '' OR proposal = ?2)"
            " ORDER BY seq DESC LIMIT ?3"
        )
        return tuple(_row(row) for row in reversed(self._db.rows(sql, (change, proposal, limit))))

    def verify(self) -> list[str]:
        """What is wrong with the chain, one line each; empty when it holds."""
        if self._folder is None:
            return ["the journal is in memory only: there is nothing to verify"]
        with self._locked():  # a row may be written but not yet in the head file
            rows = [_row(row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM journal ORDER BY seq")]
            head, problem = _read_head(self._folder)
            try:
                key = (self._folder / KEY_FILE).read_bytes()
            except OSError:
                key = b""
        if rows and not key:
            return [f"{KEY_FILE} is missing: {len(rows)} rows cannot be verified"]
        found = [*_broken_links(rows, key), *problem, *_against_head(rows, head)]
        return found[:SHOWN] + ([f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])

    @property
    def _folder(self) -> Path | None:
        return self._db.path.parent if self._db.path else None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time writes rows and head together."""
        if self._folder is None:
            yield
            return
        path = self._folder / LOCK_FILE
        try:
            secure_file(path)
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise StoreError(f"the journal cannot be locked: {error.strerror}", next="changes are refused") from error
        try:
            _wait_for_lock(handle)
            yield
        finally:
            os.close(handle)

    def _key(self) -> bytes:
        assert self._folder is not None
        path = self._folder / KEY_FILE
        try:
            if not path.exists():
                write_private(path, secrets.token_bytes(32), replace=False)
            return path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path} cannot be used: {error.strerror}", next="changes are refused") from error

    def _note_gap(self, db: Any, key: bytes) -> None:
        """Going on after a truncation would write a new head and hide it: so it is written down first."""
        assert self._folder is not None
        head, problem = _read_head(self._folder)
        last = db.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        count = last[0] if last else 0
        lost = problem or (head and head[0] > count)
        if lost:
            data = {"rows_found": count, "rows_expected": head[0] if head else None}
            _insert(db, key, self._clock(), GAP, data=data)


def _wait_for_lock(handle: int) -> None:
    limit = time.monotonic() + LOCK_S
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > limit:
                raise StoreError("another process holds the journal", next="try again in a moment") from error
        time.sleep(0.005)


def _insert(db: Any, key: bytes, at: float, step: str, **given: Any) -> JournalRow:
    last = db.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    texts = {name: str(given.get(name, "")) for name in ("change", "proposal", "container", "actor")}
    data = redact_json(dict(given.get("data") or {}))
    row = JournalRow(last[0] + 1 if last else 1, round(at, 6), step, **texts, data=data, hash="")
    link = _link(key, last[1] if last else START, row)
    values = (row.seq, row.at, row.step, *texts.values(), canonical(data).decode(), link)
    db.execute(f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return JournalRow(row.seq, row.at, row.step, **texts, data=data, hash=link)


def _link(key: bytes, before: str, row: JournalRow) -> str:
    body = [before, row.seq, row.at, row.step, row.change, row.proposal, row.container, row.actor, dict(row.data)]
    return hmac.new(key, canonical(body), hashlib.sha256).hexdigest()


def _holds(key: bytes, before: str, row: JournalRow) -> bool:
    try:
        return hmac.compare_digest(str(row.hash).encode(), _link(key, str(before), row).encode())
    except (TypeError, ValueError):  # an edit left something that no row can hold
        return False


def _row(row: Row) -> JournalRow:
    seq, at, step, change, proposal, container, actor, data, link = row
    return JournalRow(seq, at, step, change, proposal, container, actor, _json(data), link)


def _json(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"unreadable": str(text)[:200]}


def _broken_links(rows: list[JournalRow], key: bytes) -> Iterator[str]:
    before = START
    for place, row in enumerate(rows, start=1):
        if row.seq != place:
            yield f"row {place} is missing or out of order (found row {row.seq} in its place)"
            return
        if not _holds(key, before, row):
            yield f"row {row.seq} ({row.step}) was changed, or a row before it was"
        if row.step == GAP:
            found, expected = row.data.get("rows_found"), row.data.get("rows_expected")
            yield f"row {row.seq}: rows were missing here ({found} found, {expected} expected)"
        before = row.hash


def _against_head(rows: list[JournalRow], head: tuple[int, str] | None) -> Iterator[str]:
    if head is None:
        if rows:
            yield f"{HEAD_FILE} is missing: a truncation would not be seen"
        return
    count, link = head
    if count > len(rows):
        yield f"truncated: the head file says {count} rows, there are {len(rows)}"
    elif count and rows[count - 1].hash != link:
        yield f"row {count} is not the one the head file names"


def _read_head(folder: Path) -> tuple[tuple[int, str] | None, list[str]]:
    try:
        body = json.loads((folder / HEAD_FILE).read_bytes())
        return (int(body["count"]), str(body["hash"])), []
    except FileNotFoundError:
        return None, []
    except (OSError, ValueError, KeyError, TypeError):
        return None, [f"{HEAD_FILE} cannot be read"]


def _write_head(folder: Path, row: JournalRow) -> None:
    body = json.dumps({"count": row.seq, "hash": row.hash}).encode()
    try:
        write_private(folder / HEAD_FILE, body, replace=True)
    except OSError as error:
        raise StoreError(f"{folder / HEAD_FILE} cannot be written: {error.strerror}", next="free some space") from error
