"""Lists behind what is said of those in them: `The four running ones are A, B, C and D`, `Two have no limit: A and B`.
Each that is listed must be so, and as many as were said."""

from __future__ import annotations

import re
from collections.abc import Callable

from ergon_ops.grounding.amounts import WORD_NUMBER, number_of_word
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Mention, Scene
from ergon_ops.grounding.words import Checked, Ground

Check = Callable[[str, Ground], Checked]
_N = rf"(?P<n>\d+|{WORD_NUMBER}|the|all|these)"
_STATE = r"running|exited|stopped|healthy|unhealthy|restarting|paused|throttled|affected"
_ARE = lazily(
    rf"(?:^|\b(?:and|but|the|my|all)\s)\W*{_N}\s+(?:other )?(?P<state>{_STATE})(?: ones?| containers?)?(?: here|"
    rf" on this host)?\s+"
    r"(?:are|is|were|:)\W",
    re.I,
)
_ARE_THE = lazily(
    rf"\s+are (?:the|our|my) (?:only )?(?:{WORD_NUMBER})? ?(?:(?P<state>{_STATE})(?: ones| containers)\b|"
    r"(?:ones |containers )?(?:that|which|who) (?P<rest>[^.;:,(]{4,60}))",
    re.I,
)
_COLON = lazily(
    rf"\b{_N}(?: (?:of|out of)(?: the| my| our| all| these)* (?:\w+ )?containers?| containers?| of them| others?)?\s+"
    r"(?P<rest>(?:are|is|have|has|report|reports|lack|use|keep|were)\s[^:;.,(]{3,60}?)\s*(?::|\(|\s[–—-])\s",
    re.I,
)
_BETWEEN = lazily(r"\W*(?:,|and|&|, and|plus|as well as)?\W*(?:the |container )?", re.I)
_SINGULAR = {
    "are": "is",
    "have": "has",
    "report": "reports",
    "lack": "lacks",
    "use": "uses",
    "keep": "keeps",
    "were": "was",
}


def find(scene: Scene, checked: Check) -> None:
    _are_the(scene, checked)
    for pattern in (_ARE, _COLON):
        for match in pattern.finditer(scene.line):
            if scene.mood(match.start()) not in ("assert", "hedged"):
                continue
            listed = _listed(scene, match.end())
            if len(listed) > 1 or (listed and pattern is _COLON):
                _judge(scene, match, listed, checked)


def _are_the(scene: Scene, checked: Check) -> None:
    """`A and B are the unhealthy containers`: each of them, and nobody else."""
    for match in _ARE_THE.finditer(scene.line):
        refs = scene.subjects(match.start() + 1)
        known = dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()])
        verb, _, rest = (match["rest"] or f"is {match['state']}").strip().replace("aren't", "are not").partition(" ")
        told = f"{_SINGULAR.get(verb.lower(), verb)} {rest}"
        each = {ref: checked(f"{ref.name} {told}.", scene.ground) for ref in known}
        good = all(item.ok is (ref in refs) for ref, item in each.items())
        ids = tuple(id for ref in refs for id in each[ref].fact_ids) if good else None
        scene.decide("count", match.start(), match.end(), ids, "not so of just these", ("state",))


def _listed(scene: Scene, start: int) -> list[Mention]:
    """Those named from a place on, joined by commas and `and`, up to the end of the clause."""
    found: list[Mention] = []
    at = start
    for item in scene.mentions:
        if item.start < start - 1 or item.word == "host":
            continue
        if not _BETWEEN.fullmatch(scene.line[at : item.start]) or item.word in ("my", "me"):
            break
        found.append(item)
        at = item.end
    return found if re.match(r"\W*(?:$|[.;)])|\s*[–—(]", scene.line[at:]) else []


def _judge(scene: Scene, match: re.Match[str], listed: list[Mention], checked: Check) -> None:
    groups = match.groupdict()
    verb, _, rest = (groups.get("rest") or f"is {groups.get('state')}").strip().partition(" ")
    told = f"{_SINGULAR.get(verb.lower(), verb)} {rest}"
    said = match["n"].lower()
    number = None if said in ("the", "all", "these") else number_of_word(said)
    refs = {item.ref for item in listed}
    each = [checked(f"{ref.name} {told}.", scene.ground) for ref in refs]
    if not any(item.claims for item in each):
        return
    good = all(item.ok for item in each) and len(refs) == len(listed) and number in (None, len(refs))
    ids = tuple(id for item in each for id in item.fact_ids) if good else None
    if good:  # said of them, not of whom the rest speaks
        scene.claims = [
            claim for claim in scene.claims if claim.supported or not match.start() <= claim.start < match.end()
        ]
    scene.decide("count", match.start(), listed[-1].end, ids, "not so of each that is listed", ("state",))
