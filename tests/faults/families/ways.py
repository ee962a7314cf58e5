"""Faults of other families met in another way: other servers, other words, a check that hangs beside them."""

from __future__ import annotations

from typing import Any

from tests.faults.draw import MIB, Draw
from tests.faults.families.disk import host_folder
from tests.faults.programs import both, check, client, exited, logged, memory, node, python, running, unhealthy, web
from tests.faults.scenario import Box, Case, Expect, scenario
from tests.faults.site import Site

PROGRAMS = "ergon-ops-lab/programs:1"
NO_POLICY = ("restart_policy_absent",)


def gunicorn(name: str, code: str, *words: str, **more: Any) -> Box:
    return Box(
        name,
        ["gunicorn", "--chdir", "/srv/web", *words, "wsgi:app"],
        image=PROGRAMS,
        files={"/srv/web/wsgi.py": code},
        **more,
    )


def ruby(name: str, code: str, *arguments: str, **more: Any) -> Box:
    files = {"/srv/app/main.rb": "$stdout.sync = true\n" + code}
    return Box(name, ["ruby", "/srv/app/main.rb", *arguments], image=PROGRAMS, files=files, **more)


@scenario("W-TEMP", "ways", "T2")
def nowhere_to_write(draw: Draw) -> Case:
    """gunicorn with a read-only root finds no folder for its temporary files; the text does not say why."""
    name = draw.name()
    box = Box(
        name,
        ["gunicorn", "--bind", f"0.0.0.0:{draw.port()}", "wsgiref.simple_server:demo_app"],
        image=PROGRAMS,
        options={"read_only": True},
    )
    expect = Expect("readonly_rootfs", name, {}, (), (), ("recreate",))
    return Case(
        (box,), name, both(exited(name), logged(name, "temporary directory", "read-only")), (expect,), also=NO_POLICY
    )


@scenario("W-TASK", "ways", "T1")
def a_task_nobody_knows(draw: Draw) -> Case:
    """celery gets a task by a name that its worker has not registered, and throws it away."""
    name, task = draw.name(), f"billing.{draw.word()}"
    app = """
import os
from celery import Celery
for folder in ("/var/q/in", "/var/q/control"): os.makedirs(folder, exist_ok=True)
app = Celery("shop", broker="filesystem://")
app.conf.broker_transport_options = {"data_folder_in": "/var/q/in", "data_folder_out": "/var/q/in", "control_folder": "/var/q/control"}
@app.task(name="billing.ping")
def ping(): return "pong"
"""
    send = f"""
import time
from shop import app
while True: time.sleep(2); app.send_task("{task}", args=[7]); app.send_task("billing.ping")
"""
    script = "cd /srv; python3 -u send.py & exec python3 -m celery -A shop worker --pool solo --loglevel INFO"
    box = Box(
        name,
        ["bash", "-c", script],
        image=PROGRAMS,
        files={"/srv/shop.py": app, "/srv/send.py": send},
        options={"network_mode": "none"},
    )
    expect = Expect("task_unregistered", name, {"value|service|setting|path|expected": task})
    return Case((box,), name, logged(name, "unregistered task", times=2), (expect,))


