"""Why: a cause is said only if a rule found it, others are only possible. And trends, which one look cannot see."""

from __future__ import annotations

import re

from ergon_ops.findings import Finding
from ergon_ops.grounding import consequences, load, logs, quotes
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.lexicon import BECAUSE, CAUSE, CAUSES
from ergon_ops.grounding.markup import HEDGE, Clause
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_TREND = lazily(
    r"\b(?:grow(?:s|ing|n)?|grew|increas(?:es|ed|ing)|increasing(?:ly)?|ris(?:es|en|ing)|rose|climb(?:s|"
    r"ed|ing)|creep(?:s|ing)? up|going up|went up|"
    r"shrink(?:s|ing)|decreas(?:es|ed|ing)|declin(?:es|ed|ing)|drop(?:s|ped|ping)(?! (?:packets?|"
    r"connections?|privileg))|fall(?:s|ing)|going down|went down|trend(?:s|ing)?|stable|steady|steadily|"
    r"constant(?:ly)?|"
    r"unchanged|fluctuat\w+|spik(?:es|ed|ing)|worsen\w*|improv(?:es|ed|ing)|getting (?:worse|better|"
    r"slower|faster|higher|lower|fuller)|degrad\w+|over time|consistent(?:ly)?|flat(?! out)|doubl(?:ed|ing)|"
    r"accelerat\w+|slow(?:ed|ing) down|ramping|has been (?:high|low|rising)|will (?:soon )?(?:run out|"
    r"fill|reach|hit|exceed|crash|die|fail|be (?:full|exhausted|killed)))\b",
    re.I,
)
_NOT_TREND = lazily(
    r"\b(?:packets? (?:were |are |have been |was )?dropp|(?:zero|no|any|\d+) drops\b|drops: ?\d|"
    r"dropped (?:packets|or)|time series|"
    r"stable (?:version|release|tag|image))",
    re.I,
)
_TREND_FINDINGS = lazily(r"leak|grow|slope|rising|flood|loop|increas", re.I)
_RISES = lazily(
    r"grow|grew|increas|ris(?:es|en|ing)|rose|climb|creep|up\b|spik|doubl|accelerat|ramp|over time|will", re.I
)
# Of what a trend is told → words of a finding that knows of its growth.
_GROWTH_OF = {
    "memory": lazily(r"memory|leak|rss|heap", re.I),
    "cpu": lazily(r"cpu", re.I),
    "disk": lazily(r"disk|space|layer|log|file|volume", re.I),
    "log": lazily(r"log", re.I),
    "restart": lazily(r"restart|loop", re.I),
    "process|pid|zombie|thread": lazily(r"process|pid|zombie|thread|fork", re.I),
    "connection|descriptor|queue": lazily(r"connection|descriptor|queue|backlog", re.I),
}
_STATE_REASON = lazily(
    r"^\W*(?:because |since |as )?(?:i am|i'm|it is|it's|the container is|the engine|my manifest|no|"
    r"there is no|there are no|i have no|it has no|its manifest)\b.{0,12}?\b(?:not running|paused|"
    r"restarting|not grant\w*|does not (?:grant|answer)|limit|healthcheck|socket|running|restart policy|"
    r"exited|stopped|created|never started|logs?|published|not read)",
    re.I,
)
_NO_CAUSE = lazily(
    r"\b(?:no (?:known |clear |obvious |proven |single )?(?:cause|reason|sign|signs|evidence|indication|"
    r"rule)|not (?:know|sure|clear|proven|found)|unknown|unclear|cannot|can't|don't know|whether|"
    r"what caused)\b",
    re.I,
)
_SELF_EVIDENT = lazily(
    r"\bresult(?:s)? of (?:the|my|its|this)? ?(?:last |latest )?(?:health|check|look|read)|"
    r"which means that|down to (?:\d|the)|leads? to (?:the |my |container |its )*(?:log|port|host)|"
    r"(?<=\d )leads? to (?:it|that|this|me)\b|(?<=\) )leads? to (?:it|that|this|me)\b|"
    r"(?:this|that|which) means\b|(?:the )?reason (?:is|stands) (?:\w+ )?in (?:its|my|the) log",
    re.I,
)
_WHOLE = lazily(r"\b(?:cause|root cause|reason|culprit)\b", re.I)


