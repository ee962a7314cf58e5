"""Containers that never start, or whose first command is not what was meant."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, exited, logged, shell
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import Site

NEVER = ("start_error", "exit_code", "state")


def never_started(name: str, code: int, *texts: str) -> Look:
    """The engine's own words, and its exit code."""

    def look(site: Site) -> bool:
        state = site.state(name)
        told = any(text in state["Error"] for text in texts) or not texts
        return bool(state["Status"] == "created" and state["ExitCode"] == code and told)

    return look


@scenario("P02", "starting", "T1")
def no_such_command(draw: Draw) -> Case:
    """The command is nowhere on the PATH of the image."""
    name, command = draw.name(), f"{draw.word()}d"
    box = Box(name, [command, "--serve"], image=draw.pick(SVC, BUSYBOX), refused=True)
    return Case((box,), name, never_started(name, 127, "not found in $PATH"), (_not_found(name, command),))


@scenario("P02-path", "starting", "T1")
def no_such_path(draw: Draw) -> Case:
    """The entrypoint is a path that the image does not have."""
    name, path = draw.name(), f"/opt/{draw.word()}/run"
    box = Box(name, None, options={"entrypoint": [path]}, refused=True)
    return Case((box,), name, never_started(name, 127, "no such file"), (_not_found(name, path),))


def _not_found(name: str, command: str) -> Expect:
    return Expect("entrypoint_not_found", name, {"path|value": command}, decisive=NEVER, accepts=("recreate",))


@scenario("P03", "starting", "T1")
def not_executable(draw: Draw) -> Case:
    """The script is there but nobody may execute it."""
    name, path = draw.name(), f"/opt/{draw.word()}.sh"
    box = Box(name, [path], files={f"{path}!": "#!/bin/sh\nexec sleep 3600\n"}, refused=True)
    return Case((box,), name, never_started(name, 126, "permission denied"), (_not_executable(name, path),))


@scenario("P03-folder", "starting", "T1")
def a_folder(draw: Draw) -> Case:
    """What should be run is a folder."""
    name, path = draw.name(), draw.pick("/etc", "/srv", "/var/lib", "/opt")
    box = Box(name, [path], files={"/opt/x": "", "/srv/x": ""}, refused=True)
    return Case((box,), name, never_started(name, 126, "permission denied"), (_not_executable(name, path),))


def _not_executable(name: str, path: str) -> Expect:
    return Expect("entrypoint_not_executable", name, {"path|value": path}, decisive=NEVER, accepts=("recreate",))


@scenario("P04", "starting", "T1")
def unknown_in_shell(draw: Draw) -> Case:
    """A shell is started, and does not find the command."""
    name, command = draw.name(), f"{draw.word()}x"
    box = shell(name, f"{command} --bind 0.0.0.0:{draw.port()}", image=draw.pick(SVC, BUSYBOX))
    expect = Expect(
        "command_missing_in_shell", name, {"value|path|image": command}, siblings=("entrypoint_not_found",),
        decisive=("exit_code", "logs", "signals"), accepts=("recreate",),
    )  # fmt: skip
    return Case(
        (box,), name, both(exited(name, 127), logged(name, "not found")), (expect,), also=("restart_policy_absent",)
    )


