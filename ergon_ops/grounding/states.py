"""States: running, down, healthy, throttled, killed; programs that run; and that there is none of something."""

from __future__ import annotations

import re

from ergon_ops.grounding import programs, whom
from ergon_ops.grounding.conditions import CHECKS, engine, has_limit, mounted, no_limit
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.programs import NEGATED, all_services, has_any, program_state
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
        r"any)) (?:docker )?health ?-?checks?(?: results?| status)?|no health-check|health ?check(?:s)?(?: is|"
        r" are)? (?:not (?:configured|defined|set)|none|missing|absent|undefined)|reports? no health(?: status| state)?"
        r"(?! (?:problem|issue|warning|failure))|no health (?:status|state|result)",
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
    ("haschecks", r"ha(?:s|ve) (?:a|an) (?:(?!pass|fail|green|good|bad)\w+ )?health ?-?check"),
    (
        "oom",
        r"kernel (?:has|had|did|has not|hasn't|didn't|never)(?:n't)? ?(?:not |never |to |had to |"
        r"have to )*kill(?:ed)?(?: \w+){1,5}(?: for (?:lack|want) of memory)?|oom[- ]?killed|oomkilled|"
        r"killed (?:by (?:the )?(?:kernel(?:'s)? )?oom(?:[- ]killer)?|"
        r"for (?:memory|running out of memory|using too much memory)|by the kernel)|ran out of memory|"
        r"(?:hit|had|suffered|experienced|got) (?:an |a )?(?:oom|out[- ]of[- ]memory)(?:[- ](?:kill|event|"
        r"error))?|out[- ]of[- ]memory (?:kill|error|event)s?|oom (?:kill|event)s?",
    ),
    ("throttled", r"(?:cpu-)?throttl(?:ed|ing)"),
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
        r"pids?))?(?! of \d)|(?P<what3>memory|cpu) (?:is |use is )?(?:(?:isn't|is not|not) (?:limited|capped|"
        r"restricted)|un(?:limited|bounded|capped|restricted)|"
        r"not limited)",
    ),
    (
        "haslimit",
        r"ha(?:s|ve) (?:a|an|its own|my own) (?P<has>memory|cpu|pids?|process) (?:limit|cap|quota)(?! of)|"
        r"(?P<has2>memory|cpu|pids?|process) (?:(?:use|usage|count) )?is (?:limited|capped|restricted)"
        r"(?! (?:to|at|by))",
    ),
    (
        "policied",
        r"(?:will|won't|will not|would|wouldn't)(?: \w+)? (?:be (?:re)?started|restart|come back|"
        r"start again)\b|restarts? (?:automatically|"
        r"by itself)|(?:re)?started (?:again )?(?:by (?:docker|the (?:docker )?engine|its policy)|whenever|"
        r"(?:every|each) time)|restarted (?:automatically|always)|automatically restarted|brought back",
    ),
    ("haspolicy", r"ha(?:s|ve) (?:a|an|its own|their own) (?:docker )?restart policy\b(?! (?:of|`|no\b|set to))"),
    ("limits", r"ha(?:s|ve) (?:a )?limits? (?:for|on) [^.;]{3,60}"),
    ("nopolicy", r"(?:no|without(?: a| any)?|lacks? a|(?:do|does)(?:n't| not) have (?:a|any)) restart policy"),
    (
        "swapping",
        r"us(?:es?|ing) (?:any |some |much |a lot of )?swap\b|swap (?:is )?(?:being )?(?:in use|used)|"
        r"swapp(?:ing|ed)(?: out)?",
    ),
    (
        "trouble",
        r"(?:ha(?:s|ve|d|ving)|with) (?:a |an |some |any |serious |real )*(?:problems?|issues?|"
        r"troubles?)(?! with (?:the|its|my) log)|"
        r"in trouble|(?:the )?(?:trouble|problems?|issues?) (?:is|are|lies?) (?:in|with|on)|(?:is|are|"
        r"am) struggling|not (?:doing|feeling|looking) (?:well|good|great)",
    ),
    (
        "engine",
        r"(?<=engine )(?:is|isn't|is not|seems|looks|was) (?:currently |not )?(?P<how>hung|alive|gone|dead|"
        r"restarting|responsive|"
        r"unresponsive|healthy|running|up|down|reachable|unreachable|hanging)|"
        r"(?<=engine )(?:has |was )(?:been )?(?P<how2>restarted|crashed|upgraded|updated|killed|stopped)",
    ),
    ("mountro", r"(?<=is )(?:mounted )?read[- ]only\b|(?<=is )(?:not )?writable\b|(?<=isn't )writable\b"),
    ("privileged", r"privileged"),
    (
        "readonly",
        r"(?:read[- ]only|readonly) (?:root|file ?system)|root (?:file ?system|fs) (?:(?:is|isn't|is not|"
        r"was) )?(?:\w+ )?(?:read[- ]only|readonly)",
    ),
    (
        "starting",
        r"(?:still )?starting(?: up)?(?= *(?:$|[.,;|)]))|health(?:check|y)?\W+(?:status |state |is |check |"
        r": )*starting",
    ),
    ("restarting", r"restarting(?! (?:me|it|them|this|that|the|[\w-]+ (?:is|would|will|wouldn't|won't|isn't))\b)"),
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
        r"stopped(?! by)|exited|offline|dead\b|crashed|terminated|unavailable|unreachable|inactive(?! (?:page|"
        r"file|cache))|"
        r"defunct|has died|have died|died|out of service|shut down|kaput|belly[- ]up|toes up|sunk|"
        r"davy jones\w*",
    ),
    (
        "running",
        r"(?:up and )?running(?! (?:low|out|short|on|as|in (?:a\b|the (?:back|fore)|prod|parallel|circles|"
        r"recover|debug|dev|safe|privil|mode)|under|the|at|into|a\b|an\b|at|hot|cold|late|"
        r"slow|nginx|total))|up(?= *(?:$|[.,;!|)]|and|for|since|now|again|right|with|as well|as\b|\(|on (?:port )?\d|"
        r"in (?:the|my|its|[\w-]+\b)|inside))|"
        r"alive|online|active|operational|functional|functioning|available|reachable|in service|afloat|"
        r"responding|responsive|listening(?= in\b)|serving(?! (?:on|at|as))|started(?= (?:and|successfully|fine|"
        r"up|ok)|[.,]|"
        r"$)|live\b|works|working|(?<=others )run(?= *(?:$|[.,;)]))",
    ),
)
STATE = lazily("|".join(rf"(?P<{name}>(?<![\w-])(?:{words})(?![\w-]))" for name, words in _STATES), re.I)
_NEEDS_COPULA = frozenset({"running", "down", "paused", "healthy", "starting"})
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