def find(scene: Scene) -> None:
    _because(scene)
    _named(scene)
    _trends(scene)


def _findings(scene: Scene, at: int) -> list[Finding]:
    refs = (*scene.subjects(at), *(item.ref for item in scene.mentions if item.word not in ("i", "host")))
    return [
        item
        for item in scene.ground.findings
        if item.about in refs or set(item.victims) & set(refs) or len(scene.ground.refs) > 1
    ]


def _because(scene: Scene) -> None:
    for match in BECAUSE.finditer(scene.free):
        clause = scene.clause(match.start())
        if (
            clause.mood in ("unknowing", "question")
            or _NO_CAUSE.search(clause.text)
            or _SELF_EVIDENT.match(scene.line[match.start() :])
        ):
            continue
        if _only_possible(scene, clause, match.start()) or _points(scene, match):
            continue
        if re.match("leads? to", match[0], re.I) and re.search(r"\b[A-Z]+_[A-Z_]+\W+$", scene.line[: match.start()]):
            continue
        if _LEADS_TO_IT.match(scene.line, match.start()) and re.search(
            r"\bports?\b", scene.line[: match.start()], re.I
        ):
            continue
        if re.match("blam", match[0], re.I) and _DENIED.search(scene.line[clause.start : match.start()]):
            continue
        end = clause.end
        told = scene.line[match.start() : end]
        if match[0].lower() in ("because", "because of") and _STATE_REASON.match(scene.line[match.start() : end + 60]):
            continue
        around = clause.text if _WHOLE.search(match[0]) or not _rest(told, match[0]) else told
        if clause.mood == "advice" and not CAUSE.search(told):
            continue
        apart = consequences.apart(scene, match, end)
        ids = None if apart else _explained(scene, match.start(), around)
        ids = ids or consequences.follows(scene, match.start(), end) or consequences.likely(scene, match.start(), end)
        if ids is None and apart:
            scene.claim("cause", match.start(), end, why="no finding leads from the one to the other", about=("link",))
            continue
        scene.decide("cause", match.start(), end, ids, "no rule found this cause", ("finding",))


_LEADS_TO_IT = lazily(r"leads? to (?:it|that|this|me|port)\b", re.I)
_DENIED = lazily(r"\b(?:not|never|nothing|no)\b|n't\b", re.I)
_POINTING = lazily(
    r"(?P<what>time-?outs?|errors?|failures?|messages?|logs?)\b[^.;]{0,16}\b(?:(?:points?|pointing|lead|"
    r"refer)\w* (?:at|to)|names?|mention\w*)\b",
    re.I,
)


def _points(scene: Scene, match: re.Match[str]) -> bool:
    """The reason of an advice, `because my timeouts point at it`: judged by what the log names."""
    told = _POINTING.search(scene.line, match.end())
    if told is None:
        return False
    named = [item.ref for item in scene.mentions if item.word != "i" and item.ref.kind == "container"]
    rows = [
        row.id
        for ref in scene.ground.refs
        for row in scene.index.facts(ref, "log_template")
        if any(item.name in row.key for item in named)
    ]
    scene.decide(
        "cause", match.start(), told.end(), tuple(rows) or None, "no line that was read names it", ("log_template",)
    )
    return True


def _rest(told: str, connective: str) -> str:
    return told[len(connective) :].strip(" .,:;*`")


def _only_possible(scene: Scene, clause: Clause, at: int) -> bool:
    """`may be due to`: said as possible, before it in its sentence part or the part before."""
    start = max((part.start for part in scene.clauses if part.end <= clause.start), default=clause.start)
    ahead = scene.line[start : clause.end]
    return HEDGE.search(ahead) is not None and not re.search(
        r"\b(?:definitely|certainly|clearly|obviously|surely)\b", ahead, re.I
    )


