"""PostgreSQL: no connection left, statements that wait for a lock, clients that it does not let in."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import complaints, concerned, present, refused, servers, target, victims
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("identity", "state", "config", "networks", "signals", "services", "probes")
PEERS: tuple[Group, ...] = ("identity", "state", "networks", "config", "services", "probes")
RESERVED = 3
NEAR = 0.8
WAITING_S, MOMENT_S, IDLES_S = 2.0, 0.5, 3.0
TOO_MANY = "53300"
IDLE = "idle in transaction"


@rule(
    "pg_max_connections",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("service", "setting"),
    tier="T2",
    fixes=("app_setting",),
)
def pg_max_connections(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """PostgreSQL has as many connections as max_connections allows, and refuses more (SQLSTATE 53300).

    By its own count against the settings, less those reserved for superusers; or because it refused even to be asked.
    """
    for server in servers(scene, ref, "pg_max_connections", "probe_refused"):
        told = complaints(scene, server, "pg_too_many")
        shut = refused(scene, server, "postgres", TOO_MANY)
        clients, most, kept = (
            scene.get(server, f"pg_{n}") for n in ("clients", "max_connections", "reserved_connections")
        )
        free = _free(clients, most, kept)
        full = free is not None and free <= 0
        nearly = bool(told) and most is not None and clients is not None and _number(clients) >= NEAR * _number(most)
        unasked = bool(told) and clients is None  # it could not be counted: what it says of itself decides
        if not (shut or full or nearly or unasked) or not concerned(server, ref, told):
            continue
        taken = f": {clients.value} of {most.value} are taken" if clients is not None and most is not None else ""
        idle = scene.get(server, "pg_connections", "idle")
        yield Conclusion(
            summary=f"PostgreSQL has no connection left{taken}; it refuses new clients.",
            evidence=(*present(shut, clients, most, kept, idle), *(signal.fact for _, signal in told)),
            details={
                "service": "postgres",
                "setting": "max_connections",
                **({"value": most.value} if most is not None else {}),
                **({"count": clients.value} if clients is not None else {}),
            },
            about=server,
            victims=victims(server, told),
        )


def _free(clients: Fact | None, most: Fact | None, kept: Fact | None) -> float | None:
    """Connections left for who is no superuser."""
    if clients is None or most is None or most.value is None:
        return None
    return _number(most) - (_number(kept) if kept is not None else RESERVED) - _number(clients)


def _number(fact: Fact) -> float:
    return float(fact.value) if isinstance(fact.value, (int, float)) else 0.0


@rule("pg_lock_wait", severity="warning", needs=NEEDS, peers=PEERS, details=("service", "count", "value"), tier="T3")
def pg_lock_wait(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Statements in PostgreSQL wait for a lock that another session holds (pg_blocking_pids).

    Who waits for less than two seconds waits as usual, behind a holder that has idled in its transaction for as long
    less than half a second: that one does not let go by itself. Who has been idle for three seconds is not at work.
    """
    for server in servers(scene, ref, "pg_blocked", "pg_oldest_transaction"):
        told = complaints(scene, server, "pg_lock_timeout")
        waiting = [fact for fact in scene.all(server, "pg_blocked") if _waits_long(scene, server, fact)]
        if not waiting:
            yield from _gave_up(scene, server, ref, told)
            continue
        # The root of a queue: a holder that waits for nobody itself.
        pids = {fact.key for fact in waiting}
        first = next((fact for fact in waiting if str(fact.value) not in pids), waiting[0])
        holder = str(first.value)
        state, age = scene.get(server, "pg_holder_state", holder), scene.get(server, "pg_holder_age", holder)
        address = scene.get(server, "pg_holder_client", holder)
        peer = scene.called(server, str(address.value)) if address is not None else None
        suffering = _waiting_clients(scene, server, pids)
        if not (concerned(server, ref, told) or ref in suffering):
            continue
        word = str(state.value) if state is not None else "unknown"
        long = f" for {_number(age):.0f} s" if age is not None else ""
        count = "1 statement waits" if len(waiting) == 1 else f"{len(waiting)} statements wait"
        whose = f", a session of {peer.short}" if peer is not None else ""
        yield Conclusion(
            summary=f"{count} for a lock that session {holder}{whose} holds; it is {word}{long}.",
            evidence=(first, *present(state, scene.get(server, "pg_waiting", first.key), age, address)),
            details={
                "service": "postgres",
                "count": len(waiting),
                "value": word,
                **({"peer": peer.short} if peer is not None else {}),
            },
            about=server,
            victims=tuple(dict.fromkeys((*victims(server, told), *suffering))),
            severity="critical" if word.startswith(IDLE) else "warning",
        )


