"""The DeterministicPackager: a manifest's container → an archive, and the digests of all that it is."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis import Analysis, analyse
from ergon_ops.packaging.containers import plan_for
from ergon_ops.packaging.image import archive, locks
from ergon_ops.packaging.image.assembly import Executor, Materials, assemble
from ergon_ops.packaging.image.beat import Beat
from ergon_ops.packaging.image.configuration import Image
from ergon_ops.packaging.image.elsewhere import draft
from ergon_ops.packaging.image.identity import Inputs, platform, short
from ergon_ops.packaging.image.locking import Ready, Tools, make_ready, unpack
from ergon_ops.packaging.image.source import Source, read
from ergon_ops.packaging.plan import ImagePlan
from ergon_ops.refs import slug

if TYPE_CHECKING:
    from ergon_ops.packaging.containers import Described

SAYING = frozenset(
    """pyproject.toml Pipfile package.json package-lock.json npm-shrinkwrap.json requirements.txt setup.cfg Cargo.toml
    deno.json angular.json""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made: a container of the manifest at `path`, whose folder holds the sources. `relock` makes the
    lock anew; `through_engine` has every layer go through the engine as well."""

    manifest: Described
    path: Path
    container: str
    output: Path
    relock: bool = False
    through_engine: bool = False

    @property
    def root(self) -> Path:
        return self.path.resolve().parent


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is known before a layer is made."""

    plan: ImagePlan
    source: Source
    ready: Ready
    inputs: Inputs
    lock_path: Path
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """`tag` is `name:hash12`: the first digits of the input digest."""

    prepared: Prepared
    image: Image
    archive: Path
    archive_sha256: str
    tag: str
    executor: str
    took_s: float


def named(container: str, inputs: Inputs) -> str:
    return f"{slug(container) or 'image'}:{short(inputs.digest)}"


async def prepare(order: Order, tools: Tools) -> Prepared:
    """Reads the project, makes or checks the lock. Writes nothing into the project."""
    lock_path = locks.path_for(order.path.resolve())
    lock = None if order.relock else locks.read(lock_path, order.container)
    found = await asyncio.to_thread(analyse, order.root)
    _refuse_broken(found)
    plan = plan_for(order.manifest, order.container, found, order.path.resolve())
    context = order.root / plan.path
    source = await asyncio.to_thread(_source, order, plan, context, tools)
    ready = await make_ready(plan, context, lock, tools)
    inputs = Inputs(
        order.manifest.digest(),
        order.container,
        source.digest,
        ready.lock.digest,
        platform(),
        order.manifest.packaging.source_date_epoch,
    )
    return Prepared(plan, source, ready, inputs, lock_path, (*_faults(found), *plan.notes, *ready.said))


def _refuse_broken(found: Analysis) -> None:
    """A file that says what a program needs and cannot be understood: an image without it would not be what was meant.
    Raises UsageError that names each with its line."""
    broken = [str(fault) for fault in found.faults if fault.file.rsplit("/", 1)[-1] in SAYING]
    if broken:
        raise UsageError("; ".join(broken), next="correct it")


def _faults(found: Analysis) -> list[str]:
    return [str(fault) for fault in found.faults]


def _source(order: Order, plan: ImagePlan, context: Path, tools: Tools) -> Source:
    """What is written is no part of it, wherever that may be."""
    output = order.output.resolve()
    ignore = [f"/{output.relative_to(context)}"] if context in output.parents else []
    beat = Beat(tools.progress)
    return read(context, (*plan.ignore, *ignore), progress=lambda files, size: beat(f"sources: {files} files"))


async def build(
    order: Order, tools: Tools, executor: Executor | None = None, *, prepared: Prepared | None = None
) -> Built:
    """Raises ErgonError. What is written, the archive, is written whole or not at all."""
    began = time.monotonic()
    known = prepared or await prepare(order, tools)
    tag = named(order.container, known.inputs)
    if order.output.exists() and not order.output.is_dir():
        raise UsageError(f"{order.output} is no folder", next="name a folder for the archive")
    with draft(tools.shelf) as drafts:
        image = await assemble(known.plan, _materials(order, known, tools, executor, drafts))
        target = _target(order.output, tag, image)
        beat = Beat(tools.progress)
        written = await asyncio.to_thread(
            archive.write,
            image,
            target,
            tag=tag,
            epoch=known.inputs.epoch,
            told=lambda done, total: beat(f"archive: {done / 1e6:.0f} of {total / 1e6:.0f} MB"),
        )
    kind = "docker" if executor is not None and (order.through_engine or _runs(known.plan)) else "none"
    return Built(known, image, target, written, tag, kind, time.monotonic() - began)


def _target(output: Path, tag: str, image: Image) -> Path:
    """Another image of the same inputs, if one is there, is evidence: it stays, and this one gets a name of its own."""
    usual = output / f"{tag.replace(':', '-')}{archive.ENDING}"
    if archive.image_digest(usual) in ("", image.digest):
        return usual
    return output / f"{tag.replace(':', '-')}.{short(image.digest)}{archive.ENDING}"


def _runs(plan: ImagePlan) -> bool:
    return any(type(step).__name__ == "Run" for _, step in plan.steps())


def _materials(order: Order, known: Prepared, tools: Tools, executor: Executor | None, drafts: Path) -> Materials:
    beat = Beat(tools.progress)
    return Materials(
        known.source.files,
        known.ready.bases,
        known.ready.packages,
        unpack(tools.shelf),
        tools.shelf,
        drafts,
        known.inputs.platform,
        known.inputs.epoch,
        executor,
        tools.progress,
        order.through_engine,
        lambda says, size: beat(f"{says}: {size / 1e6:.0f} MB"),
    )
