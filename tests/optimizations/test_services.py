"""redis, postgres, nginx, gunicorn: settings from their own numbers and the container's limits."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.proposals import Intent

from .scenes import GIB, MIB, found, held, intent, site, wished

REDIS: dict[str, Any] = {
    "memory_limit": 100 * MIB,
    "redis_maxmemory": 0,
    "redis_used_memory": 10 * MIB,
    "redis_policy": "noeviction",
    "redis_save": "",
    "redis_aof": False,
    "process 7": "redis-server",
}
PG: dict[str, Any] = {
    "memory_limit": GIB,
    "pg_max_connections": 100,
    "pg_reserved_connections": 3,
    "pg_clients": 95,
    "pg_shared_buffers": 256 * MIB,
    "pg_work_mem": 4 * MIB,
}
NGINX: dict[str, Any] = {
    "nginx_config": "/etc/nginx/nginx.conf",
    "nginx_worker_processes": "auto",
    "nginx_worker_connections": 64,
    "cpu_limit": 0.5,
}
GUNICORN: dict[str, Any] = {
    "app_server gunicorn:8000": "gunicorn sync",
    "app_workers gunicorn:8000": 1,
    "cpu_limit": 2.0,
    "memory_limit": 512 * MIB,
    "memory_working_set": 60 * MIB,
}


def setting(wish: Intent) -> tuple[str, str, str]:
    given = wish.arguments
    return given["service"], given["setting"], given["value"]


def test_redis_without_a_bound_gets_four_fifths_of_the_limit_and_less_where_it_forks() -> None:
    wish = intent("REDIS-MAX", site(REDIS))
    assert setting(wish) == ("redis", "maxmemory", str(80 * MIB))
    assert wish.formula == "100 MiB limit x 0.8 = 80 MiB; now none"
    saving = intent("REDIS-MAX", site({**REDIS, "redis_save": "3600 1"}))
    assert saving.formula == "100 MiB limit x 0.6 (RDB: copy on write) = 60 MiB; now none"
    beside = {**REDIS, "process 8": "nginx", "memory_working_set": 40 * MIB}
    assert intent("REDIS-MAX", site(beside)).formula.startswith("(100 MiB limit - 30 MiB of other programs) x 0.8 = 56")


def test_redis_with_a_bound_or_without_a_limit_or_without_room_is_left_alone() -> None:
    assert wished("REDIS-MAX", site({**REDIS, "redis_maxmemory": 50 * MIB})) == []
    assert wished("REDIS-MAX", site({**REDIS, "memory_limit": None})) == []
    full = held("REDIS-MAX", site({**REDIS, "redis_used_memory": 79 * MIB}))
    assert "leaves its data no room" in full.reason


def test_whether_redis_may_evict_is_the_manifests_word_alone() -> None:
    wish = intent("REDIS-EVICT", site(REDIS, role="cache"))
    assert setting(wish) == ("redis", "maxmemory-policy", "allkeys-lru")
    for role in ("store", "queue", "app"):
        kept = held("REDIS-EVICT", site(REDIS, role=role))
        assert "noeviction stays" in kept.reason
        assert "alert" in kept.next
    unknown = held("REDIS-EVICT", site(REDIS))
    assert '"role_kind": "cache"' in unknown.next


def test_a_full_redis_gets_more_only_where_the_limit_has_more() -> None:
    full = {**REDIS, "redis_maxmemory": 20 * MIB, "redis_used_memory": 20 * MIB}
    cause = found("redis_maxmemory_noeviction")
    assert setting(intent("REDIS-MAX", site(full, finding=cause)))[2] == str(80 * MIB)
    top = {**full, "redis_maxmemory": 80 * MIB, "redis_used_memory": 80 * MIB}
    assert "no room" in held("REDIS-MAX", site(top, finding=cause)).reason


def test_postgres_gets_more_connections_as_far_as_its_memory_bears_them() -> None:
    wish = intent("PG-CONN", site(PG))
    assert setting(wish) == ("postgres", "max_connections", "192")
    assert wish.formula.endswith("at most (1 GiB limit - 256 MiB shared_buffers) / 4 MiB work_mem = 192: 192; now 100")
    assert "restart it afterwards" in wish.note
    free = {**PG, "memory_limit": None}
    assert setting(intent("PG-CONN", site(free)))[2] == "200"
    assert wished("PG-CONN", site({**PG, "pg_clients": 50})) == []
    tight = held("PG-CONN", site({**PG, "memory_limit": 400 * MIB}))
    assert "as many as its memory bears" in tight.reason
    assert "pgbouncer" in tight.next


@pytest.mark.parametrize("said", ["postgres -c max_connections=100", "sh -c exec postgres --max-connections=100 -D /d"])
def test_what_the_command_line_of_postgres_says_is_to_be_changed_there(said: str) -> None:
    given = held("PG-CONN", site({**PG, "command": said}))
    assert "its command line says max_connections" in given.reason
    assert "-c max_connections=192 in the command" in given.next
    assert setting(intent("PG-CONN", site({**PG, "command": "postgres -c max_connections_x=1 -c work_mem=4MB"})))


def test_shared_memory_that_is_full_is_doubled_and_at_least_256_mib() -> None:
    wish = intent("PG-SHM", site({"shm_size": 64 * MIB, "fs_used_ratio /dev/shm": 0.97}))
    assert wish.arguments == {"patch": {"shm_size": 256 * MIB}}
    assert wished("PG-SHM", site({"shm_size": 64 * MIB, "fs_used_ratio /dev/shm": 0.4})) == []
    assert intent("PG-SHM", site({"shm_size": GIB}, finding=found("shm_too_small"))).arguments == {
        "patch": {"shm_size": 2 * GIB}
    }


def test_postgres_caches_a_quarter_of_its_limit_where_it_is_far_off() -> None:
    wish = intent("PG-MEM", site({**PG, "pg_shared_buffers": 64 * MIB}))
    assert setting(wish) == ("postgres", "shared_buffers", "256MB")
    assert wished("PG-MEM", site(PG)) == []


def test_work_mem_that_could_ask_for_more_than_there_is_comes_down() -> None:
    wish = intent("PG-OOM", site({**PG, "pg_work_mem": 32 * MIB}))
    assert setting(wish) == ("postgres", "work_mem", "2MB")
    assert "256 MiB + 100 x 32 MiB = 3.38 GiB of 1 GiB" in wish.formula
    assert wished("PG-OOM", site(PG)) == []
    least = held("PG-OOM", site({**PG, "pg_work_mem": MIB, "memory_limit": 300 * MIB}))
    assert "may ask for" in least.reason


@pytest.mark.parametrize(
    ("told", "limit", "want"), [("auto", 0.5, "1"), ("4", 1.5, "2"), ("2", None, None), ("1", 0.5, None)]
)
def test_nginx_gets_as_many_workers_as_cpus(told: str, limit: float | None, want: str | None) -> None:
    wishes = wished("NGINX-W", site({**NGINX, "nginx_worker_processes": told, "cpu_limit": limit}))
    got = [setting(wish)[2] for wish in wishes if isinstance(wish, Intent)]
    assert got == ([want] if want else [])


def test_nginx_that_runs_out_of_connections_gets_more() -> None:
    wish = intent("NGINX-C", site(NGINX, finding=found("nginx_worker_connections")))
    assert setting(wish) == ("nginx", "worker_connections", "1024")


def test_gunicorn_gets_twice_the_cpus_and_one_as_far_as_memory_bears() -> None:
    wish = intent("GUNI-W", site(GUNICORN))
    assert wish.arguments == {"patch": {"env": {"WEB_CONCURRENCY": "5"}}}
    assert wish.formula.startswith("2 x 2 CPUs + 1 = 5 (min(2 CPUs online, ceil(2)) = 2)")
    assert wish.formula.endswith("at most 512 MiB x 0.8 / 30 MiB a process = 13: 5; now 1")
    small = intent("GUNI-W", site({**GUNICORN, "memory_limit": 128 * MIB}))
    assert small.arguments == {"patch": {"env": {"WEB_CONCURRENCY": "3"}}}
    assert wished("GUNI-W", site({**GUNICORN, "app_workers gunicorn:8000": 3})) == []


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        ("gunicorn -w 1 app:app", ["gunicorn", "-w", "5", "app:app"]),
        ("gunicorn --workers=1 app:app", ["gunicorn", "--workers=5", "app:app"]),
        ("tini -- gunicorn -w1 app:app", ["gunicorn", "-w5", "app:app"]),
    ],
)
def test_a_flag_of_its_own_is_changed_where_it_stands(command: str, changed: list[str]) -> None:
    facts = {
        **GUNICORN, "app_told_workers gunicorn:8000": 1, "command": command,
        "command_arguments": len(changed),
    }  # fmt: skip
    assert intent("GUNI-W", site(facts)).arguments == {"patch": {"command": changed}}


def test_a_command_that_is_not_seen_whole_is_not_written_anew() -> None:
    facts = {
        **GUNICORN, "app_told_workers gunicorn:8000": 1, "command": "gunicorn -w 1 --key ‹redacted:secret› app:app",
        "command_arguments": 6,
    }  # fmt: skip
    assert "WEB_CONCURRENCY=5" in held("GUNI-W", site(facts)).next
