"""Node packages brought along: fetched by npm, pnpm, yarn or bun of this machine, and put where a Dockerfile's look."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Progress
from ergon_ops.errors import ErgonError
from ergon_ops.stack.fetching import fetch

MANAGERS = ("npm", "pnpm", "yarn", "bun")
LEFT_OUT = frozenset({"node_modules", ".git", "dist", "build", ".next"})
# The Dockerfile calls for a manager by `corepack`, which would have to fetch it: it is there already.
NO_COREPACK = "RUN printf '#!/bin/sh\\n' > /usr/local/bin/corepack && chmod 755 /usr/local/bin/corepack"


@dataclass(frozen=True, slots=True)
class Ground:
    """`folder` is a Docker context in the making, `project` the project's own files of packages in it."""

    folder: Path
    npm: str

    @property
    def project(self) -> Path:
        return self.folder / "project"


async def node_lines(
    manager: str, context: Path, files: tuple[str, ...], folder: Path, progress: Progress
) -> list[str]:
    """Lines of a Dockerfile, without their FROM, that hold all packages; what they copy is in `folder` then. Raises
    ErgonError."""
    npm = shutil.which("npm")
    if npm is None:
        raise ErgonError("npm is not installed here, and the engine reaches no registry")
    ground = Ground(folder, npm)
    ground.project.mkdir(parents=True)
    for name in {*files, *members(context)}:
        if (context / name).is_file():
            (ground.project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(context / name, ground.project / name)
    progress("fetching its packages")
    made = {"pnpm": _pnpm, "yarn": _yarn, "bun": _bun}.get(manager, _npm)
    lines = await made(ground, files)
    await asyncio.to_thread(_packed_only, ground.project)
    await asyncio.to_thread(open_to_all, folder)
    return lines


def _packed_only(project: Path) -> None:
    """Without what was unpacked to find out: it would be sent to the engine as well, and nothing is made of it."""
    for place, folders, _ in os.walk(project):
        if "node_modules" in folders:
            folders.remove("node_modules")
            shutil.rmtree(Path(place) / "node_modules")


def open_to_all(folder: Path) -> None:
    """Whoever builds may write there; by a line of the Dockerfile a second layer would hold all of it again."""
    for place, folders, names in os.walk(folder):
        for name in folders:
            os.chmod(os.path.join(place, name), 0o777)
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                os.chmod(path, 0o777 if os.stat(path).st_mode & 0o100 else 0o666)


def members(context: Path) -> Iterator[str]:
    """The package.json files of a workspace."""
    for place, folders, names in os.walk(context):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        if "package.json" in names:
            yield str((Path(place) / "package.json").relative_to(context))


async def _npm(ground: Ground, files: tuple[str, ...]) -> list[str]:
    own = any(name.endswith(("package-lock.json", "npm-shrinkwrap.json")) for name in files)
    # With addresses in the lock everything is found by its checksum, whatever npm asks for it.
    words = ("--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved=false")
    await fetch([ground.npm, "install", *words, "--cache", str(ground.folder / "cache")], ground.project)
    registry = (await fetch([ground.npm, "config", "get", "registry"], ground.project)).strip()
    (ground.folder / "cache").mkdir(exist_ok=True)
    return [
        "COPY cache /opt/npm-cache",
        *_lock(ground, "package-lock.json", own=own),
        f"ENV npm_config_cache=/opt/npm-cache npm_config_offline=true npm_config_registry={registry}",
    ]


async def _pnpm(ground: Ground, files: tuple[str, ...]) -> list[str]:
    which = _wanted(ground, "pnpm", "9")
    run = [ground.npm, "exec", "--yes", f"--package={which}", "--", "pnpm", "install", "--ignore-scripts"]
    await fetch([*run, "--store-dir", str(ground.folder / "store")], ground.project)
    return [
        *await _manager(ground, which),
        "COPY store /opt/pnpm-store",
        *_lock(ground, "pnpm-lock.yaml", own="pnpm-lock.yaml" in files),
        "ENV npm_config_store_dir=/opt/pnpm-store npm_config_offline=true",
    ]


async def _yarn(ground: Ground, files: tuple[str, ...]) -> list[str]:
    which = _wanted(ground, "yarn", "1")
    if not which.startswith("yarn@1") or ".yarnrc.yml" in files:
        raise ErgonError("packages of yarn 2 and later cannot be brought along, and the engine reaches no registry")
    run = [ground.npm, "exec", "--yes", f"--package={which}", "--", "yarn", "install", "--ignore-scripts"]
    await fetch([*run, "--non-interactive", "--cache-folder", str(ground.folder / "cache")], ground.project)
    return [
        *await _manager(ground, which),
        "COPY cache /opt/yarn-cache",
        *_lock(ground, "yarn.lock", own="yarn.lock" in files),
        "ENV YARN_CACHE_FOLDER=/opt/yarn-cache",
    ]


async def _bun(ground: Ground, files: tuple[str, ...]) -> list[str]:
    """Bun itself comes by npm, as the Dockerfile asks for it; what it installs, out of its cache by its lock."""
    cache, programs = str(ground.folder / "npm-cache"), ground.folder / "programs"
    quiet = ("--no-audit", "--no-fund", "--cache", cache)
    await fetch([ground.npm, "install", "--global", "--prefix", str(programs), *quiet, "bun@1"], ground.folder)
    registry = (await fetch([ground.npm, "config", "get", "registry"], ground.project)).strip()
    run = [str(programs / "bin/bun"), "install", "--ignore-scripts", "--cache-dir", str(ground.folder / "cache")]
    await fetch(run, ground.project)
    await asyncio.to_thread(shutil.rmtree, programs)
    own = any(name.startswith("bun.lock") for name in files)
    (ground.folder / "cache").mkdir(exist_ok=True)
    return [
        "COPY npm-cache /opt/npm-cache",
        "COPY cache /opt/bun-cache",
        *_lock(ground, "bun.lock", own=own),
        f"ENV npm_config_cache=/opt/npm-cache npm_config_offline=true npm_config_registry={registry}",
        "ENV BUN_INSTALL_CACHE_DIR=/opt/bun-cache",
    ]


def _wanted(ground: Ground, name: str, usual: str) -> str:
    """`pnpm@9.1.0`, as package.json says, else the usual one."""
    path = ground.project / "package.json"
    said = re.search(rf'"packageManager"\s*:\s*"{name}@(\d[\w.]*)', path.read_text("utf-8") if path.is_file() else "")
    return f"{name}@{said[1] if said else usual}"


async def _manager(ground: Ground, which: str) -> list[str]:
    """The manager itself, as a file, installed without a network."""
    name = (await fetch([ground.npm, "pack", "--silent", which], ground.folder)).split()[-1]
    shutil.move(ground.folder / name, ground.folder / "manager.tgz")
    install = "RUN npm install --global --offline --no-audit --no-fund /opt/manager.tgz"
    return ["COPY manager.tgz /opt/manager.tgz", install, NO_COREPACK]


def _lock(ground: Ground, name: str, *, own: bool) -> list[str]:
    """Where the project has no lock, the one these packages were chosen by."""
    return [f"COPY project/{name} /app/{name}"] if not own and (ground.project / name).is_file() else []
