"""Containers that end: crash loops, signals, and who sent them."""

from __future__ import annotations

import os
import signal

from tests.faults.draw import Draw
from tests.faults.programs import exited, node, python, restarted, shell
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

ENDED = ("exit_code", "event", "restart_count", "state", "restart_policy")


def leaver(draw: Draw, name: str, code: int, line: str, **options: object) -> Box:
    """Says something and ends with the code, in a drawn language."""
    match draw.pick("python", "node", "shell"):
        case "python":
            return python(
                name, f"import sys, time\ntime.sleep(0.1)\nprint({line!r})\nsys.exit({code})", options=options
            )
        case "node":
            return node(name, f"console.log({line!r}); process.exitCode = {code};", options=options)
        case _:
            return shell(name, f"sleep 0.1; echo '{line}'; exit {code}", image=draw.pick(BUSYBOX, SVC), options=options)


@scenario("P01", "ending", "T1")
def crash_loop(draw: Draw) -> Case:
    """Ends with an exit code of its own as often as it is started."""
    name, code = draw.name(), draw.exit_code()
    box = leaver(draw, name, code, f"stage {draw.between(2, 9)} of boot", restart_policy={"Name": "always"})
    expect = Expect("crash_loop", name, {"exit_code": code}, decisive=ENDED)
    return Case((box,), name, restarted(name, 3), (expect,))


@scenario("P01-failure", "ending", "T1")
def crash_loop_on_failure(draw: Draw) -> Case:
    """The same under `on-failure`, with a few tries left."""
    name, code = draw.name(), draw.exit_code()
    box = leaver(
        draw, name, code, f"reading table {draw.word()}",
        restart_policy={"Name": "on-failure", "MaximumRetryCount": 50},
    )  # fmt: skip
    expect = Expect("crash_loop", name, {"exit_code": code}, decisive=ENDED)
    return Case((box,), name, restarted(name, 3), (expect,))


@scenario("P13", "ending", "T1")
def nobody_starts_it_again(draw: Draw) -> Case:
    """Ended with an error, and no policy starts it again."""
    name, code = draw.name(), draw.exit_code()
    box = leaver(draw, name, code, f"closing {draw.word()}")
    expect = Expect(
        "restart_policy_absent", name, {"exit_code": code}, siblings=("exited_with_error",),
        decisive=ENDED, accepts=("set_restart_policy", "start"),
    )  # fmt: skip
    return Case((box,), name, exited(name, code), (expect,))


@scenario("P07", "ending", "T2")
def deaf_to_term(draw: Draw) -> Case:
    """PID 1 does not hear SIGTERM: the stop ran out of time and was a kill."""
    name, patience = draw.name(), draw.between(1, 3)
    box = draw.pick(
        shell(name, "trap '' TERM; while :; do sleep 0.2; done"),
        python(name, "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)"),
    )
    expect = Expect(
        "stop_timeout_sigkill", name, {"exit_code": 137}, decisive=("event",), accepts=("recreate", "start")
    )

    def stop(site: Site) -> None:
        site.until(lambda: site.logs(name) is not None and site.state(name)["Running"], "it to run")
        site.until(lambda: site.hears(name, "SigIgn", signal.SIGTERM), "the signal to be ignored")
        site.container(name).stop(timeout=patience)

    return Case((box,), name, exited(name, 137), (expect,), inject=stop, also=("restart_policy_absent",))


@scenario("P16", "ending", "T2")
def killed_by_somebody(draw: Draw) -> Case:
    """Somebody killed it through the engine; there was no lack of memory and no stop."""
    name = draw.name()
    box = shell(name, "while :; do sleep 0.3; done", options={"mem_limit": draw.mib(32, 128)})
    expect = Expect("killed_externally", name, {"exit_code": 137}, decisive=("event",), accepts=("start", "restart"))
    return Case(
        (box,), name, exited(name, 137), (expect,), inject=lambda site: site.container(name).kill(),
        also=("restart_policy_absent",), forbidden=("stop",),
    )  # fmt: skip


@scenario("P16-inner", "ending", "T2")
def killed_from_below(draw: Draw) -> Case:
    """SIGKILL from outside the engine: it saw nothing but the end."""
    name = draw.name()
    box = shell(name, "exec sleep 3600", options={"mem_limit": draw.mib(32, 128)})
    expect = Expect(
        "killed_externally|killed_by_signal", name, {"exit_code": 137}, siblings=("killed_externally",), decisive=("event", "exit_code"),
        accepts=("start", "restart"),
    )  # fmt: skip

    def kill(site: Site) -> None:
        os.kill(site.state(name)["Pid"], signal.SIGKILL)

    return Case((box,), name, exited(name, 137), (expect,), inject=kill, also=("restart_policy_absent",))


@scenario("P17", "ending", "T2")
def segmentation_fault(draw: Draw) -> Case:
    """The program ends by SIGSEGV: 139."""
    name = draw.name()
    box = python(
        name,
        "import os, signal, time\nprint('decoding', flush=True)\ntime.sleep(0.2)\nos.kill(os.getpid(), signal.SIGSEGV)",
    )
    # PID 1 is spared signals without a handler: an init passes them on.
    box = Box(name, box.command, files=box.files, options={"init": True})
    expect = Expect("segfault", name, {"exit_code": 139}, decisive=ENDED)
    return Case((box,), name, exited(name, 139), (expect,), also=("restart_policy_absent",))


@scenario("P10", "ending", "T1")
def paused(draw: Draw) -> Case:
    """Somebody paused it, and no label says that it should be."""
    name, port = draw.name(), draw.port()
    box = shell(name, f"exec httpd -f -p {port}", serves=port)
    expect = Expect("paused", name, {}, decisive=("state", "event"), accepts=("unpause",))

    def pause(site: Site) -> None:
        site.pause(name)

    return Case((box,), name, lambda site: site.state(name)["Paused"], (expect,), inject=pause)


@scenario("P18", "ending", "T2")
def unhandled_exception(draw: Draw) -> Case:
    """An exception that nobody caught ends the program in a loop; nothing more is known than where."""
    name = draw.name()
    code = "import time\ntime.sleep(0.1)\nrows = {}\nprint('rows', len(rows))\nprint(1 / len(rows))"
    box = python(name, code, options={"restart_policy": {"Name": "always"}})
    expect = Expect("crash_loop|unhandled_exception", name, {"exit_code": 1}, decisive=(*ENDED, "logs", "signals"))
    return Case((box,), name, restarted(name, 3), (expect,))
