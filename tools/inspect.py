"""Who a container is and how it stands."""

from __future__ import annotations

from typing import Literal

from ergon_ops.facts import Fact
from ergon_ops.tool import Context, read

Part = Literal[
    "identity", "state", "limits", "config", "mounts", "networks", "ports", "filesystem", "processes", "sockets",
    "services", "probes", "security", "image", "files", "logfile", "history",
    "memory", "host",
]  # fmt: skip


@read
async def inspect(ctx: Context, groups: list[Part] | None = None, about: str = "") -> tuple[Fact, ...]:
    """Facts of a container by group: config has env names (never values), services what listens, probes what redis,
    postgres, nginx say of themselves, host its machine.

    groups: default identity, state, services, ports
    about: another container's name; default this one
    """
    wanted = groups or ["identity", "state", "services", "ports"]
    return await ctx.read(*wanted, about=about)
