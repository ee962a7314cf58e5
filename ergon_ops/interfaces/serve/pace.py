"""A thousand requests that come at once are begun a few at a time, so that the loop gets round between them: what is on
its way goes on, and `/health` is answered while they wait. The order of one connection is kept. Who opens one and never
says what for is hung up on."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from ergon_ops.interfaces.serve.guard import PeerProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

SLICE_S = 0.001  # of beginning requests, before the loop gets round
HEAD_S = 15.0  # for all of a request's head
QUICK = (b"GET /health ", b"GET /ready ")


class Pace:
    """What has been read and not begun yet."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[PacedProtocol, bytes]] = deque()

    def put(self, protocol: PacedProtocol, data: bytes) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._go_on)
        self._waiting.append((protocol, data))

    def _go_on(self) -> None:
        ends = time.monotonic() + SLICE_S
        try:
            while self._waiting and time.monotonic() < ends:
                protocol, data = self._waiting.popleft()
                protocol.begin(data)
        finally:
            if self._waiting:
                asyncio.get_running_loop().call_soon(self._go_on)


class PacedProtocol(PeerProtocol):
    pace: Pace

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._put = 0  # pieces of this connection that wait
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(HEAD_S, self._hang_up, self.cycle)

    def _hang_up(self, before: object) -> None:
        """Unless a request has begun since then, or one is still being answered."""
        self._patience = None
        if self._idle() and self.cycle is before:
            self.transport.close()
        elif self._idle():
            self._await_request()

    def _idle(self) -> bool:
        """No request has begun yet, or the last one is answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def data_received(self, data: bytes) -> None:
        if self._idle():
            self._await_request()
        if not self._put and data.startswith(QUICK):
            super().data_received(data)
            return
        self._put += 1
        self.pace.put(self, data)

    def begin(self, data: bytes) -> None:
        self._put -= 1
        if self.transport.is_closing():
            return
        try:
            super().data_received(data)
        except BaseException:
            self.transport.abort()  # as the loop does where it calls this itself
            raise


def paced() -> type[PacedProtocol]:
    """The protocol of one daemon, whose connections share a pace."""

    class Paced(PacedProtocol):
        pace = Pace()

    return Paced
