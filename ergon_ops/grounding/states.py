"""States: running, down, healthy, throttled, killed; programs that run; and that there is none of something."""

from __future__ import annotations

import re
from collections.abc import Callable

from ergon_ops.grounding import programs
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.lexicon import ENGLISH_PARTS, KIND_STOP, PROGRAM_WORD, program_groups, programs_of
from ergon_ops.grounding.programs import NEGATED, all_services, is_name, program_state, rows_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

Ids = tuple[str, ...] | None
_COP = (
    r"(?:is|are|am|was|were|be|been|being|'s|'re|'m|seems?|looks?|appears?|remains?|stays?|went|gone|got|has|"
    r"have|currently|now|still|status|state|state:|status:|:|\||,|and|not|n't|also|all|both|back|never|"
    r"actually|really|completely|fully|indeed|just|already|currently|reportedly|to be|happily|quietly|merrily|"
    r"=|-|simply|presently|marked|reported|as|shows?|currently:|keeps?)"
)

# Each state: how it is said → which check. The longest ways first.
_STATES: tuple[tuple[str, str], ...] = (
    (
        "nocheck",
        r"(?:no|without(?: a| any)?|lacks? a|(?:do|does)(?:n't| not) have (?:a|any)|has(?:n't| not) (?:a|"
        r"any)) (?:docker )?health ?-?checks?|no health-check|health ?check(?:s)?(?: is|"
        r" are)? (?:not (?:configured|defined|set)|none|missing|absent|undefined)",
    ),
    (
        "check_ok",
        r"health ?-?checks?(?: (?:of|for|on|in) (?:the )?[\w-]+)? (?:\w+ )?(?:pass(?:es|ed|ing)?|"
        r"succeed\w*|ok|green|good|positive|successful)|pass(?:es|ing|ed)? (?:\w+ )?health ?-?checks?",
    ),
    (
        "check_bad",
        r"health ?-?checks?(?: (?:of|for|on|in) (?:the )?[\w-]+)? (?:\w+ )?(?:fail(?:s|ed|ing)?|red|"
        r"negative|unsuccessful|broken)|fail(?:s|ing|ed)? (?:\w+ )?health ?-?checks?",
    ),
    ("haschecks", r"ha(?:s|ve) (?:a|an) (?:\w+ )?health ?-?check"),
    (
        "oom",
        r"oom[- ]?killed|oomkilled|killed (?:by (?:the )?(?:kernel(?:'s)? )?oom(?:[- ]killer)?|"
        r"for (?:memory|running out of memory|using too much memory)|by the kernel)|ran out of memory|"
        r"(?:hit|had|suffered|experienced|got) (?:an |a )?(?:oom|out[- ]of[- ]memory)(?:[- ](?:kill|event|"
        r"error))?|out[- ]of[- ]memory (?:kill|error|event)s?|oom (?:kill|event)s?",
    ),
    ("throttled", r"throttl(?:ed|ing)"),
    (
        "loop",
        r"restart(?:ing)?[- ]loop\w*|crash[- ]?loop\w*|boot[- ]?loop\w*|looping|restarting (?:constantly|"
        r"continuously|repeatedly|over and over|again and again)|keeps? (?:on )?(?:restarting|crashing|"
        r"dying)|flapping",
    ),
    ("unhealthy", r"unhealthy|not healthy|in poor health|sick|ailing|unwell"),
    ("healthy", r"healthy|in good (?:health|shape|order)|shipshape|in (?:fine|top) (?:shape|fettle)"),
    (
        "nolimit",
        r"(?:no|without(?: a| any)?|unlimited|lacks? a|(?:do|does)(?:n't| not) have (?:a|any)|has(?:n't|"
        r" not) (?:a|any)) ?(?P<what>memory|cpu|pids?|process|mem|ram)?[- ]?(?:limits?|caps?|"
        r"quotas?)(?: (?:on|for|set on) (?:its |my |the )?(?P<what2>memory|cpu|process\w*|"
        r"pids?))?(?! of \d)|(?P<what3>memory|cpu) (?:is )?(?:un(?:limited|bounded|capped|restricted)|"
        r"not limited)",
    ),
    ("nopolicy", r"(?:no|without(?: a| any)?|lacks? a|(?:do|does)(?:n't| not) have (?:a|any)) restart policy"),
    ("privileged", r"privileged"),
    (
        "readonly",
        r"(?:read[- ]only|readonly) (?:root|file ?system)|root (?:file ?system|fs) (?:\w+ )?(?:read[- ]only|readonly)",
    ),
    ("starting", r"(?:still )?starting(?: up)?(?= *(?:$|[.,;|)]))|health(?:check)?: starting"),
    ("restarting", r"restarting"),
    ("paused", r"paused|frozen|suspended"),
    (
        "created",
        r"never (?:been )?started|(?:has|was|is) (?:not|never) (?:been )?started|not yet started|"
        r"(?:in )?(?:the )?created state|only created|created but",
    ),
    (
        "down",
        r"not (?:currently |even |actually )?(?:running|up|alive|online)|(?<=\bis )down\b|"
        r"(?<=\bare )down\b|down(?= *(?:$|[.,;!|)]|and|for|since|at|with|because|right|now|as|again|\())|"
        r"stopped(?! by)|exited|offline|dead\b|crashed|terminated|unavailable|unreachable|inactive|"
        r"defunct|has died|have died|died|out of service|shut down|kaput|belly[- ]up|toes up|sunk|"
        r"davy jones\w*",
    ),
    (
        "running",
        r"(?:up and )?running(?! (?:low|out|short|on|as|in|under|the|at|into|a\b|an\b|at|hot|cold|late|"
        r"slow|nginx|total))|up(?= *(?:$|[.,;!|)]|and|for|since|now|again|right|with|as well|as\b|\())|"
        r"alive|online|active|operational|functional|functioning|available|reachable|in service|afloat|"
        r"responding|responsive|serving(?! (?:on|at|as))|started(?= (?:and|successfully|fine|up|ok)|[.,]|"
        r"$)|live\b|works|working",
    ),
)
STATE = lazily("|".join(rf"(?P<{name}>(?<![\w-])(?:{words})(?![\w-]))" for name, words in _STATES), re.I)
_NEEDS_COPULA = frozenset({"running", "down", "paused", "healthy", "privileged", "starting"})
_BEFORE = lazily(_COP + r"(?:\s+[a-z]+ly)?[\s|:,*]*$", re.I)
_ADJECTIVE = lazily(
    r"\b(?:the|a|an|my|its|any|each|every|of|\d+|two|three|four|five|other|all|are|as|number of)\s+(?:\w+\s)?$", re.I
)
_SERVICES = lazily(
    r"\b(?:(?:all|every|each|both|the|my|its|our) (?:of )?(?:the |my |its |declared |"
    r"expected )?)?(?:services?|programs|daemons)\b",
    re.I,
)
_ALL_SERVICES = lazily(
    r"\b(?:all|every|each|both)(?: of)?(?: the| my| its| these| those| our| \w+)? (?:services?|programs|"
    r"of them)|\beverything\b|\bservices? (?:are|all)|\bthe services\b|\ball (?:is|are|ok|good|well|up|"
    r"healthy|green)",
    re.I,
)
_GENERIC = words(
    """
    container app application service process service's it he she i which that who there state status health
    healthcheck check one ones everything all they them we both this system instance what works nothing something
    anything itself you periods period services containers processes programs daemons main web website site server
    box ship captain crew mate vessel overall currently and but still now then here image workload deployment node
    everyone everybody rest others stack fleet things thing persona ci companion engine docker host daemon machine
    kernel
    """
)
_HEAD = lazily(
    r"([\w.-]+)\s+(?:(?:is|are|was|were|has been|have been|has|have|seems|looks|appears|remains|isn't|"
    r"aren't|went|stays)\b)(?:\W+\w+){0,3}?\W*$",
    re.I,
)
_ROLES = words("frontend backend api upstream downstream client gateway balancer firewall storage")
_GROUPS = frozenset({"database", "db", "cache", "queue", "broker", "proxy", "webserver"})


