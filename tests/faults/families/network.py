"""Networks and names: what is published, who can be reached by which name, and who answers."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, client, logged, python, shell, stranger, web
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import Site

NAMES = ("signals", "logs", "state", "network", "alias", "network_mode", "env_host")
GONE = ("not known", "ENOTFOUND", "EAI_AGAIN", "name resolution", "bad address", "No address associated")
SOCKETS = ("listener", "published_port", "sockets", "ports")


@scenario("N01", "network", "T2")
def nothing_published(draw: Draw) -> Case:
    """A server whose configuration exposes its port listens alone on its network, and no port is published."""
    name, port, net = draw.name(), draw.port(), draw.name()
    box = web(draw, port, name=name, networks=(net,), options={"expose": [port]})
    expect = Expect(
        "port_not_published", name, {"port": port}, decisive=(*SOCKETS, "exposed_port"), accepts=("recreate",)
    )
    look: Look = lambda site: site.listens(name, port) and not _published(site, name, port)  # noqa: E731
    return Case((box,), name, look, (expect,), networks=(net,))


def _published(site: Site, name: str, port: int) -> bool:
    return bool(site.inspect(name)["NetworkSettings"]["Ports"].get(f"{port}/tcp"))


@scenario("N02", "network", "T2")
def only_for_itself(draw: Draw) -> Case:
    """The server listens on loopback; its published port leads nowhere."""
    name, port, outside = draw.name(), draw.port(), draw.host_port()
    box = web(draw, port, bind="127.0.0.1", name=name, options=_publish(port, outside))
    expect = Expect(
        "bound_to_loopback", name, {"port|target_port": port}, decisive=SOCKETS, accepts=("recreate", "app_setting")
    )
    look = both(lambda site: site.listens(name, port, "0100007F"), lambda site: not site.reached(outside))
    return Case((box,), name, look, (expect,))


@scenario("N03", "network", "T2")
def published_to_the_wrong_port(draw: Draw) -> Case:
    """What is published leads to a port where nobody listens; the server has another."""
    name, port, wrong, outside = draw.name(), draw.port(), draw.port(), draw.host_port()
    box = web(draw, port, name=name, options=_publish(wrong, outside))
    expect = Expect("wrong_target_port", name, {"target_port|port": wrong}, decisive=SOCKETS, accepts=("recreate",))
    return Case((box,), name, lambda site: site.listens(name, port) and not site.reached(outside), (expect,))


def _publish(port: int, outside: int) -> dict[str, object]:
    return {"ports": {f"{port}/tcp": ("127.0.0.1", outside)}}


@scenario("N07", "network", "T3")
def peer_is_down(draw: Draw) -> Case:
    """The peer is stopped; its name is not known any more."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(net,))
    expect = Expect("dependency_stopped", peer, {"peer|host": peer}, decisive=NAMES, accepts=("start",))
    return Case(
        (server, asker), asker.name, logged(asker.name, *GONE), (expect,), networks=(net,),
        inject=lambda site: site.container(peer).stop(timeout=0),
        also=("restart_policy_absent", "killed_externally", "stop_timeout_sigkill"), forbidden=("restart",),
    )  # fmt: skip


