"""More than, the most, above its limit, plenty: comparisons, superlatives and vague amounts, held against values."""

from __future__ import annotations

import re

from ergon_ops.grounding import pairs
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.metrics import RANKED
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_MOST = lazily(
    r"\b(?P<high>most|highest|largest|biggest|greatest|heaviest|top|busiest|hungriest|hottest|longest|"
    r"oldest|number one)\b|\b(?P<low>least|lowest|smallest|lightest|fewest|idlest|shortest|newest|"
    r"youngest|quietest)\b",
    re.I,
)
_NOT_MOST = lazily(
    r"^\s*(?:of what|of them|of those|likely|of the time|probably|recent\w*|important\w*|common\w*|one\b|\d|"
    r"once|line|level|"
    r"of (?:my|its|the) (?:memory|time|cpu))|^\s*(?:three|two)\b",
    re.I,
)
_AT = lazily(r"\bat\s+(?:the\s+)?$", re.I)
_THAN = lazily(
    r"\b(?:(?P<high>more|higher|larger|bigger|greater|heavier|busier|longer|older|worse)|(?P<low>less|"
    r"lower|smaller|fewer|lighter|shorter|newer))(?: \w+){0,4}? than (?:the |container |"
    r"that of )*(?P<whom>[\w-]+)",
    re.I,
)
_LIMIT = lazily(
    r"\b(?:(?P<over>above|over|exceed(?:s|ed|ing)?|beyond|past|more than)|(?P<under>(?:well |far |"
    r"comfortably |safely )?(?:below|under|within)|less than|(?:has|have)(?:n't| not) (?:hit|reached))|"
    r"(?P<at>(?:has |have )?(?:hit|hits|reach(?:ed|es|ing)?|at)))\s+(?:the |its |my |their |a )(?:own |"
    r"configured )?(?P<what>memory|cpu|process|pids?)?\s*(?:limit|quota|cap|ceiling)\b",
    re.I,
)
_TOPICS = (
    ("restarts", r"restart\w*"),
    (
        "uptime",
        r"uptime|up (?:for )?longer|been (?:up|running) (?:for )?(?:longer|shorter)|running longest|"
        r"longest[- ]running|up (?:the )?longest|oldest|youngest|newest|by start|been up",
    ),
    ("errors", r"errors?"),
    ("throttle", r"throttl\w+"),
)


_REACHED = lazily(
    r"\b(?P<what>memory|cpu|process|pids?)? ?(?:limit|quota|cap) (?:(?:is|was|has been|has|wasn't|isn't|"
    r"hasn't been) )?(?P<not>not |never )?"
    r"(?:been )?(?P<at>reached|hit|exceeded|touched)\b",
    re.I,
)


def _reached(scene: Scene, match: re.Match[str]) -> None:
    if scene.mood(match.start()) not in ("assert", "hedged"):
        return
    what = (match["what"] or _topic(scene, match.start(), match.end()))[:1].lower()
    formulas = {"c": ("cpu_ratio",), "p": ("pids/pids_limit",)}.get(what, ("memory_ratio",))
    refs = scene.subjects(match.start())
    values = list(scene.values(formulas, refs))
    full = [value for value in values if value.number >= 0.97]
    if formulas == ("memory_ratio",):
        hits = list(scene.values(["memory_failures"], refs))
        values, full = values + hits, full + [value for value in hits if value.number]
    negative = (
        bool(match["not"]) or "n't" in match[0] or re.search(r"\b(?:no|neither)\W*$", scene.line[: match.start()], re.I)
    )
    good = bool(values) and bool(full) is not bool(negative)
    ids = tuple(id for value in values for id in value.ids) if good else None
    scene.decide("rank", match.start(), match.end(), ids, "not so by what was read", formulas)


def find(scene: Scene) -> None:
    for match in _REACHED.finditer(scene.free):
        _reached(scene, match)
    for match in _LIMIT.finditer(scene.free):
        _limit(scene, match)
    for match in _THAN.finditer(scene.free):
        _than(scene, match)
    for match in _MOST.finditer(scene.free):
        if not _NOT_MOST.match(scene.line[match.end() :]) and not _AT.search(scene.line[: match.start()]):
            _most(scene, match)


