"""Numbers with a unit: bytes, ratios, cores and rates, held against the facts they are said of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding import counts, hearsay, spans
from ergon_ops.grounding.amounts import FRACTION, FRACTIONS, Amount, number_of_word, quantities
from ergon_ops.grounding.exact import exactly
from ergon_ops.grounding.index import TEXTS, Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import (
    HOST_METRICS,
    METRICS,
    OF_HOST,
    USED_NEAR,
)  # fmt: skip
from ergon_ops.grounding.parts import IS_CACHE, part_of, resource_of
from ergon_ops.grounding.scene import HOST_WORD, TOGETHER, Scene
from ergon_ops.refs import Ref, host_ref

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
_PATH = lazily(r"(?<![\w.])/[\w./-]*|\broot (?:file ?system|fs|disk|partition|volume)\b", re.I)
CHARGED = lazily(r"\b(?:cache|charged|including|includes|(?:total|memory)[_ ]usage|altogether)\b", re.I)
_PAGES = lazily(r"\s*(?:of )?(?:inactive )?(?:file |page )cache\b", re.I)
_UNIT_HEAD = lazily(
    r"\(\s*(?:in )?(cores?|cpus?|[kmgt]i?b|bytes|%|percent|seconds?|s|min|minutes|hours|h|days)\s*\)", re.I
)
_ITS_LIMIT = lazily(r"(?:'s|\b(?:its|my|current|present|today's)) (?:[a-z]+ ){0,2}(?:limit|quota|cap) of $", re.I)
_QUOTA = lazily(r"\s+of (?:that|it|this|(?:its|my|the) (?:\w+ )?(?:limit|quota|allowance|cap|share))\b", re.I)
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
        fraction = _fraction(match, scene.line[: match.start()])
        if fraction is not None:
            _judge(scene, fraction, None, len(scene.line))


_COMPARED = lazily(
    r"\b(?:(?P<more>more than|over|above|at least)|(?P<less>less than|under|below|at most|not even))\s*(?:a )?$", re.I
)


def _fraction(match: re.Match[str], ahead: str) -> Amount | None:
    word = (match["words"] or "").lower().replace("-", " ")
    if not word:
        return None
    value = next((size for name, size in reversed(FRACTIONS.items()) if name in word), None)
    if value is None:
        return None
    if (compared := _COMPARED.search(ahead)) is not None:  # `more than half`
        return Amount(match.start(), match.end(), "ratio", (value,), (0.0,), ">" if compared["more"] else "<", "", True)
    return Amount(match.start(), match.end(), "ratio", (value,), (0.06,), "=", "", True)


def _judge(scene: Scene, amount: Amount, before: Amount | None, after: int) -> None:
    if (scene.mood(amount.start) == "advice" and not _ITS_LIMIT.search(scene.line[: amount.start])) or (
        amount.start and scene.free[amount.start] == "\x00"
    ):
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
    values = list(_exactly(scene, amount, values))
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    if ids is None and before is not None and before.dim == amount.dim:
        ids = _again(scene, amount, before)
    if ids is None and not amount.spelled:
        ids = verbatim(scene, amount.start, amount.end)
    names = tuple(dict.fromkeys(value.name for value in values))
    said = scene.text[amount.start : amount.end]
    why = f"{said} is not what was read" if values else f"nothing was read that {said} could be"
    scene.decide("number", amount.start, amount.end, ids, why, names or (resource,))


def _exactly(scene: Scene, amount: Amount, values: list[Value]) -> Iterator[Value]:
    """What the words can mean; and of a host what it has is not what is in use."""
    if amount.dim != "bytes":
        yield from values
        return
    names = exactly(scene, amount)
    used = USED_NEAR.search(scene.line, amount.end, scene.segment(amount.start, amount.end)[1]) is not None
    for value in values:
        other = names and value.name.startswith("memory_") and value.name not in names
        if not other and not (used and value.name == "host_memory" and len(value.ids) == 1):
            yield value


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
    if (
        dim == "cores"
        and _THE_CPUS.search(scene.line[: amount.start])
        and re.search(r"cpus", scene.line[amount.start : amount.end], re.I)
    ):
        yield from scene.values(["host_cpus"], {host_ref(ref.host) for ref in refs})
    for ref in refs:
        if ref.kind == "fleet":
            yield from scene.values(_formulas(HOST_METRICS, dim, resource, part), [ref], keys)
            continue
        if host_said:
            yield from scene.values(_formulas(OF_HOST, dim, resource, part), [ref], keys)
        if host_said and not _share_of_host(scene, amount):
            yield from scene.values(_formulas(HOST_METRICS, dim, resource, part), [host_ref(ref.host)], keys)
        if not host_said or resource not in ("", "memory") or dim != "ratio":
            yield from scene.values(_formulas(METRICS, dim, resource, part), [ref], keys)
            if (
                charged
                and dim == "bytes"
                and resource in ("memory", "cache")
                and not (_PAGES.match(scene.line, amount.end) or IS_CACHE.match(scene.line, amount.end))
            ):
                yield from scene.values(["memory_usage", *(["memory_working_set"] if part == "left" else [])], [ref])
    if len(refs) > 1 and TOGETHER.search(scene.line):
        for formula in _formulas(METRICS, dim, resource, part):
            if (total := _total(scene, formula, refs)) is not None:
                yield total


_THE_CPUS = lazily(r"\b(?:the|of|on|all)\s+(?:host's )?$", re.I)
_TAKES = lazily(r"\b(?:us(?:es|e|ing)|tak(?:es|ing)|occup\w+|consum\w+)\b", re.I)
_OF_HOSTS = lazily(r"\s*of (?:the |its |my )?(?:host|machine|server)(?:'s)?\b(?! (?:\w+ )?(?:is|are)\b)", re.I)


def _share_of_host(scene: Scene, amount: Amount) -> bool:
    """`worker uses 1.5% of the host's memory`: a container's share, not how full the host is."""
    last = next((item for item in reversed(scene.mentions) if item.end <= amount.start and item.word != "host"), None)
    took = last is not None and _TAKES.search(scene.line, last.end, amount.start) is not None
    return took and _OF_HOSTS.match(scene.line, amount.end) is not None


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
        path = "/" if match[0][0] in "rR" or len(match[0]) == 1 else match[0].rstrip(".,")
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
