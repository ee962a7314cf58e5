"""What was concluded of a project → its manifest: a text that is valid as it is, and a person can go on with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ergon_ops.packaging.analysis.compose import program
from ergon_ops.packaging.analysis.evidence import Analysis, Application, Service
from ergon_ops.packaging.planning import BUSYBOX, node_base, python_base

KINDS = {"postgres": "database", "mysql": "database", "mongodb": "database", "redis": "cache", "memcached": "cache"}
QUEUES = ("rabbitmq", "kafka", "nats")
VERSION = "1.0"


def document_of(found: Analysis) -> dict[str, Any]:
    """Raises nothing; without any application or service there is nothing to say, and it is not valid."""
    own = {item.name: item for item in found.applications}
    services = {service.name: service for service in found.services}
    starts = _starts(found)
    names = {service.name: service.name for service in found.services}
    names |= {service.name: name for name, service in reversed(starts.items())}
    containers = {name: _container(item, starts.get(name), services, names) for name, item in own.items()}
    for service in found.services:
        if service.image and service.name not in containers:
            containers[service.name] = _service(service, names)
    known = set(containers)
    for entry in containers.values():
        if "depends_on" in entry:
            entry["depends_on"] = sorted({name for name in entry["depends_on"] if name in known})
    return {
        "manifest_version": VERSION,
        "project": {"name": found.name},
        "applications": {name: _application(item) for name, item in own.items()},
        "containers": {name: _filled(entry) for name, entry in containers.items()},
    }


def _starts(found: Analysis) -> dict[str, Service]:
    """The service of a Compose file that starts each application: the one it was read from, else one of its folder."""
    told = {row: item.name for item in found.applications for row in item.evidence.get("run", ())}
    starts = {told[service.evidence]: service for service in found.services if service.evidence in told}
    for service in found.services:
        here = (item.name for item in found.applications if item.path == service.path and item.name not in starts)
        if service.evidence not in told and (name := next(here, None)):
            starts[name] = service
    return starts


def _filled(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value not in (None, [], {}, "")}


def _application(item: Application) -> dict[str, Any]:
    rules = {
        variable.name: {key: True for key in ("required", "secret") if getattr(variable, key)}
        for variable in item.variables
    }
    inside = not item.context or item.context == item.path
    return _filled(
        {
            "type": item.type,
            "language": item.language or None,
            "path": item.path,
            "entrypoint": item.entrypoint or None,
            "dependencies": (item.dependencies or None) if inside or item.language != "python" else None,
            "build_commands": [shlex.join(words) for words in item.build],
            "run_command": shlex.join(item.run) if item.run else None,
            "ports": [item.port] if item.port else [],
            "environment": rules,
        }
    )


def _container(
    item: Application, own: Service | None, services: Mapping[str, Service], names: Mapping[str, str]
) -> dict[str, Any]:
    outer = next((host for inner, host in own.ports if inner == item.port and host), None) if own else None
    port = {"container": item.port, **({"host": outer} if outer else {})} if item.port else None
    needed = [name for need in item.needs for name in _providers(need.service, services)]
    return {
        "applications": [item.name],
        "base_image": base_of(item),
        "ports": [port] if port else [],
        "environment": dict.fromkeys(own.environment) if own else {},
        "depends_on": [*(names[name] for name in own.depends_on if name in names), *needed] if own else needed,
        "health": {"http": item.health} if item.health and item.port else None,
        "role_kind": "worker" if item.type in ("celery", "bot") else "web" if item.output else "app",
    }


def _providers(kind: str, services: Mapping[str, Service]) -> Iterator[str]:
    yield from (service.name for service in services.values() if program(service) == kind)


def base_of(item: Application) -> str | None:
    if item.output:
        return BUSYBOX
    if item.language == "python":
        return python_base(item.version)
    return node_base(item.version) if item.language in ("javascript", "typescript") and item.type != "deno" else None


def _service(service: Service, names: Mapping[str, str]) -> dict[str, Any]:
    kind = program(service)
    return {
        "image": service.image,
        "ports": [{"container": inner, **({"host": outer} if outer else {})} for inner, outer in service.ports],
        "environment": dict.fromkeys(service.environment),
        "volumes": [
            text for text in service.volumes if text.partition(":")[2].startswith("/") and text[:1] not in "./~$"
        ],
        "depends_on": [names[name] for name in service.depends_on if name in names],
        "command": list(service.command),
        "role_kind": KINDS.get(kind) or ("queue" if kind in QUEUES else None),
    }
