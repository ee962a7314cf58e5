"""Numbers without a unit: counts of things, how many times, and that there is none of something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding import logs, ports
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import programs_of
from ergon_ops.grounding.metrics import COUNT, LIMIT_BEFORE, TIMES, TIMES_WORD
from ergon_ops.grounding.nouns import formulas_of, noun_of
from ergon_ops.grounding.scene import TOGETHER, Scene
from ergon_ops.grounding.tallies import special
from ergon_ops.refs import host_ref

# Nouns of speech, not of containers: two options, three steps.
SPEECH = lazily(
    r"\s*(?:\w+ )?(?:things?|options?|ways?|steps?|questions?|sentences?|words?|points?|possibilit(?:y|"
    r"ies)|reasons? to|"
    r"ideas?|suggestions?|choices?|cases?|example|moment|note|more thing|recommendations?|approach(?:es)?|possible|"
    r"potential|common|main|of (?:my|the|your) (?:options|suggestions))\b",
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
    said = scene.line[amount.start : amount.end]
    if said.isdigit() and re.search(r"\bports?\b", scene.column(amount.start), re.I):
        ports._port(scene, amount.start, amount.end, said)
        return
    if re.search(r"\bpid\W*$", scene.line[: amount.start], re.I):
        _pid(scene, amount, said)
        return
    if _of_everybody(scene, amount):
        return
    if _CLASS.match(scene.line, amount.end):
        _status_class(scene, amount, said)
        return
    formulas, noun = noun_of(scene, amount)
    if noun is None:
        if said.lower() in ("a single", "one") or _speech(scene, amount):
            return  # `one seen twice`: who that is says the rest
        if noun_host := _load(scene, amount):
            formulas = noun_host
    if formulas == ("@limits",) and re.search(r"process|pids?\b|thread", scene.line[: amount.start], re.I):
        formulas = ("pids_limit",)
    if "pids" in formulas and re.match(r"\W*(?:(?:my|its|the) )?limits?\b[^:]*:", scene.line, re.I):
        formulas = ("pids_limit",)
    if noun is None and _INSIDE.search(scene.clause(amount.start).text + " " + scene.line[amount.end :]):
        ports._port(scene, amount.start, amount.end, said)
        return
    formulas = _meant(formulas, scene.clause(amount.start).text)
    if (nouns := together(scene, amount)) is not None:
        start, ids = nouns
        scene.decide("count", start, amount.end, ids, "not so of each of them", ("state",))
        return
    values = list(_values(scene, formulas, amount, noun or ""))
    if noun is None or "log_lines" in formulas or "log_errors" in formulas:
        for said in (logs.near(scene, amount.start, amount.end), scene.clause(amount.start).text):
            values += logs.counted(scene, amount.start, said)
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    if ids is not None and not of_each(scene, amount, values):
        ids = None
    if ids is None and amount.op == "=":
        from ergon_ops.grounding.measures import verbatim

        ids = verbatim(scene, amount.start, amount.end) if not amount.spelled else None
    said = scene.text[amount.start : amount.end]
    why = f"{said} {noun or ''}".strip() + (" is not what was counted" if values else ": nothing of that was counted")
    about = tuple(formula.strip("#@").partition("[")[0] for formula in formulas)
    scene.decide("count", amount.start, amount.end, ids, why, about)


_IN_STATE = lazily(
    r"\s*(?:of (?:them|these|those|us)|containers?|are|is)\s+(?:are |is )?(?:currently |still )?"
    r"(?P<state>not (?:up|running)|running|run|up|restarting|exited|created|stopped|down|paused)\b",
    re.I,
)
_STATES = {
    "run": ("running",),
    "up": ("running",),
    "stopped": ("exited", "dead"),
    "down": ("exited", "dead", "created", "restarting"),
}
_ALL_OF = lazily(r"\b(?:all|those|these|the)\s+$", re.I)


def _of_everybody(scene: Scene, amount: Amount) -> bool:
    """Whether so many of them all are meant, and it has been decided."""
    if (states := _IN_STATE.match(scene.line, amount.end)) is not None:
        _in_state(scene, amount, states)
        return True
    if amount.spelled and _ALL_OF.search(scene.line[: amount.start]) and _INSIDE.search(scene.line[amount.end :]):
        _all_listening(scene, amount)
        return True
    return False


def _in_state(scene: Scene, amount: Amount, match: re.Match[str]) -> None:
    """`5 of them run`: of everybody there is."""
    word = match["state"].lower()
    rows = [row for ref in dict.fromkeys(scene.ground.names.values()) for row in scene.index.facts(ref, "state")]
    wanted = _STATES.get(word, (word,))
    hit = [row for row in rows if (row.value not in _STATES["up"] if word.startswith("not") else row.value in wanted)]
    ids = tuple(row.id for row in hit) if amount.fits(float(len(hit))) and hit else None
    scene.decide("count", amount.start, match.end(), ids, f"not so many are {word}", ("state",))


def _all_listening(scene: Scene, amount: Amount) -> None:
    """`all three are listening`: as many as serve."""
    rows = [row for ref in scene.subjects(amount.start) for row in scene.index.facts(ref, "serving")]
    good = amount.fits(float(len(rows))) and all(row.value in ("listening", "running") for row in rows)
    ids = tuple(row.id for row in rows) if rows and good and re.search(r"\blisten|\bup\b|\brun", scene.line) else None
    said = scene.text[amount.start : amount.end]
    scene.decide("count", amount.start, amount.end, ids, f"{said}: nothing of that was counted", ("serving",))


def _status_class(scene: Scene, amount: Amount, said: str) -> None:
    """`no 5xx`: whether a logged line has such a status."""
    rows = [row for ref in scene.subjects(amount.start) for row in scene.index.facts(ref, "log_template")]
    hit = [row for row in rows if re.search(rf"(?<![\w.]){said}\d\d(?![\w.])", row.key)]
    denied = re.search(r"\b(?:no|not|without|any|zero|none)\W+(?:\w+\W+)?$", scene.line[: amount.start], re.I)
    ids = tuple(row.id for row in (rows if denied else hit)) if bool(hit) is not bool(denied) else None
    scene.decide("status code", amount.start, amount.end + 2, ids or None, f"{said}xx is not so", ("log_template",))


def _meant(formulas: tuple[str, ...], told: str) -> tuple[str, ...]:
    """Lines are no errors where no error is told of, and checks that pass do not fail."""
    if "health_streak" in formulas and PASSED.search(told):
        return ()
    if "log_lines" in formulas and not _ERRORS.search(told):
        return tuple(item for item in formulas if item != "log_errors")
    return formulas


def of_each(scene: Scene, amount: Amount, values: list[Value]) -> bool:
    """`A and B have 3`: each of them has, where no other number is told and nothing is summed."""
    refs = scene.subjects(amount.start)
    if len(refs) < 2 or TOGETHER.search(scene.line) or len(quantities(scene.line, scene.line)) > 1:
        return True
    fits = {scene.index.by_id[id].about for value in values if amount.fits(value.number) for id in value.ids if id}
    read = {scene.index.by_id[id].about for value in values for id in value.ids if id}
    return not read & set(refs) - fits


def _pid(scene: Scene, amount: Amount, said: str) -> None:
    """The number of a process that the sentence names."""
    rows = [row for ref in scene.subjects(amount.start) for row in scene.index.facts(ref, "process") if row.key == said]
    line = scene.line.lower()
    told = [row.id for row in rows if any(word in line for word in {str(row.value), *programs_of(str(row.value))})]
    scene.decide("count", amount.start, amount.end, tuple(told) or None, f"pid {said} is not so", ("process",))


_BOTH = lazily(r"\b(?:both|each|all)\s+(?:at |of |equal |count |counted |read |say |show |stand at |zero )?\W*$", re.I)


def together(scene: Scene, amount: Amount) -> tuple[int, tuple[str, ...] | None] | None:
    """`failures and kills are both 0`: each noun before it has that count."""
    clause = scene.clause(amount.start)
    nouns = list(COUNT.finditer(scene.nameless, clause.start, amount.start))
    if len(nouns) < 2 or not _BOTH.search(scene.line[clause.start : amount.start]):
        return None
    found: list[str] = []
    for noun in nouns:
        values = _values(scene, formulas_of(noun), amount, noun[0])
        hit = [value for value in values if amount.fits(value.number)]
        own = [value for value in hit if set(value.ids) & set(scene.cited)] or hit
        if not own:
            return nouns[0].start(), None
        found += own[0].ids
    return nouns[0].start(), tuple(found)


PASSED = lazily(r"\b(?:have|has|were|are|all)? ?(?:pass(?:ed|es|ing)?|succeed\w*|successful)\b", re.I)
_THE = lazily(r"\bthe (?:only )?$", re.I)
_WHO = lazily(r"\s+(?:that|which|who)\b", re.I)
_ERRORS = lazily(r"error|fail|fatal|exception|problem|time-?out|timed", re.I)
_INSIDE = lazily(r"\b(?:ports?|published|unpublished|listen\w*|reachable|stays? inside|internal)\b", re.I)
_LINE_WORDS = frozenset(
    [
        "line",
        "lines",
        "log",
        "logs",
        "entry",
        "entries",
        "message",
        "messages",
        "request",
        "requests",
        "ordinary",
        "normal",
        "of",
        "the",
        "and",
        "with",
        "about",
        "for",
        "were",
        "that",
        "same",
        "such",
        "similar",
        "regular",
        "routine",
        "simple",
        "successful",
    ]
)
_TIMEOUT = lazily(r"time-?outs?")


def _of_lines(scene: Scene, amount: Amount) -> list[Value]:
    """`three upstream timeouts`: how often a line was logged that has these words."""
    behind = scene.clause(amount.start).text[max(0, amount.end - scene.clause(amount.start).start) :][:48]
    words = [word for word in re.findall(r"[A-Za-z]{3,}", behind) if word.lower() not in _LINE_WORDS][:2]
    words = [word.lower() for word in (re.findall(r"\b[A-Z]{3,}\b", behind) or words)]
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
    if amount.spelled and _THE.search(scene.line[: amount.start]) and _WHO.match(behind):
        return True  # `are the two that are down`: who they are is looked at
    return amount.spelled and (
        (amount.values[0] == 1 and scene.mood(amount.start) != "assert")
        or (re.match(r"\s*(?:,|\.|$)", behind) is not None and amount.values[0] == 1)
    )


def _load(scene: Scene, amount: Amount) -> tuple[str, ...]:
    start, end = scene.segment(amount.start, amount.end)
    if re.search(r"\bload\b", scene.line[max(0, start - 30) : end], re.I):
        keys = re.findall(r"\b(1|5|15)[ -]?m(?:in(?:ute)?s?)?\b", scene.line, re.I)
        return (f"host:host_load[{keys[0]}m]",) if len(keys) == 1 else ("host:host_load",)
    return ()


_CLASS = lazily(r"xx\b", re.I)


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
    elif match is None and re.match(r"\W*(?:and |so )?(?:it|that|this)\b", scene.line, re.I) and scene.topic.told:
        formulas = ("restart_count", "health_streak")
    elif match is None:
        if amount.values[0] == 0 and re.search(
            r"\bnever (?:show|reveal|print|follow|run|share|tell|see|know|change|act)", scene.line, re.I
        ):
            return
        formulas = ()
    else:
        formulas = TIMES[int((match.lastgroup or "t0")[1:])][1]
        if formulas[:1] == ("health_streak",) and re.search(r"\b(?:never|once)\b", scene.line, re.I):
            formulas = ()  # of those before the last one that passed nobody knows
    if amount.values[0] == 1 and re.search(r"\b(?:not|never)\b|n't\b", scene.line[clause.start : amount.start], re.I):
        amount = amount._replace(values=(0.0,))  # not once
    values = list(_values(scene, formulas, amount, "times"))
    if logs.speaks_of_logs(scene.line):
        values += logs.counted(scene, amount.start, clause.text)
    ids = next((value.ids for value in values if amount.fits(value.number)), None)
    if ids is not None and not of_each(scene, amount, values):
        ids = None
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
            name, _, key = formula[5:].rstrip("]").partition("[")
            yield from scene.values([name], hosts, [key] if key else [])
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
