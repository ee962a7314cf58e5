"""A plan, its sources and its lock → the layers and the configuration of an image."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.packaging.image import layers
from ergon_ops.packaging.image.bases import Base
from ergon_ops.packaging.image.configuration import Image, base_history, configuration, described, moment
from ergon_ops.packaging.image.entries import Changes, Entry, Tree, applied, changed, cleaned, folder
from ergon_ops.packaging.image.identity import key
from ergon_ops.packaging.image.layers import Layer
from ergon_ops.packaging.image.locks import LockedPackages
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.source import folders_of
from ergon_ops.packaging.plan import Config, Copy, ImagePlan, Run, Stage, Step, Unpack

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """An image half made. What an executor leaves in `drafts` lasts as long as the build."""

    layers: Sequence[Layer]
    config: Mapping[str, Any]
    tree: Tree
    drafts: Path


class Executor(Protocol):
    """What a change comes to on what is there; an error says which command failed."""

    async def run(self, step: Run, ground: Ground) -> Changes: ...
    async def apply(self, layer: Layer, ground: Ground) -> Changes:
        """What a layer comes to when an engine puts it on the others."""
        ...


@dataclass(frozen=True, slots=True)
class Materials:
    """Everything a plan is carried out with. `unpacked` makes the files of one `Unpack` on a base;
    `told` hears of bytes while a layer is written."""

    source: Tree
    bases: Mapping[str, Base]
    packages: Mapping[Unpack, LockedPackages]
    unpacked: Callable[[Unpack, LockedPackages, Base], Tree]
    shelf: Shelf
    drafts: Path
    platform: str
    epoch: int
    executor: Executor | None = None
    progress: Progress = lambda line: None
    through_engine: bool = False
    told: Callable[[str, int], None] = lambda says, size: None


@dataclass(slots=True)
class _State:
    """One stage while it grows."""

    base: Base
    tree: Tree
    layers: list[Layer]
    history: list[dict[str, Any]] = field(default_factory=list)
    own: dict[str, Entry | None] = field(default_factory=dict)


async def assemble(plan: ImagePlan, materials: Materials) -> Image:
    """Raises ErgonError."""
    done: dict[str, _State] = {}
    total, number = sum(len(stage.steps) for stage in plan.stages), 0
    for stage in plan.stages:
        state = _begun(stage, done, materials)
        for step in stage.steps:
            number += 1
            said = await _step(step, state, done, plan, materials)
            if said:
                materials.progress(f"[{number}/{total}] {said}")
        done[stage.name] = state
    final = done[plan.final.name]
    return _finished(plan.config, final, materials)


def _begun(stage: Stage, done: Mapping[str, _State], materials: Materials) -> _State:
    if stage.base in done:
        other = done[stage.base]
        return _State(other.base, dict(other.tree), list(other.layers), list(other.history), dict(other.own))
    base = materials.bases[stage.base]
    return _State(base, base.tree, list(base.layers))


async def _step(step: Step, state: _State, done: Mapping[str, _State], plan: ImagePlan, materials: Materials) -> str:
    match step:
        case Copy():
            wanted = copied(step, materials.source, done)
            return await _add(f"copy {' '.join(step.sources)} to {step.target}", wanted, state, materials)
        case Unpack():
            return await _unpack(step, state, materials)
        case Run():
            return await _run(step, state, materials)
        case Config():
            there = {cleaned(step.folder): folder()} if cleaned(step.folder) else {}
            missing = {path: entry for path, entry in there.items() if path not in state.tree}
            return await _add(f"folder {step.folder}", missing, state, materials) if missing else ""


async def _add(says: str, wanted: Changes, state: _State, materials: Materials) -> str:
    layer = changed(state.tree, wanted)
    if not layer:
        return says
    told = partial(materials.told, says)
    made = await asyncio.to_thread(layers.store, layer, materials.drafts, at=materials.epoch, says=says, told=told)
    if materials.through_engine and materials.executor is not None:
        seen = await materials.executor.apply(made, _ground(state, materials))
        made = await asyncio.to_thread(layers.store, seen, materials.drafts, at=materials.epoch, says=says)
        layer = dict(seen)
    _put(state, made, layer, materials)
    return f"{says}: {_amount(layer)}"


def _put(state: _State, made: Layer, layer: Changes, materials: Materials) -> None:
    state.tree = applied(state.tree, layer)
    state.layers.append(made)
    state.own.update(layer)
    state.history.append({"created": moment(materials.epoch), "created_by": f"ergon-ops: {made.says}"})


def _ground(state: _State, materials: Materials) -> Ground:
    return Ground(tuple(state.layers), state.base.config, state.tree, materials.drafts)


def _amount(layer: Changes) -> str:
    files = [entry for entry in layer.values() if entry is not None and entry.kind == "file"]
    return f"{len(files)} files, {sum(entry.size for entry in files) / 1e6:.1f} MB"


# -- steps


def copied(step: Copy, source: Tree, done: Mapping[str, _State]) -> Tree:
    """As Docker's COPY: of a folder its content. Raises UsageError for what is not there."""
    tree = done[step.stage].tree if step.stage else folders_of(source)
    made: Tree = {}
    target = cleaned(step.target)
    for name in step.sources:
        inner = cleaned(name)
        found = tree.get(inner)
        if inner and found is None:
            step_next = "is it left out by .dockerignore?" if not step.stage else "the build makes something else"
            raise UsageError(f"{name} is not there to be copied", next=step_next)
        if found is not None and found.kind != "folder":
            last = f"{target}/{inner.rsplit('/', 1)[-1]}".strip("/") if step.target.endswith("/") else target
            made[last] = _owned(found)
            continue
        prefix = f"{inner}/" if inner else ""
        made |= {target: folder()} if target else {}
        made |= {
            f"{target}/{path.removeprefix(prefix)}".strip("/"): _owned(entry)
            for path, entry in tree.items()
            if path.startswith(prefix) and path != inner
        }
    return made


