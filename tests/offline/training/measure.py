"""How good rules, model and both are on questions of a writer whose questions were not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ergon_ops.offline.opinion import OUTSIDE, Weights, read
from ergon_ops.offline.reading import Reading
from ergon_ops.offline.weigh import INTENT_OF, judge
from tests.offline.training import rows
from tests.offline.training.learn import learn
from tests.offline.training.written import written

Verdict = tuple[tuple[str, ...], str]


def measure() -> None:
    for held in rows.UNSEEN:
        examples = [example for kind in rows.ALL if kind != held for example in rows.examples(kind)]
        labels = sorted({label for example in examples for label in example.labels})
        text = written(learn(examples, labels), labels, held)
        weights = read(text)
        kept = list(rows.labelled(held))
        print(f"{held}: {len(kept)} questions, {len(text) / 1000:.0f} kB")
        _tell("rules", kept, rules)
        _tell("both", kept, partial(both, weights))


def rules(said: Reading) -> Verdict:
    return said.intents, said.reason


def both(weights: Weights, said: Reading) -> Verdict:
    return judge(said, weights)


def _tell(who: str, kept: Iterable[tuple[str, tuple[str, ...]]], verdict: Callable[[Reading], Verdict]) -> None:
    right = {True: [0, 0], False: [0, 0]}
    for question, labels in kept:
        outside = labels[0].startswith(OUTSIDE)
        right[outside][0] += is_right(labels, *verdict(rows.asked(question)))
        right[outside][1] += 1
    answered, declined = (right[outside][0] / right[outside][1] for outside in (False, True))
    print(f"  {who}: {answered:.1%} answered, {declined:.1%} declined")


def is_right(labels: tuple[str, ...], intents: tuple[str, ...], reason: str) -> bool:
    if labels[0].startswith(OUTSIDE):
        return bool(reason)
    return {INTENT_OF.get(label, label) for label in labels} <= set(intents)
