"""A second build of the same inputs in other surroundings: another process, folder, umask, time zone, locale, seed of
hashes, order and times of the files, and nothing kept of the first but what came from elsewhere by its sha256."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image import locks
from ergon_ops.packaging.image.elsewhere import draft
from ergon_ops.packaging.image.ignoring import Ignore, own_patterns
from ergon_ops.packaging.image.packager import Built, Order
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.verifying import Comparison, between
from ergon_ops.packaging.programs import program

BUILD_S = 3600.0
VARIED = ("process", "folder", "umask", "time zone", "locale", "hash seed", "file times", "file modes", "file order")
SURROUNDINGS = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "4242", "COLUMNS": "40"}


async def verified(order: Order, first: Built, shelf: Shelf) -> Comparison:
    """Raises ErgonError where the second build fails."""
    with draft(shelf) as folder:
        root = folder / "some other folder" / "sources"
        await asyncio.to_thread(_copy, order, first, root)
        document = await _built(order, folder, root, shelf)
        accepted, other = order.manifest.packaging.accepted, document["image_digest"]
        if other == first.image.digest:
            return Comparison("reproducible")
        found = await asyncio.to_thread(between, first.archive, Path(document["archive"]), accepted)
        return replace(found, other=other)


async def _built(order: Order, folder: Path, root: Path, shelf: Shelf) -> Any:
    (folder / "cache" / "ergon-ops" / "packages").mkdir(parents=True)
    (shelf.root / "files").mkdir(exist_ok=True)
    (folder / "cache" / "ergon-ops" / "packages" / "files").symlink_to(shelf.root.resolve() / "files")
    places = {"XDG_CACHE_HOME": folder / "cache", "XDG_STATE_HOME": folder / "state"}
    given = [f"{name}={value}" for name, value in {**SURROUNDINGS, **places}.items()]
    words = ["package", str(root / order.path.name), "--container", order.container, "--output", str(folder / "out")]
    words += ["--executor", "docker"] * order.through_engine
    command = [
        "sh",
        "-c",
        'umask 077; exec env "$@"',
        "sh",
        *given,
        sys.executable,
        "-m",
        "ergon_ops",
        *words,
        "--json",
    ]
    try:
        async with asyncio.timeout(BUILD_S), program(command) as process:
            out, err = await process.communicate()
    except TimeoutError:
        raise ErgonError(f"the second build took longer than {BUILD_S:.0f} s") from None
    try:
        document = json.loads(out)
    except ValueError:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise ErgonError(f"the second build failed: {last or 'it said nothing'}") from None
    if "error" in document:
        raise ErgonError(f"the second build failed: {document['error']['message']}", next=document["error"]["next"])
    return document


def _copy(order: Order, first: Built, root: Path) -> None:
    """The project's files, last first, with other times and modes; nothing that a rule leaves out as a folder."""
    ignore = Ignore((*first.prepared.plan.ignore, *own_patterns(order.root / first.prepared.plan.path)))
    base = "" if first.prepared.plan.path == "." else first.prepared.plan.path
    found = [path for path in _files(order.root, base, ignore) if not path.name.endswith((".oci.tar", locks.ENDING))]
    for number, path in enumerate(sorted(found, reverse=True)):
        target = root / path.relative_to(order.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(os.readlink(path))
            continue
        shutil.copyfile(path, target)
        target.chmod(0o700 if path.stat().st_mode & 0o111 else 0o600)
        os.utime(target, (1_000_000_000 + number, 1_000_000_000 + 7 * number))
    lock = root / first.prepared.lock_path.name
    lock.write_text(locks.text_with(lock, order.container, first.prepared.ready.lock), "utf-8")


def _files(root: Path, base: str, ignore: Ignore) -> list[Path]:
    made = []
    for folder, folders, files in os.walk(root):
        inner = os.path.relpath(folder, root / base)
        inner = "" if inner == "." else f"{inner}/"
        if not ignore.exceptions:
            folders[:] = [name for name in folders if not ignore(f"{inner}{name}")]
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        made += [Path(folder) / name for name in [*files, *linked]]
    return [path for path in made if path.is_symlink() or path.is_file()]
