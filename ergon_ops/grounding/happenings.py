"""When things happened: what the engine remembers, what was told just before, and the windows that were looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ergon_ops.events import epoch
from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.index import Value, number_of
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

LATE_S = 3.0


def just_told(scene: Scene) -> Iterator[Value]:
    """How long ago it was what the sentence before told of."""
    for id in scene.topic.told:
        fact = scene.index.by_id.get(id)
        number = None if fact is None else number_of(fact)
        try:
            at = epoch(fact.key) if fact is not None and fact.name == "event" else number
        except ValueError:
            continue
        if at is not None and fact is not None and (fact.name == "event" or fact.reading.unit == "time"):
            yield Value(scene.ground.now - at, (id,), "", fact.name)


_SEEN = lazily(r"\b(?:events?|chang\w+|happen\w*|engine saw)\b", re.I)


def remembered(scene: Scene, refs: tuple[Ref, ...], amount: Amount) -> Iterator[Value]:
    """A stretch the engine's memory of events covers."""
    if all(ref.kind == "fleet" for ref in refs):
        refs = scene.ground.refs
    for value in scene.values(["now-events_reach"], refs if _SEEN.search(scene.line) else ()):
        if amount.values[0] <= value.number + LATE_S:
            yield value._replace(number=amount.values[0])


def windows(scene: Scene, refs: Iterable[Ref]) -> Iterator[Value]:
    for ref in refs:
        seen: set[float] = set()
        for fact in scene.ground.ledger:
            window = fact.reading.window_s
            if fact.about == ref and window and window not in seen:
                seen.add(window)
                yield Value(window, (fact.id,), "", fact.name)
    for ref in refs:
        for fact in scene.index.facts(ref, "events_reach"):
            number = number_of(fact)
            if number is not None:
                yield Value(scene.ground.now - number, (fact.id,), "", fact.name)


def events(scene: Scene, refs: Iterable[Ref], clause: str) -> Iterator[Value]:
    """How long ago what the engine saw happened, if the clause speaks of such a thing."""
    for ref in refs:
        for fact in scene.index.facts(ref, "event"):
            if _happening(str(fact.value), clause):
                try:
                    yield Value(scene.ground.now - epoch(fact.key), (fact.id,), fact.key, "event")
                except ValueError:
                    continue


HAPPENED = {
    "start": r"start|boot|launch|came",
    "die": r"die|exit|crash|ended|fell|stopp|gone|down|dead|quit",
    "restart": r"restart",
    "stop": r"stop",
    "kill": r"kill",
    "oom": r"oom|memory",
    "create": r"creat",
    "update": r"updat|chang|modif",
    "health_status": r"health",
    "pause": r"pause",
    "unpause": r"unpause|resum",
    "rename": r"renam",
    "connect": r"connect",
    "disconnect": r"disconnect",
}


def _happening(value: str, clause: str) -> bool:
    kind = value.split(" ")[0].rstrip(":")
    if any(re.search(rf"\b(?:{words})[^.;,]{{0,16}}\bevents?\b", clause, re.I) for words in HAPPENED.values()):
        return re.search(rf"\b(?:{HAPPENED.get(kind, re.escape(kind))})", clause, re.I) is not None
    return (
        re.search(rf"\b(?:{HAPPENED.get(kind, re.escape(kind))})|\bevents?\b", clause, re.I) is not None
        or kind in clause.lower()
    )
