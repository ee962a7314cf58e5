"""Propose, list, reject: everything before an approval. Nothing here touches a container."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ergon_ops.capabilities import manifest_line
from ergon_ops.changes.binding import bound, moved
from ergon_ops.changes.deeds.limits import in_engine_words, needs_anew, swap_beside
from ergon_ops.changes.durable import SWARM, Place, durable_edit, first_file, labels_of, owner_of
from ergon_ops.changes.kinds import KINDS, checked
from ergon_ops.changes.watch import Sleep
from ergon_ops.engine.protocols import Reads, Writes
from ergon_ops.errors import NoSuchContainer, PolicyRefused, UsageError
from ergon_ops.facts import Fact
from ergon_ops.messages import Actor
from ergon_ops.policy import checked as checked_policy
from ergon_ops.policy import decide
from ergon_ops.proposals import Intent, Proposal, ProposalState, proposal_id
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy
from ergon_ops.store import Store, StoredProposal

EXPIRY_S = 15 * 60.0
Granted = Mapping[Ref, Sequence[str]]
# The engine's words for what it has, from the facts of a container.
FORMER = {"Memory": "memory_limit", "MemorySwap": "memory_swap_limit", "CpuShares": "cpu_shares"}


class Proposing:
    def __init__(
        self,
        store: Store,
        reads: Mapping[str, Reads],
        writers: Callable[[str], Writes],
        rules: Policy,
        clock: Callable[[], float] = time.time,
        *,
        sleep: Sleep = asyncio.sleep,
        place: Place = first_file,
    ) -> None:
        """`place`: see `durable_edit`. Raises UsageError for policy rules that can never match."""
        self._place = place
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
        reads = self._reads_of(intent.target)
        world = await reads.world(intent.target)
        readings = await reads.read(intent.target, ("identity", "state", "limits", "config"))
        labels = labels_of(readings)
        values = {item.name: item.value for item in readings if not item.key}
        intent = _completed(intent, values)
        edit = durable_edit(intent, labels, self._manifest_path, self._place)
        if owner_of(labels) == "swarm" and not KINDS[intent.kind].advice:
            raise PolicyRefused(
                f"{intent.target.short} is a task of the swarm service {labels[SWARM]}: the swarm would undo it",
                next=_service_command(intent, labels[SWARM], edit),
            )
        if values.get("auto_remove") and (intent.reversibility == "recreate" or intent.kind == "set_restart_policy"):
            raise PolicyRefused(
                f"{intent.target.short} was started with --rm: the engine removes it when it ends, and nothing could be"
                " put back",
                next="start it without --rm",
            )
        await self._refuse_too_many_cpus(intent)
        digest, now = bound(intent.kind, world), self._clock()
        cited = tuple(known[word] for word in intent.why if word in known)
        key = proposal_id(intent, container_id=world.container_id, world=digest)
        made = Proposal(key, intent, world.container_id, digest, cited, now, now + EXPIRY_S)
        return self._store.proposals.put(replace(made, owner=owner_of(labels), durable_edit=edit), world)

    def _manifest_path(self, digest: str) -> str:
        found = self._store.manifests.get(digest)
        return found.path if found else ""

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
        if not self._store.proposals.close(proposal, "rejected", actor=by(actor), reason=text):
            raise PolicyRefused(f"{proposal.id} is {proposal.state}", next="ergon-ops proposals")
        return self._find(proposal.id).proposal

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

    async def _refuse_too_many_cpus(self, intent: Intent) -> None:
        """The engine would refuse it, after the approval."""
        if intent.kind != "set_cpu_limit":
            return
        cpus = (await self._reads_of(intent.target).info()).cpus
        if intent.arguments["nano_cpus"] > cpus * 10**9:
            raise UsageError(f"the engine of {intent.target.host} has {cpus} CPUs", next=f"at most {cpus}000000000")

    async def _refuse_outdated(self, stored: StoredProposal, actor: Actor) -> None:
        proposal, intent = stored.proposal, stored.proposal.intent
        if proposal.state != "open":
            if proposal.state == "expired":
                self._store.proposals.close(proposal, "expired", actor=by(actor), reason="its time is over")
            raise not_open(proposal)
        try:
            self._refuse_denied(intent)
            now = await self._reads_of(intent.target).world(intent.target)
        except (PolicyRefused, NoSuchContainer) as error:
            self._store.proposals.close(proposal, "refused", actor=by(actor), reason=error.message)
            raise
        change = moved(intent.kind, stored.world, now)
        if change:
            self._store.proposals.close(proposal, "refused", actor=by(actor), reason=change)
            fresh = await self._bind(intent, {fact.id: fact for fact in proposal.facts})
            raise PolicyRefused(
                f"{intent.target.short} moved since {proposal.id} was made: {change}",
                next=f"look again; the same for the container as it is now: ergon-ops approve {fresh.id}",
                details={"moved": change, "proposal": fresh.id},
            )

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


def _completed(intent: Intent, values: Mapping[str, Any]) -> Intent:
    """With what follows from the container as it is: the swap beside a memory limit, and whether the engine could take
    a limit away again that was not there before."""
    former = {theirs: values.get(ours) or 0 for theirs, ours in FORMER.items()}
    former["NanoCpus"] = values.get("cpu_limit") or 0
    arguments = dict(intent.arguments)
    if intent.kind == "set_memory_limit" and arguments["memory_swap_bytes"] is None:
        arguments["memory_swap_bytes"] = swap_beside(arguments["memory_bytes"], former)
    intent = replace(intent, arguments=arguments)
    if intent.kind in ("set_memory_limit", "set_cpu_limit", "set_cpu_shares"):
        touched = {key: former.get(key) for key in in_engine_words(intent, former)}
        if needs_anew(touched):
            return replace(intent, reversibility="recreate")
    return intent


def _service_command(intent: Intent, service: str, edit: str) -> str:
    """What to type instead."""
    if edit.startswith("docker service"):
        return edit
    if intent.kind == "restart":
        return f"docker service update --force {service}"
    return f"docker service scale {service}=N, or docker service update {service}"


def not_open(proposal: Proposal) -> PolicyRefused:
    reasons = {
        "claimed": "is being applied",
        "applied": "was applied already: an approval is used once",
        "rejected": "was rejected",
        "expired": f"expired {EXPIRY_S / 60:.0f} minutes after it was made",
        "refused": "was refused",
    }
    return PolicyRefused(f"{proposal.id} {reasons.get(proposal.state, 'is not open')}", next="ask for it again")


def by(actor: Actor) -> str:
    return f"{actor.interface}:{actor.identity}"
