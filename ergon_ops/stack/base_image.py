"""The image others are built on: from a registry where one answers, else out of Debian packages (`debian_rootfs`)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Images, Progress
from ergon_ops.errors import ErgonError
from ergon_ops.packaging import debian_rootfs
from ergon_ops.packaging.programs import program

CONTENT_LABEL = "io.ergon-ops.content"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PULL_S = 120.0
BUILD_S = 600.0
ROOTFS_S = 300.0


@dataclass(frozen=True, slots=True)
class BaseImage:
    """`packages` on a Debian; `context` holds the Dockerfile that installs them on top of `parent`."""

    tag: str
    packages: tuple[str, ...]
    context: Path
    parent: str = "debian:bookworm-slim"

    @property
    def digest(self) -> str:
        """What the content label must say for an existing image to be good."""
        parts = [debian_rootfs.RECIPE, *sorted(self.packages), (self.context / "Dockerfile").read_text()]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


async def ensure_base(base: BaseImage, *, images: Images, cache: Path, progress: Progress) -> None:
    """Make the image unless it is there with the same content. `cache` keeps the rootfs for the next engine."""
    labels = await images.image_labels(base.tag)
    if labels is not None and labels.get(CONTENT_LABEL) == base.digest:
        return
    if await _registry_has(base.parent, images=images, progress=progress):
        progress(f"building {base.tag} on {base.parent}")
        await images.build(
            base.context,
            base.tag,
            labels={CONTENT_LABEL: base.digest},
            build_args={"PACKAGES": " ".join(base.packages)},
            progress=progress,
            deadline_s=BUILD_S,
        )
        return
    progress(f"no registry answers: making {base.tag} from Debian packages")
    await _import_rootfs(base, images=images, cache=cache, progress=progress)


async def _registry_has(parent: str, *, images: Images, progress: Progress) -> bool:
    if await images.image_labels(parent) is not None:
        return True
    try:
        await images.pull(parent, progress=progress, deadline_s=PULL_S)
    except ErgonError:
        # No registry, or no engine: the latter will say so again, in the right words, at the next call.
        return False
    return True


async def _import_rootfs(base: BaseImage, *, images: Images, cache: Path, progress: Progress) -> None:
    tar = await rootfs(base.packages, cache=cache, progress=progress)
    progress(f"importing {base.tag}")
    changes = [f"ENV PATH={PATH}", 'CMD ["bash"]', f"LABEL {CONTENT_LABEL}={base.digest}"]
    await images.import_image(tar, base.tag, changes=changes)


async def rootfs(packages: tuple[str, ...], *, cache: Path, progress: Progress) -> Path:
    """A tar of a root filesystem with these packages, from the cache or made now."""
    output = rootfs_path(packages, cache=cache)
    if output.exists():
        with contextlib.suppress(OSError):
            os.utime(output)  # what is used is not tidied away
    else:
        # Isolated: it needs the standard library only, and nothing from the folder the person happens to be in.
        command = [sys.executable, "-I", debian_rootfs.__file__, str(output), *packages]
        async with program(command) as process:
            await _follow(process, progress=progress)
    return output


def rootfs_path(packages: tuple[str, ...], *, cache: Path) -> Path:
    key = hashlib.sha256("\0".join([debian_rootfs.RECIPE, *sorted(packages)]).encode()).hexdigest()[:16]
    return cache / f"rootfs-{key}.tar"


async def _follow(process: asyncio.subprocess.Process, *, progress: Progress) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(ROOTFS_S):
            async for line in process.stdout:
                progress(line.decode(errors="replace").rstrip())
            last = (await process.stderr.read()).decode(errors="replace").strip().rsplit("\n", 1)[-1]
            code = await process.wait()
    except TimeoutError:
        raise _failed(f"no root filesystem after {ROOTFS_S:.0f} s") from None
    if code != 0:
        raise _failed(last or f"exit code {code}")


def _failed(reason: str) -> ErgonError:
    return ErgonError(
        f"the demo's base image cannot be made: {reason}",
        next="use an engine that reaches a registry, or a Debian machine with apt-get",
    )
