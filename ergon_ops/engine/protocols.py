"""What the house may ask of an engine: `Reads` (everyone), `Writes` (changes, stack), `Images` (packaging, stack).

Every method has a total deadline and raises the engine errors of `errors.py`. Raw configuration with secret values
never crosses this line: what comes back is derived or redacted. Times are epoch seconds, sizes bytes, CPU cores.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from ergon_ops.engine.spec import ContainerSpec as ContainerSpec
from ergon_ops.engine.spec import PublishedPort as PublishedPort
from ergon_ops.facts import Group, Reading
from ergon_ops.refs import Ref

Progress = Callable[[str], None]
Health = Literal["healthy", "unhealthy", "starting", "none"]
COMPOSE = "com.docker.compose."
OURS = "io.ergon-ops."


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """`files_readable`: the engine's cgroup files and /proc are on this machine and may be read."""

    host: str
    version: str
    api_version: str
    engine_id: str
    os: str
    root_dir: str
    cpus: int
    memory_bytes: int
    cgroup_version: Literal["1", "2"]
    files_readable: bool


@dataclass(frozen=True, slots=True)
class Container:
    """One row of the list. `labels` holds Compose's and our own labels only; others are read by `config`, redacted."""

    ref: Ref
    id: str
    image: str
    image_id: str
    state: str
    status: str
    health: Health
    created_at: float
    command: str
    exit_code: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[PublishedPort, ...] = ()
    exposed: tuple[int, ...] = ()
    networks: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        return self.state in ("running", "paused", "restarting")

    @property
    def project(self) -> str:
        return self.labels.get(COMPOSE + "project") or self.labels.get(OURS + "project", "")

    @property
    def service(self) -> str:
        return self.labels.get(COMPOSE + "service", "")

    @property
    def compose_needs(self) -> tuple[str, ...]:
        """The services its Compose file says it depends on."""
        return tuple(part.partition(":")[0] for part in self.labels.get(COMPOSE + "depends_on", "").split(",") if part)

    @property
    def manifest_digest(self) -> str:
        return self.labels.get(OURS + "manifest", "")

    @property
    def manifest_key(self) -> str:
        return self.labels.get(OURS + "container", "")


@dataclass(frozen=True, slots=True)
class Process:
    """`pid` as the engine's host sees it, `name` the program (never a path), `command` redacted and bounded."""

    pid: int
    parent: int
    name: str
    command: str
    state: str = "S"
    threads: int = 1
    rss_bytes: int = 0
    started_at: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Socket:
    """A listening socket. `pid` is 0 where its owner cannot be seen (then `program` may still be known)."""

    address: str
    port: int
    protocol: str = "tcp"
    pid: int = 0
    program: str = ""
    source: str = ""

    @property
    def loopback(self) -> bool:
        return self.address.startswith("127.") or self.address == "::1"