def _gave_up(scene: Scene, server: Ref, ref: Ref, told: tuple[tuple[Ref, Signal], ...]) -> Iterator[Conclusion]:
    """Nobody waits at the moment: those who did gave up, again and again, and all the while a session idled in its
    transaction."""
    idle = scene.get(server, "pg_oldest_transaction", IDLE)
    counted = [signal for _, signal in told if signal.count >= 2 and signal.first is not None]
    if idle is None or not counted or not concerned(server, ref, told):
        return
    signal = max(counted, key=lambda item: item.count)
    if _number(idle) < scene.now - (signal.first or scene.now):
        return
    yield Conclusion(
        summary=f"{signal.count} statements gave up waiting for a lock, and a session of it has been {IDLE} for"
        f" {_number(idle):.0f} s all the while.",
        evidence=(signal.fact, idle),
        details={"service": "postgres", "count": signal.count, "value": IDLE},
        about=server,
        victims=victims(server, told),
    )


def _waits_long(scene: Scene, server: Ref, blocked: Fact) -> bool:
    idles = scene.text(server, "pg_holder_state", str(blocked.value)).startswith(IDLE)
    held = scene.number(server, "pg_holder_age", str(blocked.value)) or 0.0
    waited = scene.number(server, "pg_waiting", blocked.key) or 0.0
    if idles and (scene.number(server, "pg_holder_idle", str(blocked.value)) or 0.0) >= IDLES_S:
        return True
    return waited >= (MOMENT_S if idles and held >= WAITING_S else WAITING_S)


def _waiting_clients(scene: Scene, server: Ref, pids: set[str]) -> tuple[Ref, ...]:
    addresses = [scene.text(server, "pg_waiting_client", pid) for pid in pids]
    found = (scene.called(server, address) for address in sorted(addresses) if address)
    return tuple(dict.fromkeys(ref for ref in found if ref is not None and ref != server))


