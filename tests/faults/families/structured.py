"""The same troubles between containers, told by programs that log for machines: JSON, logfmt, syslog."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.families.controls import healthy
from tests.faults.programs import logged, python, shell, web
from tests.faults.scenario import SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

SAID = ("signals", "logs", "state", "network", "listener", "env_host")
# Asks its peer, and tells of each try in one of the forms.
CLIENT = """
import json, os, socket, sys, time
form, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
def tell(why):
    level = "error" if why else "info"
    if form == "json":
        line = {"time": stamp(), "level": level, "msg": "call failed" if why else "call done", "upstream": "%s:%d" % (host, port)}
        line.update({"err": why} if why else {})
        print(json.dumps(line), flush=True)
    elif form == "pino":
        line = {"level": 50 if why else 30, "time": int(time.time() * 1000), "peer": {"host": host, "port": port}}
        line.update({"err": {"type": "Error", "message": why, "host": host, "port": port}} if why else {})
        print(json.dumps(line), flush=True)
    elif form == "ecs":
        line = {"@timestamp": stamp(), "log.level": level.upper(), "server.address": host, "server.port": port}
        line.update({"error.message": why} if why else {"message": "ok"})
        print(json.dumps(line), flush=True)
    elif form == "logfmt":
        print('ts=%s level=%s msg="%s" host=%s port=%d%s' % (stamp(), level, "fetch", host, port, ' err="%s"' % why if why else ""), flush=True)
    else:
        print("<%d>%s app[%d]: upstream %s:%d: %s" % (3 if why else 6, time.strftime("%b %d %H:%M:%S"), os.getpid(), host, port, why or "ok"), flush=True)
while True:
    try:
        socket.create_connection((host, port), 2).close()
        tell("")
    except OSError as problem:
        tell(str(problem))
    time.sleep(0.3)
"""
FORMS = ("json", "pino", "ecs", "logfmt", "syslog")


def teller(draw: Draw, host: str, port: int, net: str, form: str) -> Box:
    return python(draw.name(), CLIENT, form, host, str(port), networks=(net,))


def refusing(draw: Draw, *forms: str) -> Case:
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = shell(peer, "exec sleep 3600", image=SVC, networks=(net,))
    asker = teller(draw, peer, port, net, draw.pick(*forms))
    expect = Expect("dependency_refusing", peer, {"port|target_port": port, "peer|host": peer}, decisive=SAID)
    return Case((server, asker), asker.name, logged(asker.name, "refused", times=2), (expect,), networks=(net,))


@scenario("N10-json", "structured", "T3")
def refused_in_json(draw: Draw) -> Case:
    """A peer that does not listen, told in JSON."""
    return refusing(draw, "json", "pino", "ecs")


@scenario("N10-plain", "structured", "T3")
def refused_in_fields(draw: Draw) -> Case:
    """A peer that does not listen, told in logfmt or as syslog has it."""
    return refusing(draw, "logfmt", "syslog")


@scenario("N07-forms", "structured", "T3")
def stopped_in_fields(draw: Draw) -> Case:
    """A peer that is stopped, told in fields: the name is not known any more."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker = teller(draw, peer, port, net, draw.pick(*FORMS))
    expect = Expect("dependency_stopped", peer, {"peer|host": peer}, decisive=SAID, accepts=("start",))
    return Case(
        (server, asker), asker.name, logged(asker.name, "not known", "name resolution"), (expect,), networks=(net,),
        inject=lambda site: site.container(peer).stop(timeout=0),
        also=("restart_policy_absent", "killed_externally", "stop_timeout_sigkill"), forbidden=("restart",),
    )  # fmt: skip


@scenario("T-forms", "controls", "T0")
def refused_for_a_moment(draw: Draw) -> Case:
    """Refused while its peer was restarted, and served since; told in fields."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker = teller(draw, peer, port, net, draw.pick(*FORMS))

    def restart(site: Site) -> None:
        site.until(lambda: site.logs(asker.name).count("\n") > 2, "answers")
        site.container(peer).stop(timeout=0)
        site.until(lambda: "rror" in site.logs(asker.name) or "not known" in site.logs(asker.name), "a refusal")
        site.container(peer).start()
        site.until(lambda: site.listens(peer, port), "the server")
        since = site.logs(asker.name).count("\n")
        site.until(lambda: site.logs(asker.name).count("\n") > since + 12, "answers again")

    return healthy(asker, server, inject=restart, networks=(net,))
