"""One module for each family of faults; importing this package declares all scenarios."""

from __future__ import annotations

from tests.faults.families import (
    answers,
    audit,
    beyond,
    calm,
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
    refused,
    settings,
    starting,
    stores,
    structured,
    variables,
)

__all__ = [
    "answers",
    "audit",
    "beyond",
    "calm",
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
    "refused",
    "settings",
    "starting",
    "stores",
    "structured",
    "variables",
]
