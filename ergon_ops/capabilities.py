"""What a manifest lets a Container CI do, and which tools follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Capability = Literal["status", "health", "monitor", "debug", "restart", "optimize"]
CAPABILITIES: tuple[str, ...] = get_args(Capability)

TOOLS_OF: dict[str, tuple[str, ...]] = {
    "status": ("inspect", "metrics"),
    "health": ("diagnose",),
    "monitor": ("metrics", "events"),
    "debug": ("logs", "events", "topology", "diagnose"),
    "restart": ("restart",),
    "optimize": ("metrics", "diagnose", "optimize"),
}
ALWAYS: tuple[str, ...] = ("inspect",)


def tools_allowed(capabilities: Iterable[str]) -> frozenset[str]:
    """The tool names these capabilities give; `inspect` is always among them."""
    return frozenset(ALWAYS).union(*(TOOLS_OF[name] for name in capabilities if name in TOOLS_OF))


def capability_for(tool: str) -> str:
    """The first capability that gives this tool, for the sentence that says what is missing."""
    return next((name for name in CAPABILITIES if tool in TOOLS_OF[name]), "")


def manifest_line(container: str, granted: Iterable[str], wanted: str) -> str:
    """The line to put into the manifest so that `wanted` is granted."""
    names = ", ".join(f'"{name}"' for name in [*granted, wanted])
    return f'containers.{container}: "ci_capabilities": [{names}]'
