"""Projects the operator named, and the last plan of each of their applications with what is proven of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ergon_ops.dataclass import dataclass

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

Status = Literal["not proven", "proven", "failed"]


@dataclass(frozen=True, slots=True)
class KnownProject:
    name: str
    path: str
    added_at: float


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """`body` is the plan's JSON, `dockerfile` the text of it, `detail` what the proof said."""

    path: str
    application: str
    body: str
    dockerfile: str
    status: Status
    detail: str
    at: float


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """`body` is JSON: the manifest, its digest, and where each application's Dockerfile goes."""

    path: str
    body: str
    at: float


class Projects:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    def add(self, name: str, path: str) -> None:
        """Under a name; a folder has one name, and a name stands for one folder."""
        values = (name, path, self._clock())

        def work(db: object) -> None:
            db.execute("DELETE FROM projects WHERE path = ?", (path,))  # type: ignore[attr-defined]
            db.execute("INSERT OR REPLACE INTO projects VALUES (?, ?, ?)", values)  # type: ignore[attr-defined]

        self._db.write(work)

    def all(self) -> tuple[KnownProject, ...]:
        return tuple(KnownProject(*row) for row in self._db.rows("SELECT * FROM projects ORDER BY name"))

    def get(self, name: str) -> KnownProject | None:
        rows = self._db.rows("SELECT * FROM projects WHERE name = ?", (name,))
        return KnownProject(*rows[0]) if rows else None

    def keep_plan(
        self, path: str, application: str, *, body: str, dockerfile: str, status: Status, detail: str = ""
    ) -> None:
        """A plan that is as it was keeps what is proven of it, unless it was proven anew."""
        known = self.plan(path, application)
        if status == "not proven" and known is not None and (known.body, known.dockerfile) == (body, dockerfile):
            return
        values = (path, application, body, dockerfile, status, detail, self._clock())
        self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO plans VALUES (?, ?, ?, ?, ?, ?, ?)", values))

    def plan(self, path: str, application: str) -> StoredPlan | None:
        rows = self._db.rows("SELECT * FROM plans WHERE path = ? AND application = ?", (path, application))
        return StoredPlan(*rows[0]) if rows else None

    def plans(self, path: str) -> tuple[StoredPlan, ...]:
        rows = self._db.rows("SELECT * FROM plans WHERE path = ? ORDER BY application", (path,))
        return tuple(StoredPlan(*row) for row in rows)

    def keep_docker_config(self, path: str, body: str) -> None:
        """The last one of a folder stays. One that says the same keeps its time."""
        known = self.docker_config(path)
        if known is None or known.body != body:
            values = (path, body, self._clock())
            self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO docker_configs VALUES (?, ?, ?)", values))

    def docker_config(self, path: str) -> DockerConfig | None:
        rows = self._db.rows("SELECT * FROM docker_configs WHERE path = ?", (path,))
        return DockerConfig(*rows[0]) if rows else None

    def keep_refinement(self, path: str, said_by: str, body: str) -> None:
        """What a model said of a folder, as JSON; the last one counts."""
        values = (path, said_by, body, self._clock())
        self._db.write(lambda db: db.execute("INSERT OR REPLACE INTO refinements VALUES (?, ?, ?, ?)", values))

    def refinement(self, path: str) -> tuple[str, str] | None:
        """Who said it, and what."""
        rows = self._db.rows("SELECT said_by, body FROM refinements WHERE path = ?", (path,))
        return (str(rows[0][0]), str(rows[0][1])) if rows else None
