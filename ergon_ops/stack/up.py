"""Starts what a plan describes, waiting for health at each step. Run again it changes nothing that is as planned."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, ContainerSpec, Images, LogQuery, Progress, Reads, Writes
from ergon_ops.errors import EngineConflict, ErgonError
from ergon_ops.stack.base_image import CONTENT_LABEL
from ergon_ops.stack.plan import CONTAINER_LABEL, IMAGE_LABEL, MANIFEST_LABEL, PROJECT_LABEL, Plan

READY_S = 90.0
POLL_S = 0.25
SETTLE_S = 1.0  # a program that fails at its start has usually done so by then
STOP_S = 10
TELLING_LABELS = (MANIFEST_LABEL, CONTAINER_LABEL, CONTENT_LABEL, IMAGE_LABEL)


@dataclass(frozen=True, slots=True)
class Engine:
    """The three hands of one host that starting a stack takes."""

    reads: Reads
    writes: Writes
    images: Images


@dataclass(frozen=True, slots=True)
class Started:
    """Container names: those made or started now, and those that were already as planned."""

    started: tuple[str, ...]
    unchanged: tuple[str, ...]


async def up(plan: Plan, *, engine: Engine, progress: Progress, ready_s: float = READY_S) -> Started:
    """Raises EngineConflict if a name belongs to somebody else, ErgonError if a container does not become ready."""
    present = {container.ref.name: container for container in await engine.reads.containers()}
    _refuse_foreign_names(plan, present)
    for key, need in plan.elsewhere:
        if (there := present.get(need)) is None or there.state != "running":
            does = "is not there" if there is None else "does not run"
            progress(f"{key} depends on {need}, which is no container of the manifest and {does}: nobody waits for it")
    await _ensure_images(plan.specs, engine=engine, progress=progress)
    await _ensure_networks_and_volumes(plan, writes=engine.writes, progress=progress)
    started: list[str] = []
    unchanged: list[str] = []
    for step in plan.steps:
        for spec in step:
            changed = await _ensure_running(spec, present.get(spec.name), engine=engine, progress=progress)
            (started if changed else unchanged).append(spec.name)
        for spec in step:
            await _wait_until_ready(spec.name, reads=engine.reads, progress=progress, ready_s=ready_s)
    return Started(tuple(started), tuple(unchanged))


def _refuse_foreign_names(plan: Plan, present: Mapping[str, Container]) -> None:
    """Before anything is made: half a stack beside somebody else's container helps nobody."""
    for spec in plan.specs:
        container = present.get(spec.name)
        if container is not None and container.labels.get(PROJECT_LABEL) != plan.project:
            raise EngineConflict(
                f"a container named {spec.name} is there already and is not part of {plan.project}",
                next=f"rename or remove it (docker rm {spec.name}), then try again",
            )


async def _ensure_images(specs: Sequence[ContainerSpec], *, engine: Engine, progress: Progress) -> None:
    for image in dict.fromkeys(spec.image for spec in specs):
        if await engine.images.image_labels(image) is None:
            progress(f"pulling {image}")
            await engine.images.pull(image, progress=progress)


async def _ensure_networks_and_volumes(plan: Plan, *, writes: Writes, progress: Progress) -> None:
    label = f"{PROJECT_LABEL}={plan.project}"
    networks, volumes = await writes.networks(label=label), await writes.volumes(label=label)
    for name in plan.networks:
        if name not in networks:
            await _create_network(name, plan, writes=writes, progress=progress)
    for name in plan.volumes:
        if name not in volumes:
            await writes.create_volume(name, labels=plan.labels)


async def _create_network(name: str, plan: Plan, *, writes: Writes, progress: Progress) -> None:
    try:
        await writes.create_network(name, labels=plan.labels)
    except EngineConflict as error:
        if "already exists" not in error.message:
            raise
        # Shared with another project or made by hand: used, and never removed by us.
        progress(f"network {name} is there already: using it")


async def _ensure_running(
    spec: ContainerSpec, container: Container | None, *, engine: Engine, progress: Progress
) -> bool:
    """Whether anything had to be done."""
    if container is not None and await _as_planned(spec, container, images=engine.images):
        if container.running:
            return False
        progress(f"{spec.name}: starting again")
        await engine.writes.start(container.id)
        return True
    if container is not None:
        progress(f"{spec.name}: replacing, the manifest or its image changed")
        await remove(container, writes=engine.writes)
    else:
        progress(f"{spec.name}: starting")
    await engine.writes.start(await engine.writes.create(spec))
    return True


async def _as_planned(spec: ContainerSpec, container: Container, *, images: Images) -> bool:
    image = await images.image_labels(spec.image) or {}
    # A container inherits its image's labels: another content means that the image was made again since.
    wanted = {**spec.labels, CONTENT_LABEL: image.get(CONTENT_LABEL)}
    return all(container.labels.get(label) == wanted.get(label) for label in TELLING_LABELS)


async def remove(container: Container, *, writes: Writes) -> None:
    """Stopped in its own way first; the anonymous volumes it brought along go with it."""
    if container.state == "paused":
        await writes.unpause(container.id)
    if container.running:
        await writes.stop(container.id, timeout_s=STOP_S)
    await writes.remove(container.id, force=True, volumes=True)


async def _wait_until_ready(name: str, *, reads: Reads, progress: Progress, ready_s: float) -> None:
    began = time.monotonic()
    while time.monotonic() - began < ready_s:
        container = next((found for found in await reads.containers() if found.ref.name == name), None)
        if container is None:
            raise ErgonError(f"{name} vanished while it was starting", next="try again")
        if container.state in ("exited", "dead", "created") and container.exit_code != 0:
            raise await _not_ready(container, f"ended with exit code {container.exit_code}", reads=reads)
        if container.state == "restarting" or container.health == "unhealthy":
            raise await _not_ready(container, container.status, reads=reads)
        waited = time.monotonic() - began
        if container.health == "healthy" or (container.health == "none" and _settled(container, waited)):
            progress(f"{name}: {'healthy' if container.health == 'healthy' else container.state} after {waited:.1f} s")
            return
        await asyncio.sleep(POLL_S)
    raise ErgonError(f"{name} is not ready after {ready_s:.0f} s", next=f'ergon-ops ask {name} "what is wrong?"')


def _settled(container: Container, waited_s: float) -> bool:
    """Without a healthcheck: it ran for a moment, or did its work and left."""
    return waited_s >= SETTLE_S or time.time() - container.created_at > SETTLE_S * 10 or container.state == "exited"


async def _not_ready(container: Container, what: str, *, reads: Reads) -> ErgonError:
    logs = await reads.logs(container.ref, LogQuery(tail=1))
    last = f": {logs.lines[-1].text[:200]}" if logs.lines else ""
    if container.health == "unhealthy":
        found = await reads.read(container.ref, ["state"])
        said = next((str(row.value).strip() for row in found if row.name == "health_output" and row.value), "")
        last += f"; its healthcheck says: {' '.join(said.split())[:200]}" if said else ""
    name = container.ref.name
    return ErgonError(f"{name} did not start, {what}{last}", next=f'ergon-ops ask {name} "what is wrong?"')
