"""Servers that answer and refuse: MySQL, MongoDB, RabbitMQ, memcached, by what their clients' logs say. One table; of a
password it is the client that is told, of a limit the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, present
from ergon_ops.facts import Fact, Group
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "networks", "signals", "services", "sockets", "events")
PEERS: tuple[Group, ...] = ("identity", "state", "networks", "config", "services", "sockets")


class Answer(NamedTuple):
    """`programs`: what serves it; `setting`: what bounds it there. `at_server`: the server is what has to be mended.
    `least`: said so often, where a program may also ask to see whether it is there."""

    cause: str
    kind: str
    programs: tuple[str, ...]
    what: str
    sentence: str
    details: tuple[str, ...] = ()
    setting: str = ""
    at_server: bool = False
    least: int = 1


MYSQL = ("mysql", "mariadb")
# fmt: off
# ruff: noqa: E501
ANSWERS = (
    Answer("mysql_auth_failed", "mysql_denied", MYSQL, "MySQL or MariaDB refuses the user or the password of a client.",
           "{server} refuses the user {user}: the password is another one, or the user may not come from there.", ("user",)),
    Answer("mysql_database_missing", "mysql_database_missing", MYSQL, "MySQL or MariaDB does not have the database.",
           "{server} has no database {value}.", ("value",)),
    Answer("mysql_max_connections", "mysql_too_many", MYSQL, "MySQL or MariaDB has as many connections as it may.",
           "{server} has as many connections as max_connections lets it have, and refuses more.", (),
           "max_connections", at_server=True),
    Answer("mysql_lock_wait", "mysql_lock_wait", MYSQL, "A transaction holds what others of the database wait for.",
           "In {server} a transaction holds rows that others wait for, longer than innodb_lock_wait_timeout.", (),
           "innodb_lock_wait_timeout", at_server=True),
    Answer("mysql_table_missing", "mysql_table_missing", MYSQL, "A table is not there: MySQL's or MariaDB's schema is another one.",
           "{server} has no table {value}: its schema was not made, or is of another version.", ("value",), at_server=True, least=3),
    Answer("pg_table_missing", "pg_table_missing", ("postgres",), "A table is not there: PostgreSQL's schema is another one.",
           "{server} has no table {value}: its schema was not made, or is of another version.", ("value",), at_server=True, least=3),
    Answer("pg_column_missing", "pg_column_missing", ("postgres",), "A column is not there: PostgreSQL's schema is another one.",
           "{server} has no column {value}: its schema is of another version than the program.", ("value",), at_server=True, least=3),
    Answer("pg_permission_denied", "pg_denied", ("postgres",), "A user of PostgreSQL may not use a table that it wants.",
           "{server} does not let its client use {value}: a grant is missing.", ("value",), at_server=True, least=3),
    Answer("pg_read_only", "pg_read_only", ("postgres",), "PostgreSQL takes no writes: it is a standby, or is set to read only.",
           "{server} takes no writes ({value}): it is a standby, or default_transaction_read_only is set.", ("value",), at_server=True, least=2),
    Answer("pg_statement_timeout", "pg_statement_timeout", ("postgres",), "PostgreSQL ends statements that take longer than they may.",
           "{server} ends statements that take longer than statement_timeout.", (), "statement_timeout", at_server=True, least=3),
    Answer("pg_deadlock", "pg_deadlock", ("postgres",), "Transactions of PostgreSQL wait for each other, again and again.",
           "In {server} transactions wait for each other's locks, and it ends one of each pair (deadlock).", (), at_server=True, least=3),
    Answer("redis_acl_denied", "redis_acl", ("redis", "valkey"), "redis does not let this user run that command (NOPERM).",
           "{server} does not let its user run the command (NOPERM).", least=2),
    Answer("redis_busy_script", "redis_busy", ("redis", "valkey"), "A script keeps redis busy: it answers nobody else (BUSY).",
           "A script keeps {server} busy, and it answers nobody else (BUSY).", (), at_server=True, least=2),
    Answer("mongo_auth_failed", "mongo_denied", ("mongodb",), "MongoDB refuses the user or the password of a client.",
           "{server} refuses the user or the password that it is given."),
    Answer("rabbitmq_auth_failed", "rabbitmq_denied", ("rabbitmq",), "RabbitMQ refuses the user or the password of a client.",
           "{server} refuses the user or the password that it is given (ACCESS_REFUSED)."),
    Answer("memcached_full", "memcached_full", ("memcached",), "memcached has no memory left and may not evict.",
           "{server} has no memory left for what it should store, and may evict nothing (-M).", (), "-m", at_server=True),
)
# fmt: on


def _function(answer: Answer) -> Callable[[Scene, Ref], Iterator[Conclusion]]:
    def concluded(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
        signal = next((item for item in scene.current(ref, answer.kind) if item.count >= answer.least), None)
        own = _serving(scene, ref, answer.programs)
        if signal is None or (own is not None and not answer.at_server):
            return  # that a server turned somebody away is in order
        if any(not signal.values.get(key) for key in answer.details):
            return
        server, row = (ref, own) if own is not None else _server(scene, ref, answer.programs)
        values = {key: value for key, value in signal.values.items() if key != "address"}
        there = answer.at_server and server is not None
        yield Conclusion(
            summary=answer.sentence.format(server=server.short if server else answer.programs[0], **values),
            evidence=(signal.fact, *present(row, *_pointing(scene, ref, server)), *ending(scene, ref)),
            details={
                "service": answer.programs[0],
                **values,
                **({"setting": answer.setting} if answer.setting else {}),
                **({"peer": server.short} if server is not None and server != ref and not there else {}),
            },
            about=server if there else None,
            victims=(ref,) if there and server != ref else (),
        )

    concluded.__doc__ = answer.what
    return concluded


def _serving(scene: Scene, ref: Ref, programs: tuple[str, ...]) -> Fact | None:
    return next((row for row in scene.all(ref, "serving") if row.key.split(":")[0].split(" ")[0] in programs), None)


def _server(scene: Scene, ref: Ref, programs: tuple[str, ...]) -> tuple[Ref | None, Fact | None]:
    """Of those it uses, the one that serves such a program."""
    for link in scene.uses(ref):
        row = _serving(scene, link.target, programs) if link.target is not None else None
        if row is not None:
            return link.target, row
    return None, None


def _pointing(scene: Scene, ref: Ref, server: Ref | None) -> list[Fact]:
    """What leads it there: a variable, else its open connection."""
    if server is None:
        return []
    told = [fact for name in ("env_host", "command_host") for fact in scene.all(ref, name)]
    return [
        fact for fact in told if scene.called(ref, str(fact.value).rpartition(":")[0] or str(fact.value)) == server
    ][:1]


for _answer in ANSWERS:
    rule(
        _answer.cause,
        severity="critical",
        needs=NEEDS,
        peers=PEERS,
        details=("service", *_answer.details, *(("setting",) if _answer.setting else ())),
        tier="T3",
        over=("crash_loop", "restart_policy_absent"),
    )(_function(_answer))
