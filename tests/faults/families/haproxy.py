"""haproxy, the real one, in front of others: who is behind it is called `backend/server` in its log."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.draw import Draw
from tests.faults.programs import both, exited, logged, shell, web
from tests.faults.scenario import SERVERS, SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import Site

SAID = ("signals", "logs", "haproxy_server", "state", "listener", "network")
PATH = "/etc/haproxy/haproxy.cfg"
CONFIG = """
global
  log stdout format raw local0
{more}
defaults
  log global
  mode http
  option {form}
  timeout connect 400ms
  retries 1
  timeout client 20s
  timeout server {patience}s
frontend {front}
  bind :{port}
  default_backend {back}
backend {back}
{servers}
"""


def proxy(
    draw: Draw, port: int, servers: Sequence[str], net: str, *, more: str = "", patience: int = 10, asks: bool = True,
    broken: str = "", path: str = PATH,
) -> Box:  # fmt: skip
    """haproxy with one backend; `asks`: somebody inside asks it again and again."""
    config = CONFIG.format(
        port=port, more=more, form=draw.pick("httplog", "tcplog" if broken else "httplog"), patience=patience,
        front=draw.word(), back=draw.word(), servers="\n".join(f"  server {line}" for line in servers) + broken,
    )  # fmt: skip
    asking = f"(sleep 1; while :; do curl -s -m 20 -o /dev/null 127.0.0.1:{port}/; sleep 0.3; done) & " if asks else ""
    script = f"{asking}exec haproxy -W -db -f {path}"
    return shell(draw.name(), script, image=SERVERS, files={path: config}, networks=(net,))


def checked(draw: Draw) -> str:
    return draw.pick(f"check inter {draw.between(4, 9)}00", "")


@scenario("HA1", "haproxy", "T3")
def server_does_not_listen(draw: Draw) -> Case:
    """haproxy's only server runs and does not listen: 503."""
    net, peer, there = draw.name(), draw.name(), draw.port()
    server = shell(peer, "exec sleep 3600", networks=(net,))
    front = proxy(draw, draw.port(), [f"{draw.word()} {peer}:{there} {checked(draw)}"], net)
    expect = Expect("dependency_refusing", peer, {"port|target_port": there, "peer|host": peer}, decisive=SAID)
    look = logged(front.name, " 503 ", times=2)
    return Case((server, front), front.name, look, (expect,), networks=(net,))


@scenario("HA2", "haproxy", "T3")
def server_is_stopped(draw: Draw) -> Case:
    """haproxy's server was there when it started, and is stopped."""
    net, peer, there = draw.name(), draw.name(), draw.port()
    server = web(draw, there, name=peer, networks=(net,))
    front = proxy(draw, draw.port(), [f"{draw.word()} {peer}:{there} {checked(draw)}"], net)
    expect = Expect("dependency_stopped", peer, {"peer|host": peer}, decisive=SAID, accepts=("start",))

    def stop(site: Site) -> None:
        site.until(lambda: " 200 " in site.logs(front.name), "an answer")
        site.container(peer).stop(timeout=0)

    return Case(
        (server, front), front.name, logged(front.name, " 503 ", times=2), (expect,), networks=(net,), inject=stop,
        also=("restart_policy_absent", "killed_externally", "stop_timeout_sigkill"), forbidden=("restart",),
    )  # fmt: skip


@scenario("HA3", "haproxy", "T1")
def configuration_with_a_mistake(draw: Draw) -> Case:
    """haproxy does not understand a line of its configuration."""
    net, path = draw.name(), draw.pick(PATH, "/usr/local/etc/haproxy/haproxy.cfg", "/srv/edge.cfg")
    broken = draw.pick("\n  balence roundrobin", "\n  server", "\n  timeout conect 5s", "\n  option httpchkk")
    front = proxy(
        draw, draw.port(), [f"{draw.word()} 10.0.0.9:{draw.port()}"], net, asks=False, broken=broken, path=path
    )
    expect = Expect("haproxy_config_invalid", front.name, {"path": path}, decisive=("signals", "logs"))
    look = both(exited(front.name, 1), logged(front.name, "Fatal errors"))
    return Case((front,), front.name, look, (expect,), networks=(net,), also=("restart_policy_absent",))


