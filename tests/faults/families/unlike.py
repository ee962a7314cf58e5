"""Faults of the catalogue in ways unlike its own: as init scripts, sorts, warm-ups and clocks do it."""

from __future__ import annotations

from typing import Any

from tests.faults.draw import Draw
from tests.faults.programs import both, check, client, exited, logged, node, python, running, shell, unhealthy, web
from tests.faults.scenario import SERVERS, SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

PROGRAMS = "ergon-ops-lab/programs:1"
NO_POLICY = ("restart_policy_absent",)
PG = "exec postgres -D /var/lib/postgresql/data -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off"
PATH = "path"
PORT = "port"


def postgres(name: str, net: str, *options: str, **more: Any) -> Box:
    """Its hba file trusts everybody, as within a private network."""
    before = "printf 'local all all trust\\nhost all all 0.0.0.0/0 trust\\n' > /var/lib/postgresql/data/pg_hba.conf; "
    script = before + " ".join((PG, *(f"-c {option}" for option in options)))
    words = {"user": "postgres", **more.pop("options", {})}
    return shell(name, script, image=SVC, networks=(net,), serves=5432, options=words, **more)


def sql(site: Site, name: str, *statements: str) -> str:
    wanted = [part for text in statements for part in ("-c", text)]
    return site.run(name, "psql", "-h", "/tmp", "-U", "postgres", "-qAt", *wanted, user="postgres")[1]


def ready(site: Site, name: str) -> None:
    site.until(lambda: sql(site, name, "select 7").strip() == "7", f"{name} to answer")


def pids(site: Site, name: str) -> int:
    told: Any = site.container(name).stats(stream=False)
    return int(told["pids_stats"].get("current", 0))


@scenario("U-WORD", "unlike", "T1")
def one_word_of_the_whole_line(draw: Draw) -> Case:
    """P02: program and options came as one single word of the exec form; no program has that name."""
    name, port = draw.name(), draw.port()
    line = f"redis-server --port {port} --save '' --appendonly no"
    box = Box(name, [line], refused=True)
    expect = Expect("entrypoint_not_found", name, {}, (), (), ("recreate",))

    def look(site: Site) -> bool:
        state = site.state(name)
        return state["Status"] == "created" and "executable file not found" in state["Error"]

    return Case((box,), name, look, (expect,), also=NO_POLICY)


@scenario("U-INIT", "unlike", "T1")
def the_old_way_of_a_service(draw: Draw) -> Case:
    """P08: the container's command starts the daemon in the background, as an init script does, and has then nothing left to do."""
    name, word, port = draw.name(), draw.word(), draw.port()
    code = f"require 'socket'\ns = TCPServer.new('0.0.0.0', {port})\nloop {{ c = s.accept; c.write(\"HTTP/1.0 200 OK\\r\\n\\r\\nok\"); c.close }}\n"
    script = f'echo -n "Starting {word} daemon: "; start-stop-daemon --start --background --make-pidfile --pidfile /run/{word}.pid --exec /usr/bin/ruby -- /srv/{word}.rb && echo "{word}."'
    box = shell(
        name,
        script,
        image=SERVERS,
        files={f"/srv/{word}.rb": code},
        options={"ports": {f"{port}/tcp": ("127.0.0.1", draw.host_port())}},
    )
    expect = Expect("foreground_process_missing", name, {}, (), (), ("recreate", "rebuild_advice", "host_advice", ""))
    return Case((box,), name, both(exited(name, 0), logged(name, f"{word}.")), (expect,), also=NO_POLICY)


@scenario("U-SORT", "unlike", "T2")
def sort_needs_room(draw: Draw) -> Case:
    """R10: GNU sort spills into /tmp, a small tmpfs, and takes its files away when it fails: full for a moment only, each time."""
    name, size = draw.name(), draw.between(3, 6)
    script = """
mkdir -p /srv; seq 1 3000000 > /srv/visits.csv
echo "$(date '+%F %T') nightly: $(wc -c < /srv/visits.csv) bytes to sort"
while :; do
  sort -S 1M --parallel=1 -k1,1 /srv/visits.csv -o /srv/visits.sorted; code=$?
  [ $code -eq 0 ] && echo "$(date '+%F %T') nightly: sorted" || echo "$(date '+%F %T') nightly: sort ended with $code, next try soon"
  sleep 2
done
"""
    box = Box(
        name,
        ["bash", "-c", script],
        options={"tmpfs": {"/tmp": f"size={size}m"}, "network_mode": "none", "environment": {"LC_ALL": "C"}},
    )
    expect = Expect("tmpfs_full", name, {PATH: "/tmp"}, (), (), ("recreate", "host_advice"))
    return Case((box,), name, both(running(name), logged(name, "No space left on device", times=2)), (expect,))


