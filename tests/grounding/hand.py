"""Sentences written by hand, one a line; `sentence << the sentence before it`."""

from __future__ import annotations

from pathlib import Path

from ergon_ops.grounding import Checked, Ground, check
from ergon_ops.grounding.markup import without_citations

HERE = Path(__file__).parent


def sentences(name: str) -> list[tuple[str, str]]:
    """(the sentence before or "", the sentence)"""
    rows = []
    for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
        if line.strip():
            sentence, _, before = line.partition(" << ")
            rows.append((before, sentence))
    return rows


def bare(row: tuple[str, str]) -> tuple[str, str]:
    """The same without the ids it cites."""
    before, sentence = row
    return without_citations(before)[0], without_citations(sentence)[0]


def judged(row: tuple[str, str], ground: Ground, *, citing: bool = False) -> Checked:
    """`citing`: as a model says it that keeps to its instructions, with the ids of what carries it."""
    before, sentence = row
    topic = check(before, ground) if before else None
    checked = check(sentence, ground, topic)
    if citing and checked.fact_ids:
        checked = check(f"{sentence} [{', '.join(checked.fact_ids[:3])}]", ground, topic)
    return checked
