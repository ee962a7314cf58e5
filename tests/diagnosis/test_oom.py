"""Out of memory now, formerly, or a child only: told by events and by counts, never by the flag alone."""

from __future__ import annotations

from typing import Any

from tests.diagnosis.making import NOW, causes, evidence, found, only, scene

LIMIT = 48 << 20
CYCLE = ("start", "oom", "die exit_code 137")


def cycles(*ends: float, took: float = 4.0) -> list[tuple[float, str]]:
    """Runs that ended out of memory so many seconds ago."""
    return [(end + gap, text) for end in ends for gap, text in zip((took, 0.2, 0.0), CYCLE, strict=True)]


def test_a_loop_of_ends_for_want_of_memory_is_one_cause_while_it_waits_for_its_next_start() -> None:
    made = scene("restarting", exit_code=137, oom_killed=True, memory_limit=LIMIT, events=cycles(30, 15, 1))
    finding = only(made)
    assert finding.cause == "oom_restart_loop"
    assert finding.details == {"count": 4, "limit_bytes": LIMIT, "exit_code": 137}
    assert evidence(made, finding)[:2] == [("event", "oom"), ("event", "die exit_code 137")]


def test_the_loop_is_one_also_while_it_is_up_for_a_moment() -> None:
    events = [*cycles(60, 30, took=25), (12.0, "start")]
    values: dict[str, Any] = {"started_at": NOW - 12, "uptime": 12.0, "restart_count": 2, "oom_killed": True}
    assert causes(scene("running", events=events, memory_limit=LIMIT, **values)) == ["oom_restart_loop"]


def test_without_events_a_flag_and_the_code_of_one_that_waits_are_enough() -> None:
    assert causes(scene("restarting", exit_code=137, oom_killed=True, reach_s=None)) == ["oom_restart_loop"]
    assert causes(scene("restarting", exit_code=3, oom_killed=True, reach_s=None)) == ["crash_loop"]


def test_one_that_ran_out_of_memory_once_and_runs_since_is_well() -> None:
    for up in (5.0, 50.0, 5000.0):
        values: dict[str, Any] = {"started_at": NOW - up, "uptime": up, "restart_count": 1, "oom_killed": True}
        made = scene("running", events=[*cycles(up + 1), (up, "start")], memory_limit=LIMIT, **values)
        assert [cause for cause in causes(made) if "oom" in cause] == []


def test_a_loop_of_an_hour_ago_is_over() -> None:
    events = [*cycles(3620, 3610), (3600.0, "start")]
    assert causes(scene("running", events=events, restart_count=2, oom_killed=True, memory_limit=LIMIT)) == []


def test_a_killed_child_is_seen_by_its_events_though_the_flag_is_false() -> None:
    made = scene(
        events=[(3600.0, "start"), (20.0, "oom"), (8.0, "oom")],
        oom_killed=False, memory_oom_kills=2, memory_limit=LIMIT, log=["worker 12 exited with code 137"],
    )  # fmt: skip
    finding = only(made)
    assert (finding.cause, finding.details) == ("child_oom", {"count": 2, "limit_bytes": LIMIT})
    assert {name for name, _ in evidence(made, finding)} == {"event", "memory_oom_kills", "log_signal", "memory_limit"}


def test_kills_of_a_former_hour_are_not_now() -> None:
    assert causes(scene(events=[(3000.0, "oom")], memory_oom_kills=1, memory_limit=LIMIT)) == []
    assert causes(scene(reach_s=None, memory_oom_kills=7, memory_limit=LIMIT)) == []


def test_kills_between_two_looks_are_now_though_the_events_are_forgotten() -> None:
    made = scene(reach_s=None, memory_oom_kills=9, memory_oom_kills_seen=2, memory_limit=LIMIT)
    assert only(made).cause == "child_oom"
    assert causes(scene(reach_s=None, memory_oom_kills=9, memory_oom_kills_seen=0)) == []


def test_a_main_process_that_gave_up_after_its_worker_was_killed_is_told_so() -> None:
    events = [(120.0, "start"), (60.3, "oom"), (60.0, "die exit_code 1")]
    made = scene("exited", exit_code=1, restart_policy="no", events=events, memory_limit=LIMIT)
    assert causes(made) == ["child_oom"]
    assert "ended after that" in found(made)["child_oom"].summary


def test_memory_that_is_full_of_page_cache_is_no_fault() -> None:
    made = scene(memory_usage=65_000_000, memory_limit=67_108_864, memory_working_set=2_000_000, memory_ratio=0.03)
    assert causes(made) == []


def test_a_crash_loop_names_its_code_its_count_and_its_last_words() -> None:
    made = scene("restarting", exit_code=3, log=["boom: no such profile"])
    finding = only(made)
    assert (finding.cause, finding.details) == ("crash_loop", {"exit_code": 3, "count": 4})
    assert "“boom: no such profile”" in finding.summary


def test_a_crash_loop_is_seen_also_between_two_crashes() -> None:
    assert causes(scene("relapsing", events=[(9, "start"), (5, "die exit_code 3"), (2, "start")])) == ["crash_loop"]


def test_one_that_failed_once_and_was_restarted_just_now_is_well() -> None:
    events = [(9.0, "start"), (5.0, "die exit_code 73"), (4.0, "start")]
    assert causes(scene("relapsing", events=events, restart_count=1)) == []


def test_a_policy_that_gave_up_is_told_so() -> None:
    made = scene("exited", exit_code=3, restart_policy="on-failure", restart_count=2)
    assert "is not started again after 2 restarts" in only(made).summary


def test_a_deploy_a_minute_ago_is_no_loop() -> None:
    assert causes(scene("running", started_at=NOW - 60, uptime=60.0, restart_count=0)) == []
    assert causes(scene("running", started_at=NOW - 60, uptime=60.0, restart_count=3)) == []
