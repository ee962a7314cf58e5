"""Containers that are well, though their logs have the words of faults: errors that are handled, moments that are over."""

from __future__ import annotations

from docker.types import Ulimit

from tests.faults.draw import Draw
from tests.faults.families.answers import PY_CALLS, site_of
from tests.faults.families.stores import postgres, ready, sql
from tests.faults.programs import both, check, logged, node, python, restarted, shell, web
from tests.faults.scenario import SVC, Case, scenario
from tests.faults.site import Site

ROUTES = """
import http.server, sys
asked = 0
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked; asked += 1
        code = 404 if "/items/" in self.path and asked % 2 else 429 if asked % 9 == 0 else 503 if asked in (3, 4, 5) else 200
        self.send_response(code); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, form, *words): print('%s "%s" %s' % (self.address_string(), self.requestline, words[1]), flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
"""
VISITS = """
import logging, os, random, time, urllib.error, urllib.request
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
number = 0
while True:
    number += 1
    url = os.environ["PEER_URL"] + ("/items/%d" % random.randint(1, 10**6) if number % 3 else "/list?page=%d" % number)
    try: urllib.request.urlopen(url, timeout=3); logging.info("GET %s 200", url)
    except urllib.error.HTTPError as e: logging.warning("GET %s failed with status %d, going on", url, e.code)
    time.sleep(0.25)
"""


@scenario("T-statuses", "controls", "T0")
def answers_that_are_handled(draw: Draw) -> Case:
    """Items that are not there, a moment of 503, a 429 now and then: the client goes on."""
    net, api, port = draw.name(), draw.name(), draw.port()
    options = {"environment": {"PEER_URL": f"http://{api}:{port}"}}
    client = python(draw.name(), VISITS, networks=(net,), options=options)
    boxes = (python(api, ROUTES, str(port), networks=(net,), serves=port), client)
    look = both(logged(client.name, "status 404", times=12), logged(client.name, " 200", times=20))
    return Case(boxes, client.name, look, networks=(net,))


@scenario("T-proxy", "controls", "T0")
def neighbours_are_excepted(draw: Draw) -> Case:
    """A proxy for the outside, from which its neighbour is excepted, and a name of its own in its hosts file."""
    net, api, port = draw.name(), draw.name(), draw.port()
    environment = {"PEER_URL": f"http://{api}:{port}", "HTTP_PROXY": "http://proxy.corp.example:3128", "NO_PROXY": api}
    options = {"environment": environment, "extra_hosts": {"metadata.lan": "10.9.9.9"}}
    client = python(draw.name(), PY_CALLS, networks=(net,), options=options)
    boxes = (web(draw, port, name=api, networks=(net,)), client)
    return Case(boxes, client.name, logged(client.name, "synced", times=8), networks=(net,))


@scenario("T-schema", "controls", "T0")
def tries_and_makes(draw: Draw) -> Case:
    """It asks whether a table and a column are there, makes them, and ends a statement that takes too long."""
    net, base, role, secret = draw.name(), draw.name(), draw.word(), draw.secret()
    code = (
        "import logging, time, psycopg2\nlogging.basicConfig(level=logging.INFO)\nb = psycopg2.connect(dbname='postgres'); b.autocommit = True\n"
        "c = b.cursor()\nfor step in ('select 1 from jobs', 'select extra from jobs', 'set statement_timeout=100', 'select pg_sleep(1)', 'reset statement_timeout'):\n"
        "    try: c.execute(step)\n    except psycopg2.Error as e: logging.error('%s', str(e).strip()); c.execute('create table if not exists jobs (id int)')\n"
        "while True: c.execute('insert into jobs values (1)'); logging.info('stored'); time.sleep(0.3)\n"
    )
    environment = {"PGHOST": base, "PGUSER": role, "PGPASSWORD": secret}
    client = python(draw.name(), code, networks=(net,), options={"environment": environment}, start=False)

    def begin(site: Site) -> None:
        ready(site, base)
        sql(site, base, f"create role {role} login password '{secret}'", "grant all on schema public to public")
        site.start(client.name)

    look = logged(client.name, "stored", times=20)
    return Case((postgres(base, net), client), client.name, look, networks=(net,), inject=begin)