def find(scene: Scene) -> None:
    found = list(STATE.finditer(scene.free))
    for match in found:
        _state(scene, match)
    _left_out(scene, found)
    programs.find(scene)


_IS_NOT = lazily(r"\b(?:(?:is|are|am)(?:n't| not)|i'm not)(?= *(?:$|[.,;)]))", re.I)


def _left_out(scene: Scene, found: list[re.Match[str]]) -> None:
    """`I'm healthy; orders-db is not`: not what was said before."""
    for match in _IS_NOT.finditer(scene.line):
        told = next((item for item in reversed(found) if item.end() <= match.start()), None)
        kind = "" if told is None else told.lastgroup or ""
        refs = scene.subjects(match.start())
        if told is None or kind not in CHECKS or scene.mood(match.start()) not in ("assert", "hedged"):
            continue
        if any(item.start >= told.start() for item in scene.mentions if item.end <= match.start()):
            ids = _checked(scene, kind, refs, set(), True, told)
            scene.decide("state", match.start(), match.end(), ids, f"that it is not {told[0]} was not read", (kind,))


def _state(scene: Scene, match: re.Match[str]) -> None:
    kind, at = match.lastgroup or "", match.start()
    if kind in ("how", "how2", "engine", "mountro"):
        (mounted if kind == "mountro" else engine)(scene, match)
        return
    kind = "nolimit" if kind.startswith("what") else "haslimit" if kind in ("has", "has2") else kind
    clause = scene.clause(at)
    ahead = scene.line[max(clause.start, at - 60) : at]
    comes_back = kind == "policied" and _IF_ENDED.search(scene.line) is not None
    if (clause.mood in ("advice", "unknowing", "question") and not comes_back) or _passed_over(
        scene, match, kind, ahead
    ):
        return
    if kind in ("healthy", "unhealthy") and _TURNS.search(ahead):  # what it takes to become so
        rows = [row.id for ref in scene.subjects(at) for row in scene.index.facts(ref, "health_retries")]
        scene.decide("state", at, match.end(), tuple(rows) or None, "what it takes was not read", ("health_retries",))
        return
    refs = whom.behind_it(scene, match) or whom.all_checks(scene, kind, ahead)
    subject: tuple[set[str], tuple[Ref, ...]] | None = (set(), refs) if refs else whom.named(scene, match, ahead)
    if refs and kind in ("running", "down") and re.match(r"\s+in\b", scene.line[match.end() :]):
        subject = whom.programs_before(scene, at), refs  # `Redis is … and down in me`
    if subject is None:
        scene.claim("state", at, match.end(), why="nobody that was read is called so", about=("state",))
        return
    program, refs = subject
    negative = _negative(scene, match, kind, ahead)
    if program and kind == "down" and not negative and not has_any(scene, refs, program) and _POSSESSED.search(ahead):
        scene.claim("state", at, match.end(), why="there is none that could be", about=("serving",))
        return
    ids = _checked(scene, kind, refs, program, negative, match)
    if ids is None and not program and _IT.match(clause.text) and (before := whom.programs_before(scene, clause.start)):
        ids = _checked(scene, kind, refs, before, negative, match)
    if (
        ids is not None
        and kind == "down"
        and _FOR_GOOD.match(scene.line[match.end() :])
        and not whom.at_rest(scene, refs)
    ):
        ids = None
    why = f"{'not ' if negative else ''}{match[0].strip()} is not what was read"
    scene.decide("state", at, match.end(), ids, why, (_ABOUT.get(kind, "state"),))


