"""Rates from two samples: true for their window, and absent rather than wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Value
from ergon_ops.history import rates
from ergon_ops.refs import Ref

REF = Ref("worker")
EARLIER = Counters(
    "w", 100.0, "cgroup:v1", cpu_s=10.0, periods=1000, throttled=500, throttled_s=30.0, block_read=4096, block_write=0,
    network_rx=1_000, network_tx=2_000, memory_working_set=5, run="7",
)  # fmt: skip
LATER = replace(
    EARLIER, at=105.0, cpu_s=11.0, periods=1050, throttled=545, block_read=54_096, network_rx=1_500, network_tx=2_000
)


def found(
    earlier: Counters, later: Counters, cpu_limit: float | None = 0.2, host_cpus: int | None = 2
) -> dict[str, Value]:
    return {item.name: item.value for item in rates(REF, earlier, later, cpu_limit=cpu_limit, host_cpus=host_cpus)}


def test_rates_are_differences_over_the_window() -> None:
    assert found(EARLIER, LATER) == {
        "cpu_usage": 0.2,
        "cpu_ratio": 1.0,
        "cpu_periods": 50,
        "cpu_throttled_ratio": 0.9,
        "block_read_rate": 10_000.0,
        "block_write_rate": 0.0,
        "network_rx_rate": 100.0,
        "network_tx_rate": 0.0,
    }


def test_every_rate_says_for_which_window_it_is_true() -> None:
    for item in rates(REF, EARLIER, LATER, cpu_limit=0.2, host_cpus=2):
        assert (item.window_s, item.at, item.about) == (5.0, 105.0, REF)
        assert item.source.startswith("rate:cgroup:v1#")


def test_nothing_is_said_across_a_restart() -> None:
    assert found(EARLIER, replace(LATER, run="8")) == {}
    assert found(replace(EARLIER, run=""), replace(LATER, run="", cpu_s=0.5)) == {}
    assert found(replace(EARLIER, run=""), replace(LATER, run="", periods=3)) == {}


def test_nothing_is_said_of_a_window_too_short_or_backwards() -> None:
    assert found(EARLIER, replace(LATER, at=100.049)) == {}
    assert found(LATER, EARLIER) == {}
    assert found(EARLIER, replace(LATER, container_id="other")) == {}


def test_without_a_quota_there_is_no_throttling_to_report() -> None:
    free = replace(EARLIER, periods=0, throttled=0)
    values = found(free, replace(LATER, periods=0, throttled=0), cpu_limit=None)
    assert values["cpu_ratio"] == 0.1
    assert "cpu_periods" not in values
    assert "cpu_throttled_ratio" not in values


def test_a_container_that_slept_under_a_quota_has_no_throttled_ratio() -> None:
    """0 of 0 periods is not "never throttled"."""
    values = found(EARLIER, replace(LATER, periods=1000, throttled=500))
    assert values["cpu_periods"] == 0
    assert "cpu_throttled_ratio" not in values


@pytest.mark.parametrize(
    ("limit", "cpus", "ratio"), [(None, 2, 0.1), (4.0, 2, 0.1), (0.5, 2, 0.4), (None, None, None), (0.5, None, 0.4)]
)
def test_cpu_ratio_is_of_what_it_may_use(limit: float | None, cpus: int | None, ratio: float | None) -> None:
    assert found(EARLIER, LATER, limit, cpus).get("cpu_ratio") == ratio


def test_what_was_not_counted_has_no_rate() -> None:
    values = found(replace(EARLIER, network_rx=None, cpu_s=None), LATER)
    assert "network_rx_rate" not in values
    assert "cpu_usage" not in values
    assert "block_read_rate" in values


def test_a_disconnected_network_takes_only_its_own_rate_away() -> None:
    values = found(EARLIER, replace(LATER, network_rx=0, network_tx=0))
    assert "network_rx_rate" not in values
    assert "network_tx_rate" not in values
    assert values["cpu_usage"] == 0.2
