"""A manifest the operator registered, read again without validating: it was valid then, and asking must be fast."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RegisteredContainer:
    """What a persona takes from one container. `services`: type and port of the applications it runs."""

    role: str | None = None
    role_kind: str | None = None
    ci_name: str | None = None
    ci_capabilities: tuple[str, ...] | None = None
    depends_on: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    services: tuple[tuple[str, int | None], ...] = ()
    slo: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegisteredProject:
    name: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredManifest:
    _digest: str
    project: RegisteredProject
    containers: Mapping[str, RegisteredContainer]

    def digest(self) -> str:
        return self._digest


def registered(body: str, digest: str) -> RegisteredManifest:
    """`body`: the document as it was valid when registered (environment values may be redacted since)."""
    document = json.loads(body)
    project = RegisteredProject(str((document.get("project") or {}).get("name") or ""))
    known = document.get("applications") or {}
    entries = {key: _container(entry, known) for key, entry in (document.get("containers") or {}).items()}
    return RegisteredManifest(digest, project, entries)


def _container(entry: Mapping[str, Any], known: Mapping[str, Any]) -> RegisteredContainer:
    granted = entry.get("ci_capabilities")
    return RegisteredContainer(
        role=entry.get("role"),
        role_kind=entry.get("role_kind"),
        ci_name=entry.get("ci_name"),
        ci_capabilities=None if granted is None else tuple(granted),
        depends_on=tuple(entry.get("depends_on") or ()),
        applications=tuple(entry.get("applications") or ()),
        services=tuple(_service(known.get(name) or {}) for name in entry.get("applications") or ()),
        slo=dict(entry.get("slo") or {}),
    )


def _service(application: Mapping[str, Any]) -> tuple[str, int | None]:
    ports = application.get("ports") or ()
    return str(application.get("type") or ""), int(ports[0]) if ports else None
