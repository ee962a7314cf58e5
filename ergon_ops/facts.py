"""Facts: one observed value each, with what it is about, its unit, its time and a source that can be replayed.

A *reading* is what was observed; a *fact* is a reading with an id in one ledger. `FACTS` is the closed table of
names: unit, type, tolerance on replay, and the group that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ergon_ops.events import timestamp
from ergon_ops.refs import Ref

DERIVED = "derived:"
Value = None | bool | int | float | str
Group = Literal[
    "identity", "state", "limits", "config", "mounts", "networks", "ports", "cpu", "memory", "pids", "io",
    "filesystem", "processes", "sockets", "services", "topology", "events", "logs", "host",
]  # fmt: skip
Unit = Literal["", "bytes", "bytes/s", "s", "cores", "ratio", "count", "time", "state", "bool"]


@dataclass(frozen=True, slots=True)
class FactSpec:
    """`tolerance` is the relative difference a replay may show; 0 means equal. `what` is for the documentation."""

    unit: Unit
    group: Group
    what: str
    tolerance: float = 0.0


FACTS: dict[str, FactSpec] = {
    # identity
    "name": FactSpec("", "identity", "container name"),
    "id": FactSpec("", "identity", "container id, 64 hex digits"),
    "image": FactSpec("", "identity", "image reference as given"),
    "image_id": FactSpec("", "identity", "image digest"),
    "created_at": FactSpec("time", "identity", "creation"),
    "project": FactSpec("", "identity", "Compose or manifest project"),
    "service": FactSpec("", "identity", "Compose service"),
    "replica": FactSpec("count", "identity", "Compose replica number"),
    "depends_on": FactSpec("", "identity", "Compose depends_on; key = service, value = condition"),
    # state
    "state": FactSpec("state", "state", "created running paused restarting removing exited dead"),
    "started_at": FactSpec("time", "state", "last start"),
    "finished_at": FactSpec("time", "state", "last end"),
    "uptime": FactSpec("s", "state", "seconds since the last start", 1.0),
    "exit_code": FactSpec("count", "state", "exit code of the last run"),
    "oom_killed": FactSpec("bool", "state", "the engine's OOMKilled flag: may describe a former life"),
    "start_error": FactSpec("", "state", "the engine's State.Error"),
    "restart_count": FactSpec("count", "state", "restarts by policy since creation"),
    "health": FactSpec("state", "state", "healthy unhealthy starting none"),
    "health_streak": FactSpec("count", "state", "failed checks in a row"),
    "health_output": FactSpec("", "state", "last output of the healthcheck, redacted and bounded"),
    "health_exit_code": FactSpec("count", "state", "exit code of the last healthcheck"),
    # limits
    "memory_limit": FactSpec("bytes", "limits", "memory limit; null = none"),
    "memory_swap_limit": FactSpec("bytes", "limits", "memory plus swap limit; null = none, -1 = unlimited"),
    "cpu_limit": FactSpec("cores", "limits", "CPU quota in cores; null = none"),
    "cpu_shares": FactSpec("count", "limits", "relative CPU weight; null = default"),
    "cpuset": FactSpec("", "limits", "CPUs it may use; null = all"),
    "pids_limit": FactSpec("count", "limits", "process limit; null = none"),
    "shm_size": FactSpec("bytes", "limits", "size of /dev/shm"),
    "restart_policy": FactSpec("", "limits", "no, on-failure, always, unless-stopped"),
    "restart_max": FactSpec("count", "limits", "retries of on-failure; 0 = no bound"),
    "stop_timeout": FactSpec("s", "limits", "seconds it gets to stop by itself"),
    # config
    "command": FactSpec("", "config", "entrypoint and command, redacted"),
    "user": FactSpec("", "config", "user it runs as; null = image default (root)"),
    "init": FactSpec("bool", "config", "the engine's init process is PID 1"),
    "privileged": FactSpec("bool", "config", "privileged"),
    "readonly_rootfs": FactSpec("bool", "config", "root filesystem is read-only"),
    "network_mode": FactSpec("", "config", "bridge, host, none, a network's name, container:ID"),
    "pid_mode": FactSpec("", "config", "host, container:ID or empty"),
    "log_driver": FactSpec("", "config", "log driver"),
    "log_option": FactSpec("", "config", "log option; key = its name"),
    "env_key": FactSpec("bool", "config", "an environment variable is set; key = its name; values are never read out"),
    "env_host": FactSpec("", "config", "host:port found in an environment value; key = the variable's name"),
    "label": FactSpec("", "config", "label, redacted; key = its name"),
    "exposed_port": FactSpec("count", "config", "port the image or the container exposes; key = '80/tcp'"),
    "health_command": FactSpec("", "config", "healthcheck command, redacted; null = none"),
    "health_interval": FactSpec("s", "config", "healthcheck interval"),
    "health_timeout": FactSpec("s", "config", "healthcheck timeout"),
    "health_start_period": FactSpec("s", "config", "time in which failed checks do not count"),
    "health_retries": FactSpec("count", "config", "failed checks in a row that make it unhealthy"),
    # mounts and networks
    "mount": FactSpec("", "mounts", "key = destination, value = 'bind', 'volume NAME' or 'tmpfs'"),
    "mount_source": FactSpec("", "mounts", "host path of a bind mount; key = destination"),
    "mount_writable": FactSpec("bool", "mounts", "key = destination"),
    "network": FactSpec("", "networks", "address on a network; key = the network's name"),
    "alias": FactSpec("", "networks", "name it is known by; key = 'network/alias', value = alias"),
    "published_port": FactSpec("count", "ports", "key = host side '0.0.0.0:8080/tcp', value = port inside"),
    # cpu, memory, pids, io: numbers that move
    "cpu_usage": FactSpec("cores", "cpu", "CPU used over the window", 1.0),
    "cpu_ratio": FactSpec("ratio", "cpu", "CPU used over what it may use (limit, else all CPUs)", 1.0),
    "cpu_periods": FactSpec("count", "cpu", "scheduler periods in the window", 1.0),
    "cpu_throttled_ratio": FactSpec("ratio", "cpu", "throttled periods over periods, in the window", 0.5),
    "cpu_throttled_lifetime": FactSpec("ratio", "cpu", "throttled periods over periods since the start", 0.2),
    "memory_usage": FactSpec("bytes", "memory", "all memory charged, page cache included", 0.2),
    "memory_inactive_file": FactSpec("bytes", "memory", "page cache that can be dropped at once", 1.0),
    "memory_working_set": FactSpec("bytes", "memory", "usage minus inactive file", 0.2),
    "memory_ratio": FactSpec("ratio", "memory", "working set over limit; null without a limit", 0.2),
    "memory_host_ratio": FactSpec("ratio", "memory", "working set over the host's memory", 0.2),
    "memory_failures": FactSpec("count", "memory", "times the limit was hit since the start", 1.0),
    "memory_oom_kills": FactSpec("count", "memory", "kernel OOM kills since the start", 1.0),
    "memory_swap": FactSpec("bytes", "memory", "swap used", 1.0),
    "pids": FactSpec("count", "pids", "processes and threads", 0.5),
    "block_read": FactSpec("bytes", "io", "read from disk since the start", 1.0),
    "block_write": FactSpec("bytes", "io", "written to disk since the start", 1.0),
    "block_read_rate": FactSpec("bytes/s", "io", "read from disk over the window", 1.0),
    "block_write_rate": FactSpec("bytes/s", "io", "written to disk over the window", 1.0),
    "network_rx": FactSpec("bytes", "io", "received since the start", 1.0),
    "network_tx": FactSpec("bytes", "io", "sent since the start", 1.0),
    "network_rx_rate": FactSpec("bytes/s", "io", "received over the window", 1.0),
    "network_tx_rate": FactSpec("bytes/s", "io", "sent over the window", 1.0),
    "network_drops": FactSpec("count", "io", "packets dropped or in error since the start", 1.0),
    "fs_size": FactSpec("bytes", "filesystem", "size of the filesystem at a mount; key = destination, '/' = root", 0.1),
    "fs_used": FactSpec("bytes", "filesystem", "used; key = destination", 0.2),
    "fs_used_ratio": FactSpec("ratio", "filesystem", "used over size; key = destination", 0.2),
    "fs_inode_ratio": FactSpec("ratio", "filesystem", "inodes used over inodes; key = destination", 0.2),
    # tables
    "process": FactSpec("", "processes", "program; key = pid", 0.0),
    "listener": FactSpec("", "sockets", "key = '0.0.0.0:80/tcp', value = program or empty"),
    "connection": FactSpec("count", "sockets", "established to a peer; key = 'address:port'", 1.0),
    "serving": FactSpec("state", "services", "key = 'nginx:80' or 'cron'; listening running declared down"),
    "link": FactSpec("", "topology", "key = 'uses db' or 'used by api', value = how we know"),
    "events_reach": FactSpec("time", "events", "oldest event the engine still remembers; it keeps few"),
    "event": FactSpec("", "events", "key = time, value = what happened"),
    "log_template": FactSpec("count", "logs", "key = the line with its variable parts masked, value = how often", 1.0),
    "log_errors": FactSpec("count", "logs", "lines at level error or above in what was read", 1.0),
    "log_lines": FactSpec("count", "logs", "lines read", 1.0),
    "log_unreadable": FactSpec("", "logs", "why there are no logs to read"),
    # host
    "host_cpus": FactSpec("count", "host", "CPUs online"),
    "host_load": FactSpec("count", "host", "load average; key = '1m' '5m' '15m'", 1.0),
    "host_pressure": FactSpec("ratio", "host", "share of time stalled, 10 s average; key = 'cpu some' …", 1.0),
    "host_memory": FactSpec("bytes", "host", "memory of the host"),
    "host_memory_available": FactSpec("bytes", "host", "memory available on the host", 0.5),
    "host_oom_kills": FactSpec("count", "host", "kernel OOM kills since boot", 1.0),
    "host_disk_used_ratio": FactSpec("ratio", "host", "filesystem of the engine's data root; key = its path", 0.1),
    "host_inode_ratio": FactSpec("ratio", "host", "inodes of that filesystem; key = its path", 0.1),
    "engine": FactSpec("state", "host", "alive, hung, restarting, gone"),
    "engine_version": FactSpec("", "host", "engine version"),
    "containers": FactSpec("count", "host", "containers; key = state"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One observed value. `source` replays: 'cgroup:memory.stat#inactive_file', 'api:inspect#State.Status'."""

    about: Ref
    name: str
    key: str
    value: Value
    unit: str
    at: float
    source: str
    window_s: float | None = None
    inputs: tuple[str, ...] = ()


