"""Proposals: the same wish for the same world is one row, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ergon_ops.engine.protocols import World
from ergon_ops.proposals import Proposal, ProposalState
from ergon_ops.store import codec
from ergon_ops.store.records import StoredProposal

if TYPE_CHECKING:
    from ergon_ops.store.database import Database, Row
    from ergon_ops.store.journal import Journal

_SELECT = "SELECT body, state, created_at, expires_at FROM proposals"


class Proposals:
    def __init__(self, database: Database, journal: Journal, clock: Callable[[], float]) -> None:
        self._db, self._journal, self._clock = database, journal, clock

    def put(self, proposal: Proposal, world: World) -> Proposal:
        """Store it. An open one of that id is given back as it is; one whose time is over is opened again.

        One that is being applied stays claimed, and a rejected one stays rejected until its time is over.
        """
        now = self._clock()
        body = codec.dump(StoredProposal(proposal, world))
        target = proposal.intent.target.short

        def work(db: Any, write: Callable[..., Any]) -> None:
            row = db.execute("SELECT state, expires_at FROM proposals WHERE id = ?", (proposal.id,)).fetchone()
            if row and (row[0] == "claimed" or (row[0] in ("open", "rejected") and now < row[1])):
                return
            db.execute(
                "INSERT OR REPLACE INTO proposals (id, container, state, created_at, expires_at, body)"
                " VALUES (?, ?, 'open', ?, ?, ?)",
                (proposal.id, target, proposal.created_at, proposal.expires_at, body),
            )
            step = "reopened" if row else "proposed"
            data = {"text": proposal.intent.kind, "arguments": dict(proposal.intent.arguments)}
            write(db, step, proposal=proposal.id, container=target, data=data)

        with self._journal.writing() as write:
            self._db.write(lambda db: work(db, write))
        (stored,) = self.find(proposal.id)
        return stored.proposal

    def find(self, prefix: str) -> tuple[StoredProposal, ...]:
        """Those whose id starts so; the exact one alone if there is one."""
        exact = self._db.rows(f"{_SELECT} WHERE id = ?", (prefix,))
        rows = exact or self._db.rows(f"{_SELECT} WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id", (prefix,))
        return tuple(self._stored(row) for row in rows)

    def list(self, state: ProposalState | None = None) -> tuple[Proposal, ...]:
        """Newest first."""
        rows = self._db.rows(f"{_SELECT} ORDER BY created_at DESC, id")
        found = (self._stored(row).proposal for row in rows)
        return tuple(proposal for proposal in found if state in (None, proposal.state))

    def close(self, proposal: Proposal, state: ProposalState, *, actor: str, reason: str) -> bool:
        """Open → rejected, refused or expired, with its journal row. False if it was not open any more."""

        def work(db: Any, write: Callable[..., Any]) -> bool:
            done = db.execute("UPDATE proposals SET state = ? WHERE id = ? AND state = 'open'", (state, proposal.id))
            if not done.rowcount:
                return False
            target = proposal.intent.target.short
            write(db, state, proposal=proposal.id, container=target, actor=actor, data={"text": reason})
            return True

        with self._journal.writing() as write:
            return self._db.write(lambda db: work(db, write))

    def _stored(self, row: Row) -> StoredProposal:
        body, state, created_at, expires_at = row
        kept = codec.load(StoredProposal, body)
        if state == "open" and expires_at <= self._clock():
            state = "expired"
        values = {"state": state, "created_at": created_at, "expires_at": expires_at}
        return StoredProposal(replace(kept.proposal, **values), kept.world)
