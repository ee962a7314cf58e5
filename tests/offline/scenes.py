"""Ledgers by hand: one container in one state, and who speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ergon_ops.facts import Ledger, reading
from ergon_ops.findings import Finding
from ergon_ops.offline import HostView, Refusal, View
from ergon_ops.refs import Ref, host_ref

NOW = 1_800_000_000.0
MIB = 1024 * 1024


@dataclass(frozen=True)
class Speaker:
    ci_name: str = "web-ci"
    role: str = "answers the shop"
    services: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ("status", "health", "monitor", "debug", "restart", "optimize")


HEALTHY: dict[str, Any] = {
    "state": "running",
    "health": "healthy",
    "serving nginx:80": "listening",
    "serving python:8000": "listening",
    "serving redis:6379": "listening",
    "memory_ratio": 0.4512,
    "memory_working_set": 92 * MIB,
    "memory_limit": 204 * MIB,
}


def view(facts: dict[str, Any], *, name: str = "web", **more: Any) -> View:
    """A view of these facts: `name` or `name key` → value; a key that is None is left out entirely."""
    ref = Ref(name)
    ledger = Ledger()
    for label, value in facts.items():
        fact, _, key = label.partition(" ")
        window = 10.0 if fact.startswith("cpu_") else None
        ledger.add([reading(ref, fact, value, at=NOW, source="test", key=key, window_s=window)])
    persona = more.pop("persona", Speaker(ci_name=f"{name}-ci"))
    return View(ref, persona, ledger, more.pop("now", NOW), **more)


def together(*views: View) -> tuple[View, ...]:
    """The same views over one ledger, as one turn has them."""
    ledger = Ledger()
    for one in views:
        ledger.add(fact.reading for fact in one.ledger)
    return tuple(View(one.ref, one.persona, ledger, one.now, findings=one.findings) for one in views)


def host(facts: dict[str, Any], **more: Any) -> HostView:
    ledger = Ledger()
    for label, value in facts.items():
        fact, _, key = label.partition(" ")
        ledger.add([reading(host_ref("local"), fact, value, at=NOW, source="test", key=key)])
    return HostView("local", ledger, NOW, **more)


def finding(name: str, cause: str = "cpu_throttled", summary: str = "the limit of 0.2 CPUs is too small.") -> Finding:
    return Finding("f1", cause, "fault", "warning", Ref(name), summary, ("e1",))


def refusal(tool: str, capability: str) -> Refusal:
    return Refusal(tool, capability, f'containers.web: "ci_capabilities": ["{capability}"]')
