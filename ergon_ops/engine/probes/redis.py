"""Redis and what speaks like it: INFO and CONFIG GET. Its password, if it wants one, is looked for in its container.

A credential that is known is given first: a PING without it would count among the server's own NOAUTH errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ergon_ops.engine.probes.line import Line, NoWay, Refused
from ergon_ops.engine.probes.subject import Row, Subject, option, shown
from ergon_ops.engine.protocols import ProbeTarget
from ergon_ops.facts import Value

Reply: TypeAlias = "str | int | list[Reply] | Complaint | None"
SETTINGS = ("save", "appendonly", "dir", "protected-mode", "requirepass", "bind", "maxclients",
            "stop-writes-on-bgsave-error", "maxmemory", "maxmemory-policy")  # fmt: skip
PASSWORDS = ("REDIS_PASSWORD", "REDISCLI_AUTH", "VALKEY_PASSWORD", "REDIS_PASS", "REDIS_AUTH")
CONFIGURATION = ("redis.conf", "valkey.conf", "keydb.conf")
TOO_DEEP = 4


class Complaint(str):
    """An error that the server answered: its code, then words."""

    @property
    def code(self) -> str:
        return self.split(" ", 1)[0]


async def probe(subject: Subject, target: ProbeTarget) -> list[Row]:
    """Raises Refused with the server's own code (NOAUTH, WRONGPASS, DENIED …) where it does not let us ask."""
    port = target.port or 6379
    password = await _password(subject)
    try:
        info, settings = await subject.converse(target, port, lambda line: ask(line, password))
    except NoWay:
        info, settings = await _by_exec(subject, target, port, password)
    return rows(info, settings)


def ask(line: Line, password: str) -> tuple[str, dict[str, str]]:
    """INFO as it stands, and the settings it gave."""
    _let_in(line, password)
    wanted = [("INFO",), *(("CONFIG", "GET", name) for name in SETTINGS)]
    line.send(b"".join(command(*words) for words in wanted))
    replies = [reply(line) for _ in wanted]
    info = replies[0]
    if isinstance(info, Complaint):
        raise Refused(shown(info))
    pairs: dict[str, str] = {}
    for found in replies[1:]:  # where CONFIG is forbidden, its settings are missing
        if isinstance(found, list):
            pairs |= _pairs([str(item) for item in found])
    return str(info), pairs


def _let_in(line: Line, password: str) -> None:
    if password:
        line.send(command("AUTH", password))
        said = reply(line)
        if not isinstance(said, Complaint) or "without any password" in said or "no password is set" in said:
            return
        wrong = said.code == "WRONGPASS" or "invalid password" in said
        raise Refused("WRONGPASS: it does not take the password that its container was given" if wrong else shown(said))
    line.send(command("PING"))
    said = reply(line)
    if isinstance(said, Complaint) and said.code == "NOAUTH":
        raise Refused("NOAUTH: it wants a password, and its container names none")
    if isinstance(said, Complaint) and said.code in ("NOPERM", "DENIED", "ERR"):
        raise Refused(shown(said))


