"""Numbers with a unit: bytes, ratios, cores and rates, held against the facts they are said of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding import counts, spans
from ergon_ops.grounding.amounts import FRACTION, FRACTIONS, Amount, quantities
from ergon_ops.grounding.index import Value
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
from ergon_ops.grounding.scene import HOST_WORD, Scene
from ergon_ops.refs import Ref, host_ref

_OF = lazily(
    r"^\s*(?:\(?\s*(?:of|out of|/|from|against)\s*(?:a |the |its |my |max\w* )?(?:\w+ )?(?:total |"
    r"maximum |limit )?(?:of )?)$",
    re.I,
)
_FREE_OF = lazily(
    r"\s*(?:of|out of|/)\s*[\d.,]+\s*\w+\s*(?:\w+\s){0,2}(?:is |are )?(?:free|left|available|remaining)\b", re.I
)
LIMITS = lazily(r"\W*(?:(?:my|its|the|[\w-]+'s) )?limits?(?: are| of [\w-]+)?\s*:", re.I)
_PATH = lazily(r"(?<![\w.])/[\w./-]*")
CHARGED = lazily(r"\b(?:cache|charged|including|includes|(?:total|memory)[_ ]usage|altogether)\b", re.I)
_SLASH = lazily(r"(?<=[bB%])/(?=\d)")  # 61MiB/136MiB
_UNITLESS = {"count", "times"}


def find(scene: Scene) -> None:
    """Claims of every quantity in what is still free."""
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
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    if ids is None and not amount.spelled:
        ids = verbatim(scene, amount.start, amount.end)
    names = tuple(dict.fromkeys(value.name for value in values))
    said = scene.text[amount.start : amount.end]
    why = f"{said} is not what was read" if values else f"nothing was read that {said} could be"
    scene.decide("number", amount.start, amount.end, ids, why, names or (resource,))


def resource_of(scene: Scene, amount: Amount, after: int) -> str:
    """What the number is said of: the nearest word before it in its part of the sentence, behind it, the column's
    head, then before it anywhere, then what was spoken of last."""
    start, end = scene.segment(amount.start, amount.end)
    usable = [item for item in scene.resources if not (amount.start <= item[0] < amount.end)]
    here = [item for item in usable if start <= item[0] and item[1] <= amount.start]
    behind = [item for item in usable if item[0] >= amount.end and item[1] <= min(end, after)]
    wanted = _fitting(amount)
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
    if before is not None and before.dim == amount.dim and re.search(r"\bout of\s*$", far):
        return "limit"
    if LIMITS.match(scene.line):
        return "limit"
    if _FREE_OF.match(scene.line[amount.end :]):
        return "left"
    if LEFT_AFTER.search(right) or LEFT_BEFORE.search(left) or re.search(r"free|left|avail|headroom|remain", column):
        return "left"
    if amount.dim == "ratio":
        return ""
    if LIMIT_AFTER.search(right) or re.search(r"limit|max|total|size|quota", column):
        return "limit"
    if (
        before is not None
        and before.dim == amount.dim
        and (_OF.match(far) or re.match(r"^\s*\(?\s*(?:of|out of|/)\s", far))
    ):
        return "limit"
    if LIMIT_BEFORE.search(left) and "limit" not in right[:0]:
        return "limit"
    if OWNED.search(left) and re.match(r"\s*(?:of )?(?:memory|ram)\b", right, re.I) and not USED_NEAR.search(right):
        return "limit"
    return ""


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
                yield from scene.values(["memory_usage"], [ref])
    if len(refs) > 1 and re.search(
        r"\b(?:total|together|combined|altogether|in all|sum|overall|all)\b", scene.line, re.I
    ):
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
        return table.get((dim, resource, part), ())
    return tuple(item for (kind, _, role), row in table.items() if (kind, role) == (dim, part) for item in row)


def paths_before(scene: Scene, amount: Amount, refs: tuple[Ref, ...]) -> tuple[str, ...]:
    """The mount the number is said of: the last path before it, else one behind it in its clause."""
    clause = scene.clause(amount.start)
    found = list(_PATH.finditer(scene.line))
    before = [match for match in found if match.end() <= amount.start]
    behind = [match for match in found if amount.end <= match.start() < clause.end]
    for match in (*reversed(before), *behind):
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
