"""What can be set, where each value came from, and the only place that reads the environment.

Layers, weakest first: defaults, the user's `ergon-ops.toml`, the working directory's `ergon-ops.toml` (it may only
narrow), `ERGON_OPS_*`, command line flags. `Settings.sources` names the layer of every value that was set.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ergon_ops.errors import UsageError
from ergon_ops.messages import Mode

FILE = "ergon-ops.toml"
Share = Literal["facts", "facts+logs"]
MODES: tuple[str, ...] = ("strict", "restricted", "balanced", "autonomous")  # strictest first
_SHARES: tuple[str, ...] = get_args(Share)


@dataclass(frozen=True, slots=True)
class DockerEnv:
    """What the docker CLI would read from the environment, unchanged; `config_dir` holds contexts and TLS files."""

    docker_host: str = ""
    docker_context: str = ""
    tls_verify: bool = False
    cert_path: str = ""
    config_dir: Path = Path()
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """`kind:host/name` globs. Deny beats everything; `autonomous` may run at once in that mode if it is `live`."""

    deny: tuple[str, ...] = ()
    autonomous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """`deadline_s`: total time one engine call may take."""

    deadline_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one turn may cost with a model; past it the offline mind answers."""

    calls: int = 8
    seconds: float = 60.0
    tokens: int = 30_000


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """`base_url` empty = the vendor's. Keys come from the environment only and are never stored in a file."""

    base_url: str = ""
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Empty `hosts` = the current Docker context only."""

    state_dir: Path = Path()
    cache_dir: Path = Path()
    hosts: tuple[str, ...] = ()
    mode: Mode = "balanced"
    model: str = ""
    share: Share = "facts"
    probes: bool = False
    tools: tuple[Path, ...] = ()
    prompts: tuple[Path, ...] = ()
    policy: Policy = Policy()
    engine: Engine = Engine()
    limits: Limits = Limits()
    anthropic: ModelEndpoint = ModelEndpoint()
    openai: ModelEndpoint = ModelEndpoint()
    docker: DockerEnv = DockerEnv()
    no_color: bool = False
    width: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
