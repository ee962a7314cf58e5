"""Ports that do not meet, healthchecks that are wrong, variables and clocks: each by facts made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.facts import NOW, Box, checks, found, one

PUBLISHED = {"published_port": {"0.0.0.0:18080/tcp": 8000}}
CURL = "curl: (7) Failed to connect to localhost port 8001: Connection refused"


def web(*listens: str, **more: object) -> Box:
    return Box("web", listens=listens or ("0.0.0.0:8000",), more=more)


def sick(output: str, *, code: int = 1, command: str = "curl http://localhost:8001/", **more: object) -> Box:
    listens = more.pop("listens", ())
    log = more.pop("log", ())
    facts = {
        "health": "unhealthy", "health_output": output, "health_exit_code": code, "health_streak": 3,
        "health_command": command, "health_timeout": 2.0, "health_start_period": 0.0,
        "health_check": checks(*[code] * 3),
    }  # fmt: skip
    return Box("web", listens=listens, log=log, more={**facts, **more})  # type: ignore[arg-type]


def test_a_published_port_on_loopback_only() -> None:
    finding = one(web("127.0.0.1:8000", **PUBLISHED))
    assert (finding.cause, finding.details["port"], finding.details["listen_address"]) == (
        "bound_to_loopback",
        8000,
        "127.0.0.1",
    )


def test_two_programs_of_a_pipe_that_are_missing_may_write_at_once() -> None:
    output = "/bin/sh: 1: /bin/sh: 1: grep: not found nc: not found"
    finding = one(sick(output, command="echo stats | nc -w 1 127.0.0.1 8000 | grep -q uptime || exit 1"))
    assert (finding.cause, finding.details["path"]) == ("healthcheck_cmd_missing", "grep")


def test_a_port_published_to_one_where_nothing_listens() -> None:
    finding = one(web("0.0.0.0:8080", **PUBLISHED))
    assert (finding.cause, finding.details["target_port"], finding.details["port"]) == ("wrong_target_port", 8000, 8080)


def test_an_exposed_port_that_nobody_can_reach() -> None:
    assert found(web(exposed_port={"8000/tcp": 8000})) == ["port_not_published web"]
    assert found(web(publish_all=True)) == ["port_not_published web"]
    assert found(web("127.0.0.1:8000", publish_all=True)) == []


@pytest.mark.parametrize(
    "boxes",
    [
        (web(),),
        (web(**PUBLISHED),),
        (web("0.0.0.0:5432", exposed_port={"5432/tcp": 5432}),),
        (web(exposed_port={"8000/tcp": 8000}), Box("client", env_hosts={"API_URL": "web:8000"})),
        (web(exposed_port={"8000/tcp": 8000}, client={"8000 from 10.0.0.9": 1}),),
        (web("0.0.0.0:8000", "127.0.0.1:9000", **PUBLISHED),),
        (web("0.0.0.0:80", published_port={"0.0.0.0:80/tcp": 80, "0.0.0.0:443/tcp": 443}),),
        (web("0.0.0.0:8080", uptime=1.0, **PUBLISHED),),
        (Box("web", more={**PUBLISHED, "sockets_visible": None}),),
    ],
)
def test_ports_that_are_as_they_should_be(boxes: tuple[Box, ...]) -> None:
    assert found(*boxes) == []


def test_a_host_port_is_taken_by_a_container_or_by_a_program() -> None:
    error = "driver failed programming external connectivity: Bind for 0.0.0.0:18080 failed: port is already allocated"
    facts = {"start_error": error, "exit_code": 128, "port_binding": {"0.0.0.0:18080/tcp": 80}}
    for holder, detail in (("container shop", ("peer", "shop")), ("process nginx 4711", ("service", "nginx 4711"))):
        more = {**facts, "port_holder": {"0.0.0.0:18080/tcp": holder}}
        finding = one(Box("web", state="created", more=more))
        assert (finding.cause, finding.details["host_port"]) == ("host_port_conflict", 18080)
        assert finding.details[detail[0]] == detail[1]


def test_a_port_taken_inside_the_container() -> None:
    log = ["OSError: [Errno 98] bind 0.0.0.0:8000: Address already in use"]
    finding = one(Box("web", state="exited", log=log, more={"exit_code": 1}))
    assert (finding.cause, finding.details["port"]) == ("address_in_use", 8000)


def test_a_low_port_needs_rights_only_where_the_sysctl_says_so() -> None:
    log = ["nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)"]
    raised = {"sysctl": {"net.ipv4.ip_unprivileged_port_start": "1024"}, "user": "1000", "exit_code": 1}
    finding = one(Box("web", state="exited", log=log, more=raised))
    assert (finding.cause, finding.details["port"], finding.details["user"]) == ("privileged_port_denied", 80, "1000")
    assert found(Box("web", state="exited", log=log, more={"user": "1000", "exit_code": 1})) == []


def test_of_python_the_port_is_the_one_of_its_command() -> None:
    log = [
        "    self.socket.bind(self.server_address)",
        "PermissionError: [Errno 13] Permission denied",
    ]
    more = {"sysctl": {"net.ipv4.ip_unprivileged_port_start": "1024"}, "user": "1000", "exit_code": 1}
    box = Box("web", state="exited", log=log, more={**more, "command": "python3 -m http.server 81"})
    assert one(box).details["port"] == 81


def test_a_full_queue_of_connections() -> None:
    key = "0.0.0.0:8000/tcp"
    finding = one(web(accept_queue={key: 2}, accept_backlog={key: 1}, listen_overflows=8))
    assert (finding.cause, finding.details["port"]) == ("accept_backlog_overflow", 8000)
    assert found(web(accept_queue={key: 2}, accept_backlog={key: 128}, listen_overflows=8)) == []
    assert found(web(listen_overflows=8)) == []


def test_the_healthchecks_program_is_not_there() -> None:
    output = 'OCI runtime exec failed: exec: "curl": executable file not found in $PATH: unknown'
    finding = one(sick(output, code=-1))
    assert (finding.cause, finding.details["path"]) == ("healthcheck_cmd_missing", "curl")
    finding = one(sick("/bin/sh: 1: wget: not found", code=1, command="wget -q http://localhost:8001/ || exit 1"))
    assert (finding.cause, finding.details["path"]) == ("healthcheck_cmd_missing", "wget")


def test_the_healthcheck_is_too_slow_for_its_timeout() -> None:
    finding = one(sick("Health check exceeded timeout (2s)", code=-1))
    assert (finding.cause, finding.details["value"]) == ("healthcheck_timeout", 2.0)


def test_the_healthcheck_asks_another_port_than_the_application_has() -> None:
    finding = one(sick(CURL, listens=["0.0.0.0:8000"]))
    assert (finding.cause, finding.details) == ("healthcheck_wrong_port", {"port": 8001, "target_port": 8000})


def test_the_application_fails_its_healthcheck() -> None:
    assert one(sick(CURL)).cause == "healthcheck_failing_app"
    finding = one(sick("HTTP/1.1 500", listens=["0.0.0.0:8001"], code=22))
    assert (finding.cause, finding.details["exit_code"]) == ("healthcheck_failing_app", 22)


def test_it_is_called_unhealthy_while_it_starts() -> None:
    box = sick(CURL, log=["loading the catalogue"], uptime=5.0, started_at=NOW - 5.0)
    finding = one(box)
    assert (finding.cause, finding.details["setting"]) == ("start_period_too_short", "start_period")
    ready = ["loading the catalogue", "ready", "GET /", "GET /", "GET /"]
    assert found(sick(CURL, log=ready, uptime=5.0, started_at=NOW - 5.0)) == ["healthcheck_failing_app web"]


SEGMENTS = [f"INFO  index: segment {number} of 240 loaded" for number in (1, 3, 5, 7)]


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (["INFO  index: loading 240 segments", *SEGMENTS], "start_period_too_short"),
        (["restoring the snapshot", "12 % restored", "15 % restored", "18 % restored"], "start_period_too_short"),
        (["INFO  index: loading 2 segments", *["segment 2 of 2 loaded"] * 4], "healthcheck_failing_app"),
        (["worker: starting", *[f"worker: job {n} of 240 done" for n in range(4)]], "healthcheck_failing_app"),
        (["loading rules", "ready", *[f"job {n} of 240 done" for n in range(4)]], "healthcheck_failing_app"),
        (["INFO  index: loading 240 segments", *SEGMENTS, "ready", "GET /", "GET /"], "healthcheck_failing_app"),
    ],
)
def test_it_says_how_far_it_is_with_its_start(log: list[str], cause: str) -> None:
    assert one(sick(CURL, log=log, uptime=12.0, started_at=NOW - 12.0)).cause == cause


def test_one_that_listens_elsewhere_has_started() -> None:
    log = ["[INFO] Starting gunicorn 20.1.0", "[INFO] Listening at: http://0.0.0.0:8000", "[INFO] Booting worker: 8"]
    more: dict[str, Any] = {"listens": ["0.0.0.0:8000"], "uptime": 12.0, "started_at": NOW - 12.0}
    assert one(sick(CURL, log=log, **more)).cause == "healthcheck_wrong_port"
    assert one(sick(CURL, log=["loading the catalogue"], **more)).cause == "start_period_too_short"


def test_what_was_unhealthy_yesterday_is_no_fault_today() -> None:
    assert found(web(health="healthy", health_exit_code=0, health_check=checks(1, 1, 0, 0))) == []


def test_a_variable_the_program_wants_and_does_not_have() -> None:
    log = ["KeyError: 'LEDGER_URL'"]
    finding = one(Box("job", state="exited", log=log, more={"exit_code": 1}))
    assert (finding.cause, finding.details["env_key"]) == ("env_missing", "LEDGER_URL")
    has = {"exit_code": 1, "env_key": {"LEDGER_URL": True}}
    assert found(Box("job", state="exited", log=log, more=has)) == []
    empty = {**has, "env_empty": {"LEDGER_URL": True}}
    assert found(Box("job", state="exited", log=log, more=empty)) == ["env_missing job"]


def test_a_variable_it_had_got_over_did_not_end_what_a_signal_ended() -> None:
    log = ["KeyError: 'THEME_URL'", "using the default theme"]
    killed = Box("job", state="exited", log=log, more={"exit_code": 137, "oom_killed": True, "memory_limit": 2**25})
    assert found(killed) == ["oom_killed job"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("LEDGER_URL is not set", True),
        ("FATAL: LEDGER_URL is not set, required when using postgres", True),
        ("LEDGER_URL not set, using sqlite", False),
        ("CACHE_TTL was not configured; caching disabled", False),
    ],
)
def test_a_variable_it_does_without_did_not_end_a_program_that_failed(line: str, told: bool) -> None:
    ended = Box("job", state="exited", log=[line, "bye"], more={"exit_code": 1})
    assert ("env_missing job" in found(ended)) == told


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-30 12:00:00 WARNING [boot] TRACKER_DSN is not set, error reporting is disabled",
        "2026-11-30 12:00:00 WARNING [boot] TRACKER_DSN is not set: no exception handler, exit codes only",
        "2026-11-30 12:00:00 INFO boot: TRACKER_DSN is not set",
        "TRACKER_DSN not set, crash reports disabled",
    ],
)
def test_what_ends_a_program_wins_over_a_variable_it_went_on_without(line: str) -> None:
    end = "json.decoder.JSONDecodeError: Expecting value: line 3 column 1 (char 40)"
    log = [line, "Traceback (most recent call last):", end]
    assert found(Box("job", state="exited", log=log, more={"exit_code": 1})) == ["config_invalid job"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("LEDGER_URL is not set: request failed", ["env_missing job"]),
        ("LEDGER_URL is not set, using the default", []),
        ("LEDGER_URL not set, reporting disabled", []),
    ],
)
def test_a_program_that_does_without_a_variable_is_well(line: str, told: list[str]) -> None:
    assert found(Box("job", log=[line] * 5)) == told
    assert found(Box("job", log=[line] * 2)) == []  # within a second, as by two workers that start


def test_a_variable_whose_value_the_program_refuses() -> None:
    log = ["ValueError: invalid value for CACHE_SIZE"]
    more = {"exit_code": 1, "env_key": {"CACHE_SIZE": True}}
    assert found(Box("job", state="exited", log=log, more=more)) == ["env_wrong_value job"]


def test_a_clock_in_another_zone() -> None:
    finding = one(Box("job", more={"timezone": "Asia/Tokyo", "log_clock_offset": 32_400.0}))
    assert (finding.cause, finding.details["value"]) == ("timezone_skew", "Asia/Tokyo")
    assert found(Box("job", more={"timezone": "UTC", "log_clock_offset": 0.0})) == []
    assert found(Box("job", more={"log_clock_offset": 32_400.0})) == []
