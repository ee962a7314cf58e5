"""PostgreSQL: who is connected, who waits for whose lock, and the settings that bound it. One read-only query.

Over TCP inside the container, as the superuser that its environment names; else by `psql` over the socket as the user
postgres. A password that was refused is not tried again: each try would be one more line in the server's log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ergon_ops.engine.probes import pgwire
from ergon_ops.engine.probes.line import NoWay, Refused
from ergon_ops.engine.probes.subject import Row, Subject, shown
from ergon_ops.engine.protocols import ProbeTarget
from ergon_ops.facts import Value

SEPARATOR = "\x1f"
SETTINGS: dict[str, str] = {
    "max_connections": "pg_max_connections",
    "superuser_reserved_connections": "pg_reserved_connections",
    "shared_buffers": "pg_shared_buffers",
    "work_mem": "pg_work_mem",
    "data_directory": "pg_data_dir",
    "server_version": "pg_version",
}
UNITS = {"": 1, "B": 1, "kB": 1024, "8kB": 8192, "MB": 1024**2, "GB": 1024**3}
AGE = "round(extract(epoch from clock_timestamp() - {})::numeric, 1)::text"
# Rows of seven texts: what it is, and what it needs. pg_blocking_pids looks at the lock table, so only those that wait
# for a lock are asked about, and not many of them.
QUERY = f"""
select 'setting', name, setting, coalesce(unit, ''), '', '', '' from pg_settings
 where name in ({", ".join(f"'{name}'" for name in SETTINGS)})
union all
select 'state', coalesce(state, 'unknown'), count(*)::text, coalesce(max({AGE.format("xact_start")}), ''), '', '', ''
  from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() group by state
union all
select 'blocked', waiting.pid::text, coalesce({AGE.format("waiting.query_start")}, ''),
       coalesce(host(waiting.client_addr), ''), '', '', ''
  from (select * from pg_stat_activity where wait_event_type = 'Lock' order by query_start limit 20) waiting
union all
select 'holder', waiting.pid::text, holder.pid::text, coalesce(holder.state, holder.backend_type, 'unknown'),
       coalesce({AGE.format("holder.xact_start")}, ''), coalesce(host(holder.client_addr), ''),
       case when holder.state like 'idle%' then coalesce({AGE.format("holder.state_change")}, '') else '' end
  from (select pid, pg_blocking_pids(pid) holders from pg_stat_activity
         where wait_event_type = 'Lock' order by query_start limit 20) waiting
  join pg_stat_activity holder on holder.pid = any(waiting.holders)
"""
BAD_PASSWORD = ("28P01", "28000")
RESERVED = "53300"
SOCKET_FOLDERS = ("/var/run/postgresql", "/tmp")
DEBIANS = "/usr/lib/postgresql"
_refused: dict[tuple[int, str], str] = {}  # (pid, user) of one run → what the server said


async def probe(subject: Subject, target: ProbeTarget) -> list[Row]:
    """Raises Refused, with the SQLSTATE where the server gave one."""
    user, password = _credentials(subject.environment)
    port = target.port or 5432
    try:
        return rows(await _by_wire(subject, target, port, user, password))
    except NoWay:
        return rows(await _by_psql(subject, port, user, password))
    except pgwire.Denied as error:
        if error.code not in (*BAD_PASSWORD, RESERVED):
            raise Refused(shown(str(error))) from None
        try:
            return rows(await _by_psql(subject, port, user, ""))
        except Refused:
            raise Refused(shown(str(error))) from None


async def _by_wire(subject: Subject, target: ProbeTarget, port: int, user: str, password: str) -> list[tuple[str, ...]]:
    known = _refused.get((subject.pid, user))
    if known:
        raise pgwire.Denied(*known.split(": ", 1))
    try:
        return await subject.converse(
            target,
            port,
            lambda line: pgwire.query(line, QUERY, user=user, password=password, database="postgres"),
        )
    except pgwire.Denied as error:
        if error.code in BAD_PASSWORD and password:
            _refused[subject.pid, user] = str(error)
        raise


async def _by_psql(subject: Subject, port: int, user: str, password: str) -> list[tuple[str, ...]]:
    """Over the unix socket, where the user postgres is trusted as a rule; `-w` never asks for a password."""
    environment = {"PGOPTIONS": "-c statement_timeout=400", "PGAPPNAME": "ergon-ops", "PGCONNECT_TIMEOUT": "2"}
    environment |= {"PGPASSWORD": password} if password else {}
    program, reason = await _psql(subject), "psql said nothing"
    for folder in await _socket_folders(subject, port):
        where = ["-h", folder] if folder else []
        command = [program, "-X", "-w", "-A", "-t", "-q", "-F", SEPARATOR, *where, "-p", str(port), "-U", user]
        said = await subject.execute(
            [*command, "-d", "postgres", "-c", QUERY], user="postgres", environment=environment
        )
        if said.code == 0:
            return [tuple(line.split(SEPARATOR)) for line in said.out.splitlines() if SEPARATOR in line]
        reason = said.err.strip() or reason
        if "No such file or directory" not in said.err:
            break
    raise Refused(shown(reason))


async def _socket_folders(subject: Subject, port: int) -> Sequence[str]:
    """Where its socket lies, so far as that can be seen; else where it may lie, psql's own place first. A psql that is
    run in vain costs half of what a probe may take."""
    if subject.pid:
        for folder in SOCKET_FOLDERS:
            if f".s.PGSQL.{port}" in await subject.names(folder):
                return (folder,)
    return ("", SOCKET_FOLDERS[-1])


async def _psql(subject: Subject) -> str:
    """Debian's packages keep it beside the server, outside the search path."""
    versions = await subject.names(DEBIANS) if subject.pid else ()
    return f"{DEBIANS}/{versions[-1]}/bin/psql" if versions else "psql"


