"""Node as npm has it: locked, fetched again by the lock alone, put where the official images have it, and it runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ergon_ops.packaging.image import bases, locks
from ergon_ops.packaging.image.bases import lock_base, open_base
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Lock, LockedBase
from ergon_ops.packaging.image.node_base import PROGRAMS
from ergon_ops.packaging.image.references import RegistryAway
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.programs import output_of

ABLE = platform() in PROGRAMS and shutil.which("npm") is not None
pytestmark = pytest.mark.skipif(not ABLE, reason="there is no npm here, or no Node for this machine")


@pytest.fixture(autouse=True)
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    from ergon_ops.packaging.image import image_bases

    async def away(image: str, progress: object) -> LockedBase:
        raise RegistryAway(f"no registry for {image}", next="-")

    monkeypatch.setattr(image_bases, "of_registry", away)


async def test_a_base_of_node_20_and_later_is_what_npm_has(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    locked, said = await lock_base("node:22-slim", building=True, images=None, shelf=shelf, progress=lambda line: None)
    assert "on Node 22." in said
    assert "instead of node:22-slim" in said
    program, npm = locked.node
    assert program.version.startswith("22.")
    assert npm.version.startswith("10.")

    lock = tmp_path / "manifest.ergon-lock.json"
    lock.write_text(locks.text_with(lock, "web", Lock(platform(), (locked,))))
    read = locks.read(lock, "web")
    assert read is not None
    assert read.bases == (locked,)

    shelf.place(program).unlink()
    base = await open_base(read.bases[0], images=None, shelf=shelf, progress=lambda line: None)
    entry = base.tree["usr/local/bin/node"]
    assert entry.mode == 0o755
    assert base.tree["usr/local/bin/npm"].target == "../lib/node_modules/npm/bin/npm-cli.js"
    assert base.holds("usr/local/lib/node_modules/npm/bin/npm-cli.js")
    assert base.holds("usr/share/zoneinfo/Asia/Tokyo")
    node = tmp_path / "node"
    node.write_bytes(b"".join(entry.blocks()))
    node.chmod(0o755)
    assert (await output_of([str(node), "--version"], deadline_s=30, doing="node")).strip() == f"v{program.version}"


async def test_where_npm_has_none_debians_own_stands_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    asked: list[tuple[str, ...]] = []

    async def debs(packages: tuple[str, ...], *_: object, **__: object) -> tuple[object, ...]:
        asked.append(packages)
        return ()

    monkeypatch.setattr(bases, "lock_debs", debs)
    locked, why = await lock_base("node:9999", building=False, images=None, shelf=Shelf(tmp_path), progress=said.append)
    assert locked.node == ()
    assert "nodejs" in asked[-1]
    assert "Debian's own Node" in why
    assert any("no Node 9999" in line for line in said)


def test_a_lock_without_it_is_written_as_before() -> None:
    assert "node" not in json.dumps(Lock(platform(), (LockedBase("node:18"),)).to_json()).replace("node:18", "")