@scenario("T-sidecar", "controls", "T0")
def sidecar_that_was_early(draw: Draw) -> Case:
    """A sidecar was refused while the service whose network it shares came up; since then it is answered."""
    net, main, port = draw.name(), draw.name(), draw.port()
    code = f"setTimeout(() => require('http').createServer((q, s) => s.end('up')).listen({port}, '127.0.0.1'), 3000)"
    options = {"network_mode": f"container:{main}", "environment": {"PEER_URL": f"http://127.0.0.1:{port}"}}
    client = python(draw.name(), PY_CALLS, options=options)
    boxes = (node(main, code, networks=(net,)), client)
    return Case(boxes, client.name, logged(client.name, "synced", times=12), networks=(net,))


WORDS = (
    "agent is already running, /run/agent.pid is fresh", "locale en_US.UTF-8 in use", "sysctl net.core.somaxconn is 4096",
    "unable to open database file of last week, using a new one", "export done, file too large files: 0",
    "no such table: 0 tables missing", "chown: operation not permitted is ignored on nfs", "status=200 url=http://x:1/ error=none",
)  # fmt: skip


@scenario("T-words", "controls", "T0")
def words_of_faults(draw: Draw) -> Case:
    """Words that faults have, said once by one that is well; ulimits and lacking capabilities that hurt nobody."""
    name, lines = draw.name(), "\\n".join(WORDS)
    limits = [Ulimit(name="fsize", soft=10**9, hard=10**9), Ulimit(name="memlock", soft=65536, hard=65536)]
    script = f"printf '{lines}\\n'; while :; do echo tick; sleep 0.4; done"
    box = shell(name, script, options={"ulimits": limits, "cap_drop": ["CHOWN", "NET_RAW"]})
    return Case((box,), name, logged(name, "tick", times=10))


@scenario("T-anew", "controls", "T0")
def begins_anew(draw: Draw) -> Case:
    """A job that works for a while, ends well, and is begun anew by its policy, as it is meant to be."""
    name = draw.name()
    box = shell(name, "echo run; sleep 16; echo done", options={"restart_policy": {"Name": "always"}})
    return Case((box,), name, restarted(name, 2))


@scenario("T-pages", "controls", "T0")
def pages_that_came_later(draw: Draw) -> Case:
    """The page of its check was not there at first; a stranger asked for one that nobody may read."""
    name, port = draw.name(), draw.port()
    script = (
        f"mkdir -p /srv/www/p; chmod 700 /srv/www/p; (sleep 4; echo ok > /srv/www/up; curl -s -o /dev/null http://127.0.0.1:{port}/p/x) &"
        " exec nginx -c /etc/nginx/site.conf -g 'daemon off;'"
    )
    options = {"healthcheck": check("CMD", "curl", "-fsS", f"http://127.0.0.1:{port}/up", retries=3)}
    files = site_of(f"listen {port}; root /srv/www;")
    box = shell(name, script, image=SVC, files=files, serves=port, options=options)

    def look(site: Site) -> bool:
        return site.state(name)["Health"]["Status"] == "healthy" and "404" in site.logs(name)

    return Case((box,), name, look)


@scenario("T-late-folder", "controls", "T0")
def folder_that_came_later(draw: Draw) -> Case:
    """SQLite could not open its file until its folder was made, a moment after the start."""
    name, place = draw.name(), f"/srv/{draw.word()}"
    code = (
        f"import sqlite3, time, threading, os, logging\nlogging.basicConfig(level=logging.INFO)\nthreading.Timer(2, os.mkdir, ('{place}',)).start()\nwhile True:\n"
        f"    try: sqlite3.connect('{place}/app.db').execute('create table if not exists a (b int)'); logging.info('stored')\n"
        "    except sqlite3.OperationalError as e: logging.warning('%s, waiting', e)\n    time.sleep(0.3)\n"
    )
    return Case((python(name, code),), name, logged(name, "stored", times=25))