@scenario("W-EMPTY", "ways", "T1")
def an_empty_folder_over_the_settings(draw: Draw) -> Case:
    """an empty folder of the host lies over the image's /etc/haproxy."""
    name = draw.name()

    def mount(site: Site) -> None:
        mounts = {"volumes": [f"{host_folder(site)}:/etc/haproxy:ro"]}
        site.add(Box(name, ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"], image=PROGRAMS, options=mounts))

    expect = Expect("volume_shadows_image", name, {"mount|path": "/etc/haproxy"}, ("file_missing",), (), ("recreate",))
    look = both(exited(name, 1), logged(name, "No such file"))
    return Case((), name, look, (expect,), inject=mount, also=NO_POLICY)


@scenario("W-QUEUE", "ways", "T2")
def nobody_takes_the_calls(draw: Draw) -> Case:
    """a server with a short queue is stuck before accept; clients' calls overflow it."""
    net, name, port, length = draw.name(), draw.name(), draw.port(), draw.pick(1, 2, 3)
    code = f"""
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("0.0.0.0", {port})); s.listen({length})
print("INFO ready", flush=True)
while True: time.sleep(1)
"""
    caller = """
import socket, sys, threading, time
def call():
    while True:
        try:
            s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 2); s.settimeout(2); s.sendall(b"PING\\r\\n"); s.recv(10)
        except OSError as problem: print("ERROR call failed:", problem, flush=True)
        time.sleep(0.1)
for n in range(10): threading.Thread(target=call, daemon=True).start()
while True: time.sleep(1)
"""
    server = python(name, code, networks=(net,), serves=port)
    asker = python(draw.name(), caller, name, str(port), networks=(net,))
    expect = Expect("accept_backlog_overflow|listen_queue_full", name, {}, ("single_worker_blocked",))

    def overflows(site: Site) -> bool:
        rows = [line.split() for line in site.proc(name, "net/netstat").splitlines() if line.startswith("TcpExt:")]
        return int(dict(zip(rows[0], rows[1], strict=True))["ListenOverflows"]) > 8

    return Case((server, asker), name, overflows, (expect,), networks=(net,))


@scenario("W-ONE", "ways", "T2")
def one_worker_and_long_exports(draw: Draw) -> Case:
    """gunicorn with one sync worker; exports of seconds hold it, the health check waits behind them."""
    net, name, port = draw.name(), draw.name(), draw.port()
    code = """
import time
def app(environ, start):
    if environ["PATH_INFO"] == "/export": time.sleep(7)
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"ok\\n"]
"""
    test = check(
        "CMD-SHELL", f"busybox wget -q -O /dev/null http://127.0.0.1:{port}/", timeout=2, retries=2, start_period=1
    )
    server = gunicorn(
        name,
        code,
        "--workers",
        "1",
        "--timeout",
        "90",
        "--bind",
        f"0.0.0.0:{port}",
        networks=(net,),
        serves=port,
        options={"healthcheck": test},
    )
    caller = f"""
import threading, time, urllib.request
def call():
    while True:
        began = time.time(); urllib.request.urlopen("http://{name}:{port}/export", timeout=80).read(); print("INFO export took %.1f s" % (time.time() - began), flush=True)
for n in range(3): threading.Thread(target=call, daemon=True).start()
while True: time.sleep(1)
"""
    asker = python(draw.name(), caller, networks=(net,))
    expect = Expect("single_worker_blocked", name, {}, ("healthcheck_timeout",), (), ("recreate", "app_setting", ""))
    also = ("healthcheck_timeout", "dependency_slow", "dependency_unhealthy")
    return Case((server, asker), name, unhealthy(name, "exceeded timeout"), (expect,), networks=(net,), also=also)


@scenario("W-ERR", "ways", "T3")
def the_api_fails_on_every_call(draw: Draw) -> Case:
    """The peer answers each request with 500 (a mistake in its own code); the asker can only say so."""
    net, api, port = draw.name(), draw.name(), draw.port()
    code = """
from fastapi import FastAPI
app = FastAPI()
@app.get("/prices")
def prices(): return {"total": {"net": 4}["gross"]}
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
    server = Box(api, command, files={"/srv/api/main.py": code}, networks=(net,), serves=port)
    asker = client(draw, f"http://{api}:{port}/prices", networks=(net,))
    expect = Expect("dependency_erroring", api, {})
    return Case(
        (server, asker),
        asker.name,
        both(logged(asker.name, "500", times=3), logged(api, "KeyError")),
        (expect,),
        networks=(net,),
    )


@scenario("W-PROXY", "ways", "T2")
def by_way_of_a_dead_proxy(draw: Draw) -> Case:
    """HTTP_PROXY names a host that is not there; the client sends even its neighbour's calls there. The neighbour is well."""
    net, port, proxy = draw.name(), draw.port(), f"proxy.{draw.word()}.internal"
    server = web(draw, port, networks=(net,))
    asker = client(
        draw,
        f"http://{server.name}:{port}/stock",
        networks=(net,),
        language="python",
        options={"environment": {"HTTP_PROXY": f"http://{proxy}:3128", "LANG": "C.UTF-8"}},
    )
    expect = Expect("proxy_unreachable|proxy_in_the_way", asker.name, {"env_key": "HTTP_PROXY"}, ("env_wrong_value",))

    def neighbour_is_well(site: Site) -> bool:
        return "ok" in site.sh(asker.name, f"curl -s --noproxy '*' http://{server.name}:{port}/stock")

    return Case(
        (server, asker),
        asker.name,
        both(logged(asker.name, "ERROR GET", times=3), neighbour_is_well),
        (expect,),
        networks=(net,),
    )


@scenario("W-SLOW", "ways", "T3")
def takes_its_time(draw: Draw) -> Case:
    """the peer takes the connection at once and answers each request after many seconds; it has threads enough."""
    net, api, port, wait = draw.name(), draw.name(), draw.port(), draw.between(7, 10)
    code = f"""
import http.server, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep({wait}); self.send_response(200); self.end_headers()
        try: self.wfile.write(b"[]")
        except OSError: pass
    def log_message(self, form, *words): print("scoring:", form % words, "in {wait}.0 s", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", {port}), Answer).serve_forever()
"""
    server = python(api, code, networks=(net,), serves=port)
    asking = """
require 'logger'; require 'net/http'
log = Logger.new($stdout)
loop do
  begin
    http = Net::HTTP.new(ARGV[0], ARGV[1].to_i); http.open_timeout = 2; http.read_timeout = 2; http.max_retries = 0
    log.info("score #{http.get('/score').code}")
  rescue => problem
    log.error("score not fetched from #{ARGV[0]}:#{ARGV[1]}: #{problem.class}")
  end
  sleep 0.5
end
"""
    asker = ruby(draw.name(), asking, api, str(port), networks=(net,))
    expect = Expect("dependency_slow", api, {})
    return Case((server, asker), asker.name, logged(asker.name, "ReadTimeout", times=3), (expect,), networks=(net,))


@scenario("W-SHOT", "ways", "T3")
def workers_shot_by_their_master(draw: Draw) -> Case:
    """Gunicorn ends workers whose request takes longer than --timeout; the client only sees closed connections."""
    net, api, port, limit = draw.name(), draw.name(), draw.port(), draw.pick(2, 3)
    code = """
import time
def app(environ, start):
    if environ["PATH_INFO"].startswith("/export"): time.sleep(45)
    start("200 OK", [("Content-Type", "text/plain")]); return [b"ok"]
"""
    command = [
        "gunicorn",
        "--chdir",
        "/srv/web",
        "--workers",
        "3",
        "--timeout",
        str(limit),
        "--bind",
        f"0.0.0.0:{port}",
        "wsgi:app",
    ]
    server = Box(api, command, image=PROGRAMS, files={"/srv/web/wsgi.py": code}, networks=(net,), serves=port)
    asking = """
const [base] = process.argv.slice(2);
const ask = path => require('http').get(base + path, {agent: false}, a => { console.log('INFO', path, a.statusCode); a.resume(); }).on('error', e => console.error('ERROR', path, e.code, e.message));
setInterval(() => ask('/export/2026'), 2500); setInterval(() => ask('/ping'), 900);
"""
    asker = node(draw.name(), asking, f"http://{api}:{port}", networks=(net,))
    expect = Expect("worker_timeout", api, {}, ("single_worker_blocked", "dependency_slow"))
    also = ("dependency_erroring",)
    return Case(
        (server, asker),
        asker.name,
        both(logged(api, "WORKER TIMEOUT", times=2), logged(asker.name, "socket hang up", "ECONNRESET")),
        (expect,),
        networks=(net,),
        also=also,
    )


@scenario("W-TWO", "ways", "T4")
def full_and_asked_at_the_wrong_door(draw: Draw) -> Case:
    """A full volume and a check of a wrong port, with nothing to do with each other: the volume is full, and the check asks where nobody listens."""
    name, volume, folder, port, wrong = draw.name(), draw.name(), draw.folder(), draw.port(), draw.port()
    code = """
require 'logger'; require 'socket'
log = Logger.new($stdout); folder, port = ARGV
Thread.new { s = TCPServer.new('0.0.0.0', port.to_i); loop { c = s.accept; c.gets; c.write("HTTP/1.0 200 OK\\r\\n\\r\\nok"); c.close } }
log.info("exporter listens on #{port}"); n = 0
loop do
  n += 1
  begin
    File.binwrite("#{folder}/part-#{n}.csv", 'c' * 180_000)
  rescue SystemCallError => problem
    log.error("export part #{n}: #{problem.class}: #{problem.message}"); sleep 0.4
  end
  sleep 0.05
end
"""
    made = ruby(name, code, folder, str(port), serves=port, options={
        "volumes": {volume: {"bind": folder, "mode": "rw"}},
        "healthcheck": check("CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{wrong}", retries=3),
    })  # fmt: skip
    expects = (
        Expect("volume_disk_full|tmpfs_full", name, {"path|mount|destination|target": folder}),
        Expect("healthcheck_wrong_port", name, {"port|target_port|value": wrong}, ("healthcheck_failing_app",)),
    )
    look = both(
        logged(name, "No space left", times=3), unhealthy(name, "refused"), lambda site: site.listens(name, port)
    )
    return Case(
        (made,),
        name,
        look,
        expects,
        volumes={volume: {"type": "tmpfs", "device": "tmpfs", "o": f"size={draw.between(4, 9)}m"}},
    )


# Fills the first argument's MiB at once, then goes on by a MiB each time.
STEPS = """
const [first, pause] = process.argv.slice(2).map(Number), kept = [];
const keep = () => { const b = Buffer.allocUnsafeSlow(1048576); b.fill(113); kept.push(b); };
for (let n = 0; n < first; n++) keep();
console.log('INFO', kept.length, 'pages cached'); setInterval(keep, pause);
"""


@scenario("W-STEPS", "ways", "T1")
def a_page_at_a_time(draw: Draw) -> Case:
    """Memory grows by one page a second, past half of the limit: in a moment it looks as if it stood still."""
    size = draw.mib(400, 480)
    arguments = str(int(size / MIB * 0.55)), str(draw.between(7, 10) * 100)
    box = node(draw.name(), STEPS, *arguments, options=memory(size, network_mode="none"))
    expect = Expect("memory_leak_near_limit", box.name, {"limit_bytes": size}, (), (), ("set_memory_limit", "recreate"))
    return Case((box,), box.name, both(running(box.name), logged(box.name, "pages cached")), (expect,))


@scenario("W-BACK", "ways", "T0")
def pages_that_are_given_back(draw: Draw) -> Case:
    """Memory grows by pages and goes back when enough of them are old; it has done so before."""
    size = draw.mib(400, 480)
    code = f"""
import mmap, time
def page():
    m = mmap.mmap(-1, 4194304); m.write(b"q" * 4194304); return m
kept = [page() for n in range({int(size / MIB * 0.55 / 4)})]
print("INFO", len(kept), "pages cached", flush=True)
while True:
    for n in range(12): kept.append(page()); time.sleep(0.6)
    for n in range(12): kept.pop().close()
    print("INFO old pages dropped", flush=True)
"""
    box = python(draw.name(), code, options=memory(size, network_mode="none"))
    return Case((box,), box.name, both(running(box.name), logged(box.name, "old pages dropped")), ())


@scenario("W-HIDE", "ways", "T1")
def sent_away_by_its_settings(draw: Draw) -> Case:
    """No word of the command line says that the server goes into the background: its file does, or its own default."""
    name, port = draw.name(), draw.port()
    path, command, text = draw.pick(
        (
            "/srv/fpm.conf",
            ["php-fpm8.2", "-y"],
            f"[www]\nuser = www-data\nlisten = {port}\npm = static\npm.max_children = 2\n",
        ),
        (
            "/srv/edge.cfg",
            ["haproxy", "-f"],
            f"global\n  daemon\ndefaults\n  mode tcp\n  timeout connect 2s\n  timeout client 9s\n  timeout server 9s\nlisten a\n  bind :{port}\n",
        ),
        ("/srv/cache.conf", ["redis-server"], f'daemonize yes\nport {port}\nsave ""\n'),
    )
    box = Box(name, [*command, path], image=PROGRAMS, files={path: text}, options={"network_mode": "none"})
    expect = Expect("foreground_process_missing", name, {}, (), (), ("recreate", "rebuild_advice"))
    return Case((box,), name, exited(name, 0), (expect,), also=(*NO_POLICY, "logs_to_file"))


@scenario("W-WHO", "ways", "T1")
def root_may_be_nobody_else(draw: Draw) -> Case:
    """A server is to become another user and may not; not all of them say what the system answered."""
    name = draw.name()
    edge = "global\n  uid 33\n  gid 33\ndefaults\n  mode tcp\n  timeout connect 2s\n  timeout client 9s\n  timeout server 9s\nlisten a\n  bind :8080\n"
    command, files = draw.pick(
        (["memcached", "-u", "memcache"], {}), (["haproxy", "-db", "-f", "/srv/edge.cfg"], {"/srv/edge.cfg": edge})
    )
    gone = draw.pick(["ALL"], ["SETGID", "SETUID"])
    box = Box(name, command, image=PROGRAMS, files=files, options={"cap_drop": gone, "network_mode": "none"})
    expect = Expect("capability_missing", name, {}, ("permission_denied_nonroot",), (), ("recreate",))
    look = both(exited(name), lambda site: site.state(name)["ExitCode"] != 0)
    return Case((box,), name, look, (expect,), also=NO_POLICY)


@scenario("W-FAR", "ways", "T2")
def it_says_how_far_it_is(draw: Draw) -> Case:
    """The checks have failed since the start, and each line tells how much of the snapshot is restored."""
    name, port, parts = draw.name(), draw.port(), draw.between(150, 300)
    line = draw.pick("part {n}/{all} restored", "restored {n} of {all} parts", "snapshot {share} % restored")
    code = f"""
import http.server, time
print("store: restoring the snapshot of {parts} parts", flush=True)
for n in range({parts}):
    time.sleep(1); print("store: " + {line!r}.format(n=n + 1, all={parts}, share=(n + 1) * 100 // {parts}), flush=True)
http.server.HTTPServer(("0.0.0.0", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
    test = check("CMD-SHELL", f"curl -fsS http://localhost:{port}/ || exit 1", retries=3)
    box = python(name, code, options={"healthcheck": test, "network_mode": "none"})
    expect = Expect("start_period_too_short", name, {}, ("healthcheck_failing_app",), (), ("recreate",))
    return Case((box,), name, both(unhealthy(name), logged(name, " restored", times=5)), (expect,))


@scenario("W-DOOR", "ways", "T2")
def started_and_asked_elsewhere(draw: Draw) -> Case:
    """gunicorn listens, and its last words are that it boots a worker; the check asks another port."""
    name, port, wrong = draw.name(), draw.port(), draw.port()
    code = 'def app(environ, start):\n    start("200 OK", []); return [b"ok"]\n'
    test = check("CMD-SHELL", f"busybox wget -q -O /dev/null http://127.0.0.1:{wrong}/")
    box = gunicorn(name, code, "--bind", f"0.0.0.0:{port}", serves=port, options={"healthcheck": test})
    expect = Expect("healthcheck_wrong_port", name, {"port|target_port|value": wrong}, ("healthcheck_failing_app",))
    return Case((box,), name, both(unhealthy(name), lambda site: site.listens(name, port)), (expect,))


@scenario("W-NAMES", "ways", "T3")
def one_name_and_two_stores(draw: Draw) -> Case:
    """Two redis have one alias, and one of them wants a password; only the client's log tells whom it calls."""
    net, alias, mine, other = draw.name(), f"sessions-{draw.word()}", draw.name(), draw.name()
    stores = (
        Box(
            mine,
            ["redis-server", "--protected-mode", "no", "--save", ""],
            networks=(net,),
            aliases=(alias,),
            serves=6379,
        ),
        Box(
            other,
            ["redis-server", "--requirepass", draw.secret(), "--save", ""],
            networks=(net,),
            aliases=(alias,),
            serves=6379,
        ),
    )
    code = f"""
import random, socket, time
while True:
    place = random.choice(socket.getaddrinfo("{alias}", 6379, type=socket.SOCK_STREAM))[4]
    s = socket.create_connection(place, 2); s.sendall(b"INCR hits\\r\\n"); said = s.recv(200).decode().strip(); s.close()
    print("level=%s msg=session addr={alias}:6379 %s" % (("info", "stored") if said[0] == ":" else ("error", "err=%r" % said)), flush=True)
    time.sleep(0.3)
"""
    asker = python(draw.name(), code, networks=(net,))
    expect = Expect("alias_collision", other, {"alias|host": alias}, (), ("alias", "network"), ("recreate",))
    look = both(logged(asker.name, "NOAUTH", times=3), logged(asker.name, "stored", times=3))
    return Case((*stores, asker), asker.name, look, (expect,), networks=(net,))
