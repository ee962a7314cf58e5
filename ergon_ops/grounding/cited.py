"""What a sentence cites: a number of a cited fact, said of whom and of what that fact is, is carried by it, whatever
English stands around. What the words say it is (a limit, what is left, of which resource) must be what the fact is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache

from ergon_ops.grounding import counts
from ergon_ops.grounding.amounts import Amount, quantities
from ergon_ops.grounding.coverage import DENIES
from ergon_ops.grounding.index import Value, atoms_of
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import (
    HOST_METRICS,
    METRICS,
    OF_HOST,
)
from ergon_ops.grounding.scene import HOST_WORD, Scene
from ergon_ops.grounding.senses import Candidate, means
from ergon_ops.grounding.words import Claim
from ergon_ops.refs import Ref, host_ref

NUMBERS = frozenset({"number", "count", "time"})
_PRONOUN = lazily(r"\b(?:it|its|which|they|their|them|there|that)\b", re.I)
_FOR = lazily(r"\s*(?:[a-z-]+ ){0,2}?(?:for|in|on|of|by|from|at)\s+(?:the )?(?:container )?\W*$", re.I)
_CODES = frozenset({"exit_code", "health_exit_code"})


def as_cited(claim: Claim, scene: Scene, cited: Collection[str]) -> Claim:
    """The claim, carried if a fact the sentence cites has this very number."""
    if claim.supported or not cited:
        return claim
    if claim.kind == "state" and (id := _state(claim, scene, cited)):
        return replace(claim, why="", fact_ids=(id,))
    if claim.kind not in NUMBERS:
        return claim
    amount = amount_of(scene, claim)
    if amount is None:
        return claim
    refs = whom(scene, amount.start, amount.end)
    for candidate in candidates(scene, refs, frozenset(cited)):
        if fits(amount, candidate) and means(scene, amount, candidate) and _of_all(scene, amount, candidate):
            return replace(claim, why="", fact_ids=candidate.value.ids)
    return claim


def _of_all(scene: Scene, amount: Amount, candidate: Candidate) -> bool:
    """Of several who are named together, each must have it."""
    values = list(scene.values([candidate.value.name], scene.subjects(amount.start)))
    return counts.of_each(scene, amount, values)


def amount_of(scene: Scene, claim: Claim) -> Amount | None:
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


def fits(amount: Amount, candidate: Candidate) -> bool:
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
    rows += [("ratio", "charged", "", "memory_usage/memory_limit")]
    rows += [("bytes", "charged", "left", "memory_limit-memory_usage")]
    rows += [("bytes", "charged", "", "memory_usage"), ("count", "pids", "left", "pids_limit-pids")]
    rows += [("ratio", "load", "", "host_load/host_cpus")]
    rows += [("ratio", "errors", "", "log_errors/log_lines"), ("seconds", "ran", "", "finished_at-started_at")]
    return tuple(
        (*row, frozenset(atom for atom in atoms_of(row[3]) if atom[0].isalpha() and atom != "now"))
        for row in dict.fromkeys(rows)
    )


# Facts in which a port stands; never a text that somebody wrote.
_OF_PORTS = frozenset({"serving", "listener", "published_port", "exposed_port", "env_host", "link", "connection"})
_PORT = lazily(r":(\d{2,5})(?:/|\b)")


def candidates(scene: Scene, refs: set[Ref], cited: frozenset[str]) -> Iterator[Candidate]:
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
        if fact.name in _OF_PORTS and (port := _PORT.search(f"{fact.key} {number}")) is not None:
            yield Candidate(Value(float(port[1]), (fact.id,), fact.key, fact.name), "count", "port")
        if fact.name == "process":
            same = [row for row in scene.index.facts(fact.about, "process") if row.value == number]
            ids = tuple(row.id for row in same)
            yield Candidate(Value(float(len(same)), ids, str(number), "process"), "count", "program")
        if fact.name == "process" and fact.key.isdigit():
            yield Candidate(Value(float(fact.key), (fact.id,), fact.key, fact.name), "count")
        if isinstance(number, bool) or not isinstance(number, int | float):
            continue
        if fact.name == "log_template":
            for whole in scene.index.evaluate("log_lines", fact.about):
                share = number / whole.number if whole.number else 0.0
                yield Candidate(Value(share, (fact.id, *whole.ids), fact.key, fact.name), "ratio", "line")
        if unit == "count" and fact.name not in _CODES:
            yield Candidate(Value(float(number), (fact.id,), fact.key, fact.name), "count")
        elif unit == "s":
            yield Candidate(Value(float(number), (fact.id,), fact.key, fact.name), "seconds")
        elif unit == "time":
            yield Candidate(Value(scene.ground.now - number, (fact.id,), fact.key, f"now-{fact.name}"), "seconds")
