"""CPU, memory and process limits: each rule with its numbers, and when it keeps silent."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.proposals import Expect

from .scenes import BOX, GIB, HOST, MIB, everything, found, held, intent, site, wished

THROTTLED = {"cpu_limit": 0.15, "cpu_throttled_ratio": 0.96, "cpu_periods": 50, "threads_runnable_peak": 1}
RECORD = {"history_span": 4 * 3600.0, "history_points": 150, "memory_peak": 60 * MIB}


def test_a_throttled_container_gets_as_many_cpus_as_threads_want_to_run() -> None:
    wish = intent("THROTTLE", site(THROTTLED))
    assert (wish.kind, wish.arguments, wish.target) == ("set_cpu_limit", {"nano_cpus": 1_000_000_000}, BOX)
    assert wish.formula == "min(2 CPUs online, 1 runnable thread at once over 5 s) = 1 CPU; now 0.15"
    assert wish.expect == Expect("cpu_throttled_ratio", "", "<", 0.25, 15.0)
    assert wish.purpose == "performance"
    assert wish.reversibility == "live"


def test_more_threads_than_cpus_get_the_cpus_there_are_and_a_cpuset_counts() -> None:
    many = {**THROTTLED, "threads_runnable_peak": 6}
    assert intent("THROTTLE", site(many)).arguments == {"nano_cpus": 2_000_000_000}
    assert intent("THROTTLE", site({**many, "cpuset": "1"})).arguments == {"nano_cpus": 1_000_000_000}


def test_a_higher_limit_that_would_not_help_is_not_proposed_and_the_reason_is_told() -> None:
    wish = held("THROTTLE", site({**THROTTLED, "cpu_limit": 1.0}))
    assert "a higher limit would not help" in wish.reason
    assert "fewer threads" in wish.next


@pytest.mark.parametrize(
    "facts",
    [
        {**THROTTLED, "cpu_throttled_ratio": 0.25},
        {**THROTTLED, "cpu_limit": None},
        {**THROTTLED, "state": "paused"},
        {**THROTTLED, "cpu_periods": 2},
    ],
)
def test_what_is_not_throttled_keeps_its_limit(facts: dict[str, Any]) -> None:
    assert wished("THROTTLE", site(facts)) == []


def test_what_was_looked_at_for_a_moment_raises_nothing() -> None:
    assert wished("THROTTLE", site(THROTTLED, window_s=2.0)) == []
    near = {"memory_working_set": 120 * MIB, "memory_low": 119 * MIB}
    assert wished("MEM-SIZE", site(near, window_s=2.0)) == []
    assert wished("PIDS-MAX", site({"pids_limit": 20, "pids_low": 20, "pids": 20}, window_s=2.0)) == []


def test_memory_near_its_limit_at_both_ends_gets_a_seventh_more_than_its_peak() -> None:
    facts = {"memory_working_set": 120 * MIB, "memory_low": 119 * MIB, "memory_high": 122 * MIB}
    wish = intent("MEM-SIZE", site(facts))
    assert wish.arguments == {"memory_bytes": 141 * MIB, "memory_swap_bytes": 269 * MIB}  # the same 128 MiB of swap
    assert wish.formula == "122 MiB peak x 1.15 = 141 MiB; now 128 MiB"
    assert wish.expect == Expect("memory_ratio", "", "<", 0.95, 60.0)
    assert Expect("memory_oom_kills", "", "<=", 0, 60.0) in wish.guards
    assert wished("MEM-SIZE", site({**facts, "memory_low": 90 * MIB})) == []  # it came down in between


def test_page_cache_is_no_reason_for_more_memory() -> None:
    facts = {"memory_usage": 127 * MIB, "memory_inactive_file": 120 * MIB, "memory_working_set": 7 * MIB}
    assert wished("MEM-SIZE", site({**facts, "memory_low": 7 * MIB})) == []


def test_after_an_oom_kill_the_limit_goes_up_by_a_quarter_a_kill_and_never_below_the_floor() -> None:
    killed = {"memory_limit": 256 * MIB, "memory_swap_limit": 256 * MIB, "event 2027-01-15T08:00:00.000Z": "oom"}
    wish = intent("OOM-HIST", site(killed, finding=found("child_oom")))
    assert wish.arguments == {"memory_bytes": 320 * MIB, "memory_swap_bytes": 320 * MIB}
    assert wish.formula == ("max(40 MiB peak x 1.15, 256 MiB at the kill x 1.25, 95.4 MiB) = 320 MiB; now 256 MiB")
    twice = {**killed, "event 2027-01-15T08:00:01.000Z": "oom"}
    assert intent("OOM-HIST", site(twice)).arguments["memory_bytes"] == 400 * MIB
    small = {**killed, "memory_limit": 48 * MIB, "memory_swap_limit": -1}
    assert intent("OOM-HIST", site(small)).arguments == {"memory_bytes": 96 * MIB, "memory_swap_bytes": -1}


def test_of_a_container_that_was_killed_and_is_down_the_limit_itself_is_what_can_be_looked_at() -> None:
    down = {"state": "exited", "oom_killed": True, "memory_working_set": None}
    wish = intent("OOM-HIST", site(down, finding=found("oom_killed")))
    assert wish.expect == Expect("memory_limit", "", ">=", 160 * MIB, 5.0)
    assert wish.guards == ()


def test_memory_the_host_does_not_have_is_not_promised() -> None:
    wish = held("OOM-HIST", site({}, finding=found("oom_killed"), host={**HOST, "host_memory_available": 30 * MIB}))
    assert "the host has 30 MiB left" in wish.reason


def test_a_limit_far_too_high_comes_down_only_with_three_hours_of_history() -> None:
    roomy = {"memory_limit": GIB, "memory_swap_limit": GIB}
    wish = intent("MEM-DOWN", site({**roomy, **RECORD}))
    assert wish.arguments == {"memory_bytes": 96 * MIB, "memory_swap_bytes": 96 * MIB}
    assert "4.0 h of history" in wish.formula
    short = held("MEM-DOWN", site({**roomy, **RECORD, "history_span": 5400.0, "history_points": 20}))
    assert short.reason == ("a lower memory limit needs 3 h of history with 100 samples; there are 1.5 h with 20")
    few = held("MEM-DOWN", site({**roomy, **RECORD, "history_points": 99}))
    assert few.reason.endswith("there are 4.0 h with 99")


def test_a_lower_limit_is_never_below_what_is_used_now_and_never_follows_a_kill() -> None:
    roomy = {"memory_limit": GIB, "memory_swap_limit": GIB, **RECORD}
    used = intent("MEM-DOWN", site({**roomy, "memory_working_set": 400 * MIB}))
    assert used.arguments["memory_bytes"] == 460 * MIB
    assert wished("MEM-DOWN", site({**roomy, "memory_oom_kills": 1})) == []
    assert wished("MEM-DOWN", site({**roomy, "memory_working_set": 900 * MIB})) == []  # not worth it


def test_a_first_memory_limit_needs_the_history_too_and_is_hygiene() -> None:
    free = {"memory_limit": None, "memory_swap_limit": None}
    wish = intent("MEM-NONE", site({**free, **RECORD}))
    assert wish.purpose == "hygiene"
    assert wish.arguments == {"memory_bytes": 96 * MIB, "memory_swap_bytes": 96 * MIB}
    assert "needs 3 h of history" in held("MEM-NONE", site(free)).reason


def test_processes_at_their_limit_get_twice_as_many() -> None:
    full = {"pids_limit": 20, "pids_low": 19, "pids_high": 20, "pids": 20}
    wish = intent("PIDS-MAX", site(full))
    assert (wish.arguments, wish.formula) == ({"pids": 40}, "20 x 2 = 40")
    assert wished("PIDS-MAX", site({**full, "pids_low": 4})) == []


def test_a_first_process_limit_is_far_above_what_there_is() -> None:
    wish = intent("PIDS-NONE", site({"pids_limit": None, "pids": 31, "pids_high": 33}))
    assert (wish.arguments, wish.purpose) == ({"pids": 150}, "hygiene")
    assert intent("PIDS-NONE", site({"pids_limit": None, "pids": 3})).arguments == {"pids": 100}


def test_zombies_are_cured_by_an_init_process_and_not_by_a_second_one() -> None:
    wish = intent("INIT", site({}, finding=found("zombies_no_init")))
    assert (wish.kind, wish.arguments) == ("recreate", {"patch": {"init": True}})
    assert "already" in held("INIT", site({"init": True}, finding=found("zombies_no_init"))).reason


def test_of_a_container_with_nothing_to_better_nothing_is_said() -> None:
    assert everything(site({"serving nginx:80": "listening"})) == {}