def find(scene: Scene) -> None:
    for match in STATE.finditer(scene.free):
        _state(scene, match)
    programs.find(scene)


def _state(scene: Scene, match: re.Match[str]) -> None:
    kind, at = match.lastgroup or "", match.start()
    kind = "nolimit" if kind.startswith("what") else kind
    clause = scene.clause(at)
    ahead = scene.line[max(clause.start, at - 60) : at]
    if re.match(r"\W*:\s", scene.line[match.end() : match.end() + 4]) and not ahead.strip(" -*#|"):
        return  # a label
    if clause.mood in ("advice", "unknowing", "question") or _explained(scene, at):
        return
    cell = (
        scene.row
        or re.search(r"[:|=\-–]\s*$", ahead)
        or not ahead.strip(" *|-:.,")
        or scene.line[: match.end()].strip(" *#.!|-") == match[0]
    )
    if kind in _NEEDS_COPULA and not cell and not _BEFORE.search(ahead) and not _follows(ahead, match, scene):
        return
    if kind in ("running", "down", "healthy", "unhealthy", "paused", "restarting") and _counted(scene, ahead, match):
        return
    negative = (
        NEGATED.search(ahead) is not None
        and kind not in ("nocheck", "nolimit", "nopolicy", "created")
        and not match[0].lower().startswith("not ")
    )
    if (
        re.search(r"\d\S*(?:\s*[kmgt]i?b|\s*bytes|%)?\s+(?:\w+ )?(?:is|are)(?: \w+)?\s*$", ahead, re.I)
        and "able" in match[0]
    ):
        return  # so many bytes are available
    subject = _whom(scene, match, ahead)
    if subject is None:
        scene.claim("state", at, match.end(), why="nobody that was read is called so", about=("state",))
        return
    program, refs = subject
    ids = _checked(scene, kind, refs, program, negative, match)
    scene.decide(
        "state",
        at,
        match.end(),
        ids,
        f"{'not ' if negative else ''}{match[0].strip()} is not what was read",
        (_ABOUT.get(kind, "state"),),
    )


