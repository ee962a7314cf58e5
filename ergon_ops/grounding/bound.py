"""A number right before its citation: `203 MiB against 187 MiB for worker [e3, e9]`. What is cited there says whose it
is and what; the words in that stretch must only not say that it is something else."""

from __future__ import annotations

import re

from ergon_ops.grounding import cited
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.coverage import DENIES
from ergon_ops.grounding.exact import exactly
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.markup import Stretch
from ergon_ops.grounding.metrics import LEFT_AFTER, LEFT_BEFORE
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.senses import LIMIT_LEFT, LIMIT_RIGHT, Candidate, bounding, of_key, of_resource
from ergon_ops.grounding.words import Claim
from ergon_ops.refs import Ref, host_ref

# How a length of time is said that leads to now, before and behind the number.
_SINCE: dict[str, tuple[str, str]] = {
    "now-started_at": (r"\b(?:start\w*|up|uptime|run\w*|restart\w*|alive)\b", ""),
    "now-created_at": (r"\b(?:creat\w*|made)\b", r"\s*ago\b"),
    "now-finished_at": (r"\b(?:exit\w*|end\w*|stop\w*|finish\w*|died)\b", r"\s*ago\b"),
    "uptime": (r"\b(?:up|uptime|run\w*|start\w*|alive|restart\w*)\b", ""),
}
_COUNTED: dict[str, str] = {
    "pids": r"process\w*|threads?|pids?|at most|tasks?",
    "restart_count": r"restart\w*|times?|starts?|brought",
    "log_lines": r"lines?|logs?|entries",
    "log_errors": r"errors?|lines?",
    "zombies": r"zombies?|defunct",
}
_DIRECTED = frozenset({"received", "sent", "read", "write"})
_OUTSIDE = lazily(r"\bpublish\w*|\bhost\b|\bexpos\w*|\bmap\w*|→|->|\boutside\b", re.I)
_FOR = lazily(r"\s*(?:of memory |of cpu )?(?:for|in|on|of|by|from|at)\s+(?:the )?(?:container )?\W*", re.I)
_LISTENS = lazily(r"\bports?\b|\blisten\w*", re.I)
_IMAGE = lazily(r"\bimage\b", re.I)


def carried(claim: Claim, scene: Scene, stretches: tuple[Stretch, ...]) -> tuple[str, ...]:
    """The facts behind the number; none if what is cited behind it is not that."""
    stretch = next((item for item in stretches if item.start <= claim.start < item.end), None)
    amount = cited.amount_of(scene, claim)
    if stretch is None or amount is None:
        return ()
    for candidate in cited.candidates(scene, _whose(scene, amount), frozenset(stretch.ids)):
        if cited.fits(amount, candidate) and _plainly(scene, amount, candidate, stretch):
            return candidate.value.ids
    return ()


def _whose(scene: Scene, amount: Amount) -> set[Ref]:
    """Of whom stands right behind the number (`for worker`), else of whom is named last before it."""
    named = [item for item in scene.mentions if item.word != "host"]
    behind = next((item for item in named if item.start >= amount.end), None)
    if behind is not None and _FOR.fullmatch(scene.line[amount.end : behind.start]):
        return {behind.ref}
    before = [item for item in named if item.end <= amount.start]
    mine = any(item.word == "i" for item in before)
    hosts = set() if mine or before else {host_ref(ref.host) for ref in scene.ground.refs}
    return {item.ref for item in before[-1:]} or set(scene.subjects(amount.start)) | hosts


def _plainly(scene: Scene, amount: Amount, candidate: Candidate, stretch: Stretch) -> bool:
    text = scene.line[stretch.start : stretch.end]
    name = candidate.value.name
    if DENIES.search(scene.clause(amount.start).text) or candidate.resource == "charged":
        return False
    if candidate.dim == "seconds":
        before, behind = _SINCE.get(name, ("", ""))
        ahead = scene.line[stretch.start : amount.start]
        right = re.match(behind, scene.line[amount.end :], re.I) is not None
        return bool(before) and right and re.search(before, ahead, re.I) is not None and not _IMAGE.search(ahead)
    if candidate.dim == "count":
        return _counts(scene, amount, candidate, stretch)
    said = {item[2] for item in scene.resources if stretch.start <= item[0] < stretch.end}
    said -= {"cpu"} if candidate.dim == "bytes" else set()  # `and 0.1 cores` beside it
    several = sum(stretch.start <= item.start < stretch.end for item in quantities(scene.line, scene.line)) > 1
    if several and re.search(r"_(?:rx|tx|read|write)\b|_(?:rx|tx|read|write)_", name):
        return False  # which of them comes in is for the words to say
    if said != {candidate.resource} and (
        candidate.resource in _DIRECTED or (said and not of_resource(scene, amount, candidate))
    ):
        return False
    near = scene.line[max(stretch.start, amount.start - 24) : amount.end + 16]
    if re.search(r"\b(?:host|machine)", near, re.I) and "host" not in name and "," not in near:
        return False
    if ("lifetime" in name) is not bool(re.search(r"\blife\w*|\bsince (?:my|its|the) start", text, re.I)):
        return False
    if candidate.dim == "bytes" and name not in (exactly(scene, amount) or (name,)):
        return False
    return of_key(scene, amount, candidate) and _part(scene, amount, candidate)


def _part(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """Not the limit of what is used, nor the other way round, nor what is left."""
    left, right = scene.line[: amount.start], scene.line[amount.end :]
    limited = LIMIT_LEFT.search(left) is not None or LIMIT_RIGHT.match(right) is not None
    remains = LEFT_AFTER.search(right) is not None or LEFT_BEFORE.search(left) is not None
    if candidate.part == "":
        return not limited and not remains
    return candidate.part == "limit" and limited and not remains


def _counts(scene: Scene, amount: Amount, candidate: Candidate, stretch: Stretch) -> bool:
    name, text = candidate.value.name, scene.line[stretch.start : stretch.end]
    around = f"{text} {scene.ground.question}"
    if candidate.resource == "port":
        fact = scene.index.by_id[candidate.value.ids[0]]
        listens = fact.name in ("listener", "serving") and fact.value != "down"
        program = re.escape(str(fact.key).partition(":")[0] if fact.name == "serving" else str(fact.value))
        beside = re.search(rf"\b{program}(?: on| at)?\W*$", scene.line[: amount.start], re.I) is not None
        return listens and (beside or _LISTENS.search(around) is not None) and not _OUTSIDE.search(text)
    if name == "process":
        return str(scene.index.by_id[candidate.value.ids[0]].value).lower() in text.lower()
    if name == "log_template":
        ahead = scene.line[max(stretch.start, amount.start - 24) : amount.start]
        return re.search(r"\b(?:one|another|other|each)\b[^,;]*$", ahead, re.I) is not None and "times" in text
    if name == "pids_limit":
        return bounding(scene, amount)
    words = _COUNTED.get(name)
    if words is None or candidate.part or _of_another(scene, amount, name):
        return False
    return re.search(rf"\b(?:{words})\b", around, re.I) is not None


def _of_another(scene: Scene, amount: Amount, name: str) -> bool:
    """Right behind the number stands what another fact counts, and not what this one does."""
    behind = scene.line[amount.end : amount.end + 24]

    def counted(words: str) -> bool:
        return re.match(rf"\s*(?:\w+ )?(?:{words})\b", behind, re.I) is not None

    return not counted(_COUNTED[name]) and any(counted(words) for other, words in _COUNTED.items() if other != name)
