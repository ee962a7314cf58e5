"""A heap that is full, one worker for all, logs that flood or go astray."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import diagnose
from tests.diagnosis.making import API, causes, evidence, only, scene

NODE = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
JAVA = 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space'
MIB = 1 << 20


def test_a_full_heap_is_no_container_out_of_memory() -> None:
    command = "node --max-old-space-size=24 server.js"
    made = scene("exited", exit_code=139, oom_killed=False, command=command, log=[NODE], log_age_s=61.0)
    told = only(made)
    assert told.cause == "runtime_heap_oom"
    assert told.details == {"service": "node", "setting": "--max-old-space-size", "value": "24", "exit_code": 139}
    assert ("oom_killed", False) in evidence(made, told)
    assert only(scene("restarting", exit_code=1, log=[JAVA])).details["setting"] == "-Xmx"


def test_a_heap_that_was_full_an_hour_ago_or_a_kernel_that_killed_is_another_story() -> None:
    assert diagnose(scene(log=[NODE], log_age_s=3000.0), API) == ()
    killed = scene("exited", exit_code=137, oom_killed=True, log=[NODE], log_age_s=61.0)
    assert "runtime_heap_oom" not in causes(killed)


ONE: dict[str, Any] = {"app_workers": {"python:8000": 1}, "app_threads": {"python:8000": 1}}
LATE: dict[str, Any] = {
    "health": "unhealthy",
    "health_streak": 3,
    "health_output": "check exceeded timeout (1s)",
    "health_command": "curl -fsS http://localhost:8000/health",
}


def test_one_worker_that_waits_is_told_where_its_healthcheck_comes_too_late() -> None:
    told = only(scene(cpu_usage=0.02, keyed=ONE, **LATE))
    assert (told.cause, told.details) == ("single_worker_blocked", {"service": "python", "count": 1, "port": 8000})


@pytest.mark.parametrize(
    "change",
    [
        {"cpu_usage": 0.98},
        {"keyed": {"app_workers": {"python:8000": 4}, "app_threads": {"python:8000": 1}}},
        {"keyed": {"app_workers": {"python:8000": 1}, "app_threads": {"python:8000": 8}}},
        {"health": "healthy", "health_streak": 0, "health_output": "ok"},
        {"health_command": "/opt/probe/deep"},  # what takes its time may be the check itself
    ],
)
def test_a_busy_one_several_of_them_or_one_that_answers_is_none(change: dict[str, Any]) -> None:
    given: dict[str, Any] = {"cpu_usage": 0.02, "keyed": ONE, **LATE, **change}
    assert "single_worker_blocked" not in causes(scene(**given))


def test_a_log_that_grows_fast_and_is_kept_for_ever_is_told() -> None:
    flood: dict[str, Any] = {"log_growth": 11 * MIB, "log_size": 400 * MIB, "log_driver": "json-file"}
    told = only(scene(**flood))
    assert (told.cause, told.details["setting"], told.details["value"]) == ("log_flood_unrotated", "max-size", 11 * MIB)
    assert "11 MiB a second" in told.summary
    assert causes(scene(**flood, keyed={"log_option": {"max-size": "10m"}})) == []
    for fine in ({"log_driver": "local"}, {"log_growth": 20_000}):
        assert causes(scene(**{**flood, **fine})) == []


def test_files_of_its_own_count_where_the_engine_has_nothing_of_its_log() -> None:
    files = {"log_file": {"/var/log/nginx/access.log": 0, "/var/log/nginx/error.log": 120}}
    told = only(scene(log_run_lines=0, keyed=files))
    assert (told.cause, told.details["path"]) == ("logs_to_file", "/var/log/nginx/error.log")
    assert diagnose(scene(log_run_lines=3, keyed=files), API) == ()
    assert diagnose(scene(log_run_lines=0), API) == ()
    assert diagnose(scene(log_run_lines=0, keyed=files, uptime=1.0), API) == ()


def test_what_only_a_supervisor_says_is_no_log_of_what_it_started() -> None:
    files = {"log_file": {"/var/log/mailer/out.log": 2214, "/var/log/supervisord.log": 90_000}}
    told = only(scene(log_run_lines=4, log_supervisor_lines=4, keyed=files))
    assert (told.cause, told.details["path"]) == ("logs_to_file", "/var/log/mailer/out.log")
    assert "only its supervisor's words" in told.summary
    assert causes(scene(log_run_lines=5, log_supervisor_lines=4, keyed=files)) == []
    empty = {"log_file": {"/var/log/mailer/out.log": 0, "/var/log/supervisord.log": 90_000}}
    assert causes(scene(log_run_lines=4, log_supervisor_lines=4, keyed=empty)) == []


def test_what_was_said_before_all_output_went_into_a_file_is_no_log_either() -> None:
    files = {"log_file": {"/var/log/app.log": 2214}}
    told = only(scene(log_run_lines=2, log_into_files=1, keyed=files))
    assert (told.cause, "only what was said at first" in told.summary) == ("logs_to_file", True)
