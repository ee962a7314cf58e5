"""From facts to causes: what rules conclude about one container, most specific cause first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ergon_ops.diagnosis import cpu as cpu
from ergon_ops.diagnosis.arbitration import arbitrate
from ergon_ops.diagnosis.rules import RULES, Conclusion, Rule, finding_id
from ergon_ops.facts import Group, Ledger
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref

__all__ = ["RULES", "Conclusion", "Rule", "diagnose", "needs", "window"]


def needs(rules: Iterable[Rule] | None = None) -> tuple[Group, ...]:
    """The fact groups to read before `diagnose` has something to go by."""
    chosen = RULES.values() if rules is None else rules
    return tuple(dict.fromkeys(group for rule in chosen for group in rule.needs))


def window(rules: Iterable[Rule] | None = None) -> float:
    """Over how many seconds rates should be read; 0 if no rule wants one."""
    return max((rule.window_s for rule in (RULES.values() if rules is None else rules)), default=0.0)


def diagnose(ledger: Ledger, ref: Ref, rules: Sequence[Rule] | None = None) -> tuple[Finding, ...]:
    """What the facts in `ledger` prove about `ref`. The same facts give the same findings with the same ids."""
    chosen = tuple(RULES.values()) if rules is None else tuple(rules)
    return arbitrate((finding for rule in chosen for finding in _concluded(rule, ledger, ref)), chosen)


def _concluded(rule: Rule, ledger: Ledger, ref: Ref) -> Iterator[Finding]:
    for part in rule.function(ledger, ref):
        absent = [key for key in rule.details if key not in part.details]
        if absent:
            raise AssertionError(f"rule {rule.cause} promises details it does not give: {', '.join(absent)}")
        about = part.about or ref
        yield Finding(
            id=finding_id(rule.cause, about, part.details),
            cause=rule.cause,
            nature=rule.nature,
            severity=part.severity or rule.severity,
            about=about,
            summary=part.summary,
            evidence=tuple(dict.fromkeys(fact.id for fact in part.evidence)),
            victims=tuple(part.victims),
            details=dict(part.details),
            missing=tuple(part.missing),
            fix=part.fix,
        )
