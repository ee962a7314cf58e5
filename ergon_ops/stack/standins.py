"""What stands in for a base image where no registry answers: the same program out of Debian packages, and said so."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Images, Progress
from ergon_ops.errors import EngineError, ErgonError
from ergon_ops.packaging.image.node_base import version_of
from ergon_ops.stack.base_image import CONTENT_LABEL, PATH, rootfs, rootfs_path
from ergon_ops.stack.node_standin import node_base

PULL_S = 30.0
APPLETS = "busybox mkdir -p /usr/local/bin && busybox --install -s /usr/local/bin"
SYSTEM = ("busybox-static", "ca-certificates", "coreutils", "dash")


@dataclass(frozen=True, slots=True)
class StandIn:
    """`base` is a pattern of images it can stand for; `what` says what it really is. `applets`: with busybox's programs
    under their own names (`httpd`, `wget`)."""

    base: str
    tag: str
    what: str
    packages: tuple[str, ...]
    applets: bool = False


STAND_INS = (
    StandIn(
        r"(?:docker\.io/)?(?:library/)?python:.*",
        "ergon-ops-base/python:1",
        "Debian's own Python",
        (*SYSTEM, "python3", "python3-pip", "python-is-python3", "libstdc++6", "tzdata"),
    ),
    StandIn(
        r"(?:docker\.io/)?(?:library/)?node:.*",
        "ergon-ops-base/node:1",
        "Debian's own Node",
        (*SYSTEM, "sed", "grep", "nodejs", "npm"),
    ),
    StandIn(
        r"(?:docker\.io/)?(?:library/)?(?:busybox|alpine|debian)\b.*",
        "ergon-ops-base/debian:1",
        "a Debian with busybox",
        (*SYSTEM, "bash", "sed", "grep", "curl"),  # the static wget of Debian cannot look anything up
        applets=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Base:
    """`image` is what is built on; `instead` says of what it is not (empty: the image that was asked for)."""

    image: str
    instead: str = ""


async def base_for(wanted: str, *, images: Images, cache: Path, progress: Progress) -> Base:
    """The image if the engine has it or a registry gives it, else what stands in for it. Raises ErgonError if nothing
    does, EngineError where no engine answers."""
    if wanted == "scratch" or await images.image_labels(wanted) is not None:
        return Base(wanted)
    try:
        progress(f"pulling {wanted}")
        await images.pull(wanted, progress=lambda line: None, deadline_s=PULL_S)
        return Base(wanted)
    except EngineError:
        if await images.image_labels(wanted) is not None:  # raises if it is the engine that is gone
            return Base(wanted)
    except ErgonError:
        pass  # no registry, or it has no such image: what stands in is said
    if (version := version_of(wanted)) is not None:
        try:
            tag = await node_base(version, images=images, cache=cache, progress=progress)
            return Base(tag, f"on Node {version} as npm has it instead of {wanted}, as no registry answers")
        except EngineError:
            raise
        except ErgonError as error:
            progress(f"no Node {version}: {error.message}")
    found = next((item for item in STAND_INS if re.fullmatch(item.base, wanted)), None)
    if found is None:
        raise ErgonError(f"{wanted} cannot be pulled", next="use an engine that reaches a registry")
    await _ensure(found, images=images, cache=cache, progress=progress)
    return Base(found.tag, f"on {found.what} instead of {wanted}, as no registry answers")


async def _ensure(found: StandIn, *, images: Images, cache: Path, progress: Progress) -> None:
    content = f"{rootfs_path(found.packages, cache=cache).stem}{'-applets-2' * found.applets}"
    labels = await images.image_labels(found.tag)
    if labels is not None and labels.get(CONTENT_LABEL) == content:
        return
    progress(f"no registry answers: making {found.what} from packages")
    tar = await rootfs(found.packages, cache=cache, progress=progress)
    changes = [f"ENV PATH={PATH}", 'CMD ["sh"]', f"LABEL {CONTENT_LABEL}={content}"]
    await images.import_image(tar, found.tag, changes=changes)
    if found.applets:
        with tempfile.TemporaryDirectory(prefix="ergon-ops-base-") as folder:
            lines = f'FROM {found.tag}\nRUN ["busybox", "sh", "-c", "{APPLETS}"]\n'
            (Path(folder) / "Dockerfile").write_text(lines)
            await images.build(
                Path(folder), found.tag, labels={CONTENT_LABEL: content}, build_args={}, progress=lambda line: None
            )