_DETERMINER = lazily(r"\b(?:no|without|none|nothing)\b[^,;]*[,;][^,;]*$", re.I)


def _negated(ahead: str) -> bool:
    """Denied; but `no limits, Redis down` denies the limits only."""
    found = NEGATED.search(ahead)
    return found is not None and _DETERMINER.match(ahead, found.start()) is None


_NONE_OF = lazily(
    r"\bnone of (?:[\w'-]+ ){1,5}$|\b(?:i|we)(?:'ve| have)? never (?:\w+ )?$|\bnone (?:\w+ )?(?:was|were|is|are) $",
    re.I,
)
_COUNTED_KILLS = lazily(
    r"\s*(?:(?:are|is|was|were|both|each|all|count|at|of)\b|[:=])[\s\w:=]{0,12}?\b(?:\d+|zero|none)\b", re.I
)


def _negative(scene: Scene, match: re.Match[str], kind: str, ahead: str) -> bool:
    negative = (
        (_negated(ahead) or _NONE_OF.search(ahead) is not None)
        and kind not in ("nocheck", "nolimit", "nopolicy", "created")
        and not match[0].lower().startswith("not ")
    )
    if kind in ("readonly", "oom", "policied") and re.search(r"n't\b|\bnot\b|\bnever\b", match[0]):
        negative = True
    if kind == "throttled" and _IN_NONE.match(scene.line[match.end() :]):
        negative = True
    return negative is not (_FALSE.match(scene.line[match.end() :]) is not None)


_TURNS = lazily(
    r"(?:\b(?:to|before(?: \w+)?|until(?: \w+)?|would|will)|'d|'ll) (?:turn|become|be|count|go|mark|flip|am|is|"
    r"are|becomes|turns|counts|marks)\w*"
    r"(?: (?:as|marked|me|it|considered|called|to))* $",
    re.I,
)
_IF_ENDED = lazily(r"\b(?:if|when|once|should) (?:\w+ ){0,2}(?:exit|stop|die|crash|fail|end)\w*", re.I)
_FOR_GOOD = lazily(r"\s+(?:for good|permanently|forever|for ever|once and for all)\b", re.I)
_POSSESSED = lazily(r"(?:\b(?:its|my|their)|'s)\s+(?:own )?[\w.-]+\W+(?:\w+\W+){0,5}$", re.I)
_IN_NONE = lazily(r"\s+(?:in|for|during) (?:0(?![.\d])|zero|no|none)", re.I)
_FALSE = lazily(
    r"\s*(?:flag|marker|field|value|mode)?\s*(?:is |was |: ?|= ?)"
    r"(?:false|off\b|disabled|not set|no\b|0\b)",
    re.I,
)
_MANY_ARE = lazily(r"\d\S*(?:\s*[kmgt]i?b|\s*bytes|%)?\s+(?:\w+ )?(?:is|are)(?: \w+)?\s*$", re.I)
_TROUBLE_IN = lazily(r"\b(?:trouble|problems?|issues?) .*\b(?:in|on|with)$", re.I)
_COUNTABLE = frozenset(
    {"nocheck", "running", "down", "healthy", "unhealthy", "paused", "restarting", "trouble", "loop"}
)


_HOW = lazily(r"\s+(?:privileged|as (?:root|user|uid)|rootless|read-only)\b", re.I)
_VERB_UP = lazily(r"\b(?:show|come|turn|end|add|sum|back|pick|follow|set|speed|warm)(?:s|ed|n|ing)? $", re.I)


