"""What comes from elsewhere, fixed by sha256: bases and dependencies. A text beside the manifest, to be committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.manifest.canonical import digest

VERSION = 1
ENDING = ".ergon-lock.json"


@dataclass(frozen=True, slots=True, order=True)
class Locked:
    """One file: its name where it comes from, and what its bytes must be."""

    file: str
    name: str
    version: str
    sha256: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class LockedBase:
    """`oci`: the id of an image (its config's digest), as `docker` names it, with `reference` to pull it by. Else
    `debs`, unpacked in their order; `applets` are names under which busybox is to be found; `node` is Node as npm has
    it, on top of them."""

    image: str
    oci: str = ""
    reference: str = ""
    debs: tuple[Locked, ...] = ()
    applets: bool = False
    node: tuple[Locked, ...] = ()


@dataclass(frozen=True, slots=True)
class LockedPackages:
    """What one `Unpack` unpacks. `wanted` is the digest of what asked for them: other wishes need another lock."""

    manager: str
    wanted: str
    python: str = ""
    requested: tuple[str, ...] = ()
    files: tuple[Locked, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)  # npm: the folder in the image → file


@dataclass(frozen=True, slots=True)
class Lock:
    """Of one container's image, on one platform."""

    platform: str
    bases: tuple[LockedBase, ...] = ()
    packages: tuple[LockedPackages, ...] = ()

    def base(self, image: str) -> LockedBase | None:
        return next((base for base in self.bases if base.image == image), None)

    def wanted(self, digest: str) -> LockedPackages | None:
        return next((row for row in self.packages if row.wanted == digest), None)

    def to_json(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "bases": [_base_json(base) for base in self.bases],
            "packages": [_packages_json(row) for row in self.packages],
        }

    @property
    def digest(self) -> str:
        return digest(self.to_json())


def path_for(manifest: Path) -> Path:
    return manifest.with_name(f"{manifest.stem}{ENDING}")


def read(path: Path, container: str) -> Lock | None:
    """None if there is no lock of that container yet. Raises UsageError for a text that is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except json.JSONDecodeError as error:
        text = f"{path}:{error.lineno}: {error.msg}"
        raise UsageError(text, next="restore it, or lock anew: --lock") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", next="restore it, or lock anew: --lock") from error
    try:
        if document["lock_version"] != VERSION:
            raise UsageError(f"{path} is of version {document['lock_version']}", next="lock anew: --lock")
        entry = document["containers"].get(container)
        return None if entry is None else _lock(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is no lock: {error!r}", next="restore it, or lock anew: --lock") from error


def text_with(path: Path, container: str, lock: Lock) -> str:
    """The lock's text with this container's part put in; the others stay."""
    try:
        document = json.loads(path.read_text("utf-8"))
        others = dict(document["containers"]) if document["lock_version"] == VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        others = {}
    others[container] = lock.to_json()
    body = {"lock_version": VERSION, "containers": dict(sorted(others.items()))}
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def _base_json(base: LockedBase) -> dict[str, Any]:
    if base.oci:
        return {"image": base.image, "oci": base.oci, "reference": base.reference}
    fields = {"image": base.image, "applets": base.applets, "debs": [_file_json(item) for item in base.debs]}
    return {**fields, "node": [_file_json(item) for item in base.node]} if base.node else fields


def _packages_json(row: LockedPackages) -> dict[str, Any]:
    return {
        "manager": row.manager,
        "wanted": row.wanted,
        "python": row.python,
        "requested": list(row.requested),
        "files": [_file_json(item) for item in row.files],
        "places": dict(row.places),
    }


def _file_json(item: Locked) -> dict[str, Any]:
    fields = {"file": item.file, "name": item.name, "version": item.version}
    return {**fields, "sha256": item.sha256, "size": item.size}


def _lock(entry: Mapping[str, Any]) -> Lock:
    bases = tuple(
        LockedBase(
            row["image"],
            row.get("oci", ""),
            row.get("reference", ""),
            tuple(_locked(item) for item in row.get("debs", ())),
            row.get("applets", False),
            tuple(_locked(item) for item in row.get("node", ())),
        )
        for row in entry["bases"]
    )
    packages = tuple(
        LockedPackages(
            row["manager"],
            row["wanted"],
            row["python"],
            tuple(row["requested"]),
            tuple(_locked(item) for item in row["files"]),
            dict(row["places"]),
        )
        for row in entry["packages"]
    )
    return Lock(entry["platform"], bases, packages)


def _locked(item: Mapping[str, Any]) -> Locked:
    if len(item["sha256"]) != 64 or "/" in item["file"]:
        raise ValueError(f"{item['file']}: {item['sha256']}")
    return Locked(item["file"], item["name"], item["version"], item["sha256"], int(item["size"]))
