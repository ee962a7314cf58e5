"""Acts: what a sentence says was done."""

from __future__ import annotations

import re

from ergon_ops.grounding.amounts import quantities
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Acted

_DONE = (
    r"restarted|rebooted|changed|raised|increased|lowered|decreased|reduced|set|updated|fixed|deleted|"
    r"removed|stopped|started|killed|cleared|cleaned|applied|"
    r"rolled back|reverted|deployed|redeployed|scaled|reconfigured|configured|approved|rejected|executed|"
    r"ran|modified|edited|adjusted|bumped|doubled|halved|added|installed|upgraded|"
    r"patched|resolved|recreated|created|paused|unpaused|resumed|moved|renamed|mounted|unmounted|attached|"
    r"detached|connected|disconnected|flushed|purged|pruned|rotated|reset|"
    r"enabled|disabled|allocated|tuned|optimi[sz]ed|switched|migrated|repaired|rebuilt|written|wrote|sent|"
    r"notified|emailed|scheduled|terminated|shut down|turned (?:off|on)|taken care of|"
    r"bounced|kicked|freed|dropped|expanded|extended|corrected|sorted(?: out)?|remedied|mitigated|"
    r"initiated|triggered|performed|completed|implemented|saved|backed up|opened|closed|published|backed|"
    r"asked|informed|alerted|paged|escalated|undone|undid|tested|pinged|probed|called|contacted|tried|"
    r"carried out|put through|gone through|rolled out|"
    r"took care|handled|dealt with|made (?:the|that|this|a) (?:change|fix|adjustment)|did (?:it|that|this|"
    r"so)|gone ahead|went ahead"
)
_DOING = (
    r"restarting|rebooting|changing|raising|increasing|lowering|decreasing|reducing|setting|updating|"
    r"fixing|deleting|removing|stopping|starting|killing|clearing|applying|rolling back|"
    r"deploying|scaling|reconfiguring|approving|executing|modifying|adjusting|bumping|doubling|adding|"
    r"resolving|recreating|pausing|resuming|flushing|resetting|enabling|disabling|taking care of|"
    r"performing|initiating|triggering|attempting|trying to|bouncing|monitoring|watching|keeping an eye|investigating|"
    r"looking into|notifying|escalating"
)
_DO = (
    r"restart|reboot|change|raise|increase|lower|decrease|reduce|set|update|fix|delete|remove|stop|start|"
    r"kill|clear|apply|roll back|revert|deploy|scale|reconfigure|approve|execute|run|"
    r"modify|edit|adjust|bump|double|add|install|upgrade|patch|resolve|recreate|pause|unpause|resume|"
    r"flush|reset|enable|disable|take care|keep (?:you|an eye|watching|monitoring)|let you know|notify|"
    r"monitor|watch|investigate|perform|initiate|trigger|bounce|proceed|go ahead|get (?:it|"
    r"this|that) (?:fixed|done|restarted)|handle (?:it|this|that)|make (?:the|that|this) change"
)
_ADVERB = (
    r"(?:(?:just|already|now|also|successfully|automatically|then|safely|gracefully|quickly|manually|since|"
    r"immediately|went ahead and|gone ahead and|personally|proactively|finally|simply|hereby)\s+)*"
)
_I = (
    r"\b(?:i|we|i'?ve|we'?ve|i have|we have|i had|i did|the (?:system|ci|assistant|agent|"
    r"companion))\s+(?:have\s+|has\s+|had\s+)?"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("done", rf"{_I}{_ADVERB}(?P<verb>{_DONE})\b"),
    (
        "will",
        rf"\b(?:i'?ll|we'll|i will|we will|i shall|let me|i'm going to|i am going to|i'm about to|"
        rf"i am about to|we are going to|allow me to)\s+{_ADVERB}(?P<verb>{_DO})\b",
    ),
    ("doing", rf"\b(?:i'?m|i am|we're|we are|currently|now)\s+{_ADVERB}(?P<verb>{_DOING})\b"),
    (
        "passive",
        rf"\b(?:has|have|had|was|were|is|are|been|being|got|gets|will be)\s+(?:now |already |just |"
        rf"successfully |automatically )*(?:been |being )?{_ADVERB}(?P<verb>{_DONE})\b",
    ),
    (
        "others",
        rf"\b(?:someone|somebody|an? (?:person|operator|admin\w*|engineer|colleague)|the (?:team|operators?|"
        rf"admins?|on-call\w*))"
        rf" (?:has |have |had |already |just )*(?P<verb>{_DONE})\b",
    ),
    (
        "bare",
        rf"^\W*(?:ok(?:ay)?[,.!:]?\s*|sure[,.!:]?\s*|great[,.!:]?\s*|alright[,.!:]?\s*|yes[,.!:]?\s*|"
        rf"aye[,.!:]?\s*)*(?:(?:and |i )?(?P<word>all done|done|all set|all fixed|fixed|completed|"
        rf"mission accomplished|consider it done|job done|success)\b\s*(?:[.!:,;–—-]|$|\s+for you)|"
        rf"(?:successfully|just|already|now)\s+(?P<verb>{_DONE})\b|(?P<verb2>restarted|rebooted|raised|"
        rf"increased|changed|fixed|applied|updated|deployed|stopped|deleted|cleared|approved|bumped|killed|"
        rf"rolled back)\s+(?!\d|once\b|twice\b|never\b|at\b|on\b|after\b|by\b|since\b|times\b|about\b|"
        rf"only\b|\w+ (?:minutes|hours|days|times|ago)\b)[\w`*]+)",
    ),
    (
        "result",
        r"\b(?:restart|change|update|fix|rollback|deployment|deploy|limit change|operation|action|request|"
        r"reboot|task|upgrade)\s+(?:(?:that )?(?:you|we) \w+ )?(?:is |was |has been |has |"
        r"now )*(?:(?P<verb>complete[d]?|done|"
        r"successful|in progress|under ?way|applied|succeeded|performed|executed|initiated|finished|"
        r"scheduled|approved|in effect|went through|live)\b)",
    ),
    (
        "agent",
        rf"\b(?:updates?|restarts?|reboots?|deploy(?:ment|s)?|releases?|changes?|rollbacks?|roll-?outs?|events?|"
        rf"upgrades?|approvals?|recreations?|maintenance)\b(?: (?:at|of|on|from|"
        rf"event)\b[^.;,]{{0,24}}?)?\s+(?:\w+ly |then |also )?"
        rf"(?:has |have |had )?(?P<verb>{_DONE}|replaced|broke|caused|brought|introduced)\s+(?:my|its|the|this|"
        rf"their|both|all|it|me|us|[\w-]+'s)\b",
    ),
    (
        "progress",
        r"^\W*(?P<verb>restarting|rebooting|applying|executing|deploying|fixing|rolling back|updating|"
        r"raising|increasing)\b(?!\s*(?:after|\(|;|state|loop|policy))(?=.*(?:\.\.\.|…|now|\bthe\b|"
        r"\bit\b))",
    ),
)
_ACT = tuple((kind, lazily(source, re.I)) for kind, source in _PATTERNS)
# Words a container says of its own past, not of an act: restarted 3 times, started at, was created.
_OWN_PAST = lazily(
    r"^\s*(?:(?:me|itself|myself|it|by (?:my|its|the) (?:restart )?policy|automatically|only|about|"
    r"at least|more than|exactly|so far|,|a total of|also|again|by docker|by the engine)\s*)*"
    r"(?:\d|once|twice|thrice|never|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b|"
    r"eleven\b|twelve\b|a (?:dozen|few|couple)|since|at\s|ago|after|on\s(?:\d|mon|tue|wed|thu|fri|sat|sun|"
    r"nov|dec|jan)|with|because|and|due|yesterday|today|this\b|last\b|about|around|when|in the last|"
    r"in\s\d|as\s|from|\.?$|zero|many|several|multiple|half|over|just|an hour|a minute|a day|for\b|"
    r"without|under)",
    re.I,
)
_INTRANSITIVE = words(
    """
    restarted started created stopped killed exited rebooted paused connected attached mounted published allocated
    configured set opened run ran disconnected terminated shut enabled disabled limited backed closed
    """
)
_STATIVE = words(
    """
    set configured mounted attached connected published enabled disabled created paused stopped started killed
    allocated closed opened terminated sent written backed run ran limited dropped added rotated
    """
)
CONDITION = lazily(
    r"\b(?:if|once|after|when|until|unless|before|as soon as|upon) (?:you|a person|an operator|someone|"
    r"it is|it's|that is|your|the proposal|approv)",
    re.I,
)
DENIED = lazily(r"\b(?:not|n't|never|nothing|no|cannot|can't|unable|without)\b[^,;.]{0,24}$|n't\s*$", re.I)
_NOTHING = lazily(r"\b(?:nothing|no (?:change|action|restart)s?)\b", re.I)
_EVENTS = {
    "restarted": ("restart", "start"),
    "rebooted": ("restart", "start"),
    "stopped": ("stop", "die"),
    "killed": ("kill", "die", "oom"),
    "started": ("start",),
    "paused": ("pause",),
    "updated": ("update",),
    "created": ("create",),
    "renamed": ("rename",),
    "terminated": ("die", "kill"),
    "connected": ("connect",),
    "disconnected": ("disconnect",),
    "unpaused": ("unpause",),
    "changed": ("update",),
}


