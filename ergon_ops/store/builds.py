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
    """The same inputs, another image. `difference` are rows `{"path", "change", "cause"}`."""

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

    def record(self, row: BuildRow, *, lock: str, files: Files, sources: tuple[int, int]) -> str | None:
        """One transaction. The image digest that was built of the same inputs before, if it was another one: nothing
        of that is overwritten. `sources` are how many files and bytes went in."""
        now = self._clock()
        packed = zlib.compress(json.dumps(dict(files), ensure_ascii=False, separators=(",", ":")).encode())
        values = [getattr(row, name) for name in COLUMNS[:-1]] + [now]

        def work(db: Connection) -> str | None:
            db.execute("INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?)", (row.source_digest, *sources, now))
            db.execute("INSERT OR IGNORE INTO locks VALUES (?, ?, ?)", (row.lock_digest, lock, now))
            images = (row.image_digest, row.config_digest, row.size, packed, now)
            db.execute("INSERT OR IGNORE INTO images VALUES (?, ?, ?, ?, ?)", images)
            known = db.execute(
                "SELECT image_digest FROM builds WHERE input_digest = ? AND format = ? ORDER BY id LIMIT 1",
                (row.input_digest, row.format),
            ).fetchone()
            marks = ", ".join("?" * len(COLUMNS))
            db.execute(f"INSERT INTO builds ({', '.join(COLUMNS)}) VALUES ({marks})", values)
            other = known is not None and known[0] != row.image_digest
            if not other:  # a tag names the first image of its inputs
                name, _, tag = row.tag.rpartition(":")
                db.execute("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", (name, tag, row.image_digest, now))
            return str(known[0]) if other else None

        return self._db.write(work)

    def violate(self, row: BuildRow, first: str, difference: Sequence[Mapping[str, Any]]) -> None:
        text = json.dumps(list(difference), ensure_ascii=False)
        values = (row.input_digest, first, row.image_digest, text, self._clock())
        self._db.write(lambda db: db.execute("INSERT INTO violations VALUES (?, ?, ?, ?, ?)", values))

    def files(self, image_digest: str) -> Files:
        rows = self._db.rows("SELECT files FROM images WHERE image_digest = ?", (image_digest,))
        found: Files = json.loads(zlib.decompress(rows[0][0])) if rows else {}
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

    def by_config(self, digests: Sequence[str]) -> Mapping[str, BuildRow]:
        """The latest build of each image id: which running container came from which."""
        marks = ", ".join("?" * len(digests))
        rows = self._db.rows(f"{_READ} WHERE config_digest IN ({marks}) ORDER BY id", tuple(digests))
        return {row.config_digest: row for row in (BuildRow(*one) for one in rows)}

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
