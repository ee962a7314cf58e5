"""The real reader of one host: its files where they are on this machine, else the engine's API.

Every fact's source says which it was (`cgroup:…`, `proc:…`, `api:…`). What few questions need is imported when it is.
"""

from __future__ import annotations

import asyncio
import copy
import difflib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from ergon_ops.engine import inspection, listing, logfiles, toptable, worldhash
from ergon_ops.engine.belongings import Belongings
from ergon_ops.engine.caller import Caller
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.documents import Document, integer, moment, text
from ergon_ops.engine.enginehost import EngineHost
from ergon_ops.engine.hostfiles import INSIDE, HostFiles
from ergon_ops.engine.networks import Surroundings
from ergon_ops.engine.protocols import (
    Container,
    Counters,
    EngineEvent,
    EngineInfo,
    LogLine,
    LogQuery,
    Logs,
    Overrides,
    ProbeTarget,
    Process,
    Sockets,
    World,
)
from ergon_ops.engine.sampling import Sampling
from ergon_ops.errors import EngineConflict, EngineError, ErgonError, NoSuchContainer
from ergon_ops.facts import Group, Reading
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

T = TypeVar("T")
DEADLINE_S = 5.0
LOOK_S = 2.0  # lists and descriptions: an engine that needs longer is hung, and the question still wants its answer
# Quick calls take turns on a few connections: each costs a thread and a client.
CONNECTIONS = 16
TURN_S = 1.0  # a description read so lately serves the same turn again
COUNTED: tuple[Group, ...] = ("memory", "pids", "io", "cpu")


def open_reads(
    endpoint: Endpoint,
    *,
    clock: Callable[[], float] = time.time,
    deadline_s: float = DEADLINE_S,
    keep_open: bool = False,
) -> DockerReads:
    """Connects on the first call. `keep_open` pays where the same containers are read again and again (a daemon)."""
    files = HostFiles(clock=clock, keep_open=keep_open) if endpoint.unix else None
    return DockerReads(endpoint, files, clock=clock, deadline_s=deadline_s)


