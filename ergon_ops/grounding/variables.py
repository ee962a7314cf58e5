"""Environment variables: that one is set, is not, or names a host."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.names import known
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_NAMES_HOST = lazily(r"\b(?:names?|points?|refers?|leads?|is set|host|connects?|to)\b", re.I)


_BUT_NOT = lazily(r"\b(?:not|no|without|nor|lacks?|neither)\W*$", re.I)
_HOLDS = lazily(
    r"\b(?:environment|env|variables?|keys?)\b[^.;]{0,24}\b(?:has|have|includes?|contains?|holds?|are|sees?|lists?)\b",
    re.I,
)


def judge(scene: Scene, match: re.Match[str]) -> None:
    name = match[0].split("=")[0].strip()
    refs = scene.subjects(match.start())
    keys = [row for ref in refs for row in scene.index.facts(ref, "env_key")]
    rows = [row for row in keys if row.key == name]
    clause, behind = scene.clause(match.start()), scene.line[match.end() : match.end() + 40]
    missing = re.search(
        r"\b(?:not (?:set|defined|present|there)|isn't set|missing|unset|absent|undefined|no variable|"
        r"lacks?|without|no)\b",
        clause.text,
        re.I,
    )
    ids: tuple[str, ...] | None = tuple(row.id for row in rows) or None
    held = _HOLDS.search(scene.line[clause.start : match.start()]) is not None
    if _names_another(scene, refs, name, match.end(), clause.end):
        ids = None
    elif match["set"] or re.match(
        r"\s*(?:(?:is|has been) (?:set )?(?:to|equal)|is (?!set|not|defined|present|missing|there|in|one|"
        r"also|a |an |the |hidden|configured)|has (?:the )?value|value|points? (?:to|at)|leads? to|contains)",
        behind,
        re.I,
    ):
        ids = (
            tuple(
                id
                for ref in refs
                for id in scene.index.carrying(ref, name)
                if _env_host(scene, ref, id, scene.line[match.start() :])
            )
            or None
        )
        ids = ids or _linked(scene, refs, name, match.end(), clause.end)
        if ids is None and re.match(r"\s*(?:points?|leads?) (?:to|at) (?:it|them)\b", behind, re.I):
            ids = _of_links(scene, refs, name)
    elif missing or _BUT_NOT.search(scene.line[: match.start()]):
        ids = None if rows else tuple(row.id for row in keys[:3]) or known(scene, match.start(), name) or None
    elif ids is None:
        ids = None if held else known(scene, match.start(), name) or None
        named = {item.ref.name for item in scene.mentions if item.word != "host"}
        links = [scene.index.by_id[id] for id in ids or () if scene.index.by_id[id].name == "link"]
        if links and named and not any(row.key.split()[-1] in named for row in links):
            ids = None
        ids = ids or _of_links(scene, refs, name)
        if ids and re.match(r"\s*(?:is|are) (?:set|defined|present)", behind, re.I):
            ids = None
    if ids is not None or clause.mood != "advice":
        scene.decide(
            "env", match.start(), match.end(), ids, f"{name} is not so among the variables that were read", ("env_key",)
        )
    scene.take(match.start(), match.start() + len(name))


def _names_another(scene: Scene, refs: tuple[Ref, ...], name: str, start: int, end: int) -> bool:
    """A host that the variable does not have."""
    rows = [row for ref in refs for row in scene.index.facts(ref, "env_host") if row.key == name]
    other = next(
        (item for item in scene.mentions if start <= item.start < end and item.word not in ("i", "host")), None
    )
    if not rows or other is None or other.ref in refs or not _NAMES_HOST.search(scene.line[start : other.start]):
        return False
    return not any(other.ref.name in str(row.value) for row in rows)


def _linked(scene: Scene, refs: tuple[Ref, ...], name: str, start: int, end: int) -> tuple[str, ...] | None:
    """`API_URL points at me`: the link that this variable makes is to that one."""
    other = next((item.ref for item in scene.mentions if start <= item.start < end and item.word != "host"), None)
    rows = [row for ref in refs for row in scene.index.facts(ref, "link") if name in str(row.value)]
    return tuple(row.id for row in rows if other is not None and row.key == f"uses {other.name}") or None


def _of_links(scene: Scene, refs: tuple[Ref, ...], name: str) -> tuple[str, ...] | None:
    """A link that this variable makes, to one whom the sentence names."""
    refs = tuple(dict.fromkeys((*refs, *scene.ground.refs)))
    found = [row for ref in refs for row in scene.index.facts(ref, "link") if f"env {name}" in str(row.value)]
    return tuple(row.id for row in found if row.key.rpartition(" ")[2] in scene.text) or None


def _host_of(value: str, text: str) -> bool:
    """`orders-db:5432`, or the host alone."""
    host, _, port = value.rpartition(":")
    return value in text or bool(host and port.isdigit() and re.search(rf"(?<![\w-]){re.escape(host)}(?![\w:-])", text))


def _env_host(scene: Scene, ref: Ref, id: str, text: str) -> bool:
    return any(
        row.id == id and row.name == "env_host" and _host_of(str(row.value).lower(), text.lower())
        for row in scene.index.facts(ref, "env_host")
    )
