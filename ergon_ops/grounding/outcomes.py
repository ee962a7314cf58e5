"""What is said to come of something: that it will be started again, that it will help, that it began with a change."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD, programs_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_RESTARTS = lazily(
    r"\b(?:docker(?:'s (?:restart )?policy)?|the (?:docker )?(?:engine|daemon)|(?:its|my|the|"
    r"their) (?:`?[\w-]+`? )?(?:restart )?policy)\s+"
    r"(?P<not>(?:won't|will not|doesn't|does not|wouldn't|would not|isn't going to|never)\s+)?"
    r"(?:(?:will|would|should|is going to|automatically|always|keeps?|then|does)\s+)*"
    r"(?:re)?(?:starts?|starting|brings?|bringing)\s+(?P<whom>it|me|them|[\w-]+)\b(?: (?:back|up|again))*",
    re.I,
)
_HELPS = lazily(
    r"\b(?:a |the |this |that |it |restarting|raising|increasing)?[^.;,]{0,40}?\bwill (?:surely |definitely |"
    r"certainly |then )?"
    r"(?P<verb>fix|solve|resolve|cure|stop|end|prevent|eliminate|remove|clear)\b",
    re.I,
)
_SINCE = lazily(
    r"\b(?:since|after|ever since|following|right after) (?:the|that|this|my|its|a) (?:last |latest |recent )?"
    r"(?:updates?|restarts?|deploy\w*|changes?|upgrades?|releases?|rollouts?)\b",
    re.I,
)
_TROUBLE = lazily(
    r"\b(?:time-?outs?|errors?|slow\w*|fail\w*|problems?|issues?|crash\w*|unhealthy|latency|spik\w+)\b", re.I
)


_TOLD_OF = lazily(
    r"\s+(?:(?:in|of|inside) (?:the )?(?:container )?[\w-]+ )?(?:was|has been|had been|got|has) (?:\w+ly )?"
    r"(?P<verb>killed|crashed|restarted|stopped|terminated|died|updated|started|shut down|oom-?killed)\b",
    re.I,
)
_WAS = lazily(
    r"\b(?:was|has been|have been|were|got|been) (?:automatically |just |already )?(?:restarted|rebooted)\b"
    r"(?! (?:by (?:me|you|us|an? |the operator)|\d|once|twice|one |two |three |for you|as ))",
    re.I,
)


_NEEDS = lazily(
    r"\b(?:would need|needs?|could use|lacks?|wants) (?:some |a bit |much |a lot )?(?:more )?(?P<what>memory|"
    r"cpu|disk)\b",
    re.I,
)
_FULL = {"memory": "memory_ratio", "cpu": "cpu_ratio", "disk": "fs_used_ratio"}


def _needs(scene: Scene) -> None:
    """`looper needs more memory`: only where a finding or a high share says so."""
    for match in _NEEDS.finditer(scene.free):
        if "more" not in match[0].lower() or re.search(r"\b(?:not|if|whether|no)\b|n't|\?", scene.line):
            continue
        what, refs = match["what"].lower(), scene.subjects(match.start())
        found = [item for item in scene.ground.findings if item.about in refs]
        ids = [id for item in found if any(word in item.cause for word in _MEANS[what]) for id in item.evidence]
        ids += [id for value in scene.values([_FULL[what]], refs) if value.number > 0.8 for id in value.ids]
        scene.decide("cause", match.start(), match.end(), tuple(ids) or None, "no finding is of that", ("link",))


def _was_restarted(scene: Scene) -> None:
    """`worker was restarted by its policy`: it has been, if the count says so."""
    for match in _WAS.finditer(scene.free):
        clause = scene.clause(match.start())
        if (
            clause.mood != "assert"
            or _DENIES.search(clause.text)
            or re.search(r"\b(?:since|when|after|before|last)\b", clause.text)
        ):
            continue
        refs = [ref for ref in scene.subjects(match.start()) if ref.kind == "container"]
        rows = [row for ref in refs for row in scene.index.facts(ref, "restart_count")]
        events = [row for ref in refs for row in scene.index.facts(ref, "event") if "start" in str(row.value)]
        good = [row.id for row in rows if row.value] or [row.id for row in events]
        if rows:
            scene.decide(
                "state", match.start(), match.end(), tuple(good) or None, "no restart was counted", ("restart_count",)
            )


_WOULD = lazily(r"\bwould (?:then |also |surely )?(?:stop|fix|end|prevent|solve|resolve|cure|eliminate)\b", re.I)
_MEANS = {"memory": ("memory", "oom", "swap"), "cpu": ("cpu",), "disk": ("disk", "volume", "inode", "space")}


def _programs(scene: Scene) -> None:
    """What happened to a program: only a line or an event tells."""
    for program in PROGRAM_WORD.finditer(scene.line):
        match = _TOLD_OF.match(scene.line, program.end())
        if match is None or any(item.start <= program.start() < item.end for item in scene.mentions):
            continue
        if scene.mood(match.start()) != "assert" or _DENIES.search(scene.clause(program.start()).text):
            continue
        stem, words = match["verb"].lower()[:4], programs_of(program[0].lower())
        rows = [
            row.id
            for ref in scene.subjects(match.start("verb"))
            for name in ("log_template", "event", "health_output")
            for row in scene.index.facts(ref, name)
            if stem in (text := f"{row.key} {row.value}".lower()) and any(word in text for word in words)
        ]
        why = "nothing that was read tells of this"
        scene.decide("event", program.start(), match.end(), tuple(rows) or None, why, ("log_template", "event"))


_WRONG_LIMIT = lazily(
    r"\bmemory limit\b[^.;,]{0,24}\bthrottl\w+|\bthrottl\w+ (?:by|due to|because of) (?:its|the|my)? ?memory", re.I
)


def _would(scene: Scene) -> None:
    """`More memory would stop the crashes`: only where a finding is of that."""
    for match in _WOULD.finditer(scene.free):
        kinds = [kind for start, end, kind in scene.resources if kind in _MEANS and end <= match.start()]
        if not kinds or re.search(r"\b(?:not|if|whether)\b|n't|\?", scene.line):
            continue
        named = {item.ref for item in scene.mentions} or set(scene.topic.subjects) or set(scene.ground.refs[:1])
        found = [
            item
            for item in scene.ground.findings
            if item.about in named and any(word in item.cause for word in _MEANS[kinds[-1]])
        ]
        ids = tuple(id for item in found for id in item.evidence) or None
        scene.decide("cause", match.start(), match.end(), ids, "no finding is of that", ("link",))


_DENIES = lazily(r"\b(?:not|never|no|neither|nobody|whether|why|if)\b|n't\b", re.I)


def find(scene: Scene) -> None:
    for match in _WRONG_LIMIT.finditer(scene.line):
        scene.claim("cause", match.start(), match.end(), why="only a CPU limit throttles", about=("link",))
    _programs(scene)
    _was_restarted(scene)
    _needs(scene)
    _would(scene)
    for match in _RESTARTS.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _started_again(scene, match)
    for match in _HELPS.finditer(scene.free):
        clause = scene.clause(match.start("verb"))
        if clause.mood == "assert" and not re.search(r"\b(?:not|never|if|once|when)\b|n't", scene.line, re.I):
            start = match.start("verb")
            scene.claim("event", start, match.end(), why="what it will do was not read", about=("finding",))
    for match in _SINCE.finditer(scene.free):
        told = _TROUBLE.search(scene.line[match.end() :]) or _TROUBLE.search(scene.line[: match.start()])
        if (
            told
            and scene.mood(match.start()) == "assert"
            and not re.search(r"\b(?:no|not|without|whether)\b|n't", scene.line, re.I)
        ):
            scene.claim("event", match.start(), match.end(), why="that it began then was not read", about=("event",))


def _started_again(scene: Scene, match: re.Match[str]) -> None:
    """By the policy of whom it would start."""
    at = match.start("whom")
    named = next((item.ref for item in scene.mentions if item.start <= at < item.end), None)
    refs: tuple[Ref, ...] = (named,) if named is not None else scene.subjects(match.start())
    rows = [row for ref in refs if ref.kind == "container" for row in scene.index.facts(ref, "restart_policy")]
    does = [row.value not in ("no", "", None) for row in rows]
    denied = bool(match["not"]) or re.search(r"\b(?:nor|neither|not)\b[^,;.]{0,20}$", scene.line[: match.start()], re.I)
    good = bool(rows) and (not any(does) if denied else all(does))
    ids = tuple(row.id for row in rows) if good else None
    scene.decide("state", match.start(), match.end(), ids, "its restart policy says otherwise", ("restart_policy",))
    scene.take(match.start(), match.end())
