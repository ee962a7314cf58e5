"""A fact said as it was given, `memory_usage: 119 MiB`: its name, and its value as it is written."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.facts import FACTS, Fact
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.offline.readings import LINE_LIMIT, value_text
from ergon_ops.redaction import safe_text

_LINE = lazily(
    r"^[\W\d]*(?P<said>(?P<name>[a-z]+(?:_[a-z]+)*)(?: [^\n]{1,200})?: (?P<value>[^\n]{1,240}?))"
    r"(?: \(over [^)\n]*\))?\W*$"
)
_AMOUNT = lazily(r"[\d.]+ ?(?:%|bytes?|[KMGT]iB|cores?|s)?(?:/s)?")


def find(scene: Scene) -> bool:
    """True if the sentence is such a line and nothing else, and has been decided: carried by the fact or, for an
    amount under a name that is no English, not."""
    line = _LINE.match(scene.text)
    if line is None or line["name"] not in FACTS:
        return False
    fact = next(
        (fact for fact in _facts(scene, line["name"]) if _written(fact, scene.ground.now) == plain(line["said"])), None
    )
    if fact is None and not ("_" in line["name"] and _AMOUNT.fullmatch(line["value"])):
        return False
    why = f"{line['value']} is not what was read"
    scene.decide(
        "reading", line.start("said"), line.end("said"), None if fact is None else (fact.id,), why, (line["name"],)
    )
    return True


def _facts(scene: Scene, name: str) -> Iterator[Fact]:
    for ref in scene.subjects(0):
        yield from scene.index.facts(ref, name)


def _written(fact: Fact, now: float) -> str:
    key = safe_text(fact.key, LINE_LIMIT)
    return plain(f"{fact.name} {key}: {value_text(fact, now)}" if key else f"{fact.name}: {value_text(fact, now)}")


def plain(text: str) -> str:
    return " ".join(text.lower().split()).strip(' .`*"')
