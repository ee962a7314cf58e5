"""Restart policies, logs, healthchecks, networks and mounts; and the table all rules are in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.changes.optimizations import OPTIMIZATIONS, Optimization, with_fix
from ergon_ops.changes.optimizations.table import table
from ergon_ops.diagnosis import RULES
from ergon_ops.facts import FACTS
from ergon_ops.policy import KINDS as KNOWN
from ergon_ops.proposals import Intent

from .scenes import everything, found, held, intent, site, wished

DOCS = Path(__file__).parent.parent.parent / "docs" / "optimizations.md"
SERVED = {"serving python:8000": "listening", "listener 0.0.0.0:8000/tcp": "python3"}
BARE: dict[str, Any] = {**SERVED, "health_command": None}


def test_a_service_without_a_policy_comes_back_by_itself_and_both_rules_are_shown() -> None:
    wish = intent("RESTART", site({**SERVED, "restart_policy": "no"}))
    assert wish.arguments == {"name": "unless-stopped", "max_retries": 0}
    assert len(wish.sources) == 2
    assert any("docker-bench 5.15" in source and "on-failure:5" in source for source in wish.sources)
    assert "gives up after five" in wish.note


def test_jobs_and_what_serves_nobody_keep_their_policy() -> None:
    assert wished("RESTART", site({"restart_policy": "no"})) == []
    assert wished("RESTART", site({**SERVED, "restart_policy": "no"}, role="job")) == []
    stopped = {**SERVED, "restart_policy": "no", "label io.ergon-ops.expected": "stopped"}
    assert wished("RESTART", site(stopped)) == []


def test_a_crash_loop_is_given_an_end() -> None:
    wish = intent("RESTART", site({"restart_policy": "always"}, finding=found("crash_loop")))
    assert wish.arguments == {"name": "on-failure", "max_retries": 5}
    assert "not its cause" in wish.note


def test_an_unbounded_log_is_rotated_and_its_other_options_stay() -> None:
    wish = intent("LOG-ROT", site({"log_driver": "json-file", "log_option labels": "app"}))
    assert wish.arguments["patch"]["log"] == {
        "driver": "json-file",
        "options": {"labels": "app", "max-size": "10m", "max-file": "3"},
    }
    assert wished("LOG-ROT", site({"log_driver": "json-file", "log_option max-size": "5m"})) == []
    assert wished("LOG-ROT", site({"log_driver": "local"})) == []


@pytest.mark.parametrize(
    ("facts", "test"),
    [
        ({"tool curl": "/usr/bin/curl"}, "curl -sS -m 3 -o /dev/null http://127.0.0.1:8000/"),
        ({"tool bash": "/bin/bash", "tool nc": "/bin/nc"}, "bash -c exec 3<>/dev/tcp/127.0.0.1/8000"),
        ({"tool nc": "/bin/nc"}, "nc -w 3 127.0.0.1 8000 </dev/null"),
    ],
)
def test_a_healthcheck_follows_from_a_listener_and_a_program_that_were_seen(facts: dict[str, str], test: str) -> None:
    wish = intent("HEALTH", site({**BARE, **facts}))
    check = wish.arguments["patch"]["healthcheck"]
    assert " ".join(check["test"][1:]) == test
    assert (check["interval_s"], check["timeout_s"], check["retries"], check["start_period_s"]) == (30.0, 5.0, 3, 30.0)
    names = {place.name for place in site({**BARE, **facts}).scene.ledger if place.id in wish.why}
    assert {"listener", "tool"} <= names


def test_redis_and_postgres_are_asked_in_their_own_words() -> None:
    redis = {
        "health_command": None,
        "listener 127.0.0.1:6379/tcp": "redis-server",
        "tool redis-cli": "/usr/bin/redis-cli",
    }
    check = intent("HEALTH", site(redis)).arguments["patch"]["healthcheck"]
    assert check["test"] == ["CMD", "redis-cli", "-h", "127.0.0.1", "-p", "6379", "ping"]
    postgres = {"health_command": None, "serving postgres:5432": "listening", "listener 0.0.0.0:5432/tcp": "postgres"}
    check = intent("HEALTH", site({**postgres, "tool pg_isready": "/x"})).arguments["patch"]["healthcheck"]
    assert check["test"][:2] == ["CMD", "pg_isready"]


def test_without_a_program_that_was_seen_no_test_is_made_up() -> None:
    assert "no program" in held("HEALTH", site(BARE)).reason
    assert wished("HEALTH", site({"health_command": None})) == []
    assert wished("HEALTH", site({**SERVED, "tool curl": "/usr/bin/curl"})) == []


def test_a_slow_check_keeps_its_words_and_gets_twice_the_time() -> None:
    facts = {
        "health_command": "curl -fsS http://127.0.0.1/", "health_shell": True, "health_timeout": 1.0,
        "health_interval": 10.0, "health_start_period": 0.0, "health_retries": 3,
    }  # fmt: skip
    check = intent("HEALTH-TIME", site(facts, finding=found("healthcheck_timeout"))).arguments["patch"]["healthcheck"]
    assert check == {
        "test": ["CMD-SHELL", "curl -fsS http://127.0.0.1/"], "interval_s": 10.0, "timeout_s": 5.0,
        "start_period_s": 0.0, "retries": 3,
    }  # fmt: skip
    hidden = {**facts, "health_command": "redis-cli -a ‹redacted:password› ping"}
    assert wished("HEALTH-TIME", site(hidden, finding=found("healthcheck_timeout"))) == []


def test_a_full_tmpfs_is_doubled_unless_that_is_half_its_memory() -> None:
    full = {"fs_size /data": 4 * 1024 * 1024, "fs_used_ratio /data": 1.0}
    wish = intent("TMPFS", site(full, finding=found("tmpfs_full", mount="/data")))
    assert wish.arguments["patch"]["mounts"] == [{"target": "/data", "type": "tmpfs", "size_bytes": 8 * 1024 * 1024}]
    assert (
        "half of its memory limit"
        in held(
            "TMPFS", site({**full, "fs_size /data": 40 * 1024 * 1024}, finding=found("tmpfs_full", mount="/data"))
        ).reason
    )


def test_what_is_down_is_started_and_what_is_paused_goes_on() -> None:
    down = site({"state": "exited", "exit_code": 137}, finding=found("killed_externally"))
    assert intent("START", down).kind == "start"
    assert intent("UNPAUSE", site({"state": "paused"}, finding=found("paused"))).kind == "unpause"
    assert wished("START", site({}, finding=found("killed_externally"))) == []


def test_a_restart_is_proposed_only_for_a_service_that_died_inside_a_living_container() -> None:
    gone = {"serving redis:6379": "down", "serving nginx:80": "listening", "stop_timeout": 10}
    wish = intent("SERVICE-DOWN", site(gone, finding=found("service_down")))
    assert (wish.kind, wish.arguments) == ("restart", {"timeout_s": 10})
    assert wish.formula == "redis:6379: down -> listening"
    restarting = [rule.id for rule in OPTIMIZATIONS.values() if "restart" in rule.kinds and rule.id != "PG-CONN"]
    assert restarting == ["REMOUNT", "SERVICE-DOWN"]


def test_a_finding_and_a_look_of_its_own_want_one_thing_once() -> None:
    throttled = {"cpu_limit": 0.1, "cpu_throttled_ratio": 0.9, "cpu_periods": 50, "threads_runnable_peak": 1}
    place = site(throttled)
    alone = everything(place)
    cured = everything(place, [found("cpu_throttled")])
    assert list(alone) == list(cured) == ["THROTTLE"]
    wish = cured["THROTTLE"]
    assert isinstance(wish, Intent)
    assert wish.why[0] == "e1"  # the finding's own evidence comes first


def test_a_fix_is_filled_in_with_its_numbers_for_kinds_the_rule_declares() -> None:
    throttled = {"cpu_limit": 0.1, "cpu_throttled_ratio": 0.9, "threads_runnable_peak": 1}
    fixed = with_fix(site(throttled), found("cpu_throttled"), RULES["cpu_throttled"].fixes)
    assert fixed.fix is not None
    assert fixed.fix.arguments == {"nano_cpus": 1_000_000_000}
    assert with_fix(site(throttled), found("cpu_throttled"), ("restart",)).fix is None


@pytest.mark.parametrize("rule", OPTIMIZATIONS.values(), ids=lambda rule: rule.id)
def test_every_rule_says_what_it_does_and_uses_known_words(rule: Optimization) -> None:
    assert re.match(r"[A-Z].{20,}[.]$", rule.what)
    assert set(rule.kinds) <= set(KNOWN)
    assert rule.source
    assert rule.formula
    assert set(rule.needs) <= {spec.group for spec in FACTS.values()}
    assert not rule.only_cures or rule.cures


def test_the_table_in_the_docs_is_made_from_the_rules() -> None:
    assert DOCS.read_text("utf-8") == table(), "python -m ergon_ops.changes.optimizations.table > docs/optimizations.md"


def test_a_heap_gets_three_quarters_of_the_memory_limit() -> None:
    node = found("runtime_heap_oom", service="node", setting="--max-old-space-size")
    told = {"command": "node --max-old-space-size=24 app.js", "command_arguments": 3}
    wish = intent("HEAP", site(told, finding=node))
    assert wish.arguments == {"patch": {"command": ["node", "--max-old-space-size=96", "app.js"]}}
    assert wish.formula == "128 MiB limit x 0.75 = 96 MiB"
    free = intent("HEAP", site({**told, "memory_limit": None}, finding=node))
    assert free.arguments["patch"]["command"][1] == "--max-old-space-size=48"
    assert intent("HEAP", site({"command": "node app.js", "command_arguments": 2}, finding=node)).arguments == {
        "patch": {"env": {"NODE_OPTIONS": "--max-old-space-size=96"}}
    }
    java = found("runtime_heap_oom", service="java", setting="-Xmx")
    assert intent("HEAP", site({}, finding=java)).arguments["patch"]["env"] == {
        "JAVA_TOOL_OPTIONS": "-XX:MaxRAMPercentage=75"
    }
    assert wished("HEAP", site({"env_key JAVA_TOOL_OPTIONS": True}, finding=java)) == []


def test_nginx_stays_in_the_foreground() -> None:
    cause = found("foreground_process_missing")
    wish = intent("FOREGROUND", site({"command": "nginx", "command_arguments": 1}, finding=cause))
    assert wish.arguments == {"patch": {"command": ["nginx", "-g", "daemon off;"]}}
    assert wished("FOREGROUND", site({"command": "redis-server", "command_arguments": 1}, finding=cause)) == []


def test_what_no_change_of_the_container_cures_is_advice_with_the_findings_words() -> None:
    wish = intent("ADVICE", site({}, finding=found("python_module_missing", value="flask")))
    assert wish.kind == "rebuild_advice"
    assert "the module flask" in wish.arguments["text"]
    host = intent(
        "ADVICE", site({}, finding=found("max_map_count_too_low", setting="vm.max_map_count", expected=262144))
    )
    assert host.arguments["text"].startswith("sysctl -w vm.max_map_count=262144")


@pytest.mark.parametrize("rule", OPTIMIZATIONS.values(), ids=lambda rule: rule.id)
def test_what_cures_a_cause_is_a_change_that_the_causes_own_rule_accepts(rule: Optimization) -> None:
    accepted = {cause: RULES[cause].fixes for cause in rule.cures if cause in RULES and RULES[cause].fixes}
    assert not [cause for cause, kinds in accepted.items() if not set(kinds) & set(rule.kinds)] or rule.id in BESIDE


# They help, beside what cures: a policy or a start after the limit was raised, a cap while the leak is looked for.
BESIDE = {"RESTART", "START", "PIDS-NONE"}


def test_an_unpublished_port_is_published_for_this_host_only_and_what_is_published_stays() -> None:
    facts = {"published_port 0.0.0.0:8443/tcp": 443, "listener 0.0.0.0:8000/tcp": "python3"}
    wish = intent("PUBLISH", site(facts, finding=found("port_not_published", port=8000)))
    assert wish.arguments["patch"]["ports"] == [
        {"container": 443, "host": 8443, "host_ip": "0.0.0.0", "protocol": "tcp"},
        {"container": 8000, "host": 8000, "host_ip": "127.0.0.1"},
    ]


def test_a_published_port_is_led_to_the_right_one_and_others_stay() -> None:
    facts = {"published_port 127.0.0.1:8080/tcp": 80, "published_port [::]:5353/udp": 80}
    finding = found("wrong_target_port", target_port=80, port=8000, host_port=8080)
    ports = intent("PORT", site(facts, finding=finding)).arguments["patch"]["ports"]
    assert {(row["host"], row["container"], row["protocol"]) for row in ports} == {
        (8080, 8000, "tcp"),
        (5353, 80, "udp"),
    }


def test_a_low_port_is_allowed_by_its_own_kernel_setting_only() -> None:
    key = "net.ipv4.ip_unprivileged_port_start"
    finding = found("privileged_port_denied", port=81, user="1000")
    assert intent("LOW-PORT", site({f"sysctl {key}": "1024"}, finding=finding)).arguments == {
        "patch": {"sysctls": {key: "81"}}
    }
    assert wished("LOW-PORT", site({}, finding=finding)) == []


def test_name_servers_that_do_not_answer_are_left_for_the_hosts() -> None:
    finding = found("upstream_dns_broken", host="api.example.com")
    wish = intent("DNS", site({"dns_server 0": "192.0.2.7", "dns_option 0": "ndots:15"}, finding=finding))
    assert wish.arguments == {"patch": {"dns": {"servers": [], "options": []}}}
    assert "192.0.2.7" in wish.formula
    assert wished("DNS", site({}, finding=finding)) == []


def test_a_variable_is_set_right_only_where_it_is_nothing_else() -> None:
    port = found("env_wrong_value", env_key="REDIS_PORT", value="db:6380", port=6380, expected=6379)
    assert intent("ENV", site({"env_port REDIS_PORT": 6380}, finding=port)).arguments["patch"]["env"] == {
        "REDIS_PORT": "6379"
    }
    inside = found("env_wrong_value", env_key="DATABASE_URL", value="db:6380", port=6380, expected=6379)
    assert wished("ENV", site({"env_host DATABASE_URL": "db:6380"}, finding=inside)) == []
    name = found("env_wrong_value", env_key="DB_HOST", value="order-db", host="order-db", expected="orders-db")
    assert intent("ENV", site({"env_host DB_HOST": "order-db"}, finding=name)).arguments["patch"]["env"] == {
        "DB_HOST": "orders-db"
    }
    link = found("env_wrong_value", env_key="BACKEND", value="order-db", host="order-db", expected="orders-db")
    assert wished("ENV", site({"env_host BACKEND": "order-db"}, finding=link)) == []


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        (
            {"mount /data": "volume shop-data"},
            {"target": "/data", "type": "volume", "source": "shop-data", "read_only": False},
        ),
        (
            {"mount /data": "bind", "mount_source /data": "/srv/data"},
            {"target": "/data", "type": "bind", "source": "/srv/data", "read_only": False},
        ),
        ({"mount /data": "tmpfs"}, None),
        ({"mount /data": "bind"}, None),
    ],
)
def test_a_read_only_mount_is_mounted_writable_from_where_it_comes(
    facts: dict[str, Any], row: dict[str, Any] | None
) -> None:
    place = site(
        {**facts, "mount_writable /data": False}, finding=found("mount_readonly", mount="/data", path="/data/x")
    )
    if row is None:
        assert wished("WRITABLE", place) == []
    else:
        assert intent("WRITABLE", place).arguments == {"patch": {"mounts": [row]}}
