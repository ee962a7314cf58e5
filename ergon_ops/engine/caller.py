"""Calls of the synchronous SDK from asyncio: own daemon threads per engine, and a *total* deadline per call.

An SDK timeout is per read, so a dripping reply outlasts it; a thread of the default executor keeps the process from
exiting. Here the caller is told in time, the socket in use is shut down so that its thread ends, and no exit waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.line import Line
from ergon_ops.errors import EngineError, EngineTimeout

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

T = TypeVar("T")
THREADS = 64
IDLE_S = 30.0


class Job(Generic[T]):
    """One call on its way: waiting, running on a line, or no longer wanted."""

    def __init__(self, function: Callable[[Client], T], deadline_s: float) -> None:
        self._function = function
        self._ends = time.monotonic() + deadline_s
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self._loop.create_future()
        self.line: Line | None = None
        self.unwanted = False
        self.ended = False

    def run(self, line: Line) -> None:
        """On a worker's thread."""
        with Delivery(self, line):
            left = max(0.001, self._ends - time.monotonic())
            result = self._function(line.client(left))
            self.settle(lambda: self.future.set_result(result))

    def settle(self, act: Callable[[], None]) -> None:
        def unless_done() -> None:
            if not self.future.done():
                act()

        self.ended = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(unless_done)


class Delivery:
    """Whatever ends the block reaches the side that waits, expected errors as ours; a thread never dies of it."""

    def __init__(self, job: Job[Any], line: Line) -> None:
        self._job = job
        self._line = line

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if error is None:
            return True
        from ergon_ops.engine import faults

        if isinstance(error, faults.EXPECTED):
            complaint = "" if self._line.severed else self._line.complaint()
            error = faults.translate(error, self._line.endpoint, complaint=complaint)
        reached = error
        self._job.settle(lambda: self._job.future.set_exception(reached))
        return True


class Caller:
    """The calls to one engine. Threads are made as calls need them, at most `threads`, and end when idle."""

    def __init__(self, endpoint: Endpoint, *, threads: int = THREADS) -> None:
        self.endpoint = endpoint
        self.version = ""
        self._most = threads
        self._ready = threading.Condition()
        self._jobs: deque[Job[Any]] = deque()
        self._running: set[Job[Any]] = set()
        self._threads = self._idle = 0
        self._closed = False

    async def call(self, function: Callable[[Client], T], *, deadline_s: float, doing: str = "") -> T:
        """`function`'s result, or one of our errors, within `deadline_s` all in all.

        `doing` completes "the engine did not …". A cancelled call frees its thread as a late one does.
        """
        job = Job(function, deadline_s)
        self._submit(job)
        try:
            async with asyncio.timeout(deadline_s):
                return await job.future
        except TimeoutError:
            raise self._late(doing, deadline_s) from None
        except EngineError:
            self.version = ""  # another engine may answer next time
            raise
        finally:
            self._release(job)

    def close(self) -> None:
        """Returns at once; calls under way end with an error, waiting ones are dropped."""
        with self._ready:
            self._closed = True
            for job in self._running:
                if job.line:
                    job.line.cut()
            self._jobs.clear()
            self._ready.notify_all()

    def _late(self, doing: str, deadline_s: float) -> EngineTimeout:
        from ergon_ops.engine import faults

        self.version = ""
        return faults.timed_out(self.endpoint, doing, deadline_s)

    def _submit(self, job: Job[Any]) -> None:
        with self._ready:
            if self._closed:
                raise EngineError(f"The connection to {self.endpoint.host} is closed.")
            self._jobs.append(job)
            # A thread whose call has just ended is as good as idle: its connection saves making another.
            free = self._idle + sum(running.ended for running in self._running)
            if free < len(self._jobs) and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name=f"engine {self.endpoint.host}", daemon=True).start()
            self._ready.notify()

    def _release(self, job: Job[Any]) -> None:
        """The caller no longer waits: a job that still runs loses its line, one that still waits its turn."""
        with self._ready:
            job.unwanted = True
            if job in self._running and job.line and not job.ended:
                job.line.cut()
                self._running.discard(job)
                self._threads -= 1  # that thread may take its time to end; another may be made already

    def _work(self) -> None:
        line = Line(self.endpoint, self.version)
        while (job := self._next(line)) is not None:
            job.run(line)
            if not self._done(job, line):
                break
        line.close()

    def _next(self, line: Line) -> Job[Any] | None:
        with self._ready:
            self._idle += 1
            self._ready.wait_for(lambda: self._closed or any(not job.unwanted for job in self._jobs), IDLE_S)
            self._idle -= 1
            while self._jobs:
                job = self._jobs.popleft()
                if not job.unwanted:
                    job.line = line
                    self._running.add(job)
                    return job
            self._threads -= 1
            return None

    def _done(self, job: Job[Any], line: Line) -> bool:
        """Whether this thread goes on: not after its line was cut."""
        with self._ready:
            if job not in self._running:
                return False
            self._running.discard(job)
            self.version = line.version
            return True
