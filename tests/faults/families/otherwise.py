"""As `ways`: a cause that other scenarios have too, told by another program, from further away, or by nothing at all."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.draw import MIB, Draw
from tests.faults.families.stores import postgres, redis, sql, storing
from tests.faults.programs import both, check, exited, logged, node, python, shell, unhealthy
from tests.faults.scenario import SERVERS, SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

NO_POLICY = ("restart_policy_absent",)


@scenario("W-FAILED", "ways", "T1")
def failed_between_path_and_reason(draw: Draw) -> Case:
    """lighttpd as an ordinary user: `'/path' failed: Permission denied` of its error log."""
    name, port = draw.name(), draw.port()
    path = f"/var/log/lighttpd/{draw.word()}.log"
    config = f'server.port = {port}\nserver.document-root = "/srv"\nserver.errorlog = "{path}"\n'
    box = Box(
        name,
        ["lighttpd", "-D", "-f", "/srv/l.conf"],
        image=SERVERS,
        files={"/srv/l.conf": config},
        options={"user": str(draw.between(1000, 5000))},
    )
    expect = Expect("permission_denied_nonroot", name, {"path": path}, (), (), ("recreate", "host_advice"))
    return Case((box,), name, both(exited(name), logged(name, "Permission denied")), (expect,), also=NO_POLICY)


@scenario("W-VOLATILE", "ways", "T2")
def nothing_that_may_be_evicted(draw: Draw) -> Case:
    """redis evicts only keys that have an expiry, and none has one."""
    net, store, limit = draw.name(), draw.name(), draw.between(2, 6)
    policy = draw.pick("volatile-lru", "volatile-ttl", "volatile-random")
    server = redis(store, net, "--save", "", "--maxmemory", f"{limit}mb", "--maxmemory-policy", policy)
    asker = storing(draw, net, store)
    expect = Expect("redis_maxmemory_noeviction", store, {"limit_bytes": limit * MIB}, (), (), ("app_setting",))
    return Case((server, asker), store, logged(asker.name, "OOM command", "maxmemory"), (expect,), networks=(net,))


@scenario("W-HANDED", "ways", "T4")
def its_database_said_so_first(draw: Draw) -> Case:
    """A worker hands on what PostgreSQL said of a full volume; nothing but those words tells whom it uses."""
    net, base, worker, volume, folder = draw.name(), draw.name(), draw.name(), draw.name(), draw.folder()
    mounts = {"volumes": {volume: {"bind": folder, "mode": "rw"}}}
    server = replace(postgres(base, net), options={"user": "postgres", **mounts})
    code = f"""
import psycopg2, time
while True:
    try:
        base = psycopg2.connect(host="{base}", user="clerk", dbname="postgres"); base.autocommit = True
        try: base.cursor().execute("insert into visits select generate_series(1, 300), repeat(md5(random()::text), 40)")
        finally: base.close()
        print("INFO batch stored", flush=True)
    except psycopg2.Error as problem: print("ERROR batch lost:", str(problem).splitlines()[0], flush=True)
    time.sleep(0.4)
"""
    secret = draw.secret()
    asker = python(worker, code, networks=(net,), start=False, options={"environment": {"PGPASSWORD": secret}})

    def go(site: Site) -> None:
        site.until(lambda: sql(site, base, "select 7").strip() == "7", f"{base} to answer")
        sql(site, base, f"create tablespace old location '{folder}'")
        sql(site, base, "create table visits (n int, body text) tablespace old")
        sql(site, base, f"create role clerk login password '{secret}'", "alter table visits owner to clerk")
        site.start(worker)

    expect = Expect(
        "volume_disk_full|tmpfs_full", base, {"path|mount": folder}, (), (), ("host_advice", "recreate", "")
    )
    size = f"size={draw.between(4, 8)}m,uid=102,gid=102,mode=0700"
    volumes = {volume: {"type": "tmpfs", "device": "tmpfs", "o": size}}
    look = logged(worker, "No space left on device", times=4)
    return Case((server, asker), worker, look, (expect,), inject=go, networks=(net,), volumes=volumes)


READS = """
import logging, sys, time, redis
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
store = redis.Redis(sys.argv[1], 6379, socket_timeout=3)
while True:
    try: logging.info("%d bytes of the menu", len(store.get("menu") or b""))
    except redis.RedisError as problem: logging.warning("menu not read: %s", problem)
    time.sleep(0.6)