@dataclass(frozen=True, slots=True)
class Connection:
    """Established, seen from inside the container's network namespace; `outgoing` if we called.

    Grouped by the side that is named: `local_port` is 0 if we called, `peer_port` is 0 if we were called.
    """

    local_port: int
    peer_address: str
    peer_port: int
    outgoing: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Sockets:
    """`visible` false: the namespace cannot be read here; then ports are *declared*, not *listening*."""

    visible: bool
    listening: tuple[Socket, ...] = ()
    connections: tuple[Connection, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """Lifetime counters of one container's current run; rates are differences of two of them (`history/`).

    `run` tells the runs of one container apart (the cgroup's inode; "" where that is not known): counters of
    different runs must never be subtracted.
    """

    container_id: str
    at: float
    source: str
    cpu_s: float | None = None
    periods: int | None = None
    throttled: int | None = None
    throttled_s: float | None = None
    block_read: int | None = None
    block_write: int | None = None
    network_rx: int | None = None
    network_tx: int | None = None
    memory_working_set: int | None = None
    memory_oom_kills: int | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """`since`/`until` epoch seconds; `tail` lines counted from the end before `grep` and `level` are applied."""

    since: float | None = None
    until: float | None = None
    tail: int = 400
    grep: str = ""
    level: str = ""
    max_bytes: int = 2_000_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """`text` is neutralised (no ANSI, no control characters), redacted and at most 4,000 characters long."""

    at: float | None
    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Logs:
    """`unreadable` names why there is nothing (the driver, a removed file); `cut` if `max_bytes` ended the reading."""

    lines: tuple[LogLine, ...]
    source: str
    unreadable: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Exec events of healthchecks are left out. `attributes`: exit_code, signal, image, health, oldName …"""

    at: float
    action: str
    ref: Ref
    container_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What a proposal is bound to: sha256 over image id, Config, HostConfig, mounts, networks and aliases."""

    container_id: str
    digest: str
    started_at: float


class Reads(Protocol):
    """Every reader of one host. `read` serves the groups identity state limits config mounts networks ports memory
    pids io (lifetime) cpu (lifetime only: rates are made in history/) filesystem; tables have methods of their own."""

    host: str

    async def info(self) -> EngineInfo: ...
    async def containers(self) -> tuple[Container, ...]: ...
    async def read(self, ref: Ref, groups: Sequence[Group]) -> tuple[Reading, ...]: ...
    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]: ...
    async def processes(self, ref: Ref) -> tuple[Process, ...]: ...
    async def sockets(self, ref: Ref) -> Sockets: ...
    async def logs(self, ref: Ref, query: LogQuery) -> Logs: ...
    def follow_logs(self, ref: Ref, query: LogQuery) -> AsyncIterator[LogLine]: ...
    async def events(self, *, since: float, until: float, ref: Ref | None = None) -> tuple[EngineEvent, ...]: ...
    async def events_reach(self) -> float | None:
        """Time of the oldest event of any kind that the engine still has: it keeps the last 256 only. None if none."""
        ...

    def follow_events(self) -> AsyncIterator[EngineEvent]: ...
    async def world(self, ref: Ref) -> World: ...
    async def host_readings(self) -> tuple[Reading, ...]:
        """Answers also when the engine does not: from /proc and the last known data root, with `engine` = gone …"""
        ...

    async def close(self) -> None: ...


class Writes(Protocol):
    """The only hands that change something. Each verb is one engine call, total deadline included."""

    async def restart(self, container_id: str, *, timeout_s: int) -> None: ...
    async def start(self, container_id: str) -> None: ...
    async def stop(self, container_id: str, *, timeout_s: int) -> None: ...
    async def pause(self, container_id: str) -> None: ...
    async def unpause(self, container_id: str) -> None: ...
    async def update(self, container_id: str, changes: Mapping[str, Any]) -> None:
        """`changes` in the Engine's own words: Memory MemorySwap NanoCpus CpuShares CpusetCpus PidsLimit
        RestartPolicy{Name, MaximumRetryCount}; null, 0 and -1 lift a limit where the Engine can."""
        ...

    async def create(self, spec: ContainerSpec) -> str: ...
    async def remove(self, container_id: str, *, force: bool = False, volumes: bool = False) -> None: ...
    async def create_network(self, name: str, *, labels: Mapping[str, str]) -> str: ...
    async def remove_network(self, name: str) -> None: ...
    async def networks(self, *, label: str) -> tuple[str, ...]: ...
    async def remove_volume(self, name: str) -> None: ...
    async def create_volume(self, name: str, *, labels: Mapping[str, str]) -> str: ...
    async def volumes(self, *, label: str) -> tuple[str, ...]: ...


class Images(Protocol):
    async def image_labels(self, tag: str) -> Mapping[str, str] | None:
        """The labels of a local image, or None if there is none of that tag."""
        ...

    async def pull(self, tag: str, *, progress: Progress, deadline_s: float = 600.0) -> None: ...
    async def import_image(self, tar: Path, tag: str, *, changes: Sequence[str], deadline_s: float = 120.0) -> str: ...
    async def build(
        self,
        context: Path,
        tag: str,
        *,
        labels: Mapping[str, str],
        build_args: Mapping[str, str],
        progress: Progress,
        deadline_s: float = 600.0,
    ) -> str: ...
    async def remove_image(self, tag: str) -> None: ...
