"""`propose`: what would be better for one container, as proposals, and what was withheld and why."""

from __future__ import annotations

from typing import Any

from ergon_ops.assistant import documents
from ergon_ops.assistant.recall import see
from ergon_ops.assistant.room import House, open_room
from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Proposal, Withheld
from ergon_ops.refs import Ref

Document = dict[str, Any]


async def propose(house: House, name: str) -> Document:
    """Raises NoSuchContainer, EngineError, and PolicyRefused for one whose CI may not look for improvements."""
    room = await open_room(house)
    ref = room.desk.context(Ref("")).resolve(name)
    room.desk.require(ref, "optimize")
    found = await room.desk.context(ref).improve()
    see(room)
    proposals = [item for item in found if isinstance(item, Proposal)]
    withheld = [item for item in found if isinstance(item, Withheld)]
    cited = [id for item in proposals for id in item.intent.why] + [id for item in withheld for id in item.why]
    from ergon_ops.changes.optimizations import WINDOW_S  # who only asks need not load the rules for what is better

    return {
        "container": ref.short,
        "ci": room.personas[ref].ci_name,
        "window_s": WINDOW_S,
        "proposals": [documents.proposal_json(item) for item in proposals],
        "withheld": [item.to_json() for item in withheld],
        "facts": documents.cited(room.ledger, cited),
        "failures": documents.failures_json(room.inventory.failures),
        "exit": PolicyRefused.exit if not proposals and any(item.refused for item in withheld) else 0,
    }
