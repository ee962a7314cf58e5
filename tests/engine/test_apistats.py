"""The stats document of engines on cgroup v1 and v2, and what a stopped container's looks like."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ergon_ops.engine import apistats
from ergon_ops.facts import FACTS, Value
from ergon_ops.refs import Ref

REF = Ref("api", "edge")
ID = "e95384a37ff8cb3eca60466316561caea9089154649f45c791740f52edc5dc84"
READ_AT = 1_795_356_747.404488
HOST_MEMORY = 25_276_502_016
CPU = {
    "cpu_usage": {"total_usage": 146_752_966_026, "usage_in_kernelmode": 360_000_000},
    "system_cpu_usage": 3_396_680_000_000,
    "online_cpus": 2,
    "throttling_data": {"periods": 7337, "throttled_periods": 7333, "throttled_time": 582_643_688_547},
}
V1: dict[str, Any] = {
    "read": "2026-11-22T14:12:27.404488871Z",
    "preread": "2026-11-22T14:12:26.398008117Z",
    "pids_stats": {"current": 2, "limit": 50},
    "blkio_stats": {
        "io_service_bytes_recursive": [
            {"major": 254, "minor": 0, "op": "Read", "value": 4096},
            {"major": 254, "minor": 0, "op": "Write", "value": 1024},
            {"major": 254, "minor": 0, "op": "Total", "value": 5120},
        ]
    },
    "cpu_stats": CPU,
    "precpu_stats": {"cpu_usage": {"total_usage": 146_552_582_886}, "throttling_data": {"periods": 7327}},
    "memory_stats": {
        "usage": 39_366_656,
        "stats": {
            "inactive_file": 1,
            "total_inactive_file": 10_870_784,
            "total_swap": 0,
            "hierarchical_memory_limit": 67_108_864,
            "hierarchical_memsw_limit": 134_217_728,
        },
        "limit": 67_108_864,
    },
    "networks": {
        "eth0": {"rx_bytes": 1500, "tx_bytes": 10, "rx_errors": 1, "rx_dropped": 2, "tx_errors": 0, "tx_dropped": 4},
        "eth1": {"rx_bytes": 32, "tx_bytes": 5, "rx_errors": 0, "rx_dropped": 0, "tx_errors": 0, "tx_dropped": 0},
    },
}
V2: dict[str, Any] = {
    **V1,
    "pids_stats": {"current": 5, "limit": 18_446_744_073_709_551_615},
    "blkio_stats": {
        "io_service_bytes_recursive": [
            {"major": 254, "minor": 0, "op": "read", "value": 20_972_544},
            {"major": 254, "minor": 0, "op": "write", "value": 0},
        ],
        "io_serviced_recursive": None,
    },
    "memory_stats": {
        "usage": 21_483_520,
        "stats": {"anon": 188_416, "file": 20_975_616, "inactive_file": 20_971_520, "active_file": 4096},
        "limit": HOST_MEMORY,
    },
}
STOPPED: dict[str, Any] = {
    "read": "0001-01-01T00:00:00Z",
    "preread": "0001-01-01T00:00:00Z",
    "pids_stats": {},
    "blkio_stats": {"io_service_bytes_recursive": None},
    "cpu_stats": {"cpu_usage": {"total_usage": 0}, "throttling_data": {"periods": 0, "throttled_periods": 0}},
    "precpu_stats": {"cpu_usage": {"total_usage": 0}},
    "memory_stats": {},
}
GROUPS: Any = ("memory", "pids", "io", "cpu")


def values(document: dict[str, Any]) -> dict[str, Value]:
    found = apistats.readings(REF, document, GROUPS, at=1.0, host_memory=HOST_MEMORY)
    return {item.name: item.value for item in found}


def test_v1_document() -> None:
    assert values(V1) == {
        "memory_usage": 39_366_656,
        "memory_inactive_file": 10_870_784,
        "memory_failures": 0,
        "memory_swap": 0,
        "memory_limit": 67_108_864,
        "memory_working_set": 28_495_872,
        "memory_ratio": pytest.approx(0.424622, abs=1e-6),
        "memory_host_ratio": pytest.approx(0.001127, abs=1e-6),
        "pids": 2,
        "pids_limit": 50,
        "block_read": 4096,
        "block_write": 1024,
        "network_rx": 1532,
        "network_tx": 15,
        "network_drops": 7,
        "cpu_throttled_lifetime": pytest.approx(0.999455, abs=1e-6),
    }


def test_v2_document_without_limits() -> None:
    found = values(V2)
    assert found["memory_working_set"] == 512_000
    assert found["memory_limit"] is None, "the engine writes the host's memory where there is no limit"
    assert found["memory_ratio"] is None
    assert found["pids_limit"] is None
    assert (found["block_read"], found["block_write"]) == (20_972_544, 0)
    assert "memory_failures" not in found, "v2 counts something else there, and its absence says nothing"


def test_every_reading_says_it_came_from_the_api_and_when() -> None:
    for item in apistats.readings(REF, V1, GROUPS, at=1.0, host_memory=HOST_MEMORY):
        assert item.source.startswith(("api:stats#", "derived:"))
        assert item.at == pytest.approx(READ_AT, abs=0.001)
        assert item.unit == FACTS[item.name].unit


def test_counters_are_those_of_the_document_on_the_engines_clock() -> None:
    found = apistats.counters(ID, V1, at=1.0)
    assert found is not None
    assert (found.container_id, found.source) == (ID, "api:stats")
    assert found.at == pytest.approx(READ_AT, abs=0.001)
    assert found.cpu_s == pytest.approx(146.752966)
    assert (found.periods, found.throttled) == (7337, 7333)
    assert found.throttled_s == pytest.approx(582.643689)
    assert (found.block_read, found.network_rx, found.memory_working_set) == (4096, 1532, 28_495_872)


def test_a_document_with_two_samples_gives_the_earlier_one_too() -> None:
    earlier, later = apistats.previous(ID, V1), apistats.counters(ID, V1, at=1.0)
    assert earlier is not None
    assert later is not None
    assert later.at - earlier.at == pytest.approx(1.006, abs=0.001)
    assert earlier.cpu_s is not None
    assert later.cpu_s is not None
    assert later.cpu_s - earlier.cpu_s == pytest.approx(0.2004, abs=0.001)
    assert earlier.network_rx is None
    assert apistats.previous(ID, {**V1, "precpu_stats": {}, "preread": "0001-01-01T00:00:00Z"}) is None


def test_a_stopped_container_has_no_numbers_rather_than_zeros() -> None:
    assert apistats.counters(ID, STOPPED, at=1.0) is None
    assert apistats.previous(ID, STOPPED) is None
    assert values(STOPPED) == {}


def test_on_the_hosts_network_there_are_no_network_numbers() -> None:
    document = {key: value for key, value in V1.items() if key != "networks"}
    assert "network_rx" not in values(document)


def test_equal_limits_with_and_without_swap_count_no_failures() -> None:
    document = copy.deepcopy(V1)
    document["memory_stats"]["stats"]["hierarchical_memsw_limit"] = 67_108_864
    assert "memory_failures" not in values(document)
    document["memory_stats"]["failcnt"] = 3
    assert values(document)["memory_failures"] == 3


@pytest.mark.parametrize("document", [{}, {"cpu_stats": None, "memory_stats": []}, {"networks": None, "read": 5}])
def test_a_strange_document_gives_nothing_and_does_not_fail(document: dict[str, Any]) -> None:
    assert apistats.counters(ID, document, at=1.0) is None
    assert values(document) == {}
