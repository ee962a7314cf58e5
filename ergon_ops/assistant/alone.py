"""Acting with nobody asked: where the operator's own configuration says `autonomous` and a policy names the change."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any

from ergon_ops.assistant.room import House
from ergon_ops.errors import ErgonError
from ergon_ops.findings import Finding
from ergon_ops.messages import Actor
from ergon_ops.policy import decide

POLICY = Actor("daemon", "policy", "autonomous", may_approve=True)


async def act(house: House, ids: Iterable[str]) -> AsyncGenerator[dict[str, Any], None]:
    """Applies the fixes of these findings that may be applied alone, one after the other, and tells each step. What is
    refused (too soon after another change, after a rollback) is told and left to a person."""
    wanted = set(ids)
    if house.settings.mode != "autonomous" or not wanted:
        return
    for seen in house.store.findings.current():
        if seen.finding.id in wanted and _allowed(house, seen.finding):
            async for told in _apply(house, seen.finding):
                yield told


def _allowed(house: House, finding: Finding) -> bool:
    fix = finding.fix
    if fix is None or finding.nature != "fault":
        return False
    decision = decide(fix.kind, fix.reversibility, fix.target, "autonomous", house.settings.policy, can_ask=False)
    return decision.verdict == "allow"


async def _apply(house: House, finding: Finding) -> AsyncGenerator[dict[str, Any], None]:
    assert finding.fix is not None
    about = {"container": finding.fix.target.short, "finding": finding.id}
    try:
        (proposal,) = await house.changes.propose([finding.fix])
        async with aclosing(house.changes.apply_autonomously(proposal.id, actor=POLICY)) as steps:
            async for _, data in steps:
                yield {"type": "change", **about, "text": data.get("text", ""), "change": data.get("change")}
    except ErgonError as error:
        yield {"type": "notice", **about, "text": str(error)}
