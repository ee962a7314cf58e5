"""Images made of manifests: packaged, put into the engine, and recorded with all that they were made of."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ergon_ops import manifest
from ergon_ops.assistant.recording import record
from ergon_ops.assistant.registering import first_engine
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.images import open_images
from ergon_ops.engine.protocols import Images
from ergon_ops.errors import EngineConflict, ManifestError, UsageError
from ergon_ops.manifest import packageable
from ergon_ops.manifest.packageable import Packageable
from ergon_ops.packaging.containers import packaged
from ergon_ops.packaging.image import locks
from ergon_ops.packaging.image.identity import key as step_key
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.layers import drafted
from ergon_ops.packaging.image.locking import Tools
from ergon_ops.packaging.image.packager import Built, Order, build
from ergon_ops.packaging.image.running import EngineExecutor
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.tidying import due, tidy
from ergon_ops.packaging.image.verifying import Comparison
from ergon_ops.packaging.writing import replace_text
from ergon_ops.settings import Settings

Document = dict[str, Any]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `package` was asked for. `containers` (): all that the manifest has applications for."""

    path: Path
    containers: tuple[str, ...] = ()
    output: Path | None = None
    load: bool = False
    relock: bool = False
    executor: str = ""
    verify: bool = False


def shelf_of(settings: Settings) -> Shelf:
    return Shelf(settings.cache_dir / "packages")


@asynccontextmanager
async def opened_images(settings: Settings) -> AsyncIterator[Images]:
    """Nothing is connected before something is asked: an engine is needed for some images only."""
    images = open_images(first_engine(settings))
    try:
        yield images
    finally:
        await images.close()  # type: ignore[attr-defined]


async def package(settings: Settings, wanted: Wanted, progress: Progress) -> Document:
    """Raises ManifestError, UsageError; EngineError where an engine is needed and none answers."""
    found = read(wanted.path, shelf_of(settings))
    keys = _keys(found, wanted)
    output = wanted.output or settings.cache_dir / "images"
    rows = []
    async with opened_images(settings) as images:
        if wanted.load:
            await images.image_id("scratch")  # an engine that is away is told of before the work, not after it
        tools = Tools(shelf_of(settings), images, progress)
        executor = EngineExecutor(images, platform(), found.packaging.source_date_epoch, progress)
        for key in keys:
            order = Order(found, wanted.path, key, output, wanted.relock, wanted.executor == "docker")
            made = await build(order, tools, executor)
            judged = await _verified(wanted, order, made, tools)
            rows.append(await _finished(settings, wanted, order, made, judged, images))
    await asyncio.to_thread(tidied, settings)
    if any(row["executor"] == "docker" for row in rows):
        await swept(settings, progress)
    return {"images": rows, **(rows[0] if len(rows) == 1 else {})}


def read(path: Path, shelf: Shelf) -> Packageable:
    """As `manifest.load`; a text that was valid before is not validated again."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}", next="name the manifest's file") from error
    kept = shelf.step(step_key(manifest=hashlib.sha256(text).hexdigest(), rules=packageable.rules()))
    try:
        known = packageable.of_json(json.loads(kept.read_bytes()))
        shelf.used(kept)
        return known
    except (OSError, ValueError, KeyError, TypeError):
        found = packageable.packageable(manifest.load(path))
    with drafted(kept) as file:
        file.write(json.dumps(packageable.to_json(found), ensure_ascii=False).encode())
    return found


def tidied(settings: Settings) -> None:
    """The cache stays small by itself, also where no daemon runs and nobody thinks of `state --prune`."""
    now = time.time()
    if due(settings.cache_dir, now=now):
        tidy(settings.cache_dir, now=now)


async def swept(settings: Settings, progress: Progress) -> None:
    """What a killed build left on the engine goes after the next one that used it."""
    from ergon_ops.stack.hands import open_hands
    from ergon_ops.stack.leftovers import sweep

    async with open_hands(first_engine(settings)) as hands:
        for name in await sweep(hands, settings.cache_dir):
            progress(f"{name} was left by a build that was killed: it is removed")


def _keys(found: Packageable, wanted: Wanted) -> tuple[str, ...]:
    possible = packaged(found)
    unknown = [key for key in wanted.containers if key not in possible]
    if unknown:
        text = f"{unknown[0]} is no container of {wanted.path} that has applications"
        raise UsageError(text, next=f"there is {', '.join(possible)}" if possible else "give it applications")
    if not possible:
        text = f"{wanted.path} has no container with applications"
        raise UsageError(text, next="ergon-ops manifest init DIR writes one of a folder's sources")
    return wanted.containers or possible


async def _verified(wanted: Wanted, order: Order, made: Built, tools: Tools) -> Comparison:
    if not wanted.verify:
        return Comparison("not-verified")
    from ergon_ops.packaging.image.again import VARIED, verified

    tools.progress(f"verifying: building again in another {', '.join(VARIED)}")
    return await verified(order, made, tools.shelf)


async def _finished(
    settings: Settings, wanted: Wanted, order: Order, made: Built, judged: Comparison, images: Images
) -> Document:
    """Locked, recorded and loaded; only now, when there is an image."""
    known = made.prepared
    if known.ready.made:
        replace_text(known.lock_path, locks.text_with(known.lock_path, order.container, known.ready.lock))
    row, violated = await asyncio.to_thread(record, settings, order, made, judged)
    if wanted.load:
        await _load(made, images)
    return {
        **row.to_json(),
        "name": made.tag.rpartition(":")[0],
        "layers": len(made.image.layers),
        "files": len(known.source.files),
        "lock": {"path": str(known.lock_path), "made": known.ready.made},
        "loaded": wanted.load,
        "differences": [item.to_json() for item in judged.differences],
        "notes": [*known.said, *known.source.notes, *_unfollowed(order)],
        "secrets": list(known.source.secrets),
        "violation": violated,
    }


def _unfollowed(order: Order) -> tuple[str, ...]:
    """What the manifest asks for and nobody does."""
    told = "packaging.tagging git-sha is not followed yet: the tag is the hash of the inputs"
    return (told,) if order.manifest.packaging.tagging == "git-sha" else ()


async def _load(made: Built, images: Images) -> None:
    """Raises EngineConflict if the engine calls it by another digest: what runs would not be what was packaged."""
    await images.load(made.archive)
    found = await images.image_id(made.tag)
    if found not in (made.image.config_digest, made.image.digest):
        raise EngineConflict(f"the engine made {found} of {made.tag}", next=f"look at {made.archive}")
