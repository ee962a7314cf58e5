"""Assertions in words that no table knows, and the facts that carry them all the same."""

from __future__ import annotations

import re
from dataclasses import replace

from ergon_ops.facts import Fact
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Claim
from ergon_ops.refs import Ref

STEM = 4  # letters that two forms of a word share: serving, serves
EVERYWHERE = frozenset({"ratio", "lifetime", "rate", "host", "count", "none", "true", "false", "name"})
_DENIES = re.compile(r"\b(?:not|never|no|without|neither|nor|nothing|nobody|hardly|cannot)\b|n't\b", re.I)


def as_read(claim: Claim, scene: Scene, cited: tuple[str, ...]) -> Claim:
    """The claim, carried if a fact of whom it is about says it in its own words (`restart_policy: always`), or if it
    cites one of the same thing. Only what nobody recognised: a number, a state, a name, a cause that is claimed is
    looked up, and a citation is no proof of it."""
    if claim.kind != "statement" or claim.supported:
        return claim
    words = {word[:STEM] for word in re.findall(r"[a-z]{3,}", claim.text.lower())}
    denies = _DENIES.search(claim.text) is not None
    refs = _whom(claim, scene)
    for fact in scene.ground.ledger:
        if not _topic(fact) or fact.about not in refs:
            continue
        if (fact.id in cited and _topic(fact) & words) or (not denies and _topic(fact) <= words and _said(fact, scene)):
            return replace(claim, why="", fact_ids=(fact.id,))
    return claim


def _whom(claim: Claim, scene: Scene) -> set[Ref]:
    inside = {item.ref for item in scene.mentions if claim.start <= item.start < claim.end}
    named = inside or {item.ref for item in scene.mentions}
    return named or set(scene.topic.subjects) or set(scene.ground.refs[:1])


def _topic(fact: Fact) -> set[str]:
    return {word[:STEM] for word in fact.name.split("_") if word not in EVERYWHERE}


def _said(fact: Fact, scene: Scene) -> bool:
    """Whether its value, or of a service what and where it is, stands in the sentence."""
    text = scene.text.lower()
    if fact.name == "serving":
        parts = re.findall(r"[a-z0-9.-]+", fact.key.lower())
        return fact.value in ("listening", "running") and all(_word(part, text) for part in parts)
    return isinstance(fact.value, str) and len(fact.value) > 1 and _word(fact.value.lower(), text)


def _word(part: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", text) is not None
