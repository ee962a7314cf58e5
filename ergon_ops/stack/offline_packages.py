"""Dependencies brought along: where an engine reaches no registry of images, it reaches none of packages either.

This machine's own pip or npm fetches them by what the project says, and they are put on a base in the place where the
same commands of the Dockerfile look: its lines stay as they are.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from ergon_ops.engine.protocols import Progress
from ergon_ops.stack.fetching import FETCH_S, fetch
from ergon_ops.stack.offline_node import MANAGERS, node_lines
from ergon_ops.stack.up import Engine

DEBIAN_PYTHON = "3.11.2"  # of the image that stands in for Python's own
# pip asks the Python it runs on which packages a project needs (`; python_version < "3.12"`), also for another one.
PIP_AS_OTHER = f"""
import platform, sys
platform.python_version = lambda: {DEBIAN_PYTHON!r}
platform.python_version_tuple = lambda: tuple({DEBIAN_PYTHON!r}.split("."))
from pip._internal.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


class Wanted(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def context(self) -> Path: ...
    @property
    def manager(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def packages(self) -> tuple[str, ...]: ...


async def offline_base(
    wanted: Wanted, base: str, tag: str, engine: Engine, folder: Path, progress: Progress
) -> str | None:
    """The tag of an image that has the packages on `base`; None if there is nothing to bring. Raises ErgonError."""
    if wanted.manager == "pip" and "python" in base and (wanted.files or wanted.packages):
        return await _with_wheels(wanted, base, tag, engine, folder / "wheels", progress)
    if wanted.manager in MANAGERS and "node" in base:
        place = folder / wanted.manager
        lines = await node_lines(wanted.manager, wanted.context, wanted.files, place, progress)
        return await _built((f"FROM {base}", *lines), tag, engine, place)
    return None


async def _with_wheels(wanted: Wanted, base: str, tag: str, engine: Engine, folder: Path, progress: Progress) -> str:
    (folder / "wheels").mkdir(parents=True)
    progress(f"{wanted.name}: fetching its packages")
    listed = ("-r", str(wanted.context / wanted.files[0])) if wanted.files else ()
    what = (*listed, *wanted.packages)
    target = ("--only-binary=:all:", f"--python-version={DEBIAN_PYTHON}", "--implementation=cp")
    kinds = ("--abi=cp311", "--abi=abi3", "--abi=none")
    platforms = (f"--platform=manylinux{kind}_{os.uname().machine}" for kind in ("2014", "_2_17", "_2_28", "_2_34"))
    options = ("-q", "--disable-pip-version-check", "-d", str(folder / "wheels"))
    command = [sys.executable, "-c", PIP_AS_OTHER, "download", *options, *target, *kinds, *platforms, *what]
    await fetch(command, folder)
    lines = (f"FROM {base}", "COPY wheels /opt/wheels", "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/opt/wheels")
    return await _built(lines, tag, engine, folder)


async def _built(lines: tuple[str, ...], tag: str, engine: Engine, folder: Path) -> str:
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    await engine.images.build(folder, tag, labels={}, build_args={}, progress=lambda line: None, deadline_s=2 * FETCH_S)
    return tag
