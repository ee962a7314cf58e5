"""The daemon as a process, on an engine of its own: asked by many, killed, and with the engine going and coming."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.containers import Yard, each
from tests.scenarios.serving import Got, Serving, serving, until
from tests.scenarios.weather import Weather
from tests.serve import tekton

BOXES = 12
Within = Callable[[float, float], bool]
pytestmark = pytest.mark.slow


def name(number: int) -> str:
    return f"box-{number:03}"


def limit(number: int) -> int:
    """MiB: by it each is told from the others."""
    return 32 + number


def make_boxes(yard: Yard, count: int) -> None:
    each(lambda number: yard.run(name(number), host={"Memory": limit(number) * 2**20}), range(count))


def question(number: int, seed: random.Random) -> tuple[str, dict[str, Any]]:
    """About one of the boxes, in one of several wordings; all of them are answered with its own memory limit."""
    words = ("what is your memory limit?", "how much memory may you use?", "memory limit?", "tell me your memory limit")
    return f"/api/ci/{name(number)}-ci/message", {"message": seed.choice(words)}


def right(got: Got, number: int) -> bool:
    return got.status == 200 and f"{limit(number)} MiB" in got.body["response"]


def speaks_of_engine(got: Got) -> bool:
    return got.status == 200 and "engine" in got.body["response"].lower()


async def answered(daemon: Serving, number: int) -> bool:
    return right(await daemon.ask(*question(number, random.Random(1))), number)


async def settled(daemon: Serving, boxes: int) -> None:
    await until(lambda: len(daemon.entries()) > boxes)


@pytest.fixture
def daemon(engine: Weather, yard: Yard) -> Iterator[Serving]:
    make_boxes(yard, BOXES)
    with serving(engine.near) as made:
        yield made


async def test_many_at_once_each_get_the_answer_of_whom_they_asked(daemon: Serving, within: Within) -> None:
    await settled(daemon, BOXES)
    seed = random.Random(5)
    asked = [number % BOXES for number in range(20 * BOXES)]
    everyone = daemon.many((question(number, seed) for number in asked), at_once=len(asked))
    answers, health = await asyncio.gather(everyone, daemon.ask("/health"))
    assert [got for got, number in zip(answers, asked, strict=True) if not right(got, number)] == []
    assert within(max(got.seconds for got in answers), 5.0)
    assert health.body["status"] == "healthy"
    await daemon.many((question(number, seed) for number in asked), at_once=20)  # what is made once is no growth
    files, memory = daemon.files, daemon.rss
    await daemon.many((question(number, seed) for number in asked), at_once=20)
    assert daemon.files <= files + 5
    assert daemon.rss < memory * 1.25


async def test_a_killed_daemon_leaves_nothing_that_the_next_does_not_put_right(daemon: Serving, yard: Yard) -> None:
    await settled(daemon, BOXES)
    before = tekton.load(daemon.registry)
    assert len(before) == BOXES + 1
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.end()
    pids = [entry["pid"] for entry in before.values()]
    await until(lambda: not any(living(pid) for pid in pids))
    yard.remove(yard.made.pop())
    daemon.start()
    await until(lambda: len(daemon.entries()) == BOXES and daemon.entries()[f"{name(0)}-ci"] != before[f"{name(0)}-ci"])
    after = tekton.load(daemon.registry)
    assert set(before) > set(after) == set(daemon.entries()), "but for who left meanwhile, at another address or not"
    assert all(entry["message_endpoint"] == before[key]["message_endpoint"] for key, entry in after.items())
    sockets = {str(path) for path in (daemon.state / "run").glob("*.sock")}
    assert sockets == {entry["socket"] for entry in after.values()} | {str(daemon.state / "run/daemon.sock")}
    assert "Running" in await asyncio.to_thread(tekton.send, after, f"{name(0)}-ci", "status?")


def living(pid: int) -> bool:
    """A zombie is nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_while_the_engine_is_away_who_asks_is_told_so_at_once_and_when_it_is_back_it_answers(
    daemon: Serving, engine: Weather, within: Within
) -> None:
    await settled(daemon, BOXES)
    ends, told = asyncio.Event(), list[Got]()
    seed = random.Random(7)

    async def asking() -> None:
        while not ends.is_set():
            told.append(await daemon.ask(*question(seed.randrange(BOXES), seed)))

    async with asyncio.TaskGroup() as clients:
        for _ in range(6):
            clients.create_task(asking())
        await until(lambda: len(told) > 10)
        before = list(told)
        await asyncio.to_thread(engine.stop)
        gone = len(told)
        await until(lambda: len(told) > gone + 60)
        known_at = next(got.at for got in told[gone:] if speaks_of_engine(got))
        away = [got for got in told[gone:] if got.at - got.seconds > known_at]
        health = await daemon.ask("/ready")
        await asyncio.to_thread(engine.start)
        for number in range(BOXES):
            engine.api("POST", f"/containers/{name(number)}/start")
        await until(lambda: answered(daemon, 3))
        ends.set()
    assert all("MiB" in got.body["response"] for got in before)
    assert all(got.status == 200 for got in told), [got for got in told if got.status != 200][:3]
    assert len(away) > 20
    assert all(speaks_of_engine(got) for got in away), [got for got in away if not speaks_of_engine(got)][:3]
    assert within(max(got.seconds for got in away), 2.0)
    assert health.status == 503
    assert "Traceback" not in daemon.log
    assert (await daemon.ask("/ready")).status == 200


async def test_an_engine_that_hangs_is_said_to_and_nobody_waits_for_it_long(
    daemon: Serving, engine: Weather, within: Within
) -> None:
    await settled(daemon, BOXES)
    seed = random.Random(9)
    with engine.frozen():
        await daemon.ask(*question(1, seed))  # the first finds out
        answers = await daemon.many((question(number % BOXES, seed) for number in range(24)), at_once=8)
    assert all(got.status == 200 for got in answers)
    assert within(max(got.seconds for got in answers), 2.0)
    await until(lambda: answered(daemon, 2))
