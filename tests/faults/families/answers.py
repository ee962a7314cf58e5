"""Somebody is reached and says no: statuses of HTTP, a database's schema and grants, proxies, another protocol."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.faults.draw import Draw
from tests.faults.families.stores import postgres, ready, redis, sql
from tests.faults.programs import PY_WEB, both, logged, node, python, shell, web
from tests.faults.scenario import SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

ADVICE = ("rebuild_advice", "host_advice", "recreate", "app_setting", "restart", "start")
SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(int(sys.argv[2])); self.end_headers(); self.wfile.write(b'{"detail": "x"}')
    def log_message(self, form, *words): print('%s "%s" %s' % (self.address_string(), self.requestline, words[1]), flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
"""
PY_CALLS = """
import os, time, logging, urllib.request, urllib.error
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
log, url = logging.getLogger("sync"), os.environ["PEER_URL"]
while True:
    try: urllib.request.urlopen(url, timeout=3); log.info("synced")
    except urllib.error.HTTPError as e: log.error("call failed: %d Client Error: %s for url: %s", e.code, e.reason, url)
    except OSError as e: log.error("call failed: %s", e)
    time.sleep(0.6)
"""
NODE_CALLS = """
const url = process.env.PEER_URL, log = (level, msg, more) => console.log(JSON.stringify({level, time: Date.now(), pid: 1, ...more, msg}));
setInterval(() => require('http').get(url, a => { a.resume();
  if (a.statusCode >= 400) log(50, 'call failed', {err: {message: 'Request failed with status code ' + a.statusCode, url, status: a.statusCode}});
  else log(30, 'ok'); }).on('error', e => log(50, 'call failed', {err: {message: e.message}})), 600);
"""
LOGFMT_CALLS = """
import os, time, urllib.request, urllib.error
url = os.environ["PEER_URL"]
while True:
    try: urllib.request.urlopen(url, timeout=3); print('level=info msg="pushed"', flush=True)
    except urllib.error.HTTPError as e: print('ts=%d level=error component=pusher url=%s status=%d msg="call failed"' % (time.time(), url, e.code), flush=True)
    except OSError as e: print('level=error msg="call failed: %s"' % e, flush=True)
    time.sleep(0.6)
"""


def calls(draw: Draw, net: str, url: str, **environment: str) -> Box:
    """A client in a drawn language and form of log."""
    options = {"environment": {"PEER_URL": url, **environment}}
    form = draw.pick(PY_CALLS, LOGFMT_CALLS, NODE_CALLS)
    make = node if form == NODE_CALLS else python
    return make(draw.name(), form, networks=(net,), options=options)


def expects(cause: str, about: str, details: dict[str, object], siblings: Sequence[str] = ()) -> tuple[Expect, ...]:
    return (Expect(cause, about, details, tuple(siblings), accepts=ADVICE),)


def status(draw: Draw, code: int, cause: str, *, at_server: bool = False) -> Case:
    net, api, port = draw.name(), draw.name(), draw.port()
    server = python(api, SERVER, str(port), str(code), networks=(net,), serves=port)
    client = calls(draw, net, f"http://{api}:{port}/v{draw.between(1, 9)}/{draw.word()}")
    about = api if at_server else client.name
    look = logged(client.name, "call failed", times=4)
    return Case((server, client), client.name, look, expects(cause, about, {"value": code}), networks=(net,))


@scenario("Q01", "http", "T3")
def not_let_in(draw: Draw) -> Case:
    """The peer refuses the credentials of its client."""
    return status(draw, draw.pick(401, 403), "dependency_denied")


@scenario("Q02", "http", "T3")
def no_such_page(draw: Draw) -> Case:
    """The client asks for a page that the peer does not have: its URL is of another version."""
    return status(draw, 404, "dependency_path_missing")


@scenario("Q03", "http", "T3")
def asked_too_often(draw: Draw) -> Case:
    """The peer wants to be asked less often."""
    return status(draw, 429, "dependency_rate_limited")


@scenario("Q04", "http", "T3")
def answers_with_errors(draw: Draw) -> Case:
    """The peer answers everything with an error of its own, and says not why."""
    return status(draw, draw.pick(500, 503), "dependency_erroring", at_server=True)


