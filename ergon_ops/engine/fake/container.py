"""What the fake world is made of: containers one can edit, whose counters move with the clock."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import (
    Connection,
    Counters,
    Health,
    LogLine,
    Process,
    PublishedPort,
    Socket,
)
from ergon_ops.facts import Value
from ergon_ops.redaction import safe_text

MIB = 1024 * 1024
GIB = 1024 * MIB
PERIOD_S = 0.1
LONGEST = 4_000
ACTIVE = ("running", "paused", "restarting")


@dataclass(slots=True)
class Machine:
    """The host's facts. `files_readable` false is a remote engine: no sockets, programs from `top` only."""

    version: str = "20.10.24"
    api_version: str = "1.41"
    os: str = "Debian GNU/Linux 12 (bookworm)"
    root_dir: str = "/var/lib/docker"
    cpus: int = 2
    memory: int = 8 * GIB
    memory_available: int = 5 * GIB
    load: tuple[float, float, float] = (0.4, 0.3, 0.2)
    pressure: dict[str, float] = field(default_factory=lambda: {"cpu some": 0.01, "io some": 0.0, "memory some": 0.0})
    oom_kills: int = 0
    disk_used_ratio: float = 0.42
    inode_ratio: float = 0.07
    files_readable: bool = True
    cgroup_version: str = "1"


@dataclass(slots=True)
class Attachment:
    """One network a container is on."""

    address: str
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class Mount:
    """`source` is a volume's name, a host path for a bind, empty for tmpfs; a `size` of 0 is not measured."""

    destination: str
    kind: str = "volume"
    source: str = ""
    writable: bool = True
    size: int = 0
    used: int = 0
    inode_ratio: float = 0.0


@dataclass(slots=True)
class Totals:
    """Lifetime counters of the current run, settled at `at`."""

    at: float = 0.0
    cpu_s: float = 0.0
    periods: float = 0.0
    throttled: float = 0.0
    block_read: float = 0.0
    block_write: float = 0.0
    network_rx: float = 0.0
    network_tx: float = 0.0


