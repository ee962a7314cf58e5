"""What the daemon sees while a chat is open: one line for each finding that appears, worsens or clears."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from prompt_toolkit.application import run_in_terminal

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.commands.program import notice

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

WORDS = {"finding_new": "1 new", "finding_worse": "1 worse", "finding_cleared": "1 cleared"}


async def listen(chat: Chat) -> None:
    """Until the daemon ends or the chat does; a chat without a daemon has no news."""
    news = getattr(chat.assistant, "news", None)
    if news is None:
        return
    try:
        async with aclosing(news()) as events:
            async for event in events:
                if event.get("type") in WORDS:
                    await run_in_terminal(partial(notice, line(event)))
    except ErgonError:
        return  # it is gone: the chat goes on without


def line(event: dict[str, Any]) -> str:
    """`1 new: worker: CPU throttled in 97% …`."""
    finding = event["finding"]
    return f"{WORDS[event['type']]}: {finding['container']}: {finding['summary']}"
