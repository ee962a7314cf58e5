"""Faults that are nobody's limit and nobody's network: what a host grants a user, files that several share, a loopback
that is somebody else's, words around a value."""

from __future__ import annotations

from docker.types import Ulimit

from tests.faults.draw import Draw
from tests.faults.programs import both, client, exited, logged, node, python, shell, web
from tests.faults.scenario import SERVERS, SVC, Box, Case, Expect, scenario

SAID = ("signals", "logs")
GONE = ("not known", "ENOTFOUND", "EAI_AGAIN", "name resolution")


@scenario("R17", "processes", "T2")
def too_many_of_one_user(draw: Draw) -> Case:
    """The ulimit of processes of its user is used up; the container has no such limit."""
    name, most = draw.name(), draw.between(5, 12)
    code = (
        "import subprocess, time\nheld = []\nwhile True:\n    try: held.append(subprocess.Popen(['sleep', '999']))\n"
        "    except OSError as problem: print('spawn failed:', problem, flush=True); time.sleep(0.5)\n"
    )
    options = {"user": str(draw.between(20_000, 60_000)), "ulimits": [Ulimit(name="nproc", soft=most, hard=most)]}
    expect = Expect("user_process_limit", name, {"value": most}, decisive=("ulimit", *SAID), accepts=("recreate",))
    look = logged(name, "temporarily unavailable", times=3)
    return Case((python(name, code, options=options),), name, look, (expect,), also=("process_leak",))


@scenario("R18", "processes", "T2")
def no_more_watches(draw: Draw) -> Case:
    """The host grants a user no more inotify instances; the kernel says that too many files are open."""
    name = draw.name()
    code = (
        "import ctypes, os, time\nlibc = ctypes.CDLL(None, use_errno=True)\nwhile libc.inotify_init1(0) >= 0: pass\n"
        "while True:\n    if libc.inotify_init1(0) < 0: print(OSError(ctypes.get_errno(), 'inotify instance limit"
        " reached'), flush=True)\n    time.sleep(0.5)\n"
    )
    box = python(name, code, options={"user": str(draw.between(20_000, 60_000))})
    expect = Expect("inotify_limit", name, {"setting": "inotify"}, decisive=SAID, accepts=("host_advice",))
    return Case((box,), name, logged(name, "limit reached", times=3), (expect,))


@scenario("C13", "settings", "T2")
def module_of_the_workers(draw: Draw) -> Case:
    """A program forks workers, and each ends of a module that is not there; the first process lives."""
    name, module = draw.name(), draw.word()
    code = (
        "const cluster = require('cluster');\nif (cluster.isPrimary) {\n  cluster.fork();\n"
        "  cluster.on('exit', (w, code) => { console.log('worker ended with', code); setTimeout(() => cluster.fork(), 400); });\n"
        f"}} else {{ require('{module}'); }}\n"
    )
    expect = Expect(
        "node_module_missing", name, {"value": module}, decisive=SAID, accepts=("rebuild_advice", "recreate")
    )
    return Case((node(name, code),), name, logged(name, "Cannot find module", times=4), (expect,))


