"""A chat with a keyboard on a pipe, over a fake engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from ergon_ops.engine.fake import FakeEngine, demo
from ergon_ops.interfaces.repl.chat import Chat
from ergon_ops.interfaces.repl.loop import talk
from ergon_ops.messages import Actor
from ergon_ops.settings import load
from tests.interfaces.conftest import Shell

PERSON = Actor("terminal", "tester", "balanced", may_approve=True)
PATIENCE_S = 20.0
ASKING = ("[later]", "[y/N]")


class Screen(DummyOutput):
    """What prompt_toolkit draws, as one text; its size can change."""

    def __init__(self) -> None:
        self.drawn = ""
        self.columns = 80

    def write(self, data: str) -> None:
        self.drawn += data

    def write_raw(self, data: str) -> None:
        self.drawn += data

    def get_size(self) -> Size:
        return Size(rows=40, columns=self.columns)


class Counted(Chat):
    """A chat that counts the lines it dealt with."""

    done = 0

    async def turn(self, line: str, pasted: Sequence[str] = ()) -> bool:
        try:
            return await super().turn(line, pasted)
        finally:
            self.done += 1


@dataclass
class Table:
    """A chat with its keyboard, its screen, and what was printed."""

    chat: Counted
    keys: PipeInput
    printed: Callable[[], Any]
    screen: Screen = field(default_factory=Screen)
    out: str = ""
    err: str = ""
    _talking: asyncio.Task[int] | None = None

    async def type(self, *said: str) -> tuple[str, str]:
        """Types lines, each once the one before was dealt with, then Ctrl-D; gives stdout and stderr."""
        self.begin()
        for line in said:
            await self.line(line)
        return await self.leave()

    def begin(self) -> None:
        self._talking = asyncio.ensure_future(talk(self.chat, input=self.keys, output=self.screen))

    async def line(self, text: str) -> str:
        """Types a line and gives what was printed until it was dealt with, or until something is asked."""
        self.read()
        before, done, self.screen.drawn = len(self.out), self.chat.done, ""
        self.keys.send_text(text + "\r")
        await self.drawn(lambda screen: self.chat.done > done or screen.rstrip().endswith(ASKING))
        return self.out[before:]

    async def drawn(self, what: Callable[[str], object] | str) -> str:
        shows = what if callable(what) else lambda text: what in text
        async with asyncio.timeout(PATIENCE_S):
            while not shows(self.screen.drawn):
                assert self._talking is not None
                if self._talking.done():
                    break
                await asyncio.sleep(0.01)
        self.read()
        return self.screen.drawn

    def read(self) -> None:
        captured = self.printed()
        self.out += captured.out
        self.err += captured.err

    async def leave(self) -> tuple[str, str]:
        assert self._talking is not None
        self.keys.send_text("\x04")
        assert await asyncio.wait_for(self._talking, PATIENCE_S) == 0
        self.read()
        out, err, self.out, self.err, self.screen.drawn = self.out, self.err, "", "", ""
        return out, err


@asynccontextmanager
async def sit(shell: Shell, engine: FakeEngine | None = None, *, name: str = "") -> AsyncIterator[Table]:
    shell.engine = engine or demo()
    settings = load()
    assistant = shell.opener(settings)
    chat = Counted(assistant, PERSON, settings)
    await chat.greet()
    if name:
        await chat.switch(name)
    with create_pipe_input() as keys:
        yield Table(chat, keys, shell.read)
    await assistant.close()
