"""Containers from a manifest: registered, so that they have their role, and started or removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ergon_ops.assistant.registering import first_engine, folder_of, register
from ergon_ops.errors import ErgonError
from ergon_ops.manifest import Manifest, load
from ergon_ops.settings import Settings
from ergon_ops.stack.demo_images import MANIFEST, ensure_demo_images
from ergon_ops.stack.down import down
from ergon_ops.stack.hands import open_hands
from ergon_ops.stack.plan import plan_of, project_name
from ergon_ops.stack.up import up
from ergon_ops.store import Store

Progress = Callable[[str], None]
Document = dict[str, Any]
FILE = "manifest.json"


async def demo_up(settings: Settings, progress: Progress) -> Document:
    """Makes the demo's images where they are missing, and starts its containers."""
    async with open_hands(first_engine(settings)) as hands:
        await ensure_demo_images(images=hands.images, cache=settings.cache_dir, progress=progress)
    document = await stack_up(settings, MANIFEST, progress)
    return {**document, "text": f'{document["text"]}\nTry: ergon-ops ask webapp "What\'s your status?"'}


async def demo_down(settings: Settings, progress: Progress) -> Document:
    return await stack_down(settings, MANIFEST, progress, volumes=True)


async def stack_up(settings: Settings, path: Path, progress: Progress) -> Document:
    """Raises ManifestError, EngineError, EngineConflict for a name that is somebody else's."""
    path = path / FILE if path.is_dir() else path  # noqa: ASYNC240 one look, before anything is waited for
    manifest = load(path)
    built = packaged(settings, manifest)
    plan = plan_of(manifest, fallback_name=folder_of(path), packaged=built)
    async with open_hands(first_engine(settings)) as hands:
        for key, tag in built.items():
            if await hands.images.image_labels(tag) is None:
                step = f"ergon-ops package {path} --container {key} --load"
                raise ErgonError(f"{key} was packaged as {tag}, and the engine does not have it", next=step)
        register(settings, manifest, path)
        done = await up(plan, engine=hands, progress=progress)
    return {
        "project": plan.project,
        "manifest": plan.digest,
        "started": list(done.started),
        "unchanged": list(done.unchanged),
        "text": _said("Started", done.started) if done.started else "Everything runs already.",
    }


def packaged(settings: Settings, manifest: Manifest) -> dict[str, str]:
    """By container, the image that was last made of its applications, where the manifest names none."""
    own = [key for key, container in manifest.containers.items() if container.image is None]
    if not own:
        return {}
    store = Store.open(settings.state_dir)
    try:
        rows = store.builds.of_manifest(manifest.digest())
        return {key: rows[key].tag for key in own if key in rows and rows[key].tag}
    finally:
        store.close()


async def stack_down(settings: Settings, path: Path, progress: Progress, *, volumes: bool = False) -> Document:
    """Removes exactly what `up` made; named volumes stay unless asked for."""
    path = path / FILE if path.is_dir() else path  # noqa: ASYNC240 one look, before anything is waited for
    manifest = load(path)
    project = project_name(manifest, fallback_name=folder_of(path))
    async with open_hands(first_engine(settings)) as hands:
        gone = await down(project, reads=hands.reads, writes=hands.writes, progress=progress, volumes=volumes)
    kept = f" Kept: {', '.join(gone.kept)}." if gone.kept else ""
    return {
        "project": project,
        "containers": list(gone.containers),
        "networks": list(gone.networks),
        "volumes": list(gone.volumes),
        "kept": list(gone.kept),
        "text": (_said("Removed", gone.containers) if gone.containers else "There was nothing to remove.") + kept,
    }


def _said(done: str, names: tuple[str, ...]) -> str:
    return f"{done} {', '.join(names)}."
