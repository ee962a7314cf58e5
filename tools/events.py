"""What happened to a container."""

from __future__ import annotations

from ergon_ops.facts import Fact
from ergon_ops.tool import Context, read


@read
async def events(ctx: Context, since_s: float = 3600, about: str = "") -> tuple[Fact, ...]:
    """Starts, deaths, kills, OOMs, health flips and updates of the last so many seconds."""
    return await ctx.read("events", about=about, window_s=min(max(since_s, 1.0), 30 * 86400.0))