@scenario("Q05", "http", "T2")
def proxy_that_is_nobody(draw: Draw) -> Case:
    """A variable sends every request through a proxy whose name nobody has."""
    net, api, port, key = draw.name(), draw.name(), draw.port(), draw.pick("HTTP_PROXY", "http_proxy")
    options = {"environment": {"PEER_URL": f"http://{api}:{port}", key: f"http://proxy.{draw.word()}.lan:3128"}}
    client = python(draw.name(), PY_CALLS, networks=(net,), options=options)
    boxes = (web(draw, port, name=api, networks=(net,)), client)
    told = expects("proxy_unreachable", client.name, {"env_key": key})
    return Case(boxes, client.name, logged(client.name, "call failed", times=3), told, networks=(net,))


@scenario("Q06", "http", "T3")
def proxy_in_between(draw: Draw) -> Case:
    """What a client asks of its neighbour goes through a proxy, which refuses it: NO_PROXY is not set."""
    net, api, port, proxy, at = draw.name(), draw.name(), draw.port(), draw.name(), draw.port()
    environment = {"PEER_URL": f"http://{api}:{port}/", "HTTP_PROXY": f"http://{proxy}:{at}"}
    client = python(draw.name(), PY_CALLS, networks=(net,), options={"environment": environment})
    squid = python(proxy, SERVER, str(at), "403", networks=(net,), serves=at)
    boxes = (web(draw, port, name=api, networks=(net,)), squid, client)
    told = expects("proxy_in_the_way", client.name, {"env_key": "HTTP_PROXY"})
    return Case(boxes, client.name, logged(client.name, "call failed", times=4), told, networks=(net,))


@scenario("Q07", "network", "T2")
def name_in_its_own_hosts_file(draw: Draw) -> Case:
    """The client was given an address for the peer's name, which is not the peer's."""
    net, api, port = draw.name(), draw.name(), draw.port()
    options = {
        "environment": {"PEER_URL": f"http://{api}:{port}/"},
        "extra_hosts": {api: f"10.254.{draw.between(1, 250)}.9"},
    }
    client = python(draw.name(), PY_CALLS, networks=(net,), options=options)
    boxes = (web(draw, port, name=api, networks=(net,)), client)
    told = expects("extra_hosts_wrong", client.name, {"host": api})
    return Case(boxes, client.name, logged(client.name, "call failed", times=2), told, networks=(net,))


@scenario("Q08", "network", "T2")
def name_of_a_desktop(draw: Draw) -> Case:
    """The client calls the host by a name that only a desktop's engine knows."""
    net = draw.name()
    client = calls(draw, net, "http://host.docker.internal:8080/")
    told = expects("unknown_host", client.name, {"host": "host.docker.internal"})
    look = logged(client.name, "call failed", times=3)
    return Case((client,), client.name, look, told, networks=(net,))


@scenario("Q09", "redis", "T3")
def http_to_a_redis(draw: Draw) -> Case:
    """A client of HTTP is given the address of a redis, which hangs up."""
    net, store, key = draw.name(), draw.name(), draw.env_key("URL")
    code = (
        f"import os, time, urllib.request\nwhile True:\n    try: urllib.request.urlopen(os.environ['{key}'], b'{{}}', timeout=2)\n"
        "    except Exception as e: print('ERROR POST', type(e).__name__, e, flush=True)\n    time.sleep(0.5)\n"
    )
    options = {"environment": {key: f"http://{store}:6379/events"}}
    client = python(draw.name(), code, networks=(net,), options=options)
    told = expects("wrong_protocol", client.name, {"peer": store})
    look = both(logged(client.name, "ERROR POST", times=4), logged(store, "SECURITY ATTACK"))
    return Case((redis(store, net, "--save", ""), client), client.name, look, told, networks=(net,))


REDIS_CLIENT = """
import os, time, logging, redis
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
store = redis.Redis.from_url(os.environ["CACHE_URL"], socket_timeout=2)
while True:
    try: store.set("a", 1); logging.info("stored")
    except redis.RedisError as e: logging.error("cache write failed: %s", e)
    time.sleep(0.5)
"""


@scenario("Q10", "redis", "T3")
def command_not_granted(draw: Draw) -> Case:
    """The user of redis may read, and its client writes."""
    net, store, user, secret = draw.name(), draw.name(), draw.word(), draw.secret()
    options = {"environment": {"CACHE_URL": f"redis://{user}:{secret}@{store}:6379/0"}}
    client = python(draw.name(), REDIS_CLIENT, networks=(net,), options=options, start=False)

    def begin(site: Site) -> None:
        site.sh(store, f"redis-cli acl setuser {user} on '>{secret}' '~*' +get +ping")
        site.start(client.name)

    told = expects("redis_acl_denied", client.name, {}, ("redis_auth",))
    look = logged(client.name, "no permissions", times=3)
    return Case((redis(store, net, "--save", ""), client), client.name, look, told, begin, networks=(net,))


