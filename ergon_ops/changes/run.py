"""One approved change on its way. Every step is in the journal before it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from ergon_ops.changes.binding import moved
from ergon_ops.changes.snapshot import compare, condition, in_words, snapshot, snapshot_if_possible
from ergon_ops.changes.watch import SETTLE_S, Look, Sleep, Watch
from ergon_ops.engine.protocols import Reads, World, Writes
from ergon_ops.errors import EngineConflict, EngineError, ErgonError, NoSuchContainer, PolicyRefused, StoreError
from ergon_ops.events import EventType, timestamp
from ergon_ops.proposals import Proposal
from ergon_ops.store import ChangeRow, Store

Told = tuple[EventType, dict[str, Any]]
FINAL = "a restart cannot be undone"


@dataclass(slots=True)
class Run:
    """`row` is the change as it was last written; `then` the world its proposal was bound to."""

    store: Store
    reads: Reads
    writes: Callable[[], Writes]
    clock: Callable[[], float]
    sleep: Sleep
    proposal: Proposal
    then: World
    row: ChangeRow

    async def guarded(self, steps: AsyncGenerator[Told, None]) -> AsyncGenerator[Told, None]:
        """`steps`, so that whoever stops listening leaves the change `unverified` and not unknown."""
        try:
            async with aclosing(steps):
                async for told in steps:
                    yield told
        except (asyncio.CancelledError, GeneratorExit):
            self._interrupted()
            raise

    async def steps(self) -> AsyncGenerator[Told, None]:
        """From the claim to kept or failed."""
        yield self._tell(f"Preparing to restart {self.name}.")
        before, patience_s = await self._prepare()
        self._advance("applying", f"restarting {self.name}", {"before": before, "patience_s": patience_s})
        yield self._tell(f"Restarting {self.name}. Until now: {condition(before)}.")
        try:
            await self.writes().restart(self.row.container_id, timeout_s=self.timeout_s)
        except (EngineConflict, NoSuchContainer) as error:
            text = f"{self.name} was not restarted: {error.message.rstrip('.')}."
            self._advance("failed", text, proposal="refused")
            yield ("answer", {**self._data(text), "compare": [], "exit": error.exit})
            return
        except EngineError as error:  # perhaps it arrived: what the container shows decides
            yield ("notice", {"text": f"{error.message} Looking whether it happened."})
        async for told in self.verify():
            yield told

    async def verify(self) -> AsyncIterator[Told]:
        """Watch until it held or not, and write down which."""
        self._advance("verifying", f"waiting for {self.name}")
        yield self._tell(f"Waiting until {self.name} {self._goal} (at most {self._patience_s:.0f} s).")
        watch = Watch(self.reads, self.proposal.intent.target, self.then, self._patience_s, self.clock, self.sleep)
        last = Look("unknown", "was not looked at")
        async for look in watch.looks():
            if look.verdict == "waiting" and look.text != last.text:
                yield self._tell(f"{self.name} {look.text}.")
            last = look
        yield await self._finish(last)

    async def _finish(self, look: Look) -> Told:
        before: Mapping[str, Any] = self.row.facts.get("before") or {}
        after = await self._after()
        sentence = f"{self.name} {look.text}"
        if look.verdict == "good":
            text = f"Restarted {self.name}: {in_words(before, after)}."
            self._advance("kept", text, {"after": after}, proposal="applied")
        elif look.verdict == "bad":
            text = f"{sentence}. {FINAL.capitalize()}; nothing else was tried."
            self._advance("failed", text, {"after": after}, proposal="applied")
        else:
            text = f"{sentence}. The restart is unverified: `ergon-ops approve {self.row.change.id}` looks again."
            self._advance("unverified", text)
        rows = compare(before, after)
        exit = 0 if look.verdict == "good" else 1
        return ("answer", {**self._data(text), "compare": rows, "before": dict(before), "after": after, "exit": exit})

    def leave(self, text: str) -> Told:
        """End a change of which nothing happened."""
        self._abandon(text)
        return ("answer", {**self._data(f"{self.name}: {text}."), "compare": [], "exit": 1})

    def postpone(self, text: str) -> None:
        """Nobody can tell now how it ended; whoever comes next may look."""
        self._advance("unverified", text)

    def note(self, text: str) -> None:
        """One more journal row of the same state, before a further call to the engine."""
        self._advance(self.row.change.state, text)

    # -- the parts -----------------------------------------------------------------------------------------------------

    async def _prepare(self) -> tuple[dict[str, Any], float]:
        """The state before, and once more whether the world is still the one that was approved."""
        try:
            before, patience_s = await snapshot(self.reads, self.proposal.intent.target)
            now = await self.reads.world(self.proposal.intent.target)
        except ErgonError as error:
            self._abandon(f"nothing was done: {error.message}")
            raise
        change = moved(self.proposal.intent.kind, self.then, now)
        if change:
            self._abandon(f"nothing was done: {change}")
            raise PolicyRefused(f"{self.name} moved while this was prepared: {change}", next="ask for it again")
        return before, patience_s

    async def _after(self) -> dict[str, Any]:
        try:
            return await snapshot_if_possible(self.reads, self.proposal.intent.target)
        except NoSuchContainer:
            return {}

    def _abandon(self, text: str) -> None:
        self._advance("failed", text, proposal="refused")

    def _interrupted(self) -> None:
        """Somebody pressed Ctrl-C or hung up. With a full disk the row stays as it is, and its owner dies with us."""
        with suppress(StoreError):
            if self.row.change.state == "preparing":
                self._abandon("interrupted before anything was done")
            elif self.row.ended_at is None:
                self._advance("unverified", "interrupted while it was watched")

    def _advance(self, state: Any, text: str, facts: Mapping[str, Any] | None = None, *, proposal: Any = None) -> None:
        try:
            self.row = self.store.changes.advance(self.row, state, text=text, facts=facts, proposal=proposal)
        except StoreError as error:
            done = "nothing was done" if state in ("applying", "preparing") else "the restart was sent, its end is open"
            raise StoreError(f"{error.message}; {done}", next=error.next, details=error.details) from error

    @property
    def timeout_s(self) -> int:
        return int(self.proposal.intent.arguments["timeout_s"])

    @property
    def name(self) -> str:
        return self.proposal.intent.target.short

    @property
    def _goal(self) -> str:
        health = (self.row.facts.get("before") or {}).get("health")
        return f"has run for {SETTLE_S:.0f} s, for it has no healthcheck" if health == "none" else "runs and is healthy"

    @property
    def _patience_s(self) -> float:
        return float(self.row.facts.get("patience_s") or 30.0)

    def _tell(self, text: str) -> Told:
        return ("change", self._data(text))

    def _data(self, text: str) -> dict[str, Any]:
        change = self.row.change
        return {
            "text": text,
            "change": change.id,
            "proposal": change.proposal_id,
            "container": self.name,
            "kind": self.proposal.intent.kind,
            "state": change.state,
            "started_at": timestamp(change.started_at),
            "elapsed_s": round(max(0.0, self.clock() - change.started_at), 3),
        }
