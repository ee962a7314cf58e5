"""The document that makes a container a second time, from what the engine says about the first, and a typed patch.

    {"env": {"KEY": "value" | null}, "command": [..], "image": "ref", "user": "1000", "init": true,
     "mounts": [{"target": "/data", "type": "volume|bind|tmpfs", "source": "name or path", "read_only": false}],
     "ports": [{"container": 80, "host": 8080, "host_ip": "127.0.0.1", "protocol": "tcp"}],
     "shm_size": bytes, "healthcheck": {"test": [..], "interval_s": .., "timeout_s": .., "start_period_s": ..,
     "retries": ..}, "sysctls": {"net.core.somaxconn": "1024" | null}, "dns": {"servers": [..], "options": [..]},
     "log": {"driver": "json-file", "options": {..}}, "limits": {the Engine's words}}

`env`, `sysctls` and `mounts` (by target) add, replace and, with null or `"type": "none"`, remove; all others replace.
Nothing here leaves the engine layer: the raw configuration holds secrets.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.documents import Document, part, rows, text, words

# What an image gives its containers: with another image, only what differs from the old one's is the container's own.
INHERITED = ("Cmd", "Entrypoint", "WorkingDir", "User", "Healthcheck", "StopSignal", "Shell")
MAPPED = ("Labels", "ExposedPorts", "Volumes")
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Clone:
    """`body` creates it; then it is connected to `further` networks and disconnected from `unwanted` ones."""

    body: dict[str, Any]
    further: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """All that the engine says. `image` is the old image's document; `tagged`: the id its reference names today;
    `lent`: (volume, destination) pairs that come from the containers of VolumesFrom."""

    document: Document
    image: Document
    tagged: str = ""
    lent: frozenset[tuple[str, str]] = frozenset()


def clone_of(source: Source, patch: Mapping[str, Any]) -> Clone:
    config = _config(source, another_image="image" in patch)
    host = copy.deepcopy(dict(part(source.document, "HostConfig")))
    _keep_volumes(source, host)
    _apply(patch, config, host)
    if text(host, "NetworkMode").startswith("container:"):
        for key in ("Hostname", "Domainname", "ExposedPorts", "MacAddress"):
            config.pop(key, None)  # they are the other container's, and refused beside it
    elif text(host, "UTSMode") == "host":
        config.pop("Hostname", None)
    first, further, unwanted = _networks(source.document, text(host, "NetworkMode"))
    body = {**config, "HostConfig": host}
    if first:
        body["NetworkingConfig"] = {"EndpointsConfig": first}
    return Clone(body, further, unwanted)


def _config(source: Source, *, another_image: bool) -> dict[str, Any]:
    config = copy.deepcopy(dict(part(source.document, "Config")))
    inherited = part(source.image, "Config")
    if another_image:
        return _own(config, inherited)
    if source.tagged != text(source.document, "Image"):
        config["Image"] = text(source.document, "Image")  # its tag names another image today
    # Null would mean the image's; an emptied entry point is written so.
    if not config.get("Entrypoint") and inherited.get("Entrypoint"):
        config["Entrypoint"] = [""]
    return config


def _own(config: dict[str, Any], inherited: Document) -> dict[str, Any]:
    """Without what the old image gave, so that the new one's takes its place."""
    for key in INHERITED:
        if config.get(key) == inherited.get(key):
            config.pop(key, None)
    for key in MAPPED:
        old = part(inherited, key)
        config[key] = {name: value for name, value in part(config, key).items() if old.get(name, ...) != value}
    given = set(words(inherited, "Env"))
    config["Env"] = [entry for entry in words(config, "Env") if entry not in given]
    return config


def _keep_volumes(source: Source, host: dict[str, Any]) -> None:
    """Anonymous volumes by their names: else the second container gets empty ones."""
    wanted = [row for row in host.get("Mounts") or [] if isinstance(row, dict)]
    bound = {entry.split(":")[1] for entry in words(host, "Binds") if ":" in entry}
    for row in rows(source.document, "Mounts"):
        name, target = text(row, "Name"), text(row, "Destination")
        if text(row, "Type") != "volume" or not name or target in bound or (name, target) in source.lent:
            continue
        mine = next((entry for entry in wanted if entry.get("Target") == target), None)
        if mine is not None:
            mine["Source"] = mine.get("Source") or name
        else:
            host["Binds"] = [*(host.get("Binds") or []), f"{name}:{target}{'' if row.get('RW', True) else ':ro'}"]


# -- networks ----------------------------------------------------------------------------------------------------------


def _networks(document: Document, mode: str) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """The endpoint to create it with, those to connect, and the network it would get though it has left it."""
    own = text(document, "Id")[:12]
    found = part(document, "NetworkSettings.Networks")
    if mode.startswith("container:") or mode in ("host", "none"):
        return {}, {}, ()
    home = "bridge" if mode in ("", "default") else mode
    first: dict[str, Any] = {}
    further: dict[str, Any] = {}
    for name, row in found.items():
        place = first if home in (name, text(row, "NetworkID")) else further
        place[name] = endpoint(row, own)
    return first, further, () if first else (home,)


def endpoint(row: object, own: str) -> dict[str, Any]:
    """The settings somebody asked for, without what the engine gives by itself."""
    settings: dict[str, Any] = {
        "Aliases": [alias for alias in words(row, "Aliases") if alias != own],
        "Links": words(row, "Links"),
        "IPAMConfig": dict(part(row, "IPAMConfig")) or None,
        "DriverOpts": dict(part(row, "DriverOpts")) or None,
    }
    return {key: value for key, value in settings.items() if value}