@scenario("Q11", "redis", "T3")
def script_without_end(draw: Draw) -> Case:
    """A script runs in redis for ever, and nobody else is answered."""
    net, store = draw.name(), draw.name()
    options = {"environment": {"CACHE_URL": f"redis://{store}:6379/0"}}
    client = python(draw.name(), REDIS_CLIENT, networks=(net,), options=options)

    def begin(site: Site) -> None:
        site.run(store, "redis-cli", "eval", "while true do end", "0", detach=True)

    told = expects("redis_busy_script", store, {})
    look = logged(client.name, "busy running a script", times=3)
    return Case((redis(store, net, "--save", ""), client), client.name, look, told, begin, networks=(net,))


PG_CLIENT = """
import logging, os, time, psycopg2
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger("orders")
base = psycopg2.connect(dbname="postgres"); base.autocommit = True
while True:
    try: base.cursor().execute(os.environ["STATEMENT"]); log.info("ok")
    except psycopg2.Error as e: log.error("query failed: %s: %s", type(e).__name__, str(e).strip())
    time.sleep(0.5)
"""


def refusing(
    draw: Draw,
    cause: str,
    statement: str,
    text: str,
    *made: str,
    details: dict[str, object] | None = None,
    options: Sequence[str] = (),
    code: str = PG_CLIENT,
) -> Case:
    """A database that is asked for this, after these statements of its operator, refuses it."""
    net, base, role, secret = draw.name(), draw.name(), draw.word(), draw.secret()
    environment = {"PGHOST": base, "PGUSER": role, "PGPASSWORD": secret, "STATEMENT": statement}
    client = python(draw.name(), code, networks=(net,), options={"environment": environment}, start=False)

    def begin(site: Site) -> None:
        ready(site, base)
        sql(site, base, f"create role {role} login password '{secret}'", *made)
        time.sleep(0.5)
        site.start(client.name)

    look, told = logged(client.name, text, times=4), expects(cause, base, details or {})
    return Case((postgres(base, net, *options), client), client.name, look, told, begin, networks=(net,))


@scenario("Q12", "postgres", "T3")
def column_of_another_version(draw: Draw) -> Case:
    """The program asks for a column that the table does not have yet."""
    column, made = draw.word(), ("create table items (id int)", "grant all on items to public")
    statement = f"select {column} from items"
    return refusing(draw, "pg_column_missing", statement, "does not exist", *made, details={"value": column})


@scenario("Q13", "postgres", "T3")
def table_not_granted(draw: Draw) -> Case:
    """The table is there, and its client may not use it."""
    table = draw.word()
    made, details = f"create table {table} (id int)", {"value": table}
    return refusing(
        draw, "pg_permission_denied", f"select * from {table}", "permission denied", made, details=dict(details)
    )


@scenario("Q14", "postgres", "T3")
def no_writes(draw: Draw) -> Case:
    """The database was set to read only."""
    made = ("create table items (id int)", "grant all on items to public")
    shut = ("alter system set default_transaction_read_only=on", "select pg_reload_conf()")
    return refusing(
        draw, "pg_read_only", "insert into items values (1)", "read-only transaction", *made, *shut
    )  # fmt: skip


@scenario("Q15", "postgres", "T3")
def statement_takes_too_long(draw: Draw) -> Case:
    """The database ends statements that take longer than it lets them."""
    options = (f"statement_timeout={draw.between(200, 400)}",)
    return refusing(draw, "pg_statement_timeout", "select pg_sleep(3)", "statement timeout", options=options)


DEADLOCKS = """
import threading, time, psycopg2, logging
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(threadName)s %(levelname)s %(message)s")
def work(one, other):
    base = psycopg2.connect(dbname="postgres")
    while True:
        try:
            cursor = base.cursor(); cursor.execute("update acct set n=n+1 where id=%s", (one,)); time.sleep(0.3)
            cursor.execute("update acct set n=n+1 where id=%s", (other,)); base.commit(); logging.info("moved")
        except psycopg2.Error as e: base.rollback(); logging.error("transfer failed: %s", str(e).strip().splitlines()[0])
for pair in ((1, 2), (2, 1)): threading.Thread(target=work, args=pair).start()
"""


