"""Whether the words around a number say it is what a cited fact is: of which resource, which part, which mount."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ergon_ops.grounding import load, logs
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.counts import PASSED
from ergon_ops.grounding.exact import exactly
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD, programs_of
from ergon_ops.grounding.metrics import COUNT, COUNTS, LEFT_AFTER, LEFT_BEFORE, OWNED, THROUGH, TIMES
from ergon_ops.grounding.parts import OF_FIRST, respectively
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.spans import said_of

LIMIT_RIGHT = lazily(
    r"\W*(?:(?:of )?(?:memory|cpu|ram|process|pids?|hard)\s*)?(?:limit|cap|quota|ceiling|max(?:imum)?)\b", re.I
)
LIMIT_LEFT = lazily(
    r"\b(?:(?:may|can) use(?: up to| at most)?|allowed|limit(?:s|ed)?|cap(?:ped)?|quota|ceiling|"
    r"max(?:imum)?)\s*(?:(?:is|of|at|to|are|stands|set|:|=|\()\s*)*$",
    re.I,
)
_LIMIT_WORD = lazily(r"\b(?:limit\w*|cap(?:ped)?|quota|ceiling|max(?:imum)?|allow\w*|total|size|may|can|has)\b", re.I)
_LEFT_WORD = lazily(
    r"\b(?:left|leav(?:es|ing)|free|available|remain\w*|headroom|margin|spare|unused|room|to go)\b", re.I
)
_USED = lazily(
    r"\b(?:us(?:e|es|ed|ing)|in use|consum\w+|taken|occup\w+|fills?|holds?)\s*(?:about |only |just )?$", re.I
)
_USED_AFTER = lazily(r"\s*(?:is |are )?(?:used|in use|taken|occupied)\b", re.I)
_SECOND = lazily(
    r"[\s(]*(?:[a-z-]+\s+){0,3}?(?:of|out of|from|against|/)\s*(?:(?:my|its|the|a|their|[\w-]+'s)\s+)*", re.I
)
_OF_RIGHT = lazily(r"\s*(?:of memory |of ram )?(?:is |are )?(?:used |in use )?(?:of|out of|/)\s*(?:[a-z'-]+ )*\d", re.I)
_OF_MEMORY = lazily(r"\s*of (?:memory|ram)\b(?! (?:is |are )?(?:in use|used|free|left|avail))", re.I)
_CHARGED = lazily(r"\b(?:total|cache|including|charged|altogether|with)\b", re.I)
# Resources that one word can mean.
ALSO: dict[str, frozenset[str]] = {
    "write": frozenset({"write", "disk"}), "read": frozenset({"read", "disk"}),
    "received": frozenset({"received", "network"}), "sent": frozenset({"sent", "network"}),
    "load": frozenset({"load", "cpu"}), "throttle": frozenset({"throttle"}), "charged": frozenset({"memory", "cache"}),
}  # fmt: skip
_AGAIN: dict[str, str] = {
    "restart_count": r"restart\w*|(?:re)?starts? (?:it |me )?again|started again|came back|brought back|policy",
    "pids": r"process\w*|threads?|pids?|tasks?",
    "pids_limit": r"limit|pids?|max\w*",
    "process": r"process\w*|pids?",
    "host_load": r"load",
    "host_cpus": r"cpus?|processors?|cores?",
    "containers": r"containers?|ones",
    "health_retries": r"retries|in a row|unhealthy|failures?",
    "published_port": r"ports?", "exposed_port": r"ports?", "replica": r"replica",
}  # fmt: skip
_VERB = lazily(r"\b(?:is|are|was|were|has|have|that|which|with|without|in|and)\b|[,;.:(]", re.I)
ALIKE = 0.4  # of the words that tell of a line that is cited
_PATH = lazily(r"(?<![\w.])/[\w./-]*|\broot (?:file ?system|fs|disk|partition|volume)\b", re.I)
_TO_NOUN = lazily(r"\s*(?:of (?:them|these|those|which|my \w+) )?(?:(?:is|are|was|were) )?(?:[a-z-]+\s+){0,2}", re.I)
_OTHER_NOUN = lazily(r"\s*(?:restarts?|kills?|process\w*|containers?|services?|ports?|threads?|periods?)\b", re.I)


class Candidate(NamedTuple):
    """What a cited fact could be said as: its dimension, resource and part as in `metrics.py`."""

    value: Value
    dim: str
    resource: str = ""
    part: str = ""


OF_HOST_SAID = lazily(r"\bof (?:the|its|my|this) (?:whole )?(?:host|machine|server)", re.I)
_IN_USE = lazily(r"\b(?:used|in use|taken|occupied)\b", re.I)


def means(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """Whether the words around say it is what the fact is."""
    if candidate.dim == "seconds":
        return _length(scene, amount, candidate)
    if candidate.dim == "count" or candidate.resource == "line":
        return _counts(scene, amount, candidate)
    return (
        of_resource(scene, amount, candidate)
        and _of_part(scene, amount, candidate)
        and of_key(scene, amount, candidate)
    )


def of_resource(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    if amount.dim == "cores":
        return True
    if own := respectively(scene, amount):
        return own == candidate.resource
    if amount.rate and (through := THROUGH.match(scene.line, amount.end)) is not None:
        return through.lastgroup == candidate.resource
    start, end = scene.segment(amount.start, amount.end)
    if candidate.dim == "ratio" and candidate.resource in ("memory", "cpu"):
        of_host = OF_HOST_SAID.search(scene.line[start:end]) is not None
        if of_host and not any(name in candidate.value.name for name in ("host", "cpu_ratio")):
            return False
    if candidate.dim == "bytes" and candidate.value.name not in (exactly(scene, amount) or (candidate.value.name,)):
        return False
    told = [item for item in scene.resources if not amount.start <= item[0] < amount.end]
    here = [item for item in told if start <= item[0] and item[1] <= end]
    before = [item for item in told if item[1] <= amount.start]
    near = sorted(here, key=lambda item: item[0] - amount.end if item[0] >= amount.end else amount.start - item[1])
    nearest = near[:1] or before[-1:] or told[:1]
    said = {item[2] for item in nearest} or ({scene.topic.resource} if scene.topic.resource else set())
    fine = ALSO.get(candidate.resource, frozenset({candidate.resource}))
    return not said or bool(said & fine)


def _of_part(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    start, end = scene.segment(amount.start, amount.end)
    left, right, part = scene.nameless[start : amount.start], scene.nameless[amount.end : end], candidate.part
    others = [item for item in quantities(scene.line, scene.line) if item.end <= amount.start]
    between = scene.line[others[-1].end : amount.start] if others else ""
    second = (
        bool(others)
        and not scene.side(amount.start)
        and _SECOND.fullmatch(between) is not None
        and not _LEFT_WORD.search(between)
    )
    second = second or OF_FIRST.search(scene.line[: amount.start]) is not None
    if part == "":
        remains = not second and (LEFT_AFTER.search(right) or LEFT_BEFORE.search(left))
        owned = OWNED.search(left) and _OF_MEMORY.match(right)
        limited = owned or (amount.dim != "ratio" and (LIMIT_RIGHT.match(right) or LIMIT_LEFT.search(left)))
        charged = candidate.resource != "charged" or _CHARGED.search(scene.line) is not None
        if candidate.value.name in ("host_memory", "host_cpus"):
            return second or not (remains or _OF_RIGHT.match(scene.line[amount.end :]))
        return not (remains or limited or second) and charged
    if part == "left" and candidate.resource == "charged" and not _CHARGED.search(scene.line):
        return False
    if part == "left" and _IN_USE.search(scene.line, amount.end, end):
        return False
    if part == "left":
        return _LEFT_WORD.search(scene.line) is not None and not second and not _USED_AFTER.match(right)
    if _OF_RIGHT.match(scene.line[amount.end :]) or (
        not second and (_USED.search(left) or LEFT_AFTER.search(right) or LEFT_BEFORE.search(left))
    ):
        return False
    asked = BOUNDED.search(scene.ground.question) and not _IN_USE.search(scene.line)
    return second or _LIMIT_WORD.search(scene.line) is not None or bool(asked)


def of_key(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """The mount it is said of is the fact's own: the path right behind it, else the last before it."""
    key = candidate.value.key
    if not key.startswith("/"):
        return True
    end = scene.segment(amount.start, amount.end)[1]
    paths = [(item.start(), item[0].rstrip(".,") or "/") for item in _PATH.finditer(scene.line)]
    behind = [path for at, path in paths if amount.end <= at < end]
    before = [path for at, path in paths if at < amount.start]
    said = (behind[:1] or before[-1:] or [""])[0]
    return said in ("", key) or (key == "/" and said.lower().startswith("root"))


