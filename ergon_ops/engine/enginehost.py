"""The engine itself: what it is, whether it runs on this machine, and how it is when it does not answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from ergon_ops.engine.documents import Document, integer, pick, rows, text
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.engine.protocols import EngineInfo
from ergon_ops.errors import EngineError, EngineNotRunning, EngineRefused, EngineTimeout
from ergon_ops.facts import Reading, Value, reading
from ergon_ops.refs import host_ref

if TYPE_CHECKING:
    from ergon_ops.engine.caller import Caller
    from ergon_ops.engine.client import Client

Condition = Literal["alive", "hung", "restarting", "gone", ""]
USUAL_ROOT = "/var/lib/docker"
FRESH_S = 5.0
DEADLINE_S = 2.0
FEW = 4
STILL_HUNG_S = 1.0
STATES = (("running", "ContainersRunning"), ("paused", "ContainersPaused"), ("exited", "ContainersStopped"))


class EngineHost:
    """`files` is None for an engine that is reached over a network: its files are not here."""

    def __init__(self, caller: Caller, files: HostFiles | None, clock: Callable[[], float]) -> None:
        self._caller = caller
        self._files = files
        self._clock = clock
        self._info: EngineInfo | None = None
        self._document: Document = {}
        self._read_at = float("-inf")
        self._hung_at = float("-inf")

    @property
    def known(self) -> EngineInfo | None:
        """What was last known, however old."""
        return self._info

    async def info(self) -> EngineInfo:
        if self._info and time.monotonic() - self._read_at < FRESH_S:
            return self._info
        try:
            self._document, running = await self._caller.call(_ask, deadline_s=DEADLINE_S, doing="say what it is")
        except EngineTimeout:
            self._hung_at = time.monotonic()
            raise
        self._info = self._told(self._document, running)
        self._read_at = time.monotonic()
        return self._info

    async def condition(self) -> Condition:
        """By one ping. "" where it may not be asked, so that nothing is known."""
        if time.monotonic() - self._hung_at < STILL_HUNG_S:
            return "hung"  # a turn of three seconds has no time to wait for it twice
        try:
            await self._caller.call(lambda api: api.newest_version(), deadline_s=1.0, doing="answer a ping")
        except EngineTimeout:
            return "hung"
        except (EngineNotRunning, EngineRefused) as error:
            # Something still accepted us and went away while answering: it is on its way down, or up.
            return "restarting" if error.details.get("broken_off") else "gone"
        except EngineError:
            return ""
        return "alive"

    async def readings(self) -> tuple[Reading, ...]:
        """Never raises for an engine that does not answer."""
        condition = await self.condition()
        if condition == "alive":
            try:
                await self.info()
            except EngineTimeout:
                condition = "hung"
            except EngineError:
                condition = "restarting"
        host, at = self._caller.endpoint.host, self._clock()
        from_files = self._from_files(host)
        found = list(from_files)
        if condition:
            found.append(reading(host_ref(host), "engine", condition, at=at, source="api:_ping"))
        if condition == "alive":
            found += self._from_api(with_machine=not from_files)
        return tuple(found)

    def _from_files(self, host: str) -> tuple[Reading, ...]:
        if self._files is None or (self._info and not self._info.files_readable):
            return ()
        root = self._info.root_dir if self._info else USUAL_ROOT
        return self._files.host_readings(root, host=host)

    def _from_api(self, *, with_machine: bool) -> list[Reading]:
        values: list[tuple[str, str, Value, str]] = [
            ("engine_version", "", text(self._document, "ServerVersion"), "ServerVersion"),
            *(("containers", state, integer(self._document, field) or 0, field) for state, field in STATES),
        ]
        if with_machine:
            values.append(("host_cpus", "", integer(self._document, "NCPU"), "NCPU"))
            values.append(("host_memory", "", integer(self._document, "MemTotal"), "MemTotal"))
        about, at = host_ref(self._caller.endpoint.host), self._clock()
        return [reading(about, n, value, key=key, at=at, source=f"api:info#{path}") for n, key, value, path in values]

    def _told(self, document: Document, running: Sequence[str]) -> EngineInfo:
        return EngineInfo(
            self._caller.endpoint.host,
            text(document, "ServerVersion"),
            text(document, "ApiVersion"),
            text(document, "ID"),
            text(document, "OperatingSystem"),
            text(document, "DockerRootDir") or USUAL_ROOT,
            integer(document, "NCPU") or 1,
            integer(document, "MemTotal") or 0,
            "2" if text(document, "CgroupVersion") == "2" else "1",
            self._is_here(document, running),
        )

    def _is_here(self, document: Document, running: Sequence[str]) -> bool:
        """A unix socket may lead into a virtual machine or to another host, so the cgroup of a running container is
        looked for; where none runs, the machine must have this kernel and this name."""
        if self._files is None:
            return False
        if running:
            return any(self._files.readable(each) for each in running)
        here = os.uname()
        return (
            bool(self._files.cgroup_version)
            and text(document, "KernelVersion") == here.release
            and text(document, "Name") == here.nodename
        )


def _ask(api: Client) -> tuple[Document, tuple[str, ...]]:
    """The engine's account of itself with the version spoken, and a few running containers: the newest may be gone."""
    document = {**api.fetch("/info"), "ApiVersion": api.api_version}
    if not pick(document, "ContainersRunning"):
        return document, ()
    running = api.fetch("/containers/json", limit=FEW, filters={"status": ["running"]})
    return document, tuple(text(row, "Id") for row in rows(running))
