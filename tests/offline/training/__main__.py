"""`python -m tests.offline.training` writes the weights of the second opinion; `… --measure` trains on one writer's
questions and measures on another's, and prints what the rules, the model and both together get right."""

from __future__ import annotations

import sys
from pathlib import Path

from ergon_ops.offline import opinion
from tests.offline.training import rows
from tests.offline.training.learn import learn
from tests.offline.training.measure import measure
from tests.offline.training.written import written

TARGET = Path(opinion.__file__).with_name("opinion.txt")


def main() -> None:
    if "--measure" in sys.argv:
        measure()
        return
    examples = rows.everything()
    labels = sorted({label for example in examples for label in example.labels})
    text = written(learn(examples, labels), labels, rows.digest(examples))
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.name}: {len(text) / 1000:.0f} kB, {text.count(chr(10)) - 3} features, {len(examples)} questions")


main()
