"""What packaging reads of a manifest, kept by the text it was read from: validating costs more than a rebuild.

Values that may be secret (environments, labels, commands of containers) are no part of it: it is kept in a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass

if TYPE_CHECKING:
    from ergon_ops.manifest.models import Manifest


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    type: str
    path: str
    entrypoint: str | None
    build_commands: tuple[str, ...]
    run_command: str | None
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Container:
    applications: tuple[str, ...]
    image: str | None
    base_image: str | None
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Packaging:
    build_order: tuple[str, ...]
    ignore: tuple[str, ...]
    accepted: tuple[Difference, ...]
    source_date_epoch: int
    tagging: str


@dataclass(frozen=True, slots=True)
class Packageable:
    """As `Manifest` has it, under the same names."""

    _digest: str
    project: Project | None
    applications: Mapping[str, Application]
    containers: Mapping[str, Container]
    packaging: Packaging

    def digest(self) -> str:
        return self._digest


def packageable(manifest: Manifest) -> Packageable:
    said, project = manifest.packaging, manifest.project
    return Packageable(
        manifest.digest(),
        Project(project.name, project.repository) if project else None,
        {key: Application(*_values(Application, item)) for key, item in manifest.applications.items()},
        {key: Container(*_values(Container, item)) for key, item in manifest.containers.items()},
        Packaging(
            said.build_order,
            said.ignore,
            tuple(Difference(item.path, item.reason) for item in said.accepted),
            said.source_date_epoch,
            said.tagging,
        ),
    )


def to_json(known: Packageable) -> dict[str, Any]:
    said = known.packaging
    accepted = [_values(Difference, item) for item in said.accepted]
    return {
        "digest": known.digest(),
        "project": _values(Project, known.project) if known.project else None,
        "applications": {key: _values(Application, item) for key, item in known.applications.items()},
        "containers": {key: _values(Container, item) for key, item in known.containers.items()},
        "packaging": [said.build_order, said.ignore, accepted, said.source_date_epoch, said.tagging],
    }


def of_json(document: Mapping[str, Any]) -> Packageable:
    """Raises KeyError, TypeError, ValueError for what `to_json` did not make."""
    order, ignore, accepted, epoch, tagging = document["packaging"]
    return Packageable(
        document["digest"],
        Project(*document["project"]) if document["project"] else None,
        {key: Application(*map(_settled, row)) for key, row in document["applications"].items()},
        {key: Container(*map(_settled, row)) for key, row in document["containers"].items()},
        Packaging(tuple(order), tuple(ignore), tuple(Difference(*row) for row in accepted), epoch, tagging),
    )


def _values(kind: type, item: object) -> list[Any]:
    return [getattr(item, name) for name in kind.__slots__]  # type: ignore[attr-defined]


def _settled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def rules() -> list[list[Any]]:
    """Which code says what is valid, so that what another version let pass is read anew."""
    found = [(path.name, path.stat()) for path in sorted(Path(__file__).parent.glob("*.py"))]
    return [[name, about.st_size, str(about.st_mtime_ns)] for name, about in found]
