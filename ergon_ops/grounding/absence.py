"""That there is none of something: only if it was read and there is none."""

from __future__ import annotations

import re

from ergon_ops.grounding import counts
from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import programs_of
from ergon_ops.grounding.metrics import COUNT, COUNTS
from ergon_ops.grounding.scene import Scene

_NONE = lazily(
    r"\b(?:no|zero|without(?: any)?|(?:do|does|did|has|have|had)(?:n't| not) (?:have |had |see |find |"
    r"log(?:ged)? |show |report |contain |publish |expose )?(?:any|a single)|"
    r"neither [\w-]+ nor [\w-]+ (?:has|have|had|logged|logs|reports?|reported|shows?|showed|wrote) (?:any |an? )?|"
    r"(?:has|have|is|are|was|were)(?:n't| not) (?:been )?any|never (?:had|seen|logged)(?: an?| any)?|"
    r"free of|none of (?:the|my|its)|not (?:a single|any|one))\s+"
    r"(?P<what>[a-z][\w/-]*(?:\s+[a-z][\w/-]*){0,3})",
    re.I,
)
_SPEECH = lazily(
    r"^(?:need|longer|one|idea|way|action|actions|further|doubt|matter|problem at all|more|other|"
    r"immediate|urgent|such|information|data|evidence|facts?|known|clear|obvious|cause|reason|rule|"
    r"reasons?|change|changes|"
    r"sign|signs|indication|answer|comment|worries|worry|rush|harm|special|question|sweat|big|obvious|"
    r"apparent|choice|point|particular|specific|details?|record|mention|knowledge|access|intervention|"
    r"concerns?|concern|language|value|values|secrets?|opinion|recommendation|new|matter|explanation|"
    r"trend|history|noticeable|visible|significant)\b",
    re.I,
)
_TROUBLE = lazily(
    r"^(?:\w+ )?(?:issues?|problems?|trouble|troubles|faults?|findings?|anomal\w+|alerts?|alarms?|"
    r"(?:signs? of|indications? of) (?:trouble|problems?|distress|issues?)|red flags?)\b",
    re.I,
)
_SIGN = lazily(r"^(?:\w+ )?(?:signs?|indications?|evidence) (?:of|that)\s+(?P<what>.*)", re.I)
_RESTARTED = lazily(
    r"\b(?:has|have|did|was|were|had)(?:n't| not|\s+never) (?:been |yet |ever |once )?(?:restarted?|"
    r"rebooted?)\b|\bnot (?:been )?restarted\b|\bwithout (?:a (?:single )?)?restart\w*\b",
    re.I,
)
_NO_ACT = lazily(
    r"\b(?:have|has|did)(?:n't| not) (?:\w+ )?\w+ (?:anything|any (?:container|change|setting|limit)s?)\b"
    r"|\bno (?:change|operation|action|restart|deployment|rollout)s? (?:is|are) (?:currently )?(?:running|"
    r"in progress|under way|pending)\b"
    r"|\bnothing (?:has been|was|has) (?:\w+ )?\w+ed (?:by me|yet|so far)\b",
    re.I,
)
_ALL_WELL = lazily(
    r"\b(?:nothing (?:here |right now |at the moment |i see )?(?:points to|suggests|indicates|hints at) (?:a |"
    r"an |any )?"
    r"(?:problems?|issues?|faults?|trouble)|nothing (?:is |looks |seems )?(?:wrong|unusual|out of the ordinary|"
    r"amiss|broken|to worry)|"
    r"all (?:is |looks )?(?:well|good|fine|ok(?:ay)?|clear|normal|in order)|everything (?:is |looks |"
    r"seems |appears )?(?:\w+ )?(?:fine|ok(?:ay)?|good|normal|well|in order|great|working|as expected|"
    r"healthy|shipshape|under control|smooth\w*)|"
    r"(?:still )?going well|(?:alive and |still )kicking|hanging in there|"
    r"(?:i'm|i am|it is|it's|it looks|i feel|looks|doing|all systems|systems?(?: are)?|am|is|look|seem|are|"
    r"has been|have been) (?:all |both |doing |"
    r"feeling |looking |perfectly |just |all |running |working |operating )*(?:fine|great|well|ok(?:ay)?|"
    r"good|excellent|go|nominal|perfect(?:ly)?|smoothly|normally|as expected|in (?:good|great|"
    r"top) (?:shape|form|order)))(?! (?:as|to|for|that|enough|memory|reason|question|idea|below|"
    r"within|under|above|over|beyond|past|short))\b",
    re.I,
)


