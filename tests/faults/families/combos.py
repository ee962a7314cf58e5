"""More than one thing at once: chains whose beginning is three containers away, two faults that have nothing to do with
each other, and noise around one."""

from __future__ import annotations

from tests.faults.draw import MIB, Draw
from tests.faults.families.memory import KILLED, PY_CHILDREN, child
from tests.faults.families.proxies import proxy
from tests.faults.families.stores import WORDS, held_and_waiting, postgres, ready, redis, sql, waiting
from tests.faults.programs import both, check, client, exited, logged, memory, python, shell, stranger, web
from tests.faults.scenario import SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

NAMES = ("signals", "logs", "state", "network", "alias", "probes")
# Answers 200 if it could store a row, else 500 with what it was told.
PY_API = """
import http.server, os, redis, sys
store = redis.Redis(os.environ[sys.argv[2]], socket_timeout=2)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try: store.set("row", os.urandom(30000).hex()); store.incr("rows"); code = 200
        except redis.RedisError as problem: print("ERROR cannot store:", problem, flush=True); code = 500
        self.send_response(code); self.end_headers()
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
"""


def api(draw: Draw, net: str, store: str) -> tuple[Box, int]:
    port, key = draw.port(), draw.env_key("HOST", "STORE")
    options = {"environment": {key: store}}
    return python(draw.name(), PY_API, str(port), key, networks=(net,), serves=port, options=options), port


@scenario("M01", "combos", "T4")
def full_disk_behind_a_proxy(draw: Draw) -> Case:
    """nginx answers errors, since the API cannot store, since redis cannot save, since its disk is full."""
    net, store, folder = draw.name(), draw.name(), draw.folder()
    server = redis(store, net, "--dir", folder, "--save", "1 1", tmpfs={folder: "size=32k"})
    middle, port = api(draw, net, store)
    front = proxy(draw, draw.port(), f"proxy_pass http://{middle.name}:{port};", networks=(net,))
    expect = Expect(
        "redis_misconf_rdb|tmpfs_full",
        store,
        {"path|mount": folder},
        (),
        (*WORDS, "filesystem"),
        ("recreate", "host_advice"),
    )

    def fill(site: Site) -> None:
        site.sh(
            store, f"dd if=/dev/zero of={folder}/dump.old bs=1k count=64; for n in 1 2 3; do redis-cli set a$n b; done"
        )

    look = both(logged(middle.name, "MISCONF"), logged(front.name, " 500 "))
    return Case(
        (server, middle, front), front.name, look, (expect,), networks=(net,), inject=fill,
        also=("tmpfs_full", "redis_misconf_rdb", "dependency_failing", "nginx_5xx"),
    )  # fmt: skip


@scenario("M02", "combos", "T4")
def full_redis_behind_an_api(draw: Draw) -> Case:
    """The API fails, since redis is at its own limit."""
    net, store, limit = draw.name(), draw.name(), draw.between(2, 4)
    server = redis(store, net, "--maxmemory", f"{limit}mb", "--maxmemory-policy", "noeviction", "--save", "")
    middle, port = api(draw, net, store)
    asker = client(draw, f"http://{middle.name}:{port}/", networks=(net,))
    expect = Expect("redis_maxmemory_noeviction", store, {"limit_bytes": limit * MIB}, (), WORDS, ("app_setting",))

    def fill(site: Site) -> None:
        site.sh(store, "for n in $(seq 80); do head -c 60000 /dev/zero | redis-cli -x set fill:$n; done >/dev/null")

    look = logged(middle.name, "command not allowed", times=2)
    return Case((server, middle, asker), middle.name, look, (expect,), networks=(net,), inject=fill)


