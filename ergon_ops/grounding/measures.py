"""Numbers with a unit: bytes, ratios, cores and rates, held against the facts they are said of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding import counts, hearsay, spans
from ergon_ops.grounding.amounts import FRACTION, FRACTIONS, Amount, number_of_word, quantities
from ergon_ops.grounding.index import TEXTS, Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import (
    HOST_METRICS,
    LEFT_AFTER,
    LEFT_BEFORE,
    LIMIT_AFTER,
    LIMIT_BEFORE,
    METRICS,
    OF_HOST,
    OWNED,
    USED_NEAR,
)  # fmt: skip
from ergon_ops.grounding.scene import HOST_WORD, TOGETHER, Scene
from ergon_ops.refs import Ref, host_ref

_OF = lazily(
    r"^\s*(?:(?:is |are )?(?:used|in use|taken|full|filled|consumed|occupied)?\s*\(?\s*(?:of|out of|/|from|"
    r"against)\s*(?:a |the |its |my |max\w* )?(?:\w+ )?(?:total |"
    r"maximum |limit )?(?:of )?)$",
    re.I,
)
_FREE_OF = lazily(
    r"\s*(?:of|out of|/)\s*[\d.,]+\s*\w+\s*(?:\w+\s){0,2}(?:is |are )?(?:free|left|available|remaining)\b", re.I
)
_EVERY = lazily(
    r"\bevery (second|other|third|fourth|fifth|tenth)(?= (?:scheduler |cpu |log )?(?:period|line|request|"
    r"check|packet))",
    re.I,
)
_EVERIES = {"second": 1 / 2, "other": 1 / 2, "third": 1 / 3, "fourth": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
_ONE_IN = lazily(
    r"\b(?:one|1) (?:in|out of)(?: every)? (?P<many>two|three|four|five|six|seven|eight|nine|ten|"
    r"\d+)\b(?! ?[\d:.%])(?! (?:min|sec|hour|day|s\b))",
    re.I,
)
_ON = lazily(r"\s+(?:used |full |free |taken |in use )?(?:on|of|in|at|for|under)\s+", re.I)
LIMITS = lazily(r"\W*(?:(?:my|its|the|[\w-]+'s) )?limits?(?: are| of [\w-]+)?\s*:", re.I)
_PATH = lazily(r"(?<![\w.])/[\w./-]*")
CHARGED = lazily(r"\b(?:cache|charged|including|includes|(?:total|memory)[_ ]usage|altogether)\b", re.I)
_UNIT_HEAD = lazily(
    r"\(\s*(?:in )?(cores?|cpus?|[kmgt]i?b|bytes|%|percent|seconds?|s|min|minutes|hours|h|days)\s*\)", re.I
)
_QUOTA = lazily(r"\s+of (?:that|it|this|(?:its|my|the) (?:\w+ )?(?:limit|quota|allowance|cap|share))\b", re.I)
_OF_WHAT = lazily(r"\s+(?:of|in) (?:\w+ ){0,2}", re.I)
_SLASH = lazily(r"(?<=[bB%])/(?=\d)")  # 61MiB/136MiB
_BARE = {"read", "write", "received", "sent", "network"}  # `a total of`: they have no limit
_UNITLESS = {"count", "times"}


def find(scene: Scene) -> None:
    """Claims of every quantity in what is still free."""
    for match in _EVERY.finditer(scene.free):
        share = _EVERIES[match[1].lower()]
        _judge(
            scene,
            Amount(match.start(), match.end(), "ratio", (share,), (0.12 * share,), spelled=True),
            None,
            len(scene.line),
        )
        scene.take(match.start(), match.end())
    for match in _ONE_IN.finditer(scene.free):
        share = 1 / number_of_word(match["many"])
        _judge(
            scene,
            Amount(match.start(), match.end(), "ratio", (share,), (0.15 * share,), spelled=True),
            None,
            len(scene.line),
        )
        scene.take(match.start(), match.end())
    found = quantities(scene.line, _SLASH.sub(" ", scene.free))
    for number, amount in enumerate(found):
        before = found[number - 1] if number else None
        after = found[number + 1].start if number + 1 < len(found) else len(scene.line)
        _judge(scene, amount, before, after)
    for match in FRACTION.finditer(scene.free):
        fraction = _fraction(match)
        if fraction is not None:
            _judge(scene, fraction, None, len(scene.line))


def _fraction(match: re.Match[str]) -> Amount | None:
    word = (match["words"] or "").lower().replace("-", " ")
    if not word:
        return None
    value = next((size for name, size in reversed(FRACTIONS.items()) if name in word), None)
    return None if value is None else Amount(match.start(), match.end(), "ratio", (value,), (0.06,), "=", "", True)


def _judge(scene: Scene, amount: Amount, before: Amount | None, after: int) -> None:
    if scene.mood(amount.start) == "advice" or (amount.start and scene.free[amount.start] == "\x00"):
        return
    if amount.dim == "count" and (unit := _UNIT_HEAD.search(scene.column(amount.start))) is not None:
        told = quantities(*[f"{scene.line[amount.start : amount.end]} {unit[1]}"] * 2)
        amount = told[0]._replace(start=amount.start, end=amount.end) if told else amount
    if amount.dim in _UNITLESS:
        counts.judge(scene, amount, before)
        return
    if amount.dim == "seconds":
        spans.judge(scene, amount)
        return
    if (
        amount.spelled
        and amount.dim == "cores"
        and re.match(r"\s*cpus?\b.{0,20}\blimit", scene.line[amount.end :], re.I)
    ):
        return
    resource, part = resource_of(scene, amount, after), part_of(scene, amount, before, after)
    values = list(candidates(scene, amount, resource, part))
    if (resource, part) == ("swap", "limit") and re.match(r"\s*of swap", scene.line[amount.end :], re.I):
        values = list(scene.values(["memory_swap_limit-memory_limit"], scene.subjects(amount.start)))
    if (_QUOTA.match(scene.line, amount.end) and resource in ("cpu", "memory")) and amount.dim == "ratio":
        values = [value for value in values if value.name != "cpu_usage" or "/" in value.name]
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    if ids is None and before is not None and before.dim == amount.dim:
        ids = _again(scene, amount, before)
    if ids is None and not amount.spelled:
        ids = verbatim(scene, amount.start, amount.end)
    names = tuple(dict.fromkeys(value.name for value in values))
    said = scene.text[amount.start : amount.end]
    why = f"{said} is not what was read" if values else f"nothing was read that {said} could be"
    scene.decide("number", amount.start, amount.end, ids, why, names or (resource,))


_RESTATED = lazily(
    r"\W*(?:or|i\.?e\.?|that is|that's|equals?|which is|makes)?\W*(?:about|roughly|around|approximately|some)?\W*", re.I
)


def _again(scene: Scene, amount: Amount, before: Amount) -> tuple[str, ...] | None:
    """`13 GiB, or 14 GB`: the number before said in another unit."""
    said = next((claim for claim in scene.claims if claim.supported and claim.start == before.start), None)
    if said is None or _RESTATED.fullmatch(scene.line[before.end : amount.start]) is None:
        return None
    wide = max(*amount.slack, *before.slack, 0.02 * before.values[0])
    near = any(abs(one - two) <= wide for one in amount.values for two in before.values)
    return said.fact_ids if near else None


def resource_of(scene: Scene, amount: Amount, after: int) -> str:
    """What the number is said of: the nearest word before it in its part of the sentence, behind it, the column's
    head, then before it anywhere, then what was spoken of last."""
    start, end = scene.segment(amount.start, amount.end)
    usable = [item for item in scene.resources if not (amount.start <= item[0] < amount.end)]
    here = [item for item in usable if start <= item[0] and item[1] <= amount.start]
    behind = [item for item in usable if item[0] >= amount.end and item[1] <= min(end, after)]
    wanted = _fitting(amount)
    near = next((item for item in behind if _OF_WHAT.fullmatch(scene.line[amount.end : item[0]])), None)
    if near is not None and near[2] in wanted:
        return near[2]
    for group in (list(reversed(here)), behind):
        for item in group:
            if item[2] in wanted:
                return item[2]
    from ergon_ops.grounding.metrics import RESOURCE

    if (head := RESOURCE.search(scene.column(amount.start))) is not None:
        return head.lastgroup or ""
    for item in reversed([item for item in usable if item[1] <= amount.start]):
        if item[2] in wanted:
            return item[2]
    if amount.dim == "cores":
        return "cpu"
    return scene.topic.resource if scene.topic.resource in wanted else ""


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


_AND = lazily(r"\s*(?:of )?(?:cpus?|cores?|memory|ram)?\s*(?:,|and|, and|plus|&)\s*(?:to |at )?(?:about )?", re.I)
_BOUND_TO = lazily(
    r"\b(?:(?:limited|capped|restricted|bounded|bound) (?:to|at|by)|limits? (?:are|is|of)|limits?:|up to|at most)\s*"
    r"(?:[\d.]+ \w+, )?(?:about |only |just )?$",
    re.I,
)


def candidates(scene: Scene, amount: Amount, resource: str, part: str) -> Iterator[Value]:
    """The values of the facts that a number said so could be."""
    dim = "rate" if amount.rate and amount.dim == "bytes" else amount.dim
    refs = scene.subjects(amount.start)
    charged = (
        CHARGED.search(scene.nameless, scene.clause(amount.start).start, scene.clause(amount.start).end) is not None
    )
    keys = paths_before(scene, amount, refs)
    if not resource and dim in ("bytes", "ratio"):
        resource = "disk" if keys else "memory" if dim == "bytes" else ""
    start, end = scene.segment(amount.start, amount.end)
    host_said = HOST_WORD.search(scene.line[start:end]) is not None or HOST_WORD.search(scene.column(amount.start))
    for ref in refs:
        if ref.kind == "fleet":
            yield from scene.values(_formulas(HOST_METRICS, dim, resource, part), [ref], keys)
            continue
        if host_said:
            yield from scene.values(_formulas(OF_HOST, dim, resource, part), [ref], keys)
            yield from scene.values(_formulas(HOST_METRICS, dim, resource, part), [host_ref(ref.host)], keys)
        if not host_said or resource not in ("", "memory") or dim != "ratio":
            yield from scene.values(_formulas(METRICS, dim, resource, part), [ref], keys)
            if charged and dim == "bytes" and resource in ("memory", "cache"):
                yield from scene.values(["memory_usage", *(["memory_working_set"] if part == "left" else [])], [ref])
    if len(refs) > 1 and TOGETHER.search(scene.line):
        for formula in _formulas(METRICS, dim, resource, part):
            if (total := _total(scene, formula, refs)) is not None:
                yield total


def _total(scene: Scene, formula: str, refs: tuple[Ref, ...]) -> Value | None:
    rows = [value for ref in refs for value in scene.index.evaluate(formula, ref)]
    return (
        Value(sum(row.number for row in rows), tuple(id for row in rows for id in row.ids), "", rows[0].name)
        if rows
        else None
    )


def _formulas(
    table: dict[tuple[str, str, str], tuple[str, ...]], dim: str, resource: str, part: str
) -> tuple[str, ...]:
    """The row of the table; without a resource every row of that dimension and part."""
    if resource:
        row = table.get((dim, resource, part), ())
        return row or (table.get((dim, resource, ""), ()) if resource in _BARE and part == "limit" else ())
    return tuple(item for (kind, _, role), row in table.items() if (kind, role) == (dim, part) for item in row)


def paths_before(scene: Scene, amount: Amount, refs: tuple[Ref, ...]) -> tuple[str, ...]:
    """The mount the number is said of: the last path before it, else one behind it in its clause."""
    clause = scene.clause(amount.start)
    found = list(_PATH.finditer(scene.line))
    before = [match for match in found if match.end() <= amount.start]
    behind = [match for match in found if amount.end <= match.start() < clause.end]
    right = [match for match in behind if _ON.fullmatch(scene.line[amount.end : match.start()])]
    for match in (*right, *reversed(before), *behind):
        path = match[0].rstrip(".,") if len(match[0]) > 1 else match[0]
        if any(
            row.key == path
            for ref in refs
            for name in ("fs_size", "fs_used_ratio", "host_disk_used_ratio")
            for row in scene.index.facts(ref, name)
        ):
            return (path,)
    return ()


def verbatim(scene: Scene, start: int, end: int) -> tuple[str, ...] | None:
    """A number told with the words beside it as a text fact has it: a log line, a healthcheck's output, a finding."""
    before = re.search(r"([\w'/-]+)\W{1,3}$", scene.line[:start])
    after = re.match(r"\W{0,3}([\w'/-]+)", scene.line[end:])
    said = scene.line[start:end].lower()
    refs = scene.subjects(start)
    for words in (
        f"{before[1]} {said} {after[1]}".lower() if before and after else "",
        f"{before[1]} {said}".lower() if before and len(before[1]) > 3 else "",
        f"{said} {after[1]}".lower() if after and len(after[1]) > 3 else "",
    ):
        if words and (ids := scene.carried(refs, words)):
            told = {scene.index.by_id[id].name for id in ids} - TEXTS
            if told or hearsay.says_so(scene):
                return ids[:4]
    beside = set(re.findall(r"[a-z]{4,}", scene.line[max(0, start - 30) : end + 30].lower()))
    for finding in scene.ground.findings:
        told = beside & set(re.findall(r"[a-z]{4,}", finding.summary.lower()))
        if (
            told
            and finding.about in refs
            and re.search(r"(?<![\w.])" + re.escape(said) + r"(?![\w.]*\d)", finding.summary.lower())
        ):
            return finding.evidence
    return None
