"""`make load`: numbers beside their budgets. Exit 1 for a wrong answer, or a budget missed at this pace."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.load import clients
from tests.scenarios import weather
from tests.scenarios.containers import Yard, ensure_image
from tests.scenarios.serving import Got, Serving, serving, until
from tests.scenarios.test_daemon import make_boxes, name, question, right
from tests.scenarios.weather import Weather

BOXES, CROWD, MANY = 50, 200, 10_000
LOOP = 2_000_000
LOOP_S = 0.11  # of that loop, on a quiet machine of this kind
MIB = 2**20


@dataclass(frozen=True)
class Row:
    """`least`: the budget is what must be reached, not what may be used. `timed`: it moves with the machine's pace."""

    what: str
    found: float
    budget: float
    unit: str
    least: bool = False
    timed: bool = True

    def good(self, pace: float) -> bool:
        scaled = self.budget if not self.timed else self.budget / pace if self.least else self.budget * pace
        return self.found >= scaled if self.least else self.found <= scaled


def pace() -> float:
    """How many times longer plain work takes now, on the clock on the wall, than on a quiet machine."""
    began = time.monotonic()
    total = 0
    for number in range(LOOP):
        total += number
    return max(1.0, (time.monotonic() - began) / LOOP_S)


async def probing(daemon: Serving, ends: asyncio.Event) -> list[float]:
    """Seconds of `/health`, asked by another process: this one is busy with being a crowd."""
    script = Path(__file__).with_name("probe.py")
    probe = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(daemon.port), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    await ends.wait()
    told, _ = await probe.communicate(b"\n")
    return sorted(float(line) for line in told.split())


async def round_of(daemon: Serving, count: int, *, at_once: int) -> tuple[list[Got], float, list[float]]:
    """Answers, seconds in all, and those of `/health` meanwhile. Raises AssertionError for a wrong answer."""
    seed, ends = random.Random(count), asyncio.Event()
    asked = [number % BOXES for number in range(count)]
    probe = asyncio.create_task(probing(daemon, ends))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    answers = await daemon.many((question(number, seed) for number in asked), at_once=at_once)
    took = time.monotonic() - began
    ends.set()
    wrong = [got for got, number in zip(answers, asked, strict=True) if not right(got, number)]
    assert not wrong, f"{len(wrong)} of {count} answers are wrong: {wrong[:2]}"
    return answers, took, await probe


async def newcomers(yard: Yard, daemon: Serving) -> list[Row]:
    """From the moment the engine has started one to the moment the daemon speaks of its CI as running."""
    took = []
    for number in range(15):
        label = f"newcomer-{number}"
        made = await asyncio.to_thread(yard.create, label)
        await asyncio.sleep(1.5)  # what its creation set off is over
        await asyncio.to_thread(yard.api, "POST", f"/containers/{made}/start")
        began = time.monotonic()
        await until(partial(running, daemon, label))
        took.append(time.monotonic() - began)
        await asyncio.to_thread(yard.remove, made)
    took.sort()
    return [
        Row("a new container has its CI, median", took[len(took) // 2], 0.1, "s"),
        Row("  slowest", took[-1], 0.1, "s"),
    ]


async def running(daemon: Serving, label: str) -> bool:
    told = (await daemon.ask("/api/ci")).body["cis"]
    return any(row["container"] == label and row["key"] and row["state"] == "running" for row in told)


async def held_open(daemon: Serving) -> list[Row]:
    answers, _, health = await round_of(daemon, 1_000, at_once=1_000)
    return [
        Row("1,000 held open at once, the last answer", max(got.seconds for got in answers), 5.0, "s"),
        Row("  /health meanwhile, median", health[len(health) // 2], 0.2, "s"),
        Row("  /health meanwhile, slowest", health[-1], 0.2, "s"),
    ]


async def without_pause(daemon: Serving) -> list[Row]:
    await round_of(daemon, 200, at_once=20)
    spent = daemon.cpu_s
    _, took, health = await round_of(daemon, 2_000, at_once=20)
    return [
        Row("20 in flight, answers", 2_000 / took, 100.0, "/s", least=True),
        Row("  processor time of an answer", (daemon.cpu_s - spent) / 2_000 * 1000, 10.0, "ms"),
        Row("  /health meanwhile, slowest", health[-1], 0.2, "s"),
    ]


async def flat(daemon: Serving) -> list[Row]:
    """A fifth of them first: what is made once is not growth."""
    await round_of(daemon, MANY // 5, at_once=50)
    before, files = daemon.rss, daemon.files
    await round_of(daemon, MANY, at_once=50)
    return [
        Row(f"memory added by {MANY:,} requests", (daemon.rss - before) / MIB, 8.0, "MiB", timed=False),
        Row("  files left open by them", daemon.files - files, 5.0, "", timed=False),
        Row("memory of the daemon", daemon.rss / MIB, 120.0, "MiB", timed=False),
    ]


async def crowd(daemon: Serving) -> list[Row]:
    """Two hundred that are there when it starts, from the moment it listens."""
    began = time.monotonic()
    await until(lambda: len(daemon.entries()) > CROWD, within_s=120)
    took = time.monotonic() - began
    await asyncio.sleep(20)
    anchors = sum(clients.own_memory(entry["pid"]) for entry in daemon.entries().values())
    return [
        Row(f"{CROWD} containers registered", took, 2.0, "s"),
        Row("  memory of the daemon", daemon.rss / MIB, 120.0, "MiB", timed=False),
        Row("  memory of their anchors", anchors / MIB, 200.0, "MiB", timed=False),
    ]


@contextmanager
def engine_with(count: int) -> Iterator[Weather]:
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    folder.chmod(0o711)
    try:
        with weather.engine(folder) as made:
            ensure_image(made.api, folder)
            yard = Yard(made.api)
            try:
                make_boxes(yard, count)
                yield made
            finally:
                yard.clear()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


Measure = Callable[[Serving], Coroutine[Any, Any, list[Row]]]


def measured(daemon: Serving, *measures: Measure) -> bool:
    good = True
    for measure in measures:
        before = pace()
        rows = asyncio.run(measure(daemon))
        slow = (before + pace()) / 2
        for row in rows:
            mark = "ok  " if row.good(slow) else "MISS"
            good &= row.good(slow)
            print(
                f"{mark} {row.what:<44} {row.found:9.3g} {row.unit:<4} budget {row.budget:g}, pace {slow:.1f}",
                flush=True,
            )
    assert "Traceback" not in daemon.log, daemon.log
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="make load")
    parser.add_argument("--bin", help="where `llm` and `schemathesis` are; without it they are left out")
    parser.add_argument("--only", choices=("clients", "load", "crowd"))
    given = parser.parse_args()
    if why := weather.missing():
        print(f"load: {why}", file=sys.stderr)
        return 1
    good = True
    if given.only != "crowd":
        with engine_with(BOXES) as engine, serving(engine.near) as daemon:
            asyncio.run(until(lambda: len(daemon.entries()) > BOXES))
            if given.bin and given.only != "load":
                good &= clients.tried(daemon, Path(given.bin).absolute(), name(1))
            if given.only != "clients":
                good &= measured(daemon, partial(newcomers, Yard(engine.api)), held_open, without_pause, flat)
    if given.only in (None, "crowd"):
        with engine_with(CROWD) as engine, serving(engine.near) as daemon:
            good &= measured(daemon, crowd)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
