"""The front door of changes: propose, list, approve, reject, recover."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing

from ergon_ops.capabilities import manifest_line
from ergon_ops.changes.binding import bound, moved
from ergon_ops.changes.kinds import KINDS, checked
from ergon_ops.changes.owner import is_dead, this_process
from ergon_ops.changes.recovery import take_up
from ergon_ops.changes.run import Run, Told
from ergon_ops.changes.watch import Sleep
from ergon_ops.engine.protocols import Reads, Writes
from ergon_ops.errors import EngineError, NoSuchContainer, PolicyRefused, UsageError
from ergon_ops.facts import Fact
from ergon_ops.messages import Actor
from ergon_ops.policy import checked as checked_policy
from ergon_ops.policy import decide
from ergon_ops.proposals import Change, Intent, Proposal, ProposalState, proposal_id
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy
from ergon_ops.store import ChangeRow, Store, StoredProposal

EXPIRY_S = 15 * 60.0
STALE_S = 3600.0  # longer than any change may take: its owner, wherever it runs, has given up
Granted = Mapping[Ref, Sequence[str]]


class Changes:
    def __init__(
        self,
        store: Store,
        reads: Mapping[str, Reads],
        writers: Callable[[str], Writes],
        rules: Policy,
        clock: Callable[[], float] = time.time,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Raises UsageError for policy rules that can never match."""
        self._store, self._reads, self._writers = store, reads, writers
        self._rules, self._clock, self._sleep = checked_policy(rules), clock, sleep

    async def propose(
        self, intents: Iterable[Intent], facts: Iterable[Fact] = (), *, granted: Granted | None = None
    ) -> tuple[Proposal, ...]:
        """Bind each intent to the world of its container and store it; asking twice gives the same proposal.

        `facts`: those an intent's `why` names by id are kept with it. `granted`: the capabilities of the targets' CIs
        (one that is not in it has all). Raises PolicyRefused where capability or policy forbid it, and where nothing
        can be kept: nobody could approve it.
        """
        self._refuse_forgetful()
        known = {fact.id: fact for fact in facts}
        wanted = [checked(intent) for intent in intents]
        for intent in wanted:
            self._refuse_missing_capability(intent, granted or {})
            self._refuse_denied(intent)
        return tuple([await self._bind(intent, known) for intent in wanted])

    async def _bind(self, intent: Intent, known: Mapping[str, Fact]) -> Proposal:
        world = await self._reads_of(intent.target).world(intent.target)
        digest, now = bound(intent.kind, world), self._clock()
        cited = tuple(known[word] for word in intent.why if word in known)
        key = proposal_id(intent, container_id=world.container_id, world=digest)
        return self._store.proposals.put(
            Proposal(key, intent, world.container_id, digest, cited, now, now + EXPIRY_S), world
        )

    async def list(self, state: ProposalState | None = None) -> tuple[Proposal, ...]:
        """Newest first; those whose time is over are `expired`."""
        return self._store.proposals.list(state)

    async def get(self, prefix: str) -> Proposal:
        return self._find(prefix).proposal

    async def reject(self, prefix: str, *, actor: Actor, reason: str = "") -> Proposal:
        """Raises PolicyRefused if it is not open any more, or for an actor who may not decide."""
        proposal = self._find(prefix).proposal
        self._refuse_actor(actor, proposal.id)
        text = reason or "rejected"
        if not self._store.proposals.close(proposal, "rejected", actor=_by(actor), reason=text):
            raise PolicyRefused(f"{proposal.id} is {proposal.state}", next="ergon-ops proposals")
        return self._find(proposal.id).proposal

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
        self._refuse_forgetful()
        await self._refuse_outdated(stored, actor)
        run = self._claim(stored, actor)
        async with aclosing(run.guarded(run.steps())) as steps:
            async for told in steps:
                yield told

    async def rollback(self, prefix: str, *, actor: Actor) -> AsyncGenerator[Told, None]:
        row = self._find_change(prefix)
        raise PolicyRefused(f"{row.change.id} was a restart, and a restart cannot be undone", next="ergon-ops journal")
        yield  # an async generator, as `approve`

    async def recover(self, *, actor: Actor, change: str = "") -> AsyncGenerator[Told, None]:
        """Take up what dead processes left in flight, and what was left unverified: each ends in the old or the new
        state, with the journal saying which."""
        rows = [self._find_change(change)] if change else self._store.changes.in_flight()
        for row in rows:
            if row.ended_at is not None:
                raise PolicyRefused(f"{row.change.id} ended: {row.change.state}", next="ergon-ops journal")
            if not self._orphaned(row):
                if change:
                    raise PolicyRefused(f"{row.change.id} is in the hands of a running process", next="wait for it")
                continue
            self._refuse_actor(actor, row.change.id)
            self._refuse_forgetful()
            text = f"taken up in the state {row.change.state}"
            taken = self._store.changes.take_over(row, this_process(), actor=_by(actor), text=text)
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

    # -- refusing ------------------------------------------------------------------------------------------------------

    def _refuse_missing_capability(self, intent: Intent, granted: Granted) -> None:
        wanted = KINDS[intent.kind].capability
        held = granted.get(intent.target)
        if held is not None and wanted not in held:
            line = manifest_line(intent.target.name, held, wanted)
            raise PolicyRefused(
                f"the manifest does not grant {wanted!r} to {intent.target.short}",
                next=f"add it: {line}",
                details={"capability": wanted, "line": line},
            )

    def _refuse_denied(self, intent: Intent) -> None:
        decision = decide(intent.kind, intent.reversibility, intent.target, "balanced", self._rules)
        if decision.verdict == "deny":
            raise PolicyRefused(
                f"{intent.kind} of {intent.target.short} is {decision.reason}",
                next="an operator may change [policy] in ergon-ops.toml",
            )

    def _refuse_actor(self, actor: Actor, key: str) -> None:
        if not actor.may_approve:
            raise PolicyRefused(
                f"{actor.interface} may not decide about changes", next=f"at a terminal: ergon-ops approve {key}"
            )

    def _refuse_forgetful(self) -> None:
        if not self._store.durable:
            raise PolicyRefused("changes need a journal on disk, and there is none", next=self._store.notice)

    async def _refuse_outdated(self, stored: StoredProposal, actor: Actor) -> None:
        proposal, intent = stored.proposal, stored.proposal.intent
        if proposal.state != "open":
            if proposal.state == "expired":
                self._store.proposals.close(proposal, "expired", actor=_by(actor), reason="its time is over")
            raise _not_open(proposal)
        try:
            self._refuse_denied(intent)
            now = await self._reads_of(intent.target).world(intent.target)
        except (PolicyRefused, NoSuchContainer) as error:
            self._store.proposals.close(proposal, "refused", actor=_by(actor), reason=error.message)
            raise
        change = moved(intent.kind, stored.world, now)
        if change:
            self._store.proposals.close(proposal, "refused", actor=_by(actor), reason=change)
            fresh = await self._bind(intent, {fact.id: fact for fact in proposal.facts})
            raise PolicyRefused(
                f"{intent.target.short} moved since {proposal.id} was made: {change}",
                next=f"look again; the same for the container as it is now: ergon-ops approve {fresh.id}",
                details={"moved": change, "proposal": fresh.id},
            )

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
        data = {"text": f"approved: {proposal.intent.kind}", "arguments": dict(proposal.intent.arguments)}
        match self._store.changes.claim(row, data):
            case "busy":
                raise PolicyRefused(
                    f"another change of {row.container} is on its way", next=f"ergon-ops approve {self._in_flight(row)}"
                )
            case "taken":
                raise _not_open(self._find(proposal.id).proposal)
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
        return next((other.change.id for other in rows if other.container_id == row.container_id), "")

    def _orphaned(self, row: ChangeRow) -> bool:
        stale = self._clock() - row.change.started_at > STALE_S
        return row.change.state == "unverified" or stale or is_dead(row.owner)

    # -- finding -------------------------------------------------------------------------------------------------------

    def _reads_of(self, target: Ref) -> Reads:
        if target.host not in self._reads:
            raise NoSuchContainer(f"no engine named {target.host!r} is in use here", next="ergon-ops list")
        return self._reads[target.host]

    def _find(self, prefix: str) -> StoredProposal:
        found = self._store.proposals.find(prefix) if prefix else ()
        if len(found) != 1:
            word = f"{len(found)} proposals begin with" if found else "there is no proposal"
            raise UsageError(f"{word} {prefix!r}", next="ergon-ops proposals lists them")
        return found[0]

    def _find_change(self, prefix: str) -> ChangeRow:
        found = self._store.changes.find(prefix) if prefix else ()
        if len(found) != 1:
            word = f"{len(found)} changes begin with" if found else "there is no change"
            raise UsageError(f"{word} {prefix!r}", next="ergon-ops journal lists them")
        return found[0]


def _not_open(proposal: Proposal) -> PolicyRefused:
    reasons = {
        "claimed": "is being applied",
        "applied": "was applied already: an approval is used once",
        "rejected": "was rejected",
        "expired": f"expired {EXPIRY_S / 60:.0f} minutes after it was made",
        "refused": "was refused",
    }
    return PolicyRefused(f"{proposal.id} {reasons.get(proposal.state, 'is not open')}", next="ask for it again")


def _by(actor: Actor) -> str:
    return f"{actor.interface}:{actor.identity}"
