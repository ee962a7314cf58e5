"""What an image says of itself: how it is run, and of which layers it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.manifest.canonical import canonical
from ergon_ops.packaging.image.bases import Base
from ergon_ops.packaging.image.entries import Entry
from ergon_ops.packaging.image.layers import Layer
from ergon_ops.packaging.plan import Config

OCI = "application/vnd.oci.image"
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Image:
    """`config` and `manifest` are the very bytes that the digests are of. `own` is what we put on the base."""

    layers: tuple[Layer, ...]
    config: bytes
    manifest: bytes
    own: Mapping[str, Entry | None]

    @property
    def config_digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.manifest).hexdigest()}"


def moment(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def described(
    config: Mapping[str, Any], own: Sequence[Layer], history: Sequence[Mapping[str, Any]], platform: str, epoch: int
) -> Image:
    """Layers and how they are run, as OCI has it: serialised once, canonically."""
    system, machine = platform.split("/")[:2]
    body = {
        "created": moment(epoch),
        "architecture": machine,
        "os": system,
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in own]},
        "history": list(history),
    }
    text = canonical(body)
    config_digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": {"mediaType": f"{OCI}.config.v1+json", "digest": config_digest, "size": len(text)},
        "layers": [{"mediaType": f"{OCI}.layer.v1.tar", "digest": layer.digest, "size": layer.size} for layer in own],
    }
    return Image(tuple(own), text, canonical(manifest), {})


def base_history(base: Base, epoch: int) -> list[Mapping[str, Any]]:
    """Of an image, its own, as it is; of one made of packages, ours."""
    if base.history:
        return list(base.history)
    return [{"created": moment(epoch), "created_by": f"ergon-ops: {layer.says}"} for layer in base.layers]


def configuration(config: Config, base: Mapping[str, Any]) -> dict[str, Any]:
    """The base's environment and labels with ours on top; command, user and folder are ours."""
    variables = dict(row.partition("=")[::2] for row in base.get("Env") or ())
    variables |= config.environment
    labels = {**(base.get("Labels") or {}), **config.labels}
    ports = {**(base.get("ExposedPorts") or {}), **{f"{port}/tcp": {} for port in config.ports}}
    made: dict[str, Any] = {
        "User": config.user,
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "Cmd": list(config.command),
        "WorkingDir": config.folder,
    }
    if base.get("Entrypoint"):
        made["Entrypoint"] = list(base["Entrypoint"])
    made |= {"Labels": labels} if labels else {}
    made |= {"ExposedPorts": ports} if ports else {}
    if config.health:
        made["Healthcheck"] = {
            "Test": ["CMD", *config.health.test],
            "Interval": round(config.health.interval_s * SECOND),
            "Timeout": round(config.health.timeout_s * SECOND),
            "StartPeriod": round(config.health.start_period_s * SECOND),
            "Retries": config.health.retries,
        }
    return made
