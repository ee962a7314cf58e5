"""The real hands, opened when the first approved change needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ergon_ops.engine.protocols import Writes
from ergon_ops.errors import UsageError

if TYPE_CHECKING:
    from ergon_ops.engine.connect import Endpoint
    from ergon_ops.engine.writes import DockerWrites


class RealWriters:
    """Host → its writer; one for each."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = {endpoint.host: endpoint for endpoint in endpoints}
        self._open: dict[str, DockerWrites] = {}

    def __call__(self, host: str) -> Writes:
        from ergon_ops.engine.writes import DockerWrites

        if host not in self._endpoints:
            raise UsageError(f"no engine named {host!r} is in use here", next=f"hosts: {', '.join(self._endpoints)}")
        if host not in self._open:
            self._open[host] = DockerWrites(self._endpoints[host])
        return self._open[host]

    async def close(self) -> None:
        while self._open:
            await self._open.popitem()[1].close()


def real_writers(endpoints: Sequence[Endpoint]) -> RealWriters:
    return RealWriters(endpoints)
