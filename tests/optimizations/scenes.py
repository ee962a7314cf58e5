"""Sites by hand: one container with the facts given, on a host of two CPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ergon_ops.changes.optimizations import OPTIMIZATIONS, Site, suggestions
from ergon_ops.diagnosis import Scene
from ergon_ops.facts import FACTS, Ledger, reading
from ergon_ops.findings import Finding
from ergon_ops.proposals import Intent, Withheld
from ergon_ops.refs import Ref, host_ref

BOX, NOW, MIB = Ref("box"), 1_800_000_000.0, 1024 * 1024
GIB = 1024 * MIB
HOST = {"host_cpus": 2, "host_memory": 8 * GIB, "host_memory_available": 4 * GIB}
USUAL: dict[str, Any] = {
    "state": "running",
    "restart_count": 0,
    "restart_policy": "unless-stopped",
    "log_driver": "local",
    "health_command": "true",
    "pids_limit": 200,
    "memory_limit": 128 * MIB,
    "memory_swap_limit": 256 * MIB,
    "memory_working_set": 40 * MIB,
    "memory_oom_kills": 0,
    "init": False,
}
WINDOWED = ("cpu_usage", "cpu_throttled_ratio", "cpu_periods")


def site(
    facts: dict[str, Any], *, role: str = "", finding: Finding | None = None, host: dict[str, Any] | None = None,
    window_s: float = 5.0,
) -> Site:  # fmt: skip
    """`name` or `name key` → value, over a container with nothing to better; `finding` cites the facts it names."""
    ledger = Ledger()
    for label, value in {**USUAL, **facts}.items():
        name, _, key = label.partition(" ")
        moves = name in WINDOWED or FACTS[name].group == "window"
        ledger.add([reading(BOX, name, value, at=NOW, source="test", key=key, window_s=window_s if moves else None)])
    for name, value in (HOST if host is None else host).items():
        ledger.add([reading(host_ref("local"), name, value, at=NOW, source="test")])
    return Site(Scene(ledger, NOW), BOX, role, finding)


def found(cause: str, **details: Any) -> Finding:
    return Finding("f-x", cause, "fault", "warning", BOX, "It is so.", ("e1",), details=details)


def wished(rule: str, place: Site) -> list[Intent | Withheld]:
    """What one rule says of a site."""
    return list(OPTIMIZATIONS[rule].function(place))


def intent(rule: str, place: Site) -> Intent:
    (only,) = wished(rule, place)
    assert isinstance(only, Intent), only
    return only


def held(rule: str, place: Site) -> Withheld:
    (only,) = wished(rule, place)
    assert isinstance(only, Withheld), only
    return only


def everything(place: Site, findings: Sequence[Finding] = ()) -> dict[str, Intent | Withheld]:
    return {wish.rule: wish for wish in suggestions(place, findings)}
