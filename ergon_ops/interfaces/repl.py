"""The chat: a prompt that stays open. Ctrl-C stops the turn, Ctrl-D or /exit ends the chat."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ergon_ops.assistant import Assistant
from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.render.answer import show_change, show_event
from ergon_ops.messages import Actor, Question

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

COMMANDS: dict[str, str] = {
    "/help": "these commands",
    "/switch NAME": "talk to another container; without a name to all of them",
    "/proposals": "what waits for approval",
    "/approve ID": "approve a proposal",
    "/reject ID": "reject a proposal",
    "/exit": "leave (Ctrl-D does too)",
}


@dataclass(slots=True)
class Chat:
    """One conversation: whom it is with, and the session that remembers it."""

    assistant: Assistant
    actor: Actor
    name: str = ""
    session: str = field(default_factory=lambda: f"chat-{secrets.token_hex(3)}")

    @property
    def prompt(self) -> str:
        return f"{self.name or 'all'}> "

    async def turn(self, line: str) -> bool:
        """Handles one line. False ends the chat."""
        words = line.split()
        if not words:
            return True
        if words[0].startswith("/"):
            return await self._command(words[0], words[1:])
        await self._ask(line)
        return True

    async def _ask(self, text: str) -> None:
        names = (self.name,) if self.name else ()
        async for event in self.assistant.ask(Question(text, self.actor, names=names, session=self.session)):
            show_event(event)

    async def _command(self, command: str, words: Sequence[str]) -> bool:
        match command:
            case "/exit" | "/quit":
                return False
            case "/switch":
                await self._switch(words[0] if words else "")
            case "/proposals":
                for row in (await self.assistant.proposals())["proposals"]:
                    print(f"{row['id']}  {row['kind']} {row['container']}  expires {row['expires_at']}")
            case "/approve" if words:
                async for event in self.assistant.approve(words[0], actor=self.actor):
                    show_change(event)
            case "/reject" if words:
                print(f"Rejected {(await self.assistant.reject(words[0], actor=self.actor))['id']}.")
            case _:
                width = max(map(len, COMMANDS))
                print("\n".join(f"{name:<{width}}  {what}" for name, what in COMMANDS.items()))
        return True

    async def _switch(self, name: str) -> None:
        names = await self.assistant.names()
        if name and name not in names:
            raise ErgonError(f"nobody here is called {name!r}", next="Tab shows the names")
        self.name = name


class Names:
    """Completes names (anywhere) and commands (at the start of a line)."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        from prompt_toolkit.completion import Completion

        word = document.get_word_before_cursor(WORD=True)
        first = document.text_before_cursor.lstrip() == word
        words = [name.split()[0] for name in COMMANDS] if first and word.startswith("/") else self.names
        start = word.lstrip("@")
        for name in words:
            if name.startswith(start if not word.startswith("/") else word) and start:
                yield Completion(name, start_position=-len(start if not word.startswith("/") else word))

    async def get_completions_async(self, document: Document, event: CompleteEvent):  # type: ignore[no-untyped-def]
        for completion in self.get_completions(document, event):
            yield completion


async def talk(
    assistant: Assistant,
    actor: Actor,
    *,
    name: str,
    session: str | None,
    input: Input | None = None,
    output: Output | None = None,
) -> int:
    """Reads lines until the end; what fails is one line and the chat goes on."""
    chat = Chat(assistant, actor)
    chat.session = session or chat.session
    if name:
        await chat._switch(name)
    prompt = await _prompt(assistant, input, output)
    print("Ask in plain English; /help shows the commands, Ctrl-D leaves.")
    while True:
        try:
            line = await prompt.prompt_async(chat.prompt)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        if not await _safely(chat, line):
            return 0


async def _safely(chat: Chat, line: str) -> bool:
    """One turn that Ctrl-C stops and that never ends the chat by failing."""
    task = asyncio.ensure_future(chat.turn(line))
    loop = asyncio.get_running_loop()
    import signal

    with contextlib.suppress(NotImplementedError, ValueError):
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        print("stopped", file=sys.stderr)
    except ErgonError as error:
        print(f"ergon-ops: {error}", file=sys.stderr)
    finally:
        with contextlib.suppress(NotImplementedError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)
    return True


async def _prompt(assistant: Assistant, input: Input | None, output: Output | None) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import DynamicCompleter
    from prompt_toolkit.history import InMemoryHistory

    try:
        names = await assistant.names()
    except ErgonError:
        names = ()
    completer = Names(names)
    del DynamicCompleter
    return PromptSession(history=InMemoryHistory(), completer=completer, input=input, output=output)  # type: ignore[arg-type]