@scenario("N07-crash", "network", "T3")
def peer_has_crashed(draw: Draw) -> Case:
    """The peer ended by itself with an error; that is where it begins."""
    net, peer, port, code = draw.name(), draw.name(), draw.port(), draw.exit_code()
    server = shell(peer, f"sleep 0.5; echo 'shutting down {draw.word()}'; exit {code}", networks=(net,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(net,))
    expect = Expect(
        "dependency_stopped|restart_policy_absent", peer, {}, decisive=(*NAMES, "exit_code"),
        accepts=("start", "set_restart_policy"),
    )  # fmt: skip
    return Case(
        (server, asker), asker.name, logged(asker.name, *GONE), (expect,), networks=(net,),
        also=("restart_policy_absent", "exited_with_error"),
    )  # fmt: skip


@scenario("N07-paused", "network", "T3")
def peer_is_paused(draw: Draw) -> Case:
    """The peer was paused: it takes connections and answers none."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker = client(draw, f"http://{peer}:{port}/", patience_s=1, networks=(net,))
    expect = Expect("dependency_stopped|paused|dependency_paused", peer, {}, decisive=NAMES, accepts=("unpause",))

    def pause(site: Site) -> None:
        site.until(lambda: "200" in site.logs(asker.name), "a first answer")
        site.pause(peer)

    return Case(
        (server, asker), asker.name, logged(asker.name, "timed out"), (expect,), networks=(net,), inject=pause,
        also=("paused",),
    )  # fmt: skip


@scenario("N08", "network", "T3")
def peer_on_another_network(draw: Draw) -> Case:
    """Both are well, on networks that do not meet."""
    here, there, peer, port = draw.name(), draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(there,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(here,))
    expect = Expect(
        "wrong_network", asker.name, {"peer|host": peer}, decisive=NAMES, accepts=("connect_network", "recreate")
    )
    return Case((server, asker), asker.name, logged(asker.name, *GONE), (expect,), networks=(here, there))


@scenario("N09", "network", "T2")
def names_on_the_default_bridge(draw: Draw) -> Case:
    """Both are on the engine's default bridge, which knows no names."""
    peer, port = draw.name(), draw.port()
    server = web(draw, port, name=peer)
    asker = client(draw, f"http://{peer}:{port}/")
    expect = Expect(
        "default_bridge_no_dns", asker.name, {"host|peer": peer}, siblings=("wrong_network",), decisive=NAMES,
        accepts=("connect_network", "recreate"),
    )  # fmt: skip
    return Case((server, asker), asker.name, logged(asker.name, *GONE), (expect,))


@scenario("N10", "network", "T3")
def peer_does_not_listen(draw: Draw) -> Case:
    """The peer runs, and nothing in it listens where it is asked."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = shell(peer, "echo warming up; exec sleep 3600", networks=(net,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(net,))
    expect = Expect(
        "dependency_refusing",
        peer,
        {"port|target_port": port, "peer|host": peer},
        decisive=("listener", *NAMES),
        accepts=("restart", "recreate"),
    )
    return Case((server, asker), asker.name, logged(asker.name, "refused", "REFUSED"), (expect,), networks=(net,))


@scenario("N11", "network", "T3")
def peer_is_slow(draw: Draw) -> Case:
    """The peer takes connections at once and its time for answers."""
    net, peer, port, pause = draw.name(), draw.name(), draw.port(), draw.between(4, 7)
    code = (
        "import http.server, time\nclass A(http.server.BaseHTTPRequestHandler):\n"
        f"    def do_GET(self):\n        time.sleep({pause}); self.send_response(200); self.end_headers()\n"
        "    def log_message(self, *w): pass\n"
        f"http.server.ThreadingHTTPServer(('0.0.0.0', {port}), A).serve_forever()\n"
    )
    server = python(peer, code, networks=(net,), serves=port)
    asker = client(draw, f"http://{peer}:{port}/", patience_s=1, networks=(net,))
    expect = Expect(
        "dependency_slow", peer, {"peer|host": peer}, decisive=("signals", "logs", "connection", "listener")
    )
    return Case((server, asker), asker.name, logged(asker.name, "timed out", times=2), (expect,), networks=(net,))


@scenario("N12", "network", "T2")
def name_server_is_not_there(draw: Draw) -> Case:
    """The container was given a name server that does not answer."""
    name, server = draw.name(), f"192.0.2.{draw.between(1, 250)}"
    host = f"{draw.word()}.example.com"
    box = client(draw, f"http://{host}:{draw.port()}/")
    box = Box(name, box.command, files=box.files, options={"dns": [server], "dns_opt": ["attempts:1", "timeout:1"]})
    expect = Expect(
        "upstream_dns_broken", name, {"host|value|setting": server}, decisive=("dns_server", "config", "signals", "logs"),
        accepts=("recreate", "host_advice"),
    )  # fmt: skip
    return Case((box,), name, logged(name, *GONE), (expect,))


@scenario("N16", "network", "T2")
def nobody_takes_the_connections(draw: Draw) -> Case:
    """The server listens with a short queue and never takes a connection out of it."""
    name, port = draw.name(), draw.port()
    code = (
        "import socket, threading, time\n"
        f"server = socket.socket(); server.bind(('0.0.0.0', {port})); server.listen({draw.between(1, 3)})\n"
        "print('serving', flush=True)\n"
        "def knock():\n    while True:\n        s = socket.socket(); s.settimeout(1)\n"
        f"        try: s.connect(('127.0.0.1', {port})); time.sleep(30)\n        except OSError: pass\n"
        "for _ in range(12): threading.Thread(target=knock, daemon=True).start()\n"
        "while True: time.sleep(1)\n"
    )
    box = python(name, code)
    expect = Expect(
        "accept_backlog_overflow", name, {"port": port}, decisive=("listen_overflows", "listen_queue", "sockets", "io"),
    )  # fmt: skip
    return Case((box,), name, lambda site: overflows(site, name) > 4, (expect,), also=("connections_stuck",))


def overflows(site: Site, name: str) -> int:
    rows = [line.split() for line in site.proc(name, "net/netstat").splitlines() if line.startswith("TcpExt:")]
    return int(dict(zip(rows[0], rows[1], strict=True))["ListenOverflows"]) if len(rows) == 2 else 0


@scenario("N17", "network", "T1")
def no_network_at_all(draw: Draw) -> Case:
    """A client of others, started without a network."""
    name = draw.name()
    box = client(draw, f"http://10.{draw.between(1, 90)}.{draw.between(1, 250)}.9:{draw.port()}/")
    box = Box(name, box.command, files=box.files, options={"network_mode": "none"})
    expect = Expect(
        "network_none",
        name,
        {},
        decisive=("network_mode", "network", "signals"),
        accepts=("connect_network", "recreate"),
    )
    return Case((box,), name, logged(name, "unreachable", "ENETUNREACH"), (expect,))


@scenario("N18", "network", "T3")
def two_of_one_name(draw: Draw) -> Case:
    """Two containers answer to one alias, and one of them is another program: some answers are wrong."""
    net, alias, port = draw.name(), draw.word(), draw.port()
    good = web(draw, port, networks=(net,), aliases=(alias,))
    other = stranger(draw, port, networks=(net,), aliases=(alias,))
    asker = client(draw, f"http://{alias}:{port}/", networks=(net,))
    expect = Expect("alias_collision", other.name, {"alias|host": alias}, (), ("alias", "network"), ("recreate",))
    answers = both(logged(asker.name, "503", times=2), logged(asker.name, "200", times=2))
    return Case((good, other, asker), asker.name, answers, (expect,), networks=(net,))


@scenario("N19", "network", "T3")
def stale_address(draw: Draw) -> Case:
    """The client is given an address that the peer does not have any more."""
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker_name, box = draw.name(), client(draw, "{url}", patience_s=1)
    key = draw.env_key("HOST")

    def move(site: Site) -> None:
        network = site.engine.networks.get(net)
        first = site.address(peer, net)
        network.disconnect(peer)
        site.add(idle_on(draw, net))  # takes the address that is free now
        network.connect(peer)
        site.until(lambda: site.listens(peer, port), "the peer to listen")
        assert box.command is not None
        command = [part.replace("{url}", f"http://{first}:{port}/") for part in box.command]
        site.add(Box(asker_name, command, files=box.files, networks=(net,), options={"environment": {key: first}}))

    expect = Expect(
        "stale_ip", asker_name, {"peer": peer}, siblings=("env_wrong_value", "dependency_refusing"),
        decisive=("env_host", "network", "signals", "logs", "listener"), accepts=("recreate",),
    )  # fmt: skip
    gone = ("refused", "timed out", "No route", "EHOSTUNREACH")
    return Case((server,), asker_name, logged(asker_name, *gone), (expect,), networks=(net,), inject=move)


def idle_on(draw: Draw, net: str) -> Box:
    return Box(draw.name(), ["sleep", "3600"], image=BUSYBOX, networks=(net,))


@scenario("S18", "network", "T2")
def one_thread_for_all(draw: Draw) -> Case:
    """A server with one thread is held by one slow request; its quick page waits behind."""
    name, port = draw.name(), draw.port()
    pause = draw.between(4, 6)
    code = (
        "import http.server, time, threading, urllib.request\nclass A(http.server.BaseHTTPRequestHandler):\n"
        f"    def do_GET(self):\n        time.sleep({pause} if self.path == '/slow' else 0)\n"
        "        self.send_response(200); self.end_headers()\n    def log_message(self, *w): pass\n"
        f"http.server.HTTPServer(('0.0.0.0', {port}), A).serve_forever()\n"
    )
    ask = f"while :; do curl -s -m 30 -o /dev/null 127.0.0.1:{port}/slow; done"
    box = shell(
        name, f"for n in 1 2; do ( {ask} ) & done; exec python3 /srv/app.py", image=SVC, files={"/srv/app.py": code},
        serves=port,
        options={"healthcheck": {"test": ["CMD", "curl", "-fsS", f"http://127.0.0.1:{port}/health"], "interval": 10**9, "timeout": 10**9, "retries": 2}},
    )  # fmt: skip
    expect = Expect(
        "single_worker_blocked", name, {}, siblings=("healthcheck_timeout",),
        decisive=("health_output", "app_threads", "app_workers", "listen_queue", "processes", "connection"), accepts=("recreate", "app_setting"),
    )  # fmt: skip
    look: Look = lambda site: site.state(name)["Health"]["Status"] == "unhealthy"  # noqa: E731
    return Case((box,), name, look, (expect,))


@scenario("N13", "network", "T2")
def network_without_a_way_out(draw: Draw) -> Case:
    """The network is internal: names of outside are not found and addresses of outside not reached."""
    net, name = draw.name(), draw.name()
    box = client(draw, f"http://203.0.113.{draw.between(1, 250)}:{draw.port()}/", patience_s=1)
    box = Box(name, box.command, files=box.files, networks=(f"internal:{net}",))
    expect = Expect("network_internal", name, {"network": net}, decisive=NAMES, accepts=("connect_network",))
    look = logged(name, "unreachable", "ENETUNREACH", "timed out")
    return Case((box,), name, look, (expect,), networks=(f"internal:{net}",))
