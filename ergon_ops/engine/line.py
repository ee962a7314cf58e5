"""A line to one engine: one SDK client, used by one thread at a time, which any other thread may cut."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ergon_ops.engine.connect import Endpoint

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client
    from ergon_ops.engine.transport import Wires

OLDEST = (1, 41)
NEWEST = (1, 51)


class Line:
    """`version` is what was negotiated; giving one that is known saves a ping."""

    def __init__(self, endpoint: Endpoint, version: str = "") -> None:
        self.endpoint = endpoint
        self.version = endpoint.api_version or version
        self._wires: Wires | None = None
        self._api: Client | None = None
        self._cut = False

    def client(self, timeout_s: float) -> Client:
        """The client, connected and of a version both sides speak; one read takes at most `timeout_s`."""
        if self._api is None:
            self._api = self._open(timeout_s)
        # The SDK counts whole seconds; the total deadline is kept by whoever cuts this line.
        self._api.timeout = max(1, math.ceil(timeout_s))
        return self._api

    def cut(self) -> None:
        """From any thread, any number of times: whoever reads gets an error at once, and the line is of no more use."""
        self._cut = True
        if self._wires:
            self._wires.cut()

    @property
    def severed(self) -> bool:
        return self._cut

    def complaint(self) -> str:
        return self._wires.complaint() if self._wires else ""

    def close(self) -> None:
        """From the thread that uses it."""
        if self._api:
            self._api.close()
        if self._wires:
            self._wires.close()
        self._api = self._wires = None

    def _open(self, timeout_s: float) -> Client:
        from ergon_ops.engine import client, transport

        self.close()  # what is left of an attempt that failed
        self._wires = transport.Wires(self.endpoint)
        if self._cut:
            self._wires.cut()
        api = client.connect(self.endpoint, self._wires, self.version or written(OLDEST))
        if not self.version:
            api.timeout = max(1, math.ceil(timeout_s))
            self.version = self._negotiated(api.newest_version())
            api.speak(self.version)
        return api

    def _negotiated(self, found: tuple[int, ...]) -> str:
        if found < OLDEST:
            from ergon_ops.engine import faults

            raise faults.too_old(self.endpoint, written(found))
        return written(min(found, NEWEST))


def written(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
