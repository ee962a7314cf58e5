"""A line of a list under a state: `Running (5): cache, legacy, …`. Each who is named has it, and so many are named."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_HEAD = lazily(
    r"^\W*(?P<state>running|restarting|created|exited|stopped|paused|dead|healthy|unhealthy)\W*"
    r"(?:\(?(?P<count>\d+)\)?\W*)?:\W*\S",
    re.I,
)
_AS_STATE = {"stopped": ("exited", "dead"), "healthy": ("healthy",), "unhealthy": ("unhealthy",)}


def find(scene: Scene) -> bool:
    """True if the sentence is such a line, and has been decided."""
    head = _HEAD.match(scene.line)
    refs = tuple(dict.fromkeys(item.ref for item in scene.mentions if item.word not in ("i", "host")))
    if head is None or not refs:
        return False
    state = head["state"].lower()
    name = "health" if state.endswith("healthy") else "state"
    rows = [row for ref in refs for row in scene.index.facts(ref, name)]
    wanted = _AS_STATE.get(state, (state,))
    good = {row.about for row in rows if row.value in wanted} == set(refs)
    good = good and (head["count"] is None or int(head["count"]) == len(refs))
    ids = tuple(row.id for row in rows) if good else None
    scene.decide("state", 0, len(scene.text), ids, "not all of them, or not so many", (name,))
    return True