# -- the patch ---------------------------------------------------------------------------------------------------------


def _apply(patch: Mapping[str, Any], config: dict[str, Any], host: dict[str, Any]) -> None:
    for key, value in patch.items():
        match key:
            case "env":
                config["Env"] = patched_environment(words(config, "Env"), value)
            case "command":
                config["Cmd"] = list(value)
            case "image":
                config["Image"] = value
            case "user":
                config["User"] = value
            case "init":
                host["Init"] = value
            case "shm_size":
                host["ShmSize"] = value
            case "sysctls":
                known = {**(host.get("Sysctls") or {}), **value}
                host["Sysctls"] = {name: item for name, item in known.items() if item is not None}
            case "dns":
                host |= {"Dns": list(value.get("servers") or []), "DnsOptions": list(value.get("options") or [])}
            case "mounts":
                _mount(host, value)
            case "ports":
                _publish(config, host, value)
            case "healthcheck":
                config["Healthcheck"] = healthcheck(value)
            case "log":
                host["LogConfig"] = {"Type": value["driver"], "Config": dict(value.get("options") or {})}
            case "limits":
                host.update(value)


def patched_environment(entries: Iterable[str], wanted: Mapping[str, str | None]) -> list[str]:
    """In place where the variable is there, at the end where it is not."""
    left = dict(wanted)
    found = []
    for entry in entries:
        key = entry.partition("=")[0]
        if key not in wanted:
            found.append(entry)
        elif key in left and (value := left.pop(key)) is not None:
            found.append(f"{key}={value}")
    return found + [f"{key}={value}" for key, value in left.items() if value is not None]


def _mount(host: dict[str, Any], wanted: Iterable[Mapping[str, Any]]) -> None:
    for row in wanted:
        target = str(row["target"])
        host["Binds"] = [entry for entry in host.get("Binds") or [] if entry.split(":")[1:2] != [target]]
        host["Mounts"] = [entry for entry in host.get("Mounts") or [] if entry.get("Target") != target]
        host["Tmpfs"] = {place: how for place, how in (host.get("Tmpfs") or {}).items() if place != target}
        match row["type"]:
            case "none":
                continue
            case "tmpfs":
                size = row.get("size_bytes")
                host["Tmpfs"][target] = f"size={size}" if size else ""
            case _:
                host["Binds"].append(f"{row['source']}:{target}{':ro' if row.get('read_only') else ''}")


def _publish(config: dict[str, Any], host: dict[str, Any], wanted: Iterable[Mapping[str, Any]]) -> None:
    bindings: dict[str, list[dict[str, str]]] = {}
    for row in wanted:
        key = f"{row['container']}/{row.get('protocol', 'tcp')}"
        place = {"HostIp": row.get("host_ip", ""), "HostPort": str(row["host"])}
        bindings.setdefault(key, []).append(place)
    host["PortBindings"] = bindings
    config["ExposedPorts"] = {**(config.get("ExposedPorts") or {}), **{key: {} for key in bindings}}


def healthcheck(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """In the Engine's words, times in nanoseconds."""
    names = {"interval_s": "Interval", "timeout_s": "Timeout", "start_period_s": "StartPeriod"}
    check: dict[str, Any] = {"Test": list(wanted["test"])}
    check |= {theirs: round(wanted[ours] * SECOND) for ours, theirs in names.items() if ours in wanted}
    return check | ({"Retries": wanted["retries"]} if "retries" in wanted else {})


# -- refusing ----------------------------------------------------------------------------------------------------------

SWARM_TASK, SWARM_SERVICE = "com.docker.swarm.task", "com.docker.swarm.service.name"


def obstacles(document: Document, others: Iterable[Document]) -> tuple[str, ...]:
    """Why it cannot be made anew without losing something, each as the end of a sentence about it."""
    host, labels = part(document, "HostConfig"), part(document, "Config.Labels")
    found = []
    if host.get("AutoRemove"):
        found.append("was started with --rm: the engine removes it when it stops, so nothing could be put back")
    if SWARM_TASK in labels:
        found.append(f"is a task of the swarm service {labels.get(SWARM_SERVICE)}: use docker service update")
    state = text(document, "State.Status")
    if state in ("paused", "removing", "dead"):
        found.append(f"is {state}" + (": unpause it first" if state == "paused" else ""))
    own, name = text(document, "Id"), text(document, "Name").removeprefix("/")
    for other in others:
        shared = _shares(other, own, name)
        if shared:
            found.append(f"lends its {shared} to {text(other, 'Name').removeprefix('/')}, which would lose it")
    return tuple(found)


def _shares(other: Document, own: str, name: str) -> str:
    """What `other` has of that container: a namespace, a legacy link, its volumes."""
    host = part(other, "HostConfig")
    for key, word in (("NetworkMode", "network"), ("PidMode", "processes"), ("IpcMode", "shared memory")):
        kind, _, whose = text(host, key).partition(":")
        if kind == "container" and whose and (whose == name or own.startswith(whose)):
            return f"{word} namespace" if word == "network" else word
    if any(link.split(":")[0] == f"/{name}" for link in words(host, "Links")):
        return "link"
    return ""
