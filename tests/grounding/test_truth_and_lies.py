"""True sentences pass, lies do not: by hand and from worlds drawn anew in every run."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from ergon_ops.grounding import check
from ergon_ops.offline import Ask, View, compose
from ergon_ops.offline.compose import ANSWERS
from ergon_ops.persona import Persona
from tests.grounding.hand import bare, judged, sentences
from tests.grounding.phrases import LIARS, Pen, lies, truths
from tests.grounding.worlds import Drawn, drawn, written

# Worlds are drawn anew in every run; a failure names its seed: ERGON_TEST_SEED=… draws the same again.
SEED = int(os.environ.get("ERGON_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
WORLDS = 3
STRUCK_AT_MOST, CAUGHT_AT_LEAST = 0.03, 0.99


@pytest.fixture(scope="module")
def worlds() -> list[Drawn]:
    return [drawn(SEED + number) for number in range(WORLDS)]


def test_true_sentences_of_drawn_worlds_pass(worlds: list[Drawn]) -> None:
    told, struck = 0, []
    for world in worlds:
        pen = Pen(world, random.Random(SEED))
        for ref in world.refs:
            for sentence in truths(pen, ref):
                checked = check(sentence, world.ground(ref))
                told += 1
                if not checked.ok:
                    struck.append((sentence, [claim.why for claim in checked.unsupported]))
    assert told > 300
    assert len(struck) <= STRUCK_AT_MOST * told, f"seed {SEED}: {struck}"


def test_what_carries_a_true_number_is_named(worlds: list[Drawn]) -> None:
    for world in worlds:
        pen = Pen(world, random.Random(SEED))
        for ref in world.refs:
            known = {fact.id for fact in world.ledger}
            for sentence in truths(pen, ref):
                checked = check(sentence, world.ground(ref))
                assert set(checked.fact_ids) <= known
                if checked.ok and "memory" in sentence.lower():
                    assert checked.fact_ids, sentence


def told_lies(worlds: list[Drawn]) -> Iterator[tuple[str, str, bool]]:
    for world in worlds:
        pen = Pen(world, random.Random(SEED))
        for ref in world.refs:
            for other in pen.draw.sample([item for item in world.refs if item != ref], 2):
                for kind, sentence in lies(pen, ref, other):
                    yield kind, sentence, check(sentence, world.ground(ref)).ok


def test_lies_about_drawn_worlds_are_caught(worlds: list[Drawn]) -> None:
    rows = list(told_lies(worlds))
    missed = [(kind, sentence) for kind, sentence, passed in rows if passed]
    caught = Counter(kind for kind, _, passed in rows if not passed)
    assert set(caught) == set(LIARS), f"seed {SEED}"
    assert len(rows) > 1000
    assert len(missed) <= (1 - CAUGHT_AT_LEAST) * len(rows), f"seed {SEED}: {missed}"


def test_what_was_true_of_another_run_is_not_true_of_this(worlds: list[Drawn]) -> None:
    """Facts of one world told of another: of those that differ, hardly any passes."""
    here, there = worlds[0], worlds[1]
    passed = 0
    numbers = 0
    for ref in here.refs:
        pen = Pen(there, random.Random(SEED))
        used, ratio = pen.number(ref, "memory_working_set") or 7e9, pen.number(ref, "memory_ratio") or 0.987
        for sentence in (
            f"{ref.name} uses {used / 2**20:.2f} MiB of memory.",
            f"{ref.name} is at {ratio * 100:.2f}% of its memory limit.",
        ):
            if here.ledger.number(ref, "memory_working_set") == pen.number(ref, "memory_working_set"):
                continue
            numbers += 1
            passed += check(sentence, here.ground(ref)).ok
    assert numbers > 5
    assert passed == 0, f"seed {SEED}"


@pytest.mark.parametrize("name", ["lies_building", "lies_heldout", "lies_blind", "lies_dev"])
def test_lies_written_by_hand_do_not_pass(name: str) -> None:
    ground = written()
    assert [row for row in sentences(name) if judged(row, ground).ok] == []


# What is allowed is what was reached, and half a point more: struck of what is true, passed of what is not. First said
# without ids, then with those of the facts that carry it. `_test` was written by others; the patterns were not built
# on it, but the plain words of `coverage.py` were chosen with its lies in view: it is no longer unseen. `_cited` was
# written as models answer, with ids, and 31 of its 120 true ones were struck and 9 of its 60 lies passed when it was
# first seen; `_cited_dev` was written while that was mended, in seven parts, of each of which 10 to 26 % were struck
# and 13 to 25 % passed at first: what nobody has seen yet may fare so. What is struck is replaced by the rules' own
# sentence.
AT_MOST = {
    "true_building": (0.039, 0.0),
    "true_heldout": (0.039, 0.0),
    "true_blind": (0.078, 0.0),
    "true_dev": (0.095, 0.025),
    "true_test": (0.283, 0.194),
    "true_styles": (0.207, 0.111),
    "true_cited": (0.197, 0.005),
    "true_cited_dev": (0.28, 0.033),
    "lies_test": (0.035, 0.061),
    "lies_styles": (0.019, 0.025),
    "lies_cited": (0.0, 0.0),
    "lies_cited_dev": (0.0, 0.0),
}


@pytest.mark.parametrize("name", AT_MOST)
@pytest.mark.parametrize("citing", [False, True])
def test_sentences_written_by_hand_are_mostly_told_apart(name: str, citing: bool) -> None:
    ground = written()
    rows = sentences(name)
    if "_cited" in name:  # they have their ids
        wrong = [row for row in rows if judged(row if citing else bare(row), ground).ok is not name.startswith("true")]
    else:
        wrong = [row for row in rows if judged(row, ground, citing=citing).ok is not name.startswith("true")]
    assert len(wrong) <= AT_MOST[name][citing] * len(rows), wrong


def test_the_offline_minds_own_sentences_pass(worlds: list[Drawn]) -> None:
    told, struck = 0, []
    for world in worlds:
        for ref in world.refs:
            persona = Persona(ref, f"{ref.name}-ci", "", "app", capabilities=("status",))
            mine = tuple(item for item in world.findings if item.about == ref)
            view = View(ref, persona, world.ledger, world.now, mine)
            for intent in ANSWERS:
                before = None
                for sentence in compose(Ask("", (intent,)), view).sentences:
                    said = f"{sentence.text} [{', '.join(sentence.fact_ids)}]" if sentence.fact_ids else sentence.text
                    before = check(said, world.ground(ref), before)
                    told += bool(sentence.fact_ids)
                    if not before.ok and sentence.fact_ids:
                        struck.append((sentence.text, [claim.why for claim in before.unsupported]))
    assert told > 500
    assert len(struck) <= STRUCK_AT_MOST * told, f"seed {SEED}: {struck}"


def test_a_sentence_takes_a_millisecond() -> None:
    """Process time, the best of three; four times the aim, for slow and busy machines."""
    world = drawn(SEED)
    ground = world.ground(world.refs[6])
    rows = [sentence for _, sentence in (*sentences("true_building"), *sentences("lies_building"))]
    for row in rows:
        check(row, ground)
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for row in rows:
            check(row, ground)
        best = min(best, (time.process_time() - started) / len(rows))
    assert len(world.ledger) > 300
    assert best < 0.004, f"{best * 1000:.2f} ms"