@scenario("M03", "combos", "T4")
def lock_that_starves_a_pool(draw: Draw) -> Case:
    """A forgotten transaction holds a row; the API waits for it and its check runs out of time."""
    net, base, table = draw.name(), draw.name(), draw.word()
    port, key = draw.port(), draw.env_key("HOST")
    server = postgres(base, net)
    code = (
        "import http.server, os, psycopg2\nclass A(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n"
        f"        base = psycopg2.connect(host=os.environ['{key}'], user='clerk', password=os.environ['CLERK_PASSWORD'], dbname='postgres')\n"
        f"        cursor = base.cursor(); cursor.execute('update {table} set n = n + 1 where id = 1'); base.commit(); base.close()\n"
        "        self.send_response(200); self.end_headers()\n    def log_message(self, *w): pass\n"
        f"http.server.HTTPServer(('0.0.0.0', {port}), A).serve_forever()\n"
    )
    secret = draw.secret()
    test = check("CMD", "curl", "-fsS", f"http://127.0.0.1:{port}/", timeout=1.0)
    options = {"environment": {key: base, "CLERK_PASSWORD": secret}, "healthcheck": test}
    middle = python(draw.name(), code, networks=(net,), options=options, start=False)

    def hold(site: Site) -> None:
        ready(site, base)
        sql(site, base, f"create role clerk login password '{secret}'", f"create table {table} (id int, n int)")
        sql(site, base, f"insert into {table} values (1, 0)", f"grant all on {table} to clerk")
        held_and_waiting(site, base, table)
        site.start(middle.name)

    expect = Expect("pg_lock_wait", base, {}, (), WORDS)
    unwell = lambda site: waiting(site, base) > 1 and site.state(middle.name)["Health"]["Status"] == "unhealthy"  # noqa: E731
    return Case(
        (server, middle), middle.name, unwell, (expect,), networks=(net,), inject=hold,
        also=("healthcheck_timeout", "single_worker_blocked"),
    )  # fmt: skip


@scenario("M04", "combos", "T4")
def alias_and_memory(draw: Draw) -> Case:
    """Children are killed for memory in the container asked about, and a name it calls is shared with a stranger."""
    net, alias, port, size = draw.name(), draw.word(), draw.port(), draw.mib(40, 60)
    good = web(draw, port, networks=(net,), aliases=(alias,))
    other = stranger(draw, port, networks=(net,), aliases=(alias,))
    name = draw.name()
    asker = client(draw, f"http://{alias}:{port}/", language="python")
    assert asker.command is not None
    path = str(list(asker.command)[2])
    files = {path: asker.files[path], "/srv/job.py": PY_CHILDREN}
    script = f"python3 -u /srv/job.py {3 * size} & exec python3 -u {path} http://{alias}:{port}/ 3"
    box = shell(name, script, image=SVC, files=files, networks=(net,), options=memory(size))
    clash = Expect("alias_collision", other.name, {"alias|host": alias}, (), NAMES, ("recreate",))
    look = both(logged(name, "ended with -9", times=2), logged(name, "503", times=2), logged(name, "200"))
    return Case((good, other, box), name, look, (child(name, size), clash), networks=(net,))


@scenario("M05", "combos", "T4")
def two_limits_at_once(draw: Draw) -> Case:
    """Throttled by a small quota, and a tmpfs of its is full: two causes, one container."""
    name, folder, cpus = draw.name(), draw.folder(), draw.between(6, 14) / 100
    script = (
        f"(while :; do :; done) & dd if=/dev/zero of={folder}/index bs=64k; "
        "while :; do echo cannot write index: No space left on device; sleep 1; done"
    )
    box = shell(
        name,
        script,
        options={"tmpfs": {folder: f"size={draw.mib(2, 6)}"}, "nano_cpus": int(cpus * 10**9), "cpu_shares": 16_384},
    )
    slow = Expect("cpu_throttled", name, {"cpus": cpus}, (), ("cpu_throttled_ratio",), ("set_cpu_limit",))
    full = Expect("tmpfs_full", name, {"mount|path": folder}, (), ("filesystem", "signals", "logs"), ("recreate",))
    return Case((box,), name, logged(name, "No space left on device", times=2), (slow, full))


@scenario("M06", "combos", "T4")
def noise_around_a_missing_variable(draw: Draw) -> Case:
    """Errors of every kind in the log, all handled; the variable that is missing is in the last line of each life."""
    key, name = draw.env_key(), draw.name()
    lines = [
        f"ERROR cache {draw.word()}: connection refused, using fallback", "WARN disk usage check failed: retrying, ok",
        "ERROR Out of memory estimate for report 12: splitting into chunks", "failed to load theme: default used",
    ]  # fmt: skip
    said = "\n".join(f"print({line!r}, flush=True)" for line in draw.sample(lines, 3))
    code = f"import os, time\n{said}\ntime.sleep(0.1)\nos.environ[{key!r}]\n"
    box = python(
        name, code, options={"restart_policy": {"Name": "always"}, "environment": {"APP_TOKEN": draw.secret()}}
    )
    expect = Expect(
        "env_missing", name, {"env_key": key}, ("crash_loop",), ("signals", "logs", "env_key"), ("recreate",)
    )
    return Case((box,), name, lambda site: site.inspect(name)["RestartCount"] >= 2, (expect,))


