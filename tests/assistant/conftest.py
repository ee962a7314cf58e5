"""The whole house over fake engines: a clock that moves only when somebody waits, and a real state file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ergon_ops import manifest
from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import FakeEngine, demo
from ergon_ops.events import LAST, Event
from ergon_ops.messages import Actor, Question
from ergon_ops.settings import Settings, load
from ergon_ops.stack.demo_images import MANIFEST
from ergon_ops.store import Store
from tests.clock import Time

OPERATOR = Actor("terminal", "uid 0", "balanced", may_approve=True)


@dataclass
class House:
    """Engines by host, and the assistant over them; each `open` is a new process on the same state."""

    settings: Settings
    time: Time
    engines: dict[str, FakeEngine]
    opened: list[LocalAssistant] = field(default_factory=list)

    def open(self) -> LocalAssistant:
        writers: Callable[[str], Any] = self.engines.__getitem__
        assistant = assemble(self.settings, self.engines, writers, clock=self.time, sleep=self.time.sleep)
        self.opened.append(assistant)
        return assistant

    async def events(self, text: str, *names: str, assistant: LocalAssistant | None = None, **more: Any) -> list[Event]:
        """One turn; every turn ends in exactly one answer or error, its texts joined are the answer."""
        question = Question(text, OPERATOR, names=names, **more)
        events = [event async for event in (assistant or self.open()).ask(question)]
        assert [event.type for event in events if event.type in LAST] == [events[-1].type]
        if events[-1].type == "answer":
            said = "".join(event.data["text"] for event in events if event.type == "text")
            assert said == events[-1].data["answer"]
        return events

    async def ask(self, text: str, *names: str, **more: Any) -> dict[str, Any]:
        """The document of the last event."""
        return dict((await self.events(text, *names, **more))[-1].data)


def settings_in(folder: Path) -> Settings:
    return replace(load(environ={"HOME": str(folder)}, cwd=folder), state_dir=folder / "state")


def register(settings: Settings, clock: Callable[[], float], body: str, name: str) -> str:
    """As `ergon-ops up` does; gives the digest the labels name."""
    store = Store.open(settings.state_dir, clock=clock)
    digest = manifest.parse(body).digest()
    store.manifests.register(digest, path="manifest.json", name=name, body=body)
    store.close()
    return digest


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The demo stack with its manifest registered."""
    clock, settings = Time(), settings_in(tmp_path)
    digest = register(settings, clock, MANIFEST.read_text("utf-8"), "ergon-demo")
    made = House(settings, clock, {"local": demo(clock=clock, manifest=digest)})
    yield made
    for assistant in made.opened:
        await assistant.close()


def containers(document: dict[str, Any]) -> Sequence[str]:
    return [str(name) for name in document["containers"]]
