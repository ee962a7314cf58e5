"""Asking the engine for logs: the newest lines within bounds, or the lines to come."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ergon_ops.engine.documents import Document, pick, text
from ergon_ops.engine.logstream import Newest, Raw, Splitter, shown, wanted
from ergon_ops.engine.protocols import LogLine, LogQuery, Logs
from ergon_ops.engine.stream import Stream
from ergon_ops.redaction import safe_text

if TYPE_CHECKING:
    from ergon_ops.engine.caller import Caller
    from ergon_ops.engine.client import Client

SOURCE = "api:logs"
READING_S = 3.0
MOST_READ = 64_000_000
CHUNK = 65_536


def newest(api: Client, document: Document, query: LogQuery) -> Logs:
    """At most `tail` lines and `max_bytes`, the newest; `unreadable` where the driver keeps nothing to read."""
    from docker.errors import APIError

    kept = Newest(max(0, query.tail), query.max_bytes)
    try:
        finished = _fill(kept, api, document, query)
    except APIError as error:
        reason = unreadable(document, str(error.explanation or ""), int(error.status_code or 0))
        if not reason:
            raise
        return Logs((), SOURCE, unreadable=reason)
    lines = tuple(line for line in shown(kept) if wanted(line, query))
    return Logs(lines, SOURCE, cut=kept.cut or not finished)


async def follow(caller: Caller, document: Document, query: LogQuery) -> AsyncIterator[LogLine]:
    """`tail` lines of the past, then what comes, until the container ends. Raises EngineError."""

    def produce(api: Client) -> Generator[LogLine, None, None]:
        splitter = Splitter(tty=bool(pick(document, "Config.Tty")))
        with api.open(_path(document), **_params(query), follow=True) as reply:
            yield from shown(_lines(splitter, iter(lambda: reply.raw.read1(CHUNK), b"")))

    async with Stream(caller.endpoint, produce, version=caller.version) as stream:
        with suppress(StopAsyncIteration):
            while True:
                line = await stream.next_item()
                if wanted(line, query):
                    yield line


def unreadable(document: Document, said: str, status: int) -> str:
    """Why there is nothing to read, in words for a person; "" if that is not what the engine's refusal was about."""
    driver = text(document, "HostConfig.LogConfig.Type")
    low = said.lower()
    if status == 501 or "does not support reading" in low:
        return f"its log driver is {driver}, which keeps nothing to read"
    if "no such file" in low:
        return "its log file was removed"
    return f"the engine cannot read them: {safe_text(said, 200)}" if status >= 500 else ""


def _fill(kept: Newest, api: Client, document: Document, query: LogQuery) -> bool:
    """False if time or bytes ran out before the end."""
    splitter = Splitter(tty=bool(pick(document, "Config.Tty")))
    ends, left = time.monotonic() + READING_S, MOST_READ
    with api.open(_path(document), **_params(query)) as reply:
        for chunk in iter(lambda: reply.raw.read1(CHUNK), b""):
            for line in splitter.feed(chunk):
                kept.add(line)
            left -= len(chunk)
            if left < 0 or time.monotonic() > ends:
                return False
    for line in splitter.rest():
        kept.add(line)
    return True


def _lines(splitter: Splitter, chunks: Iterator[bytes]) -> Iterator[Raw]:
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.rest()


def _path(document: Document) -> str:
    return f"/containers/{text(document, 'Id')}/logs"


def _params(query: LogQuery) -> dict[str, object]:
    return {
        "stdout": True,
        "stderr": True,
        "timestamps": True,
        "tail": max(0, query.tail),
        "since": None if query.since is None else f"{query.since:.6f}",
        "until": None if query.until is None else f"{query.until:.6f}",
    }
