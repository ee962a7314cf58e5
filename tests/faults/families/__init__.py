"""One module for each family of faults; importing this package declares all scenarios."""

from __future__ import annotations

from tests.faults.families import (
    audit,
    beyond,
    combos,
    controls,
    cpu,
    disk,
    ending,
    haproxy,
    health,
    memory,
    network,
    proxies,
    settings,
    starting,
    stores,
    structured,
    variables,
)

__all__ = [
    "audit",
    "beyond",
    "combos",
    "controls",
    "cpu",
    "disk",
    "ending",
    "haproxy",
    "health",
    "memory",
    "network",
    "proxies",
    "settings",
    "starting",
    "stores",
    "structured",
    "variables",
]
