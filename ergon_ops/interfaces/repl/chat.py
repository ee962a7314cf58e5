"""One conversation: what a line means, and who it is for. Knows nothing of prompts and keys."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import field
from typing import Any, Protocol

from ergon_ops.assistant import Assistant
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, NoSuchContainer
from ergon_ops.events import Event
from ergon_ops.interfaces.commands.consent import SEND, offer_of
from ergon_ops.interfaces.commands.program import say
from ergon_ops.interfaces.render.answer import Telling
from ergon_ops.interfaces.render.sparks import Curves
from ergon_ops.interfaces.render.waiting import waiting
from ergon_ops.interfaces.repl.deciding import decide
from ergon_ops.interfaces.repl.paper import PAGE, Paper
from ergon_ops.interfaces.repl.slash import find
from ergon_ops.messages import Actor, Question
from ergon_ops.settings import Settings

Document = dict[str, Any]
OVER = ("rolled_back", "failed")  # changes that leave nothing to undo
QUIET = frozenset({"routed", "tool_started", "tool_done"})  # nothing is shown of these by themselves
PROJECT = "project:"
EVERYONE = frozenset({"", "all", "fleet", "everyone", "*"})
_ALL = re.compile(r"\b(all of you|each of you|every(one|body)|(all|every) (of )?(the )?containers?)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w@./-]+")
_COMMAND = re.compile(r"/[\w?]*(\s|$)")


class Person(Protocol):
    """Whoever sits there: can be asked, and can watch. What was typed before the question was seen is no answer."""

    async def choose(self, question: str) -> str: ...
    async def watch(self, samples: AsyncGenerator[Document, None], curves: Curves) -> None: ...


@dataclass(slots=True)
class Chat:
    """`name` is whom it is with ('' = everyone); the session remembers what was said, `answers` what was told here.
    `presence` is how the one it is with is now, `rows` who is there. `person` is None where nobody can be asked.
    `instead`: the line that was typed where a decision was asked for, to be taken next."""

    assistant: Assistant
    actor: Actor
    settings: Settings
    name: str = ""
    session: str = field(default_factory=lambda: f"chat-{secrets.token_hex(3)}")
    model: str = ""
    names: tuple[str, ...] = ()
    rows: tuple[Document, ...] = ()
    presence: Document = field(default_factory=dict)
    proposals: tuple[str, ...] = ()
    answers: list[Document] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    paper: Paper = field(default_factory=Paper)
    person: Person | None = None
    over: bool = False
    instead: str = ""
    _refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.model = self.model or self.settings.model

    async def turn(self, line: str, pasted: Sequence[str] = ()) -> bool:
        """Handles one line. `pasted` are those of its parts that were pasted. False ends the chat."""
        text = line.strip()
        if not text:
            return True
        if _COMMAND.match(text) and not pasted:
            word, *words = text.split()
            await find(word).run(self, words)
            return not self.over
        question, context = parted(text, pasted)
        await self._ask(question, context)
        return True

    async def greet(self) -> None:
        """Learns who is there, for completion. An engine that does not answer is told of by the first turn."""
        try:
            self.know(await self.assistant.roster())
            rows = (await self.assistant.proposals())["proposals"]
        except Exception:  # noqa: BLE001 the edge: nothing to complete is better than no prompt; turns tell defects
            return
        self.proposals = tuple(row["id"] for row in rows)

    def know(self, roster: Document) -> None:
        self.rows = tuple(roster["containers"])
        found = {str(row[key]) for row in self.rows for key in ("name", "ci", "service") if row.get(key)}
        self.names = tuple(sorted(found))

    def state_of(self, name: str) -> str:
        """How the one of that name is, in a few words, as far as it is known."""
        rows = [row for row in self.rows if name in (row["name"], row["ci"], row["service"])]
        states = {state_words(row) for row in rows}
        return states.pop() if len(states) == 1 else ", ".join(sorted(states))

    @property
    def last(self) -> Document:
        """The last answer's document; empty before the first one."""
        return self.answers[-1] if self.answers else {}

    async def switch(self, name: str) -> None:
        """Raises NoSuchContainer for a name nobody has."""
        name = name.removeprefix("@")
        if name.casefold() in EVERYONE:
            self.name, self.presence = "", {}
            return
        if name.startswith(PROJECT):
            self.name, self.presence = name, {}  # its files answer; if there is no such project, the first turn says so
            return
        roster = await self.assistant.roster()
        self.know(roster)
        found = meant(name, self.names)
        if not found:
            raise nobody(name, self.names, roster)
        self.name, self.presence = found, {}
        self.presence = next((row for row in self.rows if found in (row["name"], row["ci"])), {})

    async def _ask(self, text: str, pasted: str) -> None:
        await self._consent()
        names, text = self._whom(text)
        question = Question(
            text,
            self.actor,
            names=names,
            session=self.session,
            model=self.model or None,
            mode=self.settings.mode,
            context=pasted,
        )
        last = await self.follow(self.assistant.ask(question), steps=False)
        if last is not None and last.type == "answer":
            self.answers.append(dict(last.data))
            for proposal in last.data.get("proposals", ()):
                await decide(self, proposal)

    async def _consent(self) -> None:
        """Once an endpoint: whether facts may be sent there. No is remembered for as long as this chat lasts."""
        endpoint = await self.assistant.consent_needed(self.model or None)
        if not endpoint or endpoint in self._refused or self.person is None:
            return
        say(offer_of(endpoint))
        yes = (await self.person.choose(SEND)).strip().casefold() in ("y", "yes")
        await self.assistant.give_consent(endpoint, yes=yes)
        if not yes:
            self._refused.add(endpoint)

    def _whom(self, text: str) -> tuple[tuple[str, ...], str]:
        """The one the chat is with, unless the line says another: `@worker how are you?`, or simply its name."""
        first, _, rest = text.partition(" ")
        if first.startswith("@") and len(first) > 1 and rest.strip():
            return tuple(name.removeprefix("@") for name in first.split(",")), rest.strip()
        known = {name.casefold() for name in self.names} - {self.name.casefold()}
        others = known.intersection(word.strip(".-/").casefold() for word in _WORD.findall(text))
        alone = self.name and not others and not _ALL.search(text)
        return (self.name,) if alone else (), text

    async def follow(self, events: AsyncGenerator[Event, None], *, steps: bool) -> Event | None:
        """Tells a turn, or a change step by step. Gives the last event."""
        telling = Telling(color=not self.settings.no_color, chat=True, most=PAGE)
        last = None
        try:
            with waiting() as waits:
                async with aclosing(events) as turn:
                    async for event in turn:
                        last = event
                        self._learn(event)
                        if steps or event.type not in QUIET:
                            waits.done()
                        telling.show_step(event) if steps else telling.show(event)
        finally:
            telling.end_line()
            self.paper.keep(telling.rest)
        return last

    def _learn(self, event: Event) -> None:
        if event.type == "proposal":
            self.proposals = (*self.proposals, str(event.data["id"]))
        change = event.data.get("change")
        if event.type not in ("change", "answer") or not isinstance(change, str):
            return
        if event.type == "answer" and event.data.get("state") in OVER:
            self.changes = [item for item in self.changes if item != change]
        elif change not in self.changes:
            self.changes.append(change)


