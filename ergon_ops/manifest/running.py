"""A manifest out of what runs: each container as its facts tell. Values of the environment are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.manifest.difference import Seen, anonymous, restart_words
from ergon_ops.manifest.models import KEY, VERSION
from ergon_ops.redaction import redact

MIB = 1024 * 1024
BUILT_IN = ("bridge", "host", "none")
URL = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(/[^\s'\"|&;]*)?")
REDACTED = "‹redacted"


@dataclass(frozen=True, slots=True)
class Running:
    """One container: `environment` are the variables it was given beyond its image, `command` its own words if it has
    some, `needs` what Compose says it depends on; role and kind are those of its CI."""

    seen: Seen
    environment: Sequence[str] = ()
    command: Sequence[str] | None = None
    service: str = ""
    needs: Sequence[str] = ()
    role: str = ""
    role_kind: str = ""
    notes: list[str] = field(default_factory=list)


def document_of(running: Sequence[Running], *, project: str = "") -> dict[str, Any]:
    """A valid manifest; what of a container cannot be told is in its `notes`."""
    keys = keys_of(running)
    by_service = {one.service: keys[one.seen.ref.name] for one in running if one.service}
    entries = {keys[one.seen.ref.name]: _entry(one, by_service) for one in running}
    document: dict[str, Any] = {"manifest_version": VERSION}
    if project:
        document["project"] = {"name": project}
    return {**document, "containers": dict(sorted(entries.items()))}


def keys_of(running: Sequence[Running]) -> dict[str, str]:
    """Container name → key: a Compose service's name, unless there are several of it."""
    often = Counter(one.service for one in running if one.service)
    taken = {one.seen.ref.name for one in running if not one.service}
    return {
        one.seen.ref.name: one.service
        if often[one.service] == 1 and one.service not in taken and re.match(KEY, one.service)
        else one.seen.ref.name
        for one in running
    }


def _entry(one: Running, by_service: Mapping[str, str]) -> dict[str, Any]:
    seen = one.seen
    body = {
        "image": str(seen.value("image") or "") or None,
        "ports": _ports(seen),
        "environment": dict.fromkeys(one.environment),
        "volumes": _volumes(seen),
        "networks": sorted(name for name in seen.all("network") if name not in BUILT_IN and re.match(KEY, name)),
        "depends_on": sorted({by_service[need] for need in one.needs if need in by_service}),
        "resources": _resources(seen),
        "health": _health(one),
        "restart": restart_words(str(seen.value("restart_policy") or "no"), int(seen.value("restart_max") or 0)),
        "command": list(one.command) if one.command else None,
        "role": one.role or None,
        "role_kind": one.role_kind or None,
    }
    return {key: value for key, value in body.items() if value not in (None, [], {})}


def _ports(seen: Seen) -> list[dict[str, Any]]:
    places = seen.all("published_port")
    rows = []
    for place, inside in places.items():
        address, _, rest = place.rpartition(":")
        host, _, protocol = rest.partition("/")
        if not host.isdigit() or (address == "::" and f"0.0.0.0:{rest}" in places):
            continue
        row: dict[str, Any] = {"container": int(inside), "host": int(host)}
        row |= {"host_ip": address} if address != "127.0.0.1" else {}
        rows.append(row | ({"protocol": protocol} if protocol == "udp" else {}))
    published = {row["container"] for row in rows}
    rows += [{"container": int(port)} for port in set(seen.all("exposed_port").values()) - published]
    return sorted(rows, key=lambda row: (row["container"], row.get("host", 0)))


def _volumes(seen: Seen) -> list[str]:
    sources, writable = seen.all("mount_source"), seen.all("mount_writable")
    found = []
    for place, mount in seen.all("mount").items():
        source = sources.get(place) or str(mount).removeprefix("volume ")
        if (sources.get(place) or not anonymous(str(mount))) and ":" not in source + place:
            found.append(f"{source}:{place}" + ("" if writable.get(place, True) else ":ro"))
    return sorted(found)


def _resources(seen: Seen) -> dict[str, Any]:
    memory, shm = seen.value("memory_limit"), seen.value("shm_size")
    found = {
        "memory": _memory(memory),
        "cpus": round(float(cpus), 3) if (cpus := seen.value("cpu_limit")) else None,
        "pids": seen.value("pids_limit"),
        "shm_size": _memory(shm) if shm and shm != 64 * MIB else None,
    }
    return {key: value for key, value in found.items() if value}


def _memory(amount: Any) -> Any:
    return f"{amount // MIB}m" if amount and amount % MIB == 0 else amount


def _health(one: Running) -> dict[str, Any] | None:
    """A check by URL as such, any other as the command it is; one with a secret in it cannot be told."""
    seen = one.seen
    command = str(seen.value("health_command") or "")
    if not command:
        return None
    if REDACTED in redact(command) or len(command) >= 490:
        one.notes.append("its healthcheck cannot be told: it is too long, or has a secret in it")
        return None
    times = (
        ("interval_s", "health_interval"),
        ("timeout_s", "health_timeout"),
        ("start_period_s", "health_start_period"),
    )
    said = {name: seen.value(fact) for name, fact in (*times, ("retries", "health_retries"))}
    said = {name: value for name, value in said.items() if value}
    if url := URL.search(command):
        return {"http": url[2] or "/", "port": int(url[1] or 80), **said}
    return {"command": ["sh", "-c", command], **said}
