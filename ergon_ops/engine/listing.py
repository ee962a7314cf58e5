"""A row of `/containers/json` as a Container: the whole list comes from that one call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from ergon_ops.engine.documents import Document, integer, part, rows, text
from ergon_ops.engine.protocols import COMPOSE, OURS, Container, Health, PublishedPort
from ergon_ops.redaction import neutralise, redact
from ergon_ops.refs import Ref

HEALTH = re.compile(r"\((?:health: )?(healthy|unhealthy|starting)\)")
EXITED = re.compile(r"^(?:Exited|Restarting) \((-?\d+)\)")
LONGEST = 300


def containers(documents: object, host: str) -> tuple[Container, ...]:
    return tuple(container(row, host) for row in rows(documents) if text(row, "Id"))


def container(row: Document, host: str) -> Container:
    status, state = text(row, "Status"), text(row, "State")
    published, exposed = _ports(rows(row, "Ports"))
    exited = EXITED.match(status)
    kind, _, landlord = text(row, "HostConfig.NetworkMode").partition(":")
    return Container(
        Ref(_name(row), host),
        text(row, "Id"),
        text(row, "Image"),
        text(row, "ImageID"),
        state,
        neutralise(status, LONGEST),
        _health(row, status),
        float(integer(row, "Created") or 0),
        neutralise(redact(text(row, "Command")), LONGEST),
        exit_code=int(exited[1]) if exited else None,
        labels=_labels(part(row, "Labels")),
        ports=published,
        exposed=exposed,
        networks=tuple(sorted(part(row, "NetworkSettings.Networks"))),
        within=landlord if kind == "container" else "",
    )


def _name(row: Document) -> str:
    """Its own name; names with a further slash are links that others made to it."""
    names = [name.removeprefix("/") for name in row.get("Names") or () if isinstance(name, str)]
    return next((name for name in names if "/" not in name), text(row, "Id")[:12])


def _health(row: Document, status: str) -> Health:
    found = HEALTH.search(status)
    return cast(Health, text(row, "Health.Status") or (found[1] if found else "none"))


def _labels(labels: Document) -> dict[str, str]:
    return {key: neutralise(str(value), LONGEST) for key, value in labels.items() if key.startswith((COMPOSE, OURS))}


def _ports(found: Iterable[Document]) -> tuple[tuple[PublishedPort, ...], tuple[int, ...]]:
    """Published ones and those that are only exposed. A port published on IPv4 and IPv6 alike is told once."""
    published: dict[tuple[int, int, str], PublishedPort] = {}
    exposed = set()
    for row in found:
        inside, outside, protocol = integer(row, "PrivatePort"), integer(row, "PublicPort"), text(row, "Type") or "tcp"
        if inside is None:
            continue
        exposed.add(inside)
        if outside:
            port = PublishedPort(text(row, "IP"), outside, inside, protocol)
            known = published.get((outside, inside, protocol))
            if known is None or (known.host_ip == "::" and port.host_ip == "0.0.0.0"):
                published[outside, inside, protocol] = port
            elif (known.host_ip, port.host_ip) != ("0.0.0.0", "::"):
                published[outside, inside, f"{protocol} {port.host_ip}"] = port
    return tuple(sorted(published.values(), key=_order)), tuple(sorted(exposed))


def _order(port: PublishedPort) -> tuple[int, int, str]:
    return port.port, port.host_port, port.host_ip
