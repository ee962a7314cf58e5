"""What a real small model said once, checked by what stands here now."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.recorded import Record
from tests.e2e.small_model import FALSE_PER_100, STRUCK, Asked, Score, ask_all

KEPT = Path(__file__).with_name("smollm2.jsonl")
QUESTIONS = 104


async def test_nothing_false_of_what_a_small_model_said_is_shown() -> None:
    asked: list[Asked] = []
    score = Score()
    await ask_all("", QUESTIONS, 11, asked, Record(KEPT))
    for one in asked:
        score.add(one)
    assert score.said_false > 5, "the model made things up"
    assert score.false_per_100 < FALSE_PER_100, score.false
    assert score.struck_share <= STRUCK, score.struck
    assert all("".join(one.shown).strip() for one in asked), "every question has an answer"
