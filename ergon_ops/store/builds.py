"""The registry of images: what they were built from, and where a second build of the same inputs gave another."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass

if TYPE_CHECKING:
    from sqlite3 import Connection

    from ergon_ops.store.database import Database

Files = Mapping[str, str]  # path → what tells one file from another
# From what nobody looked at to what was found to be false.
STATUSES = ("not-verified", "reproducible", "reproducible-except", "not-reproducible")


@dataclass(frozen=True, slots=True)
class BuildRow:
    """One image that was built. Digests are `sha256:…`; `environment` is what it was built in, for people."""

    input_digest: str
    format: int
    container: str
    project: str
    manifest_digest: str
    source_digest: str
    lock_digest: str
    platform: str
    executor: str
    environment: str
    image_digest: str
    config_digest: str
    archive: str
    archive_sha256: str
    size: int
    tag: str
    status: str = "not-verified"
    detail: str = ""
    took_s: float = 0.0
    at: float = 0.0
    id: int = 0

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Violation:
    """The same inputs, another image. `difference` are rows `{"path", "change", "cause", "accepted"}`."""

    input_digest: str
    image_digest: str
    other_digest: str
    difference: Sequence[Mapping[str, Any]]
    at: float

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


COLUMNS = BuildRow.__slots__[:-1]
_READ = f"SELECT {', '.join(COLUMNS)}, id FROM builds"


class Builds:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def record(self, row: BuildRow, *, lock: str, files: Files, sources: tuple[int, int]) -> BuildRow | None:
        """One transaction. The first build of the same inputs, if another image came out of it: nothing of that is
        overwritten. `sources` are how many files and bytes went in."""
        now = self._clock()
        packed = zlib.compress(json.dumps(dict(files), ensure_ascii=False, separators=(",", ":")).encode())
        values = [getattr(row, name) for name in COLUMNS[:-1]] + [now]

        def work(db: Connection) -> BuildRow | None:
            db.execute("INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?)", (row.source_digest, *sources, now))
            db.execute("INSERT OR IGNORE INTO locks VALUES (?, ?, ?)", (row.lock_digest, lock, now))
            images = (row.image_digest, row.config_digest, row.size, packed, now)
            again = "ON CONFLICT (image_digest) DO UPDATE SET files = excluded.files, at = excluded.at"
            db.execute(f"INSERT INTO images VALUES (?, ?, ?, ?, ?) {again}", images)
            known = db.execute(
                f"{_READ} WHERE input_digest = ? AND format = ? ORDER BY id LIMIT 1",
                (row.input_digest, row.format),
            ).fetchone()
            marks = ", ".join("?" * len(COLUMNS))
            db.execute(f"INSERT INTO builds ({', '.join(COLUMNS)}) VALUES ({marks})", values)
            first = BuildRow(*known) if known else row
            if first.image_digest == row.image_digest:  # a tag names the first image of its inputs
                name, _, tag = row.tag.rpartition(":")
                db.execute("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", (name, tag, row.image_digest, now))
                return None
            return first

        return self._db.write(work)

    def violate(self, row: BuildRow, first: str, other: str, difference: Sequence[Mapping[str, Any]]) -> None:
        """Two images of the row's inputs, once each pair; whatever was said of builds of these inputs before, it is at
        best `row.status`."""
        text = json.dumps(list(difference), ensure_ascii=False)
        pair = (row.input_digest, first, other)
        better = STATUSES[: STATUSES.index(row.status)]

        def work(db: Connection) -> None:
            same = "input_digest = ? AND image_digest = ? AND other_digest = ?"
            db.execute(f"DELETE FROM violations WHERE {same}", pair)
            db.execute("INSERT INTO violations VALUES (?, ?, ?, ?, ?)", (*pair, text, self._clock()))
            marks = ", ".join("?" * len(better))
            sql = f"UPDATE builds SET status = ? WHERE input_digest = ? AND format = ? AND status IN ({marks})"
            db.execute(sql, (row.status, row.input_digest, row.format, *better))

        self._db.write(work)

    def files(self, image_digest: str) -> Files | None:
        """None where they are no longer on record."""
        rows = self._db.rows("SELECT files FROM images WHERE image_digest = ?", (image_digest,))
        found: Files | None = json.loads(zlib.decompress(rows[0][0])) if rows and rows[0][0] else None
        return found

    def all(self) -> tuple[BuildRow, ...]:
        """The latest first."""
        return tuple(BuildRow(*row) for row in self._db.rows(f"{_READ} ORDER BY id DESC"))

    def find(self, name: str) -> tuple[BuildRow, ...]:
        """By container, tag, or the beginning of a digest (6 digits or more); the latest first."""
        digits = name.removeprefix("sha256:")
        like = f"sha256:{digits}%" if len(digits) >= 6 and digits.isalnum() else name
        where = "container = ?1 OR tag = ?1 OR input_digest LIKE ?2 OR image_digest LIKE ?2 OR config_digest LIKE ?2"
        rows = self._db.rows(f"{_READ} WHERE {where} ORDER BY id DESC", (name, like))
        return tuple(BuildRow(*row) for row in rows)

    def by_image(self, ids: Sequence[str]) -> Mapping[str, BuildRow]:
        """The latest build of each image id: which running container came from which. An engine's id is the digest of
        the configuration, or with containerd's store that of the image."""
        marks = ", ".join("?" * len(ids))
        where = f"config_digest IN ({marks}) OR image_digest IN ({marks})"
        rows = [BuildRow(*one) for one in self._db.rows(f"{_READ} WHERE {where} ORDER BY id", (*ids, *ids))]
        return {id: row for row in rows for id in (row.config_digest, row.image_digest) if id in ids}

    def of_manifest(self, manifest_digest: str) -> Mapping[str, BuildRow]:
        """By container, the latest build of each."""
        rows = self._db.rows(f"{_READ} WHERE manifest_digest = ? ORDER BY id", (manifest_digest,))
        return {row.container: row for row in (BuildRow(*one) for one in rows)}

    def violations(self) -> tuple[Violation, ...]:
        rows = self._db.rows(
            "SELECT input_digest, image_digest, other_digest, difference, at FROM violations ORDER BY at DESC"
        )
        return tuple(Violation(a, b, c, json.loads(text), at) for a, b, c, text, at in rows)

    def lock(self, digest: str) -> str | None:
        rows = self._db.rows("SELECT body FROM locks WHERE digest = ?", (digest,))
        return str(rows[0][0]) if rows else None
