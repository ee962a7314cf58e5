"""What came before what, who is nearer its limit, who is second: comparisons of moments and shares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import RANKED
from ergon_ops.grounding.scene import Mention, Scene

_MOMENT = {
    "creat": "created_at", "buil": "created_at", "made": "created_at", "old": "created_at", "young": "created_at",
    "new": "created_at", "start": "started_at", "boot": "started_at", "laun": "started_at", "came": "started_at",
    "restart": "started_at", "stop": "finished_at", "exit": "finished_at", "die": "finished_at", "end": "finished_at",
    "crash": "finished_at", "went": "finished_at", "finish": "finished_at",
}  # fmt: skip
_ORDER = lazily(
    r"\b(?P<what>creat\w+|buil\w+|made|start\w*|boot\w*|launch\w*|came up|restarted|stopp\w+|exit\w*|died?|ended|"
    r"crashed|went down|finished)(?: \w+){0,3}? (?P<how>before|after|earlier than|later than|sooner than|ahead of)\b",
    re.I,
)
_AGE = lazily(r"\b(?P<how>older|younger|newer) than\b", re.I)
_CLOSER = lazily(
    r"\b(?P<how>closer|nearer|further|farther)(?: away)? (?:to|from) (?:its|my|the|their) (?:own )?"
    r"(?P<what>memory|cpu|process|pids?)? ?(?:limit|cap|ceiling|quota)",
    re.I,
)
_NTH = lazily(
    r"\b(?P<nth>second|third|fourth|2nd|3rd|4th)[- ](?:(?P<high>most|highest|largest|biggest|heaviest|busiest|"
    r"longest|oldest)"
    r"|(?P<low>least|lowest|smallest|lightest|newest|youngest))\b",
    re.I,
)
_RUN = lazily(r"\b(?P<when>right|directly|immediately|just|straight)? ?(?:when|as soon as|as) (?:it|i|the container)\b")
_PLACES = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_SHARES = {"m": "memory_ratio", "c": "cpu_ratio", "p": "pids/pids_limit"}


def find(scene: Scene) -> None:
    for match in _ORDER.finditer(scene.free):
        if other := _other(scene, match):
            name = next(fact for stem, fact in _MOMENT.items() if match["what"].lower().startswith(stem))
            _compare(scene, match, (name,), match["how"].lower().startswith(("after", "later")), other)
    for match in _AGE.finditer(scene.free):
        if other := _other(scene, match):
            _compare(scene, match, ("created_at",), match["how"].lower() != "older", other)
    for match in _CLOSER.finditer(scene.free):
        _nearer(scene, match)
    for match in _NTH.finditer(scene.free):
        _nth(scene, match)


def _other(scene: Scene, match: re.Match[str]) -> Mention | None:
    """Who stands right behind the comparison."""
    return next(
        (
            item
            for item in scene.mentions
            if match.end() <= item.start <= match.end() + 16
            and re.fullmatch(r"\W*(?:the |container |that of )*", scene.line[match.end() : item.start], re.I)
        ),
        None,
    )


def _compare(scene: Scene, match: re.Match[str], names: tuple[str, ...], more: bool, other: Mention) -> None:
    if scene.mood(match.start()) not in ("assert", "hedged"):
        return
    refs = [ref for ref in scene.subjects(match.start()) if ref != other.ref]
    ids = _pairs(scene, names, refs[:1], other, more)
    scene.decide("rank", match.start(), match.end(), ids, "not so by what was read", names)
    scene.take(match.start(), match.end())


def _pairs(scene: Scene, names: tuple[str, ...], refs: list, other: Mention, more: bool) -> tuple[str, ...] | None:  # type: ignore[type-arg]
    mine, theirs = next(iter(scene.values(names, refs)), None), next(iter(scene.values(names, [other.ref])), None)
    if mine is None or theirs is None or mine.number == theirs.number:
        return None
    return (*mine.ids, *theirs.ids) if (mine.number > theirs.number) is more else None


def _nearer(scene: Scene, match: re.Match[str]) -> None:
    if scene.mood(match.start()) not in ("assert", "hedged"):
        return
    than = re.search(r"\bthan\W+(?:the )?(?:container )?", scene.line[match.end() :])
    at = match.end() + than.end() if than else -1
    other = next((item for item in scene.mentions if item.start <= at < item.end), None)
    name = _SHARES.get((match["what"] or "m")[:1].lower(), "memory_ratio")
    refs = [ref for ref in scene.subjects(match.start()) if other is None or ref != other.ref]
    more = match["how"].lower() in ("closer", "nearer")
    ids = _pairs(scene, (name,), refs[:1], other, more) if other is not None else None
    scene.decide("rank", match.start(), match.end(), ids, "not so by what was read", (name,))
    scene.take(match.start(), match.end())


def _nth(scene: Scene, match: re.Match[str]) -> None:
    if scene.mood(match.start()) not in ("assert", "hedged"):
        return
    near = sorted((abs(item[0] - match.end()), item[2]) for item in scene.resources if item[2] in RANKED)
    topic = near[0][1] if near else "uptime" if re.search("long|old|new|young", match[0]) else scene.topic.resource
    refs = scene.subjects(match.start())
    ids = None
    for name in RANKED.get(topic, ()):
        rows = sorted(_all(scene, name), key=lambda row: row[0].number, reverse=bool(match["high"]))
        place = _PLACES[match["nth"].lower()]
        if len(rows) >= place and rows[place - 1][1] in refs:
            ids = ids or tuple(id for value, _ in rows for id in value.ids)
    scene.decide("rank", match.start(), match.end(), ids, "not so by what was read", RANKED.get(topic, ("state",)))
    scene.take(match.start(), match.end())


def _all(scene: Scene, name: str) -> Iterator[tuple[Value, object]]:
    for ref in dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()]):
        for value in scene.values([name], [ref]):
            yield value, ref
            break
