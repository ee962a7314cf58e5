"""Manifest schema 1.0, as pydantic models: frozen and strict, unknown keys and wrong types are problems."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import GenerateJsonSchema

from ergon_ops.capabilities import Capability
from ergon_ops.manifest.canonical import digest

VERSION = "1.0"
KEY = r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$"
UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
RoleKind = Literal["web", "app", "database", "cache", "store", "queue", "worker", "job", "proxy"]


def _bytes(value: Any) -> Any:
    """`"256m"`, `"1.5g"`, `"512 MiB"` or a number of bytes; k, m, g are powers of 1024, as Docker reads them."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) ?([bkmgt]?)i?b?", value.strip().lower())
    if match is None:
        raise ValueError(f'"{value}" is no amount of memory; write bytes, or a text such as "256m" or "1g"')
    return int(float(match.group(1)) * UNITS[match.group(2)])


def _words(value: Any) -> Any:
    """A command as one text is split as a shell would."""
    try:
        words = shlex.split(value) if isinstance(value, str) else value
        return tuple(words) if isinstance(words, list) else words
    except ValueError as error:
        raise ValueError(f"the command cannot be split into words: {str(error).lower()}; write it as a list") from error


def _port(value: Any) -> Any:
    return {"container": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _rule(value: Any) -> Any:
    return {"default": value} if isinstance(value, str) else value


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError as error:
        raise ValueError(f'"{value}" is no address of a host; write 127.0.0.1, or 0.0.0.0 for all') from error
    return value


def _line(value: str) -> str:
    """A command that a shell could read."""
    try:
        shlex.split(value)
    except ValueError as error:
        text = f"the command cannot be split into words: {str(error).lower()}; close the quotation"
        raise ValueError(text) from error
    return value


Key = Annotated[str, StringConstraints(pattern=KEY)]
EnvKey = Annotated[str, StringConstraints(pattern=r"^[^=\s\x00]{1,256}$")]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
Bytes = Annotated[
    int,
    BeforeValidator(_bytes),
    Field(ge=6 * 1024**2, le=2**50),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 6 * 1024**2}, {"type": "string", "examples": ["256m", "1g"]}]}
    ),
]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Line = Annotated[str, AfterValidator(_line)]
CiName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?$")]
_OPTION = "(?:ro|rw|z|Z|nocopy|cached|delegated|consistent|r?shared|r?slave|r?private)"
Volume = Annotated[str, StringConstraints(pattern=rf"^(?:[^:\x00]+:)?/[^:\x00]*(?::{_OPTION}(?:,{_OPTION})*)?$")]
Address = Annotated[str, AfterValidator(_address)]
Restart = Annotated[str, StringConstraints(pattern=r"^(?:no|always|unless-stopped|on-failure(?::[0-9]{1,5})?)$")]


class Part(BaseModel):
    # A part alone is validated by nobody: what the whole needs is built once, with the whole.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)


class Project(Part):
    name: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f/]+$")]
    repository: str | None = None


class EnvironmentRule(Part):
    """What a program expects of one variable; a plain text is its default."""

    required: bool = False
    default: str | None = None
    secret: bool = False
    description: str | None = None


class Application(Part):
    """One program in the project's tree, and how it is built and run."""

    type: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+_-]{0,63}$")]
    language: str | None = None
    path: str = "."
    entrypoint: str | None = None
    dependencies: str | None = None
    build_commands: tuple[Line, ...] = ()
    run_command: Line | None = None
    ports: tuple[PortNumber, ...] = ()
    environment: dict[EnvKey, Annotated[EnvironmentRule, BeforeValidator(_rule)]] = {}

    @field_validator("path", "entrypoint", "dependencies")
    @classmethod
    def inside(cls, value: str | None) -> str | None:
        if value is not None and (
            value.startswith(("/", "~")) or ".." in value.split("/") or "\x00" in value or not value
        ):
            raise ValueError(f'"{value}" leaves the project; write a path relative to its folder')
        return value


class Port(Part):
    """`container`: the port inside; `host`: the published one, none = not published."""

    container: PortNumber
    host: PortNumber | None = None
    host_ip: Address = "127.0.0.1"
    protocol: Literal["tcp", "udp"] = "tcp"