def _topic(scene: Scene, start: int, end: int) -> str:
    """What is compared: the word nearest behind, else before, else what was spoken of."""
    for name, told in _TOPICS:
        if re.search(rf"\b(?:{told})\b", scene.clause(start).text, re.I):
            return name
    near = sorted((abs(item[0] - end), item[2]) for item in scene.resources if item[2] in RANKED)
    return (
        near[0][1]
        if near
        else scene.topic.resource
        if scene.topic.resource in RANKED
        else "memory"
        if re.search(r"hungr|big|large", scene.line[start:end], re.I) or _BYTES.search(scene.line)
        else ""
    )


def _number(scene: Scene, ref: Ref, names: tuple[str, ...]) -> Value | None:
    return next(iter(scene.values(names[:1], [ref])), None)


def _most(scene: Scene, match: re.Match[str]) -> None:
    clause = scene.clause(match.start())
    if clause.mood not in ("assert", "hedged"):
        return
    topic = _topic(scene, match.start(), match.end())
    if _URGENT.match(scene.line[match.end() :]):
        _urgent(scene, match)
        return
    names = RANKED.get(topic)
    refs = scene.subjects(match.start())
    after = [item for item in scene.mentions if item.start > match.end() and item.word not in ("i", "host")]
    before = [item for item in scene.mentions if item.end <= match.start() and item.word != "host"]
    if (
        after
        and not before
        and re.search(
            r"\b(?:is|are|:|by|goes to|belongs to|has|,|uses?|consumer)\W*(?:the )?(?:container )?\W*$",
            scene.line[: after[0].start],
            re.I,
        )
    ):
        refs = (after[0].ref,)
    if names is None or len(refs) != 1:
        scene.claim("rank", match.start(), match.end(), why="nothing that was read is ranked so", about=("state",))
        return
    known = tuple(dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()]))
    ids = None
    cited = {scene.index.by_id[id].name for id in scene.cited if id in scene.index.by_id}
    for name in [name for name in names if name in cited] or names:
        values = {ref: value for ref in known if (value := _number(scene, ref, (name,))) is not None}
        mine = values.get(refs[0])
        silent = [ref for ref in known if ref not in values and scene.index.text(ref, "state") in ("running", "")]
        silent = [ref for ref in silent if name not in cited or scene.index.fact(ref, name) is None]
        if mine is None or len(values) < 2 or silent:
            continue
        best = (max if match["high"] else min)(value.number for value in values.values())
        if mine.number == best and _next_is(scene, match, values):
            ids = tuple(id for value in values.values() for id in value.ids)
    scene.decide("rank", match.start(), match.end(), ids, "not so by the values that were read", names)


_URGENT = lazily(r"\s+(?:urgent|pressing|serious|critical|severe|important)\b", re.I)


def _urgent(scene: Scene, match: re.Match[str]) -> None:
    """What comes first: something with a fault that is as severe as any."""
    named = [item.ref for item in scene.mentions if item.word not in ("i", "host")]
    worst = "critical" if any(item.severity == "critical" for item in scene.ground.findings) else "warning"
    found = [item for item in scene.ground.findings if item.about in named[:1] and item.severity == worst]
    ids = tuple(id for item in found for id in item.evidence) or None
    scene.decide("rank", match.start(), match.end(), ids, "no finding says so", ("finding",))


_BYTES = lazily(r"\d ?[KMG]i?B\b(?!/s)")
_FOLLOWED = lazily(r"\bfollowed by (?:the )?(?:container )?\W?", re.I)


def _next_is(scene: Scene, match: re.Match[str], values: dict[Ref, Value]) -> bool:
    """`…, followed by worker`: who is said to be second is."""
    told = _FOLLOWED.search(scene.line, match.end())
    second = next((item.ref for item in scene.mentions if told and item.start == told.end()), None)
    rows = sorted(values, key=lambda ref: values[ref].number, reverse=bool(match["high"]))
    return second is None or rows[1:2] == [second]


