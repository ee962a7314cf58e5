"""What happened in a stretch of time: events and the last start say so, never a count over a whole life."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ergon_ops.events import epoch
from ergon_ops.grounding.amounts import quantities
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_STRETCH = lazily(
    r"\b(?:in|within|over|during|for|since)? ?(?:the )?(?:last|past|"
    r"previous) (?P<long>(?:\w+[- ])?(?:seconds?|minutes?|hours?|"
    r"days?|weeks?|min|mins|hrs?|h|s)\b)|\b(?P<today>today|since midnight|this morning)\b"
    r"|\b(?:in|during|within|over) (?P<that>(?:that|this) (?:time|period|window|stretch|span))\b|"
    r"\bcompared (?:to|with) (?P<ago>[\w ]{1,14}) ago\b|\bsince (?P<since>[\w ]{1,14}) ago\b",
    re.I,
)
_RESTART = lazily(r"\brestart(?:s|ed)?\b|\breboot(?:s|ed)?\b", re.I)
_CHANGE = lazily(
    r"\bnothing(?: (?:has|had|was|is))?(?: been)? (?:chang|happen|occurr|logged|record|noted|report|seen)\w*|"
    r"\bno (?:changes?|events?)\b",
    re.I,
)
_HEALTH = lazily(
    r"\bhealth ?-?check\w*\b[^.;]{0,20}\b(?:fail|recover|flapp|chang)\w*|\b(?:became|turned) (?:un)?healthy", re.I
)
_NOT = lazily(r"\b(?:not|no|never|without|none|zero|0)\b|n't\b", re.I)
_TIMES = {"once": 1, "twice": 2, "thrice": 3, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def find(scene: Scene) -> None:
    for match in _STRETCH.finditer(scene.free):
        clause = scene.clause(match.start())
        length = _length(scene, match)
        if clause.mood not in ("assert", "hedged") or length is None:
            continue
        around = scene.line[clause.start : clause.end]
        if not re.search(r"\w", around.replace(match[0], "")) or re.match(r"\W*(?:in|over|during)\b", around):
            around = scene.line[: clause.end]
        if not _RESTART.search(around) and len(scene.line[: clause.start].split()) < 4:
            around = scene.line[: clause.end]
        if len(around.split()) < 5:  # `In that time, …`
            around = scene.line
        refs = tuple(ref for ref in scene.subjects(match.start()) if ref.kind == "container")
        since = scene.ground.now - length
        if (told := _RESTART.search(around)) is not None and "policy" not in around and "anything" not in around:
            _judge(scene, match, _restarts(scene, refs, since, around, told), "restart_count")
            if around == scene.line and scene.claims[-1].supported:
                scene.take(match.start(), told.end())
        elif _CHANGE.search(around):
            _judge(scene, match, _quiet(scene, refs, since), "event")
        elif (health := _HEALTH.search(around)) is not None and not _NOT.search(around[: health.start()]):
            _judge(scene, match, _ids(_since(scene, refs, "health", since)), "event")


def _judge(scene: Scene, match: re.Match[str], ids: tuple[str, ...] | None, about: str) -> None:
    clause = scene.clause(match.start())
    scene.decide("time", match.start(), match.end(), ids, "nothing that was read says so of this time", (about,))
    if about == "restart_count" and ids is not None:
        scene.take(clause.start, clause.end)


def _length(scene: Scene, match: re.Match[str]) -> float | None:
    if match["today"]:
        return scene.ground.now % 86400
    if match["that"]:
        told = _STRETCH.search(scene.line[: match.start()]) or _STRETCH.search(scene.ground.question)
        return None if told is None or told["that"] else _length(scene, told)
    words = match["long"] or match["ago"] or match["since"] or ""
    words = (
        words if words[:1].isdigit() else re.sub(r"^(?:an?|the)? ?(?=(?:minute|hour|day|week|second)\b)", "one ", words)
    )
    found = [item for item in quantities(words, words) if item.dim == "seconds"]
    return found[0].values[0] if found else None


def _since(scene: Scene, refs: Iterable[Ref], kind: str, since: float) -> Iterator[str]:
    for ref in refs:
        for row in scene.index.facts(ref, "event"):
            try:
                if epoch(row.key) >= since - 1 and kind in str(row.value):
                    yield row.id
            except ValueError:
                continue


def _ids(found: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(found) or None


def _restarts(
    scene: Scene, refs: tuple[Ref, ...], since: float, around: str, told: re.Match[str]
) -> tuple[str, ...] | None:
    starts = [row for ref in refs for row in scene.values(["started_at"], [ref])]
    recent = [row for row in starts if row.number >= since]
    if _NOT.search(around[: told.end() + 4]):
        alive = bool(starts) and not recent
        return tuple(id for row in starts for id in row.ids) if alive else None
    number = re.search(
        r"\b(once|twice|thrice|one|two|three|four|five|six|\d+)\b(?! *(?:min|hour|day|s\b|h\b))", around, re.I
    )
    events = list(_since(scene, refs, "start", since))
    ids = tuple(id for row in recent for id in row.ids)
    if number is None:
        return (*ids, *events) if recent else None
    said = _TIMES.get(number[1].lower()) or int(number[1] if number[1].isdigit() else 0)
    young = [row for ref in refs for row in scene.values(["created_at"], [ref]) if row.number >= since]
    total = [row for ref in refs for row in scene.values(["restart_count"], [ref])]
    good = (young and total and total[0].number == said) or (events and len(events) == said)
    return (*ids, *events, *(id for row in total for id in row.ids)) if good else None


def _quiet(scene: Scene, refs: tuple[Ref, ...], since: float) -> tuple[str, ...] | None:
    """The engine's memory reaches back that far, and has nothing since."""
    reach = [row for ref in refs for row in scene.values(["events_reach"], [ref]) if row.number <= since]
    return None if list(_since(scene, refs, "", since)) or not reach else tuple(id for row in reach for id in row.ids)
