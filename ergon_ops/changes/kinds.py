"""The kinds of change that can be applied, and the shape of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ergon_ops.errors import UsageError
from ergon_ops.policy import KINDS as KNOWN
from ergon_ops.proposals import Intent, Reversibility


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in these bounds; left out it is `default`."""

    low: int
    high: int
    default: int


@dataclass(frozen=True, slots=True)
class Kind:
    """`once_per_run`: bound to the run of the container too, so that yesterday's restart is not done today."""

    arguments: Mapping[str, Whole]
    capability: str
    reversibility: Reversibility
    once_per_run: bool = False


KINDS: dict[str, Kind] = {
    "restart": Kind({"timeout_s": Whole(0, 600, 10)}, "restart", "restart", once_per_run=True),
}


def checked(intent: Intent) -> Intent:
    """The intent with its arguments complete and its true reversibility. Raises UsageError for any other shape."""
    kind = KINDS.get(intent.kind)
    if kind is None:
        word = "cannot be applied by this version" if intent.kind in KNOWN else "is no kind of change"
        raise UsageError(f"{intent.kind!r} {word}", next=f"kinds: {', '.join(KINDS)}")
    if intent.target.kind != "container":
        raise UsageError(f"{intent.kind} needs one container, not a {intent.target.kind}", next="name the container")
    unknown = sorted(set(intent.arguments) - set(kind.arguments))
    if unknown:
        raise UsageError(f"{intent.kind} has no argument {unknown[0]!r}", next=f"it has: {', '.join(kind.arguments)}")
    values = {name: _whole(intent, name, shape) for name, shape in kind.arguments.items()}
    return replace(intent, arguments=values, reversibility=kind.reversibility)


def _whole(intent: Intent, name: str, shape: Whole) -> int:
    value: Any = intent.arguments.get(name)
    if value is None:
        return shape.default
    if isinstance(value, bool) or not isinstance(value, int) or not shape.low <= value <= shape.high:
        raise UsageError(
            f"{intent.kind}: {name} = {value!r} is out of range",
            next=f"a whole number from {shape.low} to {shape.high}",
        )
    return value
