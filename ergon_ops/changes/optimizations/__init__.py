"""What could be better, with numbers: rules over a scene that give typed changes, or say why they give none.

Pure: nothing is read here and nothing is done. What cures a finding and what merely would be better come from the same
rules, so that they never say two things.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

# A family that is imported is a family whose rules are declared.
from ergon_ops.changes.optimizations import advice as advice
from ergon_ops.changes.optimizations import cpu as cpu
from ergon_ops.changes.optimizations import doors as doors
from ergon_ops.changes.optimizations import healthcheck as healthcheck
from ergon_ops.changes.optimizations import logs as logs
from ergon_ops.changes.optimizations import memory as memory
from ergon_ops.changes.optimizations import places as places
from ergon_ops.changes.optimizations import postgres as postgres
from ergon_ops.changes.optimizations import processes as processes
from ergon_ops.changes.optimizations import redis as redis
from ergon_ops.changes.optimizations import restarts as restarts
from ergon_ops.changes.optimizations import runtimes as runtimes
from ergon_ops.changes.optimizations import workers as workers
from ergon_ops.changes.optimizations.rule import OPTIMIZATIONS, WINDOW_S, Optimization, Site, Wish
from ergon_ops.facts import Group
from ergon_ops.findings import Finding
from ergon_ops.proposals import Intent, Withheld, canonical

__all__ = ["OPTIMIZATIONS", "WINDOW_S", "Optimization", "Site", "Wish", "cures", "needs", "suggestions", "with_fix"]


def needs(rules: Iterable[Optimization] | None = None) -> tuple[Group, ...]:
    """The fact groups to read first; those of the group `host` are the host's."""
    chosen = OPTIMIZATIONS.values() if rules is None else rules
    return tuple(dict.fromkeys(group for rule in chosen for group in rule.needs))


def cures(finding: Finding) -> tuple[Optimization, ...]:
    """The rules that may cure it, advice last."""
    found = (rule for rule in OPTIMIZATIONS.values() if finding.cause in rule.cures)
    return tuple(sorted(found, key=lambda rule: rule.id == "ADVICE"))


def suggestions(site: Site, findings: Sequence[Finding]) -> tuple[Wish, ...]:
    """What would be better for the container of the site: what promises something first, and of that cures of what
    was found; of two that want the same thing the first. Then what was withheld."""
    about = [item for item in findings if item.about == site.ref]
    wishes: list[Wish] = []
    for finding in about:
        for rule in cures(finding):
            wishes += rule.function(replace(site, finding=finding))
        if finding.fix is not None:
            wishes.append(finding.fix)
    for rule in OPTIMIZATIONS.values():
        if not rule.only_cures:
            wishes += rule.function(site)
    intents = [wish for wish in wishes if isinstance(wish, Intent)]
    held = [wish for wish in wishes if isinstance(wish, Withheld) and not _wanted(wish, intents)]
    chosen = sorted(_first(intents), key=lambda intent: intent.purpose == "hygiene")  # else in the order they came
    return (*chosen, *dict.fromkeys(held))


def with_fix(site: Site, finding: Finding, fixes: Sequence[str]) -> Finding:
    """The finding with the change that cures it, of the kinds its rule declares, if the facts of the site give one."""
    if finding.fix is not None or finding.about != site.ref:
        return finding
    for rule in cures(finding):
        for wish in rule.function(replace(site, finding=finding)):
            if isinstance(wish, Intent) and wish.kind in fixes:
                return replace(finding, fix=wish)
    return finding


def _first(intents: Iterable[Intent]) -> Iterator[Intent]:
    seen: set[bytes] = set()
    for intent in intents:
        if (place := _place(intent)) not in seen:
            seen.add(place)
            yield intent


def _place(intent: Intent) -> bytes:
    """What a change is about, whatever the value: two of one place contradict each other."""
    words: list[object] = [str(intent.target), intent.kind]
    if intent.kind == "app_setting":
        words += [intent.arguments.get("service"), intent.arguments.get("setting")]
    if intent.kind == "recreate":
        words += sorted(intent.arguments.get("patch", ()))
    return canonical(words)


def _wanted(held: Withheld, intents: Iterable[Intent]) -> bool:
    """Whether what was withheld is wanted by another rule after all."""
    return any(item.kind == held.kind and item.rule == held.rule for item in intents)