@dataclass(slots=True)
class FakeContainer:
    """One container: edit any field at any time. `cpu_cores` and the rates say how fast its counters move.

    `environment` holds values, which stay in here. `processes` and `listening` are what runs now; a start puts back
    what there was when the container was added, then calls `on_start`.
    """

    name: str
    image: str = "busybox:1.36"
    id: str = ""
    image_id: str = ""
    state: str = "running"
    health: Health = "none"
    health_after_s: float = 2.0
    health_streak: int = 0
    health_output: str = ""
    health_exit_code: int | None = None
    age_s: float = 7200.0
    up_s: float = 3600.0
    ended_s_ago: float = 1800.0
    created_at: float = 0.0
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    oom_killed: bool = False
    start_error: str = ""
    restart_count: int = 0
    crash_every_s: float = 0.0

    command: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    ports: tuple[PublishedPort, ...] = ()
    exposed: tuple[int, ...] = ()
    networks: dict[str, Attachment] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    user: str = ""
    init: bool = False
    privileged: bool = False
    readonly_rootfs: bool = False
    network_mode: str = ""
    pid_mode: str = ""
    log_driver: str = "json-file"
    log_options: dict[str, str] = field(default_factory=dict)
    health_command: str = ""
    health_interval_s: float = 30.0

    memory_limit: int | None = None
    memory_swap_limit: int | None = None
    cpu_limit: float | None = None
    cpu_shares: int | None = None
    cpuset: str | None = None
    pids_limit: int | None = None
    shm_size: int = 64 * MIB
    restart_policy: str = "no"
    restart_max: int = 0
    stop_timeout: int = 10
    auto_remove: bool = False
    settings: dict[tuple[str, str], str] = field(default_factory=dict)

    working_set: int = 20 * MIB
    inactive_file: int = 4 * MIB
    swap: int = 0
    memory_failures: int = 0
    memory_oom_kills: int = 0
    root_size: int = 40 * GIB
    root_used: int = 17 * GIB
    zombies: int = 0
    network_drops: int = 0
    cpu_cores: float = 0.01
    runnable: int = 0
    tools: tuple[str, ...] = ()
    throttled_ratio: float = 0.0
    block_read_rate: float = 0.0
    block_write_rate: float = 0.0
    network_rx_rate: float = 0.0
    network_tx_rate: float = 0.0

    processes: list[Process] = field(default_factory=list)
    listening: list[Socket] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    logs: list[LogLine] = field(default_factory=list)
    probed: dict[tuple[str, str], Value] = field(default_factory=dict)  # (fact name, key) → what its services say
    on_start: Callable[[FakeContainer], None] | None = None
    totals: Totals = field(default_factory=Totals)
    boot: tuple[tuple[Process, ...], tuple[Socket, ...]] = ((), ())

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def alive(self) -> bool:
        """There are processes: a restarting container has none."""
        return self.state in ("running", "paused")

    def run(
        self,
        name: str,
        command: str = "",
        *,
        ports: tuple[int, ...] = (),
        address: str = "0.0.0.0",
        parent: int = 0,
        threads: int = 1,
        rss: int = 4 * MIB,
    ) -> int:
        """One more process, listening on `ports`; its pid. The first one is the container's PID 1."""
        pid = 10_000 + zlib.crc32(self.name.encode()) % 20_000 * 100 + len(self.processes)
        if not parent and self.processes:
            parent = self.processes[0].pid
        text = safe_text(command or name, 300)
        self.processes.append(Process(pid, parent, name, text, threads=threads, rss_bytes=rss, source="fake:processes"))
        self.listening += [Socket(address, port, "tcp", pid, name, "fake:sockets") for port in ports]
        return pid

    def stop_program(self, program: str) -> int:
        """End every process of that name, or that its command line names, with what it listens on; how many."""
        pids = {process.pid for process in self.processes if program in _names(process)}
        self.processes = [process for process in self.processes if process.pid not in pids]
        self.listening = [socket for socket in self.listening if socket.pid not in pids]
        return len(pids)

    def say(self, text: str, *, at: float | None = None, stream: str = "stdout") -> None:
        """One more log line, made safe as the real reader does."""
        self.logs.append(LogLine(at, "stderr" if stream == "stderr" else "stdout", safe_text(text, LONGEST)))

    # -- time ----------------------------------------------------------------------------------------------------

    def settle(self, now: float) -> Totals:
        """Bring the counters up to `now` at the present rates."""
        totals = self.totals
        elapsed = max(0.0, now - totals.at)
        totals.at = now
        if self.state == "running":
            totals.cpu_s += self.cpu_cores * elapsed
            periods = elapsed / PERIOD_S if self.cpu_limit else 0.0
            totals.periods += periods
            totals.throttled += periods * self.throttled_ratio
            totals.block_read += self.block_read_rate * elapsed
            totals.block_write += self.block_write_rate * elapsed
            totals.network_rx += self.network_rx_rate * elapsed
            totals.network_tx += self.network_tx_rate * elapsed
        return totals

    def counters(self, now: float) -> Counters:
        totals = self.settle(now)
        limited = bool(self.cpu_limit)
        throttled = totals.throttled / totals.periods if totals.periods else 0.0  # never more periods than there were
        return Counters(
            self.id,
            now,
            "fake:counters",
            cpu_s=totals.cpu_s,
            periods=round(totals.periods) if limited else 0,
            throttled=round(round(totals.periods) * throttled) if limited else 0,
            throttled_s=totals.throttled * PERIOD_S / 2,
            block_read=round(totals.block_read),
            block_write=round(totals.block_write),
            network_rx=round(totals.network_rx),
            network_tx=round(totals.network_tx),
            memory_working_set=self.working_set,
            memory_oom_kills=self.memory_oom_kills,
            run=f"{self.started_at:.6f}",
        )

    def health_at(self, now: float) -> Health:
        """`starting` for `health_after_s` after a start, then what `health` says."""
        if self.health == "none" or not self.alive or now - self.started_at >= self.health_after_s:
            return self.health
        return "starting"


def _names(process: Process) -> set[str]:
    words = process.command.split()[:3]
    return {process.name, process.name.rstrip("0123456789."), *(word.rpartition("/")[2] for word in words)}
