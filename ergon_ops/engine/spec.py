"""What a container is made of, in the words `stack/` and the engine share. Sizes bytes, CPU cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class PublishedPort:
    host_ip: str
    host_port: int
    port: int
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What `stack/` starts. `environment` values stay inside the engine layer once created."""

    name: str
    image: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[PublishedPort, ...] = ()
    volumes: tuple[str, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    memory_bytes: int | None = None
    cpus: float | None = None
    pids: int | None = None
    restart: str = "no"
    health: Mapping[str, Any] | None = None
    init: bool = False


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a container was given beyond its image: names of variables, and the words of its command (None: the
    image's own). `equal` answers for values the asker brought along; others never leave. `known` False: the image is
    gone, so everything counts as given."""

    environment: tuple[str, ...] = ()
    equal: Mapping[str, bool] = field(default_factory=dict)
    command: tuple[str, ...] | None = None
    known: bool = True
