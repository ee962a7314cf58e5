"""Faults whose log says something else as well, or less than one needs: a harmless warning before the end, a library
that leaves out a server's code, a module that is in the image and hidden, a peer that is there again for the moment."""

from __future__ import annotations

from docker.types import Mount

from tests.faults.draw import MIB, Draw
from tests.faults.programs import both, client, exited, logged, memory, python, restarted, running, shell, web
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

SAID = ("signals", "logs")
PACKAGES = "/usr/lib/python3/dist-packages"
LOGGING = (
    "import logging, os, sys, time\n"
    "logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(asctime)s %(levelname)s %(name)s: %(message)s')\n"
    "log = logging.getLogger('app')\n"
)
# What programs say of a variable that they can do without.
HARMLESS = (
    ("warning", "{key} is not set, error tracking is off"),
    ("warning", "{key} is not set: crash reports are disabled"),
    ("info", "{key} is not set"),
    ("warning", "missing environment variable {key}, falling back to the built-in default, no exception reporting"),
)
# Settings that do not parse, and how each is read.
BROKEN = (
    ("json", "{{'workers': {n}}}", "import json; json.load(open(sys.argv[1]))"),
    ("json", '{{"workers": {n},}}', "import json; json.load(open(sys.argv[1]))"),
    ("toml", "workers = {n}\nlisten = 0.0.0.0\n", "import tomllib; tomllib.load(open(sys.argv[1], 'rb'))"),
    ("ini", "workers = {n}\n", "import configparser; configparser.ConfigParser().read_file(open(sys.argv[1]))"),
)


@scenario("W01", "variables", "T2")
def warning_before_the_end(draw: Draw) -> Case:
    """It does without a variable and says so; what ends it is its settings file, which does not parse."""
    name, key = draw.name(), draw.env_key("DSN", "KEY", "URL")
    level, words = draw.pick(*HARMLESS)
    ending, text, reading = draw.pick(*BROKEN)
    path = f"{draw.folder()}/settings.{ending}"
    code = f"{LOGGING}log.{level}('{words.format(key=key)}')\nlog.info('reading the settings')\n{reading}\n"
    box = python(
        name, code, path, options={"restart_policy": {"Name": draw.pick("always", "unless-stopped")}}
    )  # fmt: skip
    box = Box(
        name, box.command, files={**box.files, f"{path}!": text.format(n=draw.between(2, 9))}, options=box.options
    )
    expect = Expect("config_invalid", name, {}, ("crash_loop",), SAID)
    return Case((box,), name, both(restarted(name, 2), logged(name, "Error")), (expect,), also=("crash_loop",))


# What nginx finds in its files when it starts.
MISTAKES = (
    "server {{ listen {port}; location / {{ proxy_cache {word}; }} }}",
    "server {{ listen {port}; root /a; root /b; }}",
    "upstream {word} {{ }} server {{ listen {port}; }}",
    "server {{ listen {port}; location / {{ return 200; }} location / {{ return 204; }} }}",
    "server {{ listen {port}; location ~ ({word} {{ return 200; }} }}",
    "log_format {word} '${word}'; server {{ listen {port}; }}",
    "server {{ listen {port} default_server; }} server {{ listen {port} default_server; }}",
    "server {{ listen {port} ssl; }}",
)


