"""Manifests: `parse`, `load`, `Manifest`, `json_schema`, `start_order`; and `registered` for those known to be valid.

Importing this package is cheap: pydantic comes with the first manifest that is parsed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.manifest.order import in_order
from ergon_ops.manifest.registered import RegisteredManifest, Registrations, registered

if TYPE_CHECKING:
    from ergon_ops.manifest.models import Manifest
    from ergon_ops.manifest.packageable import Packageable

__all__ = [
    "Manifest",
    "RegisteredManifest",
    "Registrations",
    "json_schema",
    "load",
    "parse",
    "registered",
    "start_order",
]


def __getattr__(name: str) -> Any:
    if name == "Manifest":
        from ergon_ops.manifest.models import Manifest

        return Manifest
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def parse(text: str, origin: str = "manifest") -> Manifest:
    """Raises ManifestError; its `details["problems"]` has pointer, message and next step of every problem."""
    from ergon_ops.manifest import loading

    return loading.parse(text, origin)


def load(path: Path) -> Manifest:
    """A manifest from a file. Raises ManifestError."""
    from ergon_ops.manifest import loading

    return loading.load(path)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of manifest 1.0."""
    from ergon_ops.manifest import models

    return models.json_schema()


def start_order(manifest: Manifest | Packageable) -> tuple[str, ...]:
    """Container keys bottom-up: each after what it depends on, backend before frontend."""
    return in_order({name: entry.depends_on for name, entry in manifest.containers.items()})
