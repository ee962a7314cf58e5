"""Whom a container needs, and who needs it, and how those are that it needs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ergon_ops.errors import ErgonError
from ergon_ops.facts import Fact
from ergon_ops.tool import Context, read

MOST = 6


@read
async def topology(ctx: Context, about: str = "") -> tuple[Fact, ...]:
    """Dependencies and dependents, with the evidence: manifest, Compose, env host names, connections, networks."""
    found = await ctx.read("networks", "topology", about=about)
    uses = (fact.key.partition(" ")[2] for fact in found if fact.name == "link" and fact.key.startswith("uses "))
    near = await asyncio.gather(*(_digest(ctx, name) for name in tuple(uses)[:MOST]))
    return (*found, *(fact for facts in near for fact in facts))


async def _digest(ctx: Context, name: str) -> tuple[Fact, ...]:
    """How a neighbour is; nothing of one that is no container here, or goes by several names."""
    with suppress(ErgonError):
        return tuple(fact for fact in await ctx.read("state", about=name) if fact.name in ("state", "health"))
    return ()