_FACT_OF = {"com": "command", "use": "user", "lab": "label", "ali": "alias", "env": "env_key", "ini": "init"}


def find(scene: Scene) -> None:
    for match in _NO_ACT.finditer(scene.free):
        scene.claim("none", match.start(), match.end(), why="the journal has one" if scene.ground.acted else "")
        scene.take(match.start(), match.end())
    for match in _RESTARTED.finditer(scene.free):
        if _SINCE.match(scene.line, match.end()):  # since that start
            ids = tuple(row.id for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "started_at"))
            scene.decide("none", match.start(), match.end(), ids or None, "its start was not read", ("started_at",))
            scene.take(match.start(), match.end())
            continue
        if scene.mood(match.start()) in ("assert", "hedged"):
            _none(scene, match.start(), match.end(), ("restart_count",))
            scene.take(match.start(), match.end())
    for match in _ALL_WELL.finditer(scene.free):
        if re.match(r"are|looks?|seems?", match[0], re.I) and not _OF_SOMEBODY.search(_ahead(scene, match.start())):
            continue
        if re.search(r"\b(?:apart from|except|besides|aside from)\b", scene.line[match.end() :], re.I):
            continue
        if scene.mood(match.start()) == "assert" and not _resourced(scene, match.start(), match.end()):
            _well(scene, match.start(), match.end())
    for match in _NONE.finditer(scene.free):
        _judge(scene, match)


_OF_SOMEBODY = lazily(
    r"(?:\x01|\b(?:they|we|you|all|both|containers|others?|everything|it))\s*(?:all |both |still )?$", re.I
)


def _ahead(scene: Scene, at: int) -> str:
    """The line before a place, with whoever stands right before it as one sign."""
    last = next((item for item in reversed(scene.mentions) if item.end <= at), None)
    return scene.line[:at] if last is None or scene.line[last.end : at].strip() else "\x01"


def _resourced(scene: Scene, start: int, end: int) -> bool:
    low, high = scene.segment(start, end)
    return any(low <= item[0] < high and item[2] in ("memory", "cpu", "disk", "pids") for item in scene.resources)


_PROCESS = lazily(r"(?:an? |any |single )?(?P<name>[a-z][\w.-]*) (?:process(?:es)?|server|daemon)\b", re.I)


def _no_program(scene: Scene, at: int, end: int, word: str) -> bool:
    """`no redis-server process`: by the table of processes."""
    wanted = programs_of(word) or {word.lower()}
    rows = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, "process")]
    if not programs_of(word):
        return False
    there = any(programs_of(str(row.value)) & wanted or str(row.value).lower() in wanted for row in rows)
    ids = tuple(row.id for row in rows) if rows and not there else None
    scene.decide("none", at, end, ids, "there is one, or nobody looked", ("process",))
    return True