def _owned(entry: Entry) -> Entry:
    """COPY gives everything to root."""
    if (entry.uid, entry.gid) == (0, 0):
        return entry
    fields = (entry.target, entry.sha256, entry.size, entry.capability, entry.device, entry.content)
    return Entry(entry.kind, entry.mode, 0, 0, *fields)


async def _unpack(step: Unpack, state: _State, materials: Materials) -> str:
    """The layer of a lock's files is kept: it is the slow part, and changes seldom."""
    locked = materials.packages[step]
    says = f"dependencies to {step.target}"
    marks = {"target": step.target, "files": [item.sha256 for item in locked.files], "places": dict(locked.places)}
    about = {"requested": list(locked.requested), "base": [layer.digest for layer in state.layers]}
    kept = materials.shelf.step(key(unpack=step.manager, epoch=materials.epoch, **marks, **about))
    found = None if materials.through_engine else _kept(kept, says)
    if found is None:
        wanted = await asyncio.to_thread(materials.unpacked, step, locked, state.base)
        layer = changed(state.tree, wanted)
        if materials.through_engine:
            return await _add(says, layer, state, materials)
        made, tree = await asyncio.to_thread(
            layers.stored, layer, materials.shelf.layers, at=materials.epoch, says=says
        )
        await asyncio.to_thread(_keep, kept, made, tree)
        found = _kept(kept, says)
        assert found is not None
    made, tree = found
    materials.shelf.used(kept, kept.with_suffix(".tree"), made.path)
    _put(state, made, tree, materials)
    return f"{says}: {len(locked.files)} packages, {_amount(tree)}"


def _keep(kept: Path, made: Layer, tree: Tree) -> None:
    layers.save_index(tree, kept.with_suffix(".tree"))
    with layers.drafted(kept) as file:
        file.write(json.dumps([made.digest, made.size, str(made.path)]).encode())


def _kept(kept: Path, says: str) -> tuple[Layer, Tree] | None:
    try:
        digest, size, path = json.loads(kept.read_bytes())
        if Path(path).stat().st_size != size:
            return None
        return Layer(digest, size, Path(path), says), layers.load_index(kept.with_suffix(".tree"))
    except (OSError, ValueError, TypeError):
        return None


async def _run(step: Run, state: _State, materials: Materials) -> str:
    said = " && ".join(" ".join(words) for words in step.commands)
    if materials.executor is None:
        raise ErgonError(f"`{said}` has to run to make this image", next="start Docker: it runs in a container")
    materials.progress(f"running {said}")
    wanted = await materials.executor.run(step, _ground(state, materials))
    layer = dict(sorted(wanted.items()))
    if not layer:
        return said
    made = await asyncio.to_thread(layers.store, layer, materials.drafts, at=materials.epoch, says=f"run {said}")
    _put(state, made, layer, materials)
    return f"{said}: {_amount(layer)}"


def _finished(config: Config, state: _State, materials: Materials) -> Image:
    history = [*base_history(state.base, materials.epoch), *state.history]
    said = configuration(config, state.base.config)
    made = described(said, state.layers, history, materials.platform, materials.epoch)
    return replace(made, own=dict(sorted(state.own.items())))
