"""What a container wrote."""

from __future__ import annotations

from typing import Literal

from ergon_ops.facts import Fact
from ergon_ops.tool import Context, read

Level = Literal["", "warning", "error"]


@read
async def logs(
    ctx: Context, since_s: float = 0, tail: int = 400, grep: str = "", level: Level = "", about: str = ""
) -> tuple[Fact, ...]:
    """Log lines as templates with counts.

    since_s: only the last so many seconds; 0 means no bound
    grep: only lines that contain this text
    """
    bounded = min(max(tail, 1), 5000)
    return await ctx.logs(about=about, since_s=max(since_s, 0.0), tail=bounded, grep=grep[:200], level=level)
