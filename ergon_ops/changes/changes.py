"""The front door of changes: propose, list, approve, reject, roll back, recover."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from ergon_ops.changes.aftermath import Aftermath
from ergon_ops.changes.deeds import DEEDS
from ergon_ops.changes.kinds import KINDS
from ergon_ops.changes.owner import is_dead, this_process
from ergon_ops.changes.proposing import Proposing, by, not_open
from ergon_ops.changes.record import Told
from ergon_ops.changes.recovery import take_up
from ergon_ops.changes.run import Run
from ergon_ops.errors import EngineError, PolicyRefused, UsageError
from ergon_ops.messages import Actor
from ergon_ops.policy import decide
from ergon_ops.proposals import Change
from ergon_ops.store import ChangeRow, StoredProposal

STALE_S = 3600.0  # longer than any change may take: its owner, wherever it runs, has given up
ALONE_S = 15 * 60.0  # between two changes of one container that nobody approved


class Changes(Proposing):
    """Proposals and what becomes of them."""

    async def approve(self, prefix: str, *, actor: Actor) -> AsyncGenerator[Told, None]:
        """Claim the proposal, apply it, watch it: a stream of (`change` or `notice`, data), the last is `answer`.

        The id of a change that was left unverified takes that up again. Raises PolicyRefused with the reason when it
        may not or can no longer be applied; nothing has been done then.
        """
        if prefix.startswith("c-"):
            async with aclosing(self.recover(actor=actor, change=prefix)) as steps:
                async for told in steps:
                    yield told
            return
        stored = self._find(prefix)
        self._refuse_actor(actor, stored.proposal.id)
        async with aclosing(self._carry_out(stored, actor)) as steps:
            async for told in steps:
                yield told

    async def apply_autonomously(self, prefix: str, *, actor: Actor) -> AsyncGenerator[Told, None]:
        """As `approve`, with nobody asked: only where the operator's own configuration says so, for what can be undone
        in place, one change of a container in 15 minutes, and none after one that had to be rolled back."""
        stored = self._find(prefix)
        intent = stored.proposal.intent
        decision = decide(intent.kind, intent.reversibility, intent.target, "autonomous", self._rules, can_ask=False)
        if actor.mode_ceiling != "autonomous" or decision.verdict != "allow":
            reason = decision.reason if actor.mode_ceiling == "autonomous" else f"the mode is {actor.mode_ceiling}"
            raise PolicyRefused(
                f"{stored.proposal.id} is not applied without a person: {reason}",
                next=f"at a terminal: ergon-ops approve {stored.proposal.id}",
            )
        self._refuse_too_often(stored)
        async with aclosing(self._carry_out(stored, actor)) as steps:
            async for told in steps:
                yield told

    def _refuse_too_often(self, stored: StoredProposal) -> None:
        name, now = stored.proposal.intent.target.short, self._clock()
        last = next(iter(self._store.changes.of(name, 1)), None)
        reason = ""
        if last is not None and last.change.state == "rolled_back":
            reason = f"the last change of {name} had to be rolled back ({last.change.id})"
        elif last is not None and now - last.change.started_at < ALONE_S:
            reason = f"{name} was changed {(now - last.change.started_at) / 60:.0f} minutes ago ({last.change.id})"
        if reason:
            raise PolicyRefused(
                f"{stored.proposal.id} is not applied without a person: {reason}",
                next=f"at a terminal: ergon-ops approve {stored.proposal.id}",
            )

    async def _carry_out(self, stored: StoredProposal, actor: Actor) -> AsyncGenerator[Told, None]:
        _refuse_advice(stored)
        self._refuse_forgetful()
        await self._refuse_outdated(stored, actor)
        await self.aftermath.look(stored.proposal.intent.target)
        run = self._claim(stored, actor)
        async with aclosing(run.guarded(run.steps())) as steps:
            async for told in steps:
                yield told

    async def rollback(self, prefix: str, *, actor: Actor) -> AsyncGenerator[Told, None]:
        """Put back what was before a change: exactly, or not at all. A stream as that of `approve`.

        Raises PolicyRefused when there is nothing to put back, or when somebody changed it since.
        """
        row = self._find_change(prefix)
        self._refuse_actor(actor, row.change.id)
        self._refuse_forgetful()
        stored = self._find(row.change.proposal_id)
        intent = stored.proposal.intent
        if not DEEDS[intent.kind].reversible(intent):
            word = "a restart" if intent.kind == "restart" else f"a {intent.kind}"
            raise PolicyRefused(f"{row.change.id} was {word}, and {word} cannot be undone", next="ergon-ops journal")
        taken = self._taken_back(row, actor) if row.ended_at is None else await self._reopened(stored, row, actor)
        run = self._run(stored, taken)
        reason = str(taken.facts.get("undoing") or f"asked for by {by(actor)}")
        if "before" not in taken.facts:
            yield run.leave("nothing of it was done yet")
            return
        async with aclosing(run.guarded(run.undo(reason, asked=True))) as steps:
            async for told in steps:
                yield told

    def _taken_back(self, row: ChangeRow, actor: Actor) -> ChangeRow:
        """One that was left unverified, now ours."""
        if not self._orphaned(row):
            raise PolicyRefused(f"{row.change.id} is in the hands of a running process", next="wait for it")
        text = f"taken up in the state {row.change.state}, to be rolled back"
        taken = self._store.changes.take_over(row, this_process(), actor=by(actor), text=text)
        if taken is None:
            raise PolicyRefused(f"{row.change.id} was taken up by somebody else", next="ergon-ops journal")
        return taken

    async def _reopened(self, stored: StoredProposal, row: ChangeRow, actor: Actor) -> ChangeRow:
        if row.change.state != "kept":
            raise PolicyRefused(f"{row.change.id} is {_word(row)}: there is nothing to undo", next="ergon-ops journal")
        await self.aftermath.refuse_moved(self._run(stored, row))
        text = f"rollback asked for by {by(actor)}"
        match self._store.changes.reopen(row, this_process(), actor=by(actor), text=text):
            case "busy":
                raise PolicyRefused(
                    f"another change of {row.container} is on its way", next=f"ergon-ops approve {self._in_flight(row)}"
                )
            case "taken":
                raise PolicyRefused(f"{row.change.id} is being rolled back already", next="ergon-ops journal")
        return self._find_change(row.change.id)

    async def recover(self, *, actor: Actor, change: str = "") -> AsyncGenerator[Told, None]:
        """Take up what dead processes left in flight, and what was left unverified: each ends in the old or the new
        state, with the journal saying which."""
        rows = [self._find_change(change)] if change else self._store.changes.in_flight()
        for row in rows:
            if row.ended_at is not None:
                raise PolicyRefused(f"{row.change.id} ended: {_word(row)}", next="ergon-ops journal")
            if not self._orphaned(row):
                if change:
                    raise PolicyRefused(f"{row.change.id} is in the hands of a running process", next="wait for it")
                continue
            self._refuse_actor(actor, row.change.id)
            self._refuse_forgetful()
            text = f"taken up in the state {row.change.state}"
            taken = self._store.changes.take_over(row, this_process(), actor=by(actor), text=text)
            if taken is None:
                continue
            run = self._run(self._find(taken.change.proposal_id), taken)
            try:
                async with aclosing(run.guarded(take_up(run))) as steps:
                    async for told in steps:
                        yield told
            except EngineError as error:
                if change:
                    raise
                yield ("notice", {"text": f"{row.change.id} of {row.container} stays unverified: {error.message}"})
        if not change:
            await self.aftermath.tidy()

    @property
    def aftermath(self) -> Aftermath:
        return Aftermath(self._store, self._reads, self._writers, self._clock)

    # -- beginning -----------------------------------------------------------------------------------------------------

    def _claim(self, stored: StoredProposal, actor: Actor) -> Run:
        proposal, now = stored.proposal, self._clock()
        key = "c-" + base64.b32encode(secrets.token_bytes(7)).decode().lower()[:10]
        row = ChangeRow(
            Change(key, proposal.id, actor, now),
            proposal.intent.target.short,
            proposal.container_id,
            this_process(),
        )
        data: dict[str, Any] = {
            "text": f"approved: {proposal.intent.kind}", "arguments": dict(proposal.intent.arguments)
        }  # fmt: skip
        match self._store.changes.claim(row, data):
            case "busy":
                raise PolicyRefused(
                    f"another change of {row.container} is on its way", next=f"ergon-ops approve {self._in_flight(row)}"
                )
            case "taken":
                raise not_open(self._find(proposal.id).proposal)
            case "claimed":
                return self._run(stored, row)

    def _run(self, stored: StoredProposal, row: ChangeRow) -> Run:
        target = stored.proposal.intent.target
        return Run(
            self._store,
            self._reads_of(target),
            lambda: self._writers(target.host),
            self._clock,
            self._sleep,
            stored.proposal,
            stored.world,
            row,
        )

    def _in_flight(self, row: ChangeRow) -> str:
        rows = self._store.changes.in_flight()
        mine = (other.change.id for other in rows if row.container in (other.container, other.container_id))
        return next(mine, "")

    def _orphaned(self, row: ChangeRow) -> bool:
        stale = self._clock() - row.change.started_at > STALE_S
        return row.change.state == "unverified" or stale or is_dead(row.owner)

    def _find_change(self, prefix: str) -> ChangeRow:
        found = self._store.changes.find(prefix) if prefix else ()
        if len(found) != 1:
            word = f"{len(found)} changes begin with" if found else "there is no change"
            raise UsageError(f"{word} {prefix!r}", next="ergon-ops journal lists them")
        return found[0]


def _refuse_advice(stored: StoredProposal) -> None:
    intent = stored.proposal.intent
    if KINDS[intent.kind].advice:
        whose = (
            "the image has to be built again" if intent.kind == "rebuild_advice" else "it is for the host's operator"
        )
        raise PolicyRefused(
            f"{stored.proposal.id} is advice and is not applied by ergon-ops: {whose}",
            next=str(intent.arguments["text"]),
        )


def _word(row: ChangeRow) -> str:
    return str(row.change.state).replace("_", " ")
