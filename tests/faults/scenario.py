"""What a scenario is: containers to start, what is broken in them, how one sees that it is, and what must be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.draw import Draw
from tests.faults.site import Site

Tier = Literal["T0", "T1", "T2", "T3", "T4"]
Look = Callable[[Site], bool]
SVC = "ergon-ops-lab/svc:1"
BUSYBOX = "ergon-ops-lab/busybox:1"
SERVERS = "ergon-ops-lab/servers:1"


@dataclass(frozen=True, slots=True)
class Box:
    """One container. `options` are the docker SDK's words for `create`; `files` are put in before it starts;
    `serves` is a port to wait for; `refused`: the engine will not start it, and that is the fault."""

    name: str
    command: list[str] | None
    image: str = SVC
    options: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    serves: int = 0
    refused: bool = False
    start: bool = True


@dataclass(frozen=True, slots=True)
class Expect:
    """One truth. `cause` may name several equally good ids with `|`; so may a key of `details`. `siblings` earn half.
    `decisive`: names or groups of facts of which one must be cited (any, if empty). `accepts`: kinds of fixes; empty =
    no typed change can cure it."""

    cause: str
    about: str
    details: Mapping[str, Any] = field(default_factory=dict)
    siblings: tuple[str, ...] = ()
    decisive: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    nature: Literal["fault", "audit"] = "fault"


@dataclass(frozen=True, slots=True)
class Case:
    """`ask` is the container that is asked about. `symptom` proves, without our rules, that the fault is there; `also`
    are true causes that may be named beside; `paths` a grep of the log; `alone`: nothing else may run meanwhile."""

    boxes: tuple[Box, ...]
    ask: str
    symptom: Look
    expects: tuple[Expect, ...] = ()
    inject: Callable[[Site], None] | None = None
    also: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ("stop", "restart")


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    family: str
    tier: Tier
    build: Callable[[Draw], Case]
    alone: bool = False
    slow: bool = False

    @property
    def what(self) -> str:
        return (self.build.__doc__ or "").strip().partition("\n")[0]

    @property
    def control(self) -> bool:
        return self.tier == "T0"


SCENARIOS: dict[str, Scenario] = {}
Build = Callable[[Draw], Case]


def scenario(id: str, family: str, tier: Tier, *, alone: bool = False) -> Callable[[Build], Build]:
    """Declare the decorated function as the scenario `id`; its docstring says what is broken."""

    def declare(build: Build) -> Build:
        if id in SCENARIOS:
            raise ValueError(f"two scenarios {id}")
        SCENARIOS[id] = Scenario(id, family, tier, build, alone)
        return build

    return declare
