"""The program as a whole: cold starts, the router among a thousand, the memory of a long-lived process."""

from __future__ import annotations

import difflib
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ergon_ops.engine.fake import crowd
from ergon_ops.persona import personas
from ergon_ops.router import Router, members
from tests.bench.rows import Cost, Row
from tests.bench.timing import docker, processes

PYTHON = sys.executable
PROGRAM = str(Path(PYTHON).with_name("ergon-ops"))
QUESTIONS = (
    "how is {}?", "why is {} slow", "{}: memory?", "restart {}", "what happened to {} last night",
    "is {} healthy", "logs of {}", "which container uses the most memory?", "is anything wrong?", "and its cpu?",
)  # fmt: skip
ROUTED = 400


def starts(name: str) -> list[Row]:
    """Every run of ours begins with an empty state folder: nothing is left from the run before."""
    listing = docker("ps")
    ask, version, bare, floor, table, *rest = processes(
        [PROGRAM, "ask", name, "status?"],
        [PROGRAM, "--version"],
        [PYTHON, "-c", "pass"],
        [PYTHON, "-c", "import docker"],
        [PROGRAM, "list"],
        *([listing] if listing else []),
        runs=7,
    )
    rows = [Row("ask NAME, cold, whole process", ask, floor, "python -c 'import docker'", 0.6)]
    if rest:
        rows.append(Row("ask NAME, cold, whole process", ask, rest[0], "docker ps", 0.6))
        rows.append(Row("list, cold, whole process", table, rest[0], "docker ps", 0.7))
    return [*rows, Row("--version", version, bare, "python -c pass", 0.08)]


def fleet(names: Sequence[str]) -> Row:
    """The whole verdict about so many, rates over a window included, against the reads alone by the docker client."""
    words = [("inspect", *names), ("stats", "--no-stream", *names), ("events", "--since", "1h", "--until", "0s")]
    words += [(verb, *more, name) for name in names for verb, *more in (("logs", "--tail", "100"), ("top",))]
    known = [command for command in (docker(*each) for each in words) if command]
    what = f"diagnose {len(names)} containers, cold"
    ours = [PROGRAM, "diagnose"]
    if not known:
        return Row(what, processes(ours, runs=2)[0], budget=2.0)
    script = "; ".join(f"{shlex.join(command)} >/dev/null 2>&1" for command in known) + "; true"
    cost, otherwise = processes(ours, ["sh", "-c", script], runs=2)
    return Row(what, cost, otherwise, "docker inspect, stats, events, logs, top", 2.0)


async def routing() -> Row:
    """Names said exactly and with a slip, superlatives and follow-ups, among a thousand containers."""
    rows = await crowd(1000).containers()
    router = Router(members(rows, personas(rows)))
    names = [row.ref.name for row in rows]
    chance = random.Random(5)
    for question in QUESTIONS:  # patterns are compiled when a question first needs them
        router.route(question.format(names[0]))
    taken, nearest = [], []
    for number in range(ROUTED):
        name = chance.choice(names)
        said = name if number % 4 else name[:-2] + name[-1]
        # The thread's own time: another process that takes the CPU for a moment is not the router's 99th percentile.
        began = time.thread_time()
        router.route(chance.choice(QUESTIONS).format(said))
        taken.append(time.thread_time() - began)
        if number % 20 == 0:
            began = time.thread_time()
            difflib.get_close_matches(said, names)
            nearest.append(time.thread_time() - began)
    how = "difflib.get_close_matches"
    return Row("routing among 1,000 containers", Cost.of(taken), Cost.of(nearest), how, 1e-3, judged="p99")


def memory() -> Row:
    """A process of its own, holding what a daemon holds for 200 containers, against one with the SDK alone."""
    ours, floor = (_resident(code) for code in (DAEMON, "import docker"))
    return Row("memory with 200 personas and full history", ours, floor, "import docker", 120 * 2**20, "bytes")


DAEMON = "from tests.bench.footprint import hold; held = hold(200)"


def _resident(code: str) -> Cost:
    told = "; print(next(line for line in open('/proc/self/status') if line.startswith('VmRSS')))"
    done = subprocess.run([PYTHON, "-c", code + told], capture_output=True, text=True, check=True, timeout=60)
    size = float(done.stdout.split()[1]) * 1024
    return Cost(size, size, size)
