"""redis and PostgreSQL: their own limits, files and doors, which the engine knows nothing of."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.draw import MIB, Draw
from tests.faults.programs import both, exited, logged, python, shell
from tests.faults.scenario import SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

WORDS = ("probes", "signals", "logs")
PG = "exec postgres -D /var/lib/postgresql/data -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off"
PY_REDIS = """
import os, sys, time, redis
store = redis.Redis(sys.argv[1], int(sys.argv[2]), password=os.environ.get(sys.argv[3]) if len(sys.argv) > 3 else None)
number = 0
while True:
    try:
        store.set("row:%d" % number, b"x" * 20000); number += 1
        if number % 50 == 0: print("stored", number, flush=True)
    except redis.RedisError as problem:
        print("ERROR cannot store:", problem, flush=True)
        time.sleep(0.5)
    time.sleep(0.005)
"""
PY_PG = """
import os, sys, time, psycopg2
while True:
    try:
        base = psycopg2.connect(host=sys.argv[1], user=sys.argv[2], password=os.environ[sys.argv[3]], dbname="postgres")
        with base.cursor() as cursor: cursor.execute("select 1")
        base.close(); print("read 1 row", flush=True)
    except psycopg2.Error as problem:
        print("ERROR", str(problem).strip(), flush=True)
    time.sleep(0.6)
