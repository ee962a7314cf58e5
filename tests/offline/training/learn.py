"""Softmax regression by stochastic gradient steps (AdaGrad, a step size per feature), in plain Python.

The same questions in the same order give the same weights: nothing is drawn but from a seed, nothing is unordered.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import add

EPOCHS = 60
STEP = 1.0
LEFT_OUT = 0.5  # of the features, at every step: what remains must do without them
SEEN_BY = 2  # questions that a feature must occur in
SEED = 1
SMALL = 0.004  # gradients below move nothing


@dataclass(frozen=True, slots=True)
class Example:
    """`labels` share one whole."""

    features: tuple[str, ...]
    labels: tuple[str, ...]


Row = list[float]


def learn(examples: Sequence[Example], labels: Sequence[str]) -> dict[str, Row]:
    """Feature → a weight per label."""
    seen = Counter(feature for example in examples for feature in example.features)
    weights: dict[str, Row] = {name: [0.0] * len(labels) for name, count in seen.items() if count >= SEEN_BY}
    moved = dict.fromkeys(weights, 0.01)
    places = {label: at for at, label in enumerate(labels)}
    known = [tuple(name for name in example.features if name in weights) for example in examples]
    truth = [[(places[label], 1 / len(one.labels)) for label in one.labels] for one in examples]
    draw = random.Random(SEED)
    order = list(range(len(examples)))
    for _ in range(EPOCHS):
        draw.shuffle(order)
        for at in order:
            kept = [name for name in known[at] if draw.random() >= LEFT_OUT]
            if kept:
                _step(kept, truth[at], weights, moved)
    return weights


def _step(
    kept: Sequence[str], truth: Iterable[tuple[int, float]], weights: dict[str, Row], moved: dict[str, float]
) -> None:
    scale = 1 / math.sqrt(len(kept))
    wrong = shares([weights[name] for name in kept], scale)
    for place, share in truth:
        wrong[place] -= share
    steps = [(place, value * scale) for place, value in enumerate(wrong) if abs(value) > SMALL]
    size = sum(value * value for _, value in steps)
    if not size:
        return
    for name in kept:
        moved[name] += size
        rate = STEP / math.sqrt(moved[name])
        row = weights[name]
        for place, value in steps:
            row[place] -= rate * value


def shares(rows: Sequence[Row], scale: float) -> Row:
    """The softmax of the rows' scaled sum."""
    sums = rows[0]
    for row in rows[1:]:
        sums = list(map(add, sums, row))
    most = max(sums)
    powers = [math.exp((value - most) * scale) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]
