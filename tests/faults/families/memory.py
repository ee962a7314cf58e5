"""Memory: the kernel's OOM killer in its guises, leaks on the way there, and heaps that end before their container."""

from __future__ import annotations

from tests.faults.draw import MIB, Draw
from tests.faults.programs import both, exited, logged, memory, node, python, restarted, running, shell
from tests.faults.scenario import SVC, Case, Expect, Look, scenario
from tests.faults.site import Site

KILLED = ("oom_killed", "memory_oom_kills", "event", "exit_code", "memory_limit")
PY_GROW = """
import sys, time
held, step, pause, limit = [], int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
print("loading the index", flush=True)
while sum(map(len, held)) < limit:
    held.append(bytearray(b"x" * step))
    time.sleep(pause)
while True:
    time.sleep(1)
"""
NODE_GROW = """
const [step, pause] = process.argv.slice(2).map(Number);
const held = [];
console.log('warming the cache');
setInterval(() => held.push(Buffer.alloc(step, 'x')), pause);
"""
PY_CHILDREN = """
import os, sys, time
while True:
    child = os.fork()
    if child == 0:
        held = bytearray(b"x" * int(sys.argv[1]))
        time.sleep(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("worker", child, "ended with", os.waitstatus_to_exitcode(status), flush=True)
    time.sleep(0.3)
"""
ENDLESS = 2**40


def oom(name: str, size: int) -> Expect:
    return Expect("oom_killed", name, {"limit_bytes": size}, decisive=KILLED, accepts=("set_memory_limit",))


@scenario("R01", "memory", "T1")
def python_takes_too_much(draw: Draw) -> Case:
    """A Python process takes more than the limit of its container."""
    name, size = draw.name(), draw.mib(24, 60)
    box = python(name, PY_GROW, str(2 * MIB), "0.02", str(ENDLESS), options=memory(size))
    return Case((box,), name, _oom_killed(name), (oom(name, size),), also=("restart_policy_absent",))


@scenario("R01-node", "memory", "T1")
def node_takes_too_much(draw: Draw) -> Case:
    """Node's buffers, which are no part of its heap, pass the limit of the container."""
    name, size = draw.name(), draw.mib(64, 96)
    box = node(name, NODE_GROW, str(3 * MIB), "15", options=memory(size))
    return Case((box,), name, _oom_killed(name), (oom(name, size),), also=("restart_policy_absent",))


@scenario("R01-shell", "memory", "T1")
def shell_takes_too_much(draw: Draw) -> Case:
    """A shell's child reads a line that never ends, and is all there is in the container."""
    name, size = draw.name(), draw.mib(10, 30)
    box = shell(name, "exec tail -n 1 /dev/zero", options=memory(size, network_mode="none"))
    return Case((box,), name, _oom_killed(name), (oom(name, size),), also=("restart_policy_absent",))


def _oom_killed(name: str) -> Look:
    return lambda site: site.state(name)["OOMKilled"] and site.state(name)["Status"] == "exited"


@scenario("R02", "memory", "T2")
def leak(draw: Draw) -> Case:
    """Memory grows by a few MiB a second and has passed two thirds of the limit."""
    name, size = draw.name(), draw.mib(300, 400)
    step = draw.pick(192, 256, 384) * 1024
    start = (
        f"first = bytearray({int(size * 0.65)})\nfirst[::4096] = b'x' * len(first[::4096])\n"  # no second copy of it
    )
    box = python(name, start + PY_GROW, str(step), "0.2", str(ENDLESS), options=memory(size))
    expect = Expect(
        "memory_leak_near_limit", name, {"limit_bytes": size}, siblings=("memory_near_limit",),
        decisive=("memory_working_set", "memory_ratio", "memory_growth", "memory_failures"),
        accepts=("set_memory_limit",),
    )  # fmt: skip
    return Case((box,), name, lambda site: _used(site, name) > 0.66 * size, (expect,))


def _used(site: Site, name: str) -> int:
    stats = site.engine.api.stats(name, stream=False, one_shot=True)["memory_stats"]
    return int(stats["usage"]) - int(stats["stats"].get("total_inactive_file", 0))


@scenario("R03", "memory", "T2")
def children_die(draw: Draw) -> Case:
    """Workers that are forked are killed for memory one after the other; PID 1 lives on and the engine's flag is off."""
    name, size = draw.name(), draw.mib(30, 48)
    box = python(name, PY_CHILDREN, str(2 * size), options=memory(size))
    return Case((box,), name, _children_killed(name, "ended with -9"), (child(name, size),))


@scenario("R03-shell", "memory", "T2")
def shell_children_die(draw: Draw) -> Case:
    """A shell loop starts a program that takes too much, again and again."""
    name, size = draw.name(), draw.mib(14, 30)
    script = f"while :; do python3 -c 'x = bytearray({3 * size})' || echo batch ended with $?; sleep 0.4; done"
    box = shell(name, script, image=SVC, options=memory(size))
    return Case((box,), name, _children_killed(name, "ended with 137"), (child(name, size),))


def child(name: str, size: int) -> Expect:
    return Expect(
        "child_oom", name, {"limit_bytes": size}, siblings=("oom_killed",), decisive=("memory_oom_kills", "event"),
        accepts=("set_memory_limit",),
    )  # fmt: skip


def _children_killed(name: str, text: str) -> Look:
    return both(running(name), logged(name, text, times=2))


@scenario("R04", "memory", "T2")
def restarted_after_oom(draw: Draw) -> Case:
    """Killed for memory and started again by policy, over and over."""
    name, size = draw.name(), draw.mib(20, 40)
    box = python(
        name, PY_GROW, str(2 * MIB), "0.01", str(ENDLESS),
        options=memory(size, restart_policy={"Name": draw.pick("always", "unless-stopped")}),
    )  # fmt: skip
    expect = Expect(
        "oom_restart_loop", name, {"limit_bytes": size}, siblings=("oom_killed", "crash_loop"), decisive=KILLED,
        accepts=("set_memory_limit",),
    )  # fmt: skip
    return Case((box,), name, restarted(name, 3), (expect,))


@scenario("P15", "memory", "T2")
def heap_ends(draw: Draw) -> Case:
    """Node's own heap limit ends it; the container's memory would have been enough."""
    name, heap = draw.name(), draw.between(18, 34)
    code = "const held = [];\nfor (;;) held.push(new Array(1000).fill(held.length));"
    box = node(name, code, flags=(f"--max-old-space-size={heap}",), options=memory(512 * MIB))
    expect = Expect("runtime_heap_oom", name, {}, decisive=("logs", "signals", "exit_code"))
    return Case((box,), name, both(exited(name), logged(name, "heap")), (expect,), also=("restart_policy_absent",))
