"""What a model may say because it is known already: what was done, and what the rules said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ergon_ops.assistant.room import Room
from ergon_ops.facts import Ledger
from ergon_ops.grounding import Acted, answers
from ergon_ops.offline import Reply, View
from ergon_ops.proposals import Proposal

CHANGES_KNOWN = 20


def acted(room: Room) -> tuple[Acted, ...]:
    """What was done to these containers, as the journal has it: nothing else may be claimed to have been done."""
    store = room.house.store
    done: list[Acted] = []
    for row in store.changes.list(CHANGES_KNOWN):
        if row.change.state == "kept":
            intents = [stored.proposal.intent for stored in store.proposals.find(row.change.proposal_id)]
            done += [Acted(intent.kind, intent.target, row.change.started_at, intent.arguments) for intent in intents]
    return tuple(done)


def waiting(room: Room, views: Sequence[View]) -> tuple[Proposal, ...]:
    """What waits for approval about those who are asked: that nothing does is told only where it is so."""
    refs, now = {view.ref for view in views}, room.house.clock()
    known = room.house.store.proposals.list("open")
    return tuple(item for item in known if item.intent.target in refs and item.expires_at > now)


def answered(reply: Reply, views: Sequence[View], ledger: Ledger) -> Mapping[str, tuple[str, ...]]:
    """The sentences of the rules' answer and of what they found, and what each rests on."""
    found = [(item.summary, item.evidence) for view in views for item in view.findings if item.about == view.ref]
    return answers([*((item.text, item.fact_ids) for item in reply.sentences), *found], ledger)
