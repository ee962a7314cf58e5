"""What is said not to be set, and a fact says so: `no swap limit`, `neither CPU shares nor a cpuset are set`."""

from __future__ import annotations

import re
from dataclasses import replace

from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Claim

KINDS = frozenset({"none", "state"})
AHEAD = 48
_NEGATED = re.compile(r"\b(?:no|not|none|neither|nor|without|n't|nothing)\b", re.I)
# What else than its whole name a fact is called.
_SHORT = {"cpu_shares": frozenset({"shares"}), "memory_swap_limit": frozenset({"swap", "limit"})}


def as_unset(claim: Claim, scene: Scene) -> Claim:
    """The claim, carried by facts of whom it is about that are null, if the words right behind it name them all."""
    if claim.supported or claim.kind not in KINDS or not _NEGATED.search(scene.line[: claim.end]):
        return claim
    said = scene.line[max(0, claim.start - AHEAD) : claim.end + AHEAD].lower()
    words = set(re.findall(r"[a-z]+", said))
    refs = tuple(scene.subjects(claim.start))
    named = [fact for fact in scene.ground.ledger if fact.about == refs[0] and fact.value is None] if refs else []
    for fact in named:
        if (name := _name(fact.name)) and name <= words:
            each = [row for ref in refs for row in scene.index.facts(ref, fact.name)]
            if {row.about for row in each} == set(refs) and all(row.value is None for row in each):
                return replace(claim, why="", fact_ids=tuple(row.id for row in each))
    return claim


def _name(name: str) -> frozenset[str]:
    return _SHORT.get(name) or frozenset(name.split("_"))
