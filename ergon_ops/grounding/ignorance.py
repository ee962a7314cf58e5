"""What is said not to be known, and was read: `my CPU limit could not be read`, with the limit in the ledger."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

# What it is called → names of facts that are it.
_WHAT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?:memory|ram) limit", ("memory_limit",)),
    (r"cpu (?:limit|quota)", ("cpu_limit",)),
    (r"(?:memory|ram) (?:use|usage|consumption)", ("memory_working_set", "memory_usage")),
    (r"cpu (?:use|usage|consumption)", ("cpu_usage",)),
    (r"health(?: status| state)?", ("health",)),
    (r"(?:run )?(?:state|status)", ("state",)),
    (r"uptime", ("uptime",)),
    (r"exit (?:code|status)", ("exit_code",)),
    (r"restart count|number of restarts", ("restart_count",)),
    (r"restart policy", ("restart_policy",)),
    (r"image(?: name)?", ("image",)),
)
_NAMED = "|".join(f"(?:{words})" for words, _ in _WHAT)
_OF = r"(?: of (?:the )?(?:container )?[\w.-]+?)?"
_AFTER = (
    r"(?:is|are|was|were) (?:currently )?(?:not (?:\w+ )?(?:known|read|available|given|measured|reported|shown|"
    r"recorded)|un(?:known|available|measured|clear))|"
    r"(?:could|can) ?(?:not|n't) be (?:read|determined|found|known|seen|measured|told|verified)"
)
_BEFORE = (
    r"(?:i|we) (?:do not|don't|cannot|can't|could not|couldn't) (?:know|tell|see|say|read|determine|find)|"
    r"(?:no|not any|without) (?:facts?|data|information|readings?|evidence) (?:gives?|shows?|tells?|about|on|for|of|"
    r"(?:is |are )(?:available |given )?(?:about|on|for|of))"
)
_UNKNOWN = lazily(
    rf"\b(?P<subject>{_NAMED}){_OF} (?:{_AFTER})\b"
    rf"|\b(?:{_BEFORE}) (?:(?:my|its|the|their|[\w.-]+'s) )?(?:current )?(?P<object>{_NAMED})"
    rf"(?=\W*$|[.,;:!]|{_OF}\W*$)",
    re.I,
)


def find(scene: Scene) -> None:
    for match in _UNKNOWN.finditer(scene.line):
        if scene.mood(match.start()) in ("question", "advice"):
            continue
        named = {item.ref for item in scene.mentions if item.word not in ("i", "host")}
        said = match["subject"] or match["object"]
        names = next((names for words, names in _WHAT if re.fullmatch(words, said, re.I)), ())
        refs = named if len(named) == 1 else set(scene.subjects(match.start())) if not named else set()
        if any(scene.index.facts(ref, name) for ref in refs for name in names):
            scene.claim("none", match.start(), match.end(), why="it was read", about=names)
