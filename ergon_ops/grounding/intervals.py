"""From one moment that a sentence names to another: `started 29 hours after it was created`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene

_MOMENTS = {
    "created_at": r"creat\w+|made\b",
    "started_at": r"start\w*",
    "finished_at": r"end\w*|exit\w*|finish\w*|die[ds]?",
}
_FROM_TO = lazily(r"\W*(?:\w+\W+){0,2}?(?:after|later|before|earlier)\b", re.I)


def between(scene: Scene, amount: Amount) -> Iterator[Value]:
    """Seconds between the moments of whom the place speaks, of those kinds that the sentence has words for."""
    if not _FROM_TO.match(scene.line, amount.end):
        return
    named = [name for name, words in _MOMENTS.items() if re.search(rf"\b(?:{words})", scene.line, re.I)]
    for ref in scene.subjects(amount.start):
        rows = [
            (float(row.value), row.id, name)
            for name in named
            for row in scene.index.facts(ref, name)
            if isinstance(row.value, int | float)
        ]
        for (one, first, name), (two, second, _) in combinations(rows, 2):
            yield Value(abs(one - two), (first, second), "", name)
