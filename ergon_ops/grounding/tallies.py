"""Counts that no single fact gives: of lines by level, of programs, ports, and containers by state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import programs_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.loglevels import at_least, level_of
from ergon_ops.refs import Ref


def special(
    scene: Scene, formula: str, refs: tuple[Ref, ...], noun: str, amount: Amount | None = None
) -> Iterator[Value]:
    """Counts that no single fact gives."""
    index = scene.index
    if formula in ("@errors", "@warnings"):
        least = "error" if formula == "@errors" else "warning"
        for ref in refs:
            rows = [row for row in index.facts(ref, "log_template") if at_least(level_of(row.key), least)]
            if least == "warning":
                rows = [row for row in rows if not at_least(level_of(row.key), "error")]
            read = tuple(row.id for row in rows) or tuple(row.id for row in index.facts(ref, "log_lines"))
            if read and (rows or index.facts(ref, "log_template")):
                yield Value(
                    sum(float(row.value) for row in rows if isinstance(row.value, int | float)),
                    read,
                    "",
                    "log_template",
                )
    elif formula == "@template":
        quoted = {id for claim in scene.claims if claim.kind == "quote" for id in claim.fact_ids}
        yield from (value for value in scene.values(["log_template"], refs) if set(value.ids) & quoted)
    elif formula in ("@program", "@programs", "@ports", "@connections"):
        yield from _tables(scene, formula, refs, amount, noun)
    elif formula == "@containers":
        yield from _containers(scene, noun, amount)
    elif formula == "@findings":
        found = [item for item in scene.ground.findings if item.about in refs or item.about in scene.ground.refs]
        if said := _SEVERE.search(scene.line):
            found = [item for item in scene.ground.findings if item.severity in said[0].lower()]
        ids = tuple(id for item in found for id in item.evidence) or tuple(
            row.id for ref in refs for row in index.facts(ref, "state")
        )
        yield Value(float(len(found)), ids, "", "state")
    elif formula == "@proposals":
        yield Value(float(len(scene.ground.proposals)), (), "", "state")
    elif formula == "@hosts":
        yield Value(
            float(len({ref.host for ref in (*scene.ground.refs, *scene.ground.names.values())})), (), "", "host"
        )
    elif formula == "@limits":
        for ref in refs:
            rows = [row for name in ("memory_limit", "cpu_limit", "pids_limit") for row in index.facts(ref, name)]
            if rows:
                yield Value(
                    float(sum(row.value is not None for row in rows)), tuple(row.id for row in rows), "", "memory_limit"
                )


def _tables(scene: Scene, formula: str, refs: tuple[Ref, ...], amount: Amount | None, noun: str) -> Iterator[Value]:
    index = scene.index
    near = scene.line[max(0, (amount.start if amount else 0) - 25) : (amount.end if amount else 0) + 40].lower()
    for ref in refs:
        if formula == "@program":
            own = programs_of(noun)
            rows = [
                row
                for row in index.facts(ref, "process")
                if (
                    own & (programs_of(str(row.value)) or {str(row.value).lower()})
                    if own
                    else str(row.value).lower().split("-")[0] in near
                )
            ]
            if rows:
                yield Value(float(len(rows)), tuple(row.id for row in rows), "", "process")
        elif formula == "@programs":
            rows = list(index.facts(ref, "serving"))
            names = {row.key.rpartition(":")[0] or row.key for row in rows if row.value in ("listening", "running")}
            if rows:
                yield Value(float(len(names)), tuple(row.id for row in rows), "", "serving")
        elif formula == "@ports":
            rows = [row for row in index.facts(ref, "serving") if row.value == "listening"]
            ports = {row.key.rpartition(":")[2] for row in rows if row.key.rpartition(":")[2].isdigit()}
            if rows:
                yield Value(float(len(ports)), tuple(row.id for row in rows), "", "serving")
        else:
            rows = list(index.facts(ref, "connection"))
            numbers = [float(row.value) for row in rows if isinstance(row.value, int | float)]
            for number in (float(len(rows)), sum(numbers), *numbers):
                if rows:
                    yield Value(number, tuple(row.id for row in rows), "", "connection")


_SEVERE = lazily(r"\bcritical\b|\bwarnings?\b|\binfo\b", re.I)
_TROUBLED = lazily(r"\b(?:problems?|issues?|trouble|attention|concerns?|not (?:well|fine|ok)|unwell)\b", re.I)


_NO_HEALTH = lazily(r"\bno (?:docker )?health", re.I)
_NEXT_NUMBER = lazily(r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b", re.I)
_ALIVE = {
    "running": ("running",),
    "up": ("running",),
    "exited": ("exited",),
    "stopped": ("exited", "dead", "created"),
    "paused": ("paused",),
    "created": ("created",),
    "dead": ("dead",),
    "restarting": ("restarting",),
    "down": ("exited", "dead", "created"),
}


def _containers(scene: Scene, noun: str, amount: Amount | None) -> Iterator[Value]:
    """From the engine's counts, else from the states of those it knows."""
    line = scene.line
    if amount is not None and (following := _NEXT_NUMBER.search(line, amount.end)) is not None:
        line = line[scene.segment(amount.start, amount.end)[0] : following.start()]
    index, said = scene.index, f"{noun} {line}".lower() if noun else scene.line.lower()
    words = [word for word in _ALIVE if re.search(rf"\b{word}\b", noun.lower() or said)] or [
        word for word in _ALIVE if re.search(rf"\b{word}\b", said)
    ]
    for host in index.hosts():
        counted = index.facts(host, "containers")
        if counted and not words:
            yield Value(
                sum(float(row.value) for row in counted if isinstance(row.value, int | float)),
                tuple(row.id for row in counted),
                "",
                "containers",
            )
        for row in counted:
            if any(row.key in _ALIVE[word] for word in words) and isinstance(row.value, int | float):
                yield Value(float(row.value), (row.id,), "", "containers")
    known = tuple(dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()]))
    states = [row for ref in known for row in index.facts(ref, "state")]
    health = [row for ref in known for row in index.facts(ref, "health")]
    if states and len(states) == len(known):
        for word in words:
            rows = [row for row in states if row.value in _ALIVE[word]]
            yield Value(float(len(rows)), tuple(row.id for row in rows or states), "", "state")
        if not words and _NO_HEALTH.search(noun):
            rows = [row for row in health if row.value == "none"]
            yield Value(float(len(rows)), tuple(row.id for row in rows or health), "", "health")
        elif not words and _TROUBLED.search(said) is not None:
            from ergon_ops.grounding.pairs import troubled

            yield troubled(scene)
        elif not words and re.search(r"\b(?:un)?healthy\b", said):
            wanted = "unhealthy" if "unhealthy" in said else "healthy"
            hit = [row for row in health if row.value == wanted]
            yield Value(float(len(hit)), tuple(row.id for row in hit or health), "", "health")
        elif not words:
            yield Value(float(len(known)), tuple(row.id for row in states), "", "state")
