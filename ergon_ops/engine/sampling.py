"""Counters by the stats API, where the engine's files are not here: one second a container, so all wait at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ergon_ops.engine.caller import Caller
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.documents import Document, text
from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Group, Reading
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

SAMPLE_S = 2.4
CONNECTIONS = 128  # a sample waits for a tick of a second, so each has a connection of its own


class Sampling:
    """`spoken` is who else talks to this engine: the version they agreed on is ours."""

    def __init__(self, endpoint: Endpoint, spoken: Caller, clock: Callable[[], float]) -> None:
        self._caller = Caller(endpoint, threads=CONNECTIONS)
        self._spoken, self._clock = spoken, clock

    async def readings(
        self, ref: Ref, container_id: str, groups: Sequence[Group], *, host_memory: int | None
    ) -> list[Reading]:
        from ergon_ops.engine import apistats

        sample = await self._stats(container_id)
        return list(apistats.readings(ref, sample, groups, at=self._clock(), host_memory=host_memory))

    async def counters(self, container_id: str) -> Counters | None:
        from ergon_ops.engine import apistats

        sample = await self._stats(container_id)
        found = apistats.counters(container_id, sample, at=self._clock())
        return found and replace(found, run=text(sample, "started_at"))

    async def _stats(self, container_id: str) -> Document:
        def ask(api: Client) -> Document:
            # The start tells runs apart. Asked first: a restart in between then looks like a reset, not like a rate.
            run = text(api.fetch(f"/containers/{container_id}/json"), "State.StartedAt")
            sample = api.fetch(f"/containers/{container_id}/stats", stream=False, **{"one-shot": True})
            return {**sample, "started_at": run}

        self._caller.version = self._caller.version or self._spoken.version
        return await self._caller.call(ask, deadline_s=SAMPLE_S, doing="measure it")

    def close(self) -> None:
        self._caller.close()