class DockerReads:
    """`files` None: an engine over a network, whose files are elsewhere."""

    def __init__(
        self, endpoint: Endpoint, files: HostFiles | None, *, clock: Callable[[], float], deadline_s: float = DEADLINE_S
    ) -> None:
        self.host = endpoint.host
        self._caller = Caller(endpoint, threads=CONNECTIONS)
        self._sampling = Sampling(endpoint, self._caller, clock)
        self._files = files
        self._clock = clock
        self._deadline_s = deadline_s
        self._engine = EngineHost(self._caller, files, clock)
        self._around = Surroundings(self._look, files)
        self._belongings = Belongings(self._look, files, clock)
        self._looking: dict[Ref, asyncio.Task[Document]] = {}
        self._looked: dict[Ref, tuple[float, Document]] | None = None

    def turn(self) -> DockerReads:
        view = copy.copy(self)
        view._looking, view._looked = {}, {}
        return view

    async def info(self) -> EngineInfo:
        return await self._engine.info()

    async def containers(self) -> tuple[Container, ...]:
        found = await self._look("list containers", lambda api: api.fetch("/containers/json", all=True))
        return listing.containers(found, self.host)

    async def read(self, ref: Ref, groups: Sequence[Group]) -> tuple[Reading, ...]:
        document = await self._look_at(ref)
        found = inspection.readings(ref, document, groups, at=self._clock())
        found += await self._around.readings(ref, document, groups, at=self._clock())
        if inspection.is_alive(document):
            found += await self._counted(ref, document, [group for group in COUNTED if group in groups])
            if INSIDE.intersection(groups) and self._here(document):
                places = inspection.destinations(document)
                found += self._here_files.inside(ref, text(document, "Id"), _pid(document), groups, places)
            elif "threads" in groups:
                found += toptable.threads(ref, await self.processes(ref), at=self._clock())
        if "logfile" in groups and self._here(document):
            found += await logfiles.readings(ref, document, self._here_files, at=self._clock())
        if "files" in groups:
            found += self._belongings.files(ref, document, _pid(document))
        if "image" in groups:
            found += await self._belongings.image(ref, document)
        return tuple(found)

    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]:
        """By files one sweep; by API one connection per container, and what has not come in 2.4 s is left out."""
        if self._files and (await self._engine.info()).files_readable:
            return self._files.sweep(ids)
        if ids is None:
            ids = [row.id for row in await self.containers() if row.state == "running"]
        found = await asyncio.gather(*(self._sampling.counters(each) for each in ids), return_exceptions=True)
        for problem in found:
            if isinstance(problem, BaseException) and (not isinstance(problem, ErgonError) or len(ids) == 1):
                raise problem
        if ids and all(isinstance(problem, EngineError) for problem in found):
            raise EngineError(f"No container of {self.host} could be sampled.", next="`ergon-ops doctor` says more")
        return tuple(row for row in found if isinstance(row, Counters))

    async def processes(self, ref: Ref) -> tuple[Process, ...]:
        """Raises EngineConflict for a container that does not run. Empty where the engine has no `ps`."""
        document = await self._running(ref)
        if self._here(document):
            return self._here_files.processes(text(document, "Id"), _pid(document))
        try:
            table = await self._call("list its processes", lambda api: toptable.ask(api, text(document, "Id")))
        except EngineConflict:
            return ()
        return toptable.processes(table, at=self._clock())

    async def sockets(self, ref: Ref) -> Sockets:
        document = await self._look_at(ref)
        if not inspection.is_alive(document) or not self._here(document):
            return Sockets(visible=False, source="api:inspect")
        return self._here_files.sockets(text(document, "Id"), _pid(document), declared=inspection.ports(document))

    async def probes(self, ref: Ref, targets: Sequence[ProbeTarget]) -> tuple[Reading, ...]:
        from ergon_ops.engine import probes
        from ergon_ops.engine.probes import scheme
        from ergon_ops.engine.probes.inside import subject

        document = await self._look_at(ref)
        if text(document, "State.Status") != "running":
            return ()
        inside = partial(subject, document, self._caller, self._here(document))
        spoken = await scheme.readings(ref, document, inside, at=self._clock())
        return (*spoken, *await probes.probe(ref, inside, targets, at=self._clock()))

    async def logs(self, ref: Ref, query: LogQuery) -> Logs:
        from ergon_ops.engine import logread

        document = await self._look_at(ref)
        return await self._call("give its logs", lambda api: logread.newest(api, document, query))

    async def follow_logs(self, ref: Ref, query: LogQuery) -> AsyncIterator[LogLine]:
        from ergon_ops.engine import logread

        document = await self._inspect(ref)
        async for line in logread.follow(self._caller, document, query):
            yield line

    async def events(self, *, since: float, until: float, ref: Ref | None = None) -> tuple[EngineEvent, ...]:
        from ergon_ops.engine import eventlog

        name = ref.name if ref else ""
        found = await self._call("give its events", lambda api: eventlog.past(api, since=since, until=until, name=name))
        told = (eventlog.event(document, self.host) for document in found)
        return tuple(event for event in told if event and ref in (None, event.ref))

    async def events_reach(self) -> float | None:
        from ergon_ops.engine import eventlog

        return await self._call("give its events", lambda api: eventlog.reach(api))

    async def follow_events(self, *, since: float | None = None) -> AsyncIterator[EngineEvent]:
        from ergon_ops.engine import eventlog

        async for event in eventlog.follow(self._caller, self._clock, since=since):
            yield event

    async def world(self, ref: Ref) -> World:
        document = await self._inspect(ref)
        started = moment(document, "State.StartedAt") or 0.0
        return World(text(document, "Id"), worldhash.digest(document), started)

    async def overrides(self, ref: Ref, expected: Mapping[str, str]) -> Overrides:
        from ergon_ops.engine.overrides import overrides

        document = await self._look_at(ref)
        path = f"/images/{quote(text(document, 'Image'), safe='')}/json"
        try:
            image = await self._look("describe its image", lambda api: api.fetch(path))
        except ErgonError as error:
            if isinstance(error, EngineError):
                raise
            image = {}
        return overrides(document, image, expected)

    async def portrait(self, ref: Ref, salt: bytes) -> Mapping[str, str]:
        from ergon_ops.engine import portrait

        return portrait.portrait(await self._look_at(ref), salt)

    async def host_readings(self) -> tuple[Reading, ...]:
        return await self._engine.readings()

    async def close(self) -> None:
        """Returns at once, whatever the engine does."""
        self._caller.close()
        self._sampling.close()
        if self._files:
            self._files.close()

    # -- one container

    @property
    def _here_files(self) -> HostFiles:
        assert self._files is not None
        return self._files

    def _here(self, document: Document) -> bool:
        """Whether this very container runs on this machine: its id is in our cgroup tree."""
        return self._files is not None and self._files.readable(text(document, "Id"), _pid(document))

    async def _inspect(self, ref: Ref) -> Document:
        path = f"/containers/{quote(ref.name, safe='')}/json"
        try:
            document: Document = await self._look(f"describe {ref.name}", lambda api: api.fetch(path))
        except NoSuchContainer:
            raise await self._unknown(ref) from None
        # An engine also takes the beginning of an id for a name.
        if text(document, "Name").removeprefix("/") != ref.name:
            raise await self._unknown(ref)
        return document

    async def _look_at(self, ref: Ref) -> Document:
        """As `_inspect`, for looks: those taken at the same moment share one answer, those of a turn for a while."""
        seen = self._looked.get(ref) if self._looked is not None else None
        if seen is not None and time.monotonic() - seen[0] < TURN_S:
            return seen[1]
        looking = self._looking.get(ref)
        if looking is None:
            looking = self._looking[ref] = asyncio.ensure_future(self._inspect(ref))
            looking.add_done_callback(lambda done: self._seen(ref, done))
        return await asyncio.shield(looking)

    def _seen(self, ref: Ref, done: asyncio.Task[Document]) -> None:
        self._looking.pop(ref, None)
        # Whoever still waits gets an error; if nobody does, asyncio need not complain.
        if not done.cancelled() and done.exception() is None and self._looked is not None:
            self._looked[ref] = (time.monotonic(), done.result())

    async def _running(self, ref: Ref) -> Document:
        document = await self._look_at(ref)
        if not inspection.is_alive(document):
            state = text(document, "State.Status")
            raise EngineConflict(f"{ref.short} is not running ({state}).", next="`ergon-ops list` shows its state")
        return document

    async def _unknown(self, ref: Ref) -> NoSuchContainer:
        names = [row.ref.name for row in await self.containers()]
        near = difflib.get_close_matches(ref.name, names, 3, 0.3)
        step = f"did you mean {', '.join(near)}?" if near else "`ergon-ops list` shows every container"
        return NoSuchContainer(f"No container is called {ref.short!r}.", next=step, details={"nearest": near})

    async def _counted(self, ref: Ref, document: Document, groups: Sequence[Group]) -> list[Reading]:
        if not groups:
            return []
        container_id, pid = text(document, "Id"), _pid(document)
        if self._here(document):
            files = self._here_files
            readers = {"memory": files.memory, "pids": files.pids, "io": files.io, "cpu": files.cpu}
            return [item for group in groups for item in readers[group](ref, container_id, pid)]
        info = self._engine.known or await self._engine.info()
        return await self._sampling.readings(ref, container_id, groups, host_memory=info.memory_bytes or None)

    async def _look(self, doing: str, function: Callable[[Client], T]) -> T:
        return await self._caller.call(function, deadline_s=min(self._deadline_s, LOOK_S), doing=doing)

    async def _call(self, doing: str, function: Callable[[Client], T]) -> T:
        return await self._caller.call(function, deadline_s=self._deadline_s, doing=doing)


def _pid(document: Document) -> int:
    return integer(document, "State.Pid") or 0
