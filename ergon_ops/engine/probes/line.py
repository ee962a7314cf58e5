"""A conversation with a service inside its container's network namespace, with one deadline for all of it.

A thread of its own enters the namespace, connects and talks: setns moves only the thread that calls it, and a thread of
the default executor would keep the process from exiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from ergon_ops.engine import netns

T = TypeVar("T")
MOST_READ = 1_000_000


class Refused(Exception):
    """The service cannot be asked, for this reason: words for a person, without any value of a credential."""


class NoWay(Exception):
    """Its namespace cannot be entered from here."""


class Line:
    """Bytes to and from a service; whatever is asked of it ends when the deadline does."""

    def __init__(self, wire: socket.socket, ends: float) -> None:
        self._wire = wire
        self._ends = ends
        self._buffer = bytearray()
        self._read = 0

    def send(self, data: bytes) -> None:
        self._wire.settimeout(self._left())
        self._wire.sendall(data)

    def exactly(self, length: int) -> bytes:
        """Raises Refused for an end before that, or for more than a megabyte in all."""
        while len(self._buffer) < length:
            self._more()
        found = bytes(self._buffer[:length])
        del self._buffer[:length]
        return found

    def until(self, mark: bytes) -> bytes:
        """What comes before `mark`, which is taken too."""
        while (at := self._buffer.find(mark)) < 0:
            self._more()
        found = self.exactly(at + len(mark))
        return found[: -len(mark)]

    def _more(self) -> None:
        self._wire.settimeout(self._left())
        piece = self._wire.recv(65_536)
        self._read += len(piece)
        if not piece:
            raise Refused("it closed the connection")
        if self._read > MOST_READ:
            raise Refused("it answered more than a megabyte")
        self._buffer += piece

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


async def converse(pid: int, address: str, port: int, talk: Callable[[Line], T], *, ends: float) -> T:
    """What `talk` gives back, spoken with `address:port` in the namespace of `pid`, before `ends` (monotonic seconds).

    Raises NoWay where the namespace cannot be entered, Refused for everything else that went wrong.
    """

    def connected() -> T:
        with contextlib.closing(_connect(pid, address, port, ends)) as wire:
            return talk(Line(wire, ends))

    try:
        return await in_thread(connected, ends=ends)
    except TimeoutError:
        raise Refused("it did not answer in time") from None
    except ConnectionRefusedError:
        raise Refused(f"nothing listens on {address}:{port}") from None
    except OSError as error:
        raise Refused(f"the connection failed: {error.strerror or type(error).__name__}") from None


def _connect(pid: int, address: str, port: int, ends: float) -> socket.socket:
    """On a thread that serves nobody else afterwards."""
    try:
        with open(f"/proc/{pid}/ns/net", "rb") as namespace:
            netns.enter(namespace.fileno())
    except OSError:
        raise NoWay from None
    wire = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        wire.settimeout(max(0.001, ends - time.monotonic()))
        wire.connect((address, port))
    except OSError:
        wire.close()
        raise
    return wire


async def in_thread(function: Callable[[], T], *, ends: float) -> T:
    """`function`'s result from a daemon thread of its own. Raises TimeoutError at `ends`; the thread is then left to
    itself: its reads are bounded by the same deadline, and a file that hangs holds up nobody."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        with _Delivery(loop, future):
            result = function()
            _tell(loop, future, lambda: future.set_result(result))

    threading.Thread(target=run, name="probe", daemon=True).start()
    async with asyncio.timeout(max(0.0, ends - time.monotonic())):
        return await future


class _Delivery:
    """Whatever ends the block is the waiting side's; a thread never dies of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[T]) -> None:
        self._loop = loop
        self._future = future

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if error is not None:
            _tell(self._loop, self._future, lambda: self._future.set_exception(error))
        return True


def _tell(loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], act: Callable[[], None]) -> None:
    def unless_done() -> None:
        if not future.done():
            act()

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(unless_done)
