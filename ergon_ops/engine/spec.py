"""What a container is made of, in the words `stack/` and the engine share. Sizes bytes, CPU cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
