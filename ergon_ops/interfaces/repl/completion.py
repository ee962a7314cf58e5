"""Completion in the chat: names anywhere (with @ too), commands at the start, ids after /approve and /reject."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from ergon_ops.interfaces.repl.chat import COMMANDS, Chat


class Names(Completer):
    """While typing only what begins with @ or / pops up; Tab completes a bare name as well."""

    def __init__(self, chat: Chat, learning: asyncio.Future[None] | None = None) -> None:
        self._chat, self._learning = chat, learning

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Who presses Tab before it is known who is there waits for it."""
        if self._learning is not None and not self._learning.done():
            await asyncio.wait([self._learning])
        for completion in self.get_completions(document, complete_event):
            yield completion

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor.lstrip()
        word = document.get_word_before_cursor(WORD=True)
        if before == word and word.startswith("/"):
            yield from self._commands(word)
            return
        command = before.split(" ")[0]
        if command in ("/approve", "/reject"):
            yield from _matching(word, self._chat.proposals)
        elif command == "/switch" or word.startswith("@"):
            yield from _matching(word.removeprefix("@"), self._chat.names)
        elif complete_event.completion_requested and word and not before.startswith("/"):
            yield from _matching(word, self._chat.names)

    def _commands(self, word: str) -> Iterable[Completion]:
        for usage, what in COMMANDS.items():
            name = usage.split()[0]
            if name.startswith(word):
                yield Completion(name, start_position=-len(word), display=usage, display_meta=what)


def _matching(word: str, names: Sequence[str]) -> Iterable[Completion]:
    start = word.casefold()
    for name in names:
        if name.casefold().startswith(start):
            yield Completion(name, start_position=-len(word))
