"""A thousand requests that come at once are begun a few at a time, so that the loop gets round between them: what is on
its way goes on, and `/health` is answered while they wait. The order of one connection is kept."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from ergon_ops.interfaces.serve.guard import PeerProtocol

SLICE_S = 0.001  # of beginning requests, before the loop gets round
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

    def data_received(self, data: bytes) -> None:
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
