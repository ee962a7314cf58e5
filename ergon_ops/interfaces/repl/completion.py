"""Completion in the chat: names anywhere (with @ too) and how each is, commands at the start, and what they take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from ergon_ops.interfaces.repl.chat import Chat
from ergon_ops.interfaces.repl.looking import handles, known
from ergon_ops.interfaces.repl.slash import BY_NAME, SLASHES

MODELS = ("offline", "anthropic", "openai", "anthropic:", "openai:")
STALE_S, PATIENCE_S = 5.0, 0.4


class Names(Completer):
    """While typing only what begins with @ or / pops up; Tab completes a bare name as well."""

    def __init__(self, chat: Chat, learning: asyncio.Future[None] | None = None) -> None:
        self._chat, self._learning, self._at = chat, learning, time.monotonic()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Who presses Tab before it is known who is there waits for it; later, states that are old are looked up."""
        if self._learning is not None and not self._learning.done():
            await asyncio.wait([self._learning])
        elif self._learning is not None and time.monotonic() - self._at > STALE_S:
            self._at = time.monotonic()
            self._learning = asyncio.ensure_future(self._chat.greet())
            await asyncio.wait([self._learning], timeout=PATIENCE_S)
        for completion in self.get_completions(document, complete_event):
            yield completion

    def close(self) -> None:
        if self._learning is not None:
            self._learning.cancel()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor.lstrip()
        word = document.get_word_before_cursor(WORD=True)
        if before == word and word.startswith("/"):
            yield from self._commands(word)
            return
        slash = BY_NAME.get(before.split(" ")[0])
        if slash is not None:
            yield from self._words(slash.completes, word.removeprefix("@"))
        elif word.startswith("@"):
            yield from self._words("names", word.removeprefix("@"))
        elif complete_event.completion_requested and word and not before.startswith("/"):
            yield from self._words("names", word)

    def _commands(self, word: str) -> Iterable[Completion]:
        for slash in SLASHES:
            if slash.name.startswith(word.lower()):
                yield Completion(slash.name, start_position=-len(word), display=slash.shown, display_meta=slash.what)

    def _words(self, kind: str, word: str) -> Iterable[Completion]:
        chat = self._chat
        match kind:
            case "names":
                yield from _matching(word, chat.names, chat.state_of)
            case "proposals":
                yield from _matching(word, chat.proposals)
            case "changes":
                yield from _matching(word, chat.changes)
            case "facts":
                meta = {str(row["id"]): str(row["name"]) for row in known(chat)}
                yield from _matching(word, list(meta), lambda id: meta[id])
            case "handles":
                yield from _matching(word, list(dict.fromkeys(handles(chat))))
            case "sessions":
                rows = chat.assistant.sessions()["sessions"][:50]
                yield from _matching(word, ["list", *(row["name"] for row in rows)])
            case "models":
                yield from _matching(word, MODELS)
            case "commands":
                yield from _matching(word, [slash.name.removeprefix("/") for slash in SLASHES])


def _matching(word: str, names: Sequence[str], meta: Callable[[str], str] = lambda _: "") -> Iterable[Completion]:
    start = word.casefold()
    for name in names:
        if name.casefold().startswith(start):
            yield Completion(name, start_position=-len(word), display_meta=meta(name) or None)
