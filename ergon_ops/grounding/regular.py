"""How often something happens, said without a number: `every night`, `hourly`. It needs a fact with these words."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_SPAN = r"(?:minute|hour|day|night|week|month|morning|evening|weekend)"
_REGULARLY = lazily(
    rf"\b(?:(?:every|each) (?:single |few |other |couple of )?{_SPAN}s?|once (?:an?|per|every) {_SPAN}|hourly|daily|"
    r"nightly|weekly|monthly|periodically|at regular intervals|like clockwork)\b",
    re.I,
)
_SPOKEN = frozenset({"every", "each", "single", "few", "other", "couple", "of", "once", "a", "an", "per"})


def find(scene: Scene) -> None:
    for match in _REGULARLY.finditer(scene.free):
        if scene.mood(match.start()) not in ("assert", "hedged"):
            continue
        said = set(re.findall(r"[a-z]+", match[0].lower())) - _SPOKEN
        known = any(said <= set(scene.index.words(ref)) for ref in scene.subjects(match.start()))
        if not known:
            scene.claim("statement", match.start(), match.end(), why="how often was not read", about=("event",))
