"""One conversation: what a line means, and who it is for. Knows nothing of prompts and keys."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from difflib import get_close_matches

from ergon_ops.assistant import Assistant
from ergon_ops.errors import ErgonError, NoSuchContainer, UsageError
from ergon_ops.events import Event
from ergon_ops.interfaces.commands.help import section
from ergon_ops.interfaces.commands.program import notice_failures, say
from ergon_ops.interfaces.render.answer import TOLD, Telling
from ergon_ops.interfaces.render.waiting import waiting
from ergon_ops.interfaces.render.width import terminal_width
from ergon_ops.messages import Actor, Question
from ergon_ops.settings import Settings

COMMANDS: dict[str, str] = {
    "/switch [NAME]": "talk to another container; without a name to all of them",
    "/list": "every container and how it is",
    "/proposals": "what waits for approval",
    "/approve ID": "approve a proposal: it is applied and verified",
    "/reject ID": "reject a proposal",
    "/help": "these commands",
    "/exit": "leave (Ctrl-D does too)",
}
NAMES_OF_COMMANDS: tuple[str, ...] = tuple(name.split()[0] for name in COMMANDS)
EVERYONE = frozenset({"", "all", "fleet", "everyone", "*"})
_ALL = re.compile(r"\b(all of you|each of you|every(one|body)|(all|every) (of )?(the )?containers?)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w@./-]+")


@dataclass(slots=True)
class Chat:
    """`name` is whom it is with ('' = everyone); `names` what completion offers; the session remembers the rest."""

    assistant: Assistant
    actor: Actor
    settings: Settings
    name: str = ""
    session: str = field(default_factory=lambda: f"chat-{secrets.token_hex(3)}")
    names: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()

    async def turn(self, line: str) -> bool:
        """Handles one line. False ends the chat."""
        text, _, pasted = line.strip().partition("\n")
        if not text:
            return True
        if re.match(r"/\w*(\s|$)", text):
            command, *words = text.split()
            return await self._command(command, words)
        await self._ask(text.strip(), pasted)
        return True

    async def greet(self) -> None:
        """Learns who is there, for completion. An engine that does not answer is told of by the first turn."""
        try:
            self.names = await self.assistant.names()
            rows = (await self.assistant.proposals())["proposals"]
        except ErgonError:
            return
        self.proposals = tuple(row["id"] for row in rows)

    async def _ask(self, text: str, pasted: str) -> None:
        names, text = self._whom(text)
        question = Question(
            text,
            self.actor,
            names=names,
            session=self.session,
            model=self.settings.model or None,
            mode=self.settings.mode,
            context=pasted,
        )
        await self._follow(self.assistant.ask(question), steps=False)

    def _whom(self, text: str) -> tuple[tuple[str, ...], str]:
        """The one the chat is with, unless the line says another: `@worker how are you?`, or simply its name."""
        first, _, rest = text.partition(" ")
        if first.startswith("@") and len(first) > 1 and rest.strip():
            return tuple(name.removeprefix("@") for name in first.split(",")), rest.strip()
        known = {name.casefold() for name in self.names} - {self.name.casefold()}
        others = known.intersection(word.strip(".-/").casefold() for word in _WORD.findall(text))
        alone = self.name and not others and not _ALL.search(text)
        return (self.name,) if alone else (), text

    async def _follow(self, events: AsyncGenerator[Event, None], *, steps: bool) -> None:
        telling = Telling(color=not self.settings.no_color, chat=True)
        try:
            with waiting() as waits:
                async with aclosing(events) as turn:
                    async for event in turn:
                        self._learn(event)
                        if steps or event.type in TOLD:
                            waits.done()
                        telling.show_step(event) if steps else telling.show(event)
        finally:
            telling.end_line()

    def _learn(self, event: Event) -> None:
        if event.type == "proposal":
            self.proposals = (*self.proposals, str(event.data["id"]))

    async def _command(self, command: str, words: Sequence[str]) -> bool:
        match command:
            case "/exit" | "/quit" | "/bye":
                return False
            case "/switch":
                await self.switch(words[0] if words else "")
            case "/list":
                await self._list()
            case "/proposals":
                await self._show_proposals()
            case "/approve" | "/reject":
                await self._decide(command, words)
            case "/help":
                print(section("In this chat", COMMANDS.items(), terminal_width()))
                say('Everything else is a question; "@name …" asks another container for once.')
            case _:
                near = get_close_matches(command, NAMES_OF_COMMANDS, n=1)
                raise UsageError(f"there is no {command}", next=f"did you mean {near[0]}?" if near else "/help")
        return True

    async def switch(self, name: str) -> None:
        """Raises NoSuchContainer for a name nobody has."""
        name = name.removeprefix("@")
        if name.casefold() in EVERYONE:
            self.name = ""
            return
        self.names = await self.assistant.names()
        found = meant(name, self.names)
        if not found:
            near = get_close_matches(name, self.names, n=3, cutoff=0.4)
            step = f"did you mean {', '.join(near)}?" if near else "Tab completes names, /list shows them"
            raise NoSuchContainer(f"nobody here is called {name!r}", next=step, details={"nearest": near})
        self.name = found

    async def _list(self) -> None:
        from ergon_ops.interfaces.render.listing import show_listing

        with waiting():
            document = await self.assistant.listing()
        show_listing(self.settings, document)
        notice_failures(document)

    async def _show_proposals(self) -> None:
        from ergon_ops.interfaces.render.proposal import proposal_line

        rows = (await self.assistant.proposals())["proposals"]
        self.proposals = tuple(row["id"] for row in rows)
        for row in rows:
            say(proposal_line(row))
        print("/approve ID or /reject ID decides." if rows else "Nothing waits for approval.")

    async def _decide(self, command: str, words: Sequence[str]) -> None:
        if not words:
            some = ", ".join(self.proposals) or "/proposals lists them"
            raise UsageError(f"{command} needs the ID of a proposal", next=some)
        if command == "/approve":
            await self._follow(self.assistant.approve(words[0], actor=self.actor), steps=True)
            return
        done = await self.assistant.reject(words[0], actor=self.actor)
        print(f"Rejected {done['id']}: {done['kind']} {done['container']}. Nothing was done.")


def meant(word: str, names: Sequence[str]) -> str:
    """The name, or the one it is the beginning of (`webapp` for `we` although `webapp-ci` is there too); else ''."""
    if word in names:
        return word
    begin = sorted((name for name in names if name.casefold().startswith(word.casefold())), key=len)
    return begin[0] if begin and all(name.startswith(begin[0]) for name in begin) else ""
