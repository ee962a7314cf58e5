"""The hands on an engine: `Writes` changes containers (changes, stack), `Images` makes images (packaging, stack)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.spec import ContainerSpec

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Which container answers to an id or a name, and its state, at one moment."""

    id: str
    name: str
    state: str

    @property
    def active(self) -> bool:
        return self.state in ("running", "paused", "restarting")


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` as the service writes it. `ours`: it was set the way we set it, so taking it back means writing the
    former value, not removing it. `restart`: a new value holds from the service's next start on."""

    value: str
    ours: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Transformation:
    """A container of `image` without network: the tar `files` is put into it, then `command` runs (none: nothing
    does). As root, in `folder`, with exactly this environment and what the image has."""

    image: str
    command: tuple[str, ...] = ()
    folder: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


class Writes(Protocol):
    """The only hands that change something. Each verb is one engine call, total deadline included."""

    async def restart(self, container_id: str, *, timeout_s: int) -> None: ...
    async def start(self, container_id: str) -> None: ...
    async def stop(self, container_id: str, *, timeout_s: int) -> None: ...
    async def pause(self, container_id: str) -> None: ...
    async def unpause(self, container_id: str) -> None: ...
    async def update(self, container_id: str, changes: Mapping[str, Any]) -> None:
        """`changes` in the Engine's own words: Memory MemorySwap NanoCpus CpuShares CpusetCpus PidsLimit
        CpuQuota CpuPeriod RestartPolicy{Name, MaximumRetryCount}; null, 0 and -1 lift a limit where the Engine can."""
        ...

    async def limits(self, container_id: str) -> Mapping[str, Any]:
        """What `update` can change, as it is, in the same words (those of `LIMITS`, all of them)."""
        ...

    async def standing(self, container: str) -> Standing | None:
        """Who answers to that id or name now; None if nobody does."""
        ...

    async def rename(self, container_id: str, name: str) -> None: ...
    async def connect(self, container_id: str, network: str, *, aliases: Sequence[str]) -> None: ...
    async def disconnect(self, container_id: str, network: str) -> None: ...
    async def obstacles(self, container_id: str) -> tuple[str, ...]:
        """Why it cannot be made anew, each as the end of a sentence about it."""
        ...

    async def clone(self, container_id: str, name: str, patch: Mapping[str, Any]) -> str:
        """A second container of that name, not started, like the first in everything but `patch` (its shape:
        `recreation.py`); its id. Its raw configuration, which holds secrets, stays inside the engine layer."""
        ...

    async def read_setting(self, container_id: str, service: str, setting: str) -> Setting:
        """What the service inside says. Raises UsageError for a setting that is not in the table of `appsettings.py`,
        EngineConflict with what the service said when it cannot be asked."""
        ...

    async def write_setting(
        self, container_id: str, service: str, setting: str, value: str | None, *, persist: bool
    ) -> None:
        """None takes the setting back to what it is without us."""
        ...

    async def create(self, spec: ContainerSpec) -> str: ...
    async def remove(self, container_id: str, *, force: bool = False, volumes: bool = False) -> None: ...
    async def create_network(self, name: str, *, labels: Mapping[str, str]) -> str: ...
    async def remove_network(self, name: str) -> None: ...
    async def networks(self, *, label: str) -> tuple[str, ...]: ...
    async def remove_volume(self, name: str) -> None: ...
    async def create_volume(self, name: str, *, labels: Mapping[str, str]) -> str: ...
    async def volumes(self, *, label: str) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class ListedImage:
    """`labels` are ours alone; `tags` () for one that nothing names; `parent` the id of what its last step began on."""

    id: str
    parent: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    created_at: float


class Images(Protocol):
    async def image_labels(self, tag: str) -> Mapping[str, str] | None:
        """The labels of a local image, or None if there is none of that tag."""
        ...

    async def listed(self, *, label: str = "") -> tuple[ListedImage, ...]:
        """Local images that have that label, and those made from them; "" all that nothing names."""
        ...

    async def image_id(self, tag: str) -> str | None:
        """The id of a local image, `sha256:…`; None if there is none of that name."""
        ...

    async def image_reference(self, tag: str) -> str | None:
        """By which a registry gives this very image again (`name@sha256:…`); None if it came from none."""
        ...

    async def save(self, tag: str, target: Path, *, deadline_s: float = 300.0) -> None:
        """The image as `docker save` writes it."""
        ...

    async def load(self, archive: Path, *, deadline_s: float = 300.0) -> None:
        """What `docker load` reads: an archive's images, under the names it gives them."""
        ...

    async def transform(self, work: Transformation, target: Path, *, progress: Progress, deadline_s: float) -> None:
        """A throw-away container: its whole file system afterwards as a tar at `target`. Raises EngineConflict with
        the last words of a command that failed; the container is gone in any case."""
        ...

    async def pull(self, tag: str, *, progress: Progress, deadline_s: float = 600.0) -> None: ...
    async def import_image(self, tar: Path, tag: str, *, changes: Sequence[str], deadline_s: float = 120.0) -> str: ...
    async def build(
        self,
        context: Path,
        tag: str,
        *,
        labels: Mapping[str, str],
        build_args: Mapping[str, str],
        progress: Progress,
        deadline_s: float = 600.0,
    ) -> str: ...
    async def remove_image(self, tag: str) -> None: ...
