"""A fake container's readings, group by group, with the names, keys and units of the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ergon_ops.engine import environment
from ergon_ops.engine.fake.container import FakeContainer, Machine
from ergon_ops.engine.protocols import COMPOSE, OURS
from ergon_ops.facts import Group, Reading, Value, reading
from ergon_ops.redaction import neutralise, redact_value, safe_text
from ergon_ops.refs import Ref, host_ref

Row = tuple[str, str, Value]


def readings(
    ref: Ref, container: FakeContainer, machine: Machine, groups: Sequence[Group], now: float
) -> tuple[Reading, ...]:
    """Groups without a table of their own; groups that move have nothing to say about a container that is down."""
    found: list[Reading] = []
    for group in dict.fromkeys(groups):
        rows = ROWS.get(group)
        if rows is None or (group in MOVING and not container.alive):
            continue
        source = f"fake:{group}"
        found += [
            reading(ref, name, value, at=now, source=f"{source}#{name}", key=key)
            for name, key, value in rows(container, machine, now)
        ]
    return tuple(found)


def _identity(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    project = c.labels.get(COMPOSE + "project") or c.labels.get(OURS + "project")
    yield from (("name", "", c.name), ("id", "", c.id), ("image", "", c.image), ("image_id", "", c.image_id))
    yield "created_at", "", c.created_at
    if project:
        yield "project", "", project
    if service := c.labels.get(COMPOSE + "service"):
        yield "service", "", service
    if number := c.labels.get(COMPOSE + "container-number"):
        yield "replica", "", int(number)
    for part in filter(None, c.labels.get(COMPOSE + "depends_on", "").split(",")):
        name, _, rest = part.partition(":")
        yield "depends_on", name, rest.split(":")[0] or "service_started"


def _state(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    yield "state", "", c.state
    if c.started_at:
        yield "started_at", "", c.started_at
    if c.alive:
        yield "uptime", "", now - c.started_at
    if c.finished_at:
        yield "finished_at", "", c.finished_at
    if not c.alive and (c.start_error or c.state != "created"):
        yield "exit_code", "", c.exit_code
    yield "oom_killed", "", c.oom_killed
    if c.start_error:
        yield "start_error", "", c.start_error
    yield "restart_count", "", c.restart_count
    yield "health", "", c.health_at(now)
    if c.health != "none":
        yield "health_streak", "", c.health_streak
        if c.health_exit_code is not None:
            yield "health_exit_code", "", c.health_exit_code
            yield "health_output", "", safe_text(c.health_output, 1000)


def _limits(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    for name in (
        "memory_limit", "memory_swap_limit", "cpu_limit", "cpu_shares", "cpuset", "pids_limit", "shm_size",
        "restart_policy", "restart_max", "stop_timeout",
    ):  # fmt: skip
        yield name, "", getattr(c, name)
    if c.auto_remove:
        yield "auto_remove", "", True


def _config(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    yield "command", "", safe_text(c.command, 500)
    yield "command_arguments", "", len(c.command.split())
    yield "user", "", c.user or None
    for name in ("init", "privileged", "readonly_rootfs", "pid_mode", "log_driver"):
        yield name, "", getattr(c, name)
    yield "network_mode", "", c.network_mode or next(iter(c.networks), "none")
    yield from (("log_option", key, value) for key, value in c.log_options.items())
    yield from (("env_key", key, True) for key in c.environment)
    yield from (("env_host", key, host) for key, host in environment.hosts(c.environment).items())
    yield from (
        ("label", neutralise(key, 200), redact_value(key, neutralise(text, 200))) for key, text in c.labels.items()
    )
    yield from (("exposed_port", f"{port}/tcp", port) for port in c.exposed)
    yield "health_command", "", c.health_command or None
    if c.health_command:
        yield "health_shell", "", c.health_command.startswith("CMD-SHELL ")
        yield "health_interval", "", c.health_interval_s
        yield from (("health_timeout", "", 30.0), ("health_start_period", "", 0.0), ("health_retries", "", 3))


def _mounts(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    for mount in c.mounts:
        named = mount.kind == "volume" and mount.source
        yield "mount", mount.destination, f"volume {mount.source}" if named else mount.kind
        if mount.kind == "bind":
            yield "mount_source", mount.destination, mount.source
        yield "mount_writable", mount.destination, mount.writable


def _networks(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    for name, attachment in c.networks.items():
        yield "network", name, attachment.address if c.alive else ""
        for alias in attachment.aliases:
            yield "alias", f"{name}/{alias}", alias


def _ports(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    for port in c.ports if c.active else ():
        yield "published_port", f"{port.host_ip}:{port.host_port}/{port.protocol}", port.port


def _memory(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    yield "memory_usage", "", c.working_set + c.inactive_file
    yield "memory_inactive_file", "", c.inactive_file
    yield "memory_working_set", "", c.working_set
    yield "memory_ratio", "", c.working_set / c.memory_limit if c.memory_limit else None
    yield "memory_host_ratio", "", c.working_set / machine.memory
    yield from (("memory_failures", "", c.memory_failures), ("memory_oom_kills", "", c.memory_oom_kills))
    yield "memory_swap", "", c.swap


def _pids(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    yield "pids", "", sum(process.threads for process in c.processes) + c.zombies


def _threads(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    yield "threads", "", sum(process.threads for process in c.processes)
    yield "threads_runnable", "", c.runnable


def _tools(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    if machine.files_readable:
        yield from (("tool", name, f"/usr/bin/{name}") for name in c.tools)


def _io(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    totals = c.settle(now)
    for name in ("block_read", "block_write", "network_rx", "network_tx"):
        yield name, "", round(getattr(totals, name))
    yield "network_drops", "", c.network_drops


def _cpu(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    totals = c.settle(now)
    yield "cpu_throttled_lifetime", "", totals.throttled / totals.periods if totals.periods else 0.0


def _filesystem(c: FakeContainer, machine: Machine, now: float) -> Iterator[Row]:
    places = [("/", c.root_size, c.root_used, machine.inode_ratio)]
    places += [(mount.destination, mount.size, mount.used, mount.inode_ratio) for mount in c.mounts if mount.size]
    for place, size, used, inodes in places:
        yield from (("fs_size", place, size), ("fs_used", place, used), ("fs_used_ratio", place, used / size))
        yield "fs_inode_ratio", place, inodes


ROWS: dict[Group, Callable[[FakeContainer, Machine, float], Iterator[Row]]] = {
    "identity": _identity,
    "state": _state,
    "limits": _limits,
    "config": _config,
    "mounts": _mounts,
    "networks": _networks,
    "ports": _ports,
    "memory": _memory,
    "pids": _pids,
    "threads": _threads,
    "tools": _tools,
    "io": _io,
    "cpu": _cpu,
    "filesystem": _filesystem,
}
MOVING: frozenset[Group] = frozenset({"memory", "pids", "io", "cpu", "filesystem", "threads", "tools"})


def machine_readings(
    host: str, machine: Machine, *, condition: str, containers: dict[str, int], now: float
) -> tuple[Reading, ...]:
    """The host's facts; how many containers there are only while the engine answers."""
    rows: list[Row] = [("host_cpus", "", machine.cpus), ("engine", "", condition)]
    rows += [("host_load", key, value) for key, value in zip(("1m", "5m", "15m"), machine.load, strict=True)]
    rows += [("host_pressure", key, value) for key, value in machine.pressure.items()]
    rows += [("host_memory", "", machine.memory), ("host_memory_available", "", machine.memory_available)]
    rows += [("host_oom_kills", "", machine.oom_kills)]
    rows += [("host_disk_used_ratio", machine.root_dir, machine.disk_used_ratio)]
    rows += [("host_inode_ratio", machine.root_dir, machine.inode_ratio)]
    if condition == "alive":
        rows += [("engine_version", "", machine.version)]
        rows += [("containers", state, count) for state, count in sorted(containers.items())]
    about = host_ref(host)
    return tuple(reading(about, n, value, at=now, source=f"fake:host#{n}", key=key) for n, key, value in rows)
