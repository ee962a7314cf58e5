"""Intent → proposal → change: what is wanted, bound to one world, and on its way."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Fact
from ergon_ops.messages import Actor
from ergon_ops.refs import Ref

Op = Literal["<", "<=", "==", ">=", ">"]
Reversibility = Literal["live", "app", "restart", "recreate", "rebuild", "host"]
Risk = Literal["low", "medium", "high"]
ProposalState = Literal["open", "claimed", "applied", "rejected", "expired", "refused"]
Purpose = Literal["performance", "hygiene"]
ChangeState = Literal[
    "preparing", "applying", "verifying", "kept", "rolling_back", "rolled_back", "failed", "unverified"
]


@dataclass(frozen=True, slots=True)
class Expect:
    """A measurable promise: after the change, `metric[key] op value` over `window_s` seconds."""

    metric: str
    key: str
    op: Op
    value: float
    window_s: float

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "key": self.key,
            "op": self.op,
            "value": self.value,
            "window_s": self.window_s,
        }


@dataclass(frozen=True, slots=True)
class Intent:
    """`formula` has its numbers filled in, `note` is what else is to know, as a sentence; `sources` say where the rule
    comes from, and where another one says otherwise, that one too."""

    target: Ref
    kind: str
    arguments: Mapping[str, Any]
    rule: str
    why: tuple[str, ...]
    expect: Expect | None = None
    guards: tuple[Expect, ...] = ()
    reversibility: Reversibility = "restart"
    risk: Risk = "low"
    formula: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()

    @property
    def purpose(self) -> Purpose:
        """What promises nothing that can be measured is hygiene, whatever it may be good for."""
        return "performance" if self.expect else "hygiene"

    def to_json(self) -> dict[str, Any]:
        return {
            "container": self.target.short,
            "kind": self.kind,
            "arguments": dict(self.arguments),
            "rule": self.rule,
            "why": list(self.why),
            "expect": self.expect.to_json() if self.expect else None,
            "guards": [guard.to_json() for guard in self.guards],
            "reversibility": self.reversibility,
            "risk": self.risk,
            "class": self.purpose,
            "formula": self.formula,
            "note": self.note,
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was not proposed and why: what is missing, or who forbids it. `next` is the step that would change that;
    `kind` the change it is about; `refused`: it was wanted, and capability or policy forbid it."""

    target: Ref
    rule: str
    kind: str
    reason: str
    next: str = ""
    why: tuple[str, ...] = ()
    capability: str = ""
    refused: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "container": self.target.short,
            "rule": self.rule,
            "kind": self.kind,
            "reason": self.reason,
            "next": self.next,
            "why": list(self.why),
            "refused": self.refused,
            "capability": self.capability or None,
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """An intent bound to one container id and world digest. Approval is single use."""

    id: str
    intent: Intent
    container_id: str
    world: str
    facts: tuple[Fact, ...]
    created_at: float
    expires_at: float
    state: ProposalState = "open"
    owner: str = "none"
    durable_edit: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    id: str
    proposal_id: str
    by: Actor
    started_at: float
    predecessor: str | None = None
    state: ChangeState = "preparing"


def canonical(value: Any) -> bytes:
    """JSON as RFC 8785 (JCS) writes it, for the values we use: sorted keys, no spaces, integers as integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def proposal_id(intent: Intent, *, container_id: str, world: str) -> str:
    """`p-` and 10 base32 letters: the same wish for the same world is the same proposal."""
    body = canonical([intent.kind, dict(intent.arguments), container_id, world])
    return "p-" + base64.b32encode(hashlib.sha256(body).digest()).decode().lower()[:10]
