"""Changes on their way: every state a change reaches is a row and a journal entry of one and the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from ergon_ops.errors import StoreError
from ergon_ops.messages import Actor
from ergon_ops.proposals import Change, ChangeState, ProposalState
from ergon_ops.store import codec
from ergon_ops.store.records import ChangeRow

if TYPE_CHECKING:
    from ergon_ops.store.database import Database, Row
    from ergon_ops.store.journal import Journal

Claim = Literal["claimed", "taken", "busy"]
ENDED: frozenset[str] = frozenset({"kept", "rolled_back", "failed"})
_SELECT = (
    "SELECT id, proposal, actor, started_at, predecessor, state, container, container_id, owner, facts, text,"
    " ended_at FROM changes"
)


class Changes:
    def __init__(self, database: Database, journal: Journal, clock: Callable[[], float]) -> None:
        self._db, self._journal, self._clock = database, journal, clock

    def claim(self, row: ChangeRow, data: Mapping[str, Any]) -> Claim:
        """Use up the open proposal and begin its change: both or neither. `busy`: another change of this container
        is in flight. Raises StoreError when it cannot be on the disk."""

        def work(db: Any, write: Callable[..., Any]) -> Claim:
            change = row.change
            if _busy(db, row):
                return "busy"
            used = db.execute(
                "UPDATE proposals SET state = 'claimed' WHERE id = ? AND state = 'open' AND expires_at > ?",
                (change.proposal_id, self._clock()),
            )
            if not used.rowcount:
                return "taken"
            db.execute(
                "INSERT INTO changes (id, proposal, container, container_id, state, owner, started_at, predecessor,"
                " actor, facts, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', '')",
                (change.id, change.proposal_id, row.container, row.container_id, change.state, row.owner,
                 change.started_at, change.predecessor, codec.dump(change.by)),
            )  # fmt: skip
            write(db, change.state, **_names(row), data=data)
            return "claimed"

        with self._journal.writing() as write:
            return self._db.write(lambda db: work(db, write), durable=True)

    def advance(
        self,
        row: ChangeRow,
        state: ChangeState,
        *,
        step: str = "",
        proposal: ProposalState | None = None,
        text: str = "",
        facts: Mapping[str, Any] | None = None,
        predecessor: str | None = None,
    ) -> ChangeRow:
        """Write down the next step before it happens. Raises StoreError if the change is no longer ours."""
        merged = {**row.facts, **(facts or {})}
        ended = self._clock() if state in ENDED else None

        def work(db: Any, write: Callable[..., Any]) -> None:
            done = db.execute(
                "UPDATE changes SET state = ?, facts = ?, text = ?, ended_at = ?,"
                " predecessor = coalesce(?, predecessor) WHERE id = ? AND owner = ? AND ended_at IS NULL",
                (state, json.dumps(merged), text, ended, predecessor, row.change.id, row.owner),
            )
            if not done.rowcount:
                raise StoreError(f"change {row.change.id} is in other hands", next="ergon-ops journal")
            if proposal:
                sql = "UPDATE proposals SET state = ? WHERE id = ? AND state = 'claimed'"
                db.execute(sql, (proposal, row.change.proposal_id))
            write(db, step or state, **_names(row), data={"text": text, **(facts or {})})

        with self._journal.writing() as write:
            self._db.write(lambda db: work(db, write), durable=True)
        return self.find(row.change.id)[0]

    def take_over(self, row: ChangeRow, owner: str, *, actor: str, text: str) -> ChangeRow | None:
        """Become the owner of a change whose owner is dead. None if somebody else was faster."""

        def work(db: Any, write: Callable[..., Any]) -> bool:
            done = db.execute(
                "UPDATE changes SET owner = ? WHERE id = ? AND owner = ? AND ended_at IS NULL",
                (owner, row.change.id, row.owner),
            )
            if not done.rowcount:
                return False
            write(db, "taken up", **{**_names(row), "actor": actor}, data={"text": text})
            return True

        with self._journal.writing() as write:
            taken = self._db.write(lambda db: work(db, write), durable=True)
        return self.find(row.change.id)[0] if taken else None

    def reopen(self, row: ChangeRow, owner: str, *, actor: str, text: str) -> Claim:
        """A kept change on its way back: `taken` if it is not kept any more, `busy` if another one of this container
        is in flight."""

        def work(db: Any, write: Callable[..., Any]) -> Claim:
            if _busy(db, row):
                return "busy"
            facts = json.dumps({**row.facts, "undoing": text, "asked": True})
            done = db.execute(
                "UPDATE changes SET state = 'rolling_back', owner = ?, ended_at = NULL, facts = ?"
                " WHERE id = ? AND state = 'kept' AND ended_at IS NOT NULL",
                (owner, facts, row.change.id),
            )
            if not done.rowcount:
                return "taken"
            write(db, "rolling_back", **{**_names(row), "actor": actor}, data={"text": text})
            return "claimed"

        with self._journal.writing() as write:
            return self._db.write(lambda db: work(db, write), durable=True)

    def mark(self, row: ChangeRow, step: str, *, text: str, facts: Mapping[str, Any]) -> None:
        """One more row about a change that has ended: it was lost, or what it kept was removed."""

        def work(db: Any, write: Callable[..., Any]) -> None:
            merged = json.dumps({**row.facts, **facts})
            db.execute("UPDATE changes SET facts = ? WHERE id = ?", (merged, row.change.id))
            write(db, step, **{**_names(row), "actor": ""}, data={"text": text})

        with self._journal.writing() as write:
            self._db.write(lambda db: work(db, write), durable=True)

    def find(self, prefix: str) -> tuple[ChangeRow, ...]:
        exact = self._db.rows(f"{_SELECT} WHERE id = ?", (prefix,))
        rows = exact or self._db.rows(f"{_SELECT} WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id", (prefix,))
        return tuple(_change(row) for row in rows)

    def list(self, limit: int = 50) -> tuple[ChangeRow, ...]:
        """Newest first."""
        rows = self._db.rows(f"{_SELECT} ORDER BY started_at DESC, id LIMIT ?", (limit,))
        return tuple(_change(row) for row in rows)

    def of(self, container: str, limit: int = 50) -> tuple[ChangeRow, ...]:
        """Those of one container by its name, newest first."""
        rows = self._db.rows(f"{_SELECT} WHERE container = ? ORDER BY started_at DESC, id LIMIT ?", (container, limit))
        return tuple(_change(row) for row in rows)

    def in_flight(self) -> tuple[ChangeRow, ...]:
        rows = self._db.rows(f"{_SELECT} WHERE ended_at IS NULL ORDER BY started_at")
        return tuple(_change(row) for row in rows)


def _busy(db: Any, row: ChangeRow) -> bool:
    """Another change of this container is in flight. By name too: made anew, it has another id."""
    sql = "SELECT 1 FROM changes WHERE (container_id = ? OR container = ?) AND id != ? AND ended_at IS NULL"
    return bool(db.execute(sql, (row.container_id, row.container, row.change.id)).fetchone())


def _names(row: ChangeRow) -> dict[str, str]:
    by = row.change.by
    return {
        "change": row.change.id,
        "proposal": row.change.proposal_id,
        "container": row.container,
        "actor": f"{by.interface}:{by.identity}",
    }


def _change(row: Row) -> ChangeRow:
    key, proposal, actor, started_at, predecessor, state, container, container_id, owner, facts, text, ended = row
    change = Change(key, proposal, codec.load(Actor, actor), started_at, predecessor, state)
    return ChangeRow(change, container, container_id, owner, json.loads(facts), text, ended)
