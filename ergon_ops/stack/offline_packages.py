"""Dependencies brought along: where an engine reaches no registry of images, it reaches none of packages either.

This machine's own pip or npm fetches them by what the project says, and they are put on a base in the place where the
same commands of the Dockerfile look: its lines stay as they are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ergon_ops.engine.protocols import Progress
from ergon_ops.stack.fetching import FETCH_S, fetch
from ergon_ops.stack.offline_node import MANAGERS, node_lines

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


class Build(Protocol):
    """Of the Dockerfile in `context`: the tag. Raises ErgonError."""

    async def __call__(self, context: Path, *, deadline_s: float) -> str: ...


async def offline_base(wanted: Wanted, base: str, folder: Path, progress: Progress, build: Build) -> str | None:
    """The tag of an image that has the packages on `base`; None if there is nothing to bring. Raises ErgonError."""
    if wanted.manager == "pip" and "python" in base and (wanted.files or wanted.packages):
        place = folder / "wheels"
        lines = await _wheel_lines(wanted, place, progress)
    elif wanted.manager in MANAGERS and "node" in base:
        place = folder / wanted.manager
        lines = await node_lines(wanted.manager, wanted.context, wanted.files, place, progress)
    else:
        return None
    (place / "Dockerfile").write_text("\n".join((f"FROM {base}", *lines)) + "\n")
    return await build(place, deadline_s=2 * FETCH_S)


async def _wheel_lines(wanted: Wanted, folder: Path, progress: Progress) -> Sequence[str]:
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
    return ("COPY wheels /opt/wheels", "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/opt/wheels")
