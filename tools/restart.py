"""The one change every container understands."""

from __future__ import annotations

from ergon_ops.proposals import Intent, Proposal
from ergon_ops.tool import Context, change


@change
async def restart(ctx: Context, timeout_s: int = 10) -> tuple[Proposal, ...]:
    """Propose to restart this container. Nothing runs until a person approves.

    timeout_s: seconds it gets to stop by itself
    """
    facts = await ctx.read("state")
    why = tuple(fact.id for fact in facts if fact.name in ("state", "started_at"))
    arguments = {"timeout_s": min(max(timeout_s, 0), 600)}
    return await ctx.propose([Intent(ctx.subject, "restart", arguments, "asked", why, risk="medium")])
