"""The numbers that move."""

from __future__ import annotations

from ergon_ops.facts import Fact
from ergon_ops.tool import Context, read


@read
async def metrics(ctx: Context, window_s: float = 0, about: str = "") -> tuple[Fact, ...]:
    """CPU and throttling, memory (working set, limit), pids, block and network i/o.

    window_s: seconds that rates cover; 0 takes what is at hand
    """
    window = min(max(window_s, 0.0), 30.0)
    return await ctx.read("limits", "cpu", "memory", "pids", "io", about=about, window_s=window)
