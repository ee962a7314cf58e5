"""The demo's images: one folder under `demo/` each, built on a shared base, made again only when something changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ergon_ops.engine.protocols import Images, Progress
from ergon_ops.stack.base_image import CONTENT_LABEL, BaseImage, ensure_base

DEMO = Path(__file__).parent / "demo"
MANIFEST = DEMO / "demo.json"
BUILD_S = 180.0

BASE = BaseImage(
    tag="ergon-ops-demo/base:1",
    context=DEMO / "base",
    packages=(
        *("bash", "busybox-static", "ca-certificates", "coreutils", "curl", "dash", "findutils", "grep", "hostname"),
        *("iproute2", "nginx-light", "postgresql", "procps", "python3", "python3-fastapi", "python3-psycopg2"),
        *("python3-redis", "python3-uvicorn", "redis-server", "sed", "tini"),
    ),
)
SERVICES = ("webapp", "orders-db", "worker")


async def ensure_demo_images(*, images: Images, cache: Path, progress: Progress) -> None:
    await ensure_base(BASE, images=images, cache=cache, progress=progress)
    for name in SERVICES:
        await ensure_image(DEMO / name, service_tag(name), images=images, progress=progress, salt=BASE.digest)


def service_tag(name: str) -> str:
    return f"ergon-ops-demo/{name}:1"


async def ensure_image(context: Path, tag: str, *, images: Images, progress: Progress, salt: str) -> None:
    """Build the folder unless an image of the same content is there; `salt` stands for what the folder builds on."""
    digest = content_digest(context, salt=salt)
    labels = await images.image_labels(tag)
    if labels is not None and labels.get(CONTENT_LABEL) == digest:
        return
    progress(f"building {tag}")
    await images.build(
        context, tag, labels={CONTENT_LABEL: digest}, build_args={}, progress=lambda line: None, deadline_s=BUILD_S
    )


def content_digest(context: Path, *, salt: str = "") -> str:
    """sha256 over names and bytes, so that the same files give the same digest on every machine."""
    total = hashlib.sha256(salt.encode())
    for path in sorted(context.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            body = path.read_bytes()
            total.update(f"\0{path.relative_to(context).as_posix()}\0{len(body)}\0".encode())
            total.update(body)
    return total.hexdigest()
