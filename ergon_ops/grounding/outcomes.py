"""What is said to come of something: that it will be started again, that it will help, that it began with a change."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_RESTARTS = lazily(
    r"\b(?:docker(?:'s (?:restart )?policy)?|the (?:docker )?(?:engine|daemon)|(?:its|my|the|"
    r"their) (?:`?[\w-]+`? )?(?:restart )?policy)\s+"
    r"(?P<not>(?:won't|will not|doesn't|does not|wouldn't|would not|isn't going to|never)\s+)?"
    r"(?:(?:will|would|should|is going to|automatically|always|keeps?|then|does)\s+)*"
    r"(?:re)?(?:starts?|starting|brings?|bringing)\s+(?P<whom>it|me|them|[\w-]+)\b(?: (?:back|up|again))*",
    re.I,
)
_HELPS = lazily(
    r"\b(?:a |the |this |that |it |restarting|raising|increasing)?[^.;,]{0,40}?\bwill (?:surely |definitely |"
    r"certainly |then )?"
    r"(?P<verb>fix|solve|resolve|cure|stop|end|prevent|eliminate|remove|clear)\b",
    re.I,
)
_SINCE = lazily(
    r"\b(?:since|after|ever since|following|right after) (?:the|that|this|my|its|a) (?:last |latest |recent )?"
    r"(?:updates?|restarts?|deploy\w*|changes?|upgrades?|releases?|rollouts?)\b",
    re.I,
)
_TROUBLE = lazily(
    r"\b(?:time-?outs?|errors?|slow\w*|fail\w*|problems?|issues?|crash\w*|unhealthy|latency|spik\w+)\b", re.I
)


def find(scene: Scene) -> None:
    for match in _RESTARTS.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _started_again(scene, match)
    for match in _HELPS.finditer(scene.free):
        clause = scene.clause(match.start("verb"))
        if clause.mood == "assert" and not re.search(r"\b(?:not|never|if|once|when)\b|n't", scene.line, re.I):
            start = match.start("verb")
            scene.claim("event", start, match.end(), why="what it will do was not read", about=("finding",))
    for match in _SINCE.finditer(scene.free):
        told = _TROUBLE.search(scene.line[match.end() :]) or _TROUBLE.search(scene.line[: match.start()])
        if (
            told
            and scene.mood(match.start()) == "assert"
            and not re.search(r"\b(?:no|not|without|whether)\b|n't", scene.line, re.I)
        ):
            scene.claim("event", match.start(), match.end(), why="that it began then was not read", about=("event",))


def _started_again(scene: Scene, match: re.Match[str]) -> None:
    """By the policy of whom it would start."""
    at = match.start("whom")
    named = next((item.ref for item in scene.mentions if item.start <= at < item.end), None)
    refs: tuple[Ref, ...] = (named,) if named is not None else scene.subjects(match.start())
    rows = [row for ref in refs if ref.kind == "container" for row in scene.index.facts(ref, "restart_policy")]
    does = [row.value not in ("no", "", None) for row in rows]
    denied = bool(match["not"]) or re.search(r"\b(?:nor|neither|not)\b[^,;.]{0,20}$", scene.line[: match.start()], re.I)
    good = bool(rows) and (not any(does) if denied else all(does))
    ids = tuple(row.id for row in rows) if good else None
    scene.decide("state", match.start(), match.end(), ids, "its restart policy says otherwise", ("restart_policy",))
    scene.take(match.start(), match.end())
