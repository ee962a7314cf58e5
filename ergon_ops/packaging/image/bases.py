"""What an image is built on: layers that are there already, and the tree they make."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Images
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image import layers, node_base
from ergon_ops.packaging.image.debs import root_of
from ergon_ops.packaging.image.elsewhere import fetch_debs, fetch_tarballs, lock_debs
from ergon_ops.packaging.image.entries import Tree, placed
from ergon_ops.packaging.image.identity import EPOCH, key
from ergon_ops.packaging.image.layers import Layer, drafted
from ergon_ops.packaging.image.locks import LockedBase
from ergon_ops.packaging.image.references import RegistryAway, RegistryRefused
from ergon_ops.packaging.image.shelf import Shelf, sha256_of

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PULL_S = 30.0
SAVE_S = 300.0
SYSTEM = ("busybox-static", "ca-certificates")
ZONES = "tzdata"  # as the official images have it: Python's zoneinfo has no zones of its own
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
    Recipe(f"{OFFICIAL}python:.*", "Debian's own Python", (*PYTHON, ZONES), ("python3-pip",), True),
    Recipe(f"{OFFICIAL}node:.*", "Debian's own Node", (*SYSTEM, ZONES, "nodejs"), ("npm",), True),
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
    from ergon_ops.packaging.image import image_bases

    found = await image_bases.of_engine(image, images, shelf, progress) if images else None
    if found is not None:
        return found, ""
    # A digest in the name leaves no choice: nothing else stands for it.
    recipe = next((item for item in RECIPES if "@" not in image and re.fullmatch(item.image, image)), None)
    try:
        return await image_bases.of_registry(image, progress), ""
    except (RegistryAway, RegistryRefused) as error:
        if recipe is None:
            raise type(error)(f"{image} cannot be pulled: {error.message}", next=error.next) from error
    if (version := node_base.version_of(image)) is not None:
        try:
            return await _node(image, version, shelf, progress, building=building)
        except ErgonError as error:
            progress(f"base: no Node {version}: {error.message}")
    wanted = (*recipe.packages, *(recipe.building if building else ()))
    debs = await lock_debs(wanted, shelf, progress, left_out=LEFT_OUT if recipe.applets else frozenset())
    said = f"on {recipe.what} ({len(debs)} Debian packages) instead of {image}, as no engine or registry gives it"
    return LockedBase(image, debs=debs, applets=recipe.applets), said


async def _node(
    image: str, version: int, shelf: Shelf, progress: Progress, *, building: bool
) -> tuple[LockedBase, str]:
    tarballs = await node_base.lock_node(version, shelf, progress, building=building)
    debs = await lock_debs((*SYSTEM, ZONES, *node_base.NEEDS), shelf, progress, left_out=LEFT_OUT)
    said = f"on Node {tarballs[0].version} as npm has it, instead of {image}, as no engine or registry gives it"
    return LockedBase(image, debs=debs, applets=True, node=tarballs), said


async def open_base(locked: LockedBase, *, images: Images | None, shelf: Shelf, progress: Progress) -> Base:
    """Its layers and tree, from the shelf if they are there. Raises ErgonError."""
    more = {"node": [item.sha256 for item in locked.node]} if locked.node else {}
    kept = shelf.step(key(base=locked.oci or [item.sha256 for item in locked.debs], applets=locked.applets, **more))
    if (found := _kept(kept)) is not None:
        files = (shelf.place(item) for item in (*locked.debs, *locked.node))
        shelf.used(kept, kept.with_suffix(".tree"), *(layer.path for layer in found.layers), *files)
        return found
    if not locked.oci and not locked.debs:
        return Base((), {})
    if locked.oci:
        from ergon_ops.packaging.image.image_bases import opened

        made = await opened(locked, images, shelf, progress)
    else:
        await fetch_debs(locked.debs, shelf, progress)
        await fetch_tarballs(locked.node, shelf, progress, doing="base")
        progress(f"base: unpacking {len(locked.debs)} Debian packages")
        made = await asyncio.to_thread(_unpacked, locked, shelf)
    await asyncio.to_thread(_keep, kept, made)
    return made


def _unpacked(locked: LockedBase, shelf: Shelf) -> Base:
    for item in (*locked.debs, *locked.node):
        if sha256_of(shelf.place(item)) != item.sha256:
            raise ErgonError(f"{shelf.place(item)} was changed", next="remove it; it is fetched again")
    tree = root_of([shelf.place(item) for item in locked.debs], applets=locked.applets)
    tree |= node_base.node_tree(locked.node, shelf)
    says = "Debian packages and Node" if locked.node else "Debian packages"
    layer, placed_tree = layers.stored(dict(sorted(tree.items())), shelf.layers, at=EPOCH, says=says)
    return Base((layer,), placed_tree, {"Env": [f"PATH={PATH}"]})


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
