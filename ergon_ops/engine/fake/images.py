"""The fake's `Images`: tags with labels, nothing inside."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ergon_ops.engine.fake.rows import digest
from ergon_ops.engine.fake.world import FakeWorld
from ergon_ops.engine.protocols import ListedImage, Progress, Transformation
from ergon_ops.errors import EngineConflict


class FakeImages(FakeWorld):
    """`registry` are the tags a pull finds; of others it says that no registry has them."""

    registry: frozenset[str] = frozenset()

    async def image_labels(self, tag: str) -> Mapping[str, str] | None:
        await self.gate("image_labels")
        return self.tags.get(tag)

    async def listed(self, *, label: str = "") -> tuple[ListedImage, ...]:
        """Each has a name here."""
        await self.gate("listed")
        found = {tag: labels for tag, labels in self.tags.items() if label in labels}
        return tuple(
            ListedImage("sha256:" + digest("image", tag), "", (tag,), labels, self.clock())
            for tag, labels in found.items()
        )

    async def image_id(self, tag: str) -> str | None:
        await self.gate("image_id")
        return "sha256:" + digest("image", tag) if tag in self.tags else None

    async def image_reference(self, tag: str) -> str | None:
        return f"{tag}@sha256:{digest('manifest', tag)}" if tag in self.registry else None

    async def save(self, tag: str, target: Path, *, deadline_s: float = 300.0) -> None:
        await self.gate("save")
        raise EngineConflict("a fake image has nothing inside")

    async def load(self, archive: Path, *, deadline_s: float = 300.0) -> None:
        await self.gate("load")
        with tarfile.open(archive) as tar:
            reader = tar.extractfile("manifest.json")
            for image in json.loads(reader.read() if reader else b"[]"):
                self.tags |= {tag: {} for tag in image["RepoTags"]}

    async def transform(self, work: Transformation, target: Path, *, progress: Progress, deadline_s: float) -> None:
        await self.gate("transform")
        raise EngineConflict("a fake container runs nothing")

    async def pull(self, tag: str, *, progress: Progress, deadline_s: float = 600.0) -> None:
        await self.gate("pull")
        if tag not in self.registry:
            raise EngineConflict(f"no registry answered for {tag}", next="build it from Debian packages")
        progress(f"pulled {tag}")
        self.tags.setdefault(tag, {})

    async def import_image(self, tar: Path, tag: str, *, changes: Sequence[str], deadline_s: float = 120.0) -> str:
        await self.gate("import_image")
        if not _there(tar):
            raise EngineConflict(f"{tar.name} is not there")
        labels = (change.removeprefix("LABEL ").partition("=") for change in changes if change.startswith("LABEL "))
        self.tags[tag] = {key.strip('"'): value.strip('"') for key, _, value in labels}
        return "sha256:" + digest(tag, *changes)

    async def build(
        self,
        context: Path,
        tag: str,
        *,
        labels: Mapping[str, str],
        build_args: Mapping[str, str],
        progress: Progress,
        deadline_s: float = 600.0,
    ) -> str:
        await self.gate("build")
        progress(f"built {tag}")
        self.tags[tag] = dict(labels)
        return "sha256:" + digest("image", tag)

    async def remove_image(self, tag: str) -> None:
        await self.gate("remove_image")
        if any(container.image == tag for container in self.inventory.values()):
            raise EngineConflict(f"image {tag} is used by a container")
        self.tags.pop(tag, None)


def _there(path: Path) -> bool:
    return path.is_file()
