"""Settings of services inside containers that may be changed while they run: one closed table, fixed commands.

A command is an argument vector of ours with a checked value in its place, run inside the container without a shell.
Credentials are those the container's own environment holds; they are handed on in the command's environment and are
neither kept nor shown. Sources: redis.io CONFIG SET, postgresql.org ALTER SYSTEM, nginx.org signals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.appdoors import mounted, nginx_options, postgres_door, redis_door
from ergon_ops.engine.documents import integer, words
from ergon_ops.engine.hands import Setting
from ergon_ops.engine.nginxconf import Directive
from ergon_ops.errors import EngineConflict, UsageError
from ergon_ops.redaction import safe_text

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

LONGEST = 300
POLICIES = "noeviction|allkeys-lru|allkeys-lfu|allkeys-random|volatile-lru|volatile-lfu|volatile-random|volatile-ttl"
SIZE = r"\d{1,15}(B|kB|MB|GB|TB)?"
WHOLE = r"\d{1,9}"
NUMBER = r"\d{1,6}(\.\d{1,6})?"
TIME = r"\d{1,9}(ms|s|min|h|d)?"
SWITCH = "on|off"
BEFORE_FILES = ("command line", "environment variable")  # of pg_settings.source


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Inside:
    """Commands inside one container."""

    api: Client
    container_id: str

    def environment(self) -> Mapping[str, str]:
        document = self.api.fetch(f"/containers/{quote(self.container_id, safe='')}/json")
        return dict(entry.partition("=")[::2] for entry in words(document, "Config.Env"))

    def run(self, command: Sequence[str], *, given: Mapping[str, str] | None = None, user: str = "") -> Said:
        body = {
            "Cmd": list(command),
            "Env": [f"{key}={value}" for key, value in (given or {}).items()],
            "User": user,
            "AttachStdout": True,
            "AttachStderr": True,
        }
        made = self.api.submit(f"/containers/{quote(self.container_id, safe='')}/exec", body)["Id"]
        said = frames(self.api.exchange(f"/exec/{made}/start", {"Detach": False, "Tty": False}))
        code = integer(self.api.fetch(f"/exec/{made}/json"), "ExitCode")
        return Said(-1 if code is None else code, said.decode("utf-8", "replace").strip())

    def mounted(self, path: str) -> bool:
        return mounted(self.api, self.container_id, path)

    def nginx(self, *arguments: str) -> str:
        said = self.run(("nginx", *nginx_options(self.api, self.container_id), *arguments))
        if said.code:
            raise _refusal("nginx", said.text)
        return said.text


def frames(stream: bytes) -> bytes:
    """The payload of the engine's multiplexed stream: 8 bytes of head (which stream, length), then so many bytes."""
    found, at = bytearray(), 0
    while at + 8 <= len(stream):
        length = int.from_bytes(stream[at + 4 : at + 8], "big")
        found += stream[at + 8 : at + 8 + length]
        at += 8 + length
    return bytes(found)


