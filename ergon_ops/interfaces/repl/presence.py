"""How the one a chat is with is right now: looked up again and again while a person types, and only that one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import EngineError, NoSuchContainer

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

EVERY_S = 2.0


async def attend(chat: Chat, changed: Callable[[], None]) -> None:
    """Until it is cancelled. What goes wrong is shown as the state, and looked for again."""
    while True:
        name = chat.name
        before = dict(chat.presence), chat.rows
        now = await look(chat, name)
        if chat.name == name:
            chat.presence = now
            if (now, chat.rows) != before:
                changed()
        await asyncio.sleep(EVERY_S)


async def look(chat: Chat, name: str) -> dict[str, Any]:
    """Of everyone only how many there are and how many are not well."""
    try:
        if name.startswith("project:"):
            return {}
        if name:
            return await chat.assistant.presence(name)
        roster = await chat.assistant.roster()
        chat.know(roster)
        return {"state": "no engine"} if roster["failures"] and not roster["containers"] else crowd(roster)
    except NoSuchContainer:
        return {"state": "gone"}
    except EngineError:
        return {"state": "no engine"}
    except Exception:  # noqa: BLE001 the edge: a prompt without a state is better than no prompt; turns tell defects
        return {}


def crowd(roster: dict[str, Any]) -> dict[str, Any]:
    rows = roster["containers"]
    running = sum(row["state"] == "running" for row in rows)
    unwell = sum(row["health"] == "unhealthy" or row["state"] in ("restarting", "dead") for row in rows)
    if unwell:
        return {"state": f"{unwell} unwell"}
    return {"state": f"{running} running"}