_ABOUT = {
    "healthy": "health",
    "unhealthy": "health",
    "nocheck": "health",
    "check_ok": "health",
    "check_bad": "health",
    "haschecks": "health",
    "oom": "oom_killed",
    "throttled": "cpu_throttled_ratio",
    "nolimit": "memory_limit",
    "nopolicy": "restart_policy",
    "loop": "restart_count",
    "privileged": "privileged",
}


def _explained(scene: Scene, at: int) -> bool:
    """Part of a cause that a finding carries."""
    return any(claim.kind == "cause" and claim.supported and claim.start <= at < claim.end for claim in scene.claims)


def _follows(ahead: str, match: re.Match[str], scene: Scene) -> bool:
    """`running` right after a name or a program, or before a program it runs."""
    if any(0 <= match.start() - item.end <= 3 for item in scene.mentions):
        return True
    return (
        re.search(
            r"\b(?:reports?|found|keeps?|kept|says?|marked|came|come|comes|goes|stands?|be|it|me|has|,|"
            r"services|everything|all)\s*$",
            ahead,
            re.I,
        )
        is not None
    )


def _counted(scene: Scene, ahead: str, match: re.Match[str]) -> bool:
    """`3 running containers`, `the healthy one`: counted or told apart elsewhere."""
    behind = scene.line[match.end() : match.end() + 14]
    noun = re.match(r"\s+(?:containers?|ones?|services?|state)\b", behind, re.I) is not None
    return (
        noun and _ADJECTIVE.search(ahead) is not None and not re.search(r"\b(?:is|are|as) an? $|\ball \w* ?$", ahead)
    ) or re.search(r"\b\d+ (?:containers? |services? )?(?:are |is )?$", ahead) is not None


