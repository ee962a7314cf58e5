"""The one change every container understands."""

from __future__ import annotations

from ergon_ops.proposals import Intent, Proposal
from ergon_ops.tool import Context, change

USUAL_S = 10
LONGEST_S = 600


@change
async def restart(ctx: Context, timeout_s: int | None = None) -> tuple[Proposal, ...]:
    """Propose to restart this container. Nothing runs until a person approves.

    timeout_s: seconds to stop by itself; default its own
    """
    facts = await ctx.read("state", "limits")
    why = tuple(fact.id for fact in facts if fact.name in ("state", "started_at", "stop_timeout"))
    own = next((fact.value for fact in facts if fact.name == "stop_timeout"), None)
    grace = timeout_s if timeout_s is not None else own
    seconds = min(max(int(grace), 0), LONGEST_S) if isinstance(grace, (int, float)) else USUAL_S
    return await ctx.propose([Intent(ctx.subject, "restart", {"timeout_s": seconds}, "asked", why, risk="medium")])
