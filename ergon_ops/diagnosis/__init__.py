"""From facts to causes: what rules conclude about one container, most specific cause first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

# A family that is imported is a family whose rules are declared.
from ergon_ops.diagnosis import addresses as addresses
from ergon_ops.diagnosis import answers as answers
from ergon_ops.diagnosis import capabilities as capabilities
from ergon_ops.diagnosis import certificates as certificates
from ergon_ops.diagnosis import clients as clients
from ergon_ops.diagnosis import configuration as configuration
from ergon_ops.diagnosis import cpu as cpu
from ergon_ops.diagnosis import dependencies as dependencies
from ergon_ops.diagnosis import disks as disks
from ergon_ops.diagnosis import exits as exits
from ergon_ops.diagnosis import grants as grants
from ergon_ops.diagnosis import health as health
from ergon_ops.diagnosis import hygiene as hygiene
from ergon_ops.diagnosis import logs as logs
from ergon_ops.diagnosis import loops as loops
from ergon_ops.diagnosis import memory as memory
from ergon_ops.diagnosis import mounts as mounts
from ergon_ops.diagnosis import names as names
from ergon_ops.diagnosis import namespaces as namespaces
from ergon_ops.diagnosis import nginx as nginx
from ergon_ops.diagnosis import oom as oom
from ergon_ops.diagnosis import ports as ports
from ergon_ops.diagnosis import postgres as postgres
from ergon_ops.diagnosis import processes as processes
from ergon_ops.diagnosis import programs as programs
from ergon_ops.diagnosis import redis as redis
from ergon_ops.diagnosis import refusals as refusals
from ergon_ops.diagnosis import replicas as replicas
from ergon_ops.diagnosis import runtimes as runtimes
from ergon_ops.diagnosis import sayings as sayings
from ergon_ops.diagnosis import schemes as schemes
from ergon_ops.diagnosis import security as security
from ergon_ops.diagnosis import shares as shares
from ergon_ops.diagnosis import startup as startup
from ergon_ops.diagnosis.arbitration import arbitrate, merged
from ergon_ops.diagnosis.rules import RULES, Conclusion, Rule, finding_id
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.verdict import Verdict, verdict
from ergon_ops.facts import Group
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref

__all__ = [
    "RULES", "Conclusion", "Rule", "Scene", "Verdict", "diagnose", "faults", "merged", "needs",
    "peer_needs", "verdict", "window",
]  # fmt: skip


def needs(rules: Iterable[Rule] | None = None) -> tuple[Group, ...]:
    """The fact groups to read before `diagnose` has something to go by."""
    chosen = RULES.values() if rules is None else rules
    return tuple(dict.fromkeys(group for rule in chosen for group in rule.needs))


def peer_needs(rules: Iterable[Rule] | None = None) -> tuple[Group, ...]:
    """The fact groups to read of the containers near the one that is asked about."""
    chosen = RULES.values() if rules is None else rules
    return tuple(dict.fromkeys(group for rule in chosen for group in rule.peers))


@cache
def faults() -> tuple[Rule, ...]:
    """The rules of what is wrong: what only an audit would say replaces none of it, and is not wanted by most."""
    return tuple(rule for rule in RULES.values() if rule.nature == "fault")


def window(rules: Iterable[Rule] | None = None) -> float:
    """Over how many seconds rates should be read; 0 if no rule wants one."""
    return max((rule.window_s for rule in (RULES.values() if rules is None else rules)), default=0.0)


def diagnose(scene: Scene, ref: Ref, rules: Sequence[Rule] | None = None) -> tuple[Finding, ...]:
    """What the facts of the scene prove about `ref`. The same facts give the same findings with the same ids."""
    chosen = tuple(RULES.values()) if rules is None else tuple(rules)
    return arbitrate((finding for rule in chosen for finding in _concluded(rule, scene, ref)), chosen)


def _concluded(rule: Rule, scene: Scene, ref: Ref) -> Iterator[Finding]:
    for part in rule.function(scene, ref):
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
