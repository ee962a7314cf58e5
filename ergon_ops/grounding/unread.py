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


_LINKED = lazily(
    r"\b(?:between (?P<a>[\w-]+) and (?P<b>[\w-]+),? there(?:'s| is) (?P<no>no |a |one )(?:\w+ )?(?:link|"
    r"dependency|connection)|"
    r"(?P<c>[\w-]+) and (?P<d>[\w-]+) are (?P<not>not )?(?:linked|connected|dependent on each other))\b",
    re.I,
)


def _pairs(scene: Scene) -> None:
    """`between A and B there is no link`, `A and B are linked`: as the links of either have it."""
    for match in _LINKED.finditer(scene.free):
        spots = (match.start("a"), match.start("b")) if match["a"] else (match.start("c"), match.start("d"))
        refs = [
            item.ref for at in spots for item in scene.mentions if item.start == at and item.ref.kind == "container"
        ]
        if len(refs) != 2 or scene.mood(match.start()) not in ("assert", "hedged", "unknowing"):
            continue
        rows = [row for ref in refs for row in scene.index.facts(ref, "link")]
        linked = [row for row in rows if row.about in refs and row.key.split()[-1] in {ref.name for ref in refs}]
        denied = (match["no"] or "").lower() == "no " or bool(match["not"])
        ids = tuple(row.id for row in (rows if denied else linked)) if bool(linked) is not denied else ()
        scene.decide("link", match.start(), match.end(), ids or None, "not so by the links read", ("link",))
        scene.take(match.start(), match.end())


def find(scene: Scene) -> None:
    _pairs(scene)
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
