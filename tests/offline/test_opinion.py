"""The second opinion: its file is what its questions make of it, small and quick, and it starts no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.offline import INTENTS, opinion, understand
from ergon_ops.offline.weigh import INTENT_OF, REASONS
from tests.offline.training import rows
from tests.offline.training.learn import Example, learn
from tests.offline.training.written import written

FILE = Path(opinion.__file__).with_name("opinion.txt")


def test_the_shipped_weights_belong_to_the_labelled_questions_and_the_tables() -> None:
    assert opinion.shipped().digest == rows.digest(rows.everything()), "run `python -m tests.offline.training`"


def test_the_file_is_small_and_every_label_has_a_meaning() -> None:
    assert FILE.stat().st_size <= 700_000
    by_rules_alone = {"optimize", "insides", "details"}
    assert set(opinion.shipped().labels) == {*INTENTS, *REASONS, *INTENT_OF} - by_rules_alone


def test_the_same_questions_make_the_same_weights() -> None:
    some = rows.examples("train_c")[:60]
    labels = sorted({label for example in some for label in example.labels})
    assert written(learn(some, labels), labels, "x") == written(learn(some, labels), labels, "x")


def test_what_was_written_is_read() -> None:
    examples = [Example(("ua", "ub"), ("cpu",)), Example(("ua", "uc"), ("memory",))] * 9
    weights = opinion.read(written(learn(examples, ["cpu", "memory"]), ["cpu", "memory"], "d"))
    assert weights.digest == "d"
    assert opinion.opinion(["ub"], weights)["cpu"] > 0.9
    assert opinion.opinion(["uc"], weights)["memory"] > 0.9
    assert opinion.opinion(["nobody"], weights) == {"cpu": 0.5, "memory": 0.5}


@pytest.mark.parametrize("kind", rows.UNSEEN)
def test_no_opinion_starts_a_change_that_the_rules_did_not_find(kind: str) -> None:
    for question, _ in rows.labelled(kind):
        said = rows.asked(question)
        if "restart" not in said.intents:
            assert understand(said.text).change != "restart", question
