"""What `up` will start, in order: pure, so that it can be shown and tested without an engine."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import OURS, ContainerSpec, PublishedPort
from ergon_ops.errors import ManifestError
from ergon_ops.manifest import start_order
from ergon_ops.refs import slug

if TYPE_CHECKING:
    from ergon_ops.manifest.models import Container, Health, Manifest

MANIFEST_LABEL = OURS + "manifest"
CONTAINER_LABEL = OURS + "container"
PROJECT_LABEL = OURS + "project"
IMAGE_LABEL = OURS + "image"
NANOSECONDS = 1_000_000_000
NOTHING: Mapping[str, str] = {}
BUILT_IN = ("bridge", "host", "none")  # networks every engine has


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` are started one after the other: whatever a container depends on stands in an earlier step. `elsewhere`:
    a container, and what it depends on that is none of the manifest's."""

    project: str
    digest: str
    steps: tuple[tuple[ContainerSpec, ...], ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...] = ()

    @property
    def labels(self) -> Mapping[str, str]:
        """On everything we make: by these, and only these, `down` knows its own."""
        return {MANIFEST_LABEL: self.digest, PROJECT_LABEL: self.project}

    @property
    def specs(self) -> tuple[ContainerSpec, ...]:
        return tuple(spec for step in self.steps for spec in step)


def plan_of(manifest: Manifest, *, fallback_name: str, packaged: Mapping[str, str] = NOTHING) -> Plan:
    """`fallback_name` stands for a project without a name, as a rule its folder's; `packaged` are the images that were
    made of the manifest's own applications, by container. Raises ManifestError."""
    project = project_name(manifest, fallback_name=fallback_name)
    shared = {MANIFEST_LABEL: manifest.digest(), PROJECT_LABEL: project}
    network = f"{slug(project) or 'project'}-default"
    specs = {}
    for key, container in manifest.containers.items():
        labels = {**container.labels, **shared, CONTAINER_LABEL: key}
        made = packaged.get(key) if container.image is None else None
        # The same manifest over other sources is another image: by this label `up` sees it.
        labels |= {IMAGE_LABEL: made} if made else {}
        specs[key] = _spec(key, container, made, labels=labels, network=network)
    return Plan(
        project=project,
        digest=manifest.digest(),
        steps=tuple(tuple(specs[key] for key in step) for step in _steps(manifest)),
        networks=_distinct(name for spec in specs.values() for name in spec.networks if name not in BUILT_IN),
        volumes=_distinct(name for spec in specs.values() for name in map(_volume_name, spec.volumes) if name),
        elsewhere=tuple(
            (key, need)
            for key, container in manifest.containers.items()
            for need in container.depends_on
            if need not in manifest.containers
        ),
    )


def project_name(manifest: Manifest, *, fallback_name: str) -> str:
    return manifest.project.name if manifest.project else fallback_name


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _steps(manifest: Manifest) -> list[list[str]]:
    level: dict[str, int] = {}
    for key in start_order(manifest):
        needs = manifest.containers[key].depends_on
        level[key] = max((level[need] + 1 for need in needs if need in level), default=0)
    return [[key for key in level if level[key] == step] for step in sorted(set(level.values()))]


def _spec(
    key: str, container: Container, packaged: str | None, *, labels: Mapping[str, str], network: str
) -> ContainerSpec:
    image = container.image or packaged
    if image is None:
        step = f'ergon-ops package MANIFEST --container {key} --load makes it, or give "{key}" an image'
        raise ManifestError(f"{key} has applications but no image yet", next=step)
    limits = container.resources
    if limits.memory_swap is not None or limits.shm_size is not None:
        raise ManifestError(
            f"{key}: resources.memory_swap and resources.shm_size cannot be set by `up`", next="leave them out"
        )
    return ContainerSpec(
        name=key,
        image=image,
        command=container.command,
        environment=_environment(key, container),
        labels=labels,
        ports=tuple(
            PublishedPort(port.host_ip, port.host or 0, port.container, port.protocol) for port in container.ports
        ),
        volumes=container.volumes,
        # Containers of one project reach each other by name, also where the manifest names no network.
        networks=container.networks or (network,),
        aliases=(key,),
        memory_bytes=limits.memory,
        cpus=limits.cpus,
        pids=limits.pids,
        restart=container.restart,
        health=_healthcheck(key, container, container.health) if container.health else None,
    )


def _environment(key: str, container: Container) -> Mapping[str, str]:
    open_ones = [name for name, value in container.environment.items() if value is None]
    if open_ones:
        raise ManifestError(
            f"{key}: {', '.join(open_ones)} {'has' if len(open_ones) == 1 else 'have'} no value",
            next="write the value that is meant, or leave the variable out",
        )
    return {name: value for name, value in container.environment.items() if value is not None}


def _volume_name(volume: str) -> str:
    """`name:/path` → name; a host's folder or an anonymous volume has none."""
    source, colon, _ = volume.partition(":")
    return source if colon and not source.startswith("/") else ""


def _healthcheck(key: str, container: Container, health: Health) -> Mapping[str, Any]:
    """The engine's own form, times in nanoseconds."""
    return {
        "Test": _health_test(key, container, health),
        "Interval": round(health.interval_s * NANOSECONDS),
        "Timeout": round(health.timeout_s * NANOSECONDS),
        "Retries": health.retries,
        "StartPeriod": round(health.start_period_s * NANOSECONDS),
    }


def _health_test(key: str, container: Container, health: Health) -> list[str]:
    if health.command:
        return ["CMD", *health.command]
    if health.tcp:
        return ["CMD-SHELL", TCP_TEST.format(port=health.tcp)]
    port = health.port or next((port.container for port in container.ports), None)
    if health.http is None or port is None:
        raise ManifestError(f"{key}: nothing says how its health is checked", next='give "health" a port or a command')
    url = shlex.quote(f"http://127.0.0.1:{port}{health.http}")
    return ["CMD-SHELL", HTTP_TEST.format(url=url, seconds=max(1, round(health.timeout_s)))]


# An image brings one of these or none; a failed answer's body is asked for again, as it says what is wrong. busybox's
# static wget crashes at -T, and its nc has no -z: the engine ends what takes too long.
HTTP_TEST = (
    "if command -v curl >/dev/null; then curl -fsS -m {seconds} {url} || {{ curl -sS -m {seconds} {url}; exit 1; }}; "
    "elif command -v wget >/dev/null; then wget -q -O - {url}; "
    "elif command -v python3 >/dev/null; then "
    "python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout={seconds})' {url}; "
    "else echo 'no curl, wget or python3 in the image'; exit 1; fi"
)
TCP_TEST = (
    "if command -v nc >/dev/null; then nc -w 3 127.0.0.1 {port} </dev/null; "
    "elif command -v bash >/dev/null; then bash -c '</dev/tcp/127.0.0.1/{port}'; "
    "elif command -v python3 >/dev/null; then "
    "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 3)'; "
    "else echo 'no nc, bash or python3 in the image'; exit 1; fi"
)
