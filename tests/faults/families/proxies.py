"""nginx in front of others, and logs: where they go, and how fast they grow."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, exited, logged, shell
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import Site

SAID = ("signals", "logs", "probes")
CONFIG = """
user www-data;
worker_processes 1;
error_log stderr;
pid /run/nginx.pid;
events {{ worker_connections {connections}; }}
http {{
  access_log {access};
  server {{
    listen {port};
    {more}
    location / {{ {action} }}
  }}
}}
"""


def proxy(
    draw: Draw, port: int, action: str, *, more: str = "", connections: int = 64, access: str = "/dev/stdout",
    networks: tuple[str, ...] = (), name: str = "", asks: bool = True,
) -> Box:  # fmt: skip
    """nginx with one location; `asks`: somebody inside asks it once a second."""
    config = CONFIG.format(connections=connections, port=port, more=more, action=action, access=access)
    asking = (
        f"(sleep 0.5; while :; do curl -s -m 20 -o /dev/null 127.0.0.1:{port}/; sleep 0.7; done) & " if asks else ""
    )
    return shell(
        name or draw.name(), f"{asking}exec nginx -c /etc/nginx/site.conf -g 'daemon off;'", image=SVC,
        files={"/etc/nginx/site.conf": config}, networks=networks,
    )  # fmt: skip


@scenario("S12", "nginx", "T3")
def upstream_is_closed(draw: Draw) -> Case:
    """nginx passes requests on to a container that does not listen: 502."""
    net, peer, port, there = draw.name(), draw.name(), draw.port(), draw.port()
    server = shell(peer, "exec sleep 3600", networks=(net,))
    front = proxy(draw, port, f"proxy_pass http://{peer}:{there};", networks=(net,))
    expect = Expect(
        "nginx_502_upstream_down|dependency_refusing",
        peer,
        {"port|target_port": there, "peer|host": peer},
        decisive=SAID,
    )
    return Case(
        (server, front), front.name, both(logged(front.name, "Connection refused"), logged(front.name, " 502 ")),
        (expect,), networks=(net,), also=("dependency_refusing", "nginx_502_upstream_down"),
    )  # fmt: skip


@scenario("S13", "nginx", "T3")
def upstream_is_too_slow(draw: Draw) -> Case:
    """The upstream takes the request and does not answer in time: 504."""
    net, peer, port, there = draw.name(), draw.name(), draw.port(), draw.port()
    code = f"import socket, time\ns = socket.create_server(('0.0.0.0', {there}), backlog=200)\nheld = []\nwhile True: held.append(s.accept())\n"
    server = shell(
        peer, "exec python3 /srv/app.py", image=SVC, files={"/srv/app.py": code}, networks=(net,), serves=there
    )
    front = proxy(
        draw,
        port,
        f"proxy_pass http://{peer}:{there};",
        more=f"proxy_read_timeout {draw.between(1, 2)}s;",
        networks=(net,),
    )
    expect = Expect("nginx_504_upstream_slow|dependency_slow", peer, {"peer|host": peer}, decisive=SAID)
    return Case(
        (server, front), front.name, both(logged(front.name, "timed out"), logged(front.name, " 504 ")), (expect,),
        networks=(net,), also=("dependency_slow", "nginx_504_upstream_slow"),
    )  # fmt: skip


@scenario("S14", "nginx", "T2")
def upstream_has_no_address(draw: Draw) -> Case:
    """nginx does not start, since nobody has the name of its upstream."""
    net, host = draw.name(), draw.word()
    front = proxy(draw, draw.port(), f"proxy_pass http://{host}:{draw.port()};", networks=(net,), asks=False)
    expect = Expect("nginx_upstream_unresolvable", front.name, {"host": host}, decisive=SAID)
    look = both(exited(front.name, 1), logged(front.name, "host not found in upstream"))
    return Case((front,), front.name, look, (expect,), networks=(net,), also=("restart_policy_absent",))


@scenario("S16", "nginx", "T2")
def too_few_connections(draw: Draw) -> Case:
    """A worker may hold a handful of connections, and more come."""
    limit, port = draw.between(6, 9), draw.port()
    front = proxy(draw, port, "return 200 ok;", connections=limit, asks=False)
    knock = (
        "import socket, time\nwhile True:\n    held = []\n    for _ in range(15):\n        s = socket.socket(); s.settimeout(2)\n"
        f"        try: s.connect(('127.0.0.1', {port})); s.sendall(b'GET / HTTP/1.1\\r\\n')\n        except OSError: pass\n        held.append(s)\n"
        "    time.sleep(1)\n    [s.close() for s in held]\n"
    )
    files = {**front.files, "/srv/knock.py": knock}
    box = shell(
        front.name, "(sleep 0.5; python3 /srv/knock.py) & exec nginx -c /etc/nginx/site.conf -g 'daemon off;'",
        image=SVC, files=files,
    )  # fmt: skip
    expect = Expect(
        "nginx_worker_connections",
        box.name,
        {"limit_bytes|expected|count|value": limit},
        decisive=SAID,
        accepts=("app_setting", "recreate"),
    )
    return Case((box,), box.name, logged(box.name, "worker_connections are not enough"), (expect,))


@scenario("L01", "logs", "T2")
def log_grows_without_end(draw: Draw) -> Case:
    """The log grows by megabytes a second, and nothing turns it over."""
    name, line = draw.name(), f"handled request {draw.word()} " + "x" * 200
    box = shell(
        name, f"while :; do yes '{line}' | head -n 6000; sleep 0.25; done", image=BUSYBOX,
        options={"log_config": {"Type": "json-file", "Config": {}}, "nano_cpus": 300_000_000},
    )  # fmt: skip
    expect = Expect(
        "log_flood_unrotated",
        name,
        {},
        decisive=("log_size", "log_rate", "log_option", "logs", "log_driver"),
        accepts=("recreate",),
    )

    return Case((box,), name, lambda site: site.log_size(name) > 8_000_000, (expect,), also=("cpu_throttled",))


@scenario("L03", "logs", "T2")
def log_in_files(draw: Draw) -> Case:
    """nginx writes its log into files inside; the engine has no line of it."""
    name, port = draw.name(), draw.port()
    box = _writing_files(draw, name, port, "return 200 ok;")
    expect = Expect(
        "logs_to_file",
        name,
        {"path": "/var/log/nginx"},
        decisive=("logs", "logfile", "probes", "config", "changed_path"),
    )
    return Case((box,), name, _in_files(name, "GET / "), (expect,))


@scenario("L03-502", "logs", "T2")
def trouble_told_in_files(draw: Draw) -> Case:
    """As before, and requests fail: only the file tells that the upstream refuses."""
    name, port, peer = draw.name(), draw.port(), draw.port()
    box = _writing_files(draw, name, port, f"proxy_pass http://127.0.0.1:{peer};")
    expect = Expect("nginx_502_upstream_down", name, {"port": peer}, decisive=SAID)
    return Case((box,), name, _in_files(name, "refused"), (expect,), also=("logs_to_file",))


def _writing_files(draw: Draw, name: str, port: int, action: str) -> Box:
    access = "/var/log/nginx/access.log"
    config = CONFIG.format(connections=64, port=port, more="", action=action, access=access)
    asking = f"(sleep 0.5; while :; do curl -s -o /dev/null 127.0.0.1:{port}; sleep 0.5; done) & "
    return shell(
        name, f"{asking}exec nginx -c /etc/nginx/site.conf -g 'daemon off;'", image=SVC, serves=port,
        files={"/etc/nginx/site.conf": config.replace("error_log stderr", "error_log /var/log/nginx/error.log")},
    )  # fmt: skip


def _in_files(name: str, text: str) -> Look:
    def look(site: Site) -> bool:
        return text in site.sh(name, "cat /var/log/nginx/*.log") and not site.logs(name).strip()

    return look


@scenario("L04", "logs", "T2")
def no_log_at_all(draw: Draw) -> Case:
    """The log driver is `none`: it crashes and nobody can read why."""
    name, code = draw.name(), draw.exit_code()
    box = shell(
        name, f"echo cannot open {draw.word()}; sleep 0.2; exit {code}",
        options={"log_config": {"Type": "none", "Config": {}}, "restart_policy": {"Name": "always"}},
    )  # fmt: skip
    expect = Expect("crash_loop", name, {"exit_code": code}, decisive=("restart_count", "exit_code", "state", "event"))
    look = lambda site: site.inspect(name)["RestartCount"] >= 2 and not site.logs(name)  # noqa: E731
    return Case((box,), name, look, (expect,), also=("log_driver_none", "logs_unreadable"))
