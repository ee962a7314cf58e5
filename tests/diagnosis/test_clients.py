"""Servers that answer and do not serve: certificates, passwords, limits; and what a host grants beside all limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.facts import NOW, Box, found, one, together

EXPIRED = "ERROR GET https://store:8443/: certificate verify failed: certificate has expired (_ssl.c:1006)"
SELF_SIGNED = "ERROR GET https://store:8443/: certificate verify failed: self-signed certificate (_ssl.c:1006)"
PLAIN = "ERROR GET https://store:8443/: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"
DENIED = """ERROR db: (1045, "Access denied for user 'shop'@'10.0.0.3' (using password: YES)")"""
MANY = "ERROR db: (1040, 'Too many connections') mysql"
FULL = "ERROR cache set failed: SERVER_ERROR out of memory storing object"
FORK = "spawn failed: [Errno 11] Resource temporarily unavailable: 'sleep'"
WATCH = "OSError: [Errno 24] inotify instance limit reached"


def client(*log: str, host: str = "store:8443", **more: Any) -> Box:
    return Box("client", env_hosts={"STORE_URL": host}, log=list(log) * 3, more=more)


def serving(name: str) -> Box:
    return Box("store", listens=["0.0.0.0:8443"], more={"serving": {name: "up"}})


def test_who_has_to_mend_a_certificate() -> None:
    store = Box("store", listens=["0.0.0.0:8443"])
    finding = one(client(EXPIRED), store)
    assert (finding.cause, finding.about.name, [ref.name for ref in finding.victims]) == (
        "tls_certificate_expired", "store", ["client"],
    )  # fmt: skip
    assert found(client(SELF_SIGNED), store) == ["tls_certificate_untrusted client"]
    assert found(client(PLAIN), store) == ["tls_to_plain_port client"]
    assert found(Box("client", log=[EXPIRED]), store) == []  # once, and it goes on


@pytest.mark.parametrize(
    ("line", "program", "said"),
    [
        (DENIED, "mariadb:3306", "mysql_auth_failed client"),
        (MANY, "mysql:3306", "mysql_max_connections store"),
        (FULL, "memcached:11211", "memcached_full store"),
        ("ACCESS_REFUSED - Login was refused", "rabbitmq:5672", "rabbitmq_auth_failed client"),
    ],
)
def test_of_a_password_the_client_is_told_and_of_a_limit_the_server(line: str, program: str, said: str) -> None:
    assert found(client(line), serving(program)) == [said]


def test_that_a_server_turned_somebody_away_is_in_order() -> None:
    own = Box("store", log=[DENIED] * 3, more={"serving": {"mariadb:3306": "up"}})
    assert found(own) == []


def test_a_ulimit_of_processes_is_not_the_containers_limit() -> None:
    limits = {"ulimit": {"nproc": 7}, "user": "1000"}
    assert found(Box("client", log=[FORK] * 3, more=limits)) == ["user_process_limit client"]
    assert found(Box("client", log=[FORK] * 3, more={**limits, "user": "root"})) == []
    assert found(Box("client", log=[FORK] * 3, more={"user": "1000"})) == []


def test_watches_are_the_hosts() -> None:
    finding = one(Box("client", log=[WATCH] * 3))
    assert (finding.cause, finding.details["setting"]) == ("inotify_limit", "fs.inotify.max_user_instances")


def test_quotes_of_an_env_file_are_part_of_the_value() -> None:
    said = ['ERROR connect to "store":8443: [Errno -2] Name or service not known'] * 3
    finding = one(Box("client", log=said, more={"env_odd": {"STORE_HOST": "quotes"}}))
    assert (finding.cause, finding.details["env_key"]) == ("env_wrong_value", "STORE_HOST")
    assert found(Box("client", log=said, more={"env_odd": {"GREETING": "quotes"}})) == []


def test_the_loopback_of_a_sidecar_is_its_hosts() -> None:
    said = ["ERROR GET http://127.0.0.1:9000/ failed: <urlopen error [Errno 111] Connection refused>"] * 3
    side = Box("side", log=said, networks={}, more={"network_mode": "container:app"})
    assert found(side, Box("app")) == ["dependency_refusing app"]
    assert found(Box("side", log=said), Box("app")) == []


def test_a_name_with_a_domain_of_elsewhere() -> None:
    said = [
        "ERROR GET http://store.corp.internal:8443/ failed: <urlopen error [Errno -2] Name or service not known>"
    ] * 3
    finding = one(Box("client", log=said), Box("store", listens=["0.0.0.0:8443"]))
    assert (finding.cause, finding.details["peer"]) == ("unknown_host", "store")
    assert found(Box("client", log=said), Box("other")) == []


def test_workers_that_end_of_a_module_again_and_again() -> None:
    line = "Error: Cannot find module 'ledger'"
    assert found(Box("client", log=[line] * 3)) == ["node_module_missing client"]
    assert found(Box("client", log=[line])) == []


def test_a_job_that_is_never_found() -> None:
    line = "sh: /jobs/backup.sh: not found"
    assert found(Box("cron", log=[line], more={"command": "crond -f"})) == ["command_missing_in_shell cron"]
    assert found(Box("client", log=[line])) == []


def test_a_table_that_is_asked_for_once_may_be_made_next() -> None:
    line = 'ERROR UndefinedTable relation "orders" does not exist'
    assert found(client(line), serving("postgres:8443")) == ["pg_table_missing store"]
    assert found(Box("client", env_hosts={"STORE_URL": "store:8443"}, log=[line]), serving("postgres:8443")) == []


def test_the_last_thing_that_it_says_is_of_a_file() -> None:
    line = "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/settings.yml'"
    ended = {"exit_code": 1, "restart_policy": "no", "finished_at": NOW}
    finding = one(Box("app", state="exited", log=[line], more=ended))
    assert (finding.cause, finding.details["path"]) == ("file_missing", "/etc/app/settings.yml")
    said = [line, *["INFO served"] * 30]
    assert found(Box("app", state="exited", log=said, more=ended)) == ["restart_policy_absent app"]


def test_a_number_that_is_refused_is_that_of_the_setting_that_names_its_owner() -> None:
    said = ["ERROR GET failed: connect ECONNREFUSED 10.0.0.7:18080"] * 3
    box = Box("client", networks={"net": "10.0.0.2"}, env_hosts={"API_URL": "api:18080"}, log=said)
    finding = one(box, Box("api", networks={"net": "10.0.0.7"}, listens=["0.0.0.0:8000"]))
    assert (finding.cause, finding.details["env_key"]) == ("env_wrong_value", "API_URL")


def test_a_lock_that_lasts() -> None:
    line = "ERROR cannot store: database is locked"
    assert found(Box("client", log=[line] * 3)) == ["sqlite_locked client"]
    assert found(Box("client", log=[line])) == []


def test_a_server_that_repeats_what_its_client_told_it_is_said_once_to_have_an_expired_certificate() -> None:
    alert = "SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired)"
    client = Box("client", env_hosts={"STORE": "store:8443"}, log=[EXPIRED] * 3)
    store = Box("store", listens=["0.0.0.0:8443"], log=[alert] * 3)
    for about in ("client", "store"):
        (finding,) = together(about, client, store)
        assert (finding.cause, finding.about.name) == ("tls_certificate_expired", "store")
