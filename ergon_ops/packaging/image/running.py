"""Commands of a build in a throw-away container: without network, with a fixed environment, and only what they changed
in the file system counts. The same way shows what an engine makes of a layer of ours."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ergon_ops.changes.owner import OWNER, this_process
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Images, Transformation
from ergon_ops.packaging.dockerfile import shell_words
from ergon_ops.packaging.image import archive, layers
from ergon_ops.packaging.image.assembly import Ground
from ergon_ops.packaging.image.configuration import Image, described
from ergon_ops.packaging.image.entries import Changes, Entry, Tree
from ergon_ops.packaging.image.layers import Layer
from ergon_ops.packaging.plan import Run

BUILD_S = 1800.0
LABEL = "io.ergon-ops.build"
# Made by engines, or nobody's: never part of what a command changed.
VOLATILE = (
    "dev", "proc", "sys", ".dockerenv", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab", "tmp", "var/tmp",
    "root/.cache", "root/.npm", "run",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EngineExecutor:
    images: Images
    platform: str
    epoch: int
    progress: Callable[[str], None]

    async def run(self, step: Run, ground: Ground) -> Changes:
        environment = {**self._environment(), **step.environment}
        work = Transformation("", ("sh", "-c", shell_words(step)), step.folder, environment, None, labels())
        return await self._changes(ground, work)

    async def apply(self, layer: Layer, ground: Ground) -> Changes:
        if not ground.layers:  # no engine makes a container of nothing
            return dict(layers.entries(layer.path))
        return await self._changes(ground, Transformation("", files=layer.path, labels=labels()))

    def _environment(self) -> dict[str, str]:
        return {
            "SOURCE_DATE_EPOCH": str(self.epoch),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": "/root",
            "PIP_NO_INDEX": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "npm_config_cache": "/tmp/npm",
            "npm_config_offline": "true",
            "npm_config_update_notifier": "false",
        }

    async def _changes(self, ground: Ground, work: Transformation) -> Changes:
        mark = secrets.token_hex(6)
        tag = f"ergon-ops-build/{mark}:base"
        before, after = ground.drafts / f"{mark}.before", ground.drafts / f"{mark}.after"
        image = _image(ground, self.platform, self.epoch)
        await asyncio.to_thread(archive.write, image, before, tag=tag, epoch=self.epoch)
        try:
            await self.images.load(before)
            before.unlink()
            await self.images.transform(replace(work, image=tag), after, progress=self.progress, deadline_s=BUILD_S)
        finally:
            await asyncio.shield(self._removed(tag))
        return await asyncio.to_thread(difference, ground.tree, after)

    async def _removed(self, tag: str) -> None:
        if await self.images.image_id(tag) is not None:
            await self.images.remove_image(tag)


def labels() -> dict[str, str]:
    """By which what a killed build left is told from what a living one needs."""
    return {LABEL: "1", OWNER: this_process()}


def _image(ground: Ground, platform: str, epoch: int) -> Image:
    own = {"Env": list(ground.config.get("Env") or ()), "Labels": labels()}
    return described(own, ground.layers, (), platform, epoch)


def difference(tree: Tree, after: Path) -> Changes:
    """What an exported file system has that the tree has not, and the other way round."""
    seen: dict[str, Entry] = {}
    for path, entry in layers.entries(after):
        if entry is not None and not volatile(path):
            seen[path] = entry
    changes: dict[str, Entry | None] = {
        path: entry for path, entry in seen.items() if path not in tree or tree[path].identity != entry.identity
    }
    changes |= {path: None for path in tree if path not in seen and not volatile(path)}
    return _without_children_of_the_gone(_without_empty_places(changes, tree))


def volatile(path: str) -> bool:
    return path in VOLATILE or path.startswith(tuple(f"{name}/" for name in VOLATILE))


def _without_empty_places(changes: Mapping[str, Entry | None], tree: Tree) -> dict[str, Entry | None]:
    """`/etc` of an image that had none is made by the engine, for the files it puts there."""
    made = dict(changes)
    for place in ("etc", "var", "root"):
        if place in made and place not in tree and not any(path.startswith(f"{place}/") for path in made):
            del made[place]
    return dict(sorted(made.items()))


def _without_children_of_the_gone(changes: Mapping[str, Entry | None]) -> dict[str, Entry | None]:
    gone = tuple(f"{path}/" for path, entry in changes.items() if entry is None or entry.kind not in ("folder",))
    return {path: entry for path, entry in changes.items() if entry is not None or not path.startswith(gone)}
