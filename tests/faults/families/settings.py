"""Configuration: variables that are missing or wrong, ports that may not be bound, files that are not what they seem."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.draw import Draw
from tests.faults.families.disk import host_folder
from tests.faults.programs import both, client, exited, logged, node, python, restarted, running, shell, web
from tests.faults.scenario import SERVERS, SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

SAID = ("env_key", "logs", "signals")


def missing(draw: Draw, box: Box, key: str) -> Case:
    expect = Expect("env_missing", box.name, {"env_key": key}, decisive=SAID, accepts=("recreate",))
    return Case(
        (box,), box.name, both(exited(box.name), logged(box.name, key)), (expect,), also=("restart_policy_absent",)
    )


def others(draw: Draw) -> dict[str, str]:
    """What is set, and must not be shown."""
    return {draw.env_key("PASSWORD", "TOKEN"): draw.secret(), draw.env_key("MODE"): "live"}


@scenario("C01", "settings", "T1")
def python_misses_a_variable(draw: Draw) -> Case:
    """A Python program reads a variable that is not set."""
    key = draw.env_key()
    code = f"import os\nprint('starting')\nplace = os.environ[{key!r}]\n"
    return missing(draw, python(draw.name(), code, options={"environment": others(draw)}), key)


@scenario("C01-node", "settings", "T1")
def node_misses_a_variable(draw: Draw) -> Case:
    """A node program checks its settings and gives up."""
    key = draw.env_key()
    line = draw.pick(f"environment variable {key} is not set", f"{key} is required", f"Missing required env var {key}")
    code = f"if (!process.env.{key}) throw new Error({line!r});"
    return missing(draw, node(draw.name(), code, options={"environment": others(draw)}), key)


@scenario("C01-shell", "settings", "T1")
def shell_misses_a_variable(draw: Draw) -> Case:
    """An entrypoint in shell insists on a variable."""
    key = draw.env_key()
    script = draw.pick(f': "${{{key}:?}}"; exec sleep 3600', f"set -u; echo to ${key}; exec sleep 3600")
    return missing(draw, shell(draw.name(), script, image=SVC, options={"environment": others(draw)}), key)


@scenario("C01-loop", "settings", "T2")
def variable_missing_in_a_loop(draw: Draw) -> Case:
    """The variable is missing, and the policy starts it again and again."""
    key, name = draw.env_key(), draw.name()
    code = f"import os, sys, time\ntime.sleep(0.1)\nif {key!r} not in os.environ:\n    sys.exit('config error: {key} must be set')\n"
    box = python(name, code, options={"environment": others(draw), "restart_policy": {"Name": "always"}})
    expect = Expect(
        "env_missing", name, {"env_key": key}, siblings=("crash_loop",), decisive=SAID, accepts=("recreate",)
    )
    return Case((box,), name, restarted(name, 3), (expect,))


@scenario("C01-postgres", "settings", "T2")
def database_without_a_password(draw: Draw) -> Case:
    """A new database refuses to start without the password it should be given."""
    name = draw.name()
    box = Box(name, None, image="ergon-ops-demo/orders-db:1", options={"environment": {"TZ": "UTC"}})
    case = missing(draw, box, "POSTGRES_PASSWORD")
    return replace(case, expects=(replace(case.expects[0], cause="env_missing|pg_password_missing"),))


@scenario("C02", "settings", "T3")
def wrong_port_in_a_variable(draw: Draw) -> Case:
    """The variable names a port where the peer does not listen; the peer is well."""
    net, peer, port, wrong = draw.name(), draw.name(), draw.port(), draw.port()
    key = draw.env_key("PORT")
    server = web(draw, port, name=peer, networks=(net,))
    asker = _asking_by_env(draw, net, {draw.env_key("HOST"): peer, key: str(wrong)})
    expect = _wrong(asker.name, {"env_key": key, "port|value|target_port": wrong, "peer|host": peer})
    return Case((server, asker), asker.name, logged(asker.name, "refused"), (expect,), networks=(net,))


@scenario("C02-url", "settings", "T3")
def wrong_port_in_a_url(draw: Draw) -> Case:
    """The same in a URL, for a redis."""
    net, peer, wrong = draw.name(), draw.name(), draw.port()
    key = draw.env_key("URL", "CACHE")
    server = Box(peer, ["redis-server", "--save", "", "--protected-mode", "no"], networks=(net,), serves=6379)
    code = (
        "import os, time, redis\n"
        f"store = redis.Redis.from_url(os.environ[{key!r}], socket_timeout=2)\n"
        "while True:\n    try: print('PONG', store.ping(), flush=True)\n"
        "    except redis.RedisError as e: print('ERROR', e, flush=True)\n    time.sleep(0.5)\n"
    )
    options = {"environment": {key: f"redis://{peer}:{wrong}/0"}}
    asker = python(draw.name(), code, networks=(net,), options=options)
    expect = _wrong(asker.name, {"env_key": key, "port|value|target_port": wrong, "peer|host": peer})
    return Case((server, asker), asker.name, logged(asker.name, "refused"), (expect,), networks=(net,))


@scenario("C02-name", "settings", "T3")
def wrong_name_in_a_variable(draw: Draw) -> Case:
    """The variable names a host that nobody is called; the one that is meant is there under another."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    typo = peer[:-1]
    key = draw.env_key("HOST")
    server = web(draw, port, name=peer, networks=(net,))
    asker = _asking_by_env(draw, net, {key: typo, draw.env_key("PORT"): str(port)})
    expect = Expect(
        "unknown_host|env_wrong_value", asker.name, {"host": typo},
        decisive=("env_host", "signals", "logs", "alias", "network"), accepts=("recreate",),
    )  # fmt: skip
    gone = ("not known", "ENOTFOUND", "EAI_AGAIN", "name resolution")
    return Case((server, asker), asker.name, logged(asker.name, *gone), (expect,), networks=(net,))


