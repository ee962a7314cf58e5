"""What remains: happenings told without a number or a state, which only a text that was read can carry."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

IDLE = 0.3  # of its CPUs: a host with less load is idle

_HAPPENS = lazily(
    r"\b(?P<stem>fail(?:s|ed|ing|ures?)|crash(?:es|ing)|hang(?:s|ing)|hung|timed out|times? out|"
    r"timing out|refus(?:es|ed|ing)|reset(?:s|ting)? (?:the )?connections?|lost|losing|corrupt(?:ed|s|"
    r"ing)?|"
    r"slow(?:ly|er)?\b|sluggish|laggy|unresponsive|stuck|blocked|overwhelmed|starv(?:ed|ing)|panick(?:ed|"
    r"ing)|aborted|rejected|denied|unreachable|queued|backlog\w*|swapping|deadlocked|hacked|breached|"
    r"compromised|evict(?:s|ed|ing)|serv(?:es|ing) (?:requests|traffic|clients)|(?:errors?|timeouts?|"
    r"failures?|problems?|this|it all) (?:started|began|"
    r"stopped|happen\w*|came|appeared) (?:after|since|when|with|at|before|on)\b|(?:first|second|third|fourth|"
    r"fifth|\d(?:nd|rd|th)) time(?! (?:to|i|you))|expir(?:e|es|ed|ing)|outdated|out of date|broke|overload\w*|"
    r"drop(?:s|ped) (?:packets|connections)|"
    r"packets? (?:were|are|have been|was) dropped|chang(?:ed|es) (?:my|the|its)|happen(?:s|ed)? (?:at|every|in|during)|"
    r"killed|stalled|stalling|freez(?:es|ing)|froze|disconnect(?:s|ed|ing)|error(?:ed|ing)|broken|"
    r"struggl(?:es|ing)|suffer(?:s|ing)|recover(?:s|ed|ing)|fast|quick(?:ly)?|smooth(?:ly)?|handling|"
    r"processing|serving requests|accepting|responds?|responding|"
    r"latency|throughput|response times?|requests? (?:per|are|is)|users? (?:are|is)|customers?|"
    r"transactions?|backups?|replicat\w+|encrypt\w+|upgrad(?:ed|ing)|(?:written|coded|programmed|"
    r"implemented|developed) in|migrat\w+|idle)\b",
    re.I,
)
_ADJECTIVE = lazily(r"(?:fast|quick|slow|smooth|idle|sluggish|broken|blocked|stuck)$", re.I)
_COPULA = lazily(
    r"\b(?:is|are|am|was|were|be|been|seems?|looks?|feels?|runs?|works?|getting|become|very|too|"
    r"so)\W+(?:\w+ly\W+|very\W+|so\W+|quite\W+|rather\W+)?$|'s\W+$|'m\W+$",
    re.I,
)
_CARRY = ("log_template", "health_output", "event", "start_error")
_STEMS = {
    "slow": "slow",
    "hung": "hang",
    "froze": "freez",
    "times": "timed out",
    "timing": "timed out",
    "time": "timed out",
}
_FAILS = lazily(r"^fail", re.I)


_STRONG = lazily(r"chang|broke\b|happen|errors? |timeouts? |failures? |\w+ time$", re.I)


def find(scene: Scene) -> None:
    for match in _HAPPENS.finditer(scene.free):
        at = match.start()
        clause = scene.clause(at)
        if clause.mood not in ("assert",) or any(claim.start <= at < claim.end for claim in scene.claims):
            continue
        if re.search(
            r"\b(?:not|no|never|nothing|n't|without|none|if)\b(?:\W+\w+){0,4}\W*$|n't(?:\W+\w+){0,3}\W*$|"
            r"\bto\W+(?:\w+ly\W+|be\W+)?$",
            scene.line[clause.start : at],
            re.I,
        ) and (
            re.match(r"to\b", scene.line[max(0, at - 3) : at])
            or not re.search(r"slow|latency|respon|requests?|users?", match[0], re.I)
        ):
            continue
        if _ADJECTIVE.match(match[0]) and not _COPULA.search(scene.line[clause.start : at]):
            continue
        if not _STRONG.match(match[0]) and _near_claim(scene, at, match.end()):
            continue
        ids = None if _BEGAN.match(match[0]) else _carried(scene, at, match["stem"].lower())
        scene.decide("event", at, match.end(), ids, "nothing that was read tells of this", ("log_template", "event"))


_NAMED = frozenset(
    {"program", "name", "env", "cause"}
)  # beside whom it is said: that they are there tells of no happening


_BEGAN = lazily(
    r"(?:errors?|time-?outs?|failures?|problems?|this|it all) (?:started|began|stopped|came|appeared)\b", re.I
)


def _near_claim(scene: Scene, start: int, end: int) -> bool:
    """Beside a claim that was judged and holds: `failed 3 times`, `crashed with exit code 3`."""
    clause = scene.clause(start)
    return any(
        claim.supported
        and claim.kind not in _NAMED
        and clause.start <= claim.start < clause.end
        and min(abs(claim.start - end), abs(start - claim.end)) < 16
        for claim in scene.claims
    )


def _carried(scene: Scene, at: int, word: str) -> tuple[str, ...] | None:
    index, refs = scene.index, scene.subjects(at)
    first = word.split()[0]
    stem = _STEMS.get(first, first[: max(4, len(first) - 3)])
    found = [
        row.id
        for ref in refs
        for name in _CARRY
        for row in index.facts(ref, name)
        if stem in f"{row.key} {row.value}".lower()
    ]
    if _FAILS.match(word):
        found += [row.id for ref in refs for row in index.facts(ref, "health") if row.value == "unhealthy"]
        found += [row.id for ref in refs for row in index.facts(ref, "exit_code") if row.value]
    if word.startswith("crash"):
        found += [
            row.id
            for ref in refs
            for row in index.facts(ref, "exit_code")
            if row.value and index.text(ref, "state") in ("exited", "dead", "restarting")
        ]
    if word.startswith(("respond", "accepting", "serving")):
        found += [row.id for ref in refs for row in index.facts(ref, "health") if row.value == "healthy"]
    if word == "idle":
        found += [
            row.id
            for ref in refs
            for row in index.facts(ref, "cpu_ratio")
            if isinstance(row.value, float) and row.value < 0.05
        ]
        found += _idle_hosts(scene, refs)
    if word.startswith(("slow", "starv")):
        found += [
            id
            for item in scene.ground.findings
            if item.about in refs and item.cause.startswith("cpu")
            for id in item.evidence
        ]
    return tuple(found) or None


def _idle_hosts(scene: Scene, refs: tuple[Ref, ...]) -> tuple[str, ...]:
    """Hosts whose load is little for the CPUs they have."""
    found: list[str] = []
    for ref in refs:
        loads = {row.key: row for row in scene.index.facts(ref, "host_load")}
        load, cpus = loads.get("1m"), scene.index.fact(ref, "host_cpus")
        if load is None or cpus is None or not isinstance(cpus.value, int | float):
            continue
        if isinstance(load.value, int | float) and load.value <= IDLE * cpus.value:
            found += [load.id, cpus.id]
    return tuple(found)