@scenario("U-WARM", "unlike", "T2")
def never_let_finish(draw: Draw) -> Case:
    """H05: tiles are warmed for minutes and the log counts them; the check gives no start period, and a watchdog restarts it each time it is unhealthy."""
    name, port, tiles = draw.name(), draw.port(), draw.between(400, 700)
    code = """
const [port, tiles] = process.argv.slice(2).map(Number);
let n = 0;
const warm = setInterval(() => {
  n += 1;
  if (n % 4 === 0) console.log(`${new Date().toISOString()} INFO warm-up: ${n} of ${tiles} tiles, about ${Math.round((tiles - n) * 0.3)} s to go, the port opens after that`);
  if (n >= tiles) { clearInterval(warm); require('http').createServer((q, s) => s.end('ok')).listen(port, () => console.log('INFO open')); }
}, 300);
process.on('SIGTERM', () => process.exit(0));
"""
    box = node(
        name,
        code,
        str(port),
        str(tiles),
        options={
            "healthcheck": check("CMD-SHELL", f"curl -fsS http://127.0.0.1:{port}/ready", interval=1, retries=3),
            "restart_policy": {"Name": "always"},
        },
    )

    def inject(site: Site) -> None:
        for _ in range(2):
            site.until(lambda: unhealthy(name)(site), "it to be unhealthy")
            site.container(name).restart(timeout=3)
            site.until(lambda: not unhealthy(name)(site), "it to begin anew")

    expect = Expect("start_period_too_short", name, {}, ("healthcheck_failing_app",), (), ("recreate",))
    return Case(
        (box,),
        name,
        both(unhealthy(name, "connect to"), running(name), logged(name, "warm-up: 8 of", times=3)),
        (expect,),
        inject=inject,
    )


@scenario("U-ALL", "unlike", "T2")
def all_of_no_ports(draw: Draw) -> Case:
    """N01: `-P` publishes what the image exposes, and the image exposes nothing: hypercorn listens, and no port of the host leads there."""
    name, port = draw.name(), draw.port()
    code = """
async def app(scope, receive, send):
    if scope["type"] != "http": return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""
    command = ["hypercorn", "--bind", f"0.0.0.0:{port}", "--root-path", "", "asgi:app"]
    box = Box(
        name,
        command,
        image=PROGRAMS,
        files={"/srv/web/asgi.py": code},
        serves=port,
        options={"working_dir": "/srv/web", "publish_all_ports": True},
    )

    def look(site: Site) -> bool:
        found = site.inspect(name)
        return (
            found["HostConfig"]["PublishAllPorts"]
            and not found["NetworkSettings"]["Ports"]
            and site.listens(name, port)
        )

    expect = Expect("port_not_published", name, {PORT: port}, (), (), ("recreate",))
    return Case((box,), name, look, (expect,))


@scenario("U-CLOCK", "unlike", "T2")
def redis_has_a_clock_of_its_own(draw: Draw) -> Case:
    """C09: TZ is set for redis; the stamps of its log have no zone and are hours behind the engine's."""
    name, net, zone = (
        draw.name(),
        draw.name(),
        draw.pick("America/Bogota", "America/Lima", "Pacific/Honolulu", "America/Caracas"),
    )
    store = Box(
        name,
        ["redis-server", "--protected-mode", "no", "--save", "1", "1"],
        networks=(net,),
        serves=6379,
        options={"environment": {"TZ": zone}},
    )
    writer = shell(
        draw.name(),
        f"while :; do redis-cli -h {name} incr visits > /dev/null; sleep 0.5; done",
        image=SVC,
        networks=(net,),
    )
    expect = Expect("timezone_skew", name, {}, (), (), ("recreate",))
    look = both(
        logged(name, "Background saving terminated with success", times=3),
        lambda site: bool(site.sh(name, "date +%z").strip() in ("-0500", "-0400", "-1000")),
    )
    return Case((store, writer), name, look, (expect,), networks=(net,))


@scenario("U-ASYNC", "unlike", "T2")
def async_in_name_only(draw: Draw) -> Case:
    """S18: a coroutine of an ASGI service sleeps without `await`; while an export runs nothing else is answered, and the CPU is idle."""
    name, net, port, held = draw.name(), draw.name(), draw.port(), draw.between(4, 6)
    code = f"""
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/healthz")
async def healthz(): return {{"ok": True}}
@app.get("/exports/monthly")
async def monthly():
    time.sleep({held})  # the archive's driver is not asynchronous
    return {{"rows": 1200}}
"""
    command = [
        "python3",
        "-m",
        "uvicorn",
        "--app-dir",
        "/srv/api",
        "--host",
        "0.0.0.0",
        "--port",
        str(port),
        "main:app",
    ]
    made = Box(name, command, files={"/srv/api/main.py": code}, networks=(net,), serves=port, options={
        "healthcheck": check("CMD-SHELL", f"curl -fsS http://127.0.0.1:{port}/healthz", interval=1, timeout=2, retries=2),
    })  # fmt: skip
    asker = client(draw, f"http://{name}:{port}/exports/monthly", patience_s=30, networks=(net,))
    expect = Expect(
        "single_worker_blocked", name, {}, ("healthcheck_timeout",), (), ("rebuild_advice", "host_advice", "")
    )
    return Case(
        (made, asker),
        name,
        both(logged(name, "/exports/monthly", times=2), unhealthy(name, "exceeded timeout")),
        (expect,),
        networks=(net,),
        also=("healthcheck_timeout",),
    )


