"""How a rule is declared, and what it gives back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Nature, Severity
from ergon_ops.proposals import Intent, canonical
from ergon_ops.refs import Ref

Tier = Literal["T0", "T1", "T2", "T3", "T4"]
# What tells two findings of one cause in one container apart; measured values do not: they move from look to look.
IDENTIFYING = (
    "env_key", "port", "target_port", "host_port", "listen_address", "path", "mount", "host", "network", "alias",
    "peer", "user", "image", "service", "setting",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a rule found. `summary` is one whole sentence without the container's name; `evidence` has the decisive
    fact first; `about` is the origin where that is another container than the one that was asked."""

    summary: str
    evidence: tuple[Fact, ...]
    details: Mapping[str, Any] = field(default_factory=dict)
    about: Ref | None = None
    victims: tuple[Ref, ...] = ()
    severity: Severity | None = None
    missing: tuple[str, ...] = ()
    fix: Intent | None = None


RuleFunction = Callable[[Scene, Ref], Iterable[Conclusion]]


@dataclass(frozen=True, slots=True)
class Rule:
    """`needs`: fact groups to read first, `peers`: those to read of the containers near it; `window_s`: over which time
    its rates are wanted; `details`: keys it always gives; `over`: less specific causes that this one replaces when both
    are proven of one container. `symptom`: says how a fault shows, not what it comes from, and gives way to any cause
    that names this container as its place or its victim. `relay`: says of another container how it fails to answer, and
    gives way to what is wrong inside that one, or behind it. `aside`: nothing fails of it, so it explains no symptom
    and no neighbour's trouble. `fixes`: kinds of proposal that cure it."""

    cause: str
    nature: Nature
    severity: Severity
    needs: tuple[Group, ...]
    function: RuleFunction
    window_s: float = 0.0
    details: tuple[str, ...] = ()
    tier: Tier = "T1"
    over: tuple[str, ...] = ()
    peers: tuple[Group, ...] = ()
    symptom: bool = False
    fixes: tuple[str, ...] = ()
    relay: bool = False
    aside: bool = False

    @property
    def what(self) -> str:
        """The first line of the docstring, for the generated table."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


RULES: dict[str, Rule] = {}


def rule(
    cause: str,
    *,
    severity: Severity,
    needs: tuple[Group, ...],
    nature: Nature = "fault",
    window_s: float = 0.0,
    details: tuple[str, ...] = (),
    tier: Tier = "T1",
    over: tuple[str, ...] = (),
    peers: tuple[Group, ...] = (),
    symptom: bool = False,
    fixes: tuple[str, ...] = (),
    relay: bool = False,
    aside: bool = False,
) -> Callable[[RuleFunction], RuleFunction]:
    """Declare the decorated function as the rule for `cause`."""

    def declare(function: RuleFunction) -> RuleFunction:
        if cause in RULES:
            raise ValueError(f"two rules for {cause}")
        RULES[cause] = Rule(
            cause, nature, severity, needs, function, window_s, details, tier, over, peers, symptom, fixes, relay, aside
        )
        return function

    return declare


def finding_id(cause: str, about: Ref, details: Mapping[str, Any]) -> str:
    """`f-` and 8 letters: the same cause at the same place keeps its id from look to look and process to process."""
    place = {key: details[key] for key in IDENTIFYING if key in details}
    body = canonical([cause, about.kind, str(about), place])
    return "f-" + base64.b32encode(hashlib.sha256(body).digest()).decode().lower()[:8]