def _whom(scene: Scene, match: re.Match[str], ahead: str) -> tuple[set[str], tuple[Ref, ...]] | None:
    """Of which programs (none: of the container) and whom it is said; None if of nobody known."""
    at = match.start()
    clause = scene.clause(at)
    low = 0 if scene.line[: clause.start].rstrip().endswith(")") else clause.start
    refs = tuple(ref for ref in scene.subjects(at) if ref.kind == "container") or scene.ground.refs
    programs = [item for item in PROGRAM_WORD.finditer(scene.line, low, at) if not is_name(scene, item.start())]
    last_name = max(
        (item.start for item in scene.mentions if clause.start <= item.start < at and item.word != "i"), default=-1
    )
    if (
        programs
        and programs[-1].start() > last_name
        and not re.search(r"\b(?:i am|i'm|it is|it's|container is|and is|which is)\W*(?:\w+\W+)?$", ahead, re.I)
    ):
        wanted: set[str] = set()
        for item in programs:
            wanted |= programs_of(item[0].lower())
        return wanted, refs
    head = _HEAD.search(ahead + " ") if ahead.strip() else None
    if (head is not None and last_name < 0) or (
        head is not None
        and clause.start + scene.line[clause.start : at].rfind(head[1]) > last_name + 1
        and last_name >= 0
    ):
        assert head is not None
        word = head[1].lower().strip(".")
        group = program_groups().get(word) if word in _GROUPS else None
        spot = at - len(ahead) + head.start(1)
        if any(item.start <= spot < item.end for item in scene.mentions):
            return set(), refs
        if group:
            return (set(group), refs) if any(rows_of(scene, refs, set(group))) else None
        if word in _ROLES and not scene.carried(refs, word):
            return None
        if (
            word not in _GENERIC
            and word not in ENGLISH_PARTS
            and word not in KIND_STOP
            and not re.fullmatch(r"[\d.]+\w*|.*(?:ly|ing|ed)", word)
            and not scene.carried(refs, word)
        ):
            return None
    return set(), refs


def _checked(
    scene: Scene, kind: str, refs: tuple[Ref, ...], programs: set[str], negative: bool, match: re.Match[str]
) -> Ids:
    if programs and kind in ("running", "down", "healthy", "unhealthy"):
        return program_state(scene, kind, refs, programs, negative)
    if kind in ("running", "healthy") and (
        _ALL_SERVICES.search(scene.clause(match.start()).text)
        or (
            _SERVICES.search(scene.clause(match.start()).text)
            and not re.search(r"\b(?:one|some|service)\b", scene.clause(match.start()).text)
        )
    ):
        return all_services(scene, kind, refs, negative)
    found: list[str] = []
    for ref in refs:
        ids = CHECKS[kind](scene, ref, negative) if kind != "nolimit" else _no_limit(scene, ref, match)
        if ids is None:
            return None
        found += ids
    return tuple(found) if found else None


def _is(name: str, *values: object) -> Callable[[Scene, Ref, bool], Ids]:
    """The fact was read and is one of these; or, denied, is none of them."""

    def check(scene: Scene, ref: Ref, negative: bool) -> Ids:
        fact = scene.index.fact(ref, name)
        if fact is None or (fact.value is None and not negative):
            return None
        return (fact.id,) if (fact.value in values) is not negative else None

    return check


