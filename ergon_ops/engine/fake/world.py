"""The world behind the fake engine: what is in it, how one edits it, and how it is made to fail."""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Callable, Mapping

from ergon_ops.engine.fake.container import FakeContainer, Machine
from ergon_ops.engine.fake.rows import digest
from ergon_ops.engine.protocols import EngineEvent, LogLine
from ergon_ops.errors import EngineError, EngineTimeout, NoSuchContainer
from ergon_ops.refs import Ref

Clock = Callable[[], float]


class FakeWorld:
    """Containers, networks, volumes and images in memory, on one clock.

    `fail(error)` makes every call raise, `hang()` makes it wait and time out, `recover()` ends both. `recipes` says
    what a container made from an image (by tag) runs: a function that edits the new `FakeContainer`.
    """

    def __init__(self, host: str = "local", *, clock: Clock = time.time, machine: Machine | None = None) -> None:
        self.host = host
        self.clock = clock
        self.machine = machine or Machine()
        self.inventory: dict[str, FakeContainer] = {}
        self.journal: list[EngineEvent] = []
        self.known_networks: dict[str, Mapping[str, str]] = {"bridge": {}, "host": {}, "none": {}}
        self.known_volumes: dict[str, Mapping[str, str]] = {}
        self.tags: dict[str, Mapping[str, str]] = {}
        self.recipes: dict[str, Callable[[FakeContainer], None]] = {}
        self.calls: list[str] = []
        self._serial = 0
        self._failure: EngineError | None = None
        self._hang_s: float | None = None
        self._followers: set[asyncio.Queue[EngineEvent | EngineError]] = set()
        self._readers: dict[str, set[asyncio.Queue[LogLine]]] = {}

    # -- editing ---------------------------------------------------------------------------------------------------

    def add(self, container: FakeContainer) -> FakeContainer:
        """Put a container into the world, with the past its ages tell."""
        now = self.clock()
        self._serial += 1
        container.id = container.id or digest(self.host, container.name, str(self._serial))
        container.image_id = container.image_id or "sha256:" + digest("image", container.image)
        container.created_at = container.created_at or now - max(container.age_s, container.up_s)
        container.boot = (tuple(container.processes), tuple(container.listening))
        if container.state != "created":
            container.started_at = container.started_at or now - container.up_s
            container.finished_at = container.finished_at or (now - container.ended_s_ago)
            container.finished_at = 0.0 if container.alive else max(container.started_at, container.finished_at)
        container.totals.at = container.started_at
        self.inventory[container.name] = container
        self.tags.setdefault(container.image, {})
        for network in container.networks:
            self.known_networks.setdefault(network, {})
        self._past(container)
        return container

    def _past(self, container: FakeContainer) -> None:
        self.note(container, "create", at=container.created_at)
        if container.state == "created":
            return
        self.note(container, "start", at=container.started_at)
        if container.finished_at:
            if container.oom_killed:
                self.note(container, "oom", at=container.finished_at)
            self.note(container, "die", at=container.finished_at, exit_code=str(container.exit_code))

    def drop(self, name: str) -> None:
        """The container is gone at once, as if someone else had removed it."""
        container = self.find(name)
        del self.inventory[container.name]
        self.note(container, "destroy")

    def kill_process(self, name: str, program: str) -> int:
        """End a program inside a container; how many processes went. Without its first one the container exits."""
        container = self.find(name)
        first = container.processes[:1]
        count = container.stop_program(program)
        if container.processes[:1] != first:
            self.end(container, exit_code=137)
        return count

    def set_health(self, name: str, health: str, *, output: str = "", exit_code: int | None = None) -> None:
        container = self.find(name)
        container.health = health  # type: ignore[assignment]
        container.health_after_s = 0.0
        container.health_output = output or container.health_output
        container.health_exit_code = exit_code if exit_code is not None else int(health != "healthy")
        container.health_streak = container.health_streak + 1 if health == "unhealthy" else 0
        self.note(container, "health_status", health=health)

    def log(self, name: str, text: str, *, stream: str = "stdout") -> None:
        """One more line in a container's log, seen by those who follow it."""
        container = self.find(name)
        container.say(text, at=self.clock(), stream=stream)
        for queue in self._readers.get(container.id, ()):
            queue.put_nowait(container.logs[-1])

    def note(self, container: FakeContainer, action: str, *, at: float | None = None, **attributes: str) -> None:
        """One more engine event, seen by those who follow events."""
        when = self.clock() if at is None else at
        about = {"image": container.image, **attributes}
        event = EngineEvent(when, action, Ref(container.name, self.host), container.id, about)
        self.journal.append(event)
        for queue in self._followers:
            queue.put_nowait(event)

    def end(self, container: FakeContainer, *, exit_code: int) -> None:
        """The container's first process is gone."""
        now = self.clock()
        container.settle(now)
        container.state, container.exit_code, container.finished_at = "exited", exit_code, now
        self.note(container, "die", exit_code=str(exit_code))

    def begin(self, container: FakeContainer) -> None:
        """A new run: what there was at first runs again, counters start at zero."""
        now = self.clock()
        container.state, container.started_at, container.exit_code = "running", now, 0
        container.start_error, container.finished_at = "", 0.0
        container.processes, container.listening = (list(part) for part in container.boot)  # type: ignore[assignment]
        container.totals = type(container.totals)(at=now)
        self.note(container, "start")
        if container.on_start is not None:
            container.on_start(container)

    # -- failing ---------------------------------------------------------------------------------------------------

    def fail(self, error: EngineError) -> None:
        """As an engine that ends: who follows its events is cut off."""
        self._failure = error
        for queue in self._followers:
            queue.put_nowait(error)

    def hang(self, *, deadline_s: float = 0.05) -> None:
        """Every call waits `deadline_s`, then raises EngineTimeout, as the real one does at its deadline."""
        self._hang_s = deadline_s

    def recover(self) -> None:
        self._failure, self._hang_s = None, None

    @property
    def condition(self) -> str:
        """The fact `engine`: alive, hung or gone."""
        if self._failure is not None:
            return "gone"
        return "alive" if self._hang_s is None else "hung"

    async def gate(self, call: str) -> float:
        """What every call passes: records it, fails or waits if told so, moves the world on; the time it is."""
        self.calls.append(call)
        if self._hang_s is not None:
            await asyncio.sleep(self._hang_s)
            raise EngineTimeout(f"the engine on {self.host} did not answer within {self._hang_s:g} s", next="wait")
        if self._failure is not None:
            raise self._failure
        await asyncio.sleep(0)
        now = self.clock()
        for container in self.inventory.values():
            self._crash(container, now)
            container.settle(now)
        return now

    def _crash(self, container: FakeContainer, now: float) -> None:
        if container.crash_every_s <= 0 or container.state not in ("running", "restarting"):
            return
        while now - container.started_at >= container.crash_every_s:
            container.started_at += container.crash_every_s
            container.finished_at = container.started_at
            container.restart_count += 1
            self.note(container, "die", at=container.finished_at, exit_code=str(container.exit_code))
            self.note(container, "start", at=container.started_at)

    # -- finding ---------------------------------------------------------------------------------------------------

    def find(self, name: str) -> FakeContainer:
        """By name, id or the beginning of an id."""
        if name in self.inventory:
            return self.inventory[name]
        for container in self.inventory.values():
            if len(name) >= 8 and container.id.startswith(name):
                return container
        near = difflib.get_close_matches(name, self.inventory, n=3, cutoff=0.3)
        hint = f"did you mean {', '.join(near)}?" if near else "ergon-ops list shows what there is"
        raise NoSuchContainer(f"no container {name} on {self.host}", next=hint, details={"nearest": near})

    def at(self, ref: Ref) -> FakeContainer:
        if ref.host != self.host or ref.kind != "container":
            raise NoSuchContainer(f"no container {ref} on {self.host}", details={"nearest": []})
        container = self.find(ref.name)
        if container.name != ref.name:
            raise NoSuchContainer(f"no container {ref} on {self.host}", details={"nearest": [container.name]})
        return container
