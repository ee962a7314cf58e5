"""Assertions in words that no table knows, and the facts that carry them all the same."""

from __future__ import annotations

import re
from dataclasses import replace

from ergon_ops.facts import Fact
from ergon_ops.findings import Finding
from ergon_ops.grounding.coverage import DENIES, PLAIN, stem, stems
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Claim
from ergon_ops.refs import Ref

STEM = 4  # letters that two forms of a word share: serving, serves
TELLABLE = frozenset({"statement", "event", "name", "cause"})
_NO_MATTER = {stem(word) for word in PLAIN} | stems(
    "cause caused causes root reason due result because leads container"
)
EVERYWHERE = frozenset({"ratio", "lifetime", "rate", "host", "count", "none", "true", "false", "name"})


def as_read(claim: Claim, scene: Scene, cited: tuple[str, ...]) -> Claim:
    """The claim, carried if a fact of whom it is about says it in its own words (`restart_policy: always`), or if it
    cites one of the same thing. Only what nobody recognised: a number, a state, a name, a cause that is claimed is
    looked up, and a citation is no proof of it."""
    if claim.kind == "statement" and not claim.supported and _leads_in(scene):
        return replace(claim, why="")
    if claim.kind not in TELLABLE or claim.supported or (claim.kind == "cause" and claim.about == ("link",)):
        return claim
    about = _whom(claim, scene)
    found = _finding(claim, scene, about)
    if found is not None:
        return replace(claim, why="", fact_ids=found.evidence)
    if claim.kind != "statement":
        return claim
    words = {word[:STEM] for word in re.findall(r"[a-z]{3,}", claim.text.lower())}
    denies = DENIES.search(claim.text) is not None or re.search(r"\bnone\b", claim.text, re.I) is not None
    for fact in scene.ground.ledger:
        if not _topic(fact) or fact.about not in about:
            continue
        if fact.value in (0, False, None) and not denies:
            continue  # that there is none carries nothing that is said to be
        if (fact.id in cited and _topic(fact) & words) or (not denies and _topic(fact) <= words and _said(fact, scene)):
            return replace(claim, why="", fact_ids=(fact.id,))
    return claim


def _leads_in(scene: Scene) -> bool:
    """`Here are the main settings:` says nothing yet."""
    return len(scene.text) < 80 and scene.text.rstrip(" *_\n").endswith(":") and not re.search(r"\d", scene.text)


def _finding(claim: Claim, scene: Scene, about: set[Ref]) -> Finding | None:
    """The finding whose cause, summary and details have all the words that are told, whatever rule made it."""
    said = stems(scene.nameless[claim.start : claim.end]) - _NO_MATTER
    if not said or DENIES.search(scene.clause(claim.start).text):
        return None
    for finding in scene.ground.findings:
        own = f"{finding.cause} {finding.summary} {' '.join(str(value) for value in finding.details.values())}"
        if finding.about in about and said <= stems(own):
            return finding
    return None


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