class Known(Protocol):
    """One setting: the pattern of its values, and how it is read and written."""

    @property
    def pattern(self) -> str: ...
    def read(self, inside: Inside) -> Setting: ...
    def write(self, inside: Inside, value: str | None, persist: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Redis:
    name: str
    pattern: str

    def read(self, inside: Inside) -> Setting:
        lines = self._ask(inside, "CONFIG", "GET", self.name).splitlines()
        if len(lines) != 2 or lines[0] != self.name:
            raise _refusal("redis", "\n".join(lines))
        return Setting(lines[1], ours=True)

    def write(self, inside: Inside, value: str | None, persist: bool) -> None:
        _expect_ok(self._ask(inside, "CONFIG", "SET", self.name, str(value)))
        if persist:
            _expect_ok(self._ask(inside, "CONFIG", "REWRITE"))

    def _ask(self, inside: Inside, *command: str) -> str:
        door = redis_door(inside.api, inside.container_id)
        given = {"REDISCLI_AUTH": door.password} if door.password else {}
        said = inside.run(("redis-cli", *door.options(), *command), given=given)
        if said.code:
            raise _refusal("redis", said.text)
        return said.text.strip()


@dataclass(frozen=True, slots=True)
class Postgres:
    """`at_start`: the server takes it when it starts; ALTER SYSTEM writes it down until then. What its command line or
    its environment says, it cannot change."""

    name: str
    pattern: str
    at_start: bool = False

    def read(self, inside: Inside) -> Setting:
        query = (
            "SELECT current_setting(name), coalesce(sourcefile, '') LIKE '%postgresql.auto.conf', source"
            f" FROM pg_settings WHERE name = '{self.name}'"
        )
        value, ours, source = [*self._query(inside, query).split("|"), "", "", ""][:3]
        written = ""
        if self.at_start:  # what is written down counts, not what runs
            asked = f"SELECT setting FROM pg_file_settings WHERE name = '{self.name}' AND sourcefile LIKE '%.auto.conf'"
            written = self._query(inside, asked)
        if source in BEFORE_FILES and not written:
            raise EngineConflict(
                f"{self.name} = {safe_text(value, LONGEST)} comes from the server's {source}, which counts for more"
                " than what is written down",
                next=f"change {self.name} where the container is defined, and make it anew",
            )
        return Setting(written or value, ours=bool(written) or ours == "t", restart=self.at_start)

    def write(self, inside: Inside, value: str | None, persist: bool) -> None:
        del persist  # ALTER SYSTEM always lasts
        done = "RESET " + self.name if value is None else f"SET {self.name} = '{value}'"
        self._query(inside, f"ALTER SYSTEM {done}")
        self._query(inside, "SELECT pg_reload_conf()")

    def _query(self, inside: Inside, sql: str) -> str:
        own = inside.environment()
        name = own.get("POSTGRES_USER") or "postgres"
        door = postgres_door(inside.api, inside.container_id)
        given = {"PGPASSWORD": door.password} if door.password else {}
        command = ("psql", "-X", "-w", "-A", "-t", "-q", *door.options(), "-U", name, "-d", "postgres")
        asked = (*command, "-v", "ON_ERROR_STOP=1", "-c", sql)
        said = inside.run(asked, given={**given, "PGCONNECT_TIMEOUT": "5"}, user="postgres")
        if said.code:
            raise _refusal("postgres", said.text)
        return said.text.strip()


@dataclass(frozen=True, slots=True)
class NginxReload:
    """Not a value: nginx reads its configuration again, after it was found right."""

    pattern: str = "now"

    def read(self, inside: Inside) -> Setting:
        inside.nginx("-t")
        return Setting("as loaded")

    def write(self, inside: Inside, value: str | None, persist: bool) -> None:
        inside.nginx("-t")
        inside.nginx("-s", "reload")


@dataclass(frozen=True, slots=True)
class NginxDirective:
    """In the container's own file: it lasts until the container is made anew."""

    directive: Directive
    pattern: str

    def read(self, inside: Inside) -> Setting:
        return self.directive.read(inside)

    def write(self, inside: Inside, value: str | None, persist: bool) -> None:
        self.directive.write(inside, value)


TABLE: Mapping[tuple[str, str], Known] = {
    **{
        ("redis", name): Redis(name, pattern)
        for name, pattern in {
            "maxmemory": r"\d{1,18}",
            "maxmemory-policy": POLICIES,
            "maxclients": WHOLE,
            "timeout": WHOLE,
        }.items()
    },
    **{
        ("postgres", name): Postgres(name, pattern)
        for name, pattern in {
            "work_mem": SIZE,
            "maintenance_work_mem": SIZE,
            "effective_cache_size": SIZE,
            "random_page_cost": NUMBER,
            "effective_io_concurrency": WHOLE,
            "max_wal_size": SIZE,
            "min_wal_size": SIZE,
            "checkpoint_completion_target": r"0(\.\d{1,4})?|1(\.0)?",
            "max_parallel_workers": WHOLE,
            "max_parallel_workers_per_gather": WHOLE,
            "jit": SWITCH,
            "statement_timeout": TIME,
            "idle_in_transaction_session_timeout": TIME,
            "log_min_duration_statement": r"-1|" + TIME,
        }.items()
    },
    **{
        ("postgres", name): Postgres(name, pattern, at_start=True)
        for name, pattern in {
            "shared_buffers": SIZE,
            "max_connections": WHOLE,
            "wal_buffers": SIZE,
            "max_worker_processes": WHOLE,
        }.items()
    },
    ("nginx", "reload"): NginxReload(),
    ("nginx", "worker_processes"): NginxDirective(Directive("worker_processes"), r"\d{1,3}|auto"),
    ("nginx", "worker_connections"): NginxDirective(Directive("worker_connections", "events"), r"\d{1,7}"),
}


def known(service: str, setting: str) -> Known:
    """Raises UsageError for what is not in the table."""
    found = TABLE.get((service, setting))
    if found is None:
        names = [name for kind, name in TABLE if kind == service] or sorted({kind for kind, _ in TABLE})
        raise UsageError(f"{setting!r} is no setting of {service!r} that can be changed here", next=", ".join(names))
    return found


def checked_value(service: str, setting: str, value: object) -> str:
    """The value as a text that the service takes. Raises UsageError for any other."""
    pattern = known(service, setting).pattern
    written = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    if not re.fullmatch(pattern, written):
        raise UsageError(f"{service}: {value!r} is no value of {setting}", next=f"it is written as {pattern}")
    return written


def _expect_ok(said: str) -> None:
    if said != "OK":
        raise _refusal("redis", said)


def _refusal(service: str, said: str) -> EngineConflict:
    words = safe_text(" ".join(said.split()) or "it said nothing", LONGEST)
    return EngineConflict(f"{service} refused: {words}", next=f"look at its log, or ask {service} by hand")
