"""One tool call on one container, asked for by a program: same toolbox, capabilities and redaction as a model gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.assistant import documents
from ergon_ops.assistant.room import House, open_room
from ergon_ops.offline import Step
from ergon_ops.refs import Ref
from ergon_ops.turn.rendering import outcome_text

Document = dict[str, Any]


async def call(house: House, tool: str, name: str, arguments: Mapping[str, Any]) -> Document:
    """`{"text", "ok", "proposals"}`: the text is what a model would read, fenced as data. Raises NoSuchContainer,
    EngineError."""
    room = await open_room(house)
    ref = room.desk.context(Ref("")).resolve(name)
    outcome = await room.desk.call(ref, Step(tool, arguments), trusted=False)
    text = outcome_text(outcome, subject=Ref(""), now=house.clock(), share="facts+logs")
    proposals = [documents.proposal_json(item) for item in outcome.proposals]
    return {"text": text, "ok": outcome.ok, "proposals": proposals}
