"""One approved change on its way. Every step is in the journal before it happens."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Any

from ergon_ops.changes import snapshot as snapshots
from ergon_ops.changes.binding import moved
from ergon_ops.changes.measure import rates_now, spoken
from ergon_ops.changes.record import Record, Told
from ergon_ops.changes.snapshot import condition, in_words, length_of, snapshot, snapshot_if_possible
from ergon_ops.changes.watch import Goal, Look, Watch
from ergon_ops.engine.protocols import World
from ergon_ops.errors import EngineConflict, EngineError, ErgonError, NoSuchContainer, PolicyRefused, StoreError

TELL_EVERY_S = 10.0
ROLLED_BACK = 6
MEASURED_FOR = ("set_cpu_limit", "set_cpu_shares")  # their effect is a rate: it is measured before, too


class Run(Record):
    """A change and its steps."""

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
        """From the claim to kept, rolled back or failed."""
        yield self.tell(f"Preparing: {self.words.doing}.")
        facts = await self._prepare()
        self.advance("applying", self.words.doing, facts)
        yield self.tell(f"{_upper(self.words.doing)}. Until now: {condition(facts['before'])}.")
        try:
            await self.deed.apply(self)
        except (EngineConflict, NoSuchContainer) as error:
            async for told in self._not_applied(error):
                yield told
            return
        except EngineError as error:  # perhaps it arrived: what the container shows decides
            yield ("notice", {"text": f"{error.message} Looking whether it happened."})
            self.note(f"no answer: {error.message}")
            from ergon_ops.changes.recovery import take_up

            async for told in take_up(self, since=self.clock()):
                yield told
            return
        async for told in self.verify():
            yield told

    async def _not_applied(self, error: ErgonError) -> AsyncIterator[Told]:
        """The engine said no: nothing happened, or only a part, which is taken back."""
        text = f"{self.name} was not changed: {error.message.rstrip('.')}"
        try:
            arrived = await self.deed.arrived(self)
        except NoSuchContainer:
            arrived = "old"
        if arrived != "old" and self.deed.reversible(self.intent):
            async for told in self.undo(f"{_upper(self.words.doing)} failed: {error.message.rstrip('.')}"):
                yield told
            return
        self.advance("failed", f"{text}.", proposal="refused")
        yield ("answer", {**self.data(f"{text}."), "compare": [], "exit": error.exit})

    async def verify(self) -> AsyncIterator[Told]:
        """Watch until it held or not, and write down which."""
        since = self.row.facts.get("applied_at") or self.clock()
        self.advance("verifying", f"watching {self.name}", {"applied_at": since})
        longer = await self._length_now()
        if longer > self.length_s:
            self.advance("verifying", f"watching {self.name} for {longer:.0f} s", {"length_s": longer})
        watch = Watch(self.reads, self.intent.target, self._goal(since), self.clock, self.sleep)
        length = watch.goal.length_s
        yield self.tell(f"Watching {self.name} for {length:.0f} s.", left_s=length)
        last, told_at = Look("unknown", "was not looked at"), self.clock()
        async for look in watch.looks():
            quiet = look.text == last.text and self.clock() - told_at < TELL_EVERY_S
            if look.verdict == "waiting" and not quiet:
                told_at = self.clock()
                yield self.tell(f"{self.name} {look.text} ({look.left_s:.0f} s left).", left_s=round(look.left_s, 1))
            last = look
        self.measured = watch.measured
        async for told in self._finish(last):
            yield told

    async def _length_now(self) -> float:
        """What was made anew may be checked in another way than what was there: by a healthcheck of its own."""
        if not self.row.facts.get("successor"):
            return self.length_s
        try:
            _, patience_s = await snapshot(self.reads, self.intent.target)
        except (EngineError, NoSuchContainer):
            return self.length_s
        return max(self.length_s, length_of(self.intent, patience_s))

    def _goal(self, since: float) -> Goal:
        before: Mapping[str, Any] = self.row.facts.get("before") or {}
        state = self.deed.state or str(before.get("state") or "running")
        if state == "restarting":
            state = "running"
        known = {key: value for key, value in before.items() if key != "health" or self.intent.kind != "unpause"}
        memory = self.intent.kind in ("set_memory_limit", "recreate")
        return Goal(
            str(self.row.facts.get("successor") or self.container_id),
            self.then,
            self.length_s,
            state,
            self.deed.fresh,
            known,
            since,
            self.intent.expect,
            self.intent.guards,
            calm=memory or not before.get("memory_oom_kills"),
            enough_s=math.inf if self.deed.reversible(self.intent) else snapshots.LEAST_S,
        )

    async def _finish(self, look: Look) -> AsyncIterator[Told]:
        if look.verdict == "good":
            yield await self._keep()
        elif look.verdict == "unknown":
            text = (
                f"{self.name} {look.text}. The change is unverified: `ergon-ops approve {self.change_id}` looks again."
            )
            self.advance("unverified", text)
            yield self.answer(text, await self._after(), exit=1)
        elif self.deed.reversible(self.intent):
            async for told in self.undo(f"{self.name} {look.text}"):
                yield told
        else:
            text = f"{self.name} {look.text}. This cannot be undone; nothing else was tried."
            after = await self._after()
            self.advance("failed", text, {"after": after}, proposal="applied")
            yield self.answer(text, after, exit=1)

    async def _keep(self) -> Told:
        after = await self._after()
        world = await self._world()
        facts = {"after": after, "world": world.digest if world else ""}
        text = f"{self.words.done}: {in_words(self.before, after)}.{self._expectation()}"
        predecessor = self.container_id if self.row.facts.get("successor") else None
        self.advance("kept", text, facts, proposal="applied", predecessor=predecessor)
        return self.answer(text, after, exit=0)

    def _expectation(self) -> str:
        expect = self.intent.expect
        if expect is None:
            return ""
        value = self.measured.get((expect.metric, expect.key))
        if value is None:
            return f" Expected {spoken(expect)}: that could not be measured, so only its health was verified."
        return f" Expected {spoken(expect)}: it is {value:g}."

    # -- back ----------------------------------------------------------------------------------------------------------

    async def undo(self, reason: str, *, asked: bool = False) -> AsyncGenerator[Told, None]:
        """Put back what was, by ourselves (`asked` false: exit 6) or because somebody wanted it."""
        if self.row.change.state != "rolling_back":
            self.advance("rolling_back", reason, {"undoing": reason, "asked": asked})
        yield self.tell(f"{reason.rstrip('.')}. Putting back what was.")
        try:
            await self.deed.undo(self)
        except ErgonError as error:
            if isinstance(error, StoreError):
                raise
            again = f"ergon-ops rollback {self.change_id}"
            step = f"{error.next.partition(', and ask again')[0]}; then " if error.next else ""
            text = f"{reason}. It is not put back yet: {error.message.rstrip('.')}; {step}`{again}` tries again."
            self.advance("unverified", text)
            yield self.answer(text, await self._after(), exit=1)
            return
        yield await self._undone(reason, asked=asked)

    async def _undone(self, reason: str, *, asked: bool) -> Told:
        after, world = await self._settled(), await self._world()
        exact = world is not None and world.digest == self.then.digest
        text = f"{'Rolled back' if asked else f'{reason}. Rolled back'}: {self.words.undone}; {condition(after)}."
        if not exact:
            text += " Something else of its configuration was changed meanwhile and stays as it is."
        facts = {"after": after, "exact": exact}
        self.advance("rolled_back", text, facts, proposal="applied")
        return self.answer(text, after, exit=0 if asked else ROLLED_BACK, exact=exact, reason=reason)

    async def _settled(self) -> dict[str, Any]:
        """The snapshot once it is again as it was, or after as long as its health may take."""
        ends = self.clock() + self.length_s
        while True:
            after = await self._after()
            if not after or condition(after) == condition(self.before) or self.clock() >= ends:
                return after
            await self.sleep(1.0)

    # -- ending otherwise ----------------------------------------------------------------------------------------------

    def leave(self, text: str) -> Told:
        """End a change of which nothing happened."""
        self._abandon(text)
        return ("answer", {**self.data(f"{self.name}: {text}."), "compare": [], "exit": 1})

    def postpone(self, text: str) -> None:
        """Nobody can tell now how it ended; whoever comes next may look."""
        self.advance("unverified", text)

    async def _prepare(self) -> dict[str, Any]:
        """The state before, what undoing needs, and once more whether the world is still the one that was approved."""
        target = self.intent.target
        try:
            before, patience_s = await snapshot(self.reads, target)
            if self.intent.kind in MEASURED_FOR and before.get("state") == "running":
                before |= await rates_now(self.reads, target, self.container_id, self.sleep)
            facts = {"before": before, **await self.deed.prepare(self)}
            now = await self.reads.world(target)
        except ErgonError as error:
            self._abandon(f"nothing was done: {error.message}")
            raise
        change = moved(self.intent.kind, self.then, now)
        if change:
            self._abandon(f"nothing was done: {change}")
            raise PolicyRefused(f"{self.name} moved while this was prepared: {change}", next="ask for it again")
        return {**facts, "length_s": length_of(self.intent, patience_s)}

    async def _after(self) -> dict[str, Any]:
        try:
            after = dict(await snapshot_if_possible(self.reads, self.intent.target))
        except NoSuchContainer:
            return {}
        measured = {name: value for (name, key), value in self.measured.items() if not key and value is not None}
        if (
            self.intent.kind in MEASURED_FOR
            and "cpu_throttled_ratio" not in measured
            and after.get("state") == "running"
        ):
            key = str(self.row.facts.get("successor") or self.container_id)
            measured |= await rates_now(self.reads, self.intent.target, key, self.sleep)
        return {**after, **{name: value for name, value in measured.items() if name.startswith("cpu_")}}

    async def _world(self) -> World | None:
        with suppress(EngineError, NoSuchContainer):
            return await self.reads.world(self.intent.target)
        return None

    def _abandon(self, text: str) -> None:
        self.advance("failed", text, proposal="refused")

    def _interrupted(self) -> None:
        """Somebody pressed Ctrl-C or hung up. With a full disk the row stays as it is, and its owner dies with us."""
        with suppress(StoreError):
            if self.row.change.state == "preparing":
                self._abandon("interrupted before anything was done")
            elif self.row.ended_at is None and self.row.change.state != "unverified":
                self.advance("unverified", f"interrupted while {self.row.change.state}: applied, unverified")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
