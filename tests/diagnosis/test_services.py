"""redis, PostgreSQL and nginx: what they say of themselves and what their clients say of them, in scenes made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ergon_ops.diagnosis import Scene, diagnose
from ergon_ops.diagnosis.verdict import Verdict, verdict
from ergon_ops.events import timestamp
from ergon_ops.findings import Finding
from ergon_ops.logtemplates.signals import key_of, told
from ergon_ops.refs import Ref
from ergon_ops.topology import Link
from tests.diagnosis.making import API, NOW, causes, evidence, only, scene

CACHE, DB, WEB = Ref("cache"), Ref("db"), Ref("web")
MIB = 1 << 20
FULL: dict[str, Any] = {"redis_maxmemory": 3 * MIB, "redis_used_memory": 3 * MIB + 9000, "redis_policy": "noeviction"}
UNSAVED: dict[str, Any] = {
    "redis_last_bgsave": "err",
    "redis_stop_writes": True,
    "redis_save": "1 1",
    "redis_dir": "/data",
}
OOM = "redis.exceptions.ResponseError: OOM command not allowed when used memory > 'maxmemory'."
# ruff: noqa: E501


def beside(made: Scene, client: Ref, server: Ref, port: int) -> Scene:
    """The client uses the server, by a variable of its environment."""
    peers = tuple(dict.fromkeys((*made.peers, client, server)))
    link = Link(client, server.name, server, f"env {server.name.upper()}_URL", port)
    return replace(made, links=(*made.links, link), peers=peers)


def pair(server: Ref, port: int, said: dict[str, Any], *, log: str = "", log_age_s: float = 5.0, **more: Any) -> Scene:
    """A server that says this of itself, and `api`, which uses it and has that in its log."""
    made = scene(about=server, **said, **more)
    lines = [log] if log else []
    made = scene(
        log=lines, log_age_s=log_age_s, ledger=made.ledger, keyed={"env_host": {"URL": f"{server.name}:{port}"}}
    )
    return beside(made, API, server, port)


def finding(made: Scene, about: Ref) -> Finding:
    (item,) = diagnose(made, about)
    assert set(item.evidence) <= {fact.id for fact in made.ledger}
    return item


# ---- redis


def test_a_full_redis_that_may_not_evict_is_the_origin_of_what_its_client_says() -> None:
    made = pair(CACHE, 6379, FULL, log=OOM)
    told = finding(made, API)
    assert (told.cause, told.about, told.victims) == ("redis_maxmemory_noeviction", CACHE, (API,))
    assert told.details["limit_bytes"] == 3 * MIB
    assert [name for name, _ in evidence(made, told)][:3] == ["redis_used_memory", "redis_maxmemory", "redis_policy"]
    assert "3 MiB" in told.summary
    assert finding(made, CACHE).id == told.id


def test_a_redis_that_evicts_only_keys_with_an_expiry_and_has_none_refuses_writes_as_well() -> None:
    told = finding(
        pair(CACHE, 6379, {**FULL, "redis_policy": "volatile-ttl", "redis_keys": 70, "redis_expiring": 0}), CACHE
    )
    assert told.cause == "redis_maxmemory_noeviction"
    assert "volatile-ttl evicts only keys with an expiry, which none has" in told.summary


@pytest.mark.parametrize(
    "said",
    [
        {**FULL, "redis_policy": "allkeys-lru"},
        {**FULL, "redis_policy": "volatile-ttl"},
        {**FULL, "redis_policy": "volatile-ttl", "redis_keys": 70, "redis_expiring": 2},
        {**FULL, "redis_policy": "volatile-ttl", "redis_keys": 0, "redis_expiring": 0},
        {**FULL, "redis_maxmemory": 0},
        {**FULL, "redis_used_memory": 2 * MIB},
        {**FULL, "redis_used_memory": int(2.7 * MIB)},
    ],
)
def test_a_redis_that_evicts_or_has_room_or_no_bound_is_well(said: dict[str, Any]) -> None:
    assert diagnose(scene(about=CACHE, **said), CACHE) == ()


def test_a_client_that_uses_another_redis_is_not_told_of_this_one() -> None:
    made = scene(about=CACHE, **FULL)
    assert diagnose(beside(scene(ledger=made.ledger), API, CACHE, 6379), API) == ()


def test_a_redis_that_cannot_save_names_its_folder_and_the_full_disk_below_it() -> None:
    disk = {"fs_used_ratio": {"/": 0.4, "/data": 1.0}}
    made = scene(about=CACHE, keyed=disk, **UNSAVED)
    told = finding(made, CACHE)
    assert (told.cause, told.details["path"], told.details["mount"]) == ("redis_misconf_rdb", "/data", "/data")
    assert evidence(made, told)[0] == ("redis_last_bgsave", "err")
    for cured in ({"redis_last_bgsave": "ok"}, {"redis_stop_writes": False}, {"redis_save": ""}):
        assert diagnose(scene(about=CACHE, **{**UNSAVED, **cured}), CACHE) == ()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("redis.exceptions.AuthenticationError: Authentication required.", "NOAUTH"),
        ("ReplyError: NOAUTH Authentication required.", "NOAUTH"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"),
    ],
)
def test_a_client_without_the_password_is_told_which_server_wants_it(line: str, value: str) -> None:
    made = pair(CACHE, 6379, {"redis_requirepass": True}, log=line)
    told = finding(made, API)
    assert (told.cause, told.about) == ("redis_auth", API)
    assert told.details == {"service": "redis", "value": value, "peer": "cache"}
    assert ("redis_requirepass", True) in evidence(made, told)
    assert diagnose(made, CACHE) == (), "a server that wants a password is as it should be"
    assert diagnose(pair(CACHE, 6379, {"redis_requirepass": True}, log=line, log_age_s=900.0), API) == ()


def test_protected_mode_is_the_servers_fault_where_somebody_was_turned_away() -> None:
    said: dict[str, Any] = {
        "redis_protected_mode": True,
        "redis_requirepass": False,
        "redis_bind": "* -::*",
        "redis_rejected": 4,
    }
    line = "-DENIED Redis is running in protected mode because protected mode is enabled"
    told = finding(pair(CACHE, 6379, said, log=line), API)
    assert (told.cause, told.about, told.victims) == ("redis_protected_mode", CACHE, (API,))
    assert causes(scene(about=CACHE, **said), CACHE) == ["redis_protected_mode"]
    for fine in ({"redis_rejected": 0}, {"redis_requirepass": True}, {"redis_bind": "127.0.0.1"}):
        assert diagnose(scene(about=CACHE, **{**said, **fine}), CACHE) == ()


def test_no_client_more_is_told_of_a_redis_that_refuses_even_to_be_asked() -> None:
    refusal = {"probe_refused": {"redis": "ERR max number of clients reached"}}
    assert causes(scene(about=CACHE, keyed=refusal), CACHE) == ["redis_max_clients"]


def test_of_one_that_is_well_the_service_that_could_not_be_asked_is_named() -> None:
    seen = scene(about=CACHE, keyed={"probe_refused": {"redis": "NOAUTH Authentication required."}})
    assert verdict(seen, CACHE, ()) == Verdict(
        "healthy", ("what redis says of itself: NOAUTH Authentication required.",)
    )


DOWN = "redis.exceptions.MasterDownError: Link with MASTER is down and replica-serve-stale-data is set to 'no'."
COPY: dict[str, Any] = {
    "redis_role": "slave",
    "redis_master_link": "down",
    "redis_master": "first:6379",
    "redis_master_syncing": False,
}


def test_a_copy_out_of_sync_is_the_origin_of_what_its_readers_say() -> None:
    told = finding(pair(CACHE, 6379, COPY, log=DOWN), API)
    assert (told.cause, told.about, told.victims) == ("redis_replica_cut_off", CACHE, (API,))
    assert (told.details["peer"], "first:6379" in told.summary) == ("first", True)


@pytest.mark.parametrize("said", [{**COPY, "redis_master_link": "up"}, {**COPY, "redis_master_syncing": True}])
def test_a_copy_that_is_in_sync_or_loads_for_the_first_time_is_not(said: dict[str, Any]) -> None:
    assert causes(pair(CACHE, 6379, said, log=DOWN)) == []


def test_a_copy_nobody_complains_of_is_out_of_sync_only_by_what_it_says_again_and_again() -> None:
    line = "1:S 30 Nov 2026 17:54:49.124 # MASTER aborted replication with an error: ERR no replication here"
    assert causes(scene(**COPY, log=[line])) == []
    assert causes(scene(**COPY)) == []


# ---- PostgreSQL

TAKEN: dict[str, Any] = {"pg_max_connections": 5, "pg_reserved_connections": 1, "pg_clients": 4}
TOO_MANY = 'psycopg2.OperationalError: connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  sorry, too many clients already'


def test_no_connection_left_is_told_with_the_setting_and_the_count() -> None:
    made = pair(DB, 5432, TAKEN, log=TOO_MANY)
    told = next(item for item in diagnose(made, API) if item.cause == "pg_max_connections")
    assert (told.about, told.victims) == (DB, (API,))
    assert told.details == {"service": "postgres", "setting": "max_connections", "value": 5, "count": 4}
    refusal = {"probe_refused": {"postgres": "53300: sorry, too many clients already"}}
    assert causes(scene(about=DB, keyed=refusal), DB) == ["pg_max_connections"]
    assert diagnose(scene(about=DB, **{**TAKEN, "pg_clients": 2}), DB) == ()


def waiting(seconds: float, state: str = "idle in transaction") -> dict[str, Any]:
    return {
        "pg_blocked": {"41": 40, "42": 41},
        "pg_waiting": {"41": seconds, "42": seconds},
        "pg_holder_state": {"40": state, "41": "active"},
        "pg_holder_age": {"40": 93.0},
        "pg_holder_client": {"40": "10.0.0.9"},
        "pg_waiting_client": {"41": "10.0.0.3"},
    }


def test_whoever_waits_for_a_lock_suffers_from_the_root_of_the_queue() -> None:
    made = scene(about=DB, keyed=waiting(12.0))
    made = scene(about=WEB, ledger=made.ledger, keyed={"network": {"n": "10.0.0.9"}})
    made = scene(ledger=made.ledger, keyed={"network": {"n": "10.0.0.3"}})
    made = beside(replace(made, peers=(API, WEB, DB)), API, DB, 5432)
    told = finding(made, DB)
    assert (told.cause, told.severity, told.victims) == ("pg_lock_wait", "critical", (API,))
    assert told.details == {"service": "postgres", "count": 2, "value": "idle in transaction", "peer": "web"}
    assert "session 40, a session of web holds; it is idle in transaction for 93 s" in told.summary
    assert finding(made, API).id == told.id


def test_waiting_for_a_moment_is_as_usual() -> None:
    assert diagnose(scene(about=DB, keyed=waiting(0.4)), DB) == ()
    assert diagnose(scene(about=DB, keyed=waiting(1.2, "active")), DB) == ()
    assert diagnose(scene(about=DB, keyed={**waiting(1.2), "pg_holder_age": {"40": 1.5}}), DB) == ()


def test_behind_a_holder_that_has_idled_for_seconds_anybody_who_waits_waits_in_vain() -> None:
    young = {**waiting(0.1), "pg_holder_age": {"40": 5.0}}
    assert diagnose(scene(about=DB, keyed=young), DB) == ()
    (told,) = diagnose(scene(about=DB, keyed={**young, "pg_holder_idle": {"40": 4.0}}), DB)
    assert told.cause == "pg_lock_wait"


def test_those_who_gave_up_waiting_are_told_with_the_session_that_idled_all_the_while() -> None:
    lines = ["ERROR:  canceling statement due to lock timeout"]
    often: dict[str, Any] = {
        "log_signal_count": {"pg_lock_timeout": 3},
        "log_signal_first": {"pg_lock_timeout": NOW - 20.0},
    }
    idle: dict[str, Any] = {"pg_oldest_transaction": {"idle in transaction": 90.0}}
    (told,) = diagnose(scene(about=DB, log=lines, keyed={**often, **idle}), DB)
    assert (told.cause, told.details["value"]) == ("pg_lock_wait", "idle in transaction")
    assert "gave up waiting" in told.summary
    busy: dict[str, Any] = {"pg_oldest_transaction": {"active": 90.0}}
    young: dict[str, Any] = {"pg_oldest_transaction": {"idle in transaction": 5.0}}
    for other in (busy, young):
        assert diagnose(scene(about=DB, log=lines, keyed={**often, **other}), DB) == ()
    assert diagnose(scene(about=DB, log=lines, keyed=idle), DB) == (), "once is no more than a moment"


def test_behind_a_holder_that_idles_nobody_need_wait_for_long() -> None:
    told = finding(scene(about=DB, keyed=waiting(0.6)), DB)
    assert (told.cause, told.details["value"]) == ("pg_lock_wait", "idle in transaction")


REFUSED = 'FATAL:  password authentication failed for user "shop"'


def test_a_refused_password_is_told_of_the_client_and_else_of_the_server() -> None:
    made = pair(DB, 5432, {"pg_max_connections": 100}, log=REFUSED, keyed={"serving": {"postgres:5432": "listening"}})
    told = finding(made, API)
    assert (told.cause, told.about, told.details["user"], told.details["peer"]) == ("pg_auth_failed", API, "shop", "db")
    alone = scene(about=DB, pg_max_connections=100, log=[REFUSED])
    assert finding(alone, DB).about == DB
    ours = scene(
        about=DB, log=[REFUSED], keyed={"probe_refused": {"postgres": "28P01: password authentication failed"}}
    )
    assert diagnose(ours, DB) == (), "one line may well be the probe's own"


def test_a_role_that_only_the_servers_log_misses_is_told_of_the_server() -> None:
    box = pair(DB, 5432, {"pg_max_connections": 100}, log=REFUSED, keyed={"serving": {"postgres:5432": "listening"}})
    made = scene(about=DB, ledger=box.ledger, log=[REFUSED, 'DETAIL:  Role "shop" does not exist.'])
    made = replace(made, links=box.links, peers=box.peers)
    for asked in (API, DB):
        told = finding(made, asked)
        assert (told.cause, told.about, told.victims) == ("pg_role_missing", DB, (API,))
        assert told.details["user"] == "shop"


def test_a_database_that_is_not_there_is_the_clients_mistake() -> None:
    line = 'connection to server at "db", port 5432 failed: FATAL:  database "ordrs" does not exist'
    told = next(item for item in diagnose(pair(DB, 5432, TAKEN | {"pg_clients": 0}, log=line), API))
    assert (told.cause, told.details["value"], told.details["peer"]) == ("pg_database_missing", "ordrs", "db")


# ---- nginx

CONNECT = '[error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 172.20.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.7:8000/", host: "x"'
SLOW = '[error] 7#7: *3 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 172.20.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.7:8000/", host: "x"'


def proxied(line: str, *ports: int, **more: Any) -> Scene:
    """`web` in front of `api`, which listens on these ports."""
    listeners = {f"0.0.0.0:{port}/tcp": "python3" for port in ports}
    made = scene(keyed={"network": {"n": "10.0.0.7"}, "listener": listeners})
    upstream = {"nginx_upstream": {"location /": "http://api:8000"}}
    made = scene(
        about=WEB, ledger=made.ledger, log=[line], keyed=upstream, nginx_config="/etc/nginx/nginx.conf", **more
    )
    return replace(made, peers=(API, WEB))


def told_by_nginx(made: Scene) -> Finding:
    return next(item for item in diagnose(made, WEB) if item.cause.startswith("nginx_"))


def test_a_502_is_of_the_upstream_that_listens_on_nothing() -> None:
    told = told_by_nginx(proxied(CONNECT))
    assert (told.cause, told.about, told.victims) == ("nginx_502_upstream_down", API, (WEB,))
    assert (told.details["port"], told.details["peer"]) == (8000, "api")


def test_a_502_is_nginx_own_where_the_upstream_listens_elsewhere_or_is_inside() -> None:
    told = told_by_nginx(proxied(CONNECT, 8080))
    assert (told.cause, told.about) == ("nginx_502_upstream_down", WEB)
    assert "it listens on 8080" in told.summary
    inside = scene(about=WEB, log=[CONNECT.replace("10.0.0.7", "127.0.0.1")], nginx_config="/n")
    assert told_by_nginx(inside).about == WEB
    assert [i for i in diagnose(proxied(CONNECT, 8000), WEB) if i.cause.startswith("nginx_")] == [], "it listens again"


def test_a_502_by_a_socket_is_told_though_nginx_itself_listens_on_80() -> None:
    words = "connect() to unix:/run/php-fpm.sock failed (111: Connection refused) while connecting to upstream"
    line = (
        f'2026/11/22 12:00:00 [error] 7#7: *1 {words}, client: 10.0.0.1, upstream: "fastcgi://unix:/run/php-fpm.sock:"'
    )
    made = scene(about=WEB, log=[line], nginx_config="/n", keyed={"listener": {"0.0.0.0:80/tcp": "nginx"}})
    told = told_by_nginx(made)
    assert (told.cause, told.about) == ("nginx_502_upstream_down", WEB)
    assert "/run/php-fpm.sock" in told.summary


def test_a_504_is_of_the_upstream_that_is_slow() -> None:
    told = told_by_nginx(proxied(SLOW, 8000))
    assert (told.cause, told.about, told.victims) == ("nginx_504_upstream_slow", API, (WEB,))


def test_an_upstream_nobody_is_called_keeps_nginx_from_starting() -> None:
    line = 'nginx: [emerg] host not found in upstream "apii:8000" in /etc/nginx/conf.d/x.conf:4'
    made = scene("exited", about=WEB, exit_code=1, log=[line], log_age_s=61.0)
    told = next(item for item in diagnose(made, WEB) if item.cause == "nginx_upstream_unresolvable")
    assert told.details == {
        "host": "apii",
        "port": 8000,
        "service": "nginx",
        "path": "/etc/nginx/conf.d/x.conf",
        "exit_code": 1,
    }
    known = replace(made, peers=(Ref("apii"),))
    assert [item.cause for item in diagnose(known, WEB) if item.cause.startswith("nginx_")] == []


def test_too_few_connections_are_told_from_an_error_log_that_is_a_file() -> None:
    line = "2027/01/15 08:00:00 [alert] 7#7: 6 worker_connections are not enough"
    made = scene(about=WEB, nginx_worker_connections=6, keyed={"nginx_error": {timestamp(NOW - 9): line}})
    told = only(made, WEB)
    assert (told.cause, told.details["value"]) == ("nginx_worker_connections", 6)
    assert diagnose(scene(about=WEB, keyed={"nginx_error": {timestamp(NOW - 900): line}}), WEB) == ()


CROWDED = "2026/11/22 12:00:00 [alert] 10#10: 6 worker_connections are not enough"


def bursts(age_s: float, after: int, apart: int = 1, over_s: float = 0.5) -> Scene:
    """Said five times within `over_s`, with `apart` lines from one to the next at most, so long before the log was
    read; then so many other lines."""
    (key,) = (key_of(kind, named) for kind, named in told(CROWDED))
    counted: dict[str, dict[str, Any]] = {
        "log_signal_count": {key: 5},
        "log_signal_first": {key: NOW - age_s - over_s},
        "log_signal_after": {key: after},
        "log_signal_apart": {key: apart},
    }
    return scene(log=[CROWDED], log_age_s=age_s, keyed=counted)


def test_what_a_log_said_when_it_was_read_is_not_over_because_a_diagnosis_takes_its_time() -> None:
    made = bursts(1.0, after=4)
    assert "nginx_worker_connections" in causes(replace(made, now=NOW + 4.0))


def test_what_the_log_went_on_without_is_over() -> None:
    assert "nginx_worker_connections" in causes(bursts(10.0, after=2))
    assert "nginx_worker_connections" not in causes(bursts(10.0, after=4))


def test_after_one_burst_nobody_knows_when_the_next_one_comes() -> None:
    assert "nginx_worker_connections" in causes(bursts(7.0, after=14, over_s=0.2))
    assert "nginx_worker_connections" in causes(bursts(30.0, after=14, apart=16, over_s=4))
    assert "nginx_worker_connections" not in causes(bursts(30.0, after=20, apart=16, over_s=4))


def test_many_lines_without_it_are_enough_where_each_of_it_took_long() -> None:
    """Five time-outs in 20 s, one a line, and then a line of success every half second."""
    assert "nginx_worker_connections" in causes(bursts(7.0, after=9, over_s=20))
    assert "nginx_worker_connections" not in causes(bursts(7.0, after=14, over_s=20))
    assert "nginx_worker_connections" in causes(bursts(7.0, after=14, apart=2, over_s=20))