def parted(text: str, pasted: Sequence[str]) -> tuple[str, str]:
    """The question, and what was pasted beside it. A line that is all pasted begins with its question."""
    context = []
    for block in pasted:
        block = block.strip()
        if "\n" in block and block in text:
            rest = text.replace(block, " ", 1).strip()
            if not rest:
                rest, _, block = block.partition("\n")
            text = rest
            context.append(block)
    return text.strip(), "\n".join(context)


def state_words(row: Document) -> str:
    """`running, healthy`; `exited`."""
    health = row.get("health")
    shown = [row.get("state"), health if health not in (None, "", "none") else None]
    return ", ".join(str(word) for word in shown if word)


def meant(word: str, names: Sequence[str]) -> str:
    """The name, or the one it is the beginning of (`webapp` for `we` although `webapp-ci` is there too); else ''."""
    if word in names:
        return word
    begin = sorted((name for name in names if name.casefold().startswith(word.casefold())), key=len)
    return begin[0] if begin and all(name.startswith(begin[0]) for name in begin) else ""


def nobody(name: str, names: Sequence[str], roster: Document) -> ErgonError:
    """The nearest names; or why nobody could be looked up."""
    from difflib import get_close_matches

    for failure in roster["failures"].values():
        return ErgonError(str(failure["message"]), next=str(failure["next"]))
    near = get_close_matches(name, names, n=3, cutoff=0.4)
    step = f"did you mean {', '.join(near)}?" if near else "Tab completes names, /list shows them"
    return NoSuchContainer(f"nobody here is called {name!r}", next=step, details={"nearest": near})
