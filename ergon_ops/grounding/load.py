"""The host's load: over how many minutes it is said to be, and whether it rises or falls."""

from __future__ import annotations

import re

from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_MINUTES = lazily(
    r"\b(?P<n>1|5|15|one|five|fifteen|last|past)[ -]?(?:m\b|min\w*)(?:\s+(?:load|average)(?:\s+(?:average|of|is|"
    r"at))*)?",
    re.I,
)
_KEYS = {"1": "1m", "one": "1m", "last": "1m", "past": "1m", "5": "5m", "five": "5m", "15": "15m", "fifteen": "15m"}


def over(scene: Scene, amount: Amount) -> str:
    """Over how long a load is said to be: right behind it, else right before."""
    behind = _MINUTES.search(scene.line[amount.end : amount.end + 34])
    if behind and re.fullmatch(
        r"\W*(?:over|in|for|during|on|as)?\W*(?:the )?(?:last |past )?", scene.line[amount.end :][: behind.start()]
    ):
        return _KEYS[behind["n"].lower()]
    before = [item for item in _MINUTES.finditer(scene.line, 0, amount.start) if amount.start - item.end() < 8]
    return _KEYS[before[-1]["n"].lower()] if before else ""


_FALLS = lazily(r"fall|drop|decreas|declin|going down|went down|shrink|lower|improv|better", re.I)
_STEADY = lazily(r"stable|steady|steadily|constant|unchanged|flat|consistent", re.I)


_BESIDE = lazily(
    r"\bload\b(?: average)?[^.;,]{0,24}?\b(?:is |are |stays |at [\d.]+ )?(?:well |far |just )?(?P<how>above|"
    r"over|exceeds?|higher than|more than|"
    r"below|under|lower than|less than|within)\s+(?:the |its |what the )?(?:number of |"
    r"count of )?(?:\w+ )?(?:cpus?|cores?|processors?)\b",
    re.I,
)


def find(scene: Scene) -> None:
    """`The load is below the number of CPUs`: of the last minute."""
    for match in _BESIDE.finditer(scene.free):
        if scene.mood(match.start()) not in ("assert", "hedged"):
            continue
        more = match["how"].lower() in ("above", "over", "exceed", "exceeds", "higher than", "more than")
        values = [value for host in scene.index.hosts() for value in scene.index.evaluate("host_load/host_cpus", host)]
        ids = tuple(id for value in values if value.key == "1m" and (value.number > 1) is more for id in value.ids)
        scene.decide(
            "rank", match.start(), match.end(), ids or None, "not so by the load that was read", ("host_load",)
        )


def grows(scene: Scene, match: re.Match[str], told: str) -> bool:
    """`The load is rising`: by the three averages, of which the short is above the long. Whether it was judged."""
    if not re.search(r"\bload\b", told, re.I):
        return False
    for host in scene.index.hosts():
        rows = {row.key: row for row in scene.index.facts(host, "host_load")}
        loads = [float(str(rows[key].value)) for key in ("15m", "5m", "1m") if key in rows]
        if len(loads) == 3:
            rises, falls = loads[0] < loads[1] < loads[2], loads[0] > loads[1] > loads[2]
            steady = max(loads) <= 1.1 * min(loads)
            good = steady if _STEADY.search(match[0]) else falls if _FALLS.search(match[0]) else rises
            ids = tuple(row.id for row in rows.values()) if good else None
            scene.decide(
                "trend", match.start(), match.end(), ids, "the loads that were read say otherwise", ("host_load",)
            )
            return True
    return False
