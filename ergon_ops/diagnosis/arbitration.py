"""Which of several proven causes to name: the most specific one, each once, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ergon_ops.diagnosis.rules import Rule
from ergon_ops.findings import SEVERITY_ORDER, Finding
from ergon_ops.refs import Ref


def arbitrate(findings: Iterable[Finding], rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Drop what a more specific finding about the same container explains; faults before audit, worst first."""
    unique: dict[str, Finding] = {}
    for finding in findings:
        unique.setdefault(finding.id, finding)
    explains = _replaced_by({rule.cause: rule.over for rule in rules})
    explained: dict[Ref, set[str]] = {}
    for finding in unique.values():
        explained.setdefault(finding.about, set()).update(explains.get(finding.cause, ()))
    kept = [finding for finding in unique.values() if finding.cause not in explained[finding.about]]
    return tuple(sorted(kept, key=_rank))


def _replaced_by(over: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Each cause with all that it replaces, directly or through another; two that name each other both stay."""
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
