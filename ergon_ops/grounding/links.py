"""Who talks to whom: a link of one is told from either end, and in its direction."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ergon_ops.facts import Fact
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.lexicon import ENGLISH_PARTS, KIND_STOP
from ergon_ops.grounding.names import NEGATED, known
from ergon_ops.grounding.scene import Mention, Scene
from ergon_ops.refs import Ref

_LINK = lazily(
    r"\b(?P<how>depend(?:s|ing)? (?:up)?on|connect(?:s|ed|ing)? to|talk(?:s|ing)? to|linked to|rel(?:y|ies) on|used by|"
    r"quer(?:y|ies)|reads? from|writes? to|downstream of|upstream of|needs|called by|calls|"
    r"speaks? to|uses?|using|reach(?:es)?)\s+(?:the |a |my |an |container )*(?P<name>[a-z][\w.-]*)",
    re.I,
)
_DEPENDENCY = lazily(
    r"\b(?:only|one|sole|single|main)? ?dependenc(?:y|ies)\b[^.;,:]{0,28}?\b(?:is|"
    r"are)\s+(?:the )?(?:container )?\W?(?P<name>[a-z][\w.-]*)",
    re.I,
)
_MINE = lazily(r"\b(?:i|my|mine)\b", re.I)
_NO_PEER = words(
    "person human operator somebody someone approval attention action time help memory cpu space fix restart file"
)
_AMONG = lazily(
    r"\b(?P<not>(?:isn't|not|is not) )?among (?:(?P<mine>my)|(?P<its>its|the)|(?P<name>[\w-]+)'s) (?:recorded |"
    r"known )?dependenc(?:y|ies)",
    re.I,
)
_PLAIN_USE = words("use uses using reach reaches")
_THING = lazily(r"'s\b|\s+(?:as|for|memory|cpu|ram|image|network|volume|policy|commands?)\b", re.I)
_MUCH = lazily(r"least|most|less|more|fewer|little|much")
_NOBODY = lazily(r"\b(?:nobody|no ?one|nothing|no (?:other )?(?:container|service|one))(?: else)?(?: here)?\W*$", re.I)


def find(scene: Scene) -> None:
    for match in _DEPENDENCY.finditer(scene.free):
        target = _target(scene, match.start("name"))
        if target is not None and scene.mood(match.start()) in ("assert", "hedged"):
            refs = [ref for ref in scene.subjects(match.start()) if ref != target.ref] or [*scene.ground.refs[:1]]
            refs = [*scene.ground.refs[:1]] if _MINE.search(match[0]) else refs
            rows = _rows(scene, refs, target, target.ref.name, back=False)
            ids = tuple(row.id for row in rows) or None
            scene.decide("link", match.start(), match.end(), ids, f"no link to {target.ref.name} was read", ("link",))
    for match in _AMONG.finditer(scene.free):
        _among(scene, match)
    for match in _LINK.finditer(scene.free):
        _judge(scene, match, _target(scene, match.start("name")))


def _among(scene: Scene, match: re.Match[str]) -> None:
    """`cache is among my dependencies`, or is not."""
    owner = scene.ground.speaker if match["mine"] else scene.index.by_name.get((match["name"] or "").lower())
    named = [item.ref for item in scene.mentions if item.end <= match.start() and item.word not in ("i", "host")]
    owner = owner or next(iter(scene.topic.subjects), None)
    if owner is None or not named or scene.mood(match.start()) not in ("assert", "hedged"):
        return
    read = scene.index.facts(owner, "link")
    rows = [row for row in read if row.key == f"uses {named[-1].name}"]
    ids = (
        tuple(row.id for row in read)
        if match["not"] and not rows
        else tuple(row.id for row in rows if not match["not"])
    )
    scene.decide("link", match.start(), match.end(), ids or None, "not so by the links read", ("link",))


def _target(scene: Scene, at: int) -> Mention | None:
    return next((item for item in scene.mentions if item.start <= at < item.end), None)


def _rows(scene: Scene, refs: Iterable[Ref], target: Mention | None, wanted: str, *, back: bool) -> list[Fact]:
    """The links of the one to the other, told from either end: `uses B` of A is `used by A` of B."""
    refs = tuple(refs)
    way = "used by" if back else "uses"
    rows = [
        row
        for ref in refs
        for row in scene.index.facts(ref, "link")
        if row.key.endswith(" " + wanted) and (target is None or row.key.startswith(way))
    ]
    if target is not None:
        other = {f"{'uses' if back else 'used by'} {ref.name}" for ref in refs}
        rows += [row for row in scene.index.facts(target.ref, "link") if row.key in other]
    return rows


def _passed_over(scene: Scene, match: re.Match[str], target: Mention | None) -> bool:
    """No link is told: memory is used, a log is read, or it is advice."""
    word, how = match["name"].lower().rstrip("."), match["how"].lower()
    if (
        how in _PLAIN_USE
        and target is not None
        and target.word == "i"
        and not any(item.end <= match.start() and item.word not in ("i", "host") for item in scene.mentions)
    ):
        return True  # `host port 8080 reaches me`
    if how in _PLAIN_USE and re.search(r"\b(?:would|could|might|may|can|will)\s*$", scene.line[: match.start()], re.I):
        return True
    if how == "needs" and target is None and word in _NO_PEER:
        return True
    if how in _PLAIN_USE and (
        target is None or word in ("my", "mine", "i") or _THING.match(scene.line, target.end) is not None
    ):
        return True
    if scene.mood(match.start()) in ("advice", "unknowing"):
        return True
    if target is None and (_MUCH.fullmatch(word) or word in KIND_STOP or word in ENGLISH_PARTS):
        return True
    if how.startswith("read") and re.match(r"\W*(?:log|output|engine)", scene.line[match.end() :]):
        return True
    return how == "used by" and re.search(r"\d", scene.line[: match.start()]) is not None


def _judge(scene: Scene, match: re.Match[str], target: Mention | None) -> None:
    if _passed_over(scene, match, target):
        return
    word, how = match["name"].lower().rstrip("."), match["how"].lower()
    ahead = scene.line[scene.clause(match.start()).start : match.start()]
    if _NOBODY.search(ahead) and target is not None:
        read = scene.index.facts(target.ref, "link")
        users = any(row.key.startswith("used by") for row in read)
        none = None if users or not read else tuple(row.id for row in read)
        scene.decide("link", match.start(), match.end(), none, "somebody does", ("link",))
        return
    subjects = scene.subjects(match.start())
    wanted = target.ref.name if target is not None else word
    rows = _rows(scene, subjects, target, wanted, back="used by" in how or how in ("called by", "upstream of"))
    ids = tuple(row.id for row in rows) or (known(scene, match.start(), word) if target is None else None) or None
    if NEGATED.search(ahead):
        told = tuple(row.id for ref in subjects for row in scene.index.facts(ref, "link"))
        ids = (told or None) if not rows else None
    scene.decide("link", match.start(), match.end(), ids, f"no link to {wanted} was read", ("link",))
    scene.take(match.start("name"), match.end())
