"""What an image is built on: layers that are there already, and the tree they make."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
import re
import tarfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Images
from ergon_ops.errors import EngineConflict, EngineError, ErgonError
from ergon_ops.packaging.image import layers
from ergon_ops.packaging.image.beat import Beat
from ergon_ops.packaging.image.debs import root_of
from ergon_ops.packaging.image.elsewhere import draft, fetch_debs, lock_debs
from ergon_ops.packaging.image.entries import CHUNK, Tree, applied, placed
from ergon_ops.packaging.image.identity import EPOCH, key, platform
from ergon_ops.packaging.image.layers import Layer, drafted
from ergon_ops.packaging.image.locks import LockedBase
from ergon_ops.packaging.image.references import RegistryAway, RegistryRefused, parse
from ergon_ops.packaging.image.shelf import Shelf, sha256_of

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PULL_S = 30.0
SAVE_S = 300.0
SYSTEM = ("busybox-static", "ca-certificates")
# What packages name and no program of ours runs: tools that busybox stands for, and what only installing needs.
LEFT_OUT = frozenset(
    """coreutils dash debconf debianutils dpkg gcc-12-base libacl1 libattr1 libgmp10 libmd0 libpcre2-8-0 libselinux1
    openssl readline-common tar""".split()  # noqa: SIM905
)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Debian packages that stand for images of some name; `building` come on top where commands run in it. `applets`:
    busybox stands for the usual tools."""

    image: str
    what: str
    packages: tuple[str, ...]
    building: tuple[str, ...] = ()
    applets: bool = False


PYTHON = (*SYSTEM, "python3", "python-is-python3")
OFFICIAL = r"(?:docker\.io/)?(?:library/)?"
RECIPES = (
    Recipe(
        f"{OFFICIAL}python:.*", "Debian's own Python", (*SYSTEM, "python3", "python-is-python3"), ("python3-pip",), True
    ),
    Recipe(f"{OFFICIAL}node:.*", "Debian's own Node", (*SYSTEM, "nodejs"), ("npm",), True),
    Recipe(f"{OFFICIAL}(?:busybox|alpine)\\b.*", "Debian's busybox", ("busybox-static",), (), True),
    Recipe(f"{OFFICIAL}debian\\b.*", "a small Debian", (*SYSTEM, "bash"), (), True),
)


@dataclass(frozen=True, slots=True)
class Base:
    """`config` is what its own image says (environment, user …): empty of one out of packages but for PATH."""

    layers: tuple[Layer, ...]
    tree: Tree
    config: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def python(self) -> tuple[str, str]:
        """Path and version (`3.11`) of the Python in it. Raises ErgonError if there is none."""
        for folder in ("usr/local/bin", "usr/bin"):
            for path in sorted(self.tree, reverse=True) if f"{folder}/python3" in self.tree else ():
                if found := re.fullmatch(rf"{folder}/python(3\.\d+)", path):
                    return f"/{folder}/python3", found[1]
        raise ErgonError("there is no Python in the base image", next="name one that has it as base_image")

    def holds(self, path: str) -> bool:
        return placed(self.tree, path.strip("/")) in self.tree


async def lock_base(
    image: str, *, building: bool, images: Images | None, shelf: Shelf, progress: Progress
) -> tuple[LockedBase, str]:
    """The image if the engine has it or a registry gives it (to the engine, or to us), else Debian packages, and then a
    sentence that says so. Raises ErgonError where neither is to be had."""
    if image == "scratch":
        return LockedBase(image), ""
    found = await _from_engine(image, images, progress) if images else None
    if found is not None:
        return found, ""
    recipe = next((item for item in RECIPES if re.fullmatch(item.image, image)), None)
    try:
        return await _from_registry(image, progress), ""
    except (RegistryAway, RegistryRefused) as error:
        if recipe is None:
            raise type(error)(f"{image} cannot be pulled: {error.message}", next=error.next) from error
    wanted = (*recipe.packages, *(recipe.building if building else ()))
    debs = await lock_debs(wanted, shelf, progress, left_out=LEFT_OUT if recipe.applets else frozenset())
    said = f"on {recipe.what} ({len(debs)} Debian packages) instead of {image}, as no engine or registry gives it"
    return LockedBase(image, debs=debs, applets=recipe.applets), said


async def _from_engine(image: str, images: Images, progress: Progress) -> LockedBase | None:
    try:
        id = await images.image_id(image)
        if id is None:
            progress(f"base: pulling {image}")
            await images.pull(image, progress=lambda line: None, deadline_s=PULL_S)
            id = await images.image_id(image)
    except ErgonError:  # no engine, no registry, or it has no such image
        return None
    return LockedBase(image, id, await images.image_reference(image) or image) if id else None


async def _from_registry(image: str, progress: Progress) -> LockedBase:
    from ergon_ops.packaging.image.pulling import look

    about = parse(image)
    progress(f"base: asking {about.host} for {image}")
    found = await asyncio.to_thread(look, about, platform())
    return LockedBase(image, found.config_digest, found.name)


