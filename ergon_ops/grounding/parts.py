"""What a number is said of, and which part of it: what is used, the limit, or what is left."""

from __future__ import annotations

import re
from itertools import pairwise

from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import (
    HOST_METRICS,
    LEFT_AFTER,
    LEFT_BEFORE,
    LIMIT_AFTER,
    LIMIT_BEFORE,
    METRICS,
    OWNED,
    RESOURCE,
    THROUGH,
    USED_NEAR,
)
from ergon_ops.grounding.scene import Scene

_OF = lazily(
    r"^\s*(?:(?:is |are )?(?:used|in use|taken|full|filled|consumed|occupied)?\s*\(?\s*(?:of|out of|/|from|"
    r"against)\s*(?:a |the |its |my |max\w* )?(?:\w+ )?(?:total |"
    r"maximum |limit )?(?:of )?)$",
    re.I,
)
_FREE_OF = lazily(
    r"\s*(?:of|out of|/)\s*[\d.,]+\s*\w+\s*(?:\w+\s){0,2}(?:is |are )?(?:free|left|available|remaining)\b", re.I
)
LIMITS = lazily(r"\W*(?:(?:my|its|the|[\w-]+'s) )?limits?(?: are| of [\w-]+)?\s*:", re.I)
_OF_WHAT = lazily(r"\s+(?:of|in) (?:\w+ ){0,2}", re.I)
_AND = lazily(r"\s*(?:of )?(?:cpus?|cores?|memory|ram)?\s*(?:,|and|, and|plus|&)\s*(?:to |at )?(?:about )?", re.I)
_BOUND_TO = lazily(
    r"\b(?:(?:limited|capped|restricted|bounded|bound) (?:to|at|by)|limits? (?:are|is|of)|limits?:|up to|at most)\s*"
    r"(?:[\d.]+ \w+, )?(?:about |only |just )?$",
    re.I,
)


def resource_of(scene: Scene, amount: Amount, after: int) -> str:
    """What the number is said of: the nearest word before it in its part of the sentence, behind it, the column's
    head, then before it anywhere, then what was spoken of last."""
    start, end = scene.segment(amount.start, amount.end)
    usable = [item for item in scene.resources if not (amount.start <= item[0] < amount.end)]
    here = [item for item in usable if start <= item[0] and item[1] <= amount.start]
    behind = [item for item in usable if item[0] >= amount.end and item[1] <= min(end, after)]
    wanted = _fitting(amount)
    if IS_CACHE.match(scene.line, amount.end):
        return "cache"
    if (own := respectively(scene, amount)) in wanted:
        return own
    if amount.rate and (through := THROUGH.match(scene.line, amount.end)) is not None:
        return through.lastgroup or ""
    near = next((item for item in behind if _OF_WHAT.fullmatch(scene.line[amount.end : item[0]])), None)
    if near is not None and near[2] in wanted:
        return near[2]
    for group in (list(reversed(here)), behind):
        for item in group:
            if item[2] in wanted:
                return item[2]
    if (head := RESOURCE.search(scene.column(amount.start))) is not None:
        return head.lastgroup or ""
    for item in reversed([item for item in usable if item[1] <= amount.start]):
        if item[2] in wanted:
            return item[2]
    if amount.dim == "cores":
        return "cpu"
    return scene.topic.resource if scene.topic.resource in wanted else ""


IS_CACHE = lazily(
    r"\s*(?:of (?:my|its|the|this|that) [\w ]{0,24})?(?:is|are) (?:inactive |reclaimable |just |only )*(?:page |"
    r"file )?cache\b",
    re.I,
)
OF_FIRST = lazily(r"(?:^|[,;(–—] ?)\W*(?:out )?of (?:my|its|their|the|[\w-]+'s)\s+$", re.I)  # `Of my 136 MiB I use 61`
_JOINED = lazily(r"\s*(?:and|/|&)\s*", re.I)


def respectively(scene: Scene, amount: Amount) -> str:
    """`receive and send rates are 42 and 17 KiB/s`: the first of the one is of the first of the other."""
    amounts = [item for item in quantities(scene.line, scene.line) if item.dim == amount.dim]
    for one, two in pairwise(amounts):
        if amount.start not in (one.start, two.start) or not _JOINED.fullmatch(scene.line[one.end : two.start]):
            continue
        for first, second in pairwise([item for item in scene.resources if item[1] <= one.start]):
            if _JOINED.fullmatch(scene.line[first[1] : second[0]]):
                return first[2] if amount.start == one.start else second[2]
    return ""


def _fitting(amount: Amount) -> set[str]:
    dim = "rate" if amount.rate and amount.dim == "bytes" else amount.dim
    return {resource for kind, resource, _ in (*METRICS, *HOST_METRICS) if kind == dim}


def part_of(scene: Scene, amount: Amount, before: Amount | None, after: int) -> str:
    """Its part: the limit, what is left, or what is used."""
    start, end = scene.segment(amount.start, amount.end)
    floor = before.end if before is not None else 0
    if scene.line[:start].rstrip().endswith(":"):
        start = scene.segment(max(0, start - 3))[0]
    left = scene.nameless[max(start, floor, amount.start - 60) : amount.start]
    far = scene.line[max(floor, amount.start - 30) : amount.start]
    right = scene.nameless[amount.end : min(end, after)]
    column = scene.column(amount.start).lower()
    if before is not None and before.dim in (amount.dim, "count") and re.search(r"\bout of\s*$|^\s*(?:of|/)\s*$", far):
        return "limit"
    if LIMITS.match(scene.line):
        return "limit"
    if OF_FIRST.search(scene.line[: amount.start]) and not re.match(r"\s*(?:working set|in use|used)\b", right):
        return "limit"
    if _FREE_OF.match(scene.line[amount.end :]):
        return "left"
    if re.match(r"\s*(?:memory |cpu |process )?(?:limit|cap|quota|ceiling)\b", right, re.I) and amount.dim != "ratio":
        return "limit"
    if LEFT_AFTER.search(right) or LEFT_BEFORE.search(left) or re.search(r"free|left|avail|headroom|remain", column):
        return "left"
    if amount.dim == "ratio":
        return ""
    if LIMIT_AFTER.search(right) or re.search(r"limit|max|total|size|quota", column):
        return "limit"
    if (
        before is not None
        and before.dim == amount.dim
        and not scene.side(amount.start)
        and (_OF.match(far) or re.match(r"^\s*(?:of|out of|/)\s[^(]*$", far))
    ):
        return "limit"
    if LIMIT_BEFORE.search(left) and "limit" not in right[:0]:
        return "limit"
    both = before is not None and _AND.fullmatch(scene.line[before.end : amount.start]) is not None
    if before is not None and both and _BOUND_TO.search(scene.line[: before.start]):
        return "limit"  # `limited to 0.15 cores and 64 MiB`
    if OWNED.search(left) and re.match(r"\s*(?:of )?(?:memory|ram)\b", right, re.I) and not USED_NEAR.search(right):
        return "limit"
    return ""
