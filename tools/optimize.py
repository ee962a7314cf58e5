"""What would be better, as proposals with numbers."""

from __future__ import annotations

from ergon_ops.proposals import Proposal, Withheld
from ergon_ops.tool import Context, change


@change
async def optimize(ctx: Context) -> tuple[Proposal | Withheld, ...]:
    """Propose what would cure or improve this container: limits, settings, policies, with formula and numbers. Takes
    5 s. Nothing runs until a person approves."""
    return await ctx.improve()
