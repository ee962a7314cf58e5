"""What was seen over time: findings with their first sighting, counters for the next rate, the last known state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ergon_ops.engine.protocols import Container, Counters
from ergon_ops.facts import Reading
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref
from ergon_ops.store import codec
from ergon_ops.store.records import SeenFinding, Sighting, Usage

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

_SEEN = "SELECT body, first_seen, last_seen, ended_at FROM findings"


class Findings:
    """`first_seen` stays while a finding persists: from one check of its container to the next, not in between, and not
    from one container to the next of its name."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def observe(
        self, checked: Iterable[Ref], findings: Sequence[Finding], ids: Mapping[Ref, str] | None = None
    ) -> dict[str, float]:
        """Note what checking these refs found, and end what is no longer found. Gives finding id → first seen.

        `ids` are the containers' own, where known."""
        whose = ids or {}
        now, refs = self._clock(), {_about(ref) for ref in checked}
        present = {finding.id for finding in findings}

        def work(db: Any) -> dict[str, float]:
            for about in refs:
                rows = db.execute("SELECT seq, id FROM findings WHERE about = ? AND ended_at IS NULL", (about,))
                gone = [(now, seq) for seq, key in rows.fetchall() if key not in present]
                db.executemany("UPDATE findings SET ended_at = ? WHERE seq = ?", gone)
            return {finding.id: _note(db, finding, whose.get(finding.about, ""), now) for finding in findings}

        return self._db.write(work)

    def first_seen(self, finding: str) -> float | None:
        rows = self._db.rows("SELECT first_seen FROM findings WHERE id = ? AND ended_at IS NULL", (finding,))
        return rows[0][0] if rows else None

    def current(self, about: Ref | None = None) -> tuple[SeenFinding, ...]:
        where, values = ("AND about = ?", (_about(about),)) if about else ("", ())
        return self._seen(f"{_SEEN} WHERE ended_at IS NULL {where} ORDER BY first_seen", values)

    def between(self, since: float, until: float, about: Ref | None = None) -> tuple[SeenFinding, ...]:
        """All that was there at some moment of that time, ended or not."""
        where, values = ("AND about = ?", (_about(about),)) if about else ("", ())
        sql = f"{_SEEN} WHERE first_seen <= ? AND coalesce(ended_at, last_seen) >= ? {where} ORDER BY first_seen"
        return self._seen(sql, (until, since, *values))

    def _seen(self, sql: str, values: tuple[Any, ...]) -> tuple[SeenFinding, ...]:
        return tuple(SeenFinding(codec.load(Finding, body), *times) for body, *times in self._db.rows(sql, values))


def _note(db: Any, finding: Finding, container_id: str, now: float) -> float:
    body = codec.dump(finding)
    sql = "SELECT seq, first_seen, container_id FROM findings WHERE id = ? AND ended_at IS NULL"
    row = db.execute(sql, (finding.id,)).fetchone()
    if row and row[2] and container_id and row[2] != container_id:
        db.execute("UPDATE findings SET ended_at = last_seen WHERE seq = ?", (row[0],))
        row = None
    if row:
        values = (now, body, container_id or row[2], row[0])
        db.execute("UPDATE findings SET last_seen = ?, body = ?, container_id = ? WHERE seq = ?", values)
        return float(row[1])
    db.execute(
        "INSERT INTO findings (id, about, body, first_seen, last_seen, container_id) VALUES (?, ?, ?, ?, ?, ?)",
        (finding.id, _about(finding.about), body, now, now, container_id),
    )
    return now


def _about(ref: Ref) -> str:
    return f"{ref.kind}:{ref}"