class Resources(Part):
    """Bytes, cores and a number of processes; none = no limit."""

    memory: Bytes | None = None
    memory_swap: Bytes | None = None
    cpus: Annotated[float, Field(ge=0.01, le=4096)] | None = None
    pids: Annotated[int, Field(ge=1, le=4_194_304)] | None = None
    shm_size: Bytes | None = None


class Health(Part):
    """A GET path on the container's port, a TCP port that accepts, or a command; seconds."""

    http: Annotated[str, StringConstraints(pattern=r"^/[^\s]*$")] | None = None
    tcp: PortNumber | None = None
    command: Words | None = None
    port: PortNumber | None = None
    interval_s: Annotated[float, Field(gt=0, le=86400)] = 10
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 3
    retries: Annotated[int, Field(ge=1, le=100)] = 3
    start_period_s: Annotated[float, Field(ge=0, le=86400)] = 0


class Container(Part):
    """What runs: an `image`, or `applications` on a `base_image`. An environment value may be null: it is set, and
    this text does not tell to what."""

    applications: tuple[Key, ...] = ()
    image: Annotated[str, StringConstraints(pattern=r"^[^\s]{1,512}$")] | None = None
    base_image: Annotated[str, StringConstraints(pattern=r"^[^\s]{1,512}$")] | None = None
    ports: tuple[Annotated[Port, BeforeValidator(_port)], ...] = ()
    environment: dict[EnvKey, str | None] = {}
    volumes: tuple[Volume, ...] = ()
    networks: tuple[Key, ...] = ()
    depends_on: tuple[Key, ...] = ()
    resources: Resources = Resources()
    health: Health | None = None
    restart: Restart = "unless-stopped"
    command: Words | None = None
    role: Annotated[str, StringConstraints(max_length=200)] | None = None
    role_kind: RoleKind | None = None
    slo: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")], Annotated[float, Field(ge=0)]] = {}
    ci_name: CiName | None = None
    ci_capabilities: tuple[Capability, ...] | None = None
    labels: dict[Annotated[str, StringConstraints(min_length=1)], str] = {}


class Difference(Part):
    """Files of an image that may differ between two builds, and why that is accepted."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Packaging(Part):
    build_order: tuple[Key, ...] = ()
    ignore: tuple[Annotated[str, StringConstraints(min_length=1, max_length=1024)], ...] = ()
    accepted: tuple[Difference, ...] = ()
    registry: str | None = None
    tagging: Literal["hash", "git-sha"] = "hash"
    source_date_epoch: Annotated[int, Field(ge=0, le=2**33)] = 315532801


class Manifest(Part):
    """One project's applications and containers. `lifecycle` and `federation` are reserved: kept, not read."""

    manifest_version: Literal["1.0"]
    project: Project | None = None
    applications: dict[Key, Application] = {}
    containers: dict[Key, Container] = {}
    packaging: Packaging = Packaging()
    lifecycle: dict[str, Any] = {}
    federation: dict[str, Any] = {}

    def document(self) -> Mapping[str, Any]:
        """Normalised: bytes as numbers, commands as lists, what says no more than the default left out."""
        body = self.model_dump(mode="json", exclude_defaults=True)
        return {"manifest_version": self.manifest_version, **body}

    def digest(self) -> str:
        """The same for every spelling that means the same: order of keys, `256m` or bytes, defaults written out."""
        return digest(self.document())


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of manifest 1.0, each key with what it means."""
    from ergon_ops.manifest.descriptions import MEANINGS

    schema = Manifest.model_json_schema(schema_generator=_Described)
    for name, part in [("Manifest", schema), *schema["$defs"].items()]:
        for key, about in part.get("properties", {}).items():
            about["description"] = MEANINGS[f"{name}.{key}"]
    described = {"title": "ergon-ops manifest 1.0", "description": " ".join((Manifest.__doc__ or "").split())}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, **described}


class _Described(GenerateJsonSchema):
    """Without the titles that pydantic makes of the keys: they say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
