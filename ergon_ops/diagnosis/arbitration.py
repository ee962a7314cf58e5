"""Which of several proven causes to name: the most specific one, each once, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from ergon_ops.diagnosis.rules import RULES, Rule
from ergon_ops.findings import SEVERITY_ORDER, Finding
from ergon_ops.refs import Ref


def arbitrate(findings: Iterable[Finding], rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Drop what a more specific finding about the same container explains, and symptoms of what has a cause; faults
    before audit, worst first."""
    unique: dict[str, Finding] = {}
    for finding in findings:
        unique.setdefault(finding.id, finding)
    if not unique:
        return ()
    explains = _replaced_by(tuple((rule.cause, rule.over) for rule in rules))
    explained: dict[Ref, set[str]] = {}
    for finding in unique.values():
        explained.setdefault(finding.about, set()).update(explains.get(finding.cause, ()))
    kept = [finding for finding in unique.values() if finding.cause not in explained[finding.about]]
    symptoms = {rule.cause for rule in rules if rule.symptom}
    asides = {rule.cause for rule in rules if rule.aside}
    accounted = set[Ref]()
    for finding in kept:
        if finding.nature == "fault" and finding.cause not in symptoms | asides:
            accounted |= {finding.about, *finding.victims}
    told = [item for item in kept if item.cause not in symptoms or item.about not in accounted]
    return tuple(sorted(told, key=_rank))


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of several containers as one list: what two of them say of a third is one finding with both as its
    victims, and a symptom of one gives way to a cause another was found to be the victim of."""
    known: dict[str, Finding] = {}
    for item in findings:
        other = known.get(item.id)
        if other is None:
            known[item.id] = item
        else:
            victims = tuple(dict.fromkeys((*other.victims, *item.victims)))
            evidence = tuple(dict.fromkeys((*other.evidence, *item.evidence)))
            known[item.id] = replace(other, victims=victims, evidence=evidence)
    return arbitrate(known.values(), tuple(RULES.values()))


@lru_cache(8)
def _replaced_by(declared: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[str, set[str]]:
    """Each cause with all that it replaces, directly or through another; two that name each other both stay."""
    over = dict(declared)
    reached: dict[str, set[str]] = {}
    for cause in over:
        todo, seen = list(over[cause]), set[str]()
        while todo:
            next_cause = todo.pop()
            if next_cause not in seen and next_cause != cause:
                seen.add(next_cause)
                todo += over.get(next_cause, ())
        reached[cause] = seen
    return {cause: {less for less in seen if cause not in reached.get(less, ())} for cause, seen in reached.items()}


def _rank(finding: Finding) -> tuple[int, int, str, str]:
    return (finding.nature != "fault", SEVERITY_ORDER[finding.severity], finding.cause, finding.id)