def _credentials(environment: Mapping[str, str]) -> tuple[str, str]:
    """As the official image reads them; the superuser is `postgres` where nothing is said."""
    user = environment.get("POSTGRES_USER") or "postgres"
    return user, environment.get("POSTGRES_PASSWORD") or environment.get("PGPASSWORD") or ""


# ---- what it said, as rows --------------------------------------------------------------------------------------


def rows(found: Iterable[Sequence[str]]) -> list[Row]:
    made: list[Row] = []
    clients = 0
    for kind, *rest in found:
        if len(rest) < 6:
            continue
        if kind == "state" and rest[1].isdigit():
            clients += int(rest[1])
        made += MADE[kind](rest) if kind in MADE else ()
    return [*made, Row("pg_clients", "", clients, "pg:pg_stat_activity#count(client backend)")]


def _setting(rest: Sequence[str]) -> Iterator[Row]:
    name, value, unit = rest[:3]
    number: Value = int(value) * UNITS.get(unit, 1) if value.isdigit() else shown(value)
    if name in SETTINGS:
        yield Row(SETTINGS[name], "", shown(value) if name == "server_version" else number, f"pg:pg_settings#{name}")


def _state(rest: Sequence[str]) -> Iterator[Row]:
    state, count, age = shown(rest[0]), rest[1], rest[2]
    source = f"pg:pg_stat_activity#count({state})"
    yield Row("pg_connections", state, int(count), source)
    if age:
        yield Row("pg_oldest_transaction", state, float(age), f"pg:pg_stat_activity#max(age({state}))")


def _blocked(rest: Sequence[str]) -> Iterator[Row]:
    pid, seconds, client = rest[:3]
    if seconds:
        yield Row("pg_waiting", pid, float(seconds), f"pg:pg_stat_activity#query_start({pid})")
    if client:
        yield Row("pg_waiting_client", pid, shown(client), f"pg:pg_stat_activity#client_addr({pid})")


def _holder(rest: Sequence[str]) -> Iterator[Row]:
    waiting, pid, state, age, client, idle = rest[:6]
    yield Row("pg_blocked", waiting, int(pid), f"pg:pg_blocking_pids({waiting})")
    yield Row("pg_holder_state", pid, shown(state), f"pg:pg_stat_activity#state({pid})")
    if age:
        yield Row("pg_holder_age", pid, float(age), f"pg:pg_stat_activity#xact_start({pid})")
    if idle:
        yield Row("pg_holder_idle", pid, float(idle), f"pg:pg_stat_activity#state_change({pid})")
    if client:
        yield Row("pg_holder_client", pid, shown(client), f"pg:pg_stat_activity#client_addr({pid})")


MADE = {"setting": _setting, "state": _state, "blocked": _blocked, "holder": _holder}