async def open_base(locked: LockedBase, *, images: Images | None, shelf: Shelf, progress: Progress) -> Base:
    """Its layers and tree, from the shelf if they are there. Raises ErgonError."""
    kept = shelf.step(key(base=locked.oci or [item.sha256 for item in locked.debs], applets=locked.applets))
    if (found := _kept(kept)) is not None:
        debs = (shelf.place(item) for item in locked.debs)
        shelf.used(kept, kept.with_suffix(".tree"), *(layer.path for layer in found.layers), *debs)
        return found
    if not locked.oci and not locked.debs:
        return Base((), {})
    if locked.oci:
        made = await _image(locked, images, shelf, progress)
    else:
        await fetch_debs(locked.debs, shelf, progress)
        progress(f"base: unpacking {len(locked.debs)} Debian packages")
        made = await asyncio.to_thread(_unpacked, locked, shelf)
    await asyncio.to_thread(_keep, kept, made)
    return made


def _unpacked(locked: LockedBase, shelf: Shelf) -> Base:
    for item in locked.debs:
        if sha256_of(shelf.place(item)) != item.sha256:
            raise ErgonError(f"{shelf.place(item)} was changed", next="remove it; it is fetched again")
    tree = root_of([shelf.place(item) for item in locked.debs], applets=locked.applets)
    layer, placed_tree = layers.stored(tree, shelf.layers, at=EPOCH, says="Debian packages")
    return Base((layer,), placed_tree, {"Env": [f"PATH={PATH}"]})


def _base(found: Sequence[Layer], config: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> Base:
    tree: Tree = {}
    for layer in found:
        tree = applied(tree, dict(layers.entries(layer.path)))
    return Base(tuple(found), tree, config, tuple(history))


async def _image(locked: LockedBase, images: Images | None, shelf: Shelf, progress: Progress) -> Base:
    """An image byte for byte: as the engine has it, else from its registry, without an engine or with one. Raises
    ErgonError if it is not the one that was locked."""
    name = await _name_in_engine(locked, images) if images else ""
    if images is None or not name:
        try:
            return await _pulled(locked, shelf, progress)
        except (RegistryAway, RegistryRefused) as error:
            name = await _pulled_by_engine(locked, images, progress, error)
    assert images is not None
    progress(f"base: reading {locked.image}")
    with draft(shelf) as folder:
        await images.save(name, folder / "image.tar", deadline_s=SAVE_S)
        return await asyncio.to_thread(_of_archive, folder / "image.tar", locked, shelf)


async def _name_in_engine(locked: LockedBase, images: Images) -> str:
    """'' where it has no such image, or does not answer."""
    with contextlib.suppress(EngineError):
        for name in (locked.oci, locked.reference):
            if await images.image_id(name) == locked.oci:
                return name
    return ""


async def _pulled_by_engine(locked: LockedBase, images: Images | None, progress: Progress, refused: ErgonError) -> str:
    """It may be logged in, or know another way. Where it does not answer, what the registry said is the reason."""
    try:
        if images is None:
            raise EngineError("there is no engine")
        progress(f"base: pulling {locked.reference}")
        await images.pull(locked.reference, progress=lambda line: None, deadline_s=SAVE_S)
        if await images.image_id(locked.reference) == locked.oci:
            return locked.reference
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
        return await asyncio.to_thread(_base, layers, config.get("config") or {}, config.get("history") or ())
    finally:
        stop.set()


def _of_archive(archive: Path, locked: LockedBase, shelf: Shelf) -> Base:
    with tarfile.open(archive) as tar:
        said = json.loads(_member(tar, "manifest.json"))[0]
        text = _member(tar, said["Config"])
        if f"sha256:{hashlib.sha256(text).hexdigest()}" != locked.oci:
            raise EngineError(f"the engine saved another image than {locked.oci}")
        config = json.loads(text)
        found = []
        for name, digest in zip(said["Layers"], config["rootfs"]["diff_ids"], strict=True):
            found.append(_layer(tar, name, digest, shelf))
    history = tuple(row for row in config.get("history") or ())
    return _base(found, config.get("config") or {}, history)


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


def _keep(kept: Path, made: Base) -> None:
    layers.save_index(made.tree, kept.with_suffix(".tree"))
    rows = [[layer.digest, layer.size, str(layer.path), layer.says] for layer in made.layers]
    with drafted(kept) as file:
        body = {"layers": rows, "config": made.config, "history": list(made.history)}
        file.write(json.dumps(body, ensure_ascii=False).encode())


def _kept(kept: Path) -> Base | None:
    """None where nothing is kept, or not whole any more."""
    try:
        body = json.loads(kept.read_bytes())
        found = tuple(Layer(row[0], row[1], Path(row[2]), row[3]) for row in body["layers"])
        if any(layer.path.stat().st_size != layer.size for layer in found):
            return None
        return Base(found, layers.load_index(kept.with_suffix(".tree")), body["config"], tuple(body["history"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