def reading(
    about: Ref,
    name: str,
    value: Value,
    *,
    at: float,
    source: str,
    key: str = "",
    window_s: float | None = None,
    inputs: tuple[str, ...] = (),
) -> Reading:
    """A reading with the unit of the table. Raises KeyError for a name that is not in it."""
    return Reading(about, name, key, value, FACTS[name].unit, at, source, window_s, inputs)


@dataclass(frozen=True, slots=True)
class Fact:
    id: str
    reading: Reading

    @property
    def value(self) -> Value:
        return self.reading.value

    @property
    def key(self) -> str:
        return self.reading.key

    @property
    def name(self) -> str:
        return self.reading.name

    @property
    def about(self) -> Ref:
        return self.reading.about

    def to_json(self) -> dict[str, Any]:
        read = self.reading
        return {
            "id": self.id,
            "container": read.about.short,
            "name": read.name,
            "key": read.key,
            "value": timestamp(read.value) if read.unit == "time" and isinstance(read.value, float) else read.value,
            "unit": read.unit,
            "source": read.source,
            "at": timestamp(read.at),
            "window_s": read.window_s,
            "inputs": list(read.inputs),
        }


@dataclass(slots=True)
class Ledger:
    """The facts of one session or document. Adding an equal reading again gives the same fact. `before`: how many
    facts the session had already, so that ids go on.

    Lookups answer with the newest fact. A derived reading (source `derived:memory_working_set/memory_limit`) gets the
    ids of the facts it was made from as its `inputs`.
    """

    before: int = 0
    _facts: list[Fact] = field(default_factory=list)
    _ids: dict[Reading, Fact] = field(default_factory=dict)
    _index: dict[tuple[Ref, str], dict[str, Fact]] = field(default_factory=dict)

    def add(self, readings: Iterable[Reading]) -> tuple[Fact, ...]:
        """Their facts, in the given order; what others are derived from may stand anywhere among them."""
        items = tuple(readings)
        plain = {id(item): self._add(item) for item in items if not item.source.startswith(DERIVED)}
        return tuple(plain.get(id(item)) or self._add(self._with_inputs(item)) for item in items)

    def _with_inputs(self, item: Reading) -> Reading:
        names = re.findall(r"\w+", item.source.removeprefix(DERIVED))
        made_of = (self.get(item.about, name, item.key) or self.get(item.about, name) for name in names)
        return replace(item, inputs=item.inputs or tuple(fact.id for fact in made_of if fact is not None))

    def _add(self, item: Reading) -> Fact:
        known = self._ids.get(item)
        if known is not None:
            return known
        fact = Fact(f"e{self.before + len(self._facts) + 1}", item)
        self._facts.append(fact)
        self._ids[item] = fact
        self._index.setdefault((item.about, item.name), {})[item.key] = fact
        return fact

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def get(self, about: Ref, name: str, key: str = "") -> Fact | None:
        """The newest fact of that name and key, or None if it was never read."""
        return self._index.get((about, name), {}).get(key)

    def all(self, about: Ref, name: str) -> tuple[Fact, ...]:
        """The newest fact of each key, in the order they were first read."""
        return tuple(self._index.get((about, name), {}).values())

    def value(self, about: Ref, name: str, key: str = "") -> Value:
        fact = self.get(about, name, key)
        return None if fact is None else fact.value

    def number(self, about: Ref, name: str, key: str = "") -> float | None:
        value = self.value(about, name, key)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def text(self, about: Ref, name: str, key: str = "") -> str:
        value = self.value(about, name, key)
        return "" if value is None else str(value)
