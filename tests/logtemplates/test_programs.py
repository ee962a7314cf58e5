"""Lines of some hundred programs as they print them, collected by people who had not seen the patterns: `kind`, what it
names, the line; `none` for those that say nothing of the kind."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from ergon_ops.logtemplates.signals import told

HERE = Path(__file__).parent
Row = tuple[dict[str, str], str]
TALK = {"exception", "traceback", "progress", "booting", "binding", "panic"}  # say how it goes on, not what is wrong


def rows() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for file in sorted(HERE.glob("*.tsv")):
        for line in file.read_text("utf-8").splitlines():
            kind, values, text = line.split("\t", 2)
            found[kind].append((json.loads(values), text))
    return found


KINDS = rows()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"none"}))
def test_a_line_of_a_real_program_is_read_as_what_it_says(kind: str) -> None:
    wrong = [(text, read) for values, text in KINDS[kind] if (read := dict(told(text)).get(kind)) != values]
    assert wrong == []


def test_what_is_no_fault_gives_no_signal_of_one() -> None:
    assert len(KINDS["none"]) >= 100
    wrong = [(text, read) for _, text in KINDS["none"] if (read := set(dict(told(text))) - TALK)]
    assert wrong == []


def test_many_programs_are_among_them() -> None:
    assert sum(map(len, KINDS.values())) >= 700