def _explained(scene: Scene, at: int, told: str) -> tuple[str, ...] | None:
    """Evidence of the findings that say this; None if a word of it stands for a cause nobody found."""
    findings = _findings(scene, at)
    families = [set(CAUSES[int((match.lastgroup or "c0")[1:])][1].split()) for match in CAUSE.finditer(told)]
    if families:
        if all(any(_of_family(finding, family) for finding in findings) for family in families):
            return tuple(id for finding in findings for id in finding.evidence)
        return None
    words = set(re.findall(r"[a-z]{3,}", told.lower())) - _COMMON
    for finding in findings:
        own = set(re.findall(r"[a-z]{3,}", f"{finding.cause.replace('_', ' ')} {finding.summary}".lower()))
        if words and len(words & own) >= max(1, len(words) * 0.6):
            return finding.evidence
    return None


_COMMON = words(
    """
    the and because due caused cause causes root reason was were has have had that this with from for its are not
    being been very too result which leads led explains why container
    """
)


def _of_family(finding: Finding, family: set[str]) -> bool:
    """By whole words of its id: `health` is no part of `healthcheck_failing_app`."""
    return any(f"_{part}_" in f"_{finding.cause}_" for part in family)


_SUBJECT = lazily(
    r"\b(?:i have|i've|it has|there(?:'s| is| are| was| were)|has|have|had|having|is|are|was|experienc\w+|"
    r"suffer\w*|shows?|see(?:ing|s)?|the|a|an|this|under|found|detected|encounter\w*|hit by|"
    r"got)\b[^.;]{0,40}$",
    re.I,
)


def _named(scene: Scene) -> None:
    """A cause asserted without a because: `there is a memory leak`, `the deadlock`."""
    for match in CAUSE.finditer(scene.free):
        clause = scene.clause(match.start())
        family = set(CAUSES[int((match.lastgroup or "c0")[1:])][1].split())
        if any(claim.kind in ("cause", "quote") and claim.start <= match.start() < claim.end for claim in scene.claims):
            continue
        if clause.mood in ("unknowing", "question", "hedged") or _only_possible(scene, clause, match.start()):
            continue
        if {"oom", "cpu", "someone"} & family and not re.search(
            r"leak|pressure|exhaust|contention|starv|bottleneck|shortage", match[0], re.I
        ):
            continue  # states: they are looked up as such
        if "gc" in family and not re.search(
            r"garbage|gc |thrash|fragment|cache |expired|certificate|mismatch|conflict|incompat|skew|"
            r"failed|human|fork|permission|descriptor",
            match[0],
            re.I,
        ):
            continue
        if clause.mood == "advice" and not re.search(
            rf"\b(?:the|this|your|its|my) (?:\w+ )?{re.escape(match[0])}", clause.text, re.I
        ):
            continue
        if _limit_word(match[0]):
            continue
        said = _explained(scene, match.start(), match[0]) or _in_text(scene, match[0], match.start())
        if said is None and re.search(r"\b(?:logs?|logged|says?|complain\w*|reports?|prints?)\b", clause.text, re.I):
            said = quotes.overlap(scene, match.start(), match[0]) or None
        if re.search(r"health ?-?check\w*\W+(?:\w+\W+){0,3}$", scene.line[: match.start()], re.I):
            said = _output_says(scene, match[0], match.start())
        denied = re.search(
            r"\b(?:no|not|never|without|n't|none|zero|free of)\b[^,;.]{0,30}$|n't [^,;.]{0,20}$",
            scene.line[clause.start : match.start()],
            re.I,
        )
        if denied or _NO_CONCERN.match(scene.line[match.end() :]):
            if measured := _measured(scene, match[0], match.start()):
                scene.claim("cause", match.start(), match.end(), measured)
                continue
            read = tuple(row.id for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "state"))
            said = (
                None
                if _explained(scene, match.start(), match[0]) or clause.mood == "x"
                else (() if _sees(clause.text) and read else None)
            )
            if said == ():
                continue
        scene.decide("cause", match.start(), match.end(), said, "no rule found this", ("finding",))


