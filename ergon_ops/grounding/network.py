"""Who is on a network with whom, and who has a connection: as the tables of networks, links and connections have it."""

from __future__ import annotations

import re

from ergon_ops.grounding import ports
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD, programs_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

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


_ALL_PUBLISHED = lazily(
    r"\b(?:all|both|each|every)(?: (?:one|three|two|four))?(?: of)?(?: (?:my|its|the))? (?:services?|ports?)"
    r" (?:is|are) (?P<not>not )?published\b",
    re.I,
)


def _all_published(scene: Scene, match: re.Match[str]) -> None:
    """Each port that something listens on is one that is published."""
    refs = scene.subjects(match.start())
    ports_of = {
        row.key.rpartition(":")[2]
        for ref in refs
        for row in scene.index.facts(ref, "serving")
        if row.value == "listening"
    }
    rows = [row for ref in refs for row in scene.index.facts(ref, "published_port")]
    out = {str(row.value) for row in rows}
    good = ports_of and ((not ports_of & out) if match["not"] else ports_of <= out)
    ids = tuple(row.id for row in rows) if good else None
    scene.decide("port", match.start(), match.end(), ids, "not each of them is", ("published_port",))


def _no_port(scene: Scene, match: re.Match[str]) -> None:
    refs = scene.subjects(match.start())
    rows = [row for ref in refs for row in scene.index.facts(ref, "serving")]
    open_ = [row for row in rows if row.value == "listening" and row.key.rpartition(":")[2].isdigit()]
    read = tuple(row.id for row in rows)
    scene.decide(
        "port", match.start(), match.end(), (read or None) if not open_ else None, "something listens", ("serving",)
    )
    scene.take(match.start(), match.end())


_OUTSIDE = lazily(
    r"\b(?:(?:reach|access|connect to|get to)\w*|available|exposed|open|visible|published) "
    r"(?:from|to|on) (?:the )?(?:outside(?: world)?|internet|public|world|host\b(?! port))|"
    r"\bfrom anywhere\b|\b(?:externally|publicly) (?:reach|access|availab|expos|visib|open)\w*",
    re.I,
)
_CANNOT = lazily(
    r"\b(?:can(?:no|')?t|cannot|can not|could(?:n't| not)|"
    r"(?:is|are|am|was|were|been) (?:un|not )able to|fail(?:s|ed)? to|"
    r"(?:has|have) (?:trouble|problems) (?:to )?|unable to)\s*(?:longer |currently |even )*"
    r"(?:reach|connect(?:ing)? (?:to|with)|talk(?:ing)? to|contact|ping|resolve)(?:ing)?\s+"
    r"(?:the |my |its |any |a |our |container )*(?P<name>[a-z][\w.-]*)",
    re.I,
)
_DEPENDS = lazily(
    r"\b(?P<back>(?:nothing|nobody|no ?one|no (?:other )?(?:container|service|one)s?)(?: else)?(?: here)? "
    r"(?:depends? on|relies on|rely on|uses?|talks? to|needs?) (?:it|me|them|him|her|us)\b)|"
    r"\b(?:(?:depend|rel)\w* on|talk\w* to) (?P<none>nothing|nobody|no ?one|"
    r"no (?:other )?(?:container|service)s?)\b(?! (?:of|that|about))|"
    r"\bha(?:s|ve) (?P<free>no) (?:dependencies|dependents|neighbou?rs)\b",
    re.I,
)
_FAILING = ("log_template", "health_output", "event", "start_error")
_LOST = lazily(
    r"refus|unreach|time[d]?[ -]?out|no route|unable to|can(?:no|')?t|could not|failed to|failure|resolve|unavailable|"
    r"reset|"
    r"not known|no such host|connection (?:error|lost|closed)|no response",
    re.I,
)
_TALK = frozenset(
    {
        "you",
        "anyone",
        "anybody",
        "engine",
        "docker",
        "host",
        "conclusion",
        "decision",
        "verdict",
        "logs",
        "log",
        "model",
        "it",
        "a",
        "that",
    }
)


def find(scene: Scene) -> None:
    for match in _OUTSIDE.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _outside(scene, match)
    for match in _CANNOT.finditer(scene.free):
        if match["name"].lower().rstrip(".") not in _TALK and not re.match(r"\W*(?:if|when|once)\b", scene.line, re.I):
            _cannot(scene, match)
    for match in _DEPENDS.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _alone(scene, match)
    for match in _SHARED.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _shared(scene, match)
    for match in _PUBLISHES.finditer(scene.free):
        rows = [row.id for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "published_port")]
        scene.decide("port", match.start(), match.end(), tuple(rows) or None, "none is published", ("published_port",))
    for match in _ALL_PUBLISHED.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _all_published(scene, match)
    for match in _NO_PORT.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged") and "publish" not in scene.clause(match.start()).text:
            _no_port(scene, match)
    for match in _HAS.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged"):
            _connected(scene, match)


