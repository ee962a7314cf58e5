"""A change at work and its record: what is known of it, how it is written down, how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from ergon_ops.changes.deeds import DEEDS, Deed, Words
from ergon_ops.changes.measure import holds
from ergon_ops.changes.snapshot import compare
from ergon_ops.changes.watch import Sleep
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Reads, World, Writes
from ergon_ops.errors import StoreError
from ergon_ops.events import EventType, timestamp
from ergon_ops.proposals import Intent, Proposal
from ergon_ops.store import ChangeRow, Store

Told = tuple[EventType, dict[str, Any]]


@dataclass(slots=True)
class Record:
    """`row` is the change as it was last written; `then` the world its proposal was bound to."""

    store: Store
    reads: Reads
    writes: Callable[[], Writes]
    clock: Callable[[], float]
    sleep: Sleep
    proposal: Proposal
    then: World
    row: ChangeRow
    measured: dict[tuple[str, str], float | None] = field(default_factory=dict)

    def note(self, text: str, facts: Mapping[str, Any] | None = None) -> None:
        """One more journal row of the same state, before a further call to the engine."""
        self.advance(self.row.change.state, text, facts)

    def advance(self, state: Any, text: str, facts: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Write down where it is now, before what comes next. Raises StoreError: then nothing comes next."""
        try:
            self.row = self.store.changes.advance(self.row, state, text=text, facts=facts, **more)
        except StoreError as error:
            done = (
                "nothing was done" if "before" not in self.row.facts else "its end is open, the next start takes it up"
            )
            raise StoreError(f"{error.message}; {done}", next=error.next, details=error.details) from error

    # -- the case of a deed --------------------------------------------------------------------------------------------

    @property
    def deed(self) -> Deed:
        return DEEDS[self.intent.kind]

    @property
    def words(self) -> Words:
        return self.deed.words(self)

    @property
    def intent(self) -> Intent:
        return self.proposal.intent

    @property
    def change_id(self) -> str:
        return self.row.change.id

    @property
    def container_id(self) -> str:
        return self.row.container_id

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.row.facts

    @property
    def hands(self) -> Writes:
        return self.writes()

    @property
    def before(self) -> Mapping[str, Any]:
        return self.row.facts.get("before") or {}

    @property
    def name(self) -> str:
        return self.intent.target.short

    @property
    def length_s(self) -> float:
        return float(self.row.facts.get("length_s") or 30.0)

    # -- telling -------------------------------------------------------------------------------------------------------

    def tell(self, text: str, **more: Any) -> Told:
        return ("change", {**self.data(text), **more})

    def answer(self, text: str, after: Mapping[str, Any], *, exit: int, **more: Any) -> Told:
        body = {"compare": compare(self.before, after), "before": dict(self.before), "after": dict(after), "exit": exit}
        expect = self.intent.expect
        value = self.measured.get((expect.metric, expect.key)) if expect else None
        met = None if expect is None or value is None else holds(expect, value)
        promise = None if expect is None else {**expect.to_json(), "found": value, "met": met}
        return ("answer", {**self.data(text), **body, "expect": promise, **more})

    def data(self, text: str) -> dict[str, Any]:
        change = self.row.change
        return {
            "text": text,
            "change": change.id,
            "proposal": change.proposal_id,
            "container": self.name,
            "kind": self.intent.kind,
            "state": change.state,
            "started_at": timestamp(change.started_at),
            "elapsed_s": round(max(0.0, self.clock() - change.started_at), 3),
        }