_NO_CONCERN = lazily(
    r"\W*(?:is|are)(?:n't| not| no)\b(?: \w+){0,2} (?:concern|problem|issue|worry|topic|matter|factor)\b", re.I
)


def _measured(scene: Scene, words: str, at: int) -> tuple[str, ...] | None:
    """That there is none of what is measured: the ids if so, () if not, None if nobody measures it."""
    refs = scene.subjects(at)
    if re.match(r"overload", words, re.I) and any(ref.kind == "fleet" for ref in refs):
        loads = [row for row in scene.values(["host_load/host_cpus"], refs) if row.key == "1m"]
        return tuple(id for row in loads for id in row.ids) if loads and loads[0].number < 1 else ()
    if re.search(r"packet", words, re.I):
        rows = list(scene.values(["network_drops"], refs))
        return tuple(id for row in rows for id in row.ids) if rows and not any(row.number for row in rows) else ()
    if re.match(r"memory (?:pressure|exhaust|shortage|starv)", words, re.I):
        rows = list(scene.values(["memory_failures", "memory_oom_kills"], refs))
        full = [row for row in scene.values(["memory_ratio"], refs) if row.number > 0.85]
        good = rows and not full and not any(row.number for row in rows)
        return tuple(id for row in rows for id in row.ids) if good else ()
    return None


def _output_says(scene: Scene, words: str, at: int) -> tuple[str, ...] | None:
    """What a healthcheck did is in its own output, not in a log."""
    stem = re.sub(r"\W+", " ", words.lower())[:6]
    rows = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, "health_output")]
    return tuple(row.id for row in rows if stem in str(row.value).lower()) or None


def _limit_word(word: str) -> bool:
    return (
        re.fullmatch(
            r"disk i/o|(?:memory|cpu) (?:limit|quota)|limit of [\d.]+ cpus?|throttl\w+|bursts?|swap\w*|routing|"
            r"someone|time-?outs?|maintenance|time ?out",
            word,
            re.I,
        )
        is not None
    )


def _sees(text: str) -> bool:
    return (
        re.search(
            r"\b(?:i|we) (?:do not|don't|can't|cannot|did not|didn't|see|found|find) ?(?:see|find)? ?(?:no |any )?",
            text,
            re.I,
        )
        is not None
    )


def _in_text(scene: Scene, words: str, at: int) -> tuple[str, ...] | None:
    """The words stand in a log line, an event or a healthcheck's output, and are said to."""
    refs: tuple[Ref, ...] = logs.tellers(scene, at)
    return scene.carried(refs, words.lower()) or None


def _trends(scene: Scene) -> None:
    for match in _TREND.finditer(scene.free):
        clause = scene.clause(match.start())
        if clause.mood not in ("assert",) or _NOT_TREND.search(scene.line):
            continue
        if load.grows(scene, match, clause.text):
            continue
        if re.search(r"\bstarting\b|health_status|neither\b", clause.text) or re.search(
            r"\b(?:propos\w+|rais\w+) (?:\w+ ){0,3}$", scene.line[: match.start()], re.I
        ):
            continue
        found = [item for item in _findings(scene, match.start()) if _grows(item, match[0], clause.text)]
        ids = tuple(id for item in found for id in item.evidence) or None
        scene.decide("trend", match.start(), match.end(), ids, "one look shows no trend", ("finding",))


def _grows(finding: Finding, trend: str, told: str) -> bool:
    """Whether it is a finding of growth, and of what the sentence is about: a restart loop tells nothing of memory."""
    own = f"{finding.cause.replace('_', ' ')} {finding.summary}"
    if not _TREND_FINDINGS.search(own) or not _RISES.search(trend):
        return False
    of = [known for words, known in _GROWTH_OF.items() if re.search(rf"\b(?:{words})", told, re.I)]
    return not of or any(known.search(own) for known in of)
