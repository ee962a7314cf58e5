"""The engine's events about containers: a bounded past, and a live stream that notices when it has died.

A silent stream looks like a dead one: after `SILENCE_S` it is opened anew from the last event seen.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import quote

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.documents import Document, integer, moment, part, text
from ergon_ops.engine.protocols import EngineEvent
from ergon_ops.engine.stream import Producer, Stream
from ergon_ops.errors import EngineError, NoSuchContainer
from ergon_ops.redaction import safe_text
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from ergon_ops.engine.caller import Caller
    from ergon_ops.engine.client import Client

MOST = 5_000
READING_S = 2.0
SILENCE_S = 45.0
QUICK_S = 1.0
LONGEST = 200
# Containers' labels are among the attributes, so only these are let through.
ATTRIBUTES = {"exitCode": "exit_code", "signal": "signal", "image": "image", "oldName": "oldName"}
STARTING_S, TWICE_S = 2.0, 1.0
UNTOLD = ("exec_", "top", "resize")


def past(api: Client, *, since: float, until: float, name: str = "") -> list[Document]:
    """Of the time between, the newest `MOST`. Never waits for events to come: `until` is at most now."""
    filters = {"type": ["container"], **({"container": [name]} if name else {})}
    found: deque[Document] = deque(maxlen=MOST)
    ends = time.monotonic() + READING_S
    until = min(until, time.time())
    with api.open("/events", since=f"{since:.6f}", until=f"{until:.6f}", filters=filters) as reply:
        for document in documents(iter(lambda: reply.raw.read1(65_536), b"")):
            found.append(document)
            if time.monotonic() > ends:
                break
    return list(found)


def reach(api: Client) -> float | None:
    """When the oldest event that is still there happened. The engine keeps few, and every healthcheck makes three."""
    with api.open("/events", since="0", until=f"{time.time():.6f}") as reply:
        first = next(documents(iter(lambda: reply.raw.read1(65_536), b"")), None)
    return None if first is None else happened_at(first)


def happened_at(document: Document) -> float:
    nanoseconds = integer(document, "timeNano")
    return nanoseconds / 1e9 if nanoseconds else float(integer(document, "time") or 0)


def live(since: float | None) -> Producer[Document]:
    def produce(api: Client) -> Generator[Document, None, None]:
        start = None if since is None else f"{since:.9f}"
        with api.open("/events", since=start, filters={"type": ["container", "network"]}) as reply:
            yield from documents(iter(lambda: reply.raw.read1(65_536), b""))

    return produce


def documents(chunks: Iterator[bytes]) -> Iterator[Document]:
    """JSON documents one after the other, with or without line ends between them."""
    decoder, waiting = json.JSONDecoder(), ""
    undecoded = b""
    for chunk in chunks:
        undecoded += chunk
        try:
            waiting, undecoded = waiting + undecoded.decode(), b""
        except UnicodeDecodeError:
            continue  # a letter is cut in two
        waiting = waiting.lstrip()
        while waiting:
            try:
                document, end = decoder.raw_decode(waiting)
            except json.JSONDecodeError:
                break
            waiting = waiting[end:].lstrip()
            if isinstance(document, dict):
                yield document


def event(document: Document, host: str) -> EngineEvent | None:
    """None for what is no news: execs of healthchecks, our own reads."""
    action, _, detail = text(document, "Action").partition(": ")
    given = part(document, "Actor.Attributes")
    name = text(given, "name")
    if not action or not name or action.startswith(UNTOLD):
        return None
    attributes = {
        ours: safe_text(str(given[theirs]), LONGEST) for theirs, ours in ATTRIBUTES.items() if theirs in given
    }
    if action == "health_status":
        attributes["health"] = detail
    return EngineEvent(happened_at(document), action, Ref(name, host), text(document, "Actor.ID"), attributes)


@dataclass(slots=True)
class News:
    """What of a stream is news. `down`: who is known not to run, because it was created and not started yet, or has
    ended; `moves`: how each was last seen to join or leave a network."""

    caller: Caller
    down: set[str] = field(default_factory=set)
    moves: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=64))

    async def of(self, document: Document) -> EngineEvent | None:
        """None for what was told already, as after a stream was opened anew."""
        print_of = json.dumps(document, sort_keys=True)
        if print_of in self.seen:
            return None
        if text(document, "Type") == "network":
            found = await self._moved(document)
        else:
            self.keep(document)
            found = event(document, self.caller.endpoint.host)
        if found is not None:
            self.seen.append(print_of)
        return found

    def keep(self, document: Document) -> None:
        action, id = text(document, "Action"), text(document, "Actor.ID")
        if action in ("create", "die"):
            self.down.add(id)
        elif action in ("start", "destroy"):
            self.down.discard(id)
        if action == "destroy":
            self.moves = {key: move for key, move in self.moves.items() if key[0] != id}

    async def _moved(self, document: Document) -> EngineEvent | None:
        """A running container was connected to a network, or taken off one. Of its start and its end, which do the
        same, it is no news; and an engine tells the container by its id only, and a leave twice."""
        action, id = text(document, "Action"), text(document, "Actor.Attributes.container")
        at, key = happened_at(document), (id, text(document, "Actor.ID"))
        before, then = self.moves.get(key, ("", 0.0))
        again = before == action and at - then < TWICE_S
        if action not in ("connect", "disconnect") or not id or id in self.down or again:
            return None
        self.moves[key] = action, at
        path = f"/containers/{quote(id, safe='')}/json"
        try:
            found: Document = await self.caller.call(
                lambda api: api.fetch(path), deadline_s=2.0, doing="describe a container"
            )
        except NoSuchContainer:
            return None
        started = moment(found, "State.StartedAt")
        if text(found, "State.Status") != "running" or started is None or at - started < STARTING_S:
            return None
        ref = Ref(text(found, "Name").lstrip("/"), self.caller.endpoint.host)
        network = safe_text(text(document, "Actor.Attributes.name"), LONGEST)
        return EngineEvent(at, action, ref, text(found, "Id"), {"network": network})


async def follow(
    caller: Caller, clock: Callable[[], float], *, since: float | None = None, silence_s: float = SILENCE_S
) -> AsyncIterator[EngineEvent]:
    """From now on (or from a time that has passed), without end. Raises EngineError once the engine does not answer any
    more."""
    news = News(caller)
    while True:
        started = clock()
        async with Stream(caller.endpoint, live(since), version=caller.version) as stream:
            try:
                while True:
                    document = await stream.next_item(silence_s)
                    since = (integer(document, "timeNano") or 0) / 1e9 or since
                    found = await news.of(document)
                    if found is not None:
                        yield found
            except (TimeoutError, StopAsyncIteration):
                pass
            except EngineError:
                if clock() - started < QUICK_S:
                    raise
        if clock() - started < QUICK_S:
            await asyncio.sleep(QUICK_S)
        # Silent, ended or broken: a ping tells a quiet engine from a dead one, and raises for the latter.
        await caller.call(lambda api: api.newest_version(), deadline_s=2.0, doing="answer a ping")
        since = since or started
