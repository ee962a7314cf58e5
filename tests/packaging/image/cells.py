"""One image in many surroundings. A cell is (executor, umask, time zone, path, times, order); locale and seed of hashes
belong to a process, and so does the version of Python.

`python cells.py SPEC` prints a line a cell: `DIGEST SHA256-OF-ARCHIVE CELL`. SPEC is JSON: folder (with `shop/`, the
project, and `shelf/`), cells, docker_host.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

EXECUTORS = ("none", "docker")
UMASKS = (0o000, 0o022, 0o077, 0o027)
ZONES = ("UTC", "Pacific/Kiritimati", "America/St_Johns")
PLACES = ("a", "with a space/and another", "deep/" * 12 + "end", "ünï")
TIMES = (0, 1_000_000_000, 1_700_000_000)
ORDERS = ("forward", "backward", "mixed")
# How a process is started.
STARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "plain": (("LC_ALL", "C.UTF-8"), ("PYTHONHASHSEED", "0")),
    "posix": (("LC_ALL", "POSIX"), ("PYTHONHASHSEED", "1"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")),
    "seeded": (("LC_ALL", "C"), ("PYTHONHASHSEED", "4242"), ("LANG", "tr_TR.UTF-8")),
    "leaky": (("LC_ALL", "C.UTF-8"), ("PYTHONHASHSEED", "random"), ("SOURCE_DATE_EPOCH", "1234567890")),
}  # fmt: skip


def cells(count: int, *, seed: int, docker: int) -> list[list[Any]]:
    """So many different ones, drawn; `docker` of them through an engine."""
    every = list(itertools.product(UMASKS, ZONES, PLACES, TIMES, ORDERS))
    random.Random(seed).shuffle(every)
    return [["docker" if number < docker else "none", *cell] for number, cell in enumerate(every[:count])]


def arranged(source: Path, target: Path, times: int, order: str) -> Path:
    """A copy, with its files made in some order, at some time, with some rights."""
    found = sorted(path for path in source.rglob("*") if path.is_symlink() or path.is_file())
    if order == "backward":
        found.reverse()
    elif order == "mixed":
        random.Random(7).shuffle(found)
    for number, path in enumerate(found):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            copy.symlink_to(os.readlink(path))
            continue
        shutil.copyfile(path, copy)
        copy.chmod(
            (0o700, 0o755, 0o775)[number % 3] if path.stat().st_mode & 0o100 else (0o600, 0o644, 0o664)[number % 3]
        )
        os.utime(copy, (times + number, times + 3 * number))
    return target


async def one(folder: Path, number: int, cell: list[Any], docker_host: str) -> str:
    from ergon_ops.packaging.image.identity import EPOCH, platform
    from ergon_ops.packaging.image.running import EngineExecutor
    from ergon_ops.packaging.image.shelf import Shelf
    from tests.packaging.image.making import built

    kind, umask, zone, place, times, order = cell
    os.umask(umask)
    os.environ["TZ"] = zone
    time.tzset()
    mark = f"{os.getpid()}-{number}"
    root = Path(os.fsdecode(os.fsencode(folder) + f"/cells/{mark}/{place}/shop".encode()))
    arranged(folder / "shop", root, times, order)
    shelf = Shelf(folder / f"shelves-{mark}")
    shelf.root.mkdir()
    (shelf.root / "files").symlink_to(folder / "shelf" / "files")
    output = folder / "outputs" / mark
    if kind == "none":
        made = await built(root / "manifest.json", shelf, output)
    else:
        from tests.engine.real import RealEngine

        real = RealEngine.at(docker_host)
        executor = EngineExecutor(real.images, platform(), EPOCH, lambda line: None)
        try:
            made = await built(root / "manifest.json", shelf, output, executor=executor)
        finally:
            await real.close()
    found = f"{made.image.digest} {hashlib.sha256(made.archive.read_bytes()).hexdigest()}"
    for gone in (shelf.root, output, folder / "cells" / mark):
        shutil.rmtree(gone)
    return found


async def main(spec: dict[str, Any]) -> None:
    for number, cell in enumerate(spec["cells"]):
        print(await one(Path(spec["folder"]), number, cell, spec["docker_host"]), json.dumps(cell), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
