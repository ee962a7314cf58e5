"""Whys that need no rule: what follows from a setting or a link by what it is, and causes between two containers,
which only a finding knows."""

from __future__ import annotations

import re

from ergon_ops.grounding import hearsay, logs
from ergon_ops.grounding.cited import whom
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

Ids = tuple[str, ...] | None
_BACKWARD = lazily(
    r"(?:which|that|this) (?:explains|is why|causes|caused|leads to|led to)|leads? to|led to|leading to|causing|"
    r"is (?:slowing|killing|starving|blocking|breaking|overloading)|behind|responsible for",
    re.I,
)
_STAYS = lazily(
    r"\b(?:stay\w*|remain\w*|keeps?|is|be) (?:down|stopped|exited|off|dead)|(?:n't|not|never|nothing|nobody|no one)\b"
    r"[^.;]{0,30}\b(?:bring\w*|brought|start\w*|restart\w*|come|back|revive)\b|\bby hand\b|\bmanual\w*",
    re.I,
)
_RETURNS = lazily(
    r"\b(?:start|restart|bring|br[io]ught|com|came|tri)\w*\b[^.;]{0,24}\b(?:again|back|over and over|automatically)\b|"
    r"\b(?:keeps?|kept) (?:restarting|coming back|trying)|\brestart(?:s|ed)\b",
    re.I,
)
_MATTERS = lazily(
    r"\b(?:matter|depend|need|rel(?:y|ies)|important|affect|concern|relevant|look|check|start with|first|"
    r"critical|touch)\w*",
    re.I,
)
_LINKED = lazily(
    r"\b(?:points? (?:at|to)|depend\w*|us(?:es|e|ing)|connect\w*|link\w*|through|env\w*|rel(?:y|ies) on)\b", re.I
)
_POLICY = lazily(r"\bpolicy\b", re.I)
_LIKELY = lazily(
    r"\b(?:likely|probabl[ey]|plausible|presumabl[ey]|apparent(?:ly)?|seems?|suggests?|points? to|appears?)\b", re.I
)


def follows(scene: Scene, start: int, end: int) -> Ids:
    """`because its restart policy is no`: what is said to follow is what that setting, or that link, does."""
    effect, cause = scene.line[:start], scene.line[start:end]
    refs = whom(scene, start, end)
    if _POLICY.search(cause):
        rows = [row for ref in refs for row in scene.index.facts(ref, "restart_policy")]
        none = [row.id for row in rows if row.value in ("no", "", None)]
        if _STAYS.search(effect):
            return tuple(none) or None
        return tuple(row.id for row in rows if row.id not in none) or None if _RETURNS.search(effect) else None
    if _PROCESS.search(cause) and _NOT_THERE.search(effect):
        return tuple(row.id for ref in refs for row in scene.index.facts(ref, "process")) or None
    if _TROUBLE.search(effect) or _TROUBLE.search(cause):
        told = {item.ref.name for item in scene.mentions if start <= item.start < end and item.word != "i"}
        lines = [row for ref in _owners(scene, start) for row in scene.index.facts(ref, "log_template")]
        only = re.fullmatch(r"\W*(?:they |it )?comes? from\W+(?:the )?(?:container )?[\w-]+\W*", cause, re.I)
        if only and (ids := tuple(row.id for row in lines if any(name in row.key.lower() for name in told))):
            return ids
    if _IS_IN.search(cause) and (fault := _its_fault(scene, start, end)):
        return fault
    if _MATTERS.search(effect) and _LINKED.search(cause):
        named = {item.ref for item in scene.mentions if item.ref.kind == "container"}
        return _between(scene, named)
    return None


_PROCESS = lazily(r"\bprocess(?:es)?\b", re.I)
_NOT_THERE = lazily(
    r"\b(?:down|missing|dead|gone|that's|this is|that is|not (?:running|there|up))\b|n't (?:running|there|up)\b", re.I
)
_TROUBLE = lazily(r"\b(?:time-?outs?|errors?|failures?)\b", re.I)


def _owners(scene: Scene, start: int) -> set[Ref]:
    """Whose errors they are: who is named before, else the speaker."""
    return _named(scene, 0, start) or set(scene.ground.refs[:1])


_IS_IN = lazily(
    r"\b(?:cause|problem|reason|fault|trouble|issue) (?:is|lies|sits|seems to be) (?:in|with|on|at)\b", re.I
)


def _its_fault(scene: Scene, start: int, end: int) -> Ids:
    """`the cause is in orders-db`: it has a fault, and the speaker's own log names it."""
    named = {item.ref for item in scene.mentions if start <= item.start < end and item.word not in ("i", "host")}
    lines = [row for ref in scene.ground.refs[:1] for row in scene.index.facts(ref, "log_template")]
    told = [row.id for row in lines if any(ref.name in row.key.lower() for ref in named)]
    found = [id for item in scene.ground.findings if item.about in named for id in item.evidence]
    return (*told, *found) if told and found else None


def _between(scene: Scene, refs: set[Ref]) -> Ids:
    names = {ref.name for ref in refs}
    rows = [row for ref in refs for row in scene.index.facts(ref, "link")]
    return tuple(row.id for row in rows if row.key.split()[-1] in names - {row.about.name}) or None


def likely(scene: Scene, start: int, end: int) -> Ids:
    """`The most likely reason is …`: said to be no more than likely, and a line that was logged has it."""
    if not _LIKELY.search(scene.line[:end]):
        return None
    refs = {item.ref for item in scene.mentions} | set(scene.topic.subjects)
    told = re.split(r"[,;(]", scene.line[start:end])[0]
    told = re.sub(r"\b(?:most|likely|reason|cause|explanation|is|because|due)\b", " ", told, flags=re.I)
    rows = [row for ref in refs for row in scene.index.facts(ref, "log_template")]
    said = hearsay.says_so(scene)  # a line carries only what is told of it, or cites it
    return tuple(row.id for row in rows if (said or row.id in scene.cited) and logs.share(told, row.key) >= 0.6) or None


def apart(scene: Scene, match: re.Match[str], end: int) -> bool:
    """The cause is said of one container, what it caused of another, and no finding goes from that to this."""
    before = _named(scene, scene.clause(match.start()).start, match.start()) or _named(scene, 0, match.start())
    effect, cause = before or set(scene.topic.subjects or scene.ground.refs[:1]), _named(scene, match.end(), end)
    if _BACKWARD.match(match[0]):
        effect, cause = cause, effect
    if not effect or not cause - effect:
        return False
    names = {ref.name for ref in cause - effect}
    return not any(
        (item.about in cause and effect & set(item.victims))
        or (item.about in effect and any(name in f"{item.summary} {dict(item.details)}" for name in names))
        for item in scene.ground.findings
    )


def _named(scene: Scene, start: int, end: int) -> set[Ref]:
    return {item.ref for item in scene.mentions if start <= item.start < end and item.ref.kind == "container"}