@scenario("W02", "nginx", "T1")
def mistake_of_any_kind(draw: Draw) -> Case:
    """nginx does not start for one of many mistakes that its files can have."""
    name, path = draw.name(), f"/etc/nginx/{draw.word()}.conf"
    text = draw.pick(*MISTAKES).format(word=draw.word(), port=draw.port())
    config = f"user www-data;\nerror_log stderr;\nevents {{}}\nhttp {{ {text} }}\n"
    box = Box(name, ["nginx", "-c", path, "-g", "daemon off;"], files={f"{path}!": config})
    expect = Expect("nginx_config_invalid", name, {}, (), SAID)
    look = both(exited(name, 1), logged(name, "[emerg]"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


def beneath(name: str, module: str, volume: str, *, then: str = "") -> Box:
    """A program that wants a module, with an empty volume over the image's packages."""
    mount = Mount(PACKAGES, volume, type="volume", no_copy=True)
    code = f"print('starting', flush=True)\nimport {module}\n{then}"
    return python(name, code, options={"mounts": [mount]})


@scenario("W03", "mounts", "T2")
def packages_beneath_a_volume(draw: Draw) -> Case:
    """An empty volume lies over the folder in which the image has the module."""
    name, volume = draw.name(), draw.name()
    module = draw.pick("redis", "psycopg2", "fastapi", "uvicorn", "pydantic.fields")
    expect = Expect(
        "volume_shadows_image",
        name,
        {"mount|path": PACKAGES},
        ("python_module_missing",),
        ("mounts", "files"),
        ("recreate",),
    )
    look = both(exited(name, 1), logged(name, "No module named"))
    also = ("restart_policy_absent",)
    return Case((beneath(name, module, volume),), name, look, (expect,), volumes={volume: {}}, also=also)


@scenario("W03-absent", "mounts", "T2")
def module_that_is_nowhere(draw: Draw) -> Case:
    """The same volume; but the module is not among what it hides: the image does not have it at all."""
    name, volume, module = draw.name(), draw.name(), draw.word()
    expect = Expect("python_module_missing", name, {"value": module}, (), SAID, ("rebuild_advice",))
    look = both(exited(name, 1), logged(name, "No module named"))
    also = ("restart_policy_absent",)
    return Case((beneath(name, module, volume),), name, look, (expect,), volumes={volume: {}}, also=also)


@scenario("T-packages", "controls", "T0")
def volume_nobody_misses(draw: Draw) -> Case:
    """The same volume over a program that needs none of what it hides."""
    name, volume = draw.name(), draw.name()
    then = "import time\nwhile True: print('done 1 job, 0 errors', flush=True); time.sleep(0.5)\n"
    box = beneath(name, "json", volume, then=then)
    return Case((box,), name, both(running(name), logged(name, "0 errors", times=3)), volumes={volume: {}})


STORE = (
    "import sqlite3, sys, time, traceback\nwhile True:\n    try:\n        base = sqlite3.connect(sys.argv[1], timeout=0.5)\n"
    "        base.execute('insert into seen values (?)', (time.time(),)); base.commit(); print('stored', flush=True)\n"
    "    except sqlite3.Error as problem: {tell}\n    time.sleep({pause})\n"
)
HOLD = (
    "import sqlite3, sys, time\nbase = sqlite3.connect(sys.argv[1], isolation_level=None)\nbase.execute('create table seen (at real)')\n"
    "time.sleep(2)\nbase.execute('begin exclusive')\ntime.sleep({held})\nbase.execute('commit')\ntime.sleep(9999)\n"
)


def two_on_one_file(draw: Draw, name: str, held: float) -> Box:
    """Two programs of one container with one SQLite file, which one of them keeps locked for a while."""
    path = f"{draw.folder()}/{draw.word()}.db"
    tell = draw.pick("print('ERROR not stored:', problem, flush=True)", "traceback.print_exc()")
    files = {
        "/srv/hold.py": HOLD.format(held=held),
        "/srv/store.py": STORE.format(tell=tell, pause=draw.pick("0.8", "1.2")),
    }
    script = (
        f"mkdir -p $(dirname {path}); python3 -u /srv/hold.py {path} & sleep 1; exec python3 -u /srv/store.py {path}"
    )
    return shell(name, script, image=SVC, files=files)


@scenario("W04", "files", "T2")
def database_kept_by_a_neighbour(draw: Draw) -> Case:
    """A program beside it keeps the SQLite file locked: nothing has been stored since."""
    name = draw.name()
    expect = Expect("sqlite_locked", name, {"service": "sqlite"}, (), SAID)
    look = both(running(name), logged(name, "stored"), logged(name, "database is locked", times=2))
    return Case((two_on_one_file(draw, name, 9999),), name, look, (expect,))


@scenario("T-lock", "controls", "T0")
def lock_that_was_released(draw: Draw) -> Case:
    """The file was locked for some seconds; everything has been stored since."""
    name = draw.name()

    def look(site: Site) -> bool:
        after = site.logs(name).rpartition("database is locked")
        return bool(after[1]) and after[2].count("stored") >= 12

    return Case((two_on_one_file(draw, name, 4),), name, look)


@scenario("W05", "network", "T3")
def address_from_the_start(draw: Draw) -> Case:
    """nginx looked its upstream up when it started; somebody else has that address now."""
    net, peer, port, door, front = draw.name(), draw.name(), draw.port(), draw.port(), draw.name()
    target = draw.pick(f"http://{peer}:{port}", "http://pool")
    config = (
        f"user www-data;\nerror_log stderr;\nevents {{}}\nhttp {{\n  access_log /dev/stdout;\n  upstream pool {{ server {peer}:{port}; }}\n"
        f"  server {{ listen {door}; location / {{ proxy_connect_timeout 2s; proxy_pass {target}; }} }}\n}}\n"
    )
    path = "/etc/nginx/front.conf"
    proxy = Box(
        front, ["nginx", "-c", path, "-g", "daemon off;"], files={f"{path}!": config}, networks=(net,), serves=door
    )
    asker = client(draw, f"http://{front}:{door}/", networks=(net,), language="python")
    other = Box(draw.name(), ["sleep", "3600"], image=BUSYBOX, networks=(net,), start=False)

    def move(site: Site) -> None:
        site.until(lambda: " 200" in site.logs(asker.name), "the first answer")
        before = site.address(peer, net)
        site.container(peer).stop(timeout=0)
        site.start(other.name)
        site.start(peer)
        site.until(lambda: site.listens(peer, port) and site.address(peer, net) != before, "another address")

    expect = Expect("stale_ip", front, {"peer": peer}, (), ("network", *SAID))
    look = both(logged(front, "Connection refused) while connecting", times=2), logged(asker.name, "502", times=2))
    boxes = (web(draw, port, name=peer, networks=(net,)), proxy, asker, other)
    return Case(boxes, front, look, (expect,), networks=(net,), inject=move, forbidden=("stop",))


LEAKING = (
    "import http.server, sys\nheld = []\nclass App(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n"
    "        held.append(b'x' * {step}); self.send_response(200); self.end_headers(); self.wfile.write(b'ok')\n"
    "http.server.ThreadingHTTPServer(('0.0.0.0', int(sys.argv[1])), App).serve_forever()\n"
)


@scenario("W06", "memory", "T3")
def peer_there_again_for_the_moment(draw: Draw) -> Case:
    """What it calls runs out of memory every few seconds; most of its calls go well meanwhile."""
    net, peer, port, limit = draw.name(), draw.name(), draw.port(), draw.between(32, 44) * MIB
    options = {"restart_policy": {"Name": "always"}, **memory(limit)}
    server = python(peer, LEAKING.format(step=MIB), str(port), networks=(net,), serves=port, options=options)
    code = (
        f"{LOGGING}import urllib.request\nnumber = 0\nwhile True:\n    try:\n        urllib.request.urlopen(sys.argv[1], timeout=3).read(); number += 1\n"
        "        if number % 5 == 0: log.info('%d pages read', number)\n"
        "    except OSError as problem: log.error('page not read: %s', problem); time.sleep(0.6)\n    time.sleep(0.05)\n"
    )
    asker = python(draw.name(), code, f"http://{peer}:{port}/", networks=(net,))
    expect = Expect(
        "oom_restart_loop|oom_killed",
        peer,
        {"limit_bytes": limit},
        (),
        ("events", "state", "limits"),
        ("set_memory_limit", "recreate"),
    )
    look = both(restarted(peer, 2), logged(asker.name, "page not read", times=2))
    also = ("dependency_refusing", "dependency_stopped", "memory_leak_near_limit", "crash_loop")
    return Case((server, asker), asker.name, look, (expect,), networks=(net,), also=also)


@scenario("W07", "combos", "T4")
def replica_and_table(draw: Draw) -> Case:
    """Two faults at once: it writes to a replica, whose code its library leaves out, and asks for a table that is not."""
    net, first, second, base, table = draw.name(), draw.name(), draw.name(), draw.name(), draw.word()
    postgres = "exec postgres -D /var/lib/postgresql/data -c listen_addresses='*' -c unix_socket_directories=/tmp"
    code = LOGGING + (
        "import psycopg2, redis\nstore = redis.Redis(sys.argv[1])\n"
        "base = psycopg2.connect(host=sys.argv[2], user='reader', password=sys.argv[3], dbname='postgres'); base.autocommit = True\n"
        "while True:\n    try: store.incr('runs')\n    except redis.RedisError as problem: log.error('not counted: %s', problem)\n"
        f"    try: base.cursor().execute('select * from {table}')\n    except psycopg2.Error as problem: log.error('no report: %s', problem)\n"
        "    time.sleep(0.7)\n"
    )
    secret = draw.secret()
    worker = python(draw.name(), code, second, base, secret, networks=(net,), start=False)
    redis = ["redis-server", "--protected-mode", "no", "--save", ""]
    boxes = (
        Box(first, redis, networks=(net,), serves=6379),
        Box(second, [*redis, "--replicaof", first, "6379"], networks=(net,), serves=6379),
        shell(base, postgres, image=SVC, networks=(net,), serves=5432, options={"user": "postgres"}),
        worker,
    )

    def role(site: Site) -> None:
        ask = f"psql -h /tmp -U postgres -c \"create role reader login password '{secret}'\""
        site.until(lambda: "CREATE ROLE" in site.sh(base, ask), "the role")
        site.until(lambda: "master_link_status:up" in site.sh(second, "redis-cli info replication"), "the replica")
        site.start(worker.name)

    expects = (
        Expect("redis_readonly_replica", worker.name, {"peer": second}, (), SAID),
        Expect("pg_table_missing", base, {"value": table}, (), SAID),
    )
    look = both(logged(worker.name, "read only replica", times=3), logged(worker.name, "does not exist", times=3))
    return Case(boxes, worker.name, look, expects, networks=(net,), inject=role, also=("secret_in_command",))
