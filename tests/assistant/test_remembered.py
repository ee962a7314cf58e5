"""What is remembered of a container from one look to the next, and what is not."""

from __future__ import annotations

from typing import Any

from ergon_ops.engine.fake import FakeContainer
from tests.assistant.conftest import House


def serving(document: dict[str, Any]) -> dict[str, str]:
    return {fact["key"]: fact["value"] for fact in document["facts"] if fact["name"] == "serving"}


async def test_only_what_the_container_itself_ran_is_missed_when_it_is_gone(house: House) -> None:
    box = house.engines["local"].add(FakeContainer("box", image="acme/box:1"))
    box.run("redis-server", ports=(6379,))
    box.run("memcached", ports=(11211,))
    box.run("python3.11", "python3 -m http.server 9000", ports=(9000,), parent=1)  # docker exec
    before = await house.ask("what's your status?", "box")
    box.stop_program("python3.11")
    box.stop_program("memcached")
    after = await house.ask("what's your status?", "box")

    assert serving(before) == {"redis:6379": "listening", "memcached:11211": "listening", "python:9000": "listening"}
    assert serving(after) == {"redis:6379": "listening", "memcached:11211": "down"}


async def test_a_finding_of_a_container_made_anew_begins_anew(house: House) -> None:
    async def first_seen() -> str:
        (found,) = (await house.open().diagnose("worker"))["findings"]
        return str(found["first_seen"])

    began = await first_seen()
    house.time.now += 60
    assert await first_seen() == began
    worker = house.engines["local"].find("worker")
    worker.id = "f" * 64
    house.time.now += 60
    assert await first_seen() > began
