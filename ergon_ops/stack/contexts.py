"""A project's folder as the engine is sent it: without what no image holds, without links that leave it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path


def copy_context(source: Path, target: Path, ignore: Sequence[str]) -> None:
    """Files with modes that everybody may read; a link that leaves the folder, a device or a pipe stays behind.
    Raises OSError for what cannot be read."""
    root = source.resolve()
    target.mkdir(parents=True)
    for folder, folders, files in os.walk(root):
        inner = os.path.relpath(folder, root)
        inner = "" if inner == "." else inner
        kept = [name for name in folders if not ignored(os.path.join(inner, name), ignore)]
        folders[:] = [name for name in kept if not os.path.islink(os.path.join(folder, name))]
        for name in folders:
            (target / inner / name).mkdir(mode=0o755)
        for name in [*files, *(name for name in kept if name not in folders)]:
            if not ignored(os.path.join(inner, name), ignore):
                _copy(Path(folder) / name, target / inner / name, root)


def _copy(source: Path, target: Path, root: Path) -> None:
    found = source.lstat()
    if stat.S_ISLNK(found.st_mode):
        real = Path(os.path.realpath(source))
        if root in real.parents and not os.path.isabs(os.readlink(source)):
            target.symlink_to(os.readlink(source))
    elif stat.S_ISREG(found.st_mode):
        shutil.copyfile(source, target)
        target.chmod(0o755 if found.st_mode & 0o111 else 0o644)


def ignored(path: str, patterns: Sequence[str]) -> bool:
    """As a .dockerignore: `**/x` anywhere, `x` at the root, `!x` takes it back; the last that fits counts."""
    verdict = False
    for line in patterns:
        takes_back, pattern = line.startswith("!"), line.removeprefix("!").strip("/")
        anywhere = pattern.startswith("**/")
        bare = pattern.removeprefix("**/")
        names = [path, path.rsplit("/", 1)[-1]] if anywhere else [path]
        if any(fnmatch(name, bare) for name in names):
            verdict = not takes_back
    return verdict
