"""Containers that are well, and look as if they were not: nothing may be said of them."""

from __future__ import annotations

import signal
import time
from dataclasses import replace

from tests.faults.draw import MIB, Draw
from tests.faults.families.memory import PY_GROW
from tests.faults.families.stores import ready, redis, storing
from tests.faults.programs import both, check, client, exited, logged, memory, python, running, shell, web
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Look, scenario
from tests.faults.site import Site


def healthy(box: Box, *others: Box, look: Look | None = None, **more: object) -> Case:
    return Case((*others, box), box.name, look or running(box.name), **more)  # type: ignore[arg-type]


@scenario("T-idle", "controls", "T0")
def idle(draw: Draw) -> Case:
    """Does nothing, and is asked nothing."""
    return healthy(Box(draw.name(), ["sleep", "3600"], image=draw.pick(BUSYBOX, SVC)))


@scenario("T-web", "controls", "T0")
def serves(draw: Draw) -> Case:
    """A published server with a check that passes and all limits set."""
    port = draw.port()
    options = memory(
        128 * MIB, nano_cpus=10**9, pids_limit=200, restart_policy={"Name": "unless-stopped"},
        ports={f"{port}/tcp": ("127.0.0.1", draw.host_port())},
        healthcheck=check("CMD", "curl", "-fsS", f"http://127.0.0.1:{port}/"),
    )  # fmt: skip
    box = web(draw, port, options=options)
    return healthy(box, look=lambda site: site.state(box.name)["Health"]["Status"] == "healthy")


@scenario("T-batch", "controls", "T0")
def batch(draw: Draw) -> Case:
    """A job that is done: exit 0."""
    name = draw.name()
    box = shell(name, f"echo imported {draw.between(100, 900)} rows; sleep 1.2", image=draw.pick(BUSYBOX, SVC))
    return healthy(box, look=exited(name, 0))


@scenario("T-stopped", "controls", "T0")
def stopped_in_order(draw: Draw) -> Case:
    """Stopped by its operator, and it obeyed: 143 or 0 after a SIGTERM."""
    name = draw.name()
    box = shell(name, f"trap 'exit {draw.pick(0, 143)}' TERM; while :; do sleep 0.1; done")

    def stop(site: Site) -> None:
        site.until(lambda: site.hears(name, "SigCgt", signal.SIGTERM), "the trap")
        site.container(name).stop(timeout=8)

    return healthy(box, look=exited(name), inject=stop)


@scenario("T-busy", "controls", "T0")
def busy(draw: Draw) -> Case:
    """Works hard on one core, without a quota."""
    box = python(draw.name(), "import os\nos.nice(15)\nn = 0\nwhile True: n += 1\n")
    return healthy(box, look=lambda site: "R" in site.proc(box.name, "stat").split()[2])


@scenario("T-quota", "controls", "T0")
def within_its_quota(draw: Draw) -> Case:
    """Has a quota and uses a tenth of it."""
    box = shell(draw.name(), "while :; do sleep 0.5; done", options={"nano_cpus": 10**9})
    return healthy(box)


@scenario("T-cache", "controls", "T0")
def full_of_page_cache(draw: Draw) -> Case:
    """Nearly all of its memory is cache of files that it read: it is given back when needed."""
    name, size = draw.name(), draw.mib(48, 72)
    script = f"dd if=/dev/zero of=/var/tmp/dump bs=1M count={2 * size // MIB} 2>/dev/null; cat /var/tmp/dump >/dev/null; echo scanned; exec sleep 3600"
    box = shell(name, script, image=SVC, options=memory(size))

    def look(site: Site) -> bool:
        stats = site.engine.api.stats(name, stream=False, one_shot=True)["memory_stats"]
        return "scanned" in site.logs(name) and stats["usage"] > 0.8 * size

    return healthy(box, look=look)


@scenario("T-flat", "controls", "T0")
def high_but_flat_memory(draw: Draw) -> Case:
    """Holds three quarters of its limit, as it did when it started."""
    name, size = draw.name(), draw.mib(80, 120)
    box = python(name, PY_GROW, str(MIB), "0", str(int(size * 0.66)), options=memory(size))
    grown = lambda site: site.engine.api.stats(name, stream=False, one_shot=True)["memory_stats"]["usage"] > 0.66 * size  # noqa: E731
    return healthy(box, look=grown)


@scenario("T-log", "controls", "T0")
def speaks_of_errors(draw: Draw) -> Case:
    """Its log is full of the word: none, handled, retried with success."""
    lines = (
        "0 errors, 0 failed", "INFO error_rate=0.0 failures=0", "caught ValueError: bad row skipped, continuing",
        "INFO retry 1 of 3 after error: succeeded", f"loaded error pages from /srv/{draw.word()}", "DEBUG no failed jobs",
    )  # fmt: skip
    chosen = draw.sample(lines, 4)
    name = draw.name()
    box = shell(name, "while :; do " + "; ".join(f"echo '{line}'; sleep 0.1" for line in chosen) + "; done")
    return healthy(box, look=logged(name, chosen[-1], times=3))


