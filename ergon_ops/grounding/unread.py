"""That one has nothing read of somebody: `I have no log lines from cache`, so if none are in the ledger."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

# What is said not to have been read → names of facts that would be it.
_WHAT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?:log )?(?:lines?|logs?|entries|messages|output)", ("log_template", "log_lines")),
    (r"(?:change |engine )?events?", ("event", "events_reach")),
    (r"process(?:es)?(?: list)?", ("process",)),
    (r"memory (?:readings?|figures?|numbers?|data|facts?|use|usage)", ("memory_working_set", "memory_ratio")),
    (r"cpu (?:readings?|figures?|numbers?|data|facts?|use|usage)", ("cpu_usage", "cpu_ratio")),
    (r"disk (?:readings?|figures?|numbers?|data|facts?|use|usage)|filesystem\w*", ("fs_used", "fs_used_ratio")),
    (r"(?:recorded |known |listed )?(?:links?|dependenc(?:y|ies))", ("link",)),
    (r"network (?:traffic|readings?|figures?|rates?)|traffic", ("network_rx", "network_rx_rate")),
    (r"network (?:data|facts?|addresses)", ("network", "network_rx")),
    (r"(?:published |listening )?ports?", ("serving", "published_port", "listener")),
)
_NONE = lazily(
    r"\b(?:i|we) (?:(?:have|had|got|see|was given|hold|can see) no(?: (?:facts?|data|readings?|"
    r"information) (?:on|about|for))?|(?:do|did)(?:n't| not) (?:have|see|get)(?: any)?|"
    r"have(?:n't| not) (?:any|read|seen|got)(?: any)?) (?:"
    + "|".join(rf"(?P<w{number}>{words})" for number, (words, _) in enumerate(_WHAT))
    + r") (?:from|of|for|on|about|at)\b",
    re.I,
)
_NO_LINK = lazily(
    r"\b(?:no|without(?: an?| any)?|not (?:an?|any)) (?:\w+ )?(?:links?|dependenc(?:y|ies)|relations?|"
    r"connections?)(?: \w+)?"
    r" (?:to|on|with|from)\s+(?:the )?(?:container )?\W*$",
    re.I,
)


def find(scene: Scene) -> None:
    for item in scene.mentions:
        if item.word in ("i", "host"):
            continue
        ahead = scene.line[max(0, item.start - 80) : item.start]
        if (match := _NO_LINK.search(ahead)) is not None:
            _unlinked(scene, item.start - len(ahead) + match.start(), item.start)
    for match in _NONE.finditer(scene.free):
        target = next((one for one in scene.mentions if match.end() <= one.start <= match.end() + 16), None)
        if target is None or scene.line[match.end() : target.start].strip(" `'\"") not in (
            "",
            "the",
            "the container",
            "container",
        ):
            continue
        names = _WHAT[int((match.lastgroup or "w0")[1:])][1]
        rows = [row for name in names for row in scene.index.facts(target.ref, name)]
        known = tuple(row.id for row in scene.index.facts(target.ref, "state"))
        scene.decide(
            "none", match.start(), target.end, known if known and not rows else None, "some were read", names[:1]
        )
        scene.take(match.start(), target.end)


def _unlinked(scene: Scene, start: int, at: int) -> None:
    """`no link to cache`: the links of one of the two were read, and the other is not among them."""
    other = next(item.ref for item in scene.mentions if item.start == at)
    mine = [ref for ref in scene.subjects(start) if ref != other and ref.kind == "container"] or list(
        scene.ground.refs[:1]
    )
    rows = [(row, name) for ref in mine for row in scene.index.facts(ref, "link") for name in (other.name,)]
    rows += [(row, ref.name) for ref in mine for row in scene.index.facts(other, "link")]
    linked = any(row.key.split()[-1] == name for row, name in rows)
    ids = tuple(row.id for row, _ in rows)
    scene.decide("link", start, at, ids if ids and not linked else None, "there is one, or nobody looked", ("link",))
    scene.take(start, at)
