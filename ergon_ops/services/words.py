"""Services as readings and as words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref
from ergon_ops.services.detection import Service

VISITING = " (by exec)"


def readings(ref: Ref, services: Sequence[Service], *, at: float) -> tuple[Reading, ...]:
    """`serving`: key `nginx:80` or `cron`, value its state. Two of one name without a port are told apart by detail.
    The source of one that was started from outside says so."""
    keys = [service.key for service in services]
    found = []
    for service in services:
        key = service.key
        if keys.count(key) > 1 and service.detail:
            key = f"{key} {service.detail}"
        source = service.source + VISITING if service.visiting else service.source
        found.append(reading(ref, "serving", service.state, key=key, at=at, source=source))
    return tuple(found)


def expected(readings: Iterable[Reading]) -> tuple[tuple[str, int | None], ...]:
    """The (program, port) pairs that should still be there, of what was serving when these were read."""
    found: dict[tuple[str, int | None], None] = {}
    for item in readings:
        if item.name == "serving" and not item.source.endswith(VISITING):
            program, _, rest = item.key.partition(":")
            port, _, detail = rest.partition(" ")
            name, _, told = program.partition(" ")
            found[told or detail or name, int(port) if port.isdigit() else None] = None
    return tuple(found)


def spoken(services: Sequence[Service]) -> str:
    """`nginx (ports 80, 443), python (port 8000), cron`: in their order, ports of one program together."""
    ports: dict[str, list[int]] = {}
    for service in services:
        known = ports.setdefault(service.name, [])
        if service.port:
            known.append(service.port)
    return ", ".join(f"{name}{_ports(numbers)}" for name, numbers in ports.items())


def _ports(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    return f" (port{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))})"
