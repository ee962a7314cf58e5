"""Whom a container needs, and who needs it."""

from __future__ import annotations

from ergon_ops.facts import Fact
from ergon_ops.tool import Context, read


@read
async def topology(ctx: Context, about: str = "") -> tuple[Fact, ...]:
    """Dependencies and dependents, with the evidence: manifest, Compose, env host names, connections, networks."""
    return await ctx.read("networks", "topology", about=about)
