"""What `up` will start, in order: pure, so that it can be shown and tested without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ergon_ops.engine.protocols import OURS, ContainerSpec
from ergon_ops.errors import ManifestError

MANIFEST_LABEL = OURS + "manifest"
CONTAINER_LABEL = OURS + "container"
PROJECT_LABEL = OURS + "project"


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` are started one after the other: whatever a container depends on stands in an earlier step."""

    project: str
    digest: str
    steps: tuple[tuple[ContainerSpec, ...], ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    @property
    def labels(self) -> Mapping[str, str]:
        """On everything we make: by these, and only these, `down` knows its own."""
        return {MANIFEST_LABEL: self.digest, PROJECT_LABEL: self.project}

    @property
    def specs(self) -> tuple[ContainerSpec, ...]:
        return tuple(spec for step in self.steps for spec in step)


def in_steps(needs: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """Names in groups, each group needing only earlier ones. Raises ManifestError for a circle, naming it."""
    waiting = dict(needs)
    steps: list[tuple[str, ...]] = []
    while waiting:
        ready = tuple(name for name, wanted in waiting.items() if not wanted & waiting.keys())
        if not ready:
            circle = ", ".join(sorted(waiting))
            raise ManifestError(f"these containers depend on each other in a circle: {circle}", next="break depends_on")
        steps.append(ready)
        for name in ready:
            del waiting[name]
    return tuple(steps)
