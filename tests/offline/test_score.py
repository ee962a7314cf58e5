"""The questions people ask, through the front door: every required fact, and none of another container."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.offline.desk import Desk, Document, foreign, misses, questions

ANSWERED = 0.95
DECLINED = 0.98
# No longer held out: 68 of its 238 questions stand word for word among those the second opinion learns from.
DECLINED_BLIND = 0.97
# By others, neither read nor mended. `unseen`: at first sight of the second opinion 93.1% answered and 96.0% declined
# (the tables alone: 83.8% and 76.0%), after others were mended 90.0% and 96.0%. The present one has 93.8% and 96.0%,
# but by now the score was seen some seven times, and 23 of its 210 stand by chance among the questions learnt from.
# `unseen2`: 300 by another writer, scored once, when all was done: 96.4% and 100.0%; 49 of them stand word for word
# among those learnt from, and without these it is 96.3% and 100.0%. Asserted a point below.
ANSWERED_UNSEEN = {"unseen": 0.90, "unseen2": 0.954}
DECLINED_UNSEEN = {"unseen": 0.96, "unseen2": 0.99, "blind_3": DECLINED_BLIND}
KINDS = ("building", "scoring", "blind_3", "unseen", "unseen2")
# The tables were made with these: some of them, others every time, are enough.
LARGE, SHARE = ("building", "scoring"), 0.4
HELPFUL = re.compile(r"cannot|never show|only answer", re.I)


async def judge(desk: Desk, row: Document) -> list[str]:
    answer = await desk.ask(row["q"], row["names"] if "names" in row else row["ask"], after=row.get("after", ""))
    if "error" in answer:
        return [f"error {answer['error']['message']}"]
    if row["intent"] == "out_of_scope":
        return not_declined(row, answer)
    wrong = foreign(row, answer)
    return misses(row, answer, desk) + [f"of another container: {name}" for name in wrong]


def not_declined(row: Document, answer: Document) -> list[str]:
    """Says what it cannot do, gives questions that it can answer, and does or claims nothing."""
    name = row["ask"][0]
    text = answer["answer"]
    problems = [] if HELPFUL.search(text) else ["does not say that it cannot"]
    problems += [] if text.count("?") >= 2 and name in text else ["gives no example questions"]
    problems += ["made a proposal"] if answer["proposals"] else []
    problems += ["tells facts"] if answer["facts"] else []
    return problems


async def score(desk: Desk, rows: list[Document], *, told: bool = True) -> tuple[float, Counter[str]]:
    """The share of rows without a problem; failures are printed by intent, unless nobody is to see them."""
    failed: Counter[str] = Counter()
    for row in rows:
        problems = await judge(desk, row)
        if problems:
            failed[row["intent"]] += 1
            if told:
                print(f"{row['intent']:>14} | {row['q']} | {'; '.join(problems)}")
    return 1 - failed.total() / len(rows), failed


def some(kind: str, rows: list[Document]) -> list[Document]:
    """Of a large file a part, drawn anew; the seed is printed so that a failure can be asked again."""
    if kind not in LARGE:
        return rows
    seed = random.randrange(10_000)
    print(f"drawn with {seed}")
    return random.Random(seed).sample(rows, int(len(rows) * SHARE))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
async def test_questions_are_answered_with_the_facts_they_ask_for(kind: str, tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, seed=7 if kind in ANSWERED_UNSEEN else random.randrange(10_000))
    await desk.settle()
    rows = some(kind, [row for row in questions(kind) if row["intent"] != "out_of_scope"])
    told = kind not in ANSWERED_UNSEEN
    share, failed = await score(desk, rows, told=told)
    print(f"{kind}: {share:.1%} of {len(rows)} answered; failures {dict(failed) if told else 'not shown'}")
    assert share >= ANSWERED_UNSEEN.get(kind, ANSWERED)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_out_of_scope_is_declined_with_examples(kind: str, tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, seed=7)
    rows = some(kind, [{**row, "must": []} for row in questions(kind) if row["intent"] == "out_of_scope"])
    share, _ = await score(desk, rows, told=kind not in ANSWERED_UNSEEN)
    print(f"{kind}: {share:.1%} of {len(rows)} declined")
    assert share >= DECLINED_UNSEEN.get(kind, DECLINED)
