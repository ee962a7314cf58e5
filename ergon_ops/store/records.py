"""What the store gives back where the words of the house have no type for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, World
from ergon_ops.facts import Reading
from ergon_ops.findings import Finding
from ergon_ops.proposals import Change, Proposal


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    name: str
    subject: str
    created_at: float
    updated_at: float
    messages: int


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """`ended_at` is None while it persists."""

    finding: Finding
    first_seen: float
    last_seen: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one container over its time on record: `points` minutes with a sample, the highest `memory` working set."""

    first_at: float
    last_at: float
    points: int
    memory: int
    oom_kills: int


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposal with the whole world it is bound to, so that a refusal can say what moved."""

    proposal: Proposal
    world: World


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as stored. `owner` names the process that works on it; `facts` are before and after, once known."""

    change: Change
    container: str
    container_id: str
    owner: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    seq: int
    at: float
    step: str
    change: str
    proposal: str
    container: str
    actor: str
    data: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last stored state of one host, for answers when its engine is gone."""

    host: str
    at: float
    containers: tuple[Container, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """A manifest the operator registered: only such a text may give a container its role."""

    digest: str
    path: str
    name: str
    body: str
    registered_at: float
