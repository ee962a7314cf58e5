"""Files that are not what they should be: mounted, replaced, hidden, forbidden, or not to be run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.making import causes, only, scene


def bound(place: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"mount": {place: "bind"}, "mount_source": {place: "/srv/x"}, "mount_source_kind": {place: kind}, **more}


def test_a_directory_where_a_file_is_expected_is_found_though_the_program_runs() -> None:
    finding = only(scene(keyed=bound("/etc/redis/redis.conf", "empty directory")))
    assert finding.cause == "mount_directory_for_file"
    assert finding.details == {"mount": "/etc/redis/redis.conf", "path": "/srv/x"}


def test_an_empty_directory_that_is_called_like_one_is_none() -> None:
    for place in ("/data", "/etc/nginx/conf.d", "/var/lib/app"):
        assert causes(scene(keyed=bound(place, "empty directory"))) == []
    assert causes(scene(keyed=bound("/etc/app.conf", "file"))) == []


def test_a_program_that_reads_a_directory_says_so() -> None:
    line = "IsADirectoryError: [Errno 21] Is a directory: '/settings'"
    made = scene("exited", exit_code=1, restart_policy="no", log=[line], keyed=bound("/settings", "empty directory"))
    assert only(made).cause == "mount_directory_for_file"


def test_a_mounted_file_that_was_replaced_is_stale() -> None:
    assert only(scene(keyed=bound("/etc/app.conf", "file", mount_stale={"/etc/app.conf": True}))).cause == "mount_stale"
    assert causes(scene(keyed=bound("/etc/app.conf", "file", mount_stale={"/etc/app.conf": False}))) == []


def test_an_empty_mount_over_files_of_the_image_hides_them() -> None:
    hidden = bound("/var/www/html", "empty directory", mount_hides={"/var/www/html": 3})
    line = '[error] 7#7: *1 directory index of "/var/www/html/" is forbidden, client: 10.0.0.1'
    assert only(scene(keyed=hidden)).severity == "warning"
    finding = only(scene(keyed=hidden, log=[line]))
    assert (finding.cause, finding.severity) == ("volume_shadows_image", "critical")
    assert finding.details == {"mount": "/var/www/html", "path": "/var/www/html"}


def test_an_empty_mount_where_data_go_hides_nothing_of_worth() -> None:
    assert causes(scene(keyed=bound("/var/lib/app", "empty directory", mount_hides={"/var/lib/app": 3}))) == []
    assert causes(scene(keyed=bound("/var/www/html", "directory", mount_hides={"/var/www/html": 3}))) == []


def test_a_command_that_an_empty_mount_hides_is_not_missing_in_the_image() -> None:
    error = 'unable to start container process: exec: "/app/run": stat /app/run: no such file or directory: unknown'
    hidden = bound("/app", "empty directory", mount_hides={"/app": 3})
    assert causes(scene("created", exit_code=127, start_error=error, keyed=hidden)) == ["volume_shadows_image"]


def denied(**more: Any) -> Any:
    line = "PermissionError: [Errno 13] Permission denied: '/srv/out/report.csv'"
    return scene("exited", exit_code=1, restart_policy="no", log=[line], **more)


def test_a_path_that_belongs_to_somebody_else_is_named_with_owner_and_user() -> None:
    kept = {"mount": {"/srv/out": "bind"}, "mount_owner": {"/srv/out": "0:0"}, "mount_mode": {"/srv/out": "0755"}}
    finding = only(denied(user="1000:1000", keyed=kept))
    assert finding.cause == "permission_denied_nonroot"
    assert finding.details == {"path": "/srv/out/report.csv", "user": "1000:1000", "mount": "/srv/out"}
    assert "0:0 (mode 0755)" in finding.summary


def test_root_is_denied_only_without_its_capabilities() -> None:
    assert causes(denied(user=None)) == ["restart_policy_absent"]
    assert causes(denied(user=None, keyed={"capability_dropped": {"ALL": True}})) == ["capability_missing"]


def test_a_single_denial_in_one_that_is_well_is_no_fault() -> None:
    line = "PermissionError: [Errno 13] Permission denied: '/root/.cache'"
    assert causes(scene(user="1000", log=[line])) == []


@pytest.mark.parametrize(
    ("said", "file", "cause"),
    [
        ("no such file or directory", "script crlf /bin/sh", "entrypoint_crlf"),
        ("no such file or directory", "script without /usr/bin/python9", "entrypoint_interpreter_missing"),
        ("no such file or directory", "elf amd64", "entrypoint_interpreter_missing"),
        ("exec format error", "text", "exec_format_error"),
        ("exec format error", "empty", "exec_format_error"),
        ("exec format error", "elf arm64", "image_wrong_architecture"),
        ("exec format error", "elf amd64", "exec_format_error"),
    ],
)
def test_what_the_kernel_could_not_run_is_told_by_the_file_itself(said: str, file: str, cause: str) -> None:
    made = scene(
        "exited", exit_code=1, restart_policy="no", image="shop/api:1", machine="amd64",
        log=[f"exec /start.sh: {said}"], keyed={"program_file": {"/start.sh": file}},
    )  # fmt: skip
    finding = only(made)
    assert finding.cause == cause
    assert finding.details["path"] == "/start.sh"


def test_a_carriage_return_that_env_shows_is_told_without_a_look_at_the_file() -> None:
    said = r"/usr/bin/env: 'python3\r': No such file or directory"
    finding = only(scene("exited", exit_code=127, restart_policy="no", command="/app/run --all", log=[said]))
    assert (finding.cause, finding.details["path"]) == ("entrypoint_crlf", "/app/run")


def test_an_image_for_another_machine_is_told_by_its_own_document() -> None:
    made = scene(
        "exited", exit_code=1, restart_policy="no", image="shop/api:1", machine="amd64", image_platform="linux/arm64",
        log=["exec /start: exec format error"],
    )  # fmt: skip
    assert only(made).details == {"image": "shop/api:1", "value": "arm64", "expected": "amd64", "path": "/start"}
