"""Never started: what Docker 20.10 and runc 1.1 said, word for word, and what it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import Scene, diagnose
from ergon_ops.refs import Ref
from tests.diagnosis.making import API, causes, evidence, only, scene

RUNC = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
# ruff: noqa: E501
SAID: list[tuple[str, int, str, dict[str, Any]]] = [
    (
        f'{RUNC}exec: "nosuchcmd": executable file not found in $PATH: unknown',
        127,
        "entrypoint_not_found",
        {"value": "nosuchcmd", "exit_code": 127},
    ),
    (
        f'{RUNC}exec: "/x.sh": stat /x.sh: no such file or directory: unknown',
        127,
        "entrypoint_not_found",
        {"value": "/x.sh", "path": "/x.sh"},
    ),
    (
        f'{RUNC}exec: "/etc": permission denied: unknown',
        126,
        "entrypoint_not_executable",
        {"path": "/etc", "exit_code": 126},
    ),
    (f'{RUNC}exec: "/srv": is a directory: unknown', 126, "entrypoint_not_executable", {"path": "/srv"}),
    (
        f'{RUNC}chdir to cwd ("/data/in") set in config.json failed: permission denied: unknown',
        126,
        "working_dir_missing",
        {"path": "/data/in"},
    ),
    ("unable to find user web: no matching entries in passwd file", 128, "user_missing", {"user": "web"}),
    ("unable to find group ops: no matching entries in group file", 128, "user_missing", {"user": "ops"}),
    (
        f'{RUNC}error during container init: error mounting "/srv/app.conf" to rootfs at "/etc/app.conf": mount /srv/app.conf:/etc/app.conf (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?',
        127,
        "mount_type_mismatch",
        {"path": "/etc/app.conf"},
    ),
    (
        f"{RUNC}unable to setup user: unable to find user 0: read /etc/passwd: is a directory: unknown",
        128,
        "mount_type_mismatch",
        {"path": "/etc/passwd"},
    ),
    (
        'invalid mount config for type "bind": bind source path does not exist: /srv/gone',
        128,
        "mount_source_missing",
        {"path": "/srv/gone"},
    ),
    (
        "error while mounting volume '/d/_data': failed to mount local volume: mount :/x:/d/_data, data: addr=127.0.0.1: no such device",
        128,
        "mount_source_missing",
        {"path": "/x"},
    ),
    (
        'error gathering device information while adding custom device "/dev/ttyUSB7": no such file or directory',
        128,
        "device_missing",
        {"value": "/dev/ttyUSB7"},
    ),
    ('could not select device driver "" with capabilities: [[gpu]]', 128, "device_missing", {"value": "gpu"}),
    ("network shop-front not found", 128, "network_missing", {"network": "shop-front"}),
    (
        "cannot join network of a non running container: 139aab3204f9",
        128,
        "namespace_peer_stopped",
        {"peer": "139aab3204f9"},
    ),
    (
        "failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused",
        128,
        "log_driver_failed",
        {},
    ),
    (
        f"{RUNC}error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown",
        128,
        "ulimit_not_permitted",
        {"value": "7"},
    ),
    (
        f"{RUNC}error during container init: open /proc/sys/net/nosuch: no such file or directory: unknown",
        127,
        "sysctl_invalid",
        {"setting": "net/nosuch"},
    ),
    ("Requested CPUs are not available - requested 77, available: 0-1", 128, "cpuset_unavailable", {"value": "77"}),
    (f"{RUNC}container init was OOM-killed (memory limit too low?): unknown", 128, "memory_limit_too_low", {}),
    (
        f"{RUNC}unable to apply caps: operation not permitted: unknown",
        128,
        "privilege_not_permitted",
        {"value": "unable to apply caps"},
    ),
    ("mkdir /var/lib/docker/overlay2/x: no space left on device", 128, "host_disk_full", {}),
    ("something that nobody has seen before", 128, "start_failed", {"exit_code": 128}),
]


@pytest.mark.parametrize(("error", "code", "cause", "details"), SAID, ids=[f"{row[2]}-{row[1]}" for row in SAID])
def test_what_the_engine_said_is_one_cause(error: str, code: int, cause: str, details: dict[str, Any]) -> None:
    made = scene("created", start_error=error, exit_code=code)
    finding = only(made)
    assert finding.cause == cause
    assert details.items() <= finding.details.items()
    assert evidence(made, finding)[0] == ("start_error", error)


def test_a_container_whose_restart_failed_is_down_for_the_same_reason() -> None:
    assert causes(scene("exited", start_error="network shop not found", exit_code=128)) == ["network_missing"]


def test_a_container_that_was_never_tried_or_runs_has_no_start_error() -> None:
    assert causes(scene("created")) == []
    assert causes(scene("running", start_error="network shop not found")) == []


def test_the_peer_of_a_namespace_is_called_by_its_name() -> None:
    made = scene("created", start_error="cannot join network of a non running container: 139aab3204f9", exit_code=128)
    known = Scene(made.ledger, made.now, ids={API: "f" * 64, Ref("gateway"): "139aab3204f9" + "0" * 52})
    (finding,) = diagnose(known, API)
    assert finding.details["peer"] == "gateway"
    assert "gateway" in finding.summary


def shell(code: int, line: str, **more: Any) -> Scene:
    return scene(
        "exited",
        exit_code=code,
        restart_policy="no",
        log=[line],
        events=[(120, "start"), (60, f"die exit_code {code}")],
        **more,
    )


def test_a_command_that_the_shell_does_not_find_has_a_log_and_no_start_error() -> None:
    finding = only(shell(127, "sh: gunicornx: not found"))
    assert (finding.cause, finding.details) == ("command_missing_in_shell", {"exit_code": 127, "value": "gunicornx"})


def test_a_script_that_its_shell_may_not_run_is_named_with_its_mount() -> None:
    finding = only(shell(126, "sh: /jobs/run.sh: Permission denied", keyed={"mount": {"/jobs": "bind"}}))
    assert finding.cause == "entrypoint_not_executable"
    assert finding.details == {"exit_code": 126, "path": "/jobs/run.sh", "mount": "/jobs"}


def test_a_line_of_another_program_about_a_missing_command_explains_no_other_exit_code() -> None:
    assert "command_missing_in_shell" not in causes(shell(1, "sh: gunicornx: not found"))
    assert causes(scene("running", log=["sh: optional-tool: not found"])) == []


@pytest.mark.parametrize(
    ("code", "line", "value"),
    [
        (1, "Error: spawn ffmpeg ENOENT", "ffmpeg"),
        (2, "[dumb-init] gunicorn: No such file or directory", "gunicorn"),
        (111, "s6-applyuidgid: fatal: unable to exec php-fpm: No such file or directory", "php-fpm"),
        (1, "FileNotFoundError: [Errno 2] No such file or directory: 'pg_dump'", "pg_dump"),
    ],
)
def test_a_program_that_is_not_found_by_another_one_ends_that_with_its_own_code(
    code: int, line: str, value: str
) -> None:
    finding = only(shell(code, line))
    assert (finding.cause, finding.details) == ("command_missing_in_shell", {"exit_code": code, "value": value})


@pytest.mark.parametrize(
    ("code", "line", "path"),
    [
        (1, "[FATAL tini (7)] exec /entrypoint.sh failed: Permission denied", "/entrypoint.sh"),
        (126, "s6-supervise web (child): fatal: unable to exec run: Permission denied", "run"),
    ],
)
def test_a_program_that_an_init_may_not_run_is_not_executable(code: int, line: str, path: str) -> None:
    finding = only(shell(code, line))
    assert finding.cause == "entrypoint_not_executable"
    assert (finding.details["path"], finding.details["exit_code"]) == (path, code)


@pytest.mark.parametrize(
    ("line", "odd", "cause"),
    [
        ("RangeError [ERR_SOCKET_BAD_PORT]: options.port should be >= 0 and < 65536. Received type number (93071).", "93071", "env_wrong_value"),
        ("OverflowError: bind(): port must be 0-65535.", "93071", "env_wrong_value"),
        ("2026/11/30 10:00:00 listen tcp: address 99999: invalid port", "93071", "port_out_of_range"),
        ("2026/11/30 10:00:00 listen tcp: address 99999: invalid port", "", "port_out_of_range"),
    ],
)  # fmt: skip
def test_a_port_that_is_none_is_the_variables_where_one_has_it(line: str, odd: str, cause: str) -> None:
    keyed = {"env_odd": {"APP_PORT": f"no port: {odd}"}} if odd else {}
    made = scene("exited", exit_code=1, restart_policy="no", log=[line], log_age_s=61.0, keyed=keyed)
    assert [item for item in causes(made) if item != "restart_policy_absent"] == [cause]


def test_a_form_that_was_filled_in_wrongly_is_no_port_of_its_own() -> None:
    assert causes(scene(log=["WARN rejected: port must be between 1 and 65535"])) == []
