"""Sentences written by hand, one a line; `sentence << the sentence before it`."""

from __future__ import annotations

from pathlib import Path

from ergon_ops.grounding import Checked, Ground, check

HERE = Path(__file__).parent


def sentences(name: str) -> list[tuple[str, str]]:
    """(the sentence before or "", the sentence)"""
    rows = []
    for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
        if line.strip():
            sentence, _, before = line.partition(" << ")
            rows.append((before, sentence))
    return rows


def judged(row: tuple[str, str], ground: Ground) -> Checked:
    before, sentence = row
    return check(sentence, ground, check(before, ground) if before else None)
