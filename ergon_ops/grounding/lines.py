"""Whom a logged line names: `timeouts while reading from cache` only if a line of that log says cache."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Mention, Scene

_NAMES = lazily(
    r"\b(?:time-?outs?|timed out|times? out|errors?|failures?|refus\w+|requests?|lines?|waits?|"
    r"waiting)\b(?P<way>[^.;,:()]{0,40}?)\s"
    r"(?:from|for|to|on|with|against|at|about|of|towards?|reading|naming|names?|"
    r"mention\w*)\s+(?:the )?(?:container )?\W{0,2}$",
    re.I,
)


_OWN = lazily(r"'s\b(?! (?:side|end|part)\b)|\s+(?:is|are|was|has)\b", re.I)


def find(scene: Scene) -> None:
    for item in scene.mentions:
        if item.word in ("i", "host") or item.ref.kind != "container":
            continue
        if scene.mood(item.start) not in ("assert", "hedged"):
            continue
        told = _NAMES.search(scene.line, max(0, item.start - 90), item.start)
        if (
            told is None
            or _OWN.match(scene.line[item.end :])
            or re.search(r"\bno\b[^.;,]*$", scene.line[: told.end()], re.I)
        ):
            continue
        _judge(scene, item, told)


def _judge(scene: Scene, item: Mention, told: re.Match[str]) -> None:
    """Those who log it: who is named before, else whose lines are cited, else the speaker."""
    before = [
        one.ref for one in scene.mentions if one.end <= told.start() and one.ref != item.ref and one.word != "host"
    ]
    cited = [
        fact for id in scene.cited if (fact := scene.index.by_id.get(id)) is not None and fact.name == "log_template"
    ]
    owners = set(before[-1:]) or {fact.about for fact in cited}
    if not owners or item.ref in owners:
        return
    rows = [row for ref in owners for row in scene.index.facts(ref, "log_template")]
    ids = tuple(row.id for row in rows if item.ref.name in row.key.lower())
    why = f"no line that was read names {item.ref.name}"
    scene.decide("quote", told.start(), item.end, ids or None, why, ("log_template",))
