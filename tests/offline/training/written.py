"""Weights as text: whole steps, small ones left out. `ergon_ops.offline.opinion.read` reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ergon_ops.offline.opinion import FIRST_LABEL, ZERO

UNIT = 0.25
LEAST = 0.5  # weights below are nothing
MOST = 45  # steps


def written(weights: Mapping[str, Sequence[float]], labels: Sequence[str], digest: str) -> str:
    lines = [f"{name}\t{row}" for name in sorted(weights) if (row := _row(weights[name]))]
    return "\n".join([digest, str(UNIT), " ".join(labels), *lines, ""])


def _row(row: Sequence[float]) -> str:
    steps = [(place, max(-MOST, min(MOST, round(value / UNIT)))) for place, value in enumerate(row)]
    return "".join(
        chr(FIRST_LABEL + place) + chr(ZERO + step) for place, step in steps if step and abs(row[place]) >= LEAST
    )
