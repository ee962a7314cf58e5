"""Who is on a network with whom, and who has a connection: as the tables of networks, links and connections have it."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_SHARED = lazily(
    r"\b(?P<same>(?:shar(?:e|es|ing) (?:a|the|one|its|my|\w+) (?:\w+ )?networks?|"
    r"(?:the )?same (?:docker )?networks?|on (?:the|a) "
    r"(?:common|shared) network)|networks? in common)|\b(?P<apart>(?:separate|different|distinct|isolated|"
    r"other) (?:docker )?"
    r"networks?)",
    re.I,
)
_HAS = lazily(
    r"\bha(?:s|ve) (?P<no>no )?(?:an? |any |some |open |active |established )*connections? (?:\w+ )?(?:to|"
    r"with|from) (?P<to>[\w-]+)",
    re.I,
)


_PUBLISHES = lazily(r"\bha(?:s|ve) (?:a|one|its own) published ports?\b|\bpublishes (?:a|one) port\b", re.I)
_NO_PORT = lazily(
    r"\b(?:(?:does|do)(?:n't| not) (?:listen|have|open|serve)(?: on)? (?:any|a) ports?|(?:listens?|has|"
    r"have) (?:on )?no (?:open )?ports?"
    r"|without (?:a|any) ports?)\b",
    re.I,
)


def _no_port(scene: Scene, match: re.Match[str]) -> None:
    refs = scene.subjects(match.start())
    rows = [row for ref in refs for row in scene.index.facts(ref, "serving")]
    open_ = [row for row in rows if row.value == "listening" and row.key.rpartition(":")[2].isdigit()]
    read = tuple(row.id for row in rows)
    scene.decide(
        "port", match.start(), match.end(), (read or None) if not open_ else None, "something listens", ("serving",)
    )
    scene.take(match.start(), match.end())


def find(scene: Scene) -> None:
    for match in _SHARED.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _shared(scene, match)
    for match in _PUBLISHES.finditer(scene.free):
        rows = [row.id for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "published_port")]
        scene.decide("port", match.start(), match.end(), tuple(rows) or None, "none is published", ("published_port",))
    for match in _NO_PORT.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged") and "publish" not in scene.clause(match.start()).text:
            _no_port(scene, match)
    for match in _HAS.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _connected(scene, match)


def _shared(scene: Scene, match: re.Match[str]) -> None:
    clause = scene.clause(match.start())
    named = [item.ref for item in scene.mentions if clause.start <= item.start and item.ref.kind == "container"]
    refs = tuple(dict.fromkeys((*scene.subjects(match.start()), *named)))
    tables = [{row.key: row.id for row in scene.index.facts(ref, "network")} for ref in refs]
    ids: tuple[str, ...] | None = None
    if len(tables) > 1 and all(tables):
        common = set(tables[0]).intersection(*tables[1:])
        denied = (
            re.search(r"\b(?:no|not|n't|never)\b[^,;]{0,16}$", scene.line[clause.start : match.start()]) is not None
        )
        if bool(common) is not (bool(match["apart"]) is not denied):
            ids = tuple(id for table in tables for id in table.values())
    scene.decide("link", match.start(), match.end(), ids, "not so by the networks that were read", ("network",))


def _connected(scene: Scene, match: re.Match[str]) -> None:
    refs, word = scene.subjects(match.start()), match["to"].lower()
    rows = [row for ref in refs for row in scene.index.facts(ref, "link") if "connection" in str(row.value)]
    rows += [row for ref in refs for row in scene.index.facts(ref, "connection")]
    if word not in ("that", "this", "it", "the", "a", "another", "my", "its"):
        rows = [row for row in rows if word in f"{row.key} {row.value}".lower()]
    read = [row for ref in refs for row in (*scene.index.facts(ref, "link"), *scene.index.facts(ref, "connection"))]
    good = (not rows and bool(read)) if match["no"] else bool(rows)
    ids = tuple(row.id for row in (rows or read)) if good else None
    scene.decide("link", match.start(), match.end(), ids, "no such connection was read", ("link",))
