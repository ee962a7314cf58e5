"""The whole house over a fake engine, and a model that a function plays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.models import Models
from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import demo
from ergon_ops.messages import Message, Prompt, ToolCall, ToolResult
from ergon_ops.providers import Piece, Scripted
from ergon_ops.stack.demo_images import MANIFEST
from ergon_ops.tool import Tool
from tests.assistant.conftest import House, register, settings_in
from tests.clock import Time

Play = Callable[[Prompt, Sequence[Message], Sequence[Tool]], Iterable[Piece]]


@dataclass
class Stage(House):
    """`House` whose questions are put to `play`, unless `spec` is `offline`."""

    play: Play = lambda prompt, messages, tools: []
    spec: str = "anthropic:scripted"
    model: Scripted = field(init=False)

    def open(self) -> LocalAssistant:
        self.model = Scripted(self.play)
        settings = replace(self.settings, model=self.spec)
        models = Models(settings, opener=lambda _: self.model)
        assistant = assemble(
            settings, self.engines, self.engines.__getitem__, clock=self.time, sleep=self.time.sleep, models=models
        )
        self.opened.append(assistant)
        return assistant

    async def plays(self, play: Play, text: str, *names: str, **more: Any) -> dict[str, Any]:
        """The answer's document when `play` is the model."""
        self.play = play
        return await self.ask(text, *names, **more)

    @property
    def first(self) -> str:
        """What the model was told first."""
        return self.model.requests[0][1][-1].text


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The demo stack, its manifest registered, and everyone seen once."""
    clock, settings = Time(), settings_in(tmp_path)
    digest = register(settings, clock, MANIFEST.read_text("utf-8"), "ergon-demo")
    made = Stage(settings, clock, {"local": demo(clock=clock, manifest=digest)})
    yield made
    for assistant in made.opened:
        await assistant.close()


def results(messages: Sequence[Message]) -> list[ToolResult]:
    return [part for message in messages for part in message.parts if isinstance(part, ToolResult)]


def call(tool: str, id: str = "", **arguments: Any) -> ToolCall:
    return ToolCall(id or f"call-{tool}", tool, arguments)