def command(*words: str) -> bytes:
    """As an array of bulk strings (RESP2, redis.io/docs/latest/develop/reference/protocol-spec)."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def reply(line: Line, depth: int = 0) -> Reply:
    head = line.until(b"\r\n")
    kind, rest = head[:1], head[1:].decode("utf-8", "replace")
    if kind == b"+":
        return rest
    if kind == b"-":
        return Complaint(rest)
    if kind not in (b":", b"$", b"*") or not rest.lstrip("-").isdigit() or depth > TOO_DEEP:
        raise Refused("what listens there does not speak as redis")
    number = int(rest)
    if kind == b":":
        return number
    if number < 0:
        return None
    if kind == b"$":
        return line.exactly(number + 2)[:-2].decode("utf-8", "replace")
    return [reply(line, depth + 1) for _ in range(number)]


async def _by_exec(subject: Subject, target: ProbeTarget, port: int, password: str) -> tuple[str, dict[str, str]]:
    client = ["redis-cli", "-h", subject.address(target), "-p", str(port)]
    secret = {"REDISCLI_AUTH": password} if password else {}
    info = await subject.execute([*client, "INFO"], environment=secret)
    if info.code or not info.out.lstrip().startswith("#"):
        said = (info.out or info.err).strip()
        raise Refused(shown(said) if said else "redis-cli said nothing")
    settings = await subject.execute([*client, "CONFIG", "GET", "*"], environment=secret)
    return info.out, _pairs(settings.out.replace("\r", "").split("\n"))


async def _password(subject: Subject) -> str:
    """From its command, its environment, or the configuration file that its command names."""
    if said := given_password(subject.command, subject.environment):
        return said
    named = configuration_of(subject.command)
    text = await subject.read(named) if named else None
    return configured(text.decode("utf-8", "replace")) if text else ""


def given_password(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """By its command, else by its environment."""
    said = option(command, "--requirepass")
    if said:
        return environment.get(said.strip("${}"), said) if said.startswith("$") else said
    return next((environment[key] for key in PASSWORDS if environment.get(key)), "")


def configuration_of(command: Sequence[str]) -> str:
    return next((word for word in command if word.endswith(CONFIGURATION)), "")


def configured(text: str) -> str:
    for line in text.splitlines():
        word, _, value = line.strip().partition(" ")
        if word.lower() == "requirepass":
            return value.strip().strip("\"'")
    return ""


def _pairs(words: Sequence[str]) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=False))


# ---- what it said, as rows --------------------------------------------------------------------------------------


def _number(text: str) -> Value:
    return int(text) if text.lstrip("-").isdigit() else None


def _yes(text: str) -> Value:
    return text in ("1", "yes")


def _text(text: str) -> Value:
    return shown(text)


Made = Callable[[str], Value]
# Section of INFO, its field, our name.
INFO: tuple[tuple[str, str, str, Made], ...] = (
    ("server", "redis_version", "redis_version", _text),
    ("clients", "connected_clients", "redis_clients", _number),
    ("clients", "blocked_clients", "redis_blocked_clients", _number),
    ("memory", "used_memory", "redis_used_memory", _number),
    ("memory", "used_memory_peak", "redis_peak_memory", _number),
    ("memory", "maxmemory", "redis_maxmemory", _number),
    ("memory", "maxmemory_policy", "redis_policy", _text),
    ("persistence", "loading", "redis_loading", _yes),
    ("persistence", "rdb_last_bgsave_status", "redis_last_bgsave", _text),
    ("persistence", "rdb_changes_since_last_save", "redis_unsaved_changes", _number),
    ("persistence", "aof_enabled", "redis_aof", _yes),
    ("persistence", "aof_last_write_status", "redis_aof_status", _text),
    ("stats", "evicted_keys", "redis_evicted", _number),
    ("stats", "rejected_connections", "redis_rejected", _number),
    ("replication", "role", "redis_role", _text),
    ("replication", "connected_slaves", "redis_replicas", _number),
    ("replication", "master_link_status", "redis_master_link", _text),
    ("replication", "master_sync_in_progress", "redis_master_syncing", _yes),
)
CONFIG: tuple[tuple[str, str, Made], ...] = (
    ("save", "redis_save", _text),
    ("dir", "redis_dir", _text),
    ("protected-mode", "redis_protected_mode", _yes),
    ("requirepass", "redis_requirepass", bool),
    ("bind", "redis_bind", _text),
    ("maxclients", "redis_maxclients", _number),
    ("stop-writes-on-bgsave-error", "redis_stop_writes", _yes),
    ("maxmemory", "redis_maxmemory", _number),
    ("maxmemory-policy", "redis_policy", _text),
    ("appendonly", "redis_aof", _yes),
)


def rows(info: str, settings: dict[str, str]) -> list[Row]:
    """Each fact once; what the server does not say (an older version, a forbidden CONFIG) is left out."""
    fields = dict(line.partition(":")[::2] for line in info.replace("\r", "").split("\n") if ":" in line)
    found = {}
    for section, field, name, made in INFO:
        if field in fields:
            found[name] = Row(name, "", made(fields[field]), f"redis:INFO {section}#{field}")
    for setting, name, made in CONFIG:
        if setting in settings and name not in found:
            found[name] = Row(name, "", made(settings[setting]), f"redis:CONFIG GET {setting}")
    plain = [row for row in found.values() if row.value is not None]
    return [*plain, *_master(fields), *_keys(fields), *_errors(fields)]


def _master(fields: dict[str, str]) -> Iterator[Row]:
    host, port = fields.get("master_host", ""), fields.get("master_port", "")
    if host and port.isdigit():
        yield Row("redis_master", "", shown(f"{host}:{port}"), "redis:INFO replication#master_host")


def _keys(fields: dict[str, str]) -> Iterator[Row]:
    """`db0:keys=53,expires=0,avg_ttl=0`: all databases together; one that is empty is not listed."""
    bases = [dict(_pairs(re.split("[=,]", value))) for field, value in fields.items() if re.fullmatch(r"db\d+", field)]
    for field, name in (("keys", "redis_keys"), ("expires", "redis_expiring")):
        told = [base.get(field, "") for base in bases]
        if all(word.isdigit() for word in told):
            yield Row(name, "", sum(map(int, told)), f"redis:INFO keyspace#{field}")


def _errors(fields: dict[str, str]) -> Iterator[Row]:
    """`errorstat_OOM:count=12`, from redis 6.2 on."""
    for field, value in fields.items():
        if field.startswith("errorstat_") and value.startswith("count="):
            code = field.removeprefix("errorstat_")
            yield Row(
                "redis_errors", shown(code), _number(value.removeprefix("count=")), f"redis:INFO errorstats#{field}"
            )
