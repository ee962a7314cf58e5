"""What matters changes the digest, what does not leaves it; and the digests of today are those of yesterday."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.packaging.image import locks
from ergon_ops.packaging.image.identity import FORMAT_VERSION
from ergon_ops.packaging.image.packager import Built
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.source import read
from tests.packaging.image.making import API, SITE, built, locked, project

GOLDENS = Path(__file__).parent / "goldens.json"
MANIFEST: dict[str, Any] = {
    "manifest_version": "1.0",
    "applications": {"shop": {"type": "fastapi", "entrypoint": "main.py", "ports": [8000]}},
    "containers": {"shop": {"applications": ["shop"], "ports": [8000]}},
}
PAGES: dict[str, Any] = {
    "manifest_version": "1.0",
    "applications": {"shop": {"type": "static"}},
    "containers": {"shop": {"applications": ["shop"]}},
}
Change = Callable[[Path], object]


def made(root: Path, files: dict[str, str], document: dict[str, Any]) -> tuple[Path, Shelf]:
    path = project(root / "shop", files)
    path.write_text(json.dumps(document))
    (path.parent / "run.sh").write_text("#!/bin/sh\n")
    (path.parent / "run.sh").chmod(0o755)
    (path.parent / "main.link").symlink_to("run.sh")
    shelf = Shelf(root / "shelf")
    return locked(path, shelf, root / "elsewhere"), shelf


@pytest.mark.parametrize(("name", "files", "document"), [("api", API, MANIFEST), ("site", SITE, PAGES)])
async def test_digests_are_those_that_were_committed_for_this_version_of_the_format(
    name: str, files: dict[str, str], document: dict[str, Any], tmp_path: Path
) -> None:
    """A change here needs a new FORMAT_VERSION: the same inputs must never be two images."""
    path, shelf = made(tmp_path, files, document)
    found = await built(path, shelf, tmp_path / "out")
    goldens = json.loads(GOLDENS.read_text())
    inputs = found.prepared.inputs
    told = {"source": inputs.source_digest, "manifest": inputs.manifest_digest, "lock": inputs.lock_digest}
    told |= {"input": inputs.digest, "image": found.image.digest, "config": found.image.config_digest}
    machine = inputs.platform
    if machine not in goldens[str(FORMAT_VERSION)]:
        pytest.skip(f"no digests were committed for {machine}")
    assert told == goldens[str(FORMAT_VERSION)][machine][name]


def said(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def base_of_other_bytes(path: Path) -> None:
    """The lock names another file that is on the shelf as well."""
    lock = locks.path_for(path)
    document = json.loads(lock.read_text())
    packages = document["containers"]["shop"]["packages"][0]["files"]
    document["containers"]["shop"]["packages"][0]["files"] = packages[:1]
    lock.write_text(json.dumps(document))


def renamed(path: Path) -> None:
    (path.parent / "run.sh").rename(path.parent / "go.sh")
    (path.parent / "main.link").unlink()


def relinked(path: Path) -> None:
    (path.parent / "main.link").unlink()
    (path.parent / "main.link").symlink_to("main.py")


def touched(path: Path) -> None:
    for one in path.parent.rglob("*"):
        if not one.is_symlink():
            os.utime(one, (5, 6))


def closed(path: Path) -> None:
    for one in path.parent.glob("*.py"):
        one.chmod(0o600)


def cached(path: Path) -> None:
    (path.parent / "__pycache__").mkdir()
    (path.parent / "__pycache__" / "x.pyc").write_text("x")


def committed(path: Path) -> None:
    (path.parent / ".git").mkdir()
    (path.parent / ".git" / "index").write_text("x")


MATTERS: dict[str, Change] = {
    "a byte": lambda path: (path.parent / "main.py").write_text(API["main.py"] + "#"),
    "the executable bit": lambda path: (path.parent / "main.py").chmod(0o755),
    "a file more": lambda path: (path.parent / "more.txt").write_text(""),
    "a file less": lambda path: (path.parent / "shop" / "things.py").unlink(),
    "a name": renamed,
    "a link's target": relinked,
    "the command": lambda path: said(path, lambda d: d["applications"]["shop"].update(run_command="uvicorn main:app --port 9")),
    "the port": lambda path: said(path, lambda d: d["applications"]["shop"].update(ports=[8001])),
    "the role": lambda path: said(path, lambda d: d["containers"]["shop"].update(role="answers")),
    "the environment": lambda path: said(path, lambda d: d["containers"]["shop"].update(environment={"A": "b"})),
    "the time of files": lambda path: said(path, lambda d: d.update(packaging={"source_date_epoch": 400000000})),
    "what is left out": lambda path: (path.parent / ".dockerignore").write_text("shop\n"),
    "the lock": base_of_other_bytes,
}  # fmt: skip
DOES_NOT: dict[str, Change] = {
    "times": touched,
    "rights of groups and others": closed,
    "the manifest's spelling": lambda path: path.write_text(json.dumps(json.loads(path.read_text()), indent=7)),
    "a default that is written out": lambda path: said(path, lambda d: d["containers"]["shop"].update(restart="unless-stopped")),
    "secrets": lambda path: (path.parent / ".env").write_text("SECRET_KEY=1\n"),
    "caches": cached,
    "git": committed,
    "an empty folder": lambda path: (path.parent / "empty").mkdir(),
    "an older archive": lambda path: (path.parent / "shop-0123456789ab.oci.tar").write_text("x"),
    "a Dockerfile": lambda path: (path.parent / "Dockerfile").write_text("# Written by ergon-ops\nFROM x\n"),
    "the spelling of the lock": lambda path: locks.path_for(path).write_text(json.dumps(json.loads(locks.path_for(path).read_text()))),
    "the folder's name": lambda path: None,  # the test itself moves it
}  # fmt: skip


async def pair(root: Path, change: Change, *, move: bool = False) -> tuple[Built, Built]:
    path, shelf = made(root, API, MANIFEST)
    before = await built(path, shelf, root / "one")
    change(path)
    if move:
        path = path.parent.rename(root / "other") / path.name
    return before, await built(path, shelf, root / "two")


@pytest.mark.parametrize("what", MATTERS)
async def test_what_matters_changes_the_image(what: str, tmp_path: Path) -> None:
    before, after = await pair(tmp_path, MATTERS[what])
    assert before.prepared.inputs.digest != after.prepared.inputs.digest
    assert before.image.digest != after.image.digest


@pytest.mark.parametrize("what", DOES_NOT)
async def test_what_does_not_matter_leaves_every_bit(what: str, tmp_path: Path) -> None:
    before, after = await pair(tmp_path, DOES_NOT[what], move="folder" in what)
    assert before.prepared.inputs == after.prepared.inputs
    assert before.archive.read_bytes() == after.archive.read_bytes()


def drawn(root: Path, dice: random.Random) -> list[str]:
    """A tree of files and links with names of every kind; their paths."""
    letters = "abcDEF0189 -_.éß漢字🐍"
    folders = [root]
    paths: list[str] = []
    for number in range(dice.randint(3, 25)):
        parent = dice.choice(folders)
        name = "".join(dice.choices(letters, k=dice.randint(1, 12))).strip(". ") + f"x{number}"
        if dice.random() < 0.2:
            (parent / name).mkdir()
            folders.append(parent / name)
        elif dice.random() < 0.15 and paths:
            (parent / name).symlink_to(os.path.relpath(root / dice.choice(paths), parent))
            paths.append(str((parent / name).relative_to(root)))
        else:
            (parent / name).write_bytes(dice.randbytes(dice.choice((0, 1, 511, 512, 513, 70_000))))
            (parent / name).chmod(dice.choice((0o644, 0o600, 0o755, 0o711)))
            paths.append(str((parent / name).relative_to(root)))
    return paths


@pytest.mark.parametrize("seed", range(30))
def test_in_drawn_trees_each_bit_counts_and_nothing_else(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    (tmp_path / "tree").mkdir()
    paths = drawn(tmp_path / "tree", dice)
    before = read(tmp_path / "tree", ()).digest
    for path in sorted((tmp_path / "tree").rglob("*"), key=lambda one: dice.random()):
        if not path.is_symlink():
            os.utime(path, (dice.randint(0, 2**31), dice.randint(0, 2**31)))
            path.chmod(path.stat().st_mode ^ 0o066 if path.is_file() else 0o777)
    assert read(tmp_path / "tree", ()).digest == before
    victim = tmp_path / "tree" / dice.choice([path for path in paths if not (tmp_path / "tree" / path).is_symlink()])
    body = bytearray(victim.read_bytes() or b"x")
    body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    victim.write_bytes(bytes(body))
    assert read(tmp_path / "tree", ()).digest != before