@rule("pg_auth_failed", severity="critical", needs=NEEDS, peers=PEERS, details=("service",), tier="T2")
def pg_auth_failed(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """PostgreSQL does not let a client in: its password is wrong or missing, or no line of pg_hba.conf fits it.

    The client is told where it is known, since it is its credential that is refused; else the server whose log says so.
    """
    for signal in scene.current(ref, "pg_auth_failed")[:1]:
        server = target(scene, ref, "postgres", "pg_max_connections")
        at_server = server is None and _is_postgres(scene, ref)
        if at_server:
            yield from _told_by_the_server(scene, ref, signal)
            return
        if server is None and not _points_at_postgres(scene, ref):
            return
        user = signal.values.get("user", "")
        if server is not None and _unknown_role(scene, server, user) is not None:
            return
        echo = next(iter(scene.signals(server, "pg_auth_failed")), None) if server is not None else None
        serving = next(iter(scene.all(server, "serving")), None) if server is not None else None
        whose = server.short if server is not None else "PostgreSQL"
        yield Conclusion(
            summary=f"{whose} does not let {f'the user {user}' if user else 'it'} in.",
            evidence=(
                signal.fact,
                *((echo.fact,) if echo is not None else ()),
                *present(serving, *_points_at_postgres(scene, ref)),
            ),
            details=_details(signal, server),
        )


def _details(signal: Signal, server: Ref | None) -> dict[str, str]:
    named = {key: signal.values[key] for key in ("user", "host") if signal.values.get(key)}
    return {"service": "postgres", **named, **({"peer": server.short} if server is not None else {})}


def _told_by_the_server(scene: Scene, ref: Ref, signal: Signal) -> Iterator[Conclusion]:
    """Its own log says it refused somebody. If that client is known, it has the finding; a refused probe of ours is not
    somebody."""
    clients = [(who, mine) for who, mine in complaints(scene, ref, "pg_auth_failed") if who != ref]
    ours = refused(scene, ref, "postgres", "28P01", "28000")
    if ours is not None and not clients and (scene.number(ref, "log_signal_count", signal.fact.key) or 0) < 2:
        return
    serving = next(iter(scene.all(ref, "serving")), None)
    for who, mine in clients:
        if _unknown_role(scene, ref, mine.values.get("user", "")) is not None:
            continue
        yield Conclusion(
            summary=f"{ref.short} does not let it in as {mine.values.get('user', 'a user')}.",
            evidence=(mine.fact, signal.fact, *present(serving)),
            details=_details(mine, ref),
            about=who,
        )
    if not clients:
        yield Conclusion(
            summary=f"Clients that give the user {signal.values.get('user', '')} are not let in.",
            evidence=(signal.fact, *present(serving, scene.get(ref, "log_signal_count", signal.fact.key))),
            details=_details(signal, None),
        )


def _is_postgres(scene: Scene, ref: Ref) -> bool:
    told = scene.all(ref, "pg_max_connections") or scene.get(ref, "probe_refused", "postgres") is not None
    return bool(told) or any(row.key.partition(":")[0] == "postgres" for row in scene.all(ref, "serving"))


def _points_at_postgres(scene: Scene, ref: Ref) -> list[Fact]:
    """The variables that name a PostgreSQL."""
    rows = scene.all(ref, "env_host")
    names = ("PG", "POSTGRES", "DATABASE", "DB")
    return [row for row in rows if row.key.upper().startswith(names) or str(row.value).endswith(":5432")][:1]


@rule("pg_database_missing", severity="critical", needs=NEEDS, peers=PEERS, details=("value",), tier="T2")
def pg_database_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A client asks for a database that its PostgreSQL does not have."""
    yield from _missing(scene, ref, "pg_database_missing", "value", "The database {} does not exist{}.")


@rule("pg_role_missing", severity="critical", needs=NEEDS, peers=PEERS, details=("user",), tier="T2")
def pg_role_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A client gives a user that its PostgreSQL does not know.

    The client may be told only that its password is wrong, whatever is: the server's own log says that there is no such
    role, and then it is told of the server (PostgreSQL, `auth.c`: detail for the log alone).
    """
    yield from _missing(scene, ref, "pg_role_missing", "user", "The user {} does not exist{}.")
    server = ref if _is_postgres(scene, ref) else target(scene, ref, "postgres", "pg_max_connections")
    for who, signal in complaints(scene, server, "pg_auth_failed") if server is not None else ():
        user = signal.values.get("user", "")
        unknown = _unknown_role(scene, server, user) if server is not None else None
        if server is not None and unknown is not None and who != server and ref in (who, server):
            yield Conclusion(
                summary=f"It knows no user {user}, which {who.short} gives and is told that its password is wrong.",
                evidence=(unknown.fact, signal.fact),
                details={"user": user, "service": "postgres"},
                about=server,
                victims=(who,),
            )


def _unknown_role(scene: Scene, server: Ref, user: str) -> Signal | None:
    """What a server's own log says of a role that it does not have."""
    told = scene.signals(server, "pg_role_missing")
    return next((line for line in told if user and line.values.get("user") == user), None)


def _missing(scene: Scene, ref: Ref, kind: str, key: str, sentence: str) -> Iterator[Conclusion]:
    """Told of the client, whose setting it is. The server's own log says the same of whoever asked."""
    for signal in scene.current(ref, kind)[:1]:
        if _is_postgres(scene, ref) or not signal.values.get(key):
            continue
        server = target(scene, ref, "postgres", "pg_max_connections")
        where = f" in {server.short}" if server is not None else ""
        peer = {"peer": server.short} if server is not None else {}
        yield Conclusion(
            summary=sentence.format(signal.values[key], where),
            evidence=(signal.fact, *present(*_points_at_postgres(scene, ref), scene.get(ref, "state"))),
            details={key: signal.values[key], "service": "postgres", **peer},
        )
