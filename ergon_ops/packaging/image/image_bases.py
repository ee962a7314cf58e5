"""A base that is an image: what an engine or a registry calls it, and its layers byte for byte, wherever they are had.

Engines keep images in one of two stores: the classic one calls one by the digest of its configuration, containerd's
by the digest of its manifest (or of the list of all platforms). A lock has the former, which both can prove.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
import tarfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ergon_ops.engine.protocols import Images
from ergon_ops.errors import EngineConflict, EngineError, ErgonError
from ergon_ops.packaging.image import layers
from ergon_ops.packaging.image.bases import Base, Progress
from ergon_ops.packaging.image.beat import Beat
from ergon_ops.packaging.image.elsewhere import draft
from ergon_ops.packaging.image.entries import CHUNK, Tree, applied
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.layers import Layer, drafted
from ergon_ops.packaging.image.locks import LockedBase
from ergon_ops.packaging.image.references import RegistryAway, RegistryRefused, parse
from ergon_ops.packaging.image.shelf import Shelf

PULL_S = 30.0
SAVE_S = 300.0


class AnotherImage(EngineError):
    """It has the name and is not what was locked."""


async def of_engine(image: str, images: Images, shelf: Shelf, progress: Progress) -> LockedBase | None:
    """None where no engine answers, or neither it nor a registry it reaches has the image."""
    try:
        id = await images.image_id(image)
        if id is None:
            progress(f"base: pulling {image}")
            await images.pull(image, progress=lambda line: None, deadline_s=PULL_S)
            id = await images.image_id(image)
        reference = await images.image_reference(image) or ""
        if id and reference.endswith(f"@{id}"):
            id = await _configuration_of(image, images, shelf)
    except ErgonError:  # no engine, no registry, or it has no such image
        return None
    return LockedBase(image, id, reference or image) if id else None


async def _configuration_of(image: str, images: Images, shelf: Shelf) -> str:
    with draft(shelf) as folder:
        await images.save(image, folder / "image.tar", deadline_s=SAVE_S)
        with tarfile.open(folder / "image.tar") as tar:
            return f"sha256:{hashlib.sha256(_described(tar)[1]).hexdigest()}"


async def of_registry(image: str, progress: Progress) -> LockedBase:
    """Raises RegistryAway, RegistryRefused."""
    from ergon_ops.packaging.image.pulling import look

    about = parse(image)
    progress(f"base: asking {about.host} for {image}")
    found = await asyncio.to_thread(look, about, platform())
    return LockedBase(image, found.config_digest, found.name)


async def opened(locked: LockedBase, images: Images | None, shelf: Shelf, progress: Progress) -> Base:
    """As the engine has it, else from its registry, without an engine or with one. Raises ErgonError if it is not the
    one that was locked."""
    if images is not None:
        with contextlib.suppress(AnotherImage):
            if name := await _name_in_engine(locked, images):
                return await _saved(name, locked, images, shelf, progress)
    try:
        return await _pulled(locked, shelf, progress)
    except (RegistryAway, RegistryRefused) as error:
        return await _pulled_by_engine(locked, images, shelf, progress, error)


async def _saved(name: str, locked: LockedBase, images: Images, shelf: Shelf, progress: Progress) -> Base:
    progress(f"base: reading {locked.image}")
    with draft(shelf) as folder:
        await images.save(name, folder / "image.tar", deadline_s=SAVE_S)
        return await asyncio.to_thread(_of_archive, folder / "image.tar", locked, shelf)


async def _name_in_engine(locked: LockedBase, images: Images) -> str:
    """'' where it has no such image, or does not answer. Of containerd's store only what it saves tells."""
    with contextlib.suppress(EngineError):
        for name in (locked.oci, locked.reference):
            id = await images.image_id(name)
            if id == locked.oci or (id and (await images.image_reference(name) or "").endswith(f"@{id}")):
                return name
    return ""


async def _pulled_by_engine(
    locked: LockedBase, images: Images | None, shelf: Shelf, progress: Progress, refused: ErgonError
) -> Base:
    """It may be logged in, or know another way. Where it does not answer, what the registry said is the reason."""
    try:
        if images is None:
            raise EngineError("there is no engine")
        progress(f"base: pulling {locked.reference}")
        await images.pull(locked.reference, progress=lambda line: None, deadline_s=SAVE_S)
        if name := await _name_in_engine(locked, images):
            return await _saved(name, locked, images, shelf, progress)
    except AnotherImage:
        pass
    except (EngineError, EngineConflict):
        raise type(refused)(f"{locked.image} cannot be pulled: {refused.message}", next=refused.next) from refused
    raise ErgonError(f"{locked.reference} is no longer the image of the lock", next="lock anew: --lock")


async def _pulled(locked: LockedBase, shelf: Shelf, progress: Progress) -> Base:
    from ergon_ops.packaging.image.pulling import look, pull

    about, beat, stop = parse(locked.reference), Beat(progress), threading.Event()
    progress(f"base: pulling {locked.image} from {about.host}")

    def told(done: int, whole: int) -> None:
        beat(f"base: {done / 1e6:.0f} of {whole / 1e6:.0f} MB of {locked.image}")

    try:
        found = await asyncio.to_thread(look, about, platform())
        if found.config_digest != locked.oci:
            raise ErgonError(f"{locked.reference} is no longer the image of the lock", next="lock anew: --lock")
        layers = await asyncio.to_thread(pull, found, shelf, told, stop)
        config = found.config
        return await asyncio.to_thread(stacked, layers, config.get("config") or {}, config.get("history") or ())
    finally:
        stop.set()


def _of_archive(archive: Path, locked: LockedBase, shelf: Shelf) -> Base:
    with tarfile.open(archive) as tar:
        said, text = _described(tar)
        if f"sha256:{hashlib.sha256(text).hexdigest()}" != locked.oci:
            raise AnotherImage(f"the engine saved another image than {locked.oci}")
        config = json.loads(text)
        found = []
        for name, digest in zip(said["Layers"], config["rootfs"]["diff_ids"], strict=True):
            found.append(_layer(tar, name, digest, shelf))
    history = tuple(row for row in config.get("history") or ())
    return stacked(found, config.get("config") or {}, history)


def _described(tar: tarfile.TarFile) -> tuple[Any, bytes]:
    """What is said of the image, and its configuration."""
    said = json.loads(_member(tar, "manifest.json"))[0]
    return said, _member(tar, said["Config"])


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    reader = tar.extractfile(name)
    return reader.read() if reader else b""


def _layer(tar: tarfile.TarFile, name: str, digest: str, shelf: Shelf) -> Layer:
    """Raises ErgonError if its bytes are not those the image's configuration names."""
    target = shelf.layers / f"{digest.removeprefix('sha256:')}.tar"
    reader: Any = tar.extractfile(name)
    assert reader is not None
    if reader.peek(2)[:2] == b"\x1f\x8b":  # as engines with another store keep them
        reader = gzip.GzipFile(fileobj=reader)
    made, size = hashlib.sha256(), 0
    with drafted(target) as file:
        while block := reader.read(CHUNK):
            made.update(block)
            size += len(block)
            file.write(block)
        if f"sha256:{made.hexdigest()}" != digest:
            raise ErgonError(f"a layer of the base image is not what its name says: {digest}")
    return Layer(digest, size, target, "base")


def stacked(found: Sequence[Layer], config: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> Base:
    tree: Tree = {}
    for layer in found:
        tree = applied(tree, dict(layers.entries(layer.path)))
    return Base(tuple(found), tree, config, tuple(history))
