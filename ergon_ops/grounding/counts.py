"""Numbers without a unit: counts of things, how many times, and that there is none of something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import COUNT, COUNTS, LIMIT_AFTER, LIMIT_BEFORE, TIMES, TIMES_WORD
from ergon_ops.grounding.scene import Scene
from ergon_ops.loglevels import at_least, level_of
from ergon_ops.refs import Ref, host_ref

# Nouns of speech, not of containers: two options, three steps.
SPEECH = lazily(
    r"\s*(?:\w+ )?(?:things?|options?|ways?|steps?|questions?|sentences?|words?|points?|possibilit(?:y|"
    r"ies)|reasons? to|"
    r"ideas?|suggestions?|choices?|cases?|example|moment|note|more thing|recommendations?|approach(?:es)?|possible|"
    r"potential|common|main|of (?:my|the|your) (?:options|suggestions))\b",
    re.I,
)
_BETWEEN = lazily(
    r"^(?:\s+(?!and\b|or\b|to\b|of my\b|but\b|is\b|are\b|was\b|with\b|in\b|the\b)[a-z-]+){0,2}?\s*$", re.I
)
_COPULA = lazily(
    r"^(?:\s*\b(?:count|counts|number|total|so far|value|currently|now|is|are|was|of|at|stands|equals|to|"
    r"has been|been|the|in|for|on|container)\b"
    r"|\s*[:=|×x(~]|\s)*$",
    re.I,
)
_NEVER = lazily(
    r"\s+(?:\w+ ){0,2}(?:restart|reboot|oom|kill|fail|crash|died|exit|hit|reach|exceed|unhealthy|"
    r"run out|ran out|went down|gone down|down\b|stopped|paused|logged|been (?:unhealthy|down|oom|killed|"
    r"restart|throttl))",
    re.I,
)
_X = lazily(r"\s*(?:times?\b|[x×]\b|×)", re.I)
_X_BEFORE = lazily(r"[×x]\s*$")


def judge(scene: Scene, amount: Amount, before: Amount | None) -> None:
    if amount.dim == "times" or _X.match(scene.line[amount.end :]) or _X_BEFORE.search(scene.line[: amount.start]):
        _judge_times(scene, amount)
        return
    formulas, noun = _noun(scene, amount)
    if noun is None:
        if _speech(scene, amount):
            return
        if noun_host := _load(scene, amount):
            formulas = noun_host
    if "pids" in formulas and re.match(r"\W*(?:(?:my|its|the) )?limits?\b[^:]*:", scene.line, re.I):
        formulas = ("pids_limit",)
    values = list(_values(scene, formulas, amount, noun or ""))
    if noun is None:
        values += _of_lines(scene, amount)
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    if ids is None and amount.op == "=":
        from ergon_ops.grounding.measures import verbatim

        ids = verbatim(scene, amount.start, amount.end) if not amount.spelled else None
    said = scene.text[amount.start : amount.end]
    why = f"{said} {noun or ''}".strip() + (" is not what was counted" if values else ": nothing of that was counted")
    about = tuple(formula.strip("#@").partition("[")[0] for formula in formulas)
    scene.decide("count", amount.start, amount.end, ids, why, about)


_TIMEOUT = lazily(r"time-?outs?")


def _of_lines(scene: Scene, amount: Amount) -> list[Value]:
    """`three upstream timeouts`: how often a line was logged that has these words."""
    words = re.findall(r"[a-z]{4,}", scene.line[amount.end : amount.end + 40].lower())[:2]
    found = []
    for ref in scene.subjects(amount.start) if words else ():
        for row in scene.index.facts(ref, "log_template"):
            line = _TIMEOUT.sub("timed out", row.key.lower())
            if all(_TIMEOUT.sub("timed out", word).rstrip("s") in line for word in words):
                found.append(Value(float(str(row.value)), (row.id,), "", "log_template"))
    return found


def _speech(scene: Scene, amount: Amount) -> bool:
    behind = scene.line[amount.end :]
    if SPEECH.match(behind):
        return True
    return amount.spelled and (
        (amount.values[0] == 1 and scene.mood(amount.start) != "assert")
        or (re.match(r"\s*(?:,|\.|$)", behind) is not None and amount.values[0] == 1)
    )


def _load(scene: Scene, amount: Amount) -> tuple[str, ...]:
    start, end = scene.segment(amount.start, amount.end)
    if re.search(r"\bload\b", scene.line[max(0, start - 30) : end], re.I):
        return ("host:host_load",)
    return ()


def _noun(scene: Scene, amount: Amount) -> tuple[tuple[str, ...], str | None]:
    """What is counted: the noun behind, else the one before, else the column's head."""
    behind = scene.nameless[amount.end : amount.end + 60]
    for match in COUNT.finditer(behind):
        if _BETWEEN.match(behind[: match.start()]):
            return _formulas(match), match[0]
        break
    if LIMIT_AFTER.match(behind):
        return ("pids_limit",), "limit"
    ahead = scene.nameless[max(0, amount.start - 70) : amount.start]
    last = None
    for match in COUNT.finditer(ahead):
        if _COPULA.match(ahead[match.end() :]):
            last = match
    if last is not None:
        return _formulas(last), last[0]
    if re.search(r"(?:process|pids?|thread)\w*", ahead, re.I) and LIMIT_BEFORE.search(ahead):
        return ("pids_limit",), "processes"
    if (head := COUNT.search(scene.column(amount.start))) is not None:
        return _formulas(head), head[0]
    return (), None


