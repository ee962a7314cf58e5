"""What a sentence cites: a number of a cited fact, said of whom and of what that fact is, is carried by it, whatever
English stands around. What the words say it is (a limit, what is left, of which resource) must be what the fact is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from ergon_ops.grounding import load, logs
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.coverage import DENIES
from ergon_ops.grounding.exact import exactly
from ergon_ops.grounding.index import Value, atoms_of
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import (
    COUNT,
    COUNTS,
    HOST_METRICS,
    LEFT_AFTER,
    LEFT_BEFORE,
    METRICS,
    OF_HOST,
    OWNED,
    THROUGH,
    TIMES,
)
from ergon_ops.grounding.scene import HOST_WORD, Scene
from ergon_ops.grounding.spans import said_of
from ergon_ops.grounding.words import Claim
from ergon_ops.refs import Ref, host_ref

NUMBERS = frozenset({"number", "count", "time"})
_PRONOUN = lazily(r"\b(?:it|its|which|they|their|them|there|that)\b", re.I)
_FOR = lazily(r"\s*(?:[a-z-]+ ){0,2}?(?:for|in|on|of|by|from|at)\s+(?:the )?(?:container )?\W*$", re.I)
_LIMIT_RIGHT = lazily(
    r"\W*(?:(?:of )?(?:memory|cpu|ram|process|pids?|hard)\s*)?(?:limit|cap|quota|ceiling|max(?:imum)?)\b", re.I
)
_LIMIT_LEFT = lazily(
    r"\b(?:limit(?:s|ed)?|cap(?:ped)?|quota|ceiling|max(?:imum)?)\s*(?:(?:is|of|at|to|are|stands|set|:|=|\()\s*)*$",
    re.I,
)
_LIMIT_WORD = lazily(r"\b(?:limit\w*|cap(?:ped)?|quota|ceiling|max(?:imum)?|allow\w*|total|size|may|can|has)\b", re.I)
_LEFT_WORD = lazily(
    r"\b(?:left|leav(?:es|ing)|free|available|remain\w*|headroom|spare|unused|room|to go|short of)\b", re.I
)
_USED = lazily(
    r"\b(?:us(?:e|es|ed|ing)|in use|consum\w+|taken|occup\w+|fills?|holds?)\s*(?:about |only |just )?$", re.I
)
_USED_AFTER = lazily(r"\s*(?:is |are )?(?:used|in use|taken|occupied)\b", re.I)
_OF_LEFT = lazily(r"\b(?:of|out of|from|against)\s+(?:(?:my|its|the|a|their|[\w-]+'s)\s+)*$|/\s*$", re.I)
_OF_RIGHT = lazily(r"\s*(?:of memory |of ram )?(?:is |are )?(?:used |in use )?(?:of|out of|/)\s*(?:[a-z'-]+ )*\d", re.I)
_OF_MEMORY = lazily(r"\s*of (?:memory|ram)\b(?! (?:is |are )?(?:in use|used|free|left|avail))", re.I)
_CHARGED = lazily(r"\b(?:total|cache|including|charged|altogether|with)\b", re.I)
# Resources that one word can mean.
_ALSO: dict[str, frozenset[str]] = {
    "write": frozenset({"write", "disk"}), "read": frozenset({"read", "disk"}),
    "received": frozenset({"received", "network"}), "sent": frozenset({"sent", "network"}),
    "load": frozenset({"load", "cpu"}), "throttle": frozenset({"throttle"}), "charged": frozenset({"memory", "cache"}),
}  # fmt: skip
_AGAIN: dict[str, str] = {
    "restart_count": r"restart\w*|(?:re)?starts? (?:it |me )?again|started again|came back|brought back|policy",
    "pids": r"process\w*|threads?|pids?|tasks?",
    "pids_limit": r"limit|pids?|max\w*",
    "process": r"process|pids?",
    "host_load": r"load",
    "host_cpus": r"cpus?|processors?|cores?",
    "containers": r"containers?|ones",
    "health_retries": r"retries|in a row|unhealthy|failures?",
    "published_port": r"ports?", "exposed_port": r"ports?", "replica": r"replica",
}  # fmt: skip
_VERB = lazily(r"\b(?:is|are|was|were|has|have|that|which|with|without|in|and)\b|[,;.:(]", re.I)
_CODES = frozenset({"exit_code", "health_exit_code"})


class Candidate(NamedTuple):
    """What a cited fact could be said as: its dimension, resource and part as in `metrics.py`."""

    value: Value
    dim: str
    resource: str = ""
    part: str = ""


def as_cited(claim: Claim, scene: Scene, cited: Collection[str]) -> Claim:
    """The claim, carried if a fact the sentence cites has this very number."""
    if claim.supported or not cited:
        return claim
    if claim.kind == "state" and (id := _state(claim, scene, cited)):
        return replace(claim, why="", fact_ids=(id,))
    if claim.kind not in NUMBERS:
        return claim
    amount = _amount(scene, claim)
    if amount is None:
        return claim
    refs = whom(scene, amount.start, amount.end)
    for candidate in _candidates(scene, refs, frozenset(cited)):
        if _fits(amount, candidate) and _means(scene, amount, candidate):
            return replace(claim, why="", fact_ids=candidate.value.ids)
    return claim


def _amount(scene: Scene, claim: Claim) -> Amount | None:
    """The one quantity a claim is; none if it is a pair of them, which belong together."""
    found = quantities(scene.line, scene.line)
    return next((item for item in found if (item.start, item.end) == (claim.start, claim.end)), None)


def _state(claim: Claim, scene: Scene, cited: Collection[str]) -> str:
    """`…, and it is unhealthy`: the state that a cited fact has, of one whom `it` can mean."""
    clause = scene.clause(claim.start)
    if not _PRONOUN.search(scene.line[clause.start : claim.start]):
        return ""
    if DENIES.search(scene.line[clause.start : claim.end]) or clause.mood not in ("assert", "hedged"):
        return ""
    refs = whom(scene, claim.start, claim.end)
    facts = [fact for id in cited if (fact := scene.index.by_id.get(id)) is not None and fact.about in refs]
    said = claim.text.lower()
    return next((fact.id for fact in facts if fact.name in ("health", "state") and fact.value == said), "")


def whom(scene: Scene, start: int, end: int) -> set[Ref]:
    """Of whom a cited fact may be: of whom the place speaks; whom a pronoun can mean; who stands right behind; and
    where nobody is named before, those named behind. And the host, where it is spoken of."""
    found = set(scene.subjects(start))
    named = [item for item in scene.mentions if item.word not in ("i", "host")]
    before = [item for item in named if item.end <= start]
    if behind := next((item for item in scene.mentions if item.start >= end and item.word != "host"), None):
        if _FOR.fullmatch(scene.line[end : behind.start]):
            return {behind.ref}
        if not before:
            found |= {item.ref for item in named if item.start >= end}
    if _PRONOUN.search(scene.line[scene.clause(start).start : start]):
        found |= {item.ref for item in before} | set(scene.topic.subjects)
    told = before or any(item.end <= start for item in scene.mentions)
    if HOST_WORD.search(scene.line) or not told or any(ref.kind == "fleet" for ref in scene.topic.subjects):
        found |= {host_ref(ref.host) for ref in scene.ground.refs}
    return found


def _fits(amount: Amount, candidate: Candidate) -> bool:
    if candidate.dim != ("count" if amount.dim == "times" else amount.dim):
        return False
    if amount.dim == "bytes" and bool(amount.rate) is not candidate.value.name.endswith("_rate"):
        return False
    return amount.fits(candidate.value.number)


@lru_cache(1)
def _table() -> tuple[tuple[str, str, str, str, frozenset[str]], ...]:
    rows = [
        ("bytes" if dim == "rate" else dim, resource, part, formula)
        for table in (METRICS, HOST_METRICS, OF_HOST)
        for (dim, resource, part), formulas in table.items()
        if dim != "count"
        for formula in formulas
    ]
    rows += [("bytes", "charged", "", "memory_usage"), ("count", "pids", "left", "pids_limit-pids")]
    rows += [("ratio", "load", "", "host_load/host_cpus")]
    rows += [("ratio", "errors", "", "log_errors/log_lines"), ("seconds", "ran", "", "finished_at-started_at")]
    return tuple(
        (*row, frozenset(atom for atom in atoms_of(row[3]) if atom[0].isalpha() and atom != "now"))
        for row in dict.fromkeys(rows)
    )


def _candidates(scene: Scene, refs: set[Ref], cited: frozenset[str]) -> Iterator[Candidate]:
    """Each cited fact of theirs by itself, and the declared formulas over what is cited of one."""
    facts = [fact for id in cited if (fact := scene.index.by_id.get(id)) is not None and fact.about in refs]
    for ref in {fact.about for fact in facts}:
        names = {fact.name for fact in facts if fact.about == ref}
        for dim, resource, part, formula, atoms in _table():
            if atoms & names:
                for value in scene.index.evaluate(formula, ref):
                    if cited & set(value.ids) and (dim != "seconds" or cited >= set(value.ids)):
                        yield Candidate(value, dim, resource, part)
    for fact in facts:
        unit, number = fact.reading.unit, fact.value
        if fact.name == "process" and fact.key.isdigit():
            yield Candidate(Value(float(fact.key), (fact.id,), fact.key, fact.name), "count")
        if isinstance(number, bool) or not isinstance(number, int | float):
            continue
        if unit == "count" and fact.name not in _CODES:
            yield Candidate(Value(float(number), (fact.id,), fact.key, fact.name), "count")
        elif unit == "s":
            yield Candidate(Value(float(number), (fact.id,), fact.key, fact.name), "seconds")
        elif unit == "time":
            yield Candidate(Value(scene.ground.now - number, (fact.id,), fact.key, f"now-{fact.name}"), "seconds")


def _means(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """Whether the words around say it is what the fact is."""
    if candidate.dim == "seconds":
        return _length(scene, amount, candidate)
    if candidate.dim == "count":
        return _counts(scene, amount, candidate)
    return (
        _of_resource(scene, amount, candidate)
        and _of_part(scene, amount, candidate)
        and _of_key(scene, amount, candidate)
    )


def _of_resource(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    if amount.rate and (through := THROUGH.match(scene.line, amount.end)) is not None:
        return through.lastgroup == candidate.resource
    start, end = scene.segment(amount.start, amount.end)
    if candidate.dim == "bytes" and candidate.value.name not in (exactly(scene, amount) or (candidate.value.name,)):
        return False
    told = [item for item in scene.resources if not amount.start <= item[0] < amount.end]
    here = [item for item in told if start <= item[0] and item[1] <= end]
    before = [item for item in told if item[1] <= amount.start]
    near = sorted(here, key=lambda item: item[0] - amount.end if item[0] >= amount.end else amount.start - item[1])
    nearest = near[:1] or before[-1:] or told[:1]
    said = {item[2] for item in nearest} or ({scene.topic.resource} if scene.topic.resource else set())
    fine = _ALSO.get(candidate.resource, frozenset({candidate.resource}))
    return not said or bool(said & fine)


def _of_part(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    start, end = scene.segment(amount.start, amount.end)
    left, right, part = scene.nameless[start : amount.start], scene.nameless[amount.end : end], candidate.part
    others = [item for item in quantities(scene.line, scene.line) if item.end <= amount.start]
    near = bool(others) and amount.start - others[-1].end < 32
    second = _OF_LEFT.search(scene.line[: amount.start]) is not None and near
    if part == "":
        remains = not second and (LEFT_AFTER.search(right) or LEFT_BEFORE.search(left))
        owned = OWNED.search(left) and _OF_MEMORY.match(right)
        limited = owned or (amount.dim != "ratio" and (_LIMIT_RIGHT.match(right) or _LIMIT_LEFT.search(left)))
        charged = candidate.resource != "charged" or _CHARGED.search(scene.line) is not None
        if candidate.value.name in ("host_memory", "host_cpus"):
            return second or not (remains or _OF_RIGHT.match(scene.line[amount.end :]))
        return not (remains or limited or second) and charged
    if part == "left":
        return _LEFT_WORD.search(scene.line) is not None and not second and not _USED_AFTER.match(right)
    if _OF_RIGHT.match(scene.line[amount.end :]) or (not second and (_USED.search(left) or LEFT_AFTER.search(right))):
        return False
    return second or _LIMIT_WORD.search(scene.line) is not None


_PATH = lazily(r"(?<![\w.])/[\w./-]*|\broot (?:file ?system|fs|disk|partition|volume)\b", re.I)


def _of_key(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
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
    if candidate.part == "left":
        return re.search(r"\b(?:more|left|remain\w*|to go|before|room)\b", scene.line) is not None
    behind = scene.nameless[amount.end : amount.end + 40]
    noun = COUNT.search(behind)
    if noun is not None and _TO_NOUN.fullmatch(behind[: noun.start()]):
        return any(name == item.strip("#@").partition("[")[0] for item in _of_noun(noun))
    if name == "log_template":
        fact = scene.index.by_id[candidate.value.ids[0]]
        start, end = scene.segment(amount.start, amount.end)
        near = _VERB.split(scene.line[amount.end : end])[0]
        return max(logs.share(re.sub(r"[/-]", " ", text), fact.key) for text in (near, scene.line[start:end])) >= 0.5
    if name == "host_load":
        return load.over(scene, amount) in ("", candidate.value.key)
    if name == "containers":
        return candidate.value.key in scene.line[slice(*scene.segment(amount.start, amount.end))]
    words = _words(name)
    near = scene.line[: amount.end + 40]
    return re.search(rf"\b(?:{words})\b", near, re.I) is not None and not _other_noun(scene, amount, name)


_TO_NOUN = lazily(r"\s*(?:of (?:them|these|those|which|my \w+) )?(?:(?:is|are|was|were) )?(?:[a-z-]+\s+){0,2}", re.I)


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