@scenario("T-deploy", "controls", "T0")
def restarted_by_a_deploy(draw: Draw) -> Case:
    """Restarted by hand a moment ago, and well since."""
    port = draw.port()
    box = web(draw, port)

    def deploy(site: Site) -> None:
        site.container(box.name).restart(timeout=1)
        site.until(lambda: site.listens(box.name, port), "it to listen again")

    return healthy(box, inject=deploy)


@scenario("T-recovered", "controls", "T0")
def unhealthy_before(draw: Draw) -> Case:
    """Its check failed a while ago, and passes now."""
    name = draw.name()
    box = shell(
        name, "exec sleep 3600", options={"healthcheck": check("CMD-SHELL", "test -e /ok || { echo not yet; exit 1; }")}
    )

    def recover(site: Site) -> None:
        site.until(lambda: site.state(name)["Health"]["Status"] == "unhealthy", "it to be unhealthy")
        site.sh(name, "touch /ok")

    return healthy(box, look=lambda site: site.state(name)["Health"]["Status"] == "healthy", inject=recover)


@scenario("T-starting", "controls", "T0")
def still_starting(draw: Draw) -> Case:
    """Boots within its start period: failed checks do not count."""
    name = draw.name()
    test = check("CMD-SHELL", "test -e /ok || { echo connection refused; exit 1; }", start_period=120)
    box = shell(name, "echo loading; sleep 100; touch /ok; sleep 3600", options={"healthcheck": test})
    return healthy(box, look=lambda site: len(site.state(name)["Health"]["Log"]) > 1)


@scenario("T-paused", "controls", "T0")
def paused_on_purpose(draw: Draw) -> Case:
    """Paused, and its label says that it should be."""
    name = draw.name()
    box = Box(name, ["sleep", "3600"], image=BUSYBOX, options={"labels": {"io.ergon-ops.expected": "paused"}})
    return healthy(box, look=lambda site: site.state(name)["Paused"], inject=lambda site: site.pause(name))


@scenario("T-off", "controls", "T0")
def stopped_on_purpose(draw: Draw) -> Case:
    """Killed and down, and its label says that it should be."""
    name = draw.name()
    box = Box(name, ["sleep", "3600"], image=BUSYBOX, options={"labels": {"io.ergon-ops.expected": "stopped"}})
    return healthy(box, look=exited(name), inject=lambda site: site.container(name).stop(timeout=1))


@scenario("T-pids", "controls", "T0")
def many_processes(draw: Draw) -> Case:
    """Most of its processes' limit, the same number since it started."""
    name, count = draw.name(), draw.between(24, 36)
    box = shell(
        name, f"for n in $(seq {count}); do sleep 3600 & done; echo all up; wait", options={"pids_limit": count + 12}
    )
    return healthy(box, look=logged(name, "all up"))


@scenario("T-former", "controls", "T0")
def killed_in_a_former_life(draw: Draw) -> Case:
    """Killed for memory once, started again by hand with less to do: the engine's flag is of then."""
    name, size = draw.name(), draw.mib(24, 40)
    code = f"import os, time\nif not os.path.exists('/var/tmp/done'):\n    open('/var/tmp/done', 'w').close(); rows = bytearray(b'x' * {2 * size})\nprint('small batch', flush=True)\ntime.sleep(3600)\n"
    box = python(name, code, options=memory(size))

    def again(site: Site) -> None:
        site.until(lambda: site.state(name)["OOMKilled"] and not site.state(name)["Running"], "the kill")
        time.sleep(1.2)
        site.container(name).start()

    return healthy(box, look=both(running(name), logged(name, "small batch")), inject=again)


@scenario("T-slow-once", "controls", "T0")
def dependency_was_slow(draw: Draw) -> Case:
    """The peer was slow for a moment; all requests since are answered."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    code = (
        "import http.server, time\nasked = []\nclass A(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n        asked.append(1); time.sleep(2 if len(asked) < 3 else 0); self.send_response(200); self.end_headers()\n"
        "    def log_message(self, *w): pass\n"
        f"http.server.ThreadingHTTPServer(('0.0.0.0', {port}), A).serve_forever()\n"
    )
    server = python(peer, code, networks=(net,), serves=port)
    asker = client(draw, f"http://{peer}:{port}/", patience_s=1, networks=(net,))
    look = both(logged(asker.name, "timed out"), logged(asker.name, "200", times=14))
    return healthy(asker, server, look=look, networks=(net,))


@scenario("T-was-down", "controls", "T0")
def dependency_was_down(draw: Draw) -> Case:
    """The peer was restarted; the client failed meanwhile and is answered again."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(net,))

    def restart(site: Site) -> None:
        site.container(peer).stop(timeout=0)
        site.until(lambda: "ERROR" in site.logs(asker.name), "a request to fail")
        site.container(peer).start()
        since = site.logs(asker.name).count(" 200")
        site.until(lambda: site.logs(asker.name).count(" 200") > since + 10, "requests to be answered")

    return healthy(asker, server, look=running(asker.name), networks=(net,), inject=restart)