def _asking_by_env(draw: Draw, net: str, env: dict[str, str]) -> Box:
    host, port = env.values()
    box = client(draw, f"http://{host}:{port}/", networks=(net,))
    assert box.command is not None
    first, second = env
    # The address comes from the environment, as the program itself would read it.
    script = " ".join([*list(box.command)[:-2], f'"http://${{{first}}}:${{{second}}}/"', "3"])
    return Box(box.name, ["sh", "-c", f"exec {script}"], files=box.files, networks=(net,), options={"environment": env})


def _wrong(name: str, details: dict[str, object]) -> Expect:
    return Expect(
        "env_wrong_value", name, details, decisive=("env_host", "env_port", "signals", "logs", "listener"),
        accepts=("recreate",),
    )  # fmt: skip


@scenario("C07", "settings", "T2")
def low_port_for_a_plain_user(draw: Draw) -> Case:
    """A user other than root binds a low port, in a container whose sysctl forbids it."""
    name, port = draw.name(), draw.between(81, 900)
    code = f"import socket\nsocket.create_server(('0.0.0.0', {port}))\n"
    options = {"user": str(draw.between(1000, 60000)), "sysctls": {"net.ipv4.ip_unprivileged_port_start": 1024}}
    server = draw.pick(
        python(name, code, options=options),
        node(name, f"require('http').createServer().listen({port}, '0.0.0.0')", options=options),
    )
    expect = Expect(
        "privileged_port_denied",
        name,
        {"port": port},
        decisive=("user", "signals", "logs", "sysctl"),
        accepts=("recreate",),
    )
    look = both(exited(name), logged(name, "ermission denied"))
    return Case((server,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C09", "settings", "T2")
def another_time_zone(draw: Draw) -> Case:
    """Its own stamps differ from the engine's by whole hours."""
    name, zone = draw.name(), draw.pick("UTC-9", "UTC-3", "UTC+5", "UTC-8")
    box = shell(
        name, "while :; do echo \"$(date '+%Y-%m-%d %H:%M:%S') INFO tick\"; sleep 1; done", image=SVC,
        options={"environment": {"TZ": zone}},
    )  # fmt: skip
    expect = Expect(
        "timezone_skew", name, {}, decisive=("log_clock_skew", "logs", "signals", "env_key"), accepts=("recreate",)
    )
    return Case((box,), name, logged(name, "tick", times=3), (expect,))


@scenario("C10", "settings", "T2")
def two_servers_on_one_port(draw: Draw) -> Case:
    """Inside the container, a second server wants the port of the first."""
    name, port = draw.name(), draw.port()
    expect = Expect("address_in_use", name, {"port": port}, decisive=("signals", "logs", "listener"), accepts=())
    code = (
        "import socket, subprocess, sys\n"
        f"first = socket.create_server(('0.0.0.0', {port}))\n"
        f"sys.exit(subprocess.call(['python3', '-m', 'http.server', '{port}']))\n"
    )
    box = python(name, code)
    look = both(exited(name, 1), logged(name, "Address already in use"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C04", "settings", "T2")
def file_that_became_a_folder(draw: Draw) -> Case:
    """The mounted file was not there: the engine made a folder of its name, and the program cannot read it."""
    name, target = draw.name(), f"/etc/{draw.word()}.conf"
    source = f"{draw.word()}.conf"

    def inject(site: Site) -> None:
        mounts = {"volumes": [f"{host_folder(site)}/{source}:{target}"]}
        site.add(Box(name, ["python3", "-c", f"print(open('{target}').read())"], options=mounts))

    expect = Expect(
        "mount_directory_for_file", name, {"mount|path": target},
        decisive=("mount_source", "mount", "signals", "logs", "mount_kind"), accepts=("recreate", "host_advice"),
    )  # fmt: skip
    look = both(exited(name), logged(name, "Is a directory"))
    return Case((), name, look, (expect,), inject=inject, also=("restart_policy_absent",))


@scenario("C08", "settings", "T2")
def broken_configuration(draw: Draw) -> Case:
    """The server does not understand a line of its configuration file."""
    name = draw.name()
    if draw.pick(True, False):
        config, path = f"events {{}}\nhttp {{ {draw.word()} on; }}\n", "/etc/nginx/site.conf"
        box = Box(name, ["nginx", "-c", path, "-g", "daemon off; error_log stderr;"], files={path: config})
    else:
        config, path = f"port {draw.port()}\n{draw.word()} yes\n", "/etc/redis/own.conf"
        box = Box(name, ["redis-server", path], files={path: config})
    expect = Expect(
        "config_invalid|nginx_config_invalid|redis_config_invalid", name, {"path": path},
        decisive=("logs", "signals"),
    )  # fmt: skip
    look = both(exited(name), logged(name, "unknown directive", "Bad directive"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C08-lighttpd", "settings", "T1")
def configuration_that_does_not_parse(draw: Draw) -> Case:
    """Another server, which only a common rule knows, cannot parse its configuration."""
    name, path = draw.name(), f"/etc/lighttpd/{draw.word()}.conf"
    broken = draw.pick('server.modules = ( "mod_access"\n', "server.port = \n", "$HTTP[host] == {\n")
    config = f'server.document-root = "/srv"\nserver.port = {draw.port()}\n{broken}'
    box = Box(name, ["lighttpd", "-D", "-f", path], SERVERS, files={path: config})
    expect = Expect("config_invalid", name, {"path": path}, decisive=("logs", "signals"))
    look = both(exited(name), logged(name, "parser failed"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C12", "settings", "T1")
def library_that_is_not_there(draw: Draw) -> Case:
    """A library of the system that a program needs is not in the image."""
    name = draw.name()
    library, run, image = draw.pick(
        ("libpq.so.5", "psql --version", SVC),
        ("libpq.so.5", "python3 -c 'import psycopg2'", SVC),
        ("libpcre2-8.so.0", "lighttpd -v", SERVERS),
    )
    box = shell(name, f"rm -f /usr/lib/*/{library}* /lib/*/{library}*; exec {run}", image=image)
    expect = Expect(
        "shared_library_missing", name, {"value": library}, decisive=("logs", "signals"), accepts=("rebuild_advice",)
    )
    look = both(exited(name), logged(name, "cannot open shared object"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C11", "settings", "T2")
def replaced_file(draw: Draw) -> Case:
    """The mounted file was replaced on the host by a new one: the container still has the old."""
    name, target = draw.name(), f"/etc/{draw.word()}.conf"
    old, new = draw.word(), draw.word()

    def replace(site: Site) -> None:
        file = host_folder(site) / f"{draw.word()}.conf"
        file.write_text(f"mode={old}\n")
        script = f"while :; do cat {target}; sleep 0.5; done"
        site.add(shell(name, script, image=SVC, options={"volumes": [f"{file}:{target}:ro"]}))
        site.until(lambda: old in site.logs(name), "the first content")
        fresh = file.with_suffix(".new")
        fresh.write_text(f"mode={new}\n")
        fresh.replace(file)

    expect = Expect(
        "mount_stale",
        name,
        {"mount|path": target},
        decisive=("mounts", "mount_stale", "filesystem"),
        accepts=("restart", "recreate"),
    )
    return Case(
        (), name, both(running(name), lambda site: old in site.sh(name, f"cat {target}")), (expect,), inject=replace
    )
