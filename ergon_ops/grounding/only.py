"""`the only one that …`, `only looper has …`: so of one, and of none of the others."""

from __future__ import annotations

import re
from collections.abc import Callable

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Checked, Ground
from ergon_ops.refs import Ref

Check = Callable[[str, Ground], Checked]
_ONLY_ONE = lazily(
    r"\b(?:the only|the sole) (?:(?P<adjective>[a-z-]+) )?(?:container|one|service|member|"
    r"instance)s?\b(?P<rest>[^.;:(]*)",
    re.I,
)
_ONLY_NAME = lazily(r"(?:^|[.;:,] |\b(?:and|but) )\W*only (?=(?P<name>[\w-]+)\b)(?P<rest>[^.;:(]*)", re.I)


def find(scene: Scene, checked: Check) -> None:
    for match in (*_ONLY_ONE.finditer(scene.free), *_ONLY_NAME.finditer(scene.free)):
        if scene.mood(match.start()) not in ("assert", "hedged"):
            continue
        groups = match.groupdict()
        at = match.start("rest") + 1 if "name" in groups else match.start()
        refs = [
            item.ref for item in scene.mentions if match.start("rest") <= item.start <= at + 1 and item.word != "host"
        ]
        subject = tuple(refs[:1]) if "name" in groups else scene.subjects(match.start())[:1]
        rest = match["rest"].strip()
        if "name" in groups:
            rest = rest[len(match["name"]) :].strip()
            if not subject:
                continue
        elif groups["adjective"] and not rest:
            rest = f"is {groups['adjective']}"
        rest = re.sub(
            r"^(?:that|which|who)\s+|^(?=with\b|without\b)", lambda found: "is " if not found[0] else "", rest
        )
        rest = re.sub(r"^is with\b", "has", re.sub(r"^is without\b", "has no", rest))
        if len(rest.split()) < 2 or not subject:
            continue
        known = dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()])
        also = [ref for ref in known if ref not in subject and _so(checked, scene.ground, ref, rest)]
        mine = checked(f"{subject[0].name} {rest}.", scene.ground)
        ids = None if also or not mine.ok or not mine.claims else mine.fact_ids
        scene.decide("rank", match.start(), match.end(), ids, "not the only one by what was read", ("state",))


def _so(checked: Check, ground: Ground, ref: Ref, rest: str) -> bool:
    found = checked(f"{ref.name} {rest}.", ground)
    return found.ok and bool(found.claims)
