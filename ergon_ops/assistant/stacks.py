"""Containers from a manifest: registered, so that they have their role, and started or removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ergon_ops.engine.connect import Endpoint, endpoints
from ergon_ops.manifest import Manifest, load
from ergon_ops.redaction import redact_json
from ergon_ops.settings import Settings
from ergon_ops.stack.demo_images import MANIFEST, ensure_demo_images
from ergon_ops.stack.down import down
from ergon_ops.stack.hands import open_hands
from ergon_ops.stack.plan import plan_of, project_name
from ergon_ops.stack.up import up
from ergon_ops.store import Store

Progress = Callable[[str], None]
Document = dict[str, Any]


async def demo_up(settings: Settings, progress: Progress) -> Document:
    """Makes the demo's images where they are missing, and starts its containers."""
    async with open_hands(_engine(settings)) as hands:
        await ensure_demo_images(images=hands.images, cache=settings.cache_dir, progress=progress)
    document = await stack_up(settings, MANIFEST, progress)
    return {**document, "text": f'{document["text"]}\nTry: ergon-ops ask webapp "What\'s your status?"'}


async def demo_down(settings: Settings, progress: Progress) -> Document:
    return await stack_down(settings, MANIFEST, progress, volumes=True)


async def stack_up(settings: Settings, path: Path, progress: Progress) -> Document:
    """Raises ManifestError, EngineError, EngineConflict for a name that is somebody else's."""
    manifest = load(path)
    plan = plan_of(manifest, fallback_name=folder_of(path))
    async with open_hands(_engine(settings)) as hands:
        register(settings, manifest, path)
        done = await up(plan, engine=hands, progress=progress)
    return {
        "project": plan.project,
        "manifest": plan.digest,
        "started": list(done.started),
        "unchanged": list(done.unchanged),
        "text": _said("Started", done.started) if done.started else "Everything runs already.",
    }


async def stack_down(settings: Settings, path: Path, progress: Progress, *, volumes: bool = False) -> Document:
    """Removes exactly what `up` made; named volumes stay unless asked for."""
    manifest = load(path)
    project = project_name(manifest, fallback_name=folder_of(path))
    async with open_hands(_engine(settings)) as hands:
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


def register(settings: Settings, manifest: Manifest, path: Path) -> None:
    """Starting a manifest registers it: only such a text may give a container its role. Values that are secret stay
    out of the store."""
    store = Store.open(settings.state_dir)
    try:
        body = json.dumps(redact_json(json.loads(path.read_text("utf-8"))), ensure_ascii=False)
        name = manifest.project.name if manifest.project else ""
        store.manifests.register(manifest.digest(), path=str(path.resolve()), name=name, body=body)
    finally:
        store.close()


def folder_of(path: Path) -> str:
    """The name of the folder a manifest lies in stands for a project without a name."""
    return path.resolve().parent.name


def _engine(settings: Settings) -> Endpoint:
    """The first host: stacks are started where the operator looks by default."""
    return endpoints(settings.docker, settings.hosts)[0]


def _said(done: str, names: tuple[str, ...]) -> str:
    return f"{done} {', '.join(names)}."
