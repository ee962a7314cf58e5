"""The store: one database, its facets."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.store.builds import Builds
from ergon_ops.store.callers import Callers
from ergon_ops.store.changes import Changes
from ergon_ops.store.deliveries import Deliveries
from ergon_ops.store.journal import Journal
from ergon_ops.store.lives import Lives
from ergon_ops.store.observations import Findings, Samples, Sightings
from ergon_ops.store.projects import Projects
from ergon_ops.store.proposals import Proposals
from ergon_ops.store.registrations import Consents, Handles, Manifests
from ergon_ops.store.removals import Removals
from ergon_ops.store.sessions import CitedFacts, Sessions

if TYPE_CHECKING:
    from ergon_ops.store.database import Database

KEEP_DAYS = 30.0
KEEP_BYTES = 500_000_000


class Store:
    """Facets: `sessions facts handles findings samples sightings lives proposals changes journal manifests consents`
    and what else has an attribute here."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock, self._told = database, clock, False
        self.sessions = Sessions(database, clock)
        self.facts = CitedFacts(database)
        self.handles = Handles(database, clock)
        self.findings = Findings(database, clock)
        self.samples = Samples(database, clock)
        self.sightings = Sightings(database, clock)
        self.lives = Lives(database, clock)
        self.callers = Callers(database, clock)
        self.journal = Journal(database, clock)
        self.proposals = Proposals(database, self.journal, clock)
        self.changes = Changes(database, self.journal, clock)
        self.manifests = Manifests(database, clock)
        self.consents = Consents(database, clock)
        self.projects = Projects(database, clock)
        self.builds = Builds(database, clock)
        self.deliveries = Deliveries(database, clock)
        self.removals = Removals(database, clock)

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], float] = time.time) -> Store:
        """The state in `folder`. Where the disk will not have it (read-only, full, damaged) it is in memory, with what
        could be read, `durable` False and one line in `notice`.

        Raises StoreError for a folder or file that must not be used: not ours, open to others, of a newer version.
        """
        from ergon_ops.store.database import Database  # sqlite3 costs 18 ms that `--version` need not pay

        return cls(Database.open(folder), clock)

    @classmethod
    def memory(cls, reason: str = "", *, clock: Callable[[], float] = time.time) -> Store:
        from ergon_ops.store.database import Database

        return cls(Database.memory(reason), clock)

    @property
    def durable(self) -> bool:
        """What is written now will be there in the next process. Changes need it."""
        return self._db.durable

    @property
    def notice(self) -> str:
        """One line for the person when the state is in memory only; else empty. It may appear while running."""
        return self._db.notice

    def news(self) -> str:
        """The notice, the first time somebody asks for it: one line is enough."""
        fresh, self._told = ("" if self._told else self.notice), bool(self.notice)
        return fresh

    def stats(self) -> dict[str, Any]:
        from ergon_ops.store.upkeep import stats

        return stats(self._db)

    def prune(self, *, days: float = KEEP_DAYS, max_bytes: int = KEEP_BYTES) -> dict[str, int]:
        from ergon_ops.store.upkeep import prune

        return prune(self._db, self._clock, days=days, max_bytes=max_bytes)

    def close(self) -> None:
        self._db.close()
