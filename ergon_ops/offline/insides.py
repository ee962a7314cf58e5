"""What services say of themselves: versions, clients, queries, limits, copies, upstreams."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ergon_ops.facts import Fact
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import duration, listed, plain, plural, size, some

# What a question calls them, by the program that the readings are of.
CALLED: dict[str, str] = {
    "redis": r"redis|valkey|cache",
    "postgres": r"postgres\w*|pg|psql|database|db",
    "nginx": r"nginx|proxy|web ?server",
    "haproxy": r"haproxy|proxy|load ?balancer",
    "app": r"gunicorn|uvicorn|app(?:lication)? server",
}
NAMES = {"redis": "redis", "postgres": "PostgreSQL", "nginx": "nginx", "haproxy": "haproxy"}
TOPICS: dict[str, str] = {
    "version": r"versions?",
    "clients": r"clients?|connections?|sessions?|max_?connections|maxclients",
    "queries": r"quer(?:y|ies)|transactions?|locks?|locked|deadlock\w*|blocking|idle in transaction",
    "memory": r"maxmemory|evict\w*|max memory|memory policy|shared_buffers|work_mem|shared buffers|work mem",
    "saving": r"rdb|aof|append[- ]?only|bgsave|snapshots?|persist\w*|last save|saved? (?:its|to disk)",
    "copies": r"replica\w*|replication|master|slave|primary|standby",
    "upstreams": r"upstreams?|proxy_pass|backends?|proxied|forwards?|routes? (?:to|requests)",
    "workers": r"workers?|worker_connections|worker_processes",
    "settings": r"config\w*|conf|settings?|parameters?",
}
# Words of a service's own: it need not be named beside them.
OF_ITSELF = re.compile(
    r"\b(?:quer(?:y|ies)|transactions?|locks?|deadlock\w*|maxmemory|evict\w*|bgsave|aof|rdb|replicas?|replication|upstreams?|"
    r"proxy_pass|shared_buffers|work_mem|max_?connections|maxclients|worker_connections|"
    r"how many (?:open |active |client |database )?(?:clients?|connections?|sessions?))\b"
)
# Questions about these are about something else, whatever they name.
NOT_THESE = re.compile(
    r"\b(?:why|errors?|logs?|logged|fail\w*|wrong|restart\w*|chang\w+|set|raise|lower|increase|reduce|should|crash\w*|"
    r"slow\w*|reach\w*|refus\w*|password|secret|env\w*|variables?|image|happen\w*|yesterday|ago)\b"
)
# Understood as one of these, it is about something else.
OTHERWISE = frozenset({"restart", "optimize", "logs", "errors", "why", "wrong", "events", "changes"})
UNSAFE = frozenset({"injection", "secret", "shell"})
UNKNOWN = frozenset({"", "unknown", "general"})
_LOOKS = re.compile(r"\s*(?:is|are|does|do|has|have|how many|which|what)\b|.*\bconf\w*\?$")


def instead(text: str, intents: tuple[str, ...], reason: str, names: Iterable[str] = ()) -> tuple[str, ...]:
    """The intents of a question that a service could answer; () where it is about something else. `reason`: why it
    would be declined. A question that only looks is no change, whatever its words."""
    said = text.lower()
    itself = OF_ITSELF.search(said) is not None
    if reason in UNSAFE or not (itself or programs(said)):
        return ()
    looks = reason in UNKNOWN or _LOOKS.match(said) is not None
    if not looks or (OTHERWISE - {"wrong"} if itself else OTHERWISE).intersection(intents):
        return ()
    return ("insides", *(intents or ("services",))) if topics_of(text, names) else ()


def topics_of(text: str, names: Iterable[str] = ()) -> tuple[str, ...]:
    """What it asks a service; () for a question about something else. `names` name containers, whatever they mean in
    English."""
    said = text.lower()
    if NOT_THESE.search(said):
        return ()
    for name in sorted((low for name in names if (low := name.lower()) and low in said), key=len, reverse=True):
        said = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", said)
    topics = tuple(topic for topic, words in TOPICS.items() if re.search(rf"\b(?:{words})\b", said))
    # Whom clients are of is seen from outside.
    return () if topics == ("clients",) and re.search(r"\b(?:who|which|whose)\b", said) else topics


def programs(said: str) -> tuple[str, ...]:
    return tuple(name for name, words in CALLED.items() if re.search(rf"\b(?:{words})\b", said.lower()))


def told(t: Teller) -> Said:
    """What a service here says to it; nothing where none could say it."""
    topics = topics_of(t.ask.text, (t.view.ref.name, t.view.ref.short))
    for name in _wanted(t):
        for topic in topics:
            yield from TELL[name][topic](t) if topic in TELL[name] else ()


def refused(t: Teller) -> Said:
    """Why a service that is asked about could not be asked itself."""
    for row in t.rows("probe_refused"):
        if row.key in _wanted(t):
            yield say(f"{plain(row.key)} could not be asked: {plain(row.value, 120)}.", row)


def _wanted(t: Teller) -> list[str]:
    return [name for name in programs(t.ask.text) if name in TELL] or list(TELL)


# -- redis


def _redis_version(t: Teller) -> Said:
    if row := t.fact("redis_version"):
        yield say(f"My redis is version {plain(row.value)}.", row)


def _redis_clients(t: Teller) -> Said:
    now, most, blocked = t.fact("redis_clients"), t.fact("redis_maxclients"), t.fact("redis_blocked_clients")
    if now is None:
        return
    bound = f" of at most {_count(most)}" if most else ""
    yield say(f"My redis has {plural(num(now), 'client')} connected{bound}, this look among them.", now, most)
    if blocked is not None and blocked.value:
        yield say(f"{plural(num(blocked), 'client')} of it wait for data.", blocked)
    if (refused := t.fact("redis_rejected")) and refused.value:
        yield say(f"It refused {plural(num(refused), 'connection')} since its start.", refused)


def _redis_memory(t: Teller) -> Said:
    used, most, policy = t.fact("redis_used_memory"), t.fact("redis_maxmemory"), t.fact("redis_policy")
    if used is None:
        return
    if most is not None and most.value:
        bound = f"of its maxmemory of {size(num(most))}"
    else:
        bound = "and it has no maxmemory" if most is not None else ""
    yield say(f"The data of my redis take {size(num(used))} {bound}".rstrip() + ".", used, most)
    if policy is not None:
        yield say(f"At that limit its policy is {plain(policy.value)}.", policy)
    if (gone := t.fact("redis_evicted")) is not None:
        yield say(f"It evicted {plural(num(gone), 'key')} since its start.", gone)


def _redis_saving(t: Teller) -> Said:
    last, changes, aof = t.fact("redis_last_bgsave"), t.fact("redis_unsaved_changes"), t.fact("redis_aof")
    if last is not None:
        yield say(f"The last save of my redis to disk was {plain(last.value)}.", last)
    if changes is not None:
        yield say(f"{plural(num(changes), 'change')} came since.", changes)
    if aof is not None:
        yield say(f"It {'keeps an' if aof.value else 'keeps no'} append-only file.", aof)


def _redis_copies(t: Teller) -> Said:
    role, copies, link = t.fact("redis_role"), t.fact("redis_replicas"), t.fact("redis_master_link")
    if role is not None and copies is not None and role.value == "master":
        yield say(f"My redis is a master with {plural(num(copies), 'replica')}.", role, copies)
    elif role is not None:
        up = f"; its link to the master is {plain(link.value)}" if link else ""
        yield say(f"My redis is a {plain(role.value)}{up}.", role, link)


# -- postgres


def _pg_version(t: Teller) -> Said:
    if row := t.fact("pg_version"):
        yield say(f"My PostgreSQL is version {plain(row.value)}.", row)


def _pg_clients(t: Teller) -> Said:
    now, most, rows = t.fact("pg_clients"), t.fact("pg_max_connections"), t.rows("pg_connections")
    if now is None:
        return
    bound = f" of at most {_count(most)} connections" if most else ""
    yield say(f"My PostgreSQL has {plural(num(now), 'client')} connected{bound}.", now, most)
    if rows:
        yield say(f"By state: {listed([f'{_count(row)} {plain(row.key)}' for row in rows])}.", *rows)


def _pg_queries(t: Teller) -> Said:
    if t.fact("pg_clients") is None:
        return
    active = t.fact("pg_connections", "active")
    yield say(f"{plural(num(active), 'query', 'queries')} of my PostgreSQL run now." if active and active.value != 1
              else "1 query of my PostgreSQL runs now." if active else "No query of my PostgreSQL runs now.",
              active or t.fact("pg_clients"))  # fmt: skip
    blocked = t.rows("pg_blocked")
    for row in blocked[:3]:
        since = t.fact("pg_waiting", row.key)
        waits = f" for {duration(num(since))}" if since else ""
        yield say(f"Process {plain(row.key)} waits{waits} for a lock that {plain(row.value)} holds.", row, since)
    if not blocked:
        yield say("Nobody waits for a lock in it.", t.fact("pg_clients"))
    for row in t.rows("pg_oldest_transaction"):
        yield say(f"Its oldest open transaction is {duration(num(row))} old ({plain(row.key)}).", row)


def _pg_memory(t: Teller) -> Said:
    for name, words in (("pg_shared_buffers", "shared_buffers is"), ("pg_work_mem", "work_mem is")):
        if row := t.fact(name):
            yield say(f"{words} {size(num(row))}.", row)


# -- nginx, haproxy, application servers


def _nginx_clients(t: Teller) -> Said:
    rows = t.rows("nginx_connections")
    if rows:
        states = listed([f"{_count(row)} {plain(row.key)}" for row in rows])
        yield say(f"By its status page my nginx has these connections: {states}.", *rows)


def _nginx_upstreams(t: Teller) -> Said:
    rows = t.rows("nginx_upstream")
    if rows:
        places = some(dict.fromkeys(f"{plain(row.value)} ({plain(row.key)})" for row in rows))
        yield say(f"My nginx sends requests to {places}.", *rows)


def _nginx_workers(t: Teller) -> Said:
    workers, each = t.fact("nginx_worker_processes"), t.fact("nginx_worker_connections")
    if workers is not None:
        processes = "process" if plain(workers.value) == "1" else "processes"
        yield say(f"My nginx is told to start {plain(workers.value)} worker {processes}.", workers)
    if each is not None:
        yield say(f"One of its workers holds at most {_count(each)} connections.", each)


def _nginx_settings(t: Teller) -> Said:
    file, ports = t.fact("nginx_config"), t.rows("nginx_listen")
    if file is not None:
        yield say(f"The configuration of my nginx is {plain(file.value, 200)}.", file)
    if ports:
        yield say(f"It is told to listen on {some(dict.fromkeys(plain(row.key) for row in ports))}.", *ports)
    yield from _nginx_upstreams(t)
    yield from _nginx_workers(t)


def _haproxy_upstreams(t: Teller) -> Said:
    rows = t.rows("haproxy_server")
    if rows:
        places = some(dict.fromkeys(f"{plain(row.value)} ({plain(row.key)})" for row in rows))
        yield say(f"My haproxy sends requests to {places}.", *rows)


def _app_workers(t: Teller) -> Said:
    for row in t.rows("app_workers"):
        server, threads = t.fact("app_server", row.key), t.fact("app_threads", row.key)
        name = plain(server.value) if server else plain(row.key)
        each = f", the busiest with {plural(num(threads), 'thread')}" if threads else ""
        yield say(f"{name} answers with {plural(num(row), 'process', 'processes')}{each}.", row, server, threads)


def _redis_settings(t: Teller) -> Said:
    yield from _redis_memory(t)
    yield from _redis_saving(t)


def _pg_settings(t: Teller) -> Said:
    yield from _pg_memory(t)
    if row := t.fact("pg_max_connections"):
        yield say(f"It takes at most {_count(row)} connections.", row)
    if row := t.fact("pg_data_dir"):
        yield say(f"Its data lie in {plain(row.value, 200)}.", row)


TELL: dict[str, dict[str, Callable[[Teller], Said]]] = {
    "redis": {
        "version": _redis_version, "clients": _redis_clients, "memory": _redis_memory, "saving": _redis_saving,
        "copies": _redis_copies, "settings": _redis_settings,
    },
    "postgres": {
        "version": _pg_version, "clients": _pg_clients, "queries": _pg_queries, "memory": _pg_memory,
        "settings": _pg_settings,
    },
    "nginx": {
        "clients": _nginx_clients, "upstreams": _nginx_upstreams, "workers": _nginx_workers,
        "settings": _nginx_settings,
    },
    "haproxy": {"upstreams": _haproxy_upstreams},
    "app": {"workers": _app_workers},
}  # fmt: skip


def _count(fact: Fact) -> str:
    return f"{num(fact):.0f}"