"""


def redis(name: str, net: str, *options: str, **more: object) -> Box:
    command = ["redis-server", "--protected-mode", "no", *options]
    return Box(name, command, networks=(net,), serves=6379, options=more)


def storing(draw: Draw, net: str, store: str, *, password: str = "") -> Box:
    key = draw.env_key("PASSWORD", "AUTH")
    return python(
        draw.name(), PY_REDIS, store, "6379", *((key,) if password else ()), networks=(net,),
        options={"environment": {key: password} if password else {}},
    )  # fmt: skip


def postgres(name: str, net: str, *options: str) -> Box:
    script = " ".join((PG, *(f"-c {option}" for option in options)))
    return shell(name, script, image=SVC, networks=(net,), serves=5432, options={"user": "postgres"})


def sql(site: Site, name: str, *statements: str) -> str:
    wanted = [part for text in statements for part in ("-c", text)]
    return site.run(name, "psql", "-h", "/tmp", "-U", "postgres", "-qAt", *wanted, user="postgres")[1]


def ready(site: Site, name: str) -> None:
    site.until(lambda: sql(site, name, "select 7").strip() == "7", f"{name} to answer")


def at(
    name: str, cause: str, details: dict[str, object], accepts: Sequence[str] = (), siblings: tuple[str, ...] = ()
) -> Expect:
    return Expect(cause, name, details, siblings, WORDS, tuple(accepts))


@scenario("S01", "redis", "T2")
def full_and_told_to_refuse(draw: Draw) -> Case:
    """redis is at its own limit and may evict nothing; its container has memory."""
    net, store, limit = draw.name(), draw.name(), draw.between(2, 4)
    server = redis(store, net, "--maxmemory", f"{limit}mb", "--maxmemory-policy", "noeviction", "--save", "")
    asker = storing(draw, net, store)
    expect = at(store, "redis_maxmemory_noeviction", {"limit_bytes": limit * MIB}, ("app_setting",))
    return Case((server, asker), store, logged(asker.name, "command not allowed"), (expect,), networks=(net,))


@scenario("S02", "redis", "T2")
def cannot_save(draw: Draw) -> Case:
    """redis cannot write its snapshot and so takes no more writes."""
    net, store, folder = draw.name(), draw.name(), draw.folder()
    server = redis(store, net, "--dir", folder, "--save", "1 1", tmpfs={folder: f"size={draw.pick(32, 64, 96)}k"})
    asker = storing(draw, net, store)
    expect = at(store, "redis_misconf_rdb", {"path|mount": folder}, ("recreate", "host_advice"), ("tmpfs_full",))
    return Case((server, asker), store, logged(asker.name, "MISCONF"), (expect,), networks=(net,), also=("tmpfs_full",))


@scenario("S03", "redis", "T2")
def broken_append_only_file(draw: Draw) -> Case:
    """Bytes in the middle of the append-only file are damaged: redis does not start any more."""
    net, store, folder = draw.name(), draw.name(), draw.folder()
    server = redis(store, net, "--dir", folder, "--appendonly", "yes", "--save", "")
    box = Box(store, server.command, files={f"{folder}/keep": ""}, networks=(net,), serves=6379)

    def damage(site: Site) -> None:
        site.sh(store, f"for n in $(seq {draw.between(40, 90)}); do redis-cli set key:$n value$n; done >/dev/null")
        site.sh(
            store,
            f"for f in {folder}/appendonlydir/*.incr.aof; do printf '\\001\\002#broken' | dd of=$f bs=1 seek=400 conv=notrunc; done",
        )
        site.container(store).restart(timeout=1)

    expect = at(store, "redis_aof_corrupt", {})
    look = both(exited(store, 1), logged(store, "Bad file format"))
    return Case((box,), store, look, (expect,), networks=(net,), inject=damage, also=("restart_policy_absent",))


@scenario("S04", "redis", "T3")
def no_password_given(draw: Draw) -> Case:
    """The client gives no password, or a wrong one; redis wants its own."""
    net, store = draw.name(), draw.name()
    server = redis(store, net, "--requirepass", draw.secret(), "--save", "")
    asker = storing(draw, net, store, password=draw.pick("", draw.secret()))
    expect = at(asker.name, "redis_auth", {"peer|host|service": store})
    look = logged(asker.name, "Authentication required", "username-password", "NOAUTH", "unauthenticated")
    return Case((server, asker), asker.name, look, (expect,), networks=(net,))


@scenario("S06", "redis", "T3")
def protected_mode(draw: Draw) -> Case:
    """redis without a password takes only clients of its own host."""
    net, store = draw.name(), draw.name()
    server = Box(store, ["redis-server", "--bind", "0.0.0.0", "--save", ""], networks=(net,), serves=6379)
    asker = storing(draw, net, store)
    expect = at(store, "redis_protected_mode", {}, ("app_setting", "recreate"))
    return Case((server, asker), asker.name, logged(asker.name, "protected mode"), (expect,), networks=(net,))


@scenario("S05", "redis", "T2")
def too_many_clients_of_redis(draw: Draw) -> Case:
    """Clients hold all the connections that redis may have."""
    net, store, limit = draw.name(), draw.name(), draw.between(4, 9)
    server = redis(store, net, "--maxclients", str(limit), "--save", "")
    code = (
        "import redis, sys, time\nheld = []\n"
        "while True:\n    try:\n        one = redis.Redis(sys.argv[1]); one.ping(); held.append(one)\n"
        "    except redis.RedisError as problem: print('ERROR', problem, flush=True); time.sleep(0.5)\n"
    )
    asker = python(draw.name(), code, store, networks=(net,))
    expect = at(store, "redis_max_clients", {"limit_bytes|count|expected|value": limit}, ("app_setting",))
    return Case((server, asker), store, logged(asker.name, "max number of clients"), (expect,), networks=(net,))


@scenario("S07", "postgres", "T3")
def wrong_password(draw: Draw) -> Case:
    """The client's password is not the one that the database knows."""
    net, base, role, key = draw.name(), draw.name(), draw.word(), draw.env_key("PASSWORD")
    server = postgres(base, net)
    asker = python(
        draw.name(), PY_PG, base, role, key, networks=(net,), options={"environment": {key: draw.secret()}}, start=False
    )

    def role_of(site: Site) -> None:
        ready(site, base)
        sql(site, base, f"create role {role} login password '{draw.secret()}'")
        site.start(asker.name)

    expect = at(asker.name, "pg_auth_failed", {"user": role})
    look = logged(asker.name, "password authentication failed")
    return Case((server, asker), asker.name, look, (expect,), networks=(net,), inject=role_of)


