"""An endless reply of the engine as an async iterator: own line, own thread, a bounded queue, closed at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.line import Line

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

T = TypeVar("T")
Producer = Callable[["Client"], Generator[T, None, None]]
WAITING = 512
READ_S = 3600.0


class Stream(Generic[T]):
    """Items of `produce` in order. A slow reader slows the producer down: nothing is dropped, at most `WAITING` wait.

    `next_item` with a timeout lets the reader watch over a silent stream. Use as an async context manager.
    """

    def __init__(self, endpoint: Endpoint, produce: Producer[T], *, version: str = "") -> None:
        self._line = Line(endpoint, version)
        self._produce = produce
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[T | _End] = asyncio.Queue()
        self._room = threading.Semaphore(WAITING)
        self._closed = False
        threading.Thread(target=self._run, name=f"stream {endpoint.host}", daemon=True).start()

    async def __aenter__(self) -> Stream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def next_item(self, timeout_s: float | None = None) -> T:
        """The next item. Raises TimeoutError after `timeout_s`, StopAsyncIteration at the end, or an engine error."""
        async with asyncio.timeout(timeout_s):
            item = await self._items.get()
        if isinstance(item, _End):
            self.close()
            if item.error:
                raise item.error
            raise StopAsyncIteration
        self._room.release()
        return item

    def close(self) -> None:
        """Returns at once; the thread ends by itself."""
        self._closed = True
        self._line.cut()
        self._room.release()

    def _run(self) -> None:
        # Closing the producer closes its reply, before the line goes.
        with _Ending(self), contextlib.closing(self._produce(self._line.client(READ_S))) as items:
            for item in items:
                self._room.acquire()
                if self._closed:
                    break
                self._put(item)
        self._line.close()

    def _put(self, item: T | _End) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads any more
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    def end(self, error: BaseException | None) -> None:
        from ergon_ops.engine import faults

        if isinstance(error, faults.EXPECTED):
            error = faults.translate(error, self._line.endpoint)
        self._put(_End(error))


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Ending:
    """Whatever ends the producer reaches the reader, after the items before it."""

    def __init__(self, stream: Stream[Any]) -> None:
        self._stream = stream

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        self._stream.end(error)
        return True
