"""What the house may ask of an engine: `Reads` (everyone), `Writes` (changes, stack), `Images` (packaging, stack).

Every method has a total deadline and raises the engine errors of `errors.py`. Raw configuration with secret values
never crosses this line: what comes back is derived or redacted. Times are epoch seconds, sizes bytes, CPU cores.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import field
from typing import Literal, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.hands import Images as Images
from ergon_ops.engine.hands import ListedImage as ListedImage
from ergon_ops.engine.hands import Progress as Progress
from ergon_ops.engine.hands import Setting as Setting
from ergon_ops.engine.hands import Standing as Standing
from ergon_ops.engine.hands import Transformation as Transformation
from ergon_ops.engine.hands import Writes as Writes
from ergon_ops.engine.spec import ContainerSpec as ContainerSpec
from ergon_ops.engine.spec import Overrides as Overrides
from ergon_ops.engine.spec import PublishedPort as PublishedPort
from ergon_ops.engine.targets import ProbeTarget as ProbeTarget
from ergon_ops.engine.wires import Connection as Connection
from ergon_ops.engine.wires import Socket as Socket
from ergon_ops.engine.wires import Sockets as Sockets
from ergon_ops.facts import Group, Reading
from ergon_ops.refs import Ref

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
    within: str = ""  # the id of the container whose network namespace it lives in, as a sidecar does

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
class Counters:
    """Lifetime counters of one container's current run; rates are differences of two of them (`history/`).

    `run` tells the runs of one container apart (the cgroup's inode; "" where that is not known): counters of
    different runs must never be subtracted. `cpu_quota` is what the kernel's file says of it, to be compared only;
    `memory_most` the most that this run was ever charged.
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
    memory_unreclaimable: int | None = None
    pids: int | None = None
    pids_limit_hits: int | None = None
    run: str = ""
    cpu_quota: str = ""
    memory_most: int | None = None


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
    """Every reader of one host. `read` serves what is of one container and no table: `toolbox.sources` lists it."""

    host: str

    def turn(self) -> Reads:
        """The same for one turn, which tells one story: what the engine says of a container serves for a second."""
        ...

    async def info(self) -> EngineInfo: ...
    async def containers(self) -> tuple[Container, ...]: ...
    async def read(self, ref: Ref, groups: Sequence[Group]) -> tuple[Reading, ...]: ...
    async def counters(self, ids: Sequence[str] | None = None) -> tuple[Counters, ...]: ...
    async def processes(self, ref: Ref) -> tuple[Process, ...]: ...
    async def sockets(self, ref: Ref) -> Sockets: ...
    async def probes(self, ref: Ref, targets: Sequence[ProbeTarget]) -> tuple[Reading, ...]:
        """What services say of themselves, asked read-only within 0.5 s; else `probe_refused` with the reason."""
        ...

    async def logs(self, ref: Ref, query: LogQuery) -> Logs: ...
    def follow_logs(self, ref: Ref, query: LogQuery) -> AsyncIterator[LogLine]: ...
    async def events(self, *, since: float, until: float, ref: Ref | None = None) -> tuple[EngineEvent, ...]: ...
    async def events_reach(self) -> float | None:
        """Time of the oldest event of any kind that the engine still has: it keeps the last 256 only. None if none."""
        ...

    def follow_events(self, *, since: float | None = None) -> AsyncIterator[EngineEvent]: ...
    async def world(self, ref: Ref) -> World: ...
    async def portrait(self, ref: Ref, salt: bytes) -> Mapping[str, str]:
        """Its configuration key by key, to be compared with another look; of environment values fingerprints only."""
        ...

    async def overrides(self, ref: Ref, expected: Mapping[str, str]) -> Overrides:
        """`expected` are values the asker knows, by variable."""
        ...

    async def host_readings(self) -> tuple[Reading, ...]:
        """Answers also when the engine does not: from /proc and the last known data root, with `engine` = gone …"""
        ...

    async def close(self) -> None: ...