@scenario("M07", "combos", "T4")
def three_steps_away(draw: Draw) -> Case:
    """The proxy's API cannot be reached since it ended, since the store that it needs is stopped."""
    net, store = draw.name(), draw.name()
    server = redis(store, net, "--save", "")
    port, key = draw.port(), draw.env_key("HOST")
    code = (
        "import http.server, os, sys, redis, time\n"
        f"try: redis.Redis(os.environ['{key}'], socket_timeout=2).ping()\n"
        "except redis.RedisError as problem: print('ERROR store:', problem, flush=True); time.sleep(0.3); sys.exit(5)\n"
        f"http.server.ThreadingHTTPServer(('0.0.0.0', {port}), http.server.SimpleHTTPRequestHandler).serve_forever()\n"
    )
    options = {"environment": {key: store}, "restart_policy": {"Name": "always"}}
    middle = python(draw.name(), code, networks=(net,), serves=port, options=options)
    front = proxy(
        draw,
        draw.port(),
        f"set $up {middle.name}; proxy_pass http://$up:{port};",
        more="resolver 127.0.0.11 valid=1s;",
        networks=(net,),
    )

    def stop(site: Site) -> None:
        site.container(store).stop(timeout=2)
        site.container(middle.name).restart(timeout=0)

    expect = Expect("dependency_stopped", store, {}, (), NAMES, ("start",))
    look = both(logged(middle.name, "ERROR store"), logged(front.name, " 502 "))
    return Case(
        (server, middle, front), front.name, look, (expect,), networks=(net,), inject=stop,
        also=("restart_policy_absent", "crash_loop", "dependency_stopped", "nginx_502_upstream_down", "dependency_crashing"),
        forbidden=("restart",),
    )  # fmt: skip


@scenario("M08", "combos", "T4")
def healthy_backend_beside_an_oom(draw: Draw) -> Case:
    """The job asked about was killed for memory; its neighbour shouts of errors and is well."""
    net, name, size = draw.name(), draw.name(), draw.mib(24, 40)
    noisy = shell(draw.name(), "while :; do echo 'ERROR upstream failed, retry ok'; sleep 0.2; done", networks=(net,))
    box = python(
        name,
        f"print('sorting', flush=True)\nrows = bytearray(b'x' * {2 * size})\n",
        networks=(net,),
        options=memory(size),
    )
    expect = Expect("oom_killed", name, {"limit_bytes": size}, (), KILLED, ("set_memory_limit",))
    return Case((noisy, box), name, exited(name, 137), (expect,), networks=(net,), also=("restart_policy_absent",))


@scenario("M09", "combos", "T4")
def retries_keep_it_down(draw: Draw) -> Case:
    """After a burst the one-threaded server is kept busy by retries of requests that nobody waits for any more."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    code = (
        "import http.server, time\nclass A(http.server.BaseHTTPRequestHandler):\n"
        f"    def do_GET(self):\n        time.sleep({draw.between(7, 9) / 10})\n"
        "        try: self.send_response(200); self.end_headers()\n        except OSError: pass\n"
        "    def log_message(self, *w): pass\n"
        f"s = http.server.HTTPServer(('0.0.0.0', {port}), A); s.serve_forever()\n"
    )
    server = python(peer, code, networks=(net,), serves=port)
    storm = (
        "import sys, threading, time, urllib.request\ndef ask():\n    while True:\n"
        f"        try: urllib.request.urlopen('http://{peer}:{port}/', timeout=1).read()\n"
        f"        except OSError as e: print('ERROR GET http://{peer}:{port}/ failed:', e, flush=True)\n"
        "        time.sleep(0.2)\nfor _ in range(8): threading.Thread(target=ask).start()\n"
    )
    asker = python(draw.name(), storm, networks=(net,))
    expect = Expect(
        "dependency_slow|single_worker_blocked|accept_backlog_overflow",
        peer,
        {},
        (),
        (*NAMES, "connection", "listener", "sockets"),
    )
    return Case(
        (server, asker), asker.name, logged(asker.name, "timed out", times=6), (expect,), networks=(net,),
        also=("dependency_slow", "single_worker_blocked", "accept_backlog_overflow"),
    )  # fmt: skip