@scenario("S08", "postgres", "T3")
def unknown_database(draw: Draw) -> Case:
    """The client asks for a database that does not exist."""
    net, base, wanted, key = draw.name(), draw.name(), draw.word(), draw.env_key("PASSWORD")
    server = postgres(base, net)
    code = PY_PG.replace('dbname="postgres"', f'dbname="{wanted}"')
    secret = draw.secret()
    asker = python(
        draw.name(), code, base, "clerk", key, networks=(net,), options={"environment": {key: secret}}, start=False
    )

    def role_of(site: Site) -> None:
        ready(site, base)
        sql(site, base, f"create role clerk login password '{secret}'")
        site.start(asker.name)

    expect = at(asker.name, "pg_database_missing", {"value|setting|path|service": wanted})
    return Case(
        (server, asker), asker.name, logged(asker.name, "does not exist"), (expect,), networks=(net,), inject=role_of
    )


@scenario("S09", "postgres", "T2")
def all_connections_taken(draw: Draw) -> Case:
    """Every connection that the database may have is held by a session that sleeps."""
    net, base, limit = draw.name(), draw.name(), draw.between(5, 8)
    server = postgres(base, net, f"max_connections={limit}", "superuser_reserved_connections=1", "max_wal_senders=0")

    def fill(site: Site) -> None:
        ready(site, base)
        sql(site, base, "create role clerk login")
        for _ in range(limit - 1):
            site.run(
                base, "psql", "-h", "/tmp", "-U", "clerk", "-d", "postgres", "-c", "select pg_sleep(300)", detach=True
            )
        site.until(
            lambda: "too many" in _refused(site, base) or "reserved" in _refused(site, base),
            "the last one to be refused",
        )

    expect = at(base, "pg_max_connections", {"limit_bytes|expected|count|value": limit}, ("app_setting",))
    return Case((server,), base, logged(base, "FATAL"), (expect,), networks=(net,), inject=fill)


def _refused(site: Site, base: str) -> str:
    return site.run(base, "psql", "-h", "/tmp", "-U", "clerk", "-d", "postgres", "-c", "select 1")[1]


@scenario("S10", "postgres", "T2")
def a_lock_nobody_lets_go(draw: Draw) -> Case:
    """A session holds a row in a transaction that it leaves open; another waits for it."""
    net, base = draw.name(), draw.name()
    table = draw.word()
    server = postgres(base, net)

    def hold(site: Site) -> None:
        ready(site, base)
        sql(site, base, f"create table {table} (id int, n int)", f"insert into {table} values (1, 0)")
        held_and_waiting(site, base, table)

    expect = at(base, "pg_lock_wait", {}, ("app_setting",))
    expect = Expect(expect.cause, base, {}, (), WORDS)
    return Case((server,), base, lambda site: waiting(site, base) > 0, (expect,), networks=(net,), inject=hold)


def held_and_waiting(site: Site, base: str, table: str) -> None:
    """One transaction stays open after its update; a second update waits."""
    code = (
        "import psycopg2, time\n"
        "first = psycopg2.connect(host='/tmp', user='postgres', dbname='postgres'); cursor = first.cursor()\n"
        f"cursor.execute('update {table} set n = n + 1 where id = 1'); time.sleep(600)\n"
    )
    site.run(base, "python3", "-c", code, detach=True)
    site.until(lambda: "idle in transaction" in sql(site, base, "select state from pg_stat_activity"), "the holder")
    site.run(
        base, "psql", "-h", "/tmp", "-U", "postgres", "-c", f"update {table} set n = n + 1 where id = 1", detach=True
    )


def waiting(site: Site, base: str) -> int:
    said = sql(site, base, "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0")
    return int(said.strip() or 0)