@scenario("C13-ruby", "settings", "T1")
def gem_that_is_not_there(draw: Draw) -> Case:
    """A Ruby program requires a gem that is not installed."""
    name, gem = draw.name(), draw.word()
    box = Box(name, ["ruby", "/srv/app.rb"], SERVERS, files={"/srv/app.rb": f"puts 'starting'\nrequire '{gem}'\n"})
    expect = Expect("ruby_gem_missing", name, {"value": gem}, decisive=SAID, accepts=("rebuild_advice",))
    look = both(exited(name), logged(name, "cannot load such file"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C14", "settings", "T3")
def words_around_a_value(draw: Draw) -> Case:
    """The host in a variable has quotes around it, or the end of a line from Windows: nobody is called so."""
    net, peer, port, key = draw.name(), draw.name(), draw.port(), draw.env_key("HOST")
    code = (
        f"import os, socket, time\nhost = os.environ['{key}']\nwhile True:\n"
        f"    try: socket.create_connection((host, {port}), 2).close(); print('ok', flush=True)\n"
        f"    except OSError as problem: print(f'ERROR connect to {{host!r}}, {port}: {{problem}}', flush=True)\n"
        "    time.sleep(0.5)\n"
    )
    value = draw.pick(f'"{peer}"', f"{peer}\r", f"'{peer}'")
    asker = python(draw.name(), code, networks=(net,), options={"environment": {key: value}})
    expect = Expect("env_wrong_value", asker.name, {"env_key": key}, decisive=("env_odd", *SAID), accepts=("recreate",))
    server = web(draw, port, name=peer, networks=(net,))
    return Case((server, asker), asker.name, logged(asker.name, *GONE, times=2), (expect,), networks=(net,))


@scenario("D01", "disk", "T3")
def locked_by_another(draw: Draw) -> Case:
    """Two containers share an SQLite file, and one keeps it locked."""
    volume, folder = draw.name(), draw.folder()
    path, shared = f"{folder}/{draw.word()}.db", {"volumes": {volume: {"bind": folder, "mode": "rw"}}}
    hold = (
        f"import sqlite3, time\nbase = sqlite3.connect('{path}', isolation_level=None)\n"
        "base.execute('create table if not exists rows (n int)')\nbase.execute('begin exclusive')\n"
        "print('migrating', flush=True)\ntime.sleep(3600)\n"
    )
    write = (
        "import sqlite3, time\ntime.sleep(0.7)\nwhile True:\n"
        f"    try: sqlite3.connect('{path}', timeout=0.2).execute('insert into rows values (1)')\n"
        "    except sqlite3.Error as problem: print('ERROR cannot store:', problem, flush=True)\n    time.sleep(0.4)\n"
    )
    holder = python(draw.name(), hold, options=shared)
    asker = python(draw.name(), write, options=shared)
    expect = Expect("sqlite_locked", asker.name, {}, decisive=SAID)
    look = logged(asker.name, "database is locked", times=3)
    return Case((holder, asker), asker.name, look, (expect,), volumes={volume: {}})


@scenario("N20", "network", "T3")
def loopback_of_another(draw: Draw) -> Case:
    """A sidecar calls its neighbour on the loopback that they share, and the neighbour does not listen."""
    neighbour, port = draw.name(), draw.port()
    app = shell(neighbour, "echo started; exec sleep 3600", image=SVC)
    asker = client(draw, f"http://127.0.0.1:{port}/")
    side = Box(asker.name, asker.command, files=asker.files, options={"network_mode": f"container:{neighbour}"})
    expect = Expect("dependency_refusing", neighbour, {"port": port}, decisive=("sockets_visible", *SAID))
    return Case((app, side), side.name, logged(side.name, "refused", times=3), (expect,))


@scenario("N21", "network", "T3")
def name_of_another_place(draw: Draw) -> Case:
    """The peer is called with a domain that it has elsewhere."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    host = f"{peer}.{draw.pick('corp.internal', 'shop.svc.cluster.local', 'lan')}"
    asker = client(draw, f"http://{host}:{port}/", networks=(net,))
    expect = Expect("unknown_host", asker.name, {"host": host}, decisive=("network", "state", *SAID))
    server = web(draw, port, name=peer, networks=(net,))
    return Case((server, asker), asker.name, logged(asker.name, *GONE, times=2), (expect,), networks=(net,))


@scenario("N22", "network", "T3")
def tls_to_a_plain_port(draw: Draw) -> Case:
    """A client speaks TLS to a server that does not."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    asker = client(draw, f"https://{peer}:{port}/", networks=(net,), language="python")
    expect = Expect("tls_to_plain_port", asker.name, {"host|peer": peer}, decisive=SAID)
    server = web(draw, port, name=peer, networks=(net,))
    return Case(
        (server, asker), asker.name, logged(asker.name, "wrong_version", "record layer", times=2), (expect,),
        networks=(net,),
    )  # fmt: skip
