"""Words that mean one fact and no other: a working set is not the total usage."""

from __future__ import annotations

import re

from ergon_ops.facts import FACTS
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.scene import Scene

EXACT = {"working set": "memory_working_set", "total usage": "memory_usage"}


def exactly(scene: Scene, amount: Amount) -> set[str]:
    """The facts that such words, or a fact's own name, right before or behind a number mean; none if there are none."""
    start, end = scene.segment(amount.start, amount.end)
    before = [item.end for item in quantities(scene.line, scene.line) if item.end <= amount.start]
    start = max([start, *before[-1:]])
    near = f"{scene.line[start : amount.start]} {scene.line[amount.end : min(end, amount.end + 14)]}".lower()
    named = {word for word in re.findall(r"[a-z]+(?:_[a-z]+)+", near) if word in FACTS}
    return named or {name for word, name in EXACT.items() if word in near}
