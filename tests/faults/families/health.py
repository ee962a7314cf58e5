"""Healthchecks: failing for a reason, and failing by themselves."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, check, shell, unhealthy
from tests.faults.scenario import SVC, Case, Expect, scenario

HEALTH = ("health", "health_output", "health_exit_code", "health_streak")


@scenario("H01", "health", "T1")
def checked_port_is_closed(draw: Draw) -> Case:
    """The check asks a port where nobody listens."""
    name, port = draw.name(), draw.port()
    test = draw.pick(
        f"wget -q -O /dev/null http://127.0.0.1:{port}/",
        f"nc -w 1 127.0.0.1 {port} </dev/null || {{ echo port {port} refused; exit 1; }}",
    )
    box = shell(name, "exec sleep 3600", options={"healthcheck": check("CMD-SHELL", test)})
    expect = Expect("healthcheck_failing_app", name, {"port|target_port": port}, decisive=(*HEALTH, "listener"))
    return Case((box,), name, unhealthy(name, "refused"), (expect,))


@scenario("H01-status", "health", "T1")
def check_says_no(draw: Draw) -> Case:
    """The server answers its check with an error."""
    name, port = draw.name(), draw.port()
    code = (
        "import http.server\nclass A(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_error(503)\n    def log_message(self, *w): pass\n"
        f"http.server.ThreadingHTTPServer(('0.0.0.0', {port}), A).serve_forever()"
    )
    box = shell(
        name, "exec python3 /srv/app.py", image=SVC, files={"/srv/app.py": code}, serves=port,
        options={"healthcheck": check("CMD", "curl", "-fsS", f"http://127.0.0.1:{port}/{draw.word()}")},
    )  # fmt: skip
    expect = Expect("healthcheck_failing_app", name, {}, decisive=HEALTH)
    return Case((box,), name, unhealthy(name, "503"), (expect,))


@scenario("H02", "health", "T2")
def check_is_not_in_the_image(draw: Draw) -> Case:
    """The program of the check is not in the image; the server is well."""
    name, port, tool = draw.name(), draw.port(), draw.pick("curl", "python3", "pg_isready", "http")
    test = ("CMD", tool, f"http://127.0.0.1:{port}/")
    box = shell(name, f"exec httpd -f -p {port}", serves=port, options={"healthcheck": check(*test)})
    return Case((box,), name, unhealthy(name, "not found"), (_missing(name, tool),))


@scenario("H02-shell", "health", "T2")
def check_is_not_in_the_image_shell(draw: Draw) -> Case:
    """The same in a shell, whose `|| exit 1` hides the exit code."""
    name, port, tool = draw.name(), draw.port(), draw.pick("curl", "python3", "redis-cli")
    test = ("CMD-SHELL", f"{tool} -f http://127.0.0.1:{port}/ || exit 1")
    box = shell(name, f"exec httpd -f -p {port}", serves=port, options={"healthcheck": check(*test)})
    return Case((box,), name, unhealthy(name, "not found"), (_missing(name, tool),))


def _missing(name: str, tool: str) -> Expect:
    return Expect("healthcheck_cmd_missing", name, {"value|path|setting": tool}, decisive=HEALTH, accepts=("recreate",))


@scenario("H03", "health", "T1")
def check_takes_too_long(draw: Draw) -> Case:
    """The check needs longer than it may."""
    name = draw.name()
    limit = draw.pick(1.0, 0.5)
    box = shell(
        name,
        "exec sleep 3600",
        options={"healthcheck": check("CMD-SHELL", f"sleep {draw.between(4, 9)}", timeout=limit)},
    )
    expect = Expect("healthcheck_timeout", name, {}, decisive=HEALTH, accepts=("recreate",))
    return Case((box,), name, unhealthy(name, "exceeded timeout"), (expect,))


@scenario("H05", "health", "T2")
def boot_takes_longer_than_its_start_period(draw: Draw) -> Case:
    """Checks count while the server still boots: it is called unhealthy before it listens."""
    name, port = draw.name(), draw.port()
    boot = draw.between(25, 40)
    box = shell(
        name, f"echo loading model; sleep {boot}; echo ready; exec httpd -f -p {port}",
        options={"healthcheck": check("CMD-SHELL", f"nc -w 1 127.0.0.1 {port} </dev/null || {{ echo connection refused; exit 1; }}")},
    )  # fmt: skip
    expect = Expect(
        "start_period_too_short", name, {}, siblings=("healthcheck_failing_app",),
        decisive=(*HEALTH, "health_start_period", "uptime"), accepts=("recreate",),
    )  # fmt: skip
    return Case((box,), name, unhealthy(name), (expect,))


@scenario("H04", "health", "T2")
def check_asks_another_port(draw: Draw) -> Case:
    """The server listens, and is asked on a port that is not its own."""
    name, port, asked = draw.name(), draw.port(), draw.port()
    box = shell(
        name, f"exec httpd -f -p {port}", serves=port,
        options={"healthcheck": check("CMD-SHELL", f"wget -q -O /dev/null http://localhost:{asked}/")},
    )  # fmt: skip
    expect = Expect(
        "healthcheck_wrong_port", name, {"port|target_port|expected|value": asked}, siblings=("healthcheck_failing_app",),
        decisive=(*HEALTH, "listener", "health_command"), accepts=("recreate",),
    )  # fmt: skip
    listens = lambda site: site.listens(name, port)  # noqa: E731
    return Case((box,), name, both(unhealthy(name, "refused"), listens), (expect,))