def _judge(scene: Scene, match: re.Match[str]) -> None:
    at, what = match.start(), match["what"]
    program = _PROCESS.match(what)
    if program is not None and _no_program(scene, at, match.start("what") + program.end(), program["name"]):
        return
    if match[0].lower().startswith("neither"):
        at = match.start("what") - 1  # of both who are named in it
    clause = scene.clause(at)
    if clause.mood in ("advice", "question"):
        return
    if _SIGN.match(what) is not None:
        return  # what there is no sign of: judged as a cause
    if _TROUBLE.match(what):
        _well(scene, at, match.start("what") + len(_TROUBLE.match(what)[0]))  # type: ignore[index]
        return
    if re.match(r"(?:\w+ )?throttl|(?:\w+ ){0,2}periods? (?:was|were|is|are|has|have)\b", what):
        return  # a state
    if _ALMOST.search(scene.line[:at]) or _NO_RESOURCE.match(what):
        return  # an amount, judged as vague
    if _SPEECH.match(what) and not COUNT.match(what):
        return
    if re.match(
        r"(?:an? |any )?(?:memory|cpu|pids?|process|mem|ram)?[- ]?(?:limits?|caps?|quotas?)\b|"
        r"(?:docker )?health ?-?check|restart policy|longer\b",
        what,
        re.I,
    ):
        return  # states
    if clause.mood == "unknowing" and not re.match(r"\bno\b", match[0]):
        return
    counted = next((item for item in COUNT.finditer(what) if len(what[: item.start()].split()) <= 2), None)
    if counted is None:
        _uncounted(scene, match)
        return
    formulas = COUNTS[int((counted.lastgroup or "n0")[1:])][1]
    if "#published_port" in formulas and re.search(r"\b(?:publish\w*|host|outside)\b", clause.text, re.I):
        formulas = ("#published_port",)
    if "#published_port" in formulas and (but := _BUT_PORT.search(scene.line, at)) is not None:
        rows = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, "published_port")]
        good = rows and all(re.search(rf"(?:^|:){but[1]}(?:/|$)", row.key) or str(row.value) == but[1] for row in rows)
        scene.decide("none", at, but.end(), tuple(row.id for row in rows) if good else None, "there are others")
        scene.take(at, but.end())
        return
    if re.search(r"not running|\bso i (?:use|have|publish)\b", scene.line, re.I):
        stopped = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, "state")]
        if stopped and all(row.value not in ("running", "paused") for row in stopped):
            scene.decide("none", at, match.end(), tuple(row.id for row in stopped), "")
            return
    _none(scene, at, match.start("what") + counted.end(), formulas, counted[0])


_BUT_PORT = lazily(r"\b(?:besides|other than|except(?: for)?|apart from|but) (?:port )?(\d{2,5})\b", re.I)
_SINCE = lazily(r"\s+(?:ever )?since(?: then)?(?= *(?:[.,;)]|$))", re.I)
_ALMOST = lazily(r"\b(?:almost|nearly|practically|virtually|next to|basically|essentially|close to)\W*$", re.I)
_OTHERS = lazily(r"\b(?:other than|besides|apart from|except(?: for)?) ", re.I)
_NO_RESOURCE = lazily(r"(?:cpu|memory|disk|swap) (?:headroom|room|left|to spare)\b", re.I)


def _uncounted(scene: Scene, match: re.Match[str]) -> None:
    """What there is none of, that no table counts."""
    at, what = match.start(), match["what"]
    clause = scene.clause(at)
    ids: tuple[str, ...] | None = None
    if (
        unset := re.match(r"(?:own |custom |explicit |separate )*(command|user|labels?|aliases|env\w*|init)\b", what)
    ) is not None:
        name = _FACT_OF.get(unset[1][:3].lower(), "")
        rows = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, name)]
        read = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, "log_driver")]
        if all(row.value in (None, "", False) for row in rows):
            ids = tuple(row.id for row in (*rows, *read)) or None
        scene.decide("none", at, match.end(), ids, "there is one, or nobody looked", (name,))
        return
    if re.match(r"swap\b", what):
        _none(scene, at, match.end(), ("memory_swap",))
        return
    if clause.mood == "assert" and re.match(
        r"(?:\w+ )?(?:crash\w*|failur\w+|time-?outs?|downtime|outages?|data loss|requests?|users?|"
        r"queries|sessions?|clients?|backups?|incidents?|exceptions?|tracebacks?|loss)\b",
        what,
        re.I,
    ):
        scene.decide("none", at, match.end(), ids, "that there is none was not read", ("log_template",))


