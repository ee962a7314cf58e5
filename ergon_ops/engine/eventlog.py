"""The engine's container events: a bounded past, and a live stream that notices when it has died.

A silent stream looks like a dead one: after `SILENCE_S` it is opened anew from the last event seen.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING

from ergon_ops.engine.documents import Document, integer, part, text
from ergon_ops.engine.protocols import EngineEvent
from ergon_ops.engine.stream import Producer, Stream
from ergon_ops.errors import EngineError
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
        with api.open("/events", since=start, filters={"type": ["container"]}) as reply:
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


async def follow(
    caller: Caller, clock: Callable[[], float], *, silence_s: float = SILENCE_S
) -> AsyncIterator[EngineEvent]:
    """From now on, without end. Raises EngineError once the engine does not answer any more."""
    host = caller.endpoint.host
    since: float | None = None
    seen: deque[str] = deque(maxlen=64)
    while True:
        started = clock()
        async with Stream(caller.endpoint, live(since), version=caller.version) as stream:
            try:
                while True:
                    document = await stream.next_item(silence_s)
                    since = (integer(document, "timeNano") or 0) / 1e9 or since
                    print_of = json.dumps(document, sort_keys=True)
                    found = event(document, host)
                    if found and print_of not in seen:
                        seen.append(print_of)
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
