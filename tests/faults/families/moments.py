"""Who is to blame told by when it happened, or by the engine's words: lines that name nobody, hosts files, programs
that another user may not run."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, client, logged, python
from tests.faults.scenario import Box, Case, Expect, scenario
from tests.faults.site import Site, packed

PROGRAMS = "ergon-ops-lab/programs:1"
# One connection a call, closed at once: nothing of it is seen in between; what is wrong is said without a name.
WORKER = """
import logging, os, sys, time, redis
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
logging.info("queue is %s", sys.argv[1])
while True:
    try:
        one = redis.Redis(sys.argv[1], socket_timeout=1.5, socket_connect_timeout=1.5); one.lpop("jobs"); one.close()
        logging.info("queue polled")
    except redis.RedisError as problem: logging.error("queue not polled: %s: %s", type(problem).__name__, problem)
    time.sleep(0.6)
"""


@scenario("M-FROZEN", "moments", "T4")
def a_frozen_store_and_no_tool(draw: Draw) -> Case:
    """The store is paused, and the client's time-outs name nobody; a tool its script calls now and then is missing."""
    net, store, worker = draw.name(), draw.name(), draw.name()
    tool = draw.pick("mongodump", "mysqldump", "restic", "rclone")
    script = f"""#!/bin/sh
( while true; do {tool} --quiet /srv/out > /tmp/out.bak || echo "backup: not made, status $?"; sleep 2; done ) 2>&1 &
exec python3 -u /srv/worker.py {store}
"""
    server = Box(store, ["redis-server", "--protected-mode", "no", "--save", ""], networks=(net,), serves=6379)
    files = {"/srv/start.sh": script, "/srv/worker.py": WORKER}
    box = Box(worker, ["/srv/start.sh"], files=files, networks=(net,))

    def freeze(site: Site) -> None:
        site.until(lambda: "queue polled" in site.logs(worker), "one good answer")
        site.pause(store)

    look = both(lambda site: site.state(store)["Paused"], logged(worker, "TimeoutError", times=2))
    expects = (
        Expect("paused", store, {}, ("dependency_stopped",), (), ("unpause",)),
        Expect("command_missing_in_shell", worker, {"value": tool}, (), (), ("rebuild_advice", "recreate")),
    )
    return Case((server, box), worker, look, expects, inject=freeze, networks=(net,), forbidden=("stop",))


@scenario("M-DONE", "moments", "T0")
def a_neighbour_that_is_done(draw: Draw) -> Case:
    """Control: a job beside it ended well, and in the same second a call of it to somebody far away took too long."""
    net, job, name = draw.name(), draw.name(), draw.name()
    code = """
import time
time.sleep(4)
print("WARNING rates: TimeoutError: The read operation timed out, next try in 30 s", flush=True)
time.sleep(1)
print("INFO rates: 163 read", flush=True)
while True: time.sleep(2); print("INFO tick", flush=True)
"""
    boxes = (Box(job, ["sh", "-c", "echo imported; sleep 3"], networks=(net,)), python(name, code, networks=(net,)))
    look = both(logged(name, "TimeoutError", times=1), logged(name, "163 read", times=1))
    return Case(boxes, name, both(look, lambda site: site.state(job)["Status"] == "exited"), networks=(net,))


@scenario("M-HOSTS", "moments", "T3")
def an_old_line_in_hosts(draw: Draw) -> Case:
    """The hosts file gives a name of the peer's an address at which nobody is; Ruby's words name the call in between."""
    net, peer, name, port = draw.name(), draw.name(), draw.name(), draw.port()
    alias = f"ledger-{draw.word()}"
    words = ["gunicorn", "--bind", f"0.0.0.0:{port}", "wsgiref.simple_server:demo_app"]
    server = Box(peer, words, image=PROGRAMS, networks=(net,), aliases=(alias,), serves=port)
    code = f"""
require 'net/http' ; require 'json'
$stdout.sync = true
loop do
  begin
    status = Net::HTTP.start('{alias}', {port}, open_timeout: 2, read_timeout: 2) {{ |one| one.get('/').code }}
    puts({{level: 'info', msg: 'read', status: status}}.to_json)
  rescue StandardError => problem
    puts({{level: 'error', msg: 'not read', error: "#{{problem.class}}: #{{problem.message}}"}}.to_json)
  end
  sleep 0.7
end
"""

    def go(site: Site) -> None:
        here = site.address(peer, net).rsplit(".", 1)
        hosts = {alias: f"{here[0]}.{int(here[1]) + 21}"}
        command = ["ruby", "/srv/app/main.rb"]
        files = {"/srv/app/main.rb": code}
        site.add(Box(name, command, image=PROGRAMS, files=files, networks=(net,), options={"extra_hosts": hosts}))

    look = logged(name, "EHOSTUNREACH", "No route to host", "execution expired", "open tcp connection", times=3)
    expect = Expect("extra_hosts_wrong", name, {"host": alias, "peer": peer}, ("stale_ip",), (), ("recreate",))
    return Case((server,), name, look, (expect,), inject=go, networks=(net,))


@scenario("M-MAY", "moments", "T3")
def a_program_another_user_may_not_run(draw: Draw) -> Case:
    """The peer's program is root's alone, and the peer runs as another user: it never started."""
    net, peer, port, uid = draw.name(), draw.name(), draw.port(), draw.pick(1000, 1654, 10001)
    path = f"{draw.folder()}/serve"
    server = Box(peer, [path], options={"user": str(uid)}, networks=(net,), start=False)
    asker = client(draw, f"http://{peer}:{port}/", networks=(net,), language="node")

    def go(site: Site) -> None:
        site.container(peer).put_archive("/", packed({path: "#!/bin/sh\nexec sleep 3000\n"}, 0o744))
        site.start(peer, refused=True)

    expect = Expect("entrypoint_not_executable", peer, {"path": path}, (), (), ("recreate", "rebuild_advice"))
    look = both(lambda site: site.state(peer)["ExitCode"] == 126, logged(asker.name, "getaddrinfo", times=3))
    return Case((server, asker), asker.name, look, (expect,), inject=go, networks=(net,))
