from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.messages import Mode
from ergon_ops.policy import KINDS, checked, decide, decide_read, effective_mode
from ergon_ops.proposals import Reversibility
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy

MODES: tuple[Mode, ...] = get_args(Mode)
REVERSIBILITIES: tuple[Reversibility, ...] = get_args(Reversibility)
WORKER = Ref("worker")
EVERYTHING = Policy(autonomous=("*:*",))

# asked, ceiling → effective; rows and columns as in the table of modes
EFFECTIVE = {
    (None, "strict"): "strict", (None, "balanced"): "balanced", (None, "restricted"): "restricted",
    (None, "autonomous"): "autonomous",
    ("strict", "strict"): "strict", ("strict", "balanced"): "strict", ("strict", "restricted"): "strict",
    ("strict", "autonomous"): "strict",
    ("balanced", "strict"): "strict", ("balanced", "balanced"): "balanced", ("balanced", "restricted"): "restricted",
    ("balanced", "autonomous"): "balanced",
    ("restricted", "strict"): "strict", ("restricted", "balanced"): "restricted",
    ("restricted", "restricted"): "restricted", ("restricted", "autonomous"): "restricted",
    ("autonomous", "strict"): "strict", ("autonomous", "balanced"): "balanced",
    ("autonomous", "restricted"): "restricted", ("autonomous", "autonomous"): "autonomous",
}  # fmt: skip

# mode, somebody can be asked, kind is in the autonomous list, live → verdict
VERDICTS = {
    **{("strict", True, listed, live): "ask" for listed in (False, True) for live in (False, True)},
    **{("strict", False, listed, live): "pending" for listed in (False, True) for live in (False, True)},
    **{("balanced", True, listed, live): "ask" for listed in (False, True) for live in (False, True)},
    **{("balanced", False, listed, live): "pending" for listed in (False, True) for live in (False, True)},
    **{("restricted", ask, listed, live): "pending" for ask, listed, live in product((False, True), repeat=3)},
    ("autonomous", True, True, True): "allow", ("autonomous", False, True, True): "allow",
    ("autonomous", True, True, False): "ask", ("autonomous", False, True, False): "pending",
    ("autonomous", True, False, True): "ask", ("autonomous", False, False, True): "pending",
    ("autonomous", True, False, False): "ask", ("autonomous", False, False, False): "pending",
}  # fmt: skip


def test_the_effective_mode_is_the_stricter_of_asked_and_ceiling() -> None:
    pairs = list(product((None, *MODES), MODES))
    assert {pair: effective_mode(*pair) for pair in pairs} == EFFECTIVE


def test_a_mode_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown mode 'yolo'"):
        effective_mode("yolo", "balanced")  # type: ignore[arg-type]


@pytest.mark.parametrize(("case", "verdict"), VERDICTS.items())
def test_every_mode_gives_its_verdict_for_every_kind(case: tuple[Mode, bool, bool, bool], verdict: str) -> None:
    mode, can_ask, listed, live = case
    rules = EVERYTHING if listed else Policy()
    for kind, reversibility in product(KINDS, REVERSIBILITIES):
        if (reversibility == "live") == live:
            decision = decide(kind, reversibility, WORKER, mode, rules, can_ask=can_ask)
            assert (decision.verdict, bool(decision.reason)) == (verdict, True)


def test_the_table_covers_every_combination() -> None:
    assert set(VERDICTS) == set(product(MODES, (False, True), (False, True), (False, True)))


@pytest.mark.parametrize("glob", ["*:*", "*:local/worker", "restart:*", "restart:local/w*", "re*:*/worker"])
def test_deny_beats_everything_in_every_mode(glob: str) -> None:
    rules = checked(Policy((glob,), ("*:*",)))
    for mode, reversibility, can_ask in product(MODES, REVERSIBILITIES, (False, True)):
        decision = decide("restart", reversibility, WORKER, mode, rules, can_ask=can_ask)
        assert decision.verdict == "deny"
        assert glob in decision.reason


@pytest.mark.parametrize("glob", ["*:local/orders-db", "*:far/worker", "recreate:*", "restart:local/work"])
def test_a_glob_for_something_else_does_not_bite(glob: str) -> None:
    assert decide("restart", "restart", WORKER, "balanced", checked(Policy((glob,)))).verdict == "ask"


def test_the_documented_globs_mean_what_they_say() -> None:
    rules = checked(Policy(("recreate:*", "*:local/orders-db"), ("set_cpu_limit:*/worker",)))
    assert decide("set_cpu_limit", "live", Ref("worker", "far"), "autonomous", rules).verdict == "allow"
    assert decide("set_memory_limit", "live", WORKER, "autonomous", rules).verdict == "ask"
    assert decide("set_cpu_limit", "live", Ref("orders-db"), "autonomous", rules).verdict == "deny"
    assert decide("recreate", "recreate", Ref("x", "far"), "balanced", rules).verdict == "deny"


@pytest.mark.parametrize("glob", ["restart", "restart:", ":local/x", "restart:x", "restart:a/b/c", "reboot:*"])
def test_a_glob_that_can_never_match_is_refused(glob: str) -> None:
    with pytest.raises(UsageError, match=r"policy\.deny"):
        checked(Policy((glob,)))


def test_only_strict_mode_asks_before_reading() -> None:
    assert {mode: decide_read(mode).verdict for mode in MODES} == {
        "strict": "ask", "balanced": "allow", "restricted": "allow", "autonomous": "allow",
    }  # fmt: skip
    assert decide_read("strict", can_ask=False).verdict == "deny"