def find(scene: Scene) -> None:
    for kind, pattern in _ACT:
        for match in pattern.finditer(scene.free):
            _judge(scene, kind, match)


def _judge(scene: Scene, kind: str, match: re.Match[str]) -> None:
    groups = match.groupdict()
    verb = (groups.get("verb") or groups.get("verb2") or groups.get("word") or "").lower()
    clause = scene.clause(match.start())
    behind, ahead = scene.line[match.end() : clause.end], scene.line[clause.start : match.start()]
    if (
        DENIED.search(ahead)
        or _NOTHING.search(clause.text)
        or re.search(r"\bnot\b|n't\b", match[0])
        or clause.mood == "question"
    ):
        return
    if (
        CONDITION.search(scene.line)
        or clause.mood == "unknowing"
        or _of_itself(scene, kind, verb, behind, ahead, match)
    ):
        return
    if kind == "progress" and _NOT_NOW.match(behind):
        return  # `Raising it isn't necessary`
    if clause.mood == "advice" and kind in ("passive", "doing", "bare", "result", "progress"):
        return
    if clause.mood == "hedged" and kind in ("passive", "result"):
        return
    if kind == "will" and re.match(r"\s*(?:through|you|know|summari|by (?:checking|looking))", behind, re.I):
        return
    if (
        kind == "passive"
        and re.search(r"\b(?:according to|logged|logs?\b)", clause.text, re.I)
        and _logged(scene, verb)
    ):
        return
    ids = journal(scene, verb, match)
    scene.decide("act", match.start(), match.end(), ids, "the journal has no such act", ("act",))