def _none(scene: Scene, start: int, end: int, formulas: tuple[str, ...], noun: str = "") -> None:
    """Supported if every count that could be meant was read, and is nought."""
    zero = Amount(start, end, "count", (0.0,), (0.0,))
    values = list(counts._values(scene, formulas, zero, noun))
    if formulas[:1] == ("@containers",):
        return
    if formulas[:1] == ("@proposals",) and _OTHERS.search(scene.line):
        why = "" if len(scene.ground.proposals) == 1 else "there are others"
        scene.claim("none", start, end, why=why, about=("proposal",))
        return
    if formulas[:1] == ("@findings",):
        _well(scene, start, end)
        return
    if not values and formulas[:1] == ("memory_oom_kills",):
        values = list(scene.values(["oom_killed"], scene.subjects(start)))
        formulas = ("oom_killed",)
    first = [value for value in values if value.name == formulas[0].strip("#@").partition("[")[0]] or values
    good = bool(first) and all(value.number == 0 for value in first)
    ids = tuple(id for value in first for id in value.ids if id) if good else None
    scene.decide(
        "none",
        start,
        end,
        ids,
        "there are some, or nobody looked",
        tuple(item.strip("#@").partition("[")[0] for item in formulas),
    )
    scene.take(start, end)


# Of a host → above which it is not well.
_HOST_BOUNDS = {"host_load/host_cpus": 1.0, "1-host_memory_available/host_memory": 0.9, "host_disk_used_ratio": 0.9}


def _host_well(scene: Scene, start: int, end: int) -> None:
    """That the host is fine: its load, its memory and its disk are well below what it has, and its engine answers."""
    hosts = scene.subjects(start)
    values = [(value, most) for formula, most in _HOST_BOUNDS.items() for value in scene.values([formula], hosts)]
    engines = [row for host in hosts for row in scene.index.facts(host, "engine")]
    good = (
        values and all(value.number < most for value, most in values) and all(row.value == "alive" for row in engines)
    )
    ids = tuple(id for value, _ in values for id in value.ids) if good else None
    scene.decide("none", start, end, ids, "something is wrong, or nobody looked", ("host_load",))
    scene.take(start, end)


_ANYWHERE = lazily(
    r"\b(?:(?:on|across|of) (?:this|the|my|our) (?:whole |entire )?(?:host|machine|server|stack)|anywhere)\b", re.I
)


def _well(scene: Scene, start: int, end: int) -> None:
    """That nothing is wrong: they run, no check fails, nothing is down, and no rule found a fault."""
    refs = tuple(ref for ref in scene.subjects(start) if ref.kind == "container")
    if _ANYWHERE.search(scene.line):
        refs = tuple(dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()]))
    index = scene.index
    states = [row for ref in refs for row in index.facts(ref, "state")]
    bad = [row for ref in refs for row in index.facts(ref, "health") if row.value == "unhealthy"]
    bad += [row for ref in refs for row in index.facts(ref, "serving") if row.value == "down"]
    bad += [row for row in states if row.value not in ("running", "paused")]
    bad += [
        row
        for ref in refs
        for row in index.facts(ref, "memory_ratio")
        if isinstance(row.value, float) and row.value >= 0.9
    ]
    if not refs and scene.subjects(start):
        _host_well(scene, start, end)
        return
    faults = [item for item in scene.ground.findings if item.nature == "fault" and item.about in refs]
    if len(faults) == 1 and not bad and re.search(r"\b(?:other|else)\b", scene.line[start:end], re.I):
        faults, states = [], [scene.index.by_id[id] for id in faults[0].evidence if id in scene.index.by_id]
    ids = tuple(row.id for row in states) if states and not bad and not faults else None
    scene.decide("none", start, end, ids, "something is wrong, or nobody looked", ("state", "health"))
    scene.take(start, end)