def _oom(scene: Scene, ref: Ref, negative: bool) -> Ids:
    flag, kills = scene.index.fact(ref, "oom_killed"), scene.index.number(ref, "memory_oom_kills")
    events = [row for row in scene.index.facts(ref, "event") if str(row.value).startswith("oom")]
    rows = [row for row in (flag, scene.index.fact(ref, "memory_oom_kills"), *events) if row is not None]
    killed = (flag is not None and flag.value is True) or bool(kills) or bool(events)
    if not rows or (killed is negative):
        return None
    return tuple(row.id for row in rows)


def _throttled(scene: Scene, ref: Ref, negative: bool) -> Ids:
    rows = [
        row
        for name in ("cpu_throttled_ratio", "cpu_throttled_lifetime")
        for row in scene.index.facts(ref, name)
        if isinstance(row.value, int | float)
    ]
    limit = scene.index.fact(ref, "cpu_limit")
    if not rows:
        return (limit.id,) if negative and limit is not None and limit.value is None else None
    any_said = any(float(row.value or 0) > 0 for row in rows)
    now = [row for row in rows if row.name == "cpu_throttled_ratio"] or rows
    if negative:
        return tuple(row.id for row in now) if all(not row.value for row in now) else None
    return tuple(row.id for row in rows) if any_said else None


def _loop(scene: Scene, ref: Ref, negative: bool) -> Ids:
    state, count = scene.index.fact(ref, "state"), scene.index.fact(ref, "restart_count")
    if state is None or count is None:
        return None
    looping = state.value == "restarting" and bool(count.value)
    looping = looping or any(item.about == ref and "loop" in item.cause for item in scene.ground.findings)
    return (state.id, count.id) if looping is not negative else None


def _no_limit(scene: Scene, ref: Ref, match: re.Match[str]) -> Ids:
    what = (match["what"] or match["what2"] or match["what3"] or _resource(scene, match)).lower()
    names = {"m": ("memory_limit",), "r": ("memory_limit",), "c": ("cpu_limit",), "p": ("pids_limit",)}.get(
        what[:1], ("memory_limit", "cpu_limit")
    )
    rows = [scene.index.fact(ref, name) for name in names]
    good = [row.id for row in rows if row is not None and row.value is None]
    return tuple(good) if good and len(good) == len([row for row in rows if row is not None]) else None


def _resource(scene: Scene, match: re.Match[str]) -> str:
    near = [item for item in scene.resources if item[1] <= match.start()] or [
        item for item in scene.resources if item[0] >= match.end()
    ]
    return (
        near[-1][2]
        if near and near[-1][2] in ("memory", "cpu", "pids")
        else scene.topic.resource
        if scene.topic.resource in ("memory", "cpu", "pids")
        else ""
    )


def _has_check(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "health")
    return None if fact is None or (fact.value == "none") is not negative else (fact.id,)


def _down(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "state")
    if fact is None:
        return None
    down = fact.value in ("exited", "dead", "created", "restarting", "removing")
    return (fact.id,) if down is not negative else None


def _running(scene: Scene, ref: Ref, negative: bool) -> Ids:
    fact = scene.index.fact(ref, "engine" if ref.kind == "fleet" else "state")
    return None if fact is None or (fact.value in ("running", "alive")) is negative else (fact.id,)


CHECKS: dict[str, Callable[[Scene, Ref, bool], Ids]] = {
    "nocheck": _is("health", "none"),
    "check_ok": _is("health", "healthy"),
    "check_bad": _is("health", "unhealthy"),
    "haschecks": _has_check,
    "oom": _oom,
    "throttled": _throttled,
    "loop": _loop,
    "unhealthy": _is("health", "unhealthy"),
    "healthy": _is("health", "healthy"),
    "nopolicy": _is("restart_policy", "no", ""),
    "privileged": _is("privileged", True),
    "readonly": _is("readonly_rootfs", True),
    "starting": _is("health", "starting"),
    "restarting": _is("state", "restarting"),
    "paused": _is("state", "paused"),
    "created": _is("state", "created"),
    "down": _down,
    "running": _running,
}
