"""How the fake shows a container: its row of the list, the engine's words for its state, what a world covers."""

from __future__ import annotations

import hashlib
from typing import Any

from ergon_ops.engine.fake.container import FakeContainer
from ergon_ops.engine.protocols import COMPOSE, OURS, Container
from ergon_ops.redaction import neutralise, safe_text
from ergon_ops.refs import Ref


def status(container: FakeContainer, now: float) -> str:
    """The engine's words: `Up 3 minutes (healthy)`."""
    if container.state == "created":
        return "Created"
    if container.state == "restarting":
        return f"Restarting ({container.exit_code}) {spell(now - container.finished_at)} ago"
    if not container.active:
        return f"Exited ({container.exit_code}) {spell(now - container.finished_at)} ago"
    health = container.health_at(now)
    note = {"none": "", "starting": " (health: starting)"}.get(health, f" ({health})")
    return f"Up {spell(now - container.started_at)}" + (" (Paused)" if container.state == "paused" else note)


def row(container: FakeContainer, host: str, now: float) -> Container:
    """Its row of the list."""
    ours = {key: neutralise(value, 300) for key, value in container.labels.items() if key.startswith((COMPOSE, OURS))}
    return Container(
        Ref(container.name, host),
        container.id,
        container.image,
        container.image_id,
        container.state,
        status(container, now),
        container.health_at(now) if container.alive else "none",
        container.created_at,
        safe_text(container.command, 300),
        exit_code=None if container.state in ("created", "running", "paused") else container.exit_code,
        labels=ours,
        ports=container.ports if container.active else (),
        exposed=tuple(sorted({*container.exposed, *(port.port for port in container.ports)}))
        if container.alive
        else (),
        networks=tuple(sorted(container.networks)),
        within=container.network_mode.removeprefix("container:") if ":" in container.network_mode else "",
    )


def configuration(container: FakeContainer) -> dict[str, Any]:
    """What a world digest covers; states, addresses and times are not in it."""
    mounts = [[mount.destination, mount.kind, mount.source, mount.writable] for mount in container.mounts]
    networks = {name: list(attachment.aliases) for name, attachment in container.networks.items()}
    names = (
        "image_id command environment labels exposed user init privileged readonly_rootfs network_mode pid_mode "
        "log_driver log_options health_command health_interval_s memory_limit memory_swap_limit cpu_limit "
        "cpu_shares cpuset pids_limit shm_size restart_policy restart_max"
    )
    ports = [[port.host_ip, port.host_port, port.port, port.protocol] for port in container.ports]
    plain = {name: getattr(container, name) for name in names.split()}
    return {**plain, "ports": ports, "mounts": mounts, "networks": networks}


def spell(seconds: float) -> str:
    """A duration in the engine's words."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and unit != "day"):
            count = int(seconds // size)
            return f"{count} {unit}s" if count > 1 else f"About {'an' if unit == 'hour' else 'a'} {unit}"
    return f"{max(0, int(seconds))} seconds"


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