@scenario("U-DRIP", "unlike", "T4")
def drips_and_leftovers(draw: Draw) -> Case:
    """N11 and R08 at once: the catalogue's server sends its first bytes at once and then drips; and the worker's audit lines go to a pipe that nobody reads, one stuck child each."""
    net, port, name, peer = draw.name(), draw.port(), draw.name(), draw.name()
    server = """
import http.server, sys, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "5000000"); self.end_headers()
        try:
            for _ in range(5000): self.wfile.write(b"x" * 400); self.wfile.flush(); time.sleep(0.5)
        except OSError: pass
    def log_message(self, *words): pass
print("catalogue server on", sys.argv[1], flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
"""
    api = python(peer, server, str(port), networks=(net,), serves=port)
    code = f"""#!/bin/bash
mkfifo /run/audit.fifo
n=0
( while :; do curl -sS --max-time 3 -o /tmp/catalogue http://{peer}:{port}/catalogue.json && echo "catalogue refreshed" || echo "catalogue not refreshed (curl $?), the old one stays"; sleep 0.5; done ) &
while :; do
  n=$((n + 1))
  ( echo "order $n accepted" > /run/audit.fifo ) &
  [ $((n % 10)) -eq 0 ] && echo "orders accepted: $n"
  sleep 0.35
done
"""
    worker = Box(name, ["/srv/worker.sh"], files={"/srv/worker.sh": code}, networks=(net,))
    healthy = web(draw, draw.port(), networks=(net,))
    expects = (
        Expect("dependency_slow", peer, {}, (), (), ("rebuild_advice", "host_advice", "")),
        Expect(
            "process_leak",
            name,
            {},
            (),
            (),
            ("set_pids_limit", "restart", "recreate", "rebuild_advice", "host_advice", ""),
        ),
    )
    look = both(logged(name, "Operation timed out after", times=2), lambda site: pids(site, name) > 25)
    return Case((api, healthy, worker), name, look, expects, networks=(net,), forbidden=("stop",))


@scenario("U-COLUMN", "unlike", "T4")
def a_bound_set_by_hand_and_a_column(draw: Draw) -> Case:
    """S01 and a forgotten migration: somebody gave redis a maxmemory at run time (its command has none); and the code of today writes a column that the table has not."""
    net, store, db, name, size = draw.name(), draw.name(), draw.name(), draw.name(), draw.between(3, 6)
    column, table = draw.pick("discount_cents", "channel", "tax_region"), draw.pick("orders", "invoices", "bookings")
    cache = Box(store, ["redis-server", "--protected-mode", "no", "--save", ""], networks=(net,), serves=6379)
    base = postgres(db, net, "fsync=off")
    code = f"""
import logging, sys, time, psycopg2, redis
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="[%(asctime)s: %(levelname)s/MainProcess] %(message)s")
r = redis.Redis(sys.argv[1], socket_timeout=2); n = 0
c = psycopg2.connect(host=sys.argv[2], user="postgres", dbname="postgres"); c.autocommit = True
while True:
    n += 1
    try: r.set(f"page:{{n}}", "x" * 20_000); logging.info("page %s cached", n)
    except redis.exceptions.RedisError as problem: logging.error("page %s not cached: %s", n, problem)
    try:
        c.cursor().execute("insert into {table} (id, total, {column}) values (%s, %s, %s)", (n, 990, 1)); logging.info("{table} %s stored", n)
    except psycopg2.Error as problem: logging.error("{table} %s not stored: %s", n, str(problem).strip().replace("\\n", " "))
    time.sleep(0.5)
"""
    worker = python(name, code, store, db, networks=(net,), start=False)

    def inject(site: Site) -> None:
        ready(site, db)
        sql(site, db, f"create table {table} (id bigint primary key, total int)")
        site.sh(
            store,
            f"redis-cli eval \"for i = 1, 4000 do redis.call('set', 'session:' .. i, string.rep('s', 1500)) end\" 0 > /dev/null; redis-cli config set maxmemory {size}mb",
        )
        site.start(name)

    expects = (
        Expect("redis_maxmemory_noeviction", store, {}, (), (), ("host_advice", "recreate", "")),
        Expect("pg_column_missing", db, {"value": column}, (), (), ("host_advice", "rebuild_advice", "")),
    )
    look = both(logged(name, "OOM command not allowed", times=2), logged(name, "does not exist", times=2))
    return Case((cache, base, worker), name, look, expects, networks=(net,), inject=inject)
