"""What a model would be sent for a question, without sending it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ergon_ops import offline
from ergon_ops.assistant.conversation import look, names_said, whom
from ergon_ops.assistant.minds import mind_of
from ergon_ops.assistant.modelled import MAX_TOKENS, Modelled, subject_of
from ergon_ops.assistant.room import House, open_room
from ergon_ops.assistant.telling import FLEET_CI, Turn
from ergon_ops.errors import NoSuchContainer, UsageError
from ergon_ops.events import Stream
from ergon_ops.messages import Question
from ergon_ops.refs import Ref
from ergon_ops.turn.rendering import tokens


async def preview(house: House, question: Question) -> dict[str, Any]:
    """What a model would be sent for this question. The facts are read, the tools that propose are not called."""
    room = await open_room(house)
    if room.inventory.failures and not room.inventory.containers:
        raise next(iter(room.inventory.failures.values()))
    turn = Turn(question, room, Stream("t-prompt", house.clock), time.perf_counter(), None, None)
    route = await room.route(question.text, question.names, None)
    if route.kind == "unknown_name":
        raise NoSuchContainer(route.question_back, next="ergon-ops list", details={"nearest": list(route.nearest)})
    if route.kind in ("ask_back", "none"):
        raise UsageError(route.question_back, next="ergon-ops prompt NAME")
    ask = offline.understand(
        route.rest or question.text, names=names_said(room, question, route.refs), now=house.clock()
    )
    ask = replace(ask, intents=tuple(intent for intent in ask.intents if intent not in ("restart", "optimize")))
    refs = whom(turn, route, ask)
    turn.ask, turn.refs = ask, refs
    turn.views, turn.reply = await look(turn, route, ask, refs)
    return request_json(turn, refs)


def request_json(turn: Turn, refs: Sequence[Ref]) -> dict[str, Any]:
    """The first request of this turn in the wire format of its provider; offline, in that of the first one."""
    house = turn.room.house
    mind = mind_of(house.settings, turn.question.model, house.store.consents.given)
    spec = mind.spec if not mind.offline else "anthropic"
    provider = house.models.provider(spec)
    modelled = Modelled(turn, provider, subject_of(turn, refs), list(turn.views))
    prompt, tools, message = modelled.prompt(), modelled.tools(), modelled.message()
    schemas = "".join(f"{tool.name}{tool.description}{json.dumps(tool.schema)}" for tool in tools)
    return {
        "ci": turn.room.personas[modelled.subject].ci_name if modelled.subject else FLEET_CI,
        "mind": mind.spec,
        "provider": provider.name,
        "model": provider.model,
        "system": {"shared": prompt.shared, "persona": prompt.persona},
        "first_message": message.text,
        "tools": [tool.name for tool in tools],
        "request": provider.body(prompt, [message], tools, max_tokens=MAX_TOKENS),
        "tokens": {
            "fixed": tokens(prompt.shared) + tokens(schemas),
            "persona": tokens(prompt.persona),
            "first_message": tokens(message.text),
        },
    }
