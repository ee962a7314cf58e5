"""Exit code 137 has four causes, 143 none: only the order of events tells."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import verdict
from ergon_ops.diagnosis.daemons import configured, detaching
from tests.diagnosis.making import API, NOW, causes, evidence, found, only, scene

STARTED = (120.0, "start")
DIED = (60.0, "die exit_code 137")
STOPPED = [STARTED, (63.0, "kill signal 15"), (60.1, "kill signal 9"), DIED, (59.9, "stop")]
KILLED = [STARTED, (60.1, "kill signal 9"), DIED]
OUT_OF_MEMORY = [STARTED, (60.2, "oom"), DIED]


def ended(events: Any, code: int = 137, **more: Any) -> Any:
    return scene("exited", events=events, exit_code=code, **{"restart_policy": "no", "oom_killed": False, **more})


def test_a_stop_that_was_not_heard_is_told_with_the_signal_and_how_long_it_took() -> None:
    made = ended(STOPPED, init=False)
    finding = only(made)
    assert finding.cause == "stop_timeout_sigkill"
    assert finding.details == {"exit_code": 137, "signal": "SIGTERM", "value": 2.9}
    assert "SIGTERM" in finding.summary
    assert "2.9 s" in finding.summary
    assert evidence(made, finding)[:2] == [("event", "kill signal 9"), ("event", "kill signal 15")]


def test_a_stop_signal_of_the_images_own_is_named() -> None:
    events = [STARTED, (63.0, "kill signal 3"), (60.1, "kill signal 9"), DIED, (59.9, "stop")]
    assert only(ended(events)).details["signal"] == "SIGQUIT"


def test_a_kill_through_the_engine_is_no_stop_and_no_want_of_memory() -> None:
    finding = only(ended(KILLED))
    assert (finding.cause, finding.details) == ("killed_externally", {"exit_code": 137, "signal": "SIGKILL"})


def test_a_deadly_signal_other_than_kill_is_named() -> None:
    events = [STARTED, (60.1, "kill signal 11"), (60.0, "die exit_code 139")]
    assert only(ended(events, 139)).details == {"exit_code": 139, "signal": "SIGSEGV"}


def test_a_kill_that_the_engine_knows_nothing_of_came_from_elsewhere() -> None:
    finding = only(ended([STARTED, DIED]))
    assert finding.cause == "killed_externally"
    assert "did not come through the engine" in finding.summary
    assert finding.missing == ("who sent the signal",)


def test_want_of_memory_is_the_kernels_word_and_names_the_limit() -> None:
    made = ended(OUT_OF_MEMORY, oom_killed=True, memory_limit=48 << 20)
    finding = only(made)
    assert (finding.cause, finding.details) == ("oom_killed", {"exit_code": 137, "limit_bytes": 48 << 20})
    assert "48 MiB" in finding.summary
    assert evidence(made, finding)[0] == ("event", "oom")


def test_the_flag_of_a_former_life_does_not_explain_a_later_kill() -> None:
    former = [(300.0, "start"), (200.2, "oom"), (200.0, "die exit_code 137")]
    assert causes(ended([*former, *KILLED], oom_killed=True)) == ["killed_externally"]
    assert causes(ended([*former, *STOPPED], oom_killed=True)) == ["stop_timeout_sigkill"]


def test_without_events_the_code_alone_proves_nothing_and_the_verdict_says_what_is_missing() -> None:
    made = ended([], reach_s=None)
    assert causes(made) == []
    told = verdict(made, API, ())
    assert told.word == "unknown"
    assert told.missing == (
        "why it exited with code 137",
        "the events of its end: the engine has forgotten them",
    )


def test_without_events_the_flag_tells_of_the_only_life_there_was() -> None:
    assert causes(ended([], reach_s=None, oom_killed=True)) == ["oom_killed"]
    assert causes(ended([], reach_s=None, oom_killed=True, restart_count=2)) == []


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([STARTED, (60.2, "kill signal 15"), (60.0, "die exit_code 143"), (59.9, "stop")], 143),
        ([STARTED, (60.2, "kill signal 15"), (60.0, "die exit_code 143")], 143),
        ([STARTED, (60.2, "kill signal 15"), (60.0, "die exit_code 1"), (59.9, "stop")], 1),
        ([STARTED, (60.0, "die exit_code 0")], 0),
        ([], 143),
        ([], 130),
    ],
)
def test_what_was_asked_to_end_and_did_is_no_fault(events: Any, code: int) -> None:
    made = ended(events, code)
    assert causes(made) == []
    assert verdict(made, API, ()).word == "healthy"


def test_what_was_stopped_before_and_crashed_since_is_a_crash() -> None:
    former = [(300.0, "start"), (200.2, "kill signal 15"), (200.0, "die exit_code 1"), (199.9, "stop")]
    made = ended([*former, STARTED, (60.0, "die exit_code 1")], 1)
    assert causes(made) == ["restart_policy_absent"]


def test_what_its_operator_expects_to_be_stopped_is_no_fault_however_it_ended() -> None:
    assert causes(ended(STOPPED, keyed={"label": {"io.ergon-ops.expected": "stopped"}})) == []


def test_a_restart_that_had_to_kill_is_no_fault_of_the_run_that_followed() -> None:
    made = scene("running", events=[(300.0, "start"), *STOPPED[1:], (59.0, "start")], started_at=NOW - 59, uptime=59.0)
    assert causes(made) == []


@pytest.mark.parametrize(("code", "signal"), [(139, "SIGSEGV"), (134, "SIGABRT"), (132, "SIGILL"), (136, "SIGFPE")])
def test_a_crash_by_a_signal_of_its_own_is_named(code: int, signal: str) -> None:
    finding = only(ended([STARTED, (60.0, f"die exit_code {code}")], code))
    assert (finding.cause, finding.details) == ("segfault", {"exit_code": code, "signal": signal})


def test_a_full_heap_that_ends_by_a_signal_is_no_segfault() -> None:
    line = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
    assert "segfault" not in causes(ended([STARTED, (60.0, "die exit_code 139")], 139, log=[line]))


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("nginx", "nginx"),
        ("/usr/sbin/nginx -c /etc/nginx/x.conf", "nginx"),
        ("nginx -g 'daemon off;'", ""),
        ("nginx -t -c /etc/nginx/x.conf", ""),
        ("/usr/sbin/sshd -t", ""),
        ("redis-server --daemonize yes --port 7001", "redis-server"),
        ("redis-server --port 7001", ""),
        ("/usr/sbin/sshd", "sshd"),
        ("/usr/sbin/sshd -D -e", ""),
        ("sh -c 'service nginx start'", "service"),
        ("sh -c 'nginx && tail -f /dev/null'", ""),
        ("sh -c 'python3 app.py &'", "its command"),
        ("memcached -d -u nobody", "memcached"),
        ("start-stop-daemon --start --background --exec /usr/bin/ruby -- /srv/x.rb", "start-stop-daemon"),
        ("start-stop-daemon --start --exec /usr/bin/ruby -- /srv/x.rb", ""),
        ("/etc/init.d/cups start", "init.d/cups"),
        ("sh -c 'pm2 start app.js'", "pm2"),
        ("pm2 start app.js --no-daemon", ""),
        ("/opt/kafka/bin/kafka-server-start.sh -daemon server.properties", "kafka-server-start.sh"),
        ("named -g -c /etc/bind/named.conf", ""),
        ("named -c /etc/bind/named.conf", "named"),
        ("python3 batch.py", ""),
        ("sh -c 'echo done'", ""),
    ],
)
def test_which_commands_go_into_the_background(command: str, program: str) -> None:
    assert detaching(command) == program


def test_a_program_that_went_into_the_background_ends_its_container_with_code_0() -> None:
    for started in (NOW - 61, NOW - 59.999):  # the engine may note the start after the end
        made = ended([(61.0, "start"), (60.0, "die exit_code 0")], 0, started_at=started, command="nginx")
        finding = only(made)
        assert (finding.cause, finding.details) == ("foreground_process_missing", {"exit_code": 0, "service": "nginx"})


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("php-fpm8.2 --fpm-config /srv/fpm.conf", "php-fpm"),
        ("docker-php-entrypoint php-fpm", "php-fpm"),
        ("sh -c 'php artisan migrate && exec php-fpm'", "php-fpm"),
        ("/usr/sbin/php-fpm8.2 -F", ""),
        ("php-fpm8.2 --nodaemonize --fpm-config /srv/fpm.conf", ""),
        ("php-fpm8.2 -t", ""),
        ("sh -c 'php-fpm8.2; ./nightly'", ""),
        ("apt-get install -y php-fpm", ""),
        ("redis-server /etc/redis.conf", "redis-server"),
        ("redis-server --version", ""),
        ("redis-cli -h db flushall", ""),
        ("haproxy -f /etc/haproxy.cfg", "haproxy"),
        ("haproxy -c -f /etc/haproxy.cfg", ""),
        ("unbound -c /etc/unbound.conf", "unbound"),
    ],
)
def test_which_servers_are_sent_into_the_background_by_their_settings(command: str, program: str) -> None:
    assert configured(command) == program


def test_a_server_that_ends_with_0_unasked_was_sent_there_by_its_settings() -> None:
    lived = [(61.0, "start"), (60.0, "die exit_code 0")]
    command = "php-fpm8.2 --fpm-config /srv/fpm.conf"
    told = only(ended(lived, 0, started_at=NOW - 61, command=command))
    assert (told.cause, told.details["service"]) == ("foreground_process_missing", "php-fpm")
    closed = ["NOTICE: exiting, bye-bye!"]
    killed = [lived[0], (60.5, "kill signal 3"), lived[1]]
    assert causes(ended(lived, 0, started_at=NOW - 61, command=command, log=closed)) == []
    assert causes(ended(killed, 0, started_at=NOW - 61, command=command)) == []
    assert causes(ended([], 0, started_at=NOW - 61, command=command)) == []


def test_a_job_that_is_done_is_no_fault_though_it_was_quick() -> None:
    for command in ("python3 nightly.py", "sh -c 'pg_dump shop > /backup/x'"):
        assert causes(ended([], 0, started_at=NOW - 61, command=command, log=["done"])) == []


def test_one_that_is_meant_to_stay_and_ends_at_once_without_a_word_has_nothing_in_the_foreground() -> None:
    values: dict[str, Any] = {
        "started_at": NOW - 1.5,
        "finished_at": NOW - 1,
        "restart_policy": "always",
        "command": "/start.sh",
    }
    made = scene("restarting", exit_code=0, **values)
    assert "foreground_process_missing" in found(made)
    assert found(made)["foreground_process_missing"].details == {"exit_code": 0}
