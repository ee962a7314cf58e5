"""Which tools an `Ask` needs on a container, and which more once its state is known."""

from __future__ import annotations

from collections.abc import Iterable

from ergon_ops.offline import details
from ergon_ops.offline.words import Ask, Step, View

DAY = 86400.0
STATE = ("identity", "state")
# intent → groups of `inspect`
GROUPS: dict[str, tuple[str, ...]] = {
    "status": (*STATE, "services"),
    "health": (*STATE, "services", "config"),
    "services": (*STATE, "services"),
    "insides": (*STATE, "services", "probes"),
    "details": STATE,
    "memory": STATE,
    "cpu": STATE,
    "disk": (*STATE, "filesystem", "mounts"),
    "network": (*STATE, "networks", "config"),
    "ports": (*STATE, "ports", "services", "sockets", "config", "networks"),
    "restarts": (*STATE, "limits"),
    "why": (*STATE, "services"),
    "uptime": STATE,
    "logs": STATE,
    "errors": STATE,
    "changes": STATE,
    "events": STATE,
    "wrong": (*STATE, "services"),
    "restart": STATE,
    "optimize": STATE,
    "limits": (*STATE, "limits"),
    "config": (*STATE, "config", "limits"),
    "image": STATE,
    "env": (*STATE, "config"),
    "mounts": (*STATE, "mounts"),
    "processes": (*STATE, "processes"),
    "dependencies": STATE,
    "identity": (*STATE, "services"),
    "host": ("state",),
    "biggest": STATE,
    "compare": (*STATE, "services"),
    "list": (*STATE, "services"),
}
# intent → further tools it cannot do without; and tools that only add to it
NEEDS: dict[str, tuple[str, ...]] = {
    "memory": ("metrics",), "cpu": ("metrics",), "network": ("metrics",), "limits": (), "why": ("diagnose",),
    "wrong": ("diagnose",), "logs": ("logs",), "errors": ("logs",), "events": ("events",), "changes": ("events",),
    "dependencies": ("topology",), "restart": ("restart",), "optimize": ("optimize",),
    "biggest": ("metrics",), "compare": ("metrics",),
}  # fmt: skip
MAY_USE: dict[str, tuple[str, ...]] = {
    "status": ("metrics", "diagnose"), "health": ("diagnose",), "why": ("metrics", "logs", "events", "topology"),
    "wrong": ("metrics", "logs"), "disk": ("metrics",), "processes": ("metrics",), "restarts": ("events",),
    "memory": ("diagnose",), "cpu": ("diagnose",), "list": ("metrics",), "services": (), "limits": ("metrics",),
}  # fmt: skip


def plan(ask: Ask) -> tuple[Step, ...]:
    """The calls for one container. Nothing for a question that is out of scope."""
    groups = dict.fromkeys(group for intent in ask.intents for group in GROUPS.get(intent, ()))
    if "details" in ask.intents:
        groups |= dict.fromkeys(details.groups_of(ask.text))
    steps = [Step("inspect", {"groups": list(groups)})] if groups else []
    needed = dict.fromkeys(tool for intent in ask.intents for tool in NEEDS.get(intent, ()))
    extra = dict.fromkeys(tool for intent in ask.intents for tool in MAY_USE.get(intent, ()) if tool not in needed)
    steps += [Step(tool, arguments(tool, ask)) for tool in needed]
    steps += [Step(tool, arguments(tool, ask), optional=True) for tool in extra if not _later(tool, ask)]
    return tuple(steps)


def dig(ask: Ask, view: View) -> tuple[Step, ...]:
    """More calls, once the first ones show that something is the matter: the last lines of what is down or failing,
    and in whose network it lives."""
    if view.stored_at is not None:
        return ()
    mode = view.ledger.text(view.ref, "network_mode") or ""
    if {"network", "ports"} & set(ask.intents) and mode.startswith("container:"):
        return (Step("topology", optional=True),)
    if not {"status", "why", "wrong", "health"} & set(ask.intents):
        return ()
    state, health = view.ledger.text(view.ref, "state"), view.ledger.text(view.ref, "health")
    down = any(fact.value == "down" for fact in view.ledger.all(view.ref, "serving"))
    if state in ("running", "paused") and health != "unhealthy" and not down:
        return ()
    asked: Iterable[str] = (step.tool for step in plan(ask))
    return tuple(
        Step(tool, arguments(tool, ask), optional=True) for tool in ("logs", "events") if tool not in set(asked)
    )


def _later(tool: str, ask: Ask) -> bool:
    """Logs that merely add to an answer are read by `dig`, if there is a reason."""
    return tool == "logs" and "why" not in ask.intents


def arguments(tool: str, ask: Ask) -> dict[str, object]:
    if tool == "logs":
        return _log_arguments(ask)
    if tool == "events":
        return {"since_s": ask.window_s or DAY}
    return {}


def _log_arguments(ask: Ask) -> dict[str, object]:
    found: dict[str, object] = {}
    if ask.window_s:
        found["since_s"] = ask.window_s
    if ask.tail:
        found["tail"] = ask.tail
    if ask.grep:
        found["grep"] = ask.grep
    if ask.level and "logs" not in ask.intents:
        found["level"] = ask.level
    return found


# What the overview needs of every container; the rest of a glance may be missing.
GLANCE: tuple[Step, ...] = (
    Step("inspect", {"groups": ["identity", "state", "services"]}),
    Step("metrics", optional=True),
    Step("diagnose", optional=True),
)
