"""Words that mean one fact and no other: a working set is not the total usage."""

from __future__ import annotations

from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.scene import Scene

EXACT = {"working set": "memory_working_set", "total usage": "memory_usage"}


def exactly(scene: Scene, amount: Amount) -> set[str]:
    """The facts that such words right before or behind a number mean; none if there are none."""
    start, end = scene.segment(amount.start, amount.end)
    before = [item.end for item in quantities(scene.line, scene.line) if item.end <= amount.start]
    start = max([start, *before[-1:]])
    near = f"{scene.line[start : amount.start]} {scene.line[amount.end : min(end, amount.end + 14)]}".lower()
    return {name for word, name in EXACT.items() if word in near}