_NOT_NOW = lazily(
    r"[^.;,]{0,30}?\b(?:is|are|was|would|wouldn't|won't|will|might|could|may|should|isn't|makes?|needs?)\b", re.I
)
_LINE = lazily(r"\b(?:lines?|words?|messages?|output|thing)(?: that)?\s*$", re.I)
_THING = lazily(r"\b(?:limits?|image|settings?|variables?|policy|config\w*|command|ports?|quota)\s*$", re.I)


def _logged(scene: Scene, verb: str) -> bool:
    """Told of a log that is cited and has that word."""
    rows = [scene.index.by_id[id] for id in scene.cited if id in scene.index.by_id]
    return any(row.name == "log_template" and verb[:6] in row.key.lower() for row in rows)


def _of_itself(scene: Scene, kind: str, verb: str, behind: str, ahead: str, match: re.Match[str]) -> bool:
    """What a container says of its own life, or what the engine's events say of it."""
    if re.search(r"\bby (?:me|us|the (?:companion|assistant|agent|ci))\b", behind, re.I):
        return False
    if re.search(
        r"\b(?:successfully|for you|as (?:you )?(?:requested|asked|approved)|per your)\b", match[0] + behind, re.I
    ):
        return False
    if kind in ("done", "passive") and verb in _INTRANSITIVE and _OWN_PAST.match(behind):
        return True
    if (
        kind == "passive"
        and re.match(r"(?:is|are|gets)\s", match[0], re.I)
        and verb in ("restarted", "completed", "killed")
    ):
        return not re.search(r"\b(?:now|done|being)\b", match[0] + behind, re.I)
    if verb in ("started", "restarted") and re.search(r"\b(?:since|when|after|before|until) $", ahead, re.I):
        return True
    if (
        kind == "done"
        and verb in ("written", "wrote", "sent")
        and re.search(r"\b(?:disk|read|received|times|bytes)\b|iB\b", scene.line)
    ):
        return True
    if (
        kind in ("passive", "done")
        and verb in ("written", "wrote", "sent")
        and re.match(r"\s*(?:about |only |some )?(?:\d|\x00)", behind)
    ):
        return True
    if kind == "done" and verb in ("wrote", "written") and _LINE.search(ahead):
        return True  # `the last line I wrote`
    if kind == "passive" and verb in _STATIVE and re.search(r"\b(?:is|are|was|were)\s", match[0], re.I):
        return True
    return _told_so(scene, kind, verb, behind, ahead, match)


