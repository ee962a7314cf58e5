"""`/metrics`: the numbers of one container as they move."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.program import say
from ergon_ops.interfaces.render.sparks import Curves
from ergon_ops.interfaces.render.waiting import waiting
from ergon_ops.interfaces.render.width import terminal_width

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

NOT_LIVE = 3  # samples, where a terminal cannot show them moving


async def metrics(chat: Chat, words: Sequence[str]) -> None:
    name = words[0].removeprefix("@") if words else chat.name
    if not name:
        raise UsageError("whose metrics?", next="/metrics NAME, or /switch NAME first")
    curves, samples = Curves(), chat.assistant.metrics(name)
    if chat.person is not None:
        await chat.person.watch(samples, curves)
        return
    with waiting():
        async with aclosing(samples) as coming:
            async for sample in coming:
                curves.add(sample["values"])
                if len(curves.seen["cpu_usage"]) >= NOT_LIVE:
                    break
    for line in curves.lines(terminal_width(), plain=True):
        say(line)
