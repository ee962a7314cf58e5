"""What a change is judged by: how the container was before and how it is after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.engine.protocols import Reads
from ergon_ops.errors import EngineError
from ergon_ops.events import timestamp
from ergon_ops.facts import FACTS, Group, Value
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref

SHOWN = (
    "state", "health", "started_at", "restart_count", "exit_code", "image", "memory_limit", "memory_swap_limit",
    "cpu_limit", "cpu_shares", "pids_limit", "restart_policy", "restart_max", "memory_working_set", "memory_oom_kills",
    "pids", "cpu_usage", "cpu_throttled_ratio",
)  # fmt: skip
ALWAYS = ("state", "health", "started_at", "restart_count", "exit_code", "memory_working_set", "pids")
GROUPS: tuple[Group, ...] = ("identity", "state", "limits", "memory", "pids", "config")
MEASURED = ("cpu_usage", "cpu_throttled_ratio")
MIB = 1024 * 1024
# What the engine does when a healthcheck leaves them out.
INTERVAL_S, TIMEOUT_S, RETRIES = 30.0, 30.0, 3
LEAST_S, MOST_S = 30.0, 3600.0
LONGER_S = {"set_memory_limit": 60.0}

Snapshot = dict[str, Value]


async def snapshot(reads: Reads, ref: Ref) -> tuple[Snapshot, float]:
    """The facts shown before and after, and for how long its health may take."""
    readings = await reads.read(ref, GROUPS)
    values = {item.name: item.value for item in readings if item.key == ""}
    return {name: values[name] for name in SHOWN if name in values}, patience(values)


async def snapshot_if_possible(reads: Reads, ref: Ref) -> Snapshot:
    try:
        return (await snapshot(reads, ref))[0]
    except EngineError:
        return {}


def patience(values: Mapping[str, Value]) -> float:
    """Seconds until a healthcheck must have decided: start period + retries x (interval + timeout), at least 30."""
    if not values.get("health_command"):
        return LEAST_S

    def number(name: str, default: float) -> float:
        value = values.get(name)
        return float(value) if isinstance(value, (int, float)) and value > 0 else default

    once = number("health_interval", INTERVAL_S) + number("health_timeout", TIMEOUT_S)
    whole = number("health_start_period", 0.0) + number("health_retries", RETRIES) * once
    return min(max(LEAST_S, whole), MOST_S)


def length_of(intent: Intent, patience_s: float) -> float:
    """Seconds a change is watched: until a healthcheck has decided, at least 30, and as long as what it promises takes
    to be seen. Memory fills slowly: a limit that is too low shows later than a minute's half."""
    windows = [promise.window_s for promise in (intent.expect, *intent.guards) if promise is not None]
    return min(max([patience_s, LONGER_S.get(intent.kind, 0.0), LEAST_S, *windows]), MOST_S)


def compare(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[dict[str, Any]]:
    """One row per fact of how it runs that is known on either side, and per other fact that differs; times as text."""
    return [
        {
            "name": name,
            "unit": FACTS[name].unit,
            "before": _json(name, before.get(name)),
            "after": _json(name, after.get(name)),
        }
        for name in SHOWN
        if (before.get(name) is not None or after.get(name) is not None)
        and (name in ALWAYS or name in MEASURED or before.get(name) != after.get(name))
    ]


def _json(name: str, value: Value) -> Value:
    return timestamp(value) if FACTS[name].unit == "time" and isinstance(value, (int, float)) else value


def in_words(before: Mapping[str, Value], after: Mapping[str, Value]) -> str:
    """`running, healthy (before: running, unhealthy); memory 61 MiB → 48 MiB; processes 12 → 11`, and before these
    what else was changed: `CPU limit 0.5 cores → 1 core; throttled 93 % → 0 %`."""
    parts = [condition(after)]
    if condition(before) != parts[0]:
        parts[0] += f" (before: {condition(before)})"
    parts += [_difference(name, before.get(name), after.get(name)) for name in LIMITS if before and after]
    for name, word, unit in (("memory_working_set", "memory", MIB), ("pids", "processes", 1)):
        then, now = before.get(name), after.get(name)
        if isinstance(then, (int, float)) and isinstance(now, (int, float)):
            suffix = " MiB" if unit == MIB else ""
            parts.append(f"{word} {then / unit:.0f}{suffix} → {now / unit:.0f}{suffix}")
    return "; ".join(filter(None, parts))


LIMITS = {
    "image": "image", "memory_limit": "memory limit", "cpu_limit": "CPU limit", "cpu_shares": "CPU shares",
    "pids_limit": "process limit", "restart_policy": "restart policy", "cpu_throttled_ratio": "throttled",
}  # fmt: skip


def _difference(name: str, then: Value, now: Value) -> str:
    """`memory limit 64 MiB → 128 MiB`; "" where nothing differs."""
    if then == now or (now is None and then is None):
        return ""
    return f"{LIMITS[name]} {_brief(name, then)} → {_brief(name, now)}"


def _brief(name: str, value: Value) -> str:
    if value is None:
        return "not measured" if name in MEASURED else "none"
    if not isinstance(value, (int, float)):
        return str(value)
    match FACTS[name].unit:
        case "bytes":
            return f"{value / MIB:.6g} MiB"
        case "ratio":
            return f"{value * 100:.0f} %"
        case "cores":
            return f"{value:g} core{'s' * (value != 1)}"
        case _:
            return f"{value:g}"


def condition(values: Mapping[str, Value]) -> str:
    state, health = values.get("state") or "unknown", values.get("health")
    if state == "exited" and values.get("exit_code") is not None:
        return f"exited with code {values['exit_code']}"
    return f"{state}, no healthcheck" if health in (None, "none") else f"{state}, {health}"