def _told_so(scene: Scene, kind: str, verb: str, behind: str, ahead: str, match: re.Match[str]) -> bool:
    """What the engine saw, what goes on by itself, and what a number stands behind."""
    if kind == "passive" and not _THING.search(ahead) and (names := _EVENTS.get(verb)):
        refs = scene.subjects(match.start())
        return any(str(row.value).split(" ")[0] in names for ref in refs for row in scene.index.facts(ref, "event"))
    if (
        kind == "doing"
        and verb in ("restarting", "starting", "stopping")
        and re.match(
            r"\W*(?:$|after|;|over and over|in a loop|again and|every|constantly|with|\(|because|, )", behind, re.I
        )
    ):
        return True
    if kind in ("doing", "progress") and re.search(r"health\w*|still", ahead, re.I):
        return True
    if (
        kind == "done"
        and verb in ("wrote", "sent", "written", "ran", "connected", "opened", "started", "allocated", "dropped")
        and re.match(
            r"\s*(?:\d|to\b|on\b|at\b|up\b|with\b|about|for\b|out|\x00|~|as\b|[a-z-]+ \(port|nginx|redis)", behind
        )
    ):
        return True
    return kind == "done" and verb == "run"


def _as_told(scene: Scene, act: Acted, match: re.Match[str]) -> bool:
    """What it is said to have been set to is what the journal has; where that is not known, nobody can say."""
    numbers = [float(value) for value in act.arguments.values() if isinstance(value, int | float)]
    clause = scene.clause(match.start())
    for amount in quantities(scene.line, scene.free):
        ahead = scene.line[max(clause.start, amount.start - 12) : amount.start]
        if (
            not match.start() <= amount.start < clause.end
            or amount.dim in ("count", "times")
            or "from" in ahead.lower()
        ):
            continue
        if not numbers or _AGO.match(scene.line, amount.end):
            continue
        if not any(amount.fits(number) for number in numbers):
            return False
        scene.take(amount.start, amount.end)
    return True


_AGO = lazily(r"\s*(?:ago|earlier|before)\b", re.I)


def journal(scene: Scene, verb: str, match: re.Match[str]) -> tuple[str, ...] | None:
    """() if the journal has such an act."""
    stem = verb.split(" ")[0].rstrip("d").removesuffix("ing").removesuffix("e")[:6]
    named = {item.ref for item in scene.mentions if item.word not in ("i", "host") and item.ref.kind == "container"}
    for act in scene.ground.acted:
        kind = act.kind.lower()
        if act.about not in (named or (*scene.subjects(0), *scene.ground.refs)) or not _as_told(scene, act, match):
            continue
        if stem in kind or verb in (
            "done",
            "all done",
            "all set",
            "fixed",
            "completed",
            "applied",
            "complete",
            "successful",
            "changed",
            "succeeded",
            "performed",
            "executed",
            "approved",
            "finished",
            "success",
            "job done",
            "consider it done",
        ):
            return ()
        if kind.startswith("set_") and stem in (
            "raise",
            "rais",
            "increa",
            "lower",
            "set",
            "bump",
            "chang",
            "updat",
            "adjust",
            "reduc",
            "doubl",
        ):
            return ()
    return None