def _formulas(match: re.Match[str]) -> tuple[str, ...]:
    return COUNTS[int((match.lastgroup or "n0")[1:])][1]


def spelled_alone(amount: Amount) -> bool:
    """`once`, `twice`: as often a figure of speech."""
    return amount.spelled and amount.values[0] in (1.0, 2.0)


def _judge_times(scene: Scene, amount: Amount) -> None:
    if amount.dim == "times" and not amount.values[0] and not _NEVER.match(scene.line[amount.end :]):
        return  # a habit: "I never show values"
    clause = scene.clause(amount.start)
    before = list(TIMES_WORD.finditer(scene.line, clause.start, amount.start))
    behind = TIMES_WORD.search(scene.line, amount.end, clause.end)
    match = behind if amount.values[0] == 0 and behind else before[-1] if before else behind
    if match is None:
        if (
            amount.spelled
            and amount.values[0] != 0
            and re.search(r"\b(?:more|as|every|at|approved|again)\b", scene.line[amount.end : amount.end + 12], re.I)
        ):
            return
        if amount.values[0] == 0:
            match = TIMES_WORD.search(scene.line)
    if match is None and not spelled_alone(amount):
        match = next(iter(TIMES_WORD.finditer(scene.line, 0, amount.start)), None)
    if match is None and (scene.row or scene.line.strip()[:1].isdigit() or "\x00" in scene.free[amount.end :]):
        formulas: tuple[str, ...] = ("@template",)  # `3 × "line"`
    elif match is None:
        if amount.values[0] == 0 and re.search(
            r"\bnever (?:show|reveal|print|follow|run|share|tell|see|know|change|act)", scene.line, re.I
        ):
            return
        formulas = ()
    else:
        formulas = TIMES[int((match.lastgroup or "t0")[1:])][1]
    values = list(_values(scene, formulas, amount, "times"))
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    about = tuple(formula.strip("#@") for formula in formulas)
    scene.decide(
        "count", amount.start, amount.end, ids, f"{scene.text[amount.start : amount.end]} is not how often", about
    )


def _values(scene: Scene, formulas: tuple[str, ...], amount: Amount, noun: str) -> Iterator[Value]:
    refs = scene.subjects(amount.start)
    behind = scene.line[amount.end : amount.end + 40]
    for formula in formulas:
        if formula.startswith("host:"):
            hosts = {host_ref(ref.host) for ref in (*refs, *scene.ground.refs)}
            yield from scene.values([formula[5:]], hosts)
        elif formula.startswith("@"):
            yield from special(scene, formula, refs, noun, amount)
        elif formula == "pids" and LIMIT_BEFORE.search(scene.line[max(0, amount.start - 40) : amount.start]):
            yield from scene.values(["pids_limit"], refs)
        elif formula == "host_cpus":
            yield from scene.values([formula], {host_ref(ref.host) for ref in refs})
            yield from scene.values(["cpu_limit"] if "limit" in behind else [], refs)
        else:
            yield from scene.values([formula], [ref for ref in refs if ref.kind == "container"])
            if len(refs) > 1 and not formula.startswith("#"):
                rows = list(scene.values([formula], refs))
                if rows and re.search(
                    r"\b(?:total|together|combined|in all|altogether|across|all)\b", scene.line, re.I
                ):
                    yield Value(
                        sum(row.number for row in rows), tuple(id for row in rows for id in row.ids), "", formula
                    )


