"""That something is no trouble: so if what is measured of it is well away from its bound."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_FINE = lazily(
    r"\b(?:(?:is|are)(?:n't| not| no) (?:\w+ )?(?:an? )?(?:issue|problem|concern|worry|bottleneck|factor)s?\b"
    r"|no (?:memory|cpu|disk|network|swap|inode) (?:problems?|issues?|pressure|shortage|trouble)|"
    r"nothing (?:in [\w ]{1,20} )?(?:points to|suggests|hints at|indicates) (?:a |an |any )?(?:memory|cpu|disk|"
    r"network) (?:problem|issue)s?"
    r"|nothing (?:here |in \w+ )?(?:to worry about|suggests|points to|hints at|indicates)|nowhere near|"
    r"far (?:away )?from"
    r"|(?:has|have)(?:n't| not|n't ever| never) been killed|never struck|no sign of|no shortage of)\b[^.;,:]*",
    re.I,
)
# What is spoken of → (what must stay below a bound, what must be nought).
_BOUNDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "memory": (("memory_ratio",), ("memory_oom_kills", "memory_failures", "oom_killed")),
    "cpu": (("cpu_ratio",), ("cpu_throttled_ratio",)),
    "disk": (("fs_used_ratio",), ()),
    "inode": (("fs_inode_ratio",), ()),
    "pids": (("pids/pids_limit",), ()),
    "swap": ((), ("memory_swap",)),
    "throttle": ((), ("cpu_throttled_ratio",)),
    "network": ((), ("network_drops",)),
    "killed": ((), ("memory_oom_kills",)),
    "limits": (("memory_ratio", "cpu_ratio", "pids/pids_limit"), ("memory_oom_kills",)),
}
HIGH = 0.85


def find(scene: Scene) -> None:
    for match in _FINE.finditer(scene.free):
        clause = scene.clause(match.start())
        kind = _spoken_of(scene, clause.start, clause.end, clause.text) or _spoken_of(scene, 0, match.start(), "")
        if clause.mood not in ("assert", "hedged", "unknowing") or not kind:
            continue
        below, nought = _BOUNDS[kind]
        refs = scene.subjects(match.start()) if clause.start < match.start() else scene.subjects(clause.end - 1)
        shares, counts = list(scene.values(below, refs)), list(scene.values(nought, refs))
        good = bool(shares or counts) and all(item.number < HIGH for item in shares)
        good = good and not any(item.number for item in counts)
        ids = tuple(id for item in (*shares, *counts) for id in item.ids) if good else None
        scene.decide("none", match.start(), match.end(), ids, "not so by what was read", (*below, *nought))
        scene.take(clause.start, match.end())


def _spoken_of(scene: Scene, start: int, end: int, text: str) -> str:
    if re.search(r"\bkilled\b|\bstruck\b", text):
        return "killed"
    if re.search(r"\b(?:my|its|the|any) limits\b", text):
        return "limits"
    return next((item[2] for item in scene.resources if start <= item[0] < end and item[2] in _BOUNDS), "")
