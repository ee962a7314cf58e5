"""A Node of the version that is asked for, where no registry of images answers: its program and npm, as npm has them,
on a small Debian. Debian's own is older than what many projects are made for."""

from __future__ import annotations

import asyncio
import shutil
import tarfile
import tempfile
from pathlib import Path

from ergon_ops.engine.protocols import Images, Progress
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.node_base import PROGRAMS, manager_of
from ergon_ops.stack.base_image import CONTENT_LABEL, PATH, rootfs, rootfs_path
from ergon_ops.stack.fetching import fetch

PACKAGES = ("busybox-static", "ca-certificates", "coreutils", "dash", "bash", "sed", "grep", "libstdc++6", "libatomic1")
RECIPE = "1"  # raise it when what is made changes
LINES = """FROM {tag}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && \\
    ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
"""


async def node_base(version: int, *, images: Images, cache: Path, progress: Progress) -> str:
    """The tag of an image with it, made unless it is there. Raises ErgonError where npm does not give it."""
    tag = f"ergon-ops-base/node-{version}:1"
    content = f"{rootfs_path(PACKAGES, cache=cache).stem}-node-{version}-{RECIPE}"
    labels = await images.image_labels(tag)
    if labels is not None and labels.get(CONTENT_LABEL) == content:
        return tag
    progress(f"no registry answers: making a base with Node {version} as npm has it")
    with tempfile.TemporaryDirectory(prefix="ergon-ops-node-") as place:
        folder = Path(place)
        program_name = f"{PROGRAMS[platform()]}@{version}"
        for name, target in ((program_name, "program"), (manager_of(version), "npm")):
            packed = (await fetch(["npm", "pack", "--silent", name], folder)).split()[-1]
            await asyncio.to_thread(_unpacked, folder / packed, folder / target)
        program = folder / "program/bin/node"
        if not program.is_file():
            raise ErgonError(f"npm has no program of Node {version}")
        program.rename(folder / "node")
        shutil.rmtree(folder / "program")
        (folder / "Dockerfile").write_text(LINES.format(tag=tag))
        tar = await rootfs(PACKAGES, cache=cache, progress=progress)
        await images.import_image(tar, tag, changes=[f"ENV PATH={PATH}", 'CMD ["node"]'])
        await images.build(folder, tag, labels={CONTENT_LABEL: content}, build_args={}, progress=lambda line: None)
    return tag


def _unpacked(archive: Path, target: Path) -> None:
    """A package's files, without the folder they are all in."""
    with tarfile.open(archive) as tar:
        for member in tar:
            member.name = member.name.partition("/")[2]
            if member.name and member.isreg():
                tar.extract(member, target, filter="data")
    archive.unlink()