def _outside(scene: Scene, match: re.Match[str]) -> None:
    """Reachable from outside: only by a port that is published, to a port of the program it is said of."""
    clause = scene.clause(match.start())
    refs = tuple(ref for ref in scene.subjects(match.start()) if ref.kind == "container")
    named = [
        item
        for item in PROGRAM_WORD.finditer(scene.line, clause.start, match.start())
        if not any(one.start <= item.start() < one.end for one in scene.mentions)
    ]
    own = {name for item in named[-1:] for name in programs_of(item[0].lower())}
    rows = ports.open_to(scene, refs, match[0])
    listening = ports.served(scene, refs, own)
    if own:
        inner = {row.key.rpartition(":")[2] for row in listening}
        rows = [row for row in rows if str(row.value) in inner]
    denied = _NOT.search(scene.line[clause.start : match.start()]) is not None
    ids = tuple(row.id for row in rows) or None
    if denied:
        read = [row.id for ref in refs for row in scene.index.facts(ref, "network_mode")]
        ids = tuple(read + [row.id for row in listening]) or None if not rows else None
    scene.decide("port", match.start(), match.end(), ids, "no port is published for it", ("published_port",))
    scene.take(match.start(), match.end())


_NOT = lazily(r"\b(?:not|no|never|nothing|nobody|none|neither|nowhere)\b|n't\b", re.I)


def _cannot(scene: Scene, match: re.Match[str]) -> None:
    """That one cannot reach another: only a text that was read can tell, of whom it names."""
    at = match.start("name")
    target = next((item.word for item in scene.mentions if item.start <= at < item.end), match["name"].lower())
    words = {target.rstrip(".,"), *programs_of(target.rstrip(".,"))}
    ids = tuple(
        row.id
        for ref in scene.subjects(match.start())
        for name in _FAILING
        for row in scene.index.facts(ref, name)
        if _LOST.search(text := f"{row.key} {row.value}".lower()) and any(word in text for word in words)
    )
    scene.decide("link", match.start(), match.end(), ids or None, "nothing that was read tells of this", _FAILING[:2])
    scene.take(match.start(), match.end())


def _alone(scene: Scene, match: re.Match[str]) -> None:
    """That nobody depends on one, or one on nobody: as the links have it, if they were read."""
    refs = tuple(ref for ref in scene.subjects(match.end() - 1) if ref.kind == "container")
    rows = [row for ref in refs for row in scene.index.facts(ref, "link")]
    back = "used by" if match["back"] or "dependents" in match[0] else "" if "neighb" in match[0] else "uses"
    bad = [row for row in rows if row.key.startswith(back)]
    ids = tuple(row.id for row in rows) or None
    scene.decide("link", match.start(), match.end(), None if bad else ids, "not so by the links read", ("link",))
    scene.take(match.start(), match.end())


def _shared(scene: Scene, match: re.Match[str]) -> None:
    clause = scene.clause(match.start())
    named = [item.ref for item in scene.mentions if clause.start <= item.start and item.ref.kind == "container"]
    refs = tuple(dict.fromkeys((*scene.subjects(match.start()), *named)))
    tables = [{row.key: row.id for row in scene.index.facts(ref, "network")} for ref in refs]
    ids: tuple[str, ...] | None = _beside(scene, refs, named) if not match["apart"] else None
    if len(tables) > 1 and all(tables):
        common = set(tables[0]).intersection(*tables[1:])
        denied = (
            re.search(r"\b(?:no|not|n't|never)\b[^,;]{0,16}$", scene.line[clause.start : match.start()]) is not None
        )
        if bool(common) is not (bool(match["apart"]) is not denied):
            ids = tuple(id for table in tables for id in table.values())
    scene.decide("link", match.start(), match.end(), ids, "not so by the networks that were read", ("network",))


def _beside(scene: Scene, refs: tuple[Ref, ...], named: list[Ref]) -> tuple[str, ...] | None:
    """By the links of one of them, which name each of the others as a neighbour on that network."""
    for ref in refs:
        rows = {row.key: row for row in scene.index.facts(ref, "link") if "network" in str(row.value)}
        found = [rows.get(f"beside {other.name}") for other in named if other != ref]
        if found and all(found):
            return tuple(row.id for row in found if row is not None)
    return None


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
