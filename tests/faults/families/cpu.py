"""CPU and processes: quotas that bite, weights that starve, limits of processes, zombies and leaks."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, logged, node, python, shell
from tests.faults.scenario import BUSYBOX, SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import Site

BILLION = 1_000_000_000
THROTTLE = ("cpu_throttled_ratio",)
PY_BURSTS = """
import sys, threading, time
count, work = int(sys.argv[1]), float(sys.argv[2])
def burst():
    while True:
        ends = time.monotonic() + work
        while time.monotonic() < ends: pass
        time.sleep(0.05)
print("serving with", count, "threads", flush=True)
for _ in range(count): threading.Thread(target=burst).start()
"""
PY_FORKS = """
import os, time
children, failed = 0, 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(3600)
        children += 1
    except OSError as problem:
        failed += 1
        print("cannot start a worker:", problem, flush=True)
        time.sleep(0.5)
"""
NODE_FORKS = """
const {spawn} = require('child_process');
setInterval(() => {
  const child = spawn('sleep', ['3600']);
  child.on('error', problem => console.error('cannot start a helper:', problem.message));
}, 60);
"""
PY_ZOMBIES = """
import os, sys, time
print("serving", flush=True)
for _ in range(int(sys.argv[1])):
    if os.fork() == 0:
        os._exit(0)
    time.sleep(0.01)
while True:
    time.sleep(1)
