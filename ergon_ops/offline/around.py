"""Those around a container that were looked at when the cause was found elsewhere, and that are fine."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.facts import Fact
from ergon_ops.offline.teller import Said, Teller, say
from ergon_ops.offline.units import plain
from ergon_ops.refs import Ref

USES = "uses "
MOST = 4


def fine(t: Teller) -> Said:
    """One sentence on whom it uses besides the origin, if they run and their healthchecks pass. Nothing, where the
    cause is its own."""
    if not any(finding.about != t.view.ref for finding in t.faults):
        return
    blamed = {ref for finding in t.faults for ref in (finding.about, *finding.victims)}
    told: list[str] = []
    facts: list[Fact] = []
    for ref in _used(t):
        state, health = t.view.ledger.get(ref, "state"), t.view.ledger.get(ref, "health")
        if ref in blamed or state is None or health is None or state.value != "running":
            continue
        if health.value in ("healthy", "none") and len(told) < MOST:
            word = health if health.value == "healthy" else state
            told.append(f"{plain(ref.name)} ({plain(word.value)})")
            facts.append(word)
    if told:
        yield say(f"Checked and fine: {', '.join(told)}.", *facts)


def _used(t: Teller) -> Iterator[Ref]:
    """The containers behind its links: by name, or by their service."""
    labels = {row.key.removeprefix(USES) for row in t.rows("link") if row.key.startswith(USES)}
    known = dict.fromkeys(fact.about for fact in t.view.ledger if fact.name == "state")
    for ref in known:
        if ref != t.view.ref and labels & {ref.name, t.view.ledger.text(ref, "service")}:
            yield ref
