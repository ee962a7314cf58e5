"""A lock for a plan: kept while it fits, made where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Images
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.packaging.image.bases import Base, lock_base, open_base
from ergon_ops.packaging.image.elsewhere import fetch_tarballs, fetch_wheels, lock_wheels
from ergon_ops.packaging.image.entries import Tree, cleaned
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Lock, LockedBase, LockedPackages
from ergon_ops.packaging.image.modules import lock_modules, modules
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.wheels import unpacked
from ergon_ops.packaging.image.wishes import Wishes, wishes
from ergon_ops.packaging.plan import ImagePlan, Run, Stage, Unpack

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What locking and building work with. `images` None: without an engine."""

    shelf: Shelf
    images: Images | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class Ready:
    """A lock and all that it names, here. `said` are sentences about a lock that was made now."""

    lock: Lock
    bases: Mapping[str, Base]
    packages: Mapping[Unpack, LockedPackages]
    made: bool = False
    said: tuple[str, ...] = ()


async def make_ready(plan: ImagePlan, context: Path, lock: Lock | None, tools: Tools) -> Ready:
    """Raises UsageError where the lock is not of this plan, ErgonError where something cannot be had."""
    asked = {step: wishes(step, context) for _, step in plan.steps() if isinstance(step, Unpack)}
    if lock is None:
        return await _locked(plan, context, asked, tools)
    _fits(plan, lock, asked)
    bases = {base: await _opened(lock.base(base), tools) for base in plan.bases}
    packages: dict[Unpack, LockedPackages] = {}
    for step, wish in asked.items():
        row = lock.wanted(wish.digest)
        assert row is not None
        await _fetched(row, tools)
        packages[step] = row
    return Ready(lock, bases, packages)


def _fits(plan: ImagePlan, lock: Lock, asked: Mapping[Unpack, Wishes]) -> None:
    again = "lock anew, and look at what changes: --lock"
    if lock.platform != platform():
        raise UsageError(f"the lock is of {lock.platform}, this is {platform()}", next=again)
    for base in plan.bases:
        if lock.base(base) is None:
            raise UsageError(f"the lock does not know {base}", next=again)
    for step, wish in asked.items():
        if lock.wanted(wish.digest) is None:
            names = ", ".join(step.files) or "the dependencies"
            raise UsageError(f"{names} changed since the lock was made", next=again)


async def _locked(plan: ImagePlan, context: Path, asked: Mapping[Unpack, Wishes], tools: Tools) -> Ready:
    said, rows, bases = [], list[LockedBase](), dict[str, Base]()
    for image in plan.bases:
        building = any(isinstance(step, Run) for stage in plan.stages if stage.base == image for step in stage.steps)
        row, why = await lock_base(
            image, building=building, images=tools.images, shelf=tools.shelf, progress=tools.progress
        )
        said += [why] if why else []
        rows.append(row)
        bases[image] = await _opened(row, tools)
    packages = {
        step: await _resolved(step, wish, context, _base_of(plan, step, bases), tools) for step, wish in asked.items()
    }
    distinct = {row.wanted: row for row in packages.values()}
    return Ready(Lock(platform(), tuple(rows), tuple(distinct.values())), bases, packages, True, tuple(said))


def _base_of(plan: ImagePlan, step: Unpack, bases: Mapping[str, Base]) -> Base:
    by_name: dict[str, Stage] = {stage.name: stage for stage in plan.stages}
    stage = next(stage for stage in plan.stages if step in stage.steps)
    while stage.base in by_name:
        stage = by_name[stage.base]
    return bases[stage.base]


async def _opened(row: LockedBase | None, tools: Tools) -> Base:
    assert row is not None
    return await open_base(row, images=tools.images, shelf=tools.shelf, progress=tools.progress)


async def _resolved(step: Unpack, wish: Wishes, context: Path, base: Base, tools: Tools) -> LockedPackages:
    if step.manager == "pip":
        _, python = base.python
        if not wish.words:
            return LockedPackages("pip", wish.digest, python)
        files = await lock_wheels(python, wish.words, wish.constraints, context, tools.shelf, tools.progress)
        return LockedPackages("pip", wish.digest, python, wish.requested, files)
    return await lock_modules(step, wish.digest, context, tools.shelf, tools.progress)


async def _fetched(row: LockedPackages, tools: Tools) -> None:
    if row.manager == "pip":
        await fetch_wheels(row.files, row.python, tools.shelf, tools.progress)
    else:
        await fetch_tarballs(row.files, tools.shelf, tools.progress)


def unpack(shelf: Shelf) -> Callable[[Unpack, LockedPackages, Base], Tree]:
    """The files of one `Unpack`, out of what is on the shelf."""

    def made(step: Unpack, row: LockedPackages, base: Base) -> Tree:
        if step.manager != "pip":
            return modules(step, row, shelf)
        if not row.files:
            return {}
        interpreter, python = base.python
        if python != row.python:
            raise ErgonError(f"the lock is for Python {row.python}, the base has {python}", next="lock anew: --lock")
        paths = [shelf.place(item) for item in row.files]
        return unpacked(paths, cleaned(step.target), interpreter=interpreter, requested=row.requested)

    return made