"""


@scenario("R05", "cpu", "T1")
def quota_too_small(draw: Draw) -> Case:
    """A busy loop under a small CPU quota."""
    return _throttled(
        draw, "cpu_throttled", shell(draw.name(), "while :; do :; done", options={"network_mode": "none"})
    )


@scenario("R05-python", "cpu", "T1")
def quota_too_small_for_python(draw: Draw) -> Case:
    """A Python loop under a small CPU quota."""
    return _throttled(draw, "cpu_throttled", python(draw.name(), "total = 0\nwhile True:\n    total += 1\n"))


@scenario("R06", "cpu", "T2")
def bursts(draw: Draw) -> Case:
    """Threads that work in bursts: average use is the quota, nearly every period is throttled."""
    box = python(draw.name(), PY_BURSTS, str(draw.between(5, 8)), f"{draw.between(20, 40) / 1000}")
    return _throttled(draw, "cpu_throttled_bursty", box, siblings=("cpu_throttled",))


def _throttled(draw: Draw, cause: str, box: Box, siblings: tuple[str, ...] = ()) -> Case:
    cpus = draw.between(30, 60) / 1000
    # Small, and with much weight, so that on a crowded machine it still gets what its quota allows.
    options = {**box.options, "nano_cpus": int(cpus * BILLION), "cpu_shares": 16_384}
    box = Box(box.name, box.command, box.image, options, box.files)
    wanted = cause if not siblings else f"{cause}|{siblings[0]}"
    expect = Expect(wanted, box.name, {"cpus": cpus}, siblings, THROTTLE, ("set_cpu_limit",))
    return Case((box,), box.name, lambda site: throttling(site, box.name) > 0.8, (expect,))


def throttling(site: Site, name: str) -> float:
    """Throttled over all periods between two looks of the engine."""
    first, second = (
        site.engine.api.stats(name, stream=False, one_shot=True)["cpu_stats"]["throttling_data"] for _ in "ab"
    )
    periods = int(second["periods"]) - int(first["periods"])
    return (int(second["throttled_periods"]) - int(first["throttled_periods"])) / periods if periods > 2 else 0.0


@scenario("R07", "processes", "T1")
def shell_at_its_limit(draw: Draw) -> Case:
    """A shell starts children until the limit of processes is reached."""
    name, limit = draw.name(), draw.between(16, 40)
    script = "while :; do sleep 3600 & sleep 0.02; done"
    # Without a fork the shell itself ends; a parent stays to start it again.
    box = shell(name, f"while :; do (exec sh -c '{script}'); sleep 0.2; done", options=_limited(limit))
    return Case((box,), name, _full(name, limit), (_pids(name, limit),), also=("process_leak",))


@scenario("R07-python", "processes", "T2")
def python_at_its_limit(draw: Draw) -> Case:
    """A Python server forks workers until it cannot, and lives on."""
    name, limit = draw.name(), draw.between(20, 45)
    box = python(name, PY_FORKS, options=_limited(limit))
    look = both(_full(name, limit), logged(name, "Resource temporarily unavailable"))
    return Case((box,), name, look, (_pids(name, limit),), also=("process_leak",))


@scenario("R07-node", "processes", "T2")
def node_at_its_limit(draw: Draw) -> Case:
    """A node server starts helpers until it cannot, and says EAGAIN."""
    name, limit = draw.name(), draw.between(30, 50)
    box = node(name, NODE_FORKS, options=_limited(limit))
    return Case(
        (box,), name, both(_full(name, limit), logged(name, "EAGAIN")), (_pids(name, limit),), also=("process_leak",)
    )


def _limited(limit: int) -> dict[str, object]:
    return {"pids_limit": limit, "network_mode": "none"}


def _pids(name: str, limit: int) -> Expect:
    return Expect(
        "pids_limit", name, {"limit|count|expected": limit}, decisive=("pids", "pids_limit", "pids_failures"),
        accepts=("set_pids_limit",),
    )  # fmt: skip


def _full(name: str, limit: int) -> Look:
    return lambda site: _tasks(site, name) >= limit - 1


def _tasks(site: Site, name: str) -> int:
    return int(site.engine.api.stats(name, stream=False, one_shot=True)["pids_stats"].get("current", 0))


@scenario("R08", "processes", "T2")
def more_and_more_processes(draw: Draw) -> Case:
    """A spawner starts a child a few times a second and never ends one."""
    name, pause = draw.name(), draw.pick("0.1", "0.2", "0.15")
    child = draw.pick("sleep 3600", "tail -f /dev/null")
    box = shell(
        name,
        f"while :; do {child} & sleep {pause}; done",
        image=draw.pick(BUSYBOX, SVC),
        options={"network_mode": "none"},
    )
    expect = Expect(
        "process_leak", name, {}, decisive=("pids", "process", "pids_growth"), accepts=("set_pids_limit", "recreate")
    )
    return Case((box,), name, lambda site: _tasks(site, name) > 25, (expect,))


@scenario("P09", "processes", "T2")
def zombies(draw: Draw) -> Case:
    """PID 1 never waits for its children; no list of processes of the engine shows them."""
    name, count = draw.name(), draw.between(12, 40)
    box = python(name, PY_ZOMBIES, str(count), options={"network_mode": "none"})
    expect = Expect(
        "zombies_no_init", name, {"count": count}, decisive=("zombies", "pids", "process"), accepts=("recreate",)
    )
    look = lambda site: site.sh(name, "cat /proc/[0-9]*/stat").count(") Z ") >= count  # noqa: E731
    return Case((box,), name, look, (expect,))


@scenario("R15", "cpu", "T2", alone=True)
def starved(draw: Draw) -> Case:
    """Least weight beside neighbours who take all there is."""
    name = draw.name()
    work = "while :; do :; done"
    hogs = [
        shell(draw.name(), f"for n in 1 2; do ( {work} ) & done; wait", options={"network_mode": "none"}) for _ in "ab"
    ]
    poor = shell(name, work, options={"cpu_shares": draw.between(2, 8), "network_mode": "none"})
    expect = Expect(
        "cpu_shares_starved", name, {}, decisive=("cpu_shares", "host_pressure", "host_load", "cpu_usage"),
        accepts=("set_cpu_shares",),
    )  # fmt: skip
    return Case((*hogs, poor), name, _starved(name), (expect,))


def _starved(name: str) -> Look:
    def look(site: Site) -> bool:
        first, second = (site.engine.api.stats(name, stream=False, one_shot=True) for _ in "ab")
        used = second["cpu_stats"]["cpu_usage"]["total_usage"] - first["cpu_stats"]["cpu_usage"]["total_usage"]
        passed = second["cpu_stats"]["system_cpu_usage"] - first["cpu_stats"]["system_cpu_usage"]
        with open("/proc/pressure/cpu") as file:
            waiting = float(file.readline().split("avg10=")[1].split()[0])
        return waiting > 40 and 0 < used < 0.1 * passed

    return look


@scenario("R09", "processes", "T2")
def too_many_open_files(draw: Draw) -> Case:
    """A server leaks open files until its limit of them is reached."""
    name, limit = draw.name(), draw.between(40, 120)
    code = (
        "import time\nheld = []\nwhile True:\n"
        "    try: held.append(open('/etc/passwd'))\n"
        "    except OSError as problem: print('cannot read accounts:', problem, flush=True); time.sleep(0.5)\n"
    )
    if draw.pick(True, False):
        box = python(name, code)
    else:
        script = "const fs = require('fs');\nsetInterval(() => { try { for (;;) fs.openSync('/etc/passwd'); } catch (e) { console.error('cannot read accounts:', e.message); } }, 500);"
        box = node(name, script)
    box = Box(
        name, box.command, files=box.files, options={"ulimits": [{"Name": "nofile", "Soft": limit, "Hard": limit}]}
    )
    expect = Expect(
        "open_files_limit",
        name,
        {"limit_bytes|expected|count|value": limit},
        decisive=("signals", "logs", "open_files", "limits"),
        accepts=("recreate",),
    )
    return Case((box,), name, logged(name, "oo many open files"), (expect,))
