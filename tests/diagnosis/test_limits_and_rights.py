"""Ulimits, sysctls, capabilities, addresses and policies: what was set, and what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.making import NOW, causes, only, scene

LARGE = "ERROR export: [Errno 27] File too large"
LOCKED = "error: unable to mlock 4194304 bytes: Cannot allocate memory"
# ruff: noqa: E501
NO_PORT = "connect to elm failed: [Errno 99] Cannot assign requested address"
BOUND = "OSError: [Errno 99] Cannot assign requested address (while attempting to bind on address ('10.1.2.3', 8000))"
RANGE = {"sysctl": {"net.ipv4.ip_local_port_range": "40000 40020"}}


def often(line: str, keyed: dict[str, Any]) -> list[str]:
    """Said three times by one that runs."""
    return causes(scene(log=[line], keyed={**keyed, "log_signal_count": {"address_unavailable": 3}}))


def test_a_file_that_reached_its_ulimit_is_told_by_it() -> None:
    ulimit = {"ulimit": {"fsize": 1_000_000}}
    assert only(scene(log=[LARGE], keyed=ulimit)).details == {"setting": "fsize", "value": 1_000_000}
    assert only(scene("exited", exit_code=153, keyed=ulimit)).cause == "file_size_limit"
    assert causes(scene(log=[LARGE])) == []


def test_memory_that_may_not_be_locked_keeps_it_from_running() -> None:
    assert only(scene("restarting", exit_code=1, log=[LOCKED])).cause == "memlock_limit"
    assert causes(scene(log=[LOCKED])) == []


def test_local_ports_are_used_up_only_where_their_range_is_told() -> None:
    assert often(NO_PORT, RANGE) == ["ephemeral_ports_exhausted"]
    assert often(NO_PORT, {}) == []


def test_an_address_that_is_none_of_its_own_is_named() -> None:
    keyed = {"network": {"net": "10.0.0.7"}}
    told = only(scene("restarting", exit_code=1, log=[BOUND], keyed=keyed))
    assert (told.cause, told.details) == ("bind_address_unavailable", {"listen_address": "10.1.2.3", "port": 8000})
    own = scene("restarting", exit_code=1, log=[BOUND], keyed={"network": {"net": "10.1.2.3"}})
    assert causes(own) == ["crash_loop"]


@pytest.mark.parametrize(
    ("line", "dropped", "missing"),
    [
        ("chown: /data: Operation not permitted", "CHOWN", "CHOWN"),
        ('[emerg] chown("/var/lib/nginx", 33) failed (1: Operation not permitted)', "ALL", "CHOWN"),
        ('error: failed switching to "app": operation not permitted', "SETGID", "SETGID"),
        ("failed to drop supplementary groups: Operation not permitted", "ALL", "SETGID"),
        ("failed to assume identity of user memcache", "ALL", "SETUID"),
        ("Error setting groups whilst dropping privileges: Operation not permitted.", "SETGID", "SETGID"),
        ("[ALERT] (1) : [haproxy.main()] Cannot set uid 99.", "SETUID", "SETUID"),
        ("su: cannot set groups: Operation not permitted", "SETGID", "SETGID"),
        ("dnsmasq: failed to change user-id to nobody: Operation not permitted", "SETUID", "SETUID"),
        ("open /data/a: permission denied", "DAC_OVERRIDE", "DAC_OVERRIDE"),
    ],
)
def test_root_that_lacks_a_capability_is_told_which(line: str, dropped: str, missing: str) -> None:
    made = scene("restarting", exit_code=1, log=[line], keyed={"capability_dropped": {dropped: True}})
    assert (only(made).cause, only(made).details["value"]) == ("capability_missing", missing)
    others = scene("restarting", exit_code=1, log=[line], keyed={"capability_dropped": {"MKNOD": True}})
    assert causes(others) == ["crash_loop"]
    back = {
        "capability_dropped": {"ALL": True},
        "capability_added": dict.fromkeys(("SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE"), True),
    }
    assert causes(scene("restarting", exit_code=1, log=[line], keyed=back)) == ["crash_loop"]
    user = scene("restarting", exit_code=1, user="1000", log=[line], keyed={"capability_dropped": {dropped: True}})
    assert "capability_missing" not in causes(user)


RUNS = [(12.0, "start"), (11.0, "die exit_code 0"), (9.0, "start"), (8.0, "die exit_code 0"), (2.0, "start")]


def test_a_job_that_a_policy_starts_again_is_no_crash() -> None:
    made = scene("relapsing", events=RUNS, restart_policy="always", log=["12 rows exported"], log_age_s=8.0)
    assert (only(made).cause, only(made).details["value"]) == ("job_restarted", "always")
    failing = [(ago, text.replace("code 0", "code 3")) for ago, text in RUNS]
    made = scene("relapsing", events=failing, restart_policy="always", log=["no such profile"], log_age_s=8.0)
    assert causes(made) == ["crash_loop"]


def test_one_that_works_for_a_while_and_begins_anew_is_well() -> None:
    long = [(60.0, "start"), (22.0, "die exit_code 0"), (21.0, "start"), (3.0, "die exit_code 0"), (2.0, "start")]
    assert causes(scene("relapsing", events=long, restart_policy="always", log=["done"])) == []
    forgotten: dict[str, Any] = {"reach_s": None, "exit_code": 0, "created_at": NOW - 90.0, "finished_at": NOW - 3.0}
    assert causes(scene("relapsing", **forgotten, restart_policy="always", log=["done"])) == []


PORT: dict[str, Any] = {"listener": {"0.0.0.0:8000/tcp": "app"}}


@pytest.mark.parametrize(
    ("command", "output", "cause"),
    [
        ("curl -f http://localhost:8000/up", "curl: (22) The requested URL returned error: 404", "healthcheck_wrong_path"),
        ("wget -qO- http://localhost:8000/up", "wget: server returned error: HTTP/1.1 401 Unauthorized", "healthcheck_wrong_path"),
        ("curl -fk https://localhost:8000/", "curl: (35) error:0A00010B:SSL routines::wrong version number", "healthcheck_wrong_scheme"),
        ("curl -f http://localhost:8000/", "curl: (22) The requested URL returned error: 503", "healthcheck_failing_app"),
    ],
)  # fmt: skip
def test_a_check_that_asks_amiss_is_told_from_one_that_finds_a_fault(command: str, output: str, cause: str) -> None:
    told: dict[str, Any] = {
        "health": "unhealthy",
        "health_exit_code": 22,
        "health_output": output,
        "health_command": command,
    }
    assert causes(scene(**told, sockets_visible=True, keyed=PORT)) == [cause]


PLAIN_SEEN = "http: TLS handshake error from 127.0.0.1:41046: client sent an HTTP request to an HTTPS server"


@pytest.mark.parametrize(
    ("scheme", "speaks", "log", "cause"),
    [
        ("http", "tls", [], "healthcheck_wrong_scheme"),
        ("https", "plain", [], "healthcheck_wrong_scheme"),
        ("http", "plain", [], "healthcheck_failing_app"),
        ("https", "tls", [], "healthcheck_failing_app"),
        ("http", "", [], "healthcheck_failing_app"),
        ("http", "plain", [PLAIN_SEEN], "healthcheck_failing_app"),
    ],
)
def test_a_mute_check_by_the_wrong_scheme_is_told_by_what_its_port_speaks(
    scheme: str, speaks: str, log: list[str], cause: str
) -> None:
    told: dict[str, Any] = {
        "health": "unhealthy",
        "health_exit_code": 1,
        "health_output": "",
        "health_command": f"curl -fs {scheme}://localhost:8000/ || exit 1",
    }
    keyed = {**PORT, **({"port_speaks": {"8000": speaks}} if speaks else {})}
    assert causes(scene(**told, sockets_visible=True, keyed=keyed, log=log)) == [cause]


def test_a_check_by_tls_that_a_plain_server_keeps_waiting_is_by_the_wrong_scheme() -> None:
    told: dict[str, Any] = {
        "health": "unhealthy",
        "health_exit_code": -1,
        "health_output": "Health check exceeded timeout (2s)",
        "health_command": "curl -fks https://localhost:8000/ || exit 1",
    }
    assert causes(scene(**told, sockets_visible=True, keyed=PORT)) == ["healthcheck_timeout"]
    keyed = {**PORT, "port_speaks": {"8000": "plain"}}
    assert causes(scene(**told, sockets_visible=True, keyed=keyed)) == ["healthcheck_wrong_scheme"]


def test_an_address_that_is_taken_is_no_port_that_is_taken() -> None:
    made = scene(
        "created", exit_code=128, start_error="Address already in use", keyed={"port_binding": {"0.0.0.0:80/tcp": 80}}
    )
    assert only(made).cause == "address_conflict"
    port = "driver failed programming external connectivity: Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use"
    made = scene("created", exit_code=128, start_error=port, keyed={"port_binding": {"0.0.0.0:80/tcp": 80}})
    assert only(made).cause == "host_port_conflict"