@scenario("HA4", "haproxy", "T2")
def server_has_no_address(draw: Draw) -> Case:
    """haproxy does not start, since nobody has its server's name."""
    net, host = draw.name(), draw.word()
    front = proxy(draw, draw.port(), [f"{draw.word()} {host}:{draw.port()}"], net, asks=False)
    expect = Expect("unknown_host", front.name, {"host": host}, decisive=SAID)
    look = both(exited(front.name, 1), logged(front.name, "could not resolve address"))
    return Case((front,), front.name, look, (expect,), networks=(net,), also=("restart_policy_absent",))


@scenario("HA5", "haproxy", "T3")
def server_is_too_slow(draw: Draw) -> Case:
    """haproxy's server takes requests and does not answer in time: 504."""
    net, peer, there = draw.name(), draw.name(), draw.port()
    code = f"import socket\ns = socket.create_server(('0.0.0.0', {there}), backlog=200)\nheld = []\nwhile True: held.append(s.accept())\n"
    server = shell(
        peer, "exec python3 /srv/app.py", image=SVC, files={"/srv/app.py": code}, networks=(net,), serves=there
    )
    front = proxy(draw, draw.port(), [f"{draw.word()} {peer}:{there}"], net, patience=draw.between(1, 2))
    expect = Expect("dependency_slow", peer, {"peer|host": peer}, decisive=(*SAID, "connection"))
    look = logged(front.name, " 504 ", times=2)
    return Case((server, front), front.name, look, (expect,), networks=(net,))


@scenario("HA6", "haproxy", "T3")
def name_goes_away(draw: Draw) -> Case:
    """haproxy asks for its server's address again and again, and the server is stopped: its name is gone."""
    net, peer, there, book = draw.name(), draw.name(), draw.port(), draw.word()
    server = web(draw, there, name=peer, networks=(net,))
    resolvers = f"resolvers {book}\n  nameserver docker 127.0.0.11:53\n  hold nx 1s\n  hold obsolete 1s\n  timeout retry 200ms\n"
    front = proxy(
        draw, draw.port(), [f"{draw.word()} {peer}:{there} check inter 500 resolvers {book} init-addr last,libc,none"],
        net, more=resolvers,
    )  # fmt: skip
    expect = Expect("dependency_stopped", peer, {"peer|host": peer}, decisive=SAID, accepts=("start",))

    def stop(site: Site) -> None:
        site.until(lambda: " 200 " in site.logs(front.name), "an answer")
        site.container(peer).stop(timeout=0)

    look: Look = logged(front.name, "<NOSRV>", times=2)
    return Case(
        (server, front), front.name, look, (expect,), networks=(net,), inject=stop,
        also=("restart_policy_absent", "killed_externally", "stop_timeout_sigkill"), forbidden=("restart",),
    )  # fmt: skip


@scenario("T-haproxy", "controls", "T0")
def haproxy_with_a_spare(draw: Draw) -> Case:
    """haproxy whose server is well was without it for a moment when it began, and answers since."""
    net, peer, there = draw.name(), draw.name(), draw.port()
    server = web(draw, there, name=peer, networks=(net,))
    front = proxy(draw, draw.port(), [f"{draw.word()} {peer}:{there} check inter 400 fall 1 rise 1"], net)

    def restart(site: Site) -> None:
        site.until(lambda: " 200 " in site.logs(front.name), "an answer")
        site.container(peer).restart(timeout=0)
        site.until(lambda: site.listens(peer, there), "the server")
        since = site.logs(front.name).count(" 200 ")
        site.until(lambda: site.logs(front.name).count(" 200 ") > since + 8, "answers")

    return Case((server, front), front.name, lambda site: True, (), inject=restart, networks=(net,))
