from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import RULES, diagnose, needs, window
from ergon_ops.facts import Ledger, reading
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref

WORKER = Ref("worker")


def scene(ref: Ref = WORKER, *, window_s: float | None = 4.0, **values: Any) -> Ledger:
    ledger = Ledger()
    ledger.add(
        reading(
            ref, name, value, at=1000.0, source="cgroup:cpu.stat", window_s=None if name == "cpu_limit" else window_s
        )
        for name, value in values.items()
    )
    return ledger


def only(ledger: Ledger, ref: Ref = WORKER) -> Finding:
    (finding,) = diagnose(ledger, ref)
    return finding


def test_throttling_is_named_with_its_ratio_its_window_and_its_limit() -> None:
    ledger = scene(cpu_throttled_ratio=0.961, cpu_periods=41, cpu_limit=0.15, cpu_usage=0.149)
    finding = only(ledger)
    assert (finding.cause, finding.nature, finding.about) == ("cpu_throttled", "fault", WORKER)
    assert finding.summary == (
        "CPU throttled in 96% of scheduler periods over the last 4 s: the limit of 0.15 CPUs is too small."
    )
    assert finding.details == {"ratio": 0.961, "cpus": 0.15}


def test_the_decisive_fact_comes_first_and_an_independent_one_second() -> None:
    ledger = scene(cpu_throttled_ratio=0.96, cpu_periods=41, cpu_limit=0.15, cpu_usage=0.15)
    ids = {fact.id: fact.name for fact in ledger}
    assert [ids[key] for key in only(ledger).evidence][:2] == ["cpu_throttled_ratio", "cpu_limit"]


def test_throttling_at_20_percent_cpu_is_seen_and_told_as_bursts() -> None:
    ledger = scene(cpu_throttled_ratio=0.6, cpu_periods=50, cpu_limit=1.0, cpu_usage=0.2)
    assert only(ledger).summary == (
        "CPU throttled in 60% of scheduler periods over the last 4 s: bursts run into the limit of 1 CPU though"
        " average use is 0.2."
    )


@pytest.mark.parametrize(
    "values",
    [
        {"cpu_throttled_ratio": 0.0, "cpu_periods": 40, "cpu_limit": 2.0, "cpu_usage": 2.0},
        {"cpu_throttled_ratio": 0.25, "cpu_periods": 40, "cpu_limit": 0.2, "cpu_usage": 0.2},
        {"cpu_throttled_ratio": 1.0, "cpu_periods": 2, "cpu_limit": 0.2, "cpu_usage": 0.2},
        {"cpu_throttled_ratio": 0.3333, "cpu_periods": 3, "cpu_limit": 0.2, "cpu_usage": 0.1},
        {"cpu_throttled_lifetime": 0.9, "cpu_limit": 0.2, "cpu_usage": 0.01},
        {"cpu_usage": 2.0, "cpu_ratio": 1.0},
        {"cpu_throttled_ratio": None, "cpu_periods": None},
        {},
    ],
)
def test_nothing_is_said_of_busy_idle_or_formerly_throttled_containers(values: dict[str, Any]) -> None:
    assert diagnose(scene(**values), WORKER) == ()


def test_a_ratio_without_a_window_is_a_lifetime_number_and_proves_nothing_about_now() -> None:
    assert diagnose(scene(window_s=None, cpu_throttled_ratio=0.9, cpu_periods=400, cpu_limit=0.2), WORKER) == ()


def test_the_finding_of_another_container_is_not_ours() -> None:
    ledger = scene(Ref("webapp"), cpu_throttled_ratio=0.9, cpu_periods=40, cpu_limit=0.2)
    assert diagnose(ledger, WORKER) == ()
    assert only(ledger, Ref("webapp")).about == Ref("webapp")


def test_looking_again_gives_the_same_id_though_the_numbers_moved() -> None:
    first = only(scene(cpu_throttled_ratio=0.9, cpu_periods=40, cpu_limit=0.15))
    again = only(scene(cpu_throttled_ratio=0.95, cpu_periods=39, cpu_limit=0.15))
    far = only(
        scene(Ref("worker", "far"), cpu_throttled_ratio=0.9, cpu_periods=40, cpu_limit=0.15), Ref("worker", "far")
    )
    assert first.id == again.id != far.id


def test_what_to_read_follows_from_what_the_rules_need() -> None:
    assert set(needs()) >= {"cpu", "limits"}
    assert needs([RULES["cpu_throttled"]]) == ("cpu", "limits")
    assert window() >= 2.0