def _passed_over(scene: Scene, match: re.Match[str], kind: str, ahead: str) -> bool:
    """Not said as a state: a label, a part of a cause or a proposal, a count."""
    clause, word = scene.clause(match.start()), match[0].lower()
    label = re.match(r"\W*:\s", scene.line[match.end() : match.end() + 4]) and not ahead.strip(" -*#|")
    if label or _explained(scene, match.start()):
        return True
    if kind == "running" and _HOW.match(scene.line[match.end() :]):
        return True  # how, not whether
    if word.endswith("up") and _VERB_UP.search(ahead):
        return True
    if re.search(r"\b(?:hardly|barely) $", ahead) or (
        word == "working" and scene.line[match.end() : match.end() + 4] == " set"
    ):
        return True  # little of something; a working set
    if re.search(r"\b(?:if|when|once|unless) (?:\w+ ){1,2}$", ahead) or (
        kind.startswith("check_") and re.search(r"\b(?:would|could|may|might|can|will)\b", match[0], re.I)
    ):
        return True  # supposed
    if kind == "oom" and "kills" in word and _COUNTED_KILLS.match(scene.line[match.end() :]):
        return True
    if (
        kind == "running"
        and re.search(r"\bhad (?:been |only been )$", ahead)
        and scene.line[match.end() :].startswith(" for ")
    ) or (kind == "policied" and re.search(r"\bi $", ahead, re.I)):
        return True  # a run that is over, told with its length; what I would do
    inside = [claim.kind for claim in scene.claims if clause.start <= claim.start < clause.end]
    if ("proposal" in inside and "ing" in match[0]) or (kind == "trouble" and {"count", "none"} & set(inside)):
        return True
    cell = (
        scene.row
        or re.search(r"[:|=\-–]\s*$", ahead)
        or not ahead.strip(" *|-:.,")
        or scene.line[: match.end()].strip(" *#.!|-") == match[0]
    )
    if kind in _NEEDS_COPULA and not cell and not _BEFORE.search(ahead) and not _follows(ahead, match, scene):
        return True
    if kind in _COUNTABLE and _counted(scene, ahead, match):
        return True
    if _MANY_ARE.search(ahead) and "able" in match[0]:
        return True  # so many bytes are available
    return _TROUBLE_IN.search(match[0]) is not None and not whom.behind_it(scene, match)


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


_IT = lazily(r"\W*(?:but |and |so |though |yet |while )?(?:it|which|that|(?<=but )is|(?<=and )is)\b", re.I)


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
            r"services|everything|others|all)\s*$",
            ahead,
            re.I,
        )
        is not None
    )


def _counted(scene: Scene, ahead: str, match: re.Match[str]) -> bool:
    """`3 running containers`, `the healthy one`: counted or told apart elsewhere."""
    behind = scene.line[match.end() : match.end() + 14]
    if _ALL_OF.search(ahead):
        return False  # `all three containers are`: each of them is
    noun = re.match(r"\s+(?:containers?|ones?|services?|state)\b", behind, re.I) is not None
    return (
        noun and _ADJECTIVE.search(ahead) is not None and not re.search(r"\b(?:is|are|as) an? $|\ball \w* ?$", ahead)
    ) or _NUMBERED.search(ahead) is not None


_ALL_OF = lazily(
    r"\ball (?:of )?(?:the |my |our |these )?(?:\d+|two|three|four|five|six|seven|eight|nine|ten) "
    r"(?:of (?:them|these|us) |containers? |services? )?(?:are |is |have |were )?(?:been |now |currently )?$",
    re.I,
)
_NUMBERED = lazily(
    r"(?<!\bport )(?<!\bon )\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten) (?:of (?:them|these|us|"
    r"the \w+|my \w+) )?"
    r"(?:others? |more )?(?:containers? |services? )?"
    r"(?:(?:here|on (?:this|the|my) (?:host|machine|server|node)) )?(?:are |is |has |have |keeps? |reports? |"
    r"shows? |aren't |isn't |are not )?"
    r"(?:been |now )?$",
    re.I,
)


_LIMITS_OF = lazily(r"\b(?:memory|cpu|pids?|process)\w*", re.I)


def _named_limits(scene: Scene, match: re.Match[str]) -> str:
    """`no limits for memory, CPU or PIDs`: all that is listed behind."""
    behind = re.match(
        r"(?:\W+(?:or|and|nor|for|on|the|memory|cpu|pids?|process(?:es)?)\b)*", scene.line[match.end() :], re.I
    )
    return match[0] + (behind[0] if behind else "")


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
        if kind == "limits":
            said = re.findall(r"memory|cpu|process|pids", match[0], re.I)
            each = [has_limit(scene, ref, what, negative) for what in said]
            ids = tuple(id for one in each for id in one or ()) if each and all(each) else None
        elif kind == "haslimit":
            ids = has_limit(scene, ref, match["has"] or match["has2"], negative)
        elif kind == "nolimit" and len(what := _LIMITS_OF.findall(_named_limits(scene, match))) > 1:
            every = [has_limit(scene, ref, word, negative=True) for word in what]
            ids = tuple(id for one in every for id in one or ()) if all(every) else None
        else:
            ids = CHECKS[kind](scene, ref, negative) if kind != "nolimit" else no_limit(scene, ref, match)
        if ids is None:
            return None
        found += ids
    return tuple(found) if found else None
