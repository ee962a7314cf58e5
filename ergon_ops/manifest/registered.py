"""A manifest the operator registered, read again without validating: it was valid then, and asking must be fast."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar

from ergon_ops.dataclass import dataclass


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


class Named(Protocol):
    """What a manifest is found by (the whole `Manifest` fits, and a registered one)."""

    @property
    def containers(self) -> Mapping[str, Any]: ...

    def digest(self) -> str: ...


M = TypeVar("M", bound=Named)


class Registrations(Generic[M]):
    """Manifests, the newest first, found for one container: by the digest and key its labels name, else by its name,
    else by the Compose project and service it is."""

    def __init__(self, manifests: Iterable[M]) -> None:
        self._by_label: dict[tuple[str, str], tuple[str, M]] = {}
        self._by_name: dict[str, tuple[str, M]] = {}
        self._by_service: dict[tuple[str, str], tuple[str, M]] = {}
        for manifest in manifests:
            digest = manifest.digest().removeprefix("sha256:")
            project = str(getattr(getattr(manifest, "project", None), "name", "") or "")
            for key in manifest.containers:
                found = (key, manifest)
                self._by_label.setdefault((digest, key), found)
                self._by_service.setdefault((project, key), found)
                for name in (key, f"{project}-{key}" if project else key):
                    self._by_name.setdefault(name, found)

    def find(
        self, *, name: str, digest: str = "", key: str = "", project: str = "", service: str = ""
    ) -> tuple[str, M] | None:
        """Key and manifest. A label that names an unknown manifest falls back to the name."""
        by_label = self._by_label.get((digest.removeprefix("sha256:"), key)) if digest else None
        by_service = self._by_service.get((project, service)) if project and service else None
        return by_label or self._by_name.get(name) or by_service


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
