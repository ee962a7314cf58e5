"""Asked why it fails, a container names whom it comes from, and whom it looked at and found fine."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import Attachment, FakeContainer, FakeEngine
from ergon_ops.messages import Actor, Question
from ergon_ops.settings import Settings

PERSON = Actor("test", "tester", "balanced", True)


def shop() -> FakeEngine:
    """An API that calls a database, which is down, and a cache, which is fine."""
    engine = FakeEngine(clock=time.time)
    api = FakeContainer("api", environment={"DB_URL": "postgres://db:5432/x", "CACHE_URL": "redis://cache:6379"})
    for number in range(3):
        line = 'could not translate host name "db" to address: Name or service not known'
        api.say(line, at=time.time() - 3 + number, stream="stderr")
    db, cache = FakeContainer("db", state="exited", exit_code=137), FakeContainer("cache", health="healthy")
    cache.run("redis-server", ports=(6379,))
    for number, box in enumerate((api, db, cache), start=2):
        box.networks = {"shop": Attachment(f"172.30.0.{number}", (box.name,))}
        engine.add(box)
    return engine


async def test_the_database_is_named_and_the_cache_is_said_to_be_fine(tmp_path: Path) -> None:
    engine = shop()
    assistant = assemble(Settings(state_dir=tmp_path), {"local": engine}, lambda _: engine, clock=time.time)
    events = [event async for event in assistant.ask(Question("why are you failing?", PERSON, names=("api",)))]
    answer = events[-1].data
    assert "db, which api calls as db, is exited" in answer["answer"]
    assert "Checked and fine: cache (healthy)." in answer["answer"]
    assert [(item["cause"], item["container"], item["victims"]) for item in answer["findings"]] == [
        ("dependency_stopped", "db", ["api"])
    ], json.dumps(answer["findings"])
    same = (await assistant.diagnose("db"))["findings"]
    assert [item["id"] for item in same] == [item["id"] for item in answer["findings"]]
    await assistant.close()
