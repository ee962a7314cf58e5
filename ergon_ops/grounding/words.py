"""The words of the check: what may be said, what was found said, and what stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Ledger
from ergon_ops.findings import Finding
from ergon_ops.grounding.index import Index
from ergon_ops.proposals import Proposal
from ergon_ops.refs import Ref


@dataclass(frozen=True, slots=True)
class Acted:
    """A change the journal has: `kind` as in proposals (restart, set_memory_limit, …)."""

    kind: str
    about: Ref
    at: float = 0.0
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)  # as in the intent; empty: not known


@dataclass(frozen=True, slots=True)
class Ground:
    """What may be said. `refs`: who the answer is about, the speaker first (several: a fleet answer).

    `names`: every name a container is known by (its own, its CI's, aliases) → Ref; those not routed to as well.
    `acted`: what the journal says was done; without an entry no claim of having acted passes. `hosts`: context names.
    `answers`: what the rules said to the question, as `verbatim.answers` has it.
    """

    ledger: Ledger
    refs: tuple[Ref, ...]
    names: Mapping[str, Ref]
    findings: tuple[Finding, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    acted: tuple[Acted, ...] = ()
    question: str = ""
    now: float = 0.0
    hosts: tuple[str, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    _held: list[Index] = field(default_factory=list, repr=False, compare=False)

    @property
    def index(self) -> Index:
        """The ledger as the check reads it; made anew when facts came in."""
        if not self._held or self._held[0].size != len(self.ledger):
            self._held[:] = [Index(self.ledger, self.names, self.now)]
        return self._held[0]

    @property
    def speaker(self) -> Ref | None:
        return self.refs[0] if self.refs else None


@dataclass(frozen=True, slots=True)
class Claim:
    """A factual part of a sentence: `start`, `end` in the text as it came. `about`: fact names that would carry it.

    Supported exactly if `why` is empty, else it says what is missing.
    """

    kind: str
    start: int
    end: int
    text: str
    fact_ids: tuple[str, ...] = ()
    why: str = ""
    about: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Topic:
    """What a sentence leaves to the next: whom and what it spoke of, the head of a table, an open code fence."""

    subjects: tuple[Ref, ...] = ()
    resource: str = ""
    header: tuple[str, ...] = ()
    fenced: bool = False
    told: tuple[str, ...] = ()  # ids of the facts that carried it


@dataclass(frozen=True, slots=True)
class Checked:
    """`text` is what may be shown if nothing is `unsupported`: citations are out, everything else is as it came."""

    text: str
    claims: tuple[Claim, ...] = ()
    topic: Topic = Topic()
    cited: tuple[str, ...] = ()

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if not claim.supported)

    @property
    def ok(self) -> bool:
        return not self.unsupported

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Ids of the facts that carry it, in order, each once."""
        return tuple(dict.fromkeys(id for claim in self.claims for id in claim.fact_ids))
