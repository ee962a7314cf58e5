"""Removes exactly what `up` made, known by its labels, last made first."""

from __future__ import annotations

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Progress, Reads, Writes
from ergon_ops.errors import EngineConflict
from ergon_ops.stack.plan import PROJECT_LABEL
from ergon_ops.stack.up import remove


@dataclass(frozen=True, slots=True)
class Removed:
    """Names; `kept` are volumes that hold data and networks that others still use."""

    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    kept: tuple[str, ...]


async def down(project: str, *, reads: Reads, writes: Writes, progress: Progress, volumes: bool = False) -> Removed:
    """`volumes`: named volumes too. Data is only removed where that was asked for."""
    label = f"{PROJECT_LABEL}={project}"
    ours = [container for container in await reads.containers() if container.labels.get(PROJECT_LABEL) == project]
    # Whatever was made later may depend on what was made earlier.
    ours.sort(key=lambda container: container.created_at, reverse=True)
    for container in ours:
        progress(f"{container.ref.name}: removing")
        await remove(container, writes=writes)
    kept: list[str] = []
    networks = [name for name in await writes.networks(label=label) if await _removed_network(name, writes, kept)]
    named = await writes.volumes(label=label)
    for name in named if volumes else ():
        progress(f"volume {name}: removing")
        await writes.remove_volume(name)
    if not volumes:
        kept.extend(named)
    return Removed(
        containers=tuple(container.ref.name for container in ours),
        networks=tuple(networks),
        volumes=tuple(named) if volumes else (),
        kept=tuple(kept),
    )


async def _removed_network(name: str, writes: Writes, kept: list[str]) -> bool:
    try:
        await writes.remove_network(name)
    except EngineConflict:
        # Somebody connected a container of theirs.
        kept.append(name)
        return False
    return True
