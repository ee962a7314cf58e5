"""Did it come back? Looks at the container until its health has decided or the time is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from ergon_ops.engine.protocols import Reads, World
from ergon_ops.errors import EngineError, NoSuchContainer
from ergon_ops.facts import Value
from ergon_ops.refs import Ref

Verdict = Literal["waiting", "good", "bad", "unknown"]
Sleep = Callable[[float], Awaitable[None]]
LOOK_S = 0.5
SETTLE_S = 3.0  # without a healthcheck: so long it must stay up


@dataclass(frozen=True, slots=True)
class Look:
    """`text` is the end of a sentence about the container."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks for a run of `then.container_id` that began after `then`, at most `patience_s` long."""

    reads: Reads
    ref: Ref
    then: World
    patience_s: float
    clock: Callable[[], float]
    sleep: Sleep = asyncio.sleep

    async def looks(self) -> AsyncIterator[Look]:
        """Each look; the last one, and only that, is not `waiting`."""
        began = self.clock()
        up_since: tuple[float, float] | None = None  # the run we saw, and since when
        ended = 0
        while True:
            look, run = await self._look(up_since)
            up_since = run
            ended = ended + 1 if look.verdict == "bad" else 0
            # One look may fall between the end of a run and the restart policy's next one.
            if look.verdict == "good" or ended > 1:
                yield look
                return
            if self.clock() - began >= self.patience_s:
                yield self._too_late(look)
                return
            yield Look("waiting", look.text)
            await self.sleep(LOOK_S)

    async def _look(self, up_since: tuple[float, float] | None) -> tuple[Look, tuple[float, float] | None]:
        try:
            world = await self.reads.world(self.ref)
            readings = await self.reads.read(self.ref, ("state",))
        except NoSuchContainer:
            return Look("bad", "is gone"), None
        except EngineError as error:
            return Look("unknown", f"cannot be seen: {error.message.rstrip('.')}"), up_since
        if world.container_id != self.then.container_id:
            return Look("bad", "was replaced by another container of that name"), None
        state = {item.name: item.value for item in readings if item.key == ""}
        if world.started_at == self.then.started_at:
            return Look("waiting", f"is {state.get('state')} and has not been started again"), None
        if up_since is None or up_since[0] != world.started_at:
            up_since = (world.started_at, self.clock())
        return self._judge(state, self.clock() - up_since[1]), up_since

    def _judge(self, state: dict[str, Value], up_s: float) -> Look:
        word, health = state.get("state"), state.get("health")
        if word in ("exited", "dead"):
            return Look("bad", f"exited with code {state.get('exit_code')}")
        if word != "running":
            return Look("waiting", f"is {word}")
        if health == "healthy":
            return Look("good", "is running and healthy")
        if health in (None, "none"):
            settled = up_s >= SETTLE_S
            return Look("good" if settled else "waiting", "is running (no healthcheck)")
        return Look("waiting", f"is running, health: {health}")

    def _too_late(self, look: Look) -> Look:
        if look.verdict == "unknown":
            return look
        return Look("bad", f"{look.text} after {self.patience_s:.0f} s")