_NUMERIC = words("half a an one two three twice its my the that you")
_USUAL = words("usual before normal expected any all ever")


def _than_nobody(scene: Scene, match: re.Match[str]) -> None:
    """More than a number is judged with the number; more than usual by nobody."""
    word = match["whom"].lower()
    if word[0].isdigit() or word in _NUMERIC:
        return
    why = "what is usual was not read" if word in _USUAL else f"{match['whom']} was not read"
    scene.claim("rank", match.start(), match.end(), why=why, about=("state",))


def _flows(scene: Scene, match: re.Match[str]) -> None:
    """`I receive more than I send`."""
    sides = pairs.sides(scene, match)
    ids = next(((*one.ids, *two.ids) for one, two in sides if (one.number > two.number) is bool(match["high"])), None)
    scene.decide("rank", match.start(), match.end(), ids, "not so by the values that were read", ("network_rx",))


def _than(scene: Scene, match: re.Match[str]) -> None:
    at = match.start("whom")
    other = next((item.ref for item in scene.mentions if item.start <= at < item.end), None)
    if scene.mood(match.start()) not in ("assert", "hedged"):
        return
    if other is None:
        _than_nobody(scene, match)
        return
    if other == scene.ground.speaker and scene.subjects(match.start()) == (other,):
        _flows(scene, match)
        return
    refs, topic = scene.subjects(match.start()), _topic(scene, match.start(), match.end())
    ids = None
    for name in RANKED.get(topic, ()):
        mine = _number(scene, refs[0], (name,)) if refs else None
        theirs = _number(scene, other, (name,))
        if (
            mine is not None
            and theirs is not None
            and (mine.number > theirs.number) is bool(match["high"])
            and mine.number != theirs.number
        ):
            ids = (*mine.ids, *theirs.ids)
            break
        if mine is not None and theirs is not None:
            break
    scene.decide(
        "rank", match.start(), match.end(), ids, "not so by the values that were read", RANKED.get(topic, ("state",))
    )


_BEFORE_IT = lazily(r"\b(?:before|until|till|when|if|would|could|can|will|once|should)\b[^,;]{0,24}$", re.I)


def _limit(scene: Scene, match: re.Match[str]) -> None:
    if match["at"] and re.match(r"at\b", match[0], re.I) and re.match(r"\s+of\b|:", scene.line[match.end() :]):
        return  # `at a limit of 0.1 cores`: which limit it has
    if scene.mood(match.start()) == "advice" or _BEFORE_IT.search(scene.line[: match.start()]):
        return
    what = (match["what"] or "").lower() or _topic(scene, match.start(), match.end())
    formulas = {"c": ("cpu_ratio", "cpu_usage/cpu_limit"), "p": ("pids/pids_limit",)}.get(
        what[:1], ("memory_ratio", "memory_working_set/memory_limit")
    )
    values = list(scene.values(formulas, scene.subjects(match.start())))
    negative = (
        re.search(r"\b(?:not|never|n't|isn't)\b(?:\W+\w+){0,2}\W*$|n't\W*$", scene.line[: match.start()], re.I)
        is not None
    )
    ids = None
    for value in values:
        holds = (
            value.number > 1
            if match["over"]
            else value.number < (0.9 if "well" in match[0].lower() or "far" in match[0].lower() else 1)
            if match["under"]
            else value.number >= 0.97
        )
        if holds is not negative:
            ids = ids or value.ids
    hits = (
        list(scene.values(["memory_failures"], scene.subjects(match.start())))
        if re.match(r"(?:has |have )?(?:hit|reach)", match[0], re.I)
        else []
    )
    for value in hits:
        ids = value.ids if bool(value.number) is not negative else None
    scene.decide(
        "rank", match.start(), match.end(), ids, "not so by the values that were read", ("memory_ratio", "memory_limit")
    )
