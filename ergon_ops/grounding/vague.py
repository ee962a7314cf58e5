"""`plenty of memory`, `CPU is high`, `tiny`: vague amounts, held against declared thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.metrics import FREE_WORD, VAGUE, VAGUE_RATIOS, VAGUE_WORD
from ergon_ops.grounding.scene import HOST_WORD, Scene
from ergon_ops.refs import Ref, host_ref

_TIGHT = ("small", "low", "tight", "little", "short")


def _too(scene: Scene, match: re.Match[str]) -> None:
    """`too small`: only a rule says so."""
    found = [item for item in scene.ground.findings if item.about in scene.subjects(match.start())]
    alike = _TIGHT if match[0].lower() in _TIGHT else (match[0].lower(),)
    told = [item for item in found if any(f"too {word}" in item.summary for word in alike)]
    ids = tuple(id for item in told for id in item.evidence) or None
    scene.decide("vague", match.start(), match.end(), ids, "no rule says that it is too much or too little")


_LITTLE = lazily(r"low|little|high|lot|small|barely|\w+ no\b", re.I)
_TOO = lazily(r"\btoo\s+$", re.I)


def find(scene: Scene) -> None:
    """`plenty of memory`, `CPU is high`: against the declared thresholds."""
    for match in VAGUE_WORD.finditer(scene.free):
        clause = scene.clause(match.start())
        if clause.mood not in ("assert", "hedged"):
            continue
        resource = _said_of(scene, match)
        if not resource and not (
            _TOO.search(scene.line[: match.start()]) and re.search(r"\blimit\b", clause.text, re.I)
        ):
            continue
        if re.search(r"\btoo\s+$", scene.line[: match.start()], re.I):
            _too(scene, match)
            continue
        _, low, high = VAGUE[int((match.lastgroup or "v0")[1:])]
        start, end = scene.segment(match.start(), match.end())
        negative = (
            re.search(
                r"\b(?:not|never|isn't|aren't|no|without|n't|hardly|neither|none of)\b(?:\W+\w+){0,2}\W*$|n't\W*$",
                scene.line[clause.start : match.start()],
                re.I,
            )
            is not None
        )
        refs = scene.subjects(match.start())
        formulas = VAGUE_RATIOS[resource]
        values = list(scene.values(formulas[:1], refs)) or list(scene.values(formulas[1:], refs))
        values = values or (list(_of_host(scene, refs)) if resource == "memory" else [])
        if HOST_WORD.search(scene.line[start:end]):
            values = list(scene.values(["host_memory-host_memory_available"], {host_ref(ref.host) for ref in refs}))
            values = (
                list(
                    scene.values(
                        ["1-host_memory_available/host_memory", "host_disk_used_ratio"],
                        {host_ref(ref.host) for ref in refs},
                    )
                )
                or values
            )
        free = FREE_WORD.search(scene.line[start:end]) is not None and _LITTLE.match(match[0]) is not None
        ids = next(
            (
                value.ids
                for value in values
                if _fits(1 - value.number if free else value.number, low, high) is not negative
            ),
            None,
        )
        scene.decide("vague", match.start(), match.end(), ids, f"{match[0]} is not what the values are", formulas)


def _of_host(scene: Scene, refs: tuple[Ref, ...]) -> Iterator[Value]:
    """Of who has no limit: as a share of the host's memory."""
    for ref in refs:
        for own in scene.values(["memory_working_set"], [ref]):
            for all_of_it in scene.values(["host_memory"], [host_ref(ref.host)]):
                yield Value(own.number / all_of_it.number, (*own.ids, *all_of_it.ids), "", own.name)


def _fits(number: float, low: float, high: float) -> bool:
    return low <= number <= high


def _said_of(scene: Scene, match: re.Match[str]) -> str:
    start, end = scene.segment(match.start(), match.end())
    here = [
        item
        for item in scene.resources
        if item[2] in VAGUE_RATIOS
        and start <= item[0]
        and item[1] <= end
        and not match.start() <= item[0] < match.end()
    ]
    if here:
        nearest = min(here, key=lambda item: min(abs(item[0] - match.end()), abs(match.start() - item[1])))
        return nearest[2]
    if re.search(r"(?<![\w.])/[\w/-]*\s+(?:is|are|looks)\b", scene.line[start : match.start()]):
        return "disk"
    inside = [item for item in scene.resources if match.start() <= item[0] < match.end() and item[2] in VAGUE_RATIOS]
    return inside[0][2] if inside else ""
