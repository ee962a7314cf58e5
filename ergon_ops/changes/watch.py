"""Did it hold? Looks at the container until something is worse or the time is over."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.changes.measure import Gauge, holds, spoken
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Reads, World
from ergon_ops.errors import EngineConflict, EngineError, NoSuchContainer
from ergon_ops.facts import Value
from ergon_ops.proposals import Expect
from ergon_ops.refs import Ref

Verdict = Literal["waiting", "good", "bad", "unknown"]
Sleep = Callable[[float], Awaitable[None]]
LOOK_S = 0.5
PACE_S = 1.0  # between looks, once it is up
EVENTS_EVERY_S = 5.0
ENDED = ("exited", "dead")
OOM = Expect("memory_oom_kills", "", "==", 0, 0)


@dataclass(frozen=True, slots=True)
class Look:
    """`text` is the end of a sentence about the container, `left_s` how long it is still watched."""

    verdict: Verdict
    text: str
    left_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What is watched for. `container_id` must stand under the name; `fresh`: in a run that began after `then`.

    `state` is what it must be in, "any" if that does not tell. `before` is the snapshot from before the change."""

    container_id: str
    then: World
    length_s: float
    state: str = "running"
    fresh: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    since: float = 0.0
    expect: Expect | None = None
    guards: tuple[Expect, ...] = ()
    calm: bool = True  # OOM kills were not its way before
    enough_s: float = math.inf  # so long it is watched where nothing could be taken back anyway


@dataclass(slots=True)
class Watch:
    """`measured` are the last values of the promises, for telling."""

    reads: Reads
    ref: Ref
    goal: Goal
    clock: Callable[[], float]
    sleep: Sleep = asyncio.sleep
    measured: dict[tuple[str, str], float | None] = field(default_factory=dict)
    _gauge: Gauge | None = None
    _restarts: int | None = None
    _asked_events_at: float = 0.0

    async def looks(self) -> AsyncIterator[Look]:
        """Each look; the last one, and only that, is not `waiting`."""
        began = self.clock()
        bad = 0
        while True:
            look = await self._look()
            left = self.goal.length_s - (self.clock() - began)
            bad = bad + 1 if look.verdict == "bad" else 0
            # One look may fall between the end of a run and the restart policy's next one.
            if bad > 1:
                yield look
                return
            if look.verdict == "good" and (self._rests or self.goal.length_s - left >= self.goal.enough_s):
                yield look
                return
            if left <= 0 and not bad:
                yield self._end(look)
                return
            yield Look("waiting", look.text, max(0.0, left))
            await self.sleep(PACE_S if look.verdict == "good" else LOOK_S)

    @property
    def _rests(self) -> bool:
        """Nothing runs that could still get worse."""
        return self.goal.state in (*ENDED, "created", "paused")

    # -- one look ------------------------------------------------------------------------------------------------------

    async def _look(self) -> Look:
        try:
            world = await self.reads.world(self.ref)
            readings = await self.reads.read(self.ref, ("state",))
            if world.container_id != self.goal.container_id:
                return Look("bad", "was replaced by another container of that name")
            state = {item.name: item.value for item in readings if item.key == ""}
            if self.goal.fresh and world.started_at == self.goal.then.started_at:
                return Look("waiting", f"is {state.get('state')} and has not been started again")
            return await self._judge(state)
        except NoSuchContainer:
            return Look("bad", "is gone")
        except EngineError as error:
            return Look("unknown", f"cannot be seen: {error.message.rstrip('.')}")

    async def _judge(self, state: Mapping[str, Value]) -> Look:
        word, health = state.get("state"), state.get("health")
        if self.goal.state == "any":
            return await self._promises(Look("good", f"is {word}"))
        if self._rests:
            reached = word == self.goal.state or (word in ENDED and self.goal.state in ENDED)
            return Look("good" if reached else "waiting", f"is {word}")
        if word in ENDED:
            return await self._ended(state)
        if word != "running":
            return Look("waiting", f"is {word}")
        restarts = state.get("restart_count")
        if isinstance(restarts, int):
            if self._restarts is not None and restarts > self._restarts:
                died = await self._oom_events()
                return Look("bad", "was killed for its memory and restarted" if died else "died and was restarted")
            self._restarts = restarts
        if health == "unhealthy" and self.goal.before.get("health") == "healthy" and not self.goal.fresh:
            return Look("bad", "became unhealthy")
        return await self._promises(self._condition(health))

    def _condition(self, health: Value) -> Look:
        if health in (None, "none"):
            return Look("good", "is running (no healthcheck)")
        if health == "healthy":
            return Look("good", "is running and healthy")
        as_before = not self.goal.fresh and health == self.goal.before.get("health")
        return Look("good" if as_before else "waiting", f"is running, health: {health}")

    async def _ended(self, state: Mapping[str, Value]) -> Look:
        if await self._oom_events():
            return Look("bad", "was killed for its memory")
        return Look("bad", f"exited with code {state.get('exit_code')}")

    # -- promises ------------------------------------------------------------------------------------------------------

    async def _promises(self, look: Look) -> Look:
        """Broken guards are bad at once; what is expected counts at the end."""
        if self._gauge is None:
            baseline = {} if self.goal.fresh else self.goal.before
            self._gauge = Gauge(self.reads, self.ref, self.goal.container_id, baseline)
        guards = (*([OOM] if self.goal.calm else []), *self.goal.guards)
        promises = [*guards, *([self.goal.expect] if self.goal.expect else [])]
        try:
            self.measured |= await self._gauge.measure(promises)
        except EngineConflict:  # it ended between two questions: the next look says so
            return look
        for guard in guards:
            value = self.measured.get((guard.metric, guard.key))
            if value is not None and not holds(guard, value):
                if guard.metric == "memory_oom_kills":
                    return Look("bad", "had processes killed for its memory")
                return Look("bad", f"does not hold {spoken(guard)}: it is {value:g}")
        if self.goal.calm and self._due() and await self._oom_events():
            return Look("bad", "had processes killed for its memory")
        return look

    def _due(self) -> bool:
        now = self.clock()
        due = now - self._asked_events_at >= EVENTS_EVERY_S
        self._asked_events_at = now if due else self._asked_events_at
        return due

    async def _oom_events(self) -> bool:
        """Also of a run that has ended: its counters are gone with it."""
        if not self.goal.since:
            return False
        try:
            events = await self.reads.events(since=self.goal.since, until=self.clock(), ref=self.ref)
        except EngineError:
            return False
        return any(event.action == "oom" and event.container_id == self.goal.container_id for event in events)

    def _end(self, look: Look) -> Look:
        if look.verdict == "unknown":
            return look
        if look.verdict == "waiting":
            return Look("bad", f"{look.text} after {self.goal.length_s:.0f} s")
        expect = self.goal.expect
        value = self.measured.get((expect.metric, expect.key)) if expect else None
        if expect is not None and value is not None and not holds(expect, value):
            return Look("bad", f"does not show {spoken(expect)}: it is {value:g}")
        return look
