"""Watching while nobody asks: who is there, kept true by the engine's events, and what the rules find as it happens.

A finding that is seen twice in a row is new; one that is missed twice in a row is cleared; neither is told again. So a
container that flaps around a threshold makes one line, not twenty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from typing import Any

from ergon_ops.assistant import alone, lives
from ergon_ops.assistant.evidence import state_json
from ergon_ops.assistant.room import House
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, EngineEvent
from ergon_ops.errors import EngineError, ErgonError, NoSuchContainer
from ergon_ops.events import timestamp
from ergon_ops.findings import SEVERITY_ORDER
from ergon_ops.persona import Persona, personas

Document = dict[str, Any]
LOOK_S = 30.0
SETTLE_S = 0.02  # events come in flocks
AGAIN_S = 1.0
SURE = 2  # looks that must agree
FEW = 8  # of more to whom something happened, everyone is looked at
MOST_WAITING = 1_000


@dataclass(slots=True)
class Known:
    """One finding as it was last told: `seen` and `missed` count looks in a row."""

    row: Document
    seen: int = 1
    missed: int = 0
    told: bool = False


@dataclass(slots=True)
class Watch:
    """`diagnose` looks at everyone with the rules; `changed` is called whenever who is there may have moved."""

    house: House
    diagnose: Callable[[str], Any]
    changed: Callable[[], None] = lambda: None
    rows: tuple[Container, ...] = ()
    who: dict[Any, Persona] = field(default_factory=dict)
    failures: dict[str, Document] = field(default_factory=dict)
    _hosts: dict[str, tuple[Container, ...]] = field(default_factory=dict)
    _came: dict[str, asyncio.Event] = field(default_factory=dict)
    _told: dict[str, asyncio.Queue[EngineEvent | None]] = field(default_factory=dict)  # None: whoever is there
    _feeds: set[asyncio.Queue[Document]] = field(default_factory=set)
    _known: dict[str, Known] = field(default_factory=dict)
    _acting: set[asyncio.Task[None]] = field(default_factory=set)
    _touched: set[str] = field(default_factory=set)  # something happened to these since the rules last looked
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled. An engine that is away is looked for again every second."""
        self.house.recent.missed = lambda host: self._came[host].set()
        async with asyncio.TaskGroup() as tasks:
            for host in self.house.reads:
                self._came[host], self._told[host] = asyncio.Event(), asyncio.Queue()
                for job in (self._follow, self._listing, self._noting):
                    tasks.create_task(job(host))
            tasks.create_task(self._look())

    @contextmanager
    def feed(self) -> Iterator[asyncio.Queue[Document]]:
        """What happens from now on. A listener that does not keep up loses the oldest."""
        queue: asyncio.Queue[Document] = asyncio.Queue(MOST_WAITING)
        self._feeds.add(queue)
        try:
            yield queue
        finally:
            self._feeds.discard(queue)

    def close(self) -> None:
        self._tell({"type": "closed"})

    def roster(self) -> list[Document]:
        return [{**state_json(row), "ci": self.who[row.ref].ci_name} for row in self.rows if row.ref in self.who]

    # -- who is there

    async def _follow(self, host: str) -> None:
        """The list, then all that happened since it was asked for; a stream that ends is opened anew."""
        while True:
            try:
                self.house.recent.lose(host)
                since = self.house.clock()
                await self._list(host)
                self._told[host].put_nowait(None)
                async for event in self.house.reads[host].follow_events(since=since):
                    self._hear(event)
            except EngineError as error:
                self._away(host, error)
            await asyncio.sleep(AGAIN_S)

    def _hear(self, event: EngineEvent) -> None:
        self.house.recent.happened(event.ref)
        self._touched.add(event.ref.short)
        self._told[event.ref.host].put_nowait(event)
        self._came[event.ref.host].set()

    async def _listing(self, host: str) -> None:
        """Lists again after each flock of events, and when somebody who asked the engine had no answer."""
        while True:
            await self._came[host].wait()
            await asyncio.sleep(SETTLE_S)
            self._came[host].clear()
            try:
                await self._list(host)
            except EngineError as error:
                self._away(host, error)
                self._came[host].set()
                await asyncio.sleep(AGAIN_S)

    async def _noting(self, host: str) -> None:
        """Writes down what happens, in its order; looking up what changed by it holds nobody else up."""
        while True:
            event = await self._told[host].get()
            if event is None:
                await lives.look_at_all(self.house, self._hosts.get(host, ()), self.house.clock())
            else:
                await self._note(event)

    async def _list(self, host: str) -> None:
        engine, before = self.house.reads[host], self.house.recent.happenings(host)
        info, rows = await engine.info(), await engine.containers()
        self._hosts[host] = rows
        self.house.recent.follow(host, rows, info, before=before)
        self.failures.pop(host, None)
        self._settle()

    def _settle(self) -> None:
        rows = [row for found in self._hosts.values() for row in found]
        self.rows = tuple(sorted(rows, key=lambda row: (row.ref.host, row.ref.name)))
        self.who = dict(personas(self.rows, self.house.manifests()))
        self._moved.set()
        self.changed()

    def _away(self, host: str, error: ErgonError) -> None:
        """Who was there stays known by name: what was last seen of them is still worth an answer."""
        if host not in self.failures:
            self._tell({"type": "engine", "host": host, "state": "away", "at": self._now(), "text": str(error)})
        self.failures[host] = error.to_json()["error"]
        self.house.recent.lose(host, away=True)
        self._settle()

    async def _note(self, event: EngineEvent) -> None:
        await lives.note(self.house, event)
        details = {key: value for key, value in event.attributes.items() if key in ("exit_code", "signal", "health")}
        body = {"type": "container", "container": event.ref.short, "action": event.action, **details}
        self._tell({**body, "at": timestamp(event.at)})

    # -- what is wrong

    async def _look(self) -> None:
        """Everyone every half minute, and between that those to whom something happened, until two looks agree."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(AGAIN_S)  # whoever is there is registered first
        everyone_at = loop.time()
        while True:
            self._moved.clear()
            if loop.time() >= everyone_at or len(self._touched) > FEW:
                everyone_at = loop.time() + LOOK_S
                self._touched.clear()
                await self._looked("")
            for name in tuple(self._touched):
                self._touched.discard(name)
                await self._looked(name)
            self._touched |= self._unsure()
            with suppress(TimeoutError):
                if not self._touched:
                    await asyncio.wait_for(self._moved.wait(), max(0.0, everyone_at - loop.time()))
            await asyncio.sleep(AGAIN_S)  # it is left the time to be seen twice

    async def _looked(self, name: str) -> None:
        """One look, at everyone or one; who is gone meanwhile is nobody's news."""
        try:
            told = self.observe(await self.diagnose(name))
        except NoSuchContainer:
            return
        except ErgonError as error:
            self._tell({"type": "notice", "at": self._now(), "text": str(error)})
            return
        self._act([item["finding"]["id"] for item in told if item["type"] == "finding_new"])

    def _unsure(self) -> set[str]:
        """About whom two looks have not agreed yet."""
        there = {row.ref.short for row in self.rows}
        return {
            str(known.row["container"])
            for known in self._known.values()
            if (known.missed or not known.told) and known.row["container"] in there
        }

    def _act(self, ids: Sequence[str]) -> None:
        """What policy lets happen without a person begins here; the watch goes on meanwhile."""
        if not ids or self.house.settings.mode != "autonomous":
            return

        async def acting() -> None:
            async for told in alone.act(self.house, ids):
                self._tell({"at": self._now(), **told})

        task = asyncio.create_task(acting())
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    def observe(self, document: Document) -> Sequence[Document]:
        """What one look found, against what is known. Gives the events it makes, and sends them. Of those it did not
        look at it says nothing, unless they are gone."""
        looked, there = {row["container"] for row in document["containers"]}, {row.ref.short for row in self.rows}
        present = {row["id"]: row for row in document["findings"]}
        told: list[Document] = []
        for key, row in present.items():
            known = self._known.setdefault(key, Known(row, seen=0))
            worse = SEVERITY_ORDER[row["severity"]] < SEVERITY_ORDER[known.row["severity"]]
            known.row, known.seen, known.missed = row, known.seen + 1, 0
            if known.told and worse:
                told.append(self._event("finding_worse", row))
            elif not known.told and known.seen >= SURE:
                known.told = True
                told.append(self._event("finding_new", row))
        absent = [(key, known) for key, known in self._known.items() if key not in present]
        for key, known in absent:
            if known.row["container"] in there - looked:
                continue
            known.missed, known.seen = known.missed + 1, 0
            if known.missed >= SURE:
                del self._known[key]
                if known.told:
                    told.append(self._event("finding_cleared", known.row))
        for event in told:
            self._tell(event)
        return told

    def _event(self, kind: str, row: Document) -> Document:
        return {"type": kind, "at": self._now(), "container": row["container"], "finding": row}

    def _now(self) -> str:
        return timestamp(self.house.clock())

    def _tell(self, item: Document) -> None:
        for queue in self._feeds:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(item)