@scenario("Q16", "postgres", "T3")
def each_waits_for_the_other(draw: Draw) -> Case:
    """Two threads lock two rows in opposite order, over and over."""
    made = ("create table acct (id int primary key, n int)", "insert into acct values (1,0),(2,0)")
    grant, options = "grant all on acct to public", ("deadlock_timeout=100ms",)
    return refusing(
        draw, "pg_deadlock", "", "deadlock detected", *made, grant, options=options, code=DEADLOCKS
    )  # fmt: skip


@scenario("Q17", "postgres", "T3")
def role_that_was_never_made(draw: Draw) -> Case:
    """The client is told of a wrong password; only the server's log says that there is no such role."""
    net, base, role = draw.name(), draw.name(), draw.word()
    environment = {"PGHOST": base, "PGUSER": role, "PGPASSWORD": draw.secret(), "STATEMENT": "select 1"}
    code = PG_CLIENT.replace('base = psycopg2.connect(dbname="postgres"); base.autocommit = True\n', "").replace(
        'base.cursor().execute(os.environ["STATEMENT"])', 'psycopg2.connect(dbname="postgres").close()'
    )
    client = python(draw.name(), code, networks=(net,), options={"environment": environment}, start=False)

    def begin(site: Site) -> None:
        ready(site, base)
        site.start(client.name)

    told = expects("pg_role_missing", base, {"user": role}, ("pg_auth_failed",))
    look = logged(client.name, "password authentication failed", times=3)
    return Case((postgres(base, net), client), client.name, look, told, begin, networks=(net,))


CERTIFICATES = """set -e
cd /tmp
for n in a b; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.key -out $n.pem -days 9 -subj /CN=x 2>/dev/null; done
exec nginx -c /etc/nginx/site.conf -g 'daemon off;'
"""


def site_of(server: str) -> dict[str, str]:
    conf = f"user www-data;\nerror_log stderr warn;\nevents {{}}\nhttp {{ access_log /dev/stdout;\nserver {{ {server} }} }}\n"
    return {"/etc/nginx/site.conf": conf}


@scenario("Q18", "nginx", "T3")
def called_without_tls(draw: Draw) -> Case:
    """The gateway speaks TLS, and its client does not."""
    net, front, port = draw.name(), draw.name(), draw.port()
    pair = "ssl_certificate /tmp/a.pem; ssl_certificate_key /tmp/a.key;"
    files = site_of(f"listen {port} ssl; {pair} location / {{ return 200 ok; }}")
    server = shell(front, CERTIFICATES, image=SVC, files=files, networks=(net,), serves=port)
    code = (
        "import os, time, urllib.request, urllib.error\nwhile True:\n    try: urllib.request.urlopen(os.environ['GATEWAY_URL'], timeout=3)\n"
        "    except urllib.error.HTTPError as e: print('[error] poll: HTTP %d: %s' % (e.code, ' '.join(e.read().decode()[:200].split())), flush=True)\n"
        "    time.sleep(0.6)\n"
    )
    options = {"environment": {"GATEWAY_URL": f"http://{front}:{port}/"}}
    client = python(draw.name(), code, networks=(net,), options=options)
    told = expects("plain_to_tls_port", client.name, {"port": port}, ("env_wrong_value",))
    look = logged(client.name, "plain HTTP request was sent", times=3)
    return Case((server, client), client.name, look, told, networks=(net,))


@scenario("Q19", "network", "T3")
def owner_of_its_network_is_stopped(draw: Draw) -> Case:
    """A sidecar lives in the network of a service that was stopped, or was started again after it."""
    net, main, port, again = draw.name(), draw.name(), draw.port(), draw.pick(True, False)
    service = python(main, PY_WEB, "127.0.0.1", str(port), networks=(net,), serves=port, options={"init": True})
    options = {"network_mode": f"container:{main}", "environment": {"PEER_URL": f"http://127.0.0.1:{port}/metrics"}}
    client = python(draw.name(), draw.pick(PY_CALLS, LOGFMT_CALLS), options=options)

    def halt(site: Site) -> None:
        site.until(lambda: logged(client.name, "synced", "pushed", times=2)(site), "an answer")
        site.container(main).stop(timeout=5)
        if again:
            site.start(main)
            site.until(lambda: site.listens(main, port), "the service")

    cause, about = ("namespace_stale", client.name) if again else ("namespace_peer_stopped", main)
    told = expects(cause, about, {"peer": main if again else client.name})
    look = logged(client.name, "call failed", times=3)
    also = ("stop_timeout_sigkill", "restart_policy_absent")
    return Case((service, client), client.name, look, told, halt, also, networks=(net,))
