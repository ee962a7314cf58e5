"""What the rules conclude."""

from __future__ import annotations

from ergon_ops.findings import Finding
from ergon_ops.tool import Context, read


@read
async def diagnose(ctx: Context, about: str = "") -> tuple[Finding, ...]:
    """Findings of the rules with cause, severity and evidence; empty means nothing is wrong that they know."""
    return await ctx.findings(about=about)
