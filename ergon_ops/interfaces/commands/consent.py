"""Asking once whether facts about containers may be sent to a model's endpoint."""

from __future__ import annotations

import asyncio
import os
import sys

from ergon_ops.assistant import Assistant
from ergon_ops.interfaces.commands.program import Program
from ergon_ops.interfaces.render.width import wrapped

YES = frozenset({"y", "yes"})


SEND = "Send them? [y/N] "


def offer_of(endpoint: str) -> str:
    """What one says yes or no to."""
    return (
        f"A key for a model lies in the environment. Questions and redacted facts about containers could be sent to"
        f" {endpoint}. Without it answers come from rules, offline."
    )


async def ask_consent(program: Program, assistant: Assistant, model: str | None) -> None:
    """At a terminal, and only if nobody was asked before. Enter alone is a no."""
    if not program.terminal:
        return
    endpoint = await assistant.consent_needed(model)
    if endpoint:
        print(f"{wrapped(offer_of(endpoint), sys.stderr)}\n{SEND}", end="", file=sys.stderr, flush=True)
        await assistant.give_consent(endpoint, yes=(await typed_line()).strip().casefold() in YES)


async def typed_line() -> str:
    """A line of the terminal, read so that Ctrl-C is heard meanwhile."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    descriptor = sys.stdin.fileno()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
        return os.read(descriptor, 4096).decode("utf-8", "replace")
    finally:
        loop.remove_reader(descriptor)
