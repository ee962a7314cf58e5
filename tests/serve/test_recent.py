"""What the watch holds is what is answered from, for as long as it is true."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.engine.fake import FakeEngine, demo
from ergon_ops.engine.fake.container import MIB
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.serve import talk
from ergon_ops.messages import Actor
from ergon_ops.refs import Ref
from ergon_ops.toolbox import recent
from tests.serve.conftest import Running, Start, until

LOOKS = ("read", "containers", "processes", "sockets", "logs", "events")


async def asked(running: Running, text: str = "status?", name: str = "webapp") -> Any:
    return await talk.reply(running.daemon.assistant, talk.question(text, Actor("http", "t"), names=(name,)))


def looks(engine: FakeEngine) -> int:
    counted = Counter(engine.calls)
    return sum(counted[call] for call in LOOKS)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch looks once, at the start, and whatever it reads may be old."""
    monkeypatch.setattr(recent, "AGE_S", dict.fromkeys(recent.AGE_S, 1e6))


async def settled(running: Running) -> LocalAssistant:
    """The watch has listed who is there, and has looked at everyone until it was sure."""
    assistant = running.daemon.assistant
    await until(lambda: assistant.house.recent.rows("local"))
    await asked(running)
    await until(lambda: [seen.finding.cause for seen in assistant.house.store.findings.current()])
    await asyncio.sleep(3.0)
    return assistant


@pytest.mark.usefixtures("patient")
async def test_who_asks_again_is_told_the_same_facts_and_no_engine_is_asked(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        await settled(running)
        first = await asked(running)
        before = looks(engine)
        again = await asked(running)
        assert looks(engine) == before
        assert again.text == first.text

        def kept(document: Any) -> list[tuple[Any, ...]]:
            return [(row["name"], row["key"], row["at"], row["value"]) for row in document["facts"]]

        assert kept(again.document) == kept(first.document), "with the time at which they were read"


@pytest.mark.usefixtures("patient")
async def test_what_happens_to_a_container_makes_it_be_looked_at_again(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        assistant = await settled(running)
        box = engine.find("worker")
        box.memory_limit = 96 * MIB
        engine.note(box, "update")
        await until(lambda: "memory limit" in str(assistant.house.store.lives.of(Ref("worker"))))
        assert "96 MiB" in (await asked(running, "what is your memory limit?", "worker")).text
        engine.end(box, exit_code=3)
        await until(lambda: "die" in [row.kind for row in assistant.house.store.lives.of(Ref("worker"))])
        assert "not running" in (await asked(running, "status?", "worker")).text


@pytest.mark.usefixtures("patient")
async def test_an_engine_that_is_away_is_not_spoken_for(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        await settled(running)
        engine.fail(EngineNotRunning("No Docker engine at unix:///x.", next="start Docker"))
        said = await asked(running, "what do your logs say?")
        said = await asked(running)
        assert said.document["exit"] == 3
        assert "was last seen" in said.text
        engine.recover()
        assert (await asked(running)).text.startswith("Running nginx")


async def test_who_wants_to_see_something_move_looks_anew(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        assistant = await settled(running)
        before = looks(engine)
        await assistant.diagnose("webapp")
        assert looks(engine) > before


async def test_without_a_watch_every_question_looks(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        assistant = await settled(running)
        assistant.house.recent.lose("local")
        counts = []
        for _ in range(2):
            before = looks(engine)
            await asked(running)
            counts.append(looks(engine) - before)
        assert min(counts) > 3
