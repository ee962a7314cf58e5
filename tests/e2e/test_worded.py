"""Answers in words of their own to the very prompts that a model is sent, by writers who saw only those: a careful
one, and of the last quarter of each set a careless one, with one lie in each. How much of what is true is
carried as first said, and how much of the lies is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import small_model
from tests.e2e.recorded import Record
from tests.e2e.small_model import Asked, ask_all

KEPT = Path(__file__).with_name("worded.jsonl")
QUESTIONS = 96
CITED = re.compile(r"\s*\[e\d+(?:, ?e\d+)*\]")
# Set → (seed of its worlds, share not carried of answers without a lie, share of lies shown): as measured, rounded up.
SETS: Mapping[str, tuple[int, float, float]] = {
    "first": (77, 0.10, 0.0),
    "again": (77, 0.12, 0.15),
    "later": (178, 0.16, 0.0),
    "last": (279, 0.15, 0.10),
}


def rows(name: str) -> list[dict[str, Any]]:
    return [row for line in KEPT.read_text("utf-8").splitlines() if (row := json.loads(line))["set"] == name]


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_model, "ANSWER_TOKENS", 1024)


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", SETS)
async def test_most_that_is_true_is_carried_and_few_lies_are_shown(name: str, tmp_path: Path) -> None:
    said = rows(name)
    seed, struck, shown = SETS[name]
    kept = tmp_path / "record.jsonl"
    lines = (json.dumps({"key": row["key"], "reply": [{"text": row["reply"] + "\n"}]}) for row in said)
    kept.write_text("\n".join(lines) + "\n", "utf-8")
    asked: list[Asked] = []
    await ask_all("", QUESTIONS, seed, asked, Record(kept))
    answers = {f"{one.question} | {', '.join(one.names)} | first": one for one in asked}
    counts = [answers[row["key"]].document["grounding"] for row in said if "lie" not in row and row["key"] in answers]
    checked, unsupported = (sum(item[key] for item in counts if item) for key in ("checked", "unsupported"))
    assert checked > 100
    assert unsupported <= struck * checked, f"{unsupported} of {checked}"
    lies = [(row["lie"], "".join(answers[row["key"]].shown)) for row in said if "lie" in row and row["key"] in answers]
    told = [lie for lie, text in lies if plain(lie) in plain(text)]
    assert len(lies) > 15
    assert len(told) <= shown * len(lies), told


def plain(text: str) -> str:
    return " ".join(CITED.sub("", text).replace("*", "").lower().split()).strip(" .-")
