"""`node_modules` as npm lays them out: places, links to programs, modes; only what belongs on this platform."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Locked, LockedPackages
from ergon_ops.packaging.image.modules import _document, _installed, modules
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.plan import Unpack

STEP = Unpack("npm", ("package.json",), "/app")


def tarball(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return path


def shelved(tmp_path: Path, name: str, version: str, files: dict[str, bytes]) -> tuple[Shelf, Locked]:
    shelf = Shelf(tmp_path / "shelf")
    return shelf, shelf.keep(tarball(tmp_path / "t" / f"{name}-{version}.tgz", files), name=name, version=version)


def test_programs_are_links_and_may_be_executed(tmp_path: Path) -> None:
    about = json.dumps({"name": "@x/semver", "bin": {"semver": "./bin/semver.js", "../evil": "x"}}).encode()
    shelf, item = shelved(
        tmp_path, "x-semver", "7.0.0", {"package.json": about, "bin/semver.js": b"#!/usr/bin/env node\n"}
    )
    places = {"node_modules/@x/semver": item.file, "node_modules/a/node_modules/@x/semver": item.file}
    made = modules(STEP, LockedPackages("npm", "w", files=(item,), places=places), shelf)
    assert made["app/node_modules/.bin/semver"].target == "../@x/semver/bin/semver.js"
    assert made["app/node_modules/a/node_modules/.bin/semver"].target == "../@x/semver/bin/semver.js"
    assert made["app/node_modules/@x/semver/bin/semver.js"].mode == 0o755
    assert made["app/node_modules/@x/semver/package.json"].mode == 0o644
    assert not [path for path in made if "evil" in path]


def test_a_tarball_that_climbs_out_is_refused(tmp_path: Path) -> None:
    shelf, item = shelved(tmp_path, "bad", "1.0.0", {"../../etc/passwd": b"x"})
    with pytest.raises(ErgonError, match="leaves the image"):
        modules(STEP, LockedPackages("npm", "w", files=(item,), places={"node_modules/bad": item.file}), shelf)


def test_only_what_belongs_here_is_installed() -> None:
    here = platform().split("/")[0]
    document = {
        "packages": {
            "": {"name": "p"},
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/b": {"version": "1.0.0", "dev": True},
            "node_modules/c": {"version": "1.0.0", "os": ["plan9"]},
            "node_modules/d": {"version": "1.0.0", "os": [f"!{here}"]},
            "node_modules/e": {"version": "1.0.0", "os": [here], "libc": ["musl"]},
            "node_modules/f": {"version": "2.0.0", "name": "really-g"},
            "node_modules/w": {"resolved": "packages/w", "link": True},
        }
    }
    found = dict(_installed(document, production=True))
    assert {place: row["name"] for place, row in found.items()} == {"node_modules/a": "a", "node_modules/f": "really-g"}
    assert "node_modules/b" in dict(_installed(document, production=False))


def test_a_lock_that_is_broken_or_old_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"package-lock\.json:2: "):
        _document(Path("package-lock.json"), b'{"lockfileVersion": 3,\n oops}')
    with pytest.raises(UsageError, match="old form"):
        _document(Path("package-lock.json"), b'{"lockfileVersion": 1}')