class Samples:
    """The last counters of each host, so that the next process has a rate at once, and the lease of who samples."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def load_counters(self, host: str) -> tuple[Counters, ...]:
        rows = self._db.rows("SELECT body FROM counters WHERE host = ?", (host,))
        return tuple(codec.decode(Counters, item) for item in json.loads(rows[0][0])) if rows else ()

    def save_counters(self, host: str, counters: Iterable[Counters]) -> None:
        kept, now = tuple(counters), self._clock()
        values = (host, now, codec.dump(kept))
        used = [
            (item.container_id, int(item.at // 60), item.memory_working_set, item.memory_oom_kills or 0)
            for item in kept
            if item.memory_working_set is not None
        ]

        def work(db: Any) -> None:
            db.execute("INSERT OR REPLACE INTO counters VALUES (?, ?, ?)", values)
            db.executemany(
                "INSERT INTO usage (container_id, minute, memory, oom_kills) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET memory = max(memory, excluded.memory), oom_kills = max(oom_kills, excluded.oom_kills)",
                used,
            )

        self._db.write(work)

    def usage(self, container_id: str, ref: Ref | None = None) -> Usage | None:
        """What was kept of one container in the last thirty days; None if nothing was. With `ref` also of those that
        had its name before it and ran the same image, of whatever tag."""
        ids = (container_id, *(_forebears(self._db, ref, container_id) if ref is not None else ()))
        found = "min(minute), max(minute), sum(points), max(memory), max(oom_kills)"
        sql = f"SELECT {found} FROM usage WHERE container_id IN ({', '.join('?' for _ in ids)})"
        rows = self._db.rows(sql, ids)
        if not rows or rows[0][0] is None:
            return None
        first, last, points, memory, kills = rows[0]
        return Usage(60.0 * first, 60.0 * last, points, memory, kills)

    def take_lease(self, host: str, owner: str, *, seconds: float = 30.0) -> bool:
        """True if `owner` is the one writer for that host until `seconds` from now; take it again to keep it."""
        now = self._clock()

        def work(db: Any) -> bool:
            row = db.execute("SELECT owner, until FROM leases WHERE host = ?", (host,)).fetchone()
            # A lease far in the future was written under a clock that has been set back since.
            if row and row[0] != owner and now < row[1] <= now + 10 * seconds:
                return False
            db.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (host, owner, now + seconds))
            return True

        return self._db.write(work)

    def release_lease(self, host: str, owner: str) -> None:
        self._db.write(lambda db: db.execute("DELETE FROM leases WHERE host = ? AND owner = ?", (host, owner)))


class Sightings:
    """The last stored state of each host; its age is the reader's clock minus `at`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock
        self._held: dict[str, Sighting] = {}

    def record(self, host: str, containers: Iterable[Container], readings: Iterable[Reading] = ()) -> None:
        body = codec.dump({"containers": tuple(containers), "readings": tuple(readings)})
        values = (host, self._clock(), body)
        self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO sightings VALUES (?, ?, ?)", values))

    def last(self, host: str) -> Sighting | None:
        """Taken apart once: reading it again while nobody wrote costs a look at its time."""
        times = self._db.rows("SELECT at FROM sightings WHERE host = ?", (host,))
        held = self._held.get(host)
        if held is not None and times and times[0][0] == held.at:
            return held
        found = self._read(host)
        if found is not None:
            self._held[host] = found
        return found

    def _read(self, host: str) -> Sighting | None:
        rows = self._db.rows("SELECT at, body FROM sightings WHERE host = ?", (host,))
        if not rows:
            return None
        body = json.loads(rows[0][1])
        containers: tuple[Container, ...] = codec.decode(tuple[Container, ...], body["containers"])
        readings: tuple[Reading, ...] = codec.decode(tuple[Reading, ...], body["readings"])
        return Sighting(host, rows[0][0], containers, readings)

    def hosts(self) -> tuple[str, ...]:
        return tuple(host for (host,) in self._db.rows("SELECT host FROM sightings ORDER BY host"))


_IMAGE = re.compile(r"image (\S+) → (\S+)")
MOST_FOREBEARS = 50


def _forebears(database: Database, ref: Ref, container_id: str) -> tuple[str, ...]:
    """Ids of the containers that had this name, back to where it was another image's."""
    sql = "SELECT container_id, kind, text FROM lives WHERE host = ? AND name = ? ORDER BY at DESC, seq DESC"
    found: dict[str, None] = {}
    for key, kind, text in database.rows(sql, (ref.host, ref.name)):
        image = _IMAGE.fullmatch(text) if kind == "changed" else None
        if (image and _repository(image[1]) != _repository(image[2])) or len(found) >= MOST_FOREBEARS:
            break
        found[key] = None
    return tuple(key for key in found if key != container_id)


def _repository(image: str) -> str:
    """`host:5000/shop:1.2@sha256:…` → `host:5000/shop`."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name