def special(
    scene: Scene, formula: str, refs: tuple[Ref, ...], noun: str, amount: Amount | None = None
) -> Iterator[Value]:
    """Counts that no single fact gives."""
    index = scene.index
    if formula in ("@errors", "@warnings"):
        least = "error" if formula == "@errors" else "warning"
        for ref in refs:
            rows = [row for row in index.facts(ref, "log_template") if at_least(level_of(row.key), least)]
            if least == "warning":
                rows = [row for row in rows if not at_least(level_of(row.key), "error")]
            read = tuple(row.id for row in rows) or tuple(row.id for row in index.facts(ref, "log_lines"))
            if read and (rows or index.facts(ref, "log_template")):
                yield Value(
                    sum(float(row.value) for row in rows if isinstance(row.value, int | float)),
                    read,
                    "",
                    "log_template",
                )
    elif formula == "@template":
        quoted = {id for claim in scene.claims if claim.kind == "quote" for id in claim.fact_ids}
        yield from (value for value in scene.values(["log_template"], refs) if set(value.ids) & quoted)
    elif formula in ("@program", "@programs", "@ports", "@connections"):
        yield from _tables(scene, formula, refs, amount)
    elif formula == "@containers":
        yield from _containers(scene, noun)
    elif formula == "@findings":
        found = [item for item in scene.ground.findings if item.about in refs or item.about in scene.ground.refs]
        ids = tuple(id for item in found for id in item.evidence) or tuple(
            row.id for ref in refs for row in index.facts(ref, "state")
        )
        yield Value(float(len(found)), ids, "", "state")
    elif formula == "@proposals":
        yield Value(float(len(scene.ground.proposals)), (), "", "state")
    elif formula == "@hosts":
        yield Value(
            float(len({ref.host for ref in (*scene.ground.refs, *scene.ground.names.values())})), (), "", "host"
        )
    elif formula == "@limits":
        for ref in refs:
            rows = [row for name in ("memory_limit", "cpu_limit", "pids_limit") for row in index.facts(ref, name)]
            if rows:
                yield Value(
                    float(sum(row.value is not None for row in rows)), tuple(row.id for row in rows), "", "memory_limit"
                )


def _tables(scene: Scene, formula: str, refs: tuple[Ref, ...], amount: Amount | None) -> Iterator[Value]:
    index = scene.index
    near = scene.line[max(0, (amount.start if amount else 0) - 25) : (amount.end if amount else 0) + 40].lower()
    for ref in refs:
        if formula == "@program":
            rows = [row for row in index.facts(ref, "process") if str(row.value).lower().split("-")[0] in near]
            if rows:
                yield Value(float(len(rows)), tuple(row.id for row in rows), "", "process")
        elif formula == "@programs":
            rows = list(index.facts(ref, "serving"))
            names = {row.key.rpartition(":")[0] or row.key for row in rows if row.value in ("listening", "running")}
            if rows:
                yield Value(float(len(names)), tuple(row.id for row in rows), "", "serving")
        elif formula == "@ports":
            rows = [row for row in index.facts(ref, "serving") if row.value == "listening"]
            ports = {row.key.rpartition(":")[2] for row in rows if row.key.rpartition(":")[2].isdigit()}
            if rows:
                yield Value(float(len(ports)), tuple(row.id for row in rows), "", "serving")
        else:
            rows = list(index.facts(ref, "connection"))
            numbers = [float(row.value) for row in rows if isinstance(row.value, int | float)]
            for number in (float(len(rows)), sum(numbers), *numbers):
                if rows:
                    yield Value(number, tuple(row.id for row in rows), "", "connection")


_ALIVE = {
    "running": ("running",),
    "up": ("running",),
    "exited": ("exited",),
    "stopped": ("exited", "dead", "created"),
    "paused": ("paused",),
    "created": ("created",),
    "dead": ("dead",),
    "restarting": ("restarting",),
    "down": ("exited", "dead", "created"),
}


def _containers(scene: Scene, noun: str) -> Iterator[Value]:
    """From the engine's counts, else from the states of those it knows."""
    index, said = scene.index, f"{noun} {scene.line}".lower() if noun else scene.line.lower()
    words = [word for word in _ALIVE if re.search(rf"\b{word}\b", noun.lower() or said)] or [
        word for word in _ALIVE if re.search(rf"\b{word}\b", said)
    ]
    for host in index.hosts():
        counted = index.facts(host, "containers")
        if counted and not words:
            yield Value(
                sum(float(row.value) for row in counted if isinstance(row.value, int | float)),
                tuple(row.id for row in counted),
                "",
                "containers",
            )
        for row in counted:
            if any(row.key in _ALIVE[word] for word in words) and isinstance(row.value, int | float):
                yield Value(float(row.value), (row.id,), "", "containers")
    known = tuple(dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()]))
    states = [row for ref in known for row in index.facts(ref, "state")]
    health = [row for ref in known for row in index.facts(ref, "health")]
    if states and len(states) == len(known):
        for word in words:
            rows = [row for row in states if row.value in _ALIVE[word]]
            yield Value(float(len(rows)), tuple(row.id for row in rows or states), "", "state")
        if not words and re.search(r"\b(?:un)?healthy\b", said):
            wanted = "unhealthy" if "unhealthy" in said else "healthy"
            hit = [row for row in health if row.value == wanted]
            yield Value(float(len(hit)), tuple(row.id for row in hit or health), "", "health")
        elif not words:
            yield Value(float(len(known)), tuple(row.id for row in states), "", "state")