def _length(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    name = candidate.value.name
    formulas = said_of(scene, amount.start, amount.end)
    if candidate.resource == "ran":
        ran = re.search(r"\b(?:ran|running|lived|lasted|alive|up)\b", scene.line, re.I) is not None
        return ran and not re.match(r"\s*(?:ago|earlier)\b", scene.line[amount.end :])
    return formulas is None or name in formulas


def _counts(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    name = candidate.value.name
    if name == "health_streak" and PASSED.search(scene.clause(amount.start).text):
        return False
    if candidate.resource == "port":
        return _port(scene, amount, candidate)
    if candidate.resource == "program":
        word = re.match(r"\s+(?:\w+ )?([a-z][\w.-]*)", scene.line[amount.end :])
        return word is not None and candidate.value.key in word[0]
    if name == "log_template":
        return _line(scene, amount, candidate)
    if name == "pids_limit" and candidate.part == "":
        return bounding(scene, amount)
    if candidate.part == "left":
        return re.search(r"\b(?:more|left|remain\w*|to go|before|room)\b", scene.line) is not None
    behind = scene.nameless[amount.end : amount.end + 40]
    noun = COUNT.search(behind)
    if noun is not None and _TO_NOUN.fullmatch(behind[: noun.start()]):
        return any(name == item.strip("#@").partition("[")[0] for item in _of_noun(noun))
    if name == "host_load":
        return load.over(scene, amount) in ("", candidate.value.key)
    if name == "containers":
        return candidate.value.key in scene.line[slice(*scene.segment(amount.start, amount.end))]
    words = _words(name)
    near = scene.line[: amount.end + 40]
    return re.search(rf"\b(?:{words})\b", near, re.I) is not None and not _other_noun(scene, amount, name)


BOUNDED = lazily(
    r"\b(?:limit\w*|cap(?:s|ped)?|quotas?|ceilings?|max\w*|at most|up to|allow\w*|may (?:use|run|have|start))\b", re.I
)
RUNS = lazily(r"\b(?:run|runs|running|have|has|there are|counts?|started)\s+(?:\w+\s+)?$", re.I)


def bounding(scene: Scene, amount: Amount) -> bool:
    """A limit is said of what may be, not of what is, nor of what is left."""
    if re.match(r"\s*(?:more|further|other|additional|left)\b", scene.line[amount.end :], re.I):
        return False
    if RUNS.search(scene.line[: amount.start]):
        return False
    return BOUNDED.search(f"{scene.line} {scene.ground.question}") is not None


_IDLE = lazily(r"[/-]|\b(?:requests?|calls?|doing|so|them|mine|ran|into|while|talking)\b", re.I)
_AS_PORT = lazily(r"\b(?:as|port)\s*$", re.I)
_AT_PORT = lazily(r"(?:\b(?:on|port|ports|at|to|via|through|and|or)|[:(,/])\s*$", re.I)


def _port(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """`My Redis is up on 6379`: a port of the program that is named."""
    if candidate.value.name == "published_port":  # the host's side of it
        ahead = scene.line[: amount.start]
        return _AS_PORT.search(ahead) is not None and re.search(r"\bpublish|\bhost\b|\bmap", ahead, re.I) is not None
    if not _AT_PORT.search(scene.line[: amount.start]):
        return False
    if candidate.value.name != "serving":
        return True
    program = candidate.value.key.rpartition(":")[0]
    named = [word[0].lower() for word in PROGRAM_WORD.finditer(scene.line, 0, amount.start)]
    return bool(named) and program in programs_of(named[-1])


def _line(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """`the 12 GET /orders lines`: what is counted is told as the line has it."""
    if _OTHER_NOUN.match(scene.line, amount.end):
        return False
    fact = scene.index.by_id[candidate.value.ids[0]]
    start, end = scene.segment(amount.start, amount.end)
    near = _VERB.split(scene.line[amount.end : end])[0]
    told = (_IDLE.sub(" ", text) for text in (near, scene.line[amount.end : end], scene.line[start:end]))
    return max(logs.share(text, fact.key) for text in told) >= ALIKE


def _of_noun(match: re.Match[str]) -> tuple[str, ...]:
    return COUNTS[int((match.lastgroup or "n0")[1:])][1]


def _other_noun(scene: Scene, amount: Amount, name: str) -> bool:
    """The last thing counted before it in its part of the sentence is something else."""
    start, _ = scene.segment(amount.start, amount.end)
    last = list(COUNT.finditer(scene.nameless, start, amount.start))
    return bool(last) and all(name != item.strip("#@").partition("[")[0] for item in _of_noun(last[-1]))


@lru_cache(64)
def _words(name: str) -> str:
    found = [words for words, formulas in (*COUNTS, *TIMES) if name in formulas]
    return "|".join([*found, _AGAIN.get(name, ""), name.replace("_", " ")]).replace("||", "|")
