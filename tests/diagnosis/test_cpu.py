from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import RULES, Scene, diagnose, needs, window
from ergon_ops.facts import Ledger, reading
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref, host_ref

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
    (finding,) = diagnose(Scene(ledger), ref)
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
    assert diagnose(Scene(scene(**values)), WORKER) == ()


def test_a_ratio_without_a_window_is_a_lifetime_number_and_proves_nothing_about_now() -> None:
    ledger = scene(window_s=None, cpu_throttled_ratio=0.9, cpu_periods=400, cpu_limit=0.2)
    assert diagnose(Scene(ledger), WORKER) == ()


def test_the_finding_of_another_container_is_not_ours() -> None:
    ledger = scene(Ref("webapp"), cpu_throttled_ratio=0.9, cpu_periods=40, cpu_limit=0.2)
    assert diagnose(Scene(ledger), WORKER) == ()
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


def starving(**change: Any) -> Ledger:
    values = {"state": "running", "cpu_shares": 2, "cpu_usage": 0.02, "threads_runnable": 1, "pressure": 0.8, **change}
    pressure = values.pop("pressure")
    ledger = scene(**values)
    ledger.add(
        [reading(host_ref("local"), "host_pressure", pressure, key="cpu some", at=1000.0, source="proc:pressure")]
    )
    return ledger


def test_a_small_weight_starves_beside_others_who_take_all() -> None:
    finding = only(starving())
    assert (finding.cause, finding.details) == ("cpu_shares_starved", {"value": 2, "expected": 1024})


@pytest.mark.parametrize(
    "change",
    [{"pressure": 0.1}, {"cpu_shares": 1024}, {"cpu_shares": None}, {"cpu_usage": 0.9}, {"threads_runnable": 0}],
    ids=str,
)
def test_a_small_weight_does_nothing_where_there_is_room_or_nothing_to_do(change: dict[str, Any]) -> None:
    assert [item for item in diagnose(Scene(starving(**change)), WORKER) if item.nature == "fault"] == []