@scenario("T-low-port", "controls", "T0")
def plain_user_on_a_low_port(draw: Draw) -> Case:
    """A user other than root serves on a low port, which the engine allows."""
    name, port = draw.name(), draw.pick(80, 443, 81)
    code = f"import http.server\nhttp.server.ThreadingHTTPServer(('0.0.0.0', {port}), http.server.SimpleHTTPRequestHandler).serve_forever()"
    box = python(name, code, serves=port, options={"user": str(draw.between(1000, 60000))})
    return healthy(box)


@scenario("T-worker", "controls", "T0")
def no_port_needed(draw: Draw) -> Case:
    """A worker that listens nowhere and publishes nothing takes work from a redis."""
    net, store = draw.name(), draw.name()
    server = redis(store, net, "--save", "", "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru")
    asker = storing(draw, net, store)
    return healthy(asker, server, look=logged(asker.name, "stored 50"), networks=(net,))


@scenario("T-redis", "controls", "T0")
def redis_that_evicts(draw: Draw) -> Case:
    """A cache at its limit that evicts as it is told."""
    net, store = draw.name(), draw.name()
    server = redis(store, net, "--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru", "--save", "")
    asker = storing(draw, net, store)
    return healthy(server, asker, look=logged(asker.name, "stored 150"), networks=(net,))


@scenario("T-postgres", "controls", "T0")
def database_with_room(draw: Draw) -> Case:
    """A database with a few sessions that idle, far from its limit."""
    name, net = draw.name(), draw.name()
    script = "exec postgres -D /var/lib/postgresql/data -c unix_socket_directories=/tmp -c max_connections=40"
    box = shell(name, script, image=SVC, networks=(net,), serves=5432, options={"user": "postgres"})

    def use(site: Site) -> None:
        ready(site, name)
        for _ in "ab":
            site.run(name, "psql", "-h", "/tmp", "-U", "postgres", "-c", "select pg_sleep(60)", detach=True)

    return healthy(box, inject=use, networks=(net,))


@scenario("T-loopback", "controls", "T0")
def loopback_is_enough(draw: Draw) -> Case:
    """Listens on loopback for a neighbour in the same container; nothing is published."""
    port, name = draw.port(), draw.name()
    box = shell(
        name, f"httpd -p 127.0.0.1:{port}; while :; do wget -q -O /dev/null http://127.0.0.1:{port}/ ; sleep 1; done"
    )
    box = Box(name, box.command, BUSYBOX, files={"/index.html": "ok"}, serves=port)
    return healthy(box)


@scenario("T-shared", "controls", "T0")
def replicas_of_one_alias(draw: Draw) -> Case:
    """Two replicas answer to one alias on purpose, and both serve."""
    net, alias, port = draw.name(), draw.word(), draw.port()
    first = web(draw, port, networks=(net,), aliases=(alias,))
    second = replace(first, name=draw.name())
    asker = client(draw, f"http://{alias}:{port}/", networks=(net,))
    return healthy(asker, first, second, look=logged(asker.name, "200", times=4), networks=(net,))


@scenario("T-readonly", "controls", "T0")
def read_only_and_content(draw: Draw) -> Case:
    """A read-only root filesystem with a tmpfs for what it writes."""
    name, folder = draw.name(), draw.folder()
    box = shell(
        name, f"while :; do date > {folder}/beat; sleep 0.3; done", image=BUSYBOX,
        options={"read_only": True, "tmpfs": {folder: "size=8m"}},
    )  # fmt: skip
    return healthy(box)


@scenario("T-nearly-full", "controls", "T0")
def half_a_volume(draw: Draw) -> Case:
    """A tmpfs that is two thirds full and stays so."""
    name, folder = draw.name(), draw.folder()
    box = shell(
        name, f"dd if=/dev/zero of={folder}/index bs=1M count=6 2>/dev/null; echo indexed; exec sleep 3600",
        options={"tmpfs": {folder: "size=10m"}},
    )  # fmt: skip
    return healthy(box, look=logged(name, "indexed"))


@scenario("T-once-restarted", "controls", "T0")
def crashed_once(draw: Draw) -> Case:
    """Ended once with an error, was started again by its policy, and runs since."""
    name, code = draw.name(), draw.exit_code()
    box = shell(
        name, f"if [ ! -e /seen ]; then touch /seen; echo first try failed; sleep 0.3; exit {code}; fi; echo up; exec sleep 3600",
        options={"restart_policy": {"Name": "on-failure", "MaximumRetryCount": 5}},
    )  # fmt: skip
    return healthy(box, look=both(running(name), logged(name, "up")))


@scenario("T-chatty", "controls", "T0")
def much_log_that_is_turned_over(draw: Draw) -> Case:
    """Writes much, into a log that is turned over."""
    name = draw.name()
    box = shell(
        name, f"while :; do yes 'served {draw.word()}' | head -n 300; sleep 0.3; done",
        options={"log_config": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}}},
    )  # fmt: skip
    return healthy(box, look=logged(name, "served", times=1000))
