"""What a model is told about six kinds of container, word for word; after a wanted change of a prompt:
`python -m tests.turn.test_prompts` writes `prompts/*.md` anew."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.engine.fake import demo, shop
from ergon_ops.messages import Question
from ergon_ops.stack.demo_images import MANIFEST
from tests.assistant.conftest import OPERATOR, House, register, settings_in
from tests.clock import Time

HERE = Path(__file__).parent / "prompts"
KINDS = {
    "web": ("demo", "webapp"),
    "database": ("demo", "orders-db"),
    "worker": ("demo", "worker"),
    "app": ("shop", "shop-api-1"),
    "cache": ("shop", "shop-cache-1"),
    "queue": ("shop", "shop-queue-1"),
}


async def shown(folder: Path, world: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """What `ergon-ops prompt NAME` has, and every value of an environment variable in that world."""
    clock, settings = Time(), settings_in(folder)
    digest = register(settings, clock, MANIFEST.read_text("utf-8"), "ergon-demo")
    engine = demo(clock=clock, manifest=digest) if world == "demo" else shop(clock=clock)
    house = House(settings, clock, {"local": engine})
    assistant = house.open()
    try:
        names = engine.inventory
        named = name if name in names else next(one for one in names if name.split("-")[1] in one)
        document = await assistant.prompt(Question("What are your variables?", OPERATOR, names=(named,)))
    finally:
        await assistant.close()
    return document, list(values(engine.inventory.values()))


def values(boxes: Any) -> Iterator[str]:
    for box in boxes:
        yield from box.environment.values()


def told(document: dict[str, Any]) -> str:
    """The parts of the instructions that depend on whom it is about, and the persona."""
    depends = [line for line in document["system"]["shared"].splitlines() if "Capabilities:" in line]
    return "\n".join([*depends, "", document["system"]["persona"]])


@pytest.mark.parametrize("kind", KINDS)
async def test_role_dependencies_and_capabilities_are_told(kind: str, tmp_path: Path) -> None:
    document, _ = await shown(tmp_path, *KINDS[kind])
    assert told(document) == (HERE / f"{kind}.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
async def test_no_value_of_a_variable_is_in_a_request(kind: str, tmp_path: Path) -> None:
    document, secret = await shown(tmp_path, *KINDS[kind])
    request = json.dumps(document["request"], ensure_ascii=False)
    assert [value for value in secret if value in request] == []
    assert len(request) <= 10_000


def write() -> None:
    HERE.mkdir(exist_ok=True)
    for kind, (world, name) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            document, _ = asyncio.run(shown(Path(folder), world, name))
        (HERE / f"{kind}.md").write_text(told(document), "utf-8")


if __name__ == "__main__":
    write()
