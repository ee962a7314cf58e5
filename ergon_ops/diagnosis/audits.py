"""How an audit result is declared: a row of a table, never a fault, never a cause without other evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Severity
from ergon_ops.refs import Ref


class Hit(NamedTuple):
    """Facts that show it, and what the sentence and the details name."""

    evidence: tuple[Fact, ...]
    details: Mapping[str, Any] = {}
    words: Mapping[str, Any] = {}


class Audit(NamedTuple):
    """`source` names who says so: docker-bench section, hadolint rule, kube-linter check."""

    cause: str
    what: str
    sentence: str
    look: Callable[[Scene, Ref], Iterable[Hit]]
    needs: tuple[Group, ...]
    source: str
    fixes: tuple[str, ...] = ("recreate",)
    severity: Severity = "info"
    details: tuple[str, ...] = ()


def declare(table: Iterable[Audit]) -> None:
    for row in table:
        rule(
            row.cause,
            severity=row.severity,
            needs=row.needs,
            nature="audit",
            details=row.details,
            tier="T1",
            fixes=row.fixes,
        )(_function(row))


def _function(row: Audit) -> Callable[[Scene, Ref], Iterator[Conclusion]]:
    def audited(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
        for hit in row.look(scene, ref):
            sentence = row.sentence.format(**{**hit.details, **hit.words})
            yield Conclusion(summary=sentence, evidence=hit.evidence, details=hit.details)

    audited.__doc__ = f"{row.what} Source: {row.source}."
    return audited


def where(name: str, holds: Callable[[Any], bool]) -> Callable[[Scene, Ref], Iterator[Hit]]:
    """Of one fact without a key; only if it was read."""

    def look(scene: Scene, ref: Ref) -> Iterator[Hit]:
        fact = scene.get(ref, name)
        if fact is not None and holds(fact.value):
            yield Hit((fact,), {}, {"it": fact.value})

    return look