@scenario("P05", "starting", "T2")
def carriage_returns(draw: Draw) -> Case:
    """A script with line ends of another system: the engine starts it, its interpreter is not found."""
    name, path = draw.name(), f"/opt/{draw.word()}.sh"
    box = Box(name, [path], files={path: "#!/bin/sh\r\necho ready\r\n"}, options={"init": True})
    expect = Expect(
        "entrypoint_crlf|entrypoint_interpreter_missing", name, {"path|value": path},
        siblings=("entrypoint_not_found",), decisive=("logs", "signals", "exit_code", "start_error"),
    )  # fmt: skip
    box = Box(name, [path], files={path: "#!/bin/sh\r\necho ready\r\n"})
    look = both(exited(name), logged(name, "no such file or directory"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("P06", "starting", "T2")
def no_shebang(draw: Draw) -> Case:
    """A script that does not say what reads it."""
    name, path = draw.name(), f"/opt/{draw.word()}"
    box = Box(name, [path], files={path: "echo ready\nsleep 3600\n"})
    expect = Expect(
        "exec_format_error", name, {}, siblings=("entrypoint_not_executable",),
        decisive=("logs", "signals", "exit_code"), accepts=("recreate",),
    )  # fmt: skip
    look = both(exited(name), logged(name, "exec format error"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("P11", "starting", "T1")
def no_such_user(draw: Draw) -> Case:
    """The user it should run as is not in the image."""
    name, user = draw.name(), draw.word()
    box = Box(name, ["sleep", "3600"], image=BUSYBOX, options={"user": user}, refused=True)
    expect = Expect("user_missing", name, {"user": user}, decisive=NEVER, accepts=("recreate",))
    return Case((box,), name, lambda site: "unable to find user" in site.state(name)["Error"], (expect,))


@scenario("P12", "starting", "T2")
def missing_module(draw: Draw) -> Case:
    """The program asks for a library that the image does not have."""
    name, module = draw.name(), draw.word()
    if draw.pick(True, False):
        box = Box(name, ["python3", "/srv/app.py"], files={"/srv/app.py": f"import {module}\n"})
    else:
        box = Box(name, ["node", "/srv/app.js"], files={"/srv/app.js": f"require('{module}')\n"})
    expect = Expect(
        "module_missing|node_module_missing|python_module_missing",
        name,
        {"value|path": module},
        decisive=("logs", "signals"),
    )
    look = both(exited(name, 1), logged(name, "No module named", "Cannot find module"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("P08", "starting", "T2")
def gone_to_the_background(draw: Draw) -> Case:
    """A server that puts itself in the background: PID 1 is done, and so is the container."""
    name = draw.name()
    command = draw.pick(["nginx"], ["redis-server", "--daemonize", "yes", "--port", str(draw.port())])
    box = Box(name, command)
    expect = Expect(
        "foreground_process_missing", name, {"exit_code": 0}, decisive=("exit_code", "command", "state", "uptime"),
        accepts=("recreate",),
    )  # fmt: skip
    return Case((box,), name, exited(name, 0), (expect,))


@scenario("N04", "starting", "T1")
def host_port_taken(draw: Draw) -> Case:
    """Two containers want one port of the host."""
    port, inside = draw.host_port(), draw.port()
    owner, name = draw.name(), draw.name()
    first = shell(
        owner, f"exec httpd -f -p {inside}", options={"ports": {f"{inside}/tcp": ("127.0.0.1", port)}}, serves=inside
    )
    second = shell(
        name, f"exec httpd -f -p {inside}", options={"ports": {f"{inside}/tcp": ("127.0.0.1", port)}}, refused=True
    )
    expect = Expect(
        "host_port_conflict", name, {"host_port|port": port, "peer": owner}, decisive=("start_error", "published_port"),
        accepts=("recreate", "stop"),
    )  # fmt: skip
    return Case((first, second), name, never_started(name, 128, "port is already allocated"), (expect,))


@scenario("N05", "starting", "T2")
def host_port_taken_by_the_host(draw: Draw) -> Case:
    """A program of the host listens where the container should be published."""
    port, inside, name = draw.host_port(), draw.port(), draw.name()
    address = {f"{inside}/tcp": ("127.0.0.1", port)}
    box = shell(name, f"exec httpd -f -p {inside}", options={"ports": address}, refused=True, start=False)

    def take(site: Site) -> None:
        site.occupy(port)
        site.start(name, refused=True)

    expect = Expect(
        "host_port_conflict",
        name,
        {"host_port|port": port},
        decisive=("start_error",),
        accepts=("recreate", "host_advice"),
    )
    return Case((box,), name, lambda site: "in use" in site.state(name)["Error"], (expect,), inject=take)