"""


def copies(draw: Draw, net: str, *first: str) -> tuple[Box, Box, Box]:
    """A redis, one that copies it and serves nothing old, and a reader of the copy."""
    primary = redis(draw.name(), net, "--save", "", *first)
    words = ("--save", "", "--replicaof", primary.name, "6379", "--replica-serve-stale-data", "no")
    copy = redis(draw.name(), net, *words)
    return primary, copy, python(draw.name(), READS, copy.name, networks=(net,))


@scenario("W-COPY", "ways", "T3")
def a_copy_without_the_password(draw: Draw) -> Case:
    """The copy of a redis was not told its password; readers of the copy get MASTERDOWN."""
    net = draw.name()
    primary, copy, reader = copies(draw, net, "--requirepass", draw.secret())
    expect = Expect("redis_auth", copy.name, {}, (), (), ("recreate", "app_setting", ""))
    look = both(logged(copy.name, "NOAUTH", times=2), logged(reader.name, "MASTERDOWN", "Link with MASTER", times=3))
    return Case((primary, copy, reader), reader.name, look, (expect,), networks=(net,), also=("log_flood_unrotated",))


@scenario("W-COPIED", "ways", "T3")
def what_is_copied_was_stopped(draw: Draw) -> Case:
    """The redis that is copied was stopped; readers of the copy get MASTERDOWN."""
    net = draw.name()
    primary, copy, reader = copies(draw, net)

    def stop(site: Site) -> None:
        site.until(lambda: "bytes of the menu" in site.logs(reader.name), "the copy to be read")
        site.container(primary.name).stop(timeout=5)

    expect = Expect("dependency_stopped", primary.name, {}, ("redis_replica_cut_off",), (), ("start",))
    look = logged(reader.name, "MASTERDOWN", "Link with MASTER", times=4)
    return Case((primary, copy, reader), reader.name, look, (expect,), inject=stop, networks=(net,))


@scenario("W-NOPORT", "ways", "T1")
def a_port_above_the_highest(draw: Draw) -> Case:
    """A variable has a number for a port that is none; python or node says so and ends."""
    name, key, value = draw.name(), draw.env_key("PORT", "API_PORT"), str(draw.between(65_536, 99_999))
    if draw.pick(True, False):
        box = python(
            name,
            f"import http.server, os\nhttp.server.HTTPServer(('', int(os.environ['{key}'])), None).serve_forever()",
            options={"environment": {key: value}},
        )
    else:
        code = f"require('net').createServer().listen(+process.env.{key}, () => console.log('up'));"
        box = node(name, code, options={"environment": {key: value}})
    expect = Expect("env_wrong_value", name, {"env_key": key}, ("port_out_of_range",), (), ("recreate", ""))
    return Case((box,), name, both(exited(name, 1), logged(name, "65536", "65535")), (expect,), also=NO_POLICY)


CERTIFICATE = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/k -out /tmp/c -days 9 -subj /CN=x"
SECURE = {
    "node": """
const https = require('https'), fs = require('fs');
https.createServer({key: fs.readFileSync('/tmp/k'), cert: fs.readFileSync('/tmp/c')}, (q, s) => s.end('ok')).listen(PORT, () => console.log('up'));
""",
    "python3 -u": """
import http.server, ssl
server = http.server.ThreadingHTTPServer(("0.0.0.0", PORT), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain("/tmp/c", "/tmp/k")
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
""",
}


@scenario("W-MUTE", "ways", "T2")
def a_check_without_tls_that_says_nothing(draw: Draw) -> Case:
    """A server speaks TLS, its check does not and prints nothing, or that the reply was empty."""
    name, port, flags = draw.name(), draw.port(), draw.pick("-fs", "-fsS")
    runner, code = draw.pick(*SECURE.items())
    options = {"healthcheck": check("CMD-SHELL", f"curl {flags} -o /dev/null http://localhost:{port}/ || exit 1")}
    box = shell(
        name,
        f"{CERTIFICATE} 2>/dev/null; cd /tmp; exec {runner} /srv/serve",
        image=SVC,
        files={"/srv/serve": code.replace("PORT", str(port))},
        options=options,
        serves=port,
    )
    expect = Expect("healthcheck_wrong_scheme", name, {"port": port}, ("healthcheck_failing_app",), (), ("recreate",))
    well = lambda site: site.sh(name, f"curl -ks -o /dev/null -w %{{http_code}} https://localhost:{port}/") == "200"  # noqa: E731
    return Case((box,), name, both(unhealthy(name), well), (expect,))


@scenario("W-MUTED", "ways", "T2")
def a_check_by_tls_that_says_nothing(draw: Draw) -> Case:
    """A server speaks plain HTTP, its check wants TLS, and prints nothing."""
    name, port = draw.name(), draw.port()
    test = check("CMD-SHELL", f"curl -kfs -o /dev/null https://127.0.0.1:{port}/ || exit 1")
    code = f"require('http').createServer((q, s) => s.end('ok')).listen({port}, () => console.log('up'));"
    box = node(name, code, options={"healthcheck": test}, serves=port)
    expect = Expect("healthcheck_wrong_scheme", name, {"port": port}, ("healthcheck_failing_app",), (), ("recreate",))
    well = lambda site: "ok" in site.sh(name, f"curl -s http://127.0.0.1:{port}/")  # noqa: E731
    return Case((box,), name, both(unhealthy(name), well), (expect,))


@scenario("W-WAITS", "ways", "T2")
def a_check_by_tls_that_waits(draw: Draw) -> Case:
    """A plain server of one thread takes the check's TLS for the beginning of a line, and waits for its end."""
    name, port = draw.name(), draw.port()
    code = f"""
import http.server
print("INFO up", flush=True)
http.server.HTTPServer(("0.0.0.0", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
    test = check("CMD-SHELL", f"curl -kfsS -o /dev/null https://localhost:{port}/ || exit 1")
    box = python(name, code, options={"healthcheck": test}, serves=port)
    expect = Expect("healthcheck_wrong_scheme", name, {"port": port}, ("healthcheck_timeout",), (), ("recreate",))
    return Case((box,), name, unhealthy(name), (expect,))
