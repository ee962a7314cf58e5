"""What kind a mount is: bind, volume or tmpfs; and which one a program is of that `is down`."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD, programs_of
from ergon_ops.grounding.programs import program_state
from ergon_ops.grounding.scene import Scene

_KIND = lazily(
    r"(?<![\w.])(?P<path>/[\w./-]+)\s*(?:\(|,)?\s*(?:is|comes from|lives on|sits on|:)\s+(?:mounted (?:as|from) )?"
    r"(?P<not>not )?(?:an? |the )?(?:\w+ )?(?P<kind>bind|volume|tmpfs)\b",
    re.I,
)
_AT = lazily(
    r"\b(?:volume |mount )?(?P<name>[\w.-]+)?\s*(?:is |are )?mounted (?:at|on|under|to|as) (?P<path>/[\w./-]*)", re.I
)
_CALLED = lazily(
    r"\b(?:volume|mount)(?: called| named)? (?P<name>[\w.-]+) (?:is )?(?:at|on|under) (?P<path>/[\w./-]*)", re.I
)
_WHICH = lazily(
    r"\s+(?:that|which)(?:'s| is| isn't| is not)\s+(?:currently |now )?(?P<state>down|up|running|listening|dead|"
    r"stopped)\s+is\s+"
    r"(?:the one )?(?:in |of |that of |inside )?(?:the (?:container )?)?(?P<whom>mine|[\w-]+)",
    re.I,
)


def find(scene: Scene) -> None:
    for kind in _KIND.finditer(scene.line):
        if scene.mood(kind.start()) not in ("assert", "hedged"):
            continue
        rows = [row for ref in scene.subjects(kind.start()) for row in scene.index.facts(ref, "mount")]
        own = [row for row in rows if row.key == kind["path"].rstrip(".,")]
        good = [row.id for row in own if str(row.value).startswith(kind["kind"].lower()) is not bool(kind["not"])]
        scene.decide("state", kind.start(), kind.end(), tuple(good) or None, "it is no such mount", ("mount",))
    for found in (*_AT.finditer(scene.line), *_CALLED.finditer(scene.line)):
        rows = [row for ref in scene.subjects(found.start("path")) for row in scene.index.facts(ref, "mount")]
        if scene.mood(found.start()) not in ("assert", "hedged") or not rows or "not " in found[0]:
            continue
        names = {str(row.value).split()[-1].lower() for row in rows}
        named = (found["name"] or "").lower()
        path = found["path"].rstrip(".,") or "/"
        own = [row for row in rows if row.key == path]
        told = tuple(row.id for row in own if named not in names or str(row.value).lower().endswith(named))
        scene.decide("state", found.start(), found.end(), told or None, "nothing is mounted there so", ("mount",))
    for program in PROGRAM_WORD.finditer(scene.line):
        if (match := _WHICH.match(scene.line, program.end())) is None:
            continue
        at = match.start("whom")
        ref = next((item.ref for item in scene.mentions if item.start <= at < item.end), None)
        ref = scene.ground.speaker if match["whom"].lower() == "mine" else ref
        if ref is not None:
            state = "down" if match["state"].lower() in ("down", "dead", "stopped") else "running"
            negative = "n't" in match[0] or " not " in match[0]
            ids = program_state(scene, state, (ref,), programs_of(program[0].lower()), negative)
            scene.decide("state", program.start(), match.end(), ids, "not so of that one", ("serving",))
            scene.take(program.start(), match.end())
