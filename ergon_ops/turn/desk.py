"""Runs tools on whom was asked, in parallel, and tells of it as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeVar

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import EngineError, ErgonError, NoSuchContainer, PolicyRefused
from ergon_ops.events import EventType
from ergon_ops.findings import Finding
from ergon_ops.offline import Failure, HostView, Refusal, Step, View
from ergon_ops.persona import Persona
from ergon_ops.proposals import Proposal
from ergon_ops.refs import Ref, host_ref
from ergon_ops.toolbox.calls import Outcome, Toolbox
from ergon_ops.toolbox.collector import Collector
from ergon_ops.toolbox.context import TurnContext, missing_capability
from ergon_ops.turn.rendering import whole_text

AT_ONCE = 16
T = TypeVar("T", Finding, Proposal)
Happening = tuple[EventType, dict[str, Any]]


@dataclass(slots=True)
class Desk:
    """Everything one turn may use. `happened` collects what the stream shows; `outcomes` every call made. `keep` puts a
    call's whole output under a handle, for the person who asks to see it."""

    collector: Collector
    toolbox: Toolbox
    personas: Mapping[Ref, Persona]
    context: Callable[[Ref], TurnContext]
    clock: Callable[[], float]
    keep: Callable[[str, str], str] | None = None
    happened: asyncio.Queue[Happening] = field(default_factory=asyncio.Queue)
    outcomes: list[tuple[Ref, Outcome]] = field(default_factory=list)

    async def call(self, ref: Ref, step: Step, *, trusted: bool = True) -> Outcome:
        """One tool call on one container, announced before and after. `trusted`: the arguments are our own."""
        said = {"tool": step.tool, "arguments": dict(step.arguments), "container": ref.short}
        self.happened.put_nowait(("tool_started", said))
        outcome = await self.toolbox.call(
            step.tool, step.arguments, persona=self.personas[ref], context=self.context(ref), trusted=trusted
        )
        if self.keep is not None:
            outcome = replace(outcome, handle=self.keep(whole_text(outcome, now=self.clock()), step.tool))
        self.outcomes.append((ref, outcome))
        self.happened.put_nowait(("tool_done", {**outcome.to_json(), "container": ref.short}))
        return outcome

    def require(self, ref: Ref, capability: str) -> None:
        """Raises PolicyRefused with the manifest's line for one whose CI was not granted it."""
        if capability not in self.personas[ref].capabilities:
            raise missing_capability(self.personas[ref], capability)

    async def view(self, ref: Ref, steps: Sequence[Step], more: Callable[[View], Sequence[Step]] | None = None) -> View:
        """What is known of a container after these steps, and after what `more` asks for once they are known.

        Raises EngineError if its engine stopped answering.
        """
        done = await self._run(ref, steps)
        gone = next((item.error for _, item in done if isinstance(item.error, EngineError)), None)
        if gone is not None and not any(item.ok for _, item in done):
            raise gone
        view = self._view(ref, done)
        further = more(view) if more else ()
        return self._view(ref, [*done, *await self._run(ref, further)]) if further else view

    async def _run(self, ref: Ref, steps: Sequence[Step]) -> list[tuple[Step, Outcome]]:
        outcomes = await asyncio.gather(*(self.call(ref, step) for step in steps))
        return list(zip(steps, outcomes, strict=True))

    def _view(self, ref: Ref, done: Sequence[tuple[Step, Outcome]]) -> View:
        outcomes = [outcome for _, outcome in done]
        needed = [outcome for step, outcome in done if not step.optional]
        return View(
            ref,
            self.personas[ref],
            self.collector.ledger,
            self.clock(),
            findings=unique(item for outcome in outcomes for item in outcome.findings),
            proposals=unique(item for outcome in outcomes for item in outcome.proposals),
            withheld=tuple(dict.fromkeys(item for outcome in outcomes for item in outcome.withheld)),
            refusals=tuple(Refusal(item.tool, item.capability, item.line) for item in needed if item.capability),
            failures=tuple(_failure(item) for item in needed if failed(item)),
        )

    async def views(
        self,
        refs: Sequence[Ref],
        steps: Callable[[Ref], Sequence[Step]],
        more: Callable[[View], Sequence[Step]] | None = None,
        *,
        at_once: int = AT_ONCE,
    ) -> tuple[View, ...]:
        """The views of several, so many at a time; one that fails does not spoil the rest."""
        places = asyncio.Semaphore(at_once)

        async def one(ref: Ref) -> View:
            async with places:
                try:
                    return await self.view(ref, steps(ref), more)
                except ErgonError as error:
                    failure = Failure("inspect", str(error), gone=isinstance(error, NoSuchContainer))
                    return View(ref, self.personas[ref], self.collector.ledger, self.clock(), failures=(failure,))

        return tuple(await asyncio.gather(*(one(ref) for ref in refs)))

    async def host_view(self, host: str) -> HostView:
        failures: tuple[Failure, ...] = ()
        try:
            await self.collector.read(host_ref(host), ["host"])
        except ErgonError as error:
            failures = (Failure("host", str(error)),)
        return HostView(host, self.collector.ledger, self.clock(), failures)


def _failure(outcome: Outcome) -> Failure:
    denied, gone = isinstance(outcome.error, PolicyRefused), isinstance(outcome.error, NoSuchContainer)
    return Failure(outcome.tool, str(outcome.error), denied=denied, gone=gone)


def failed(outcome: Outcome) -> bool:
    return outcome.error is not None and not outcome.capability


def unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple({item.id: item for item in items}.values())


async def while_running(desk: Desk, work: Coroutine[Any, Any, None]) -> AsyncIterator[Happening]:
    """What happens while `work` runs, in order. Cancels it when the reader leaves; raises what it raised."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done() or not desk.happened.empty():
            getter = asyncio.ensure_future(desk.happened.get())
            try:
                await asyncio.wait({getter, task}, return_when=asyncio.FIRST_COMPLETED)
            finally:  # one that is left waiting would be complained of on a person's screen
                getter.cancel()
            if getter.done():
                yield getter.result()
        await task
    finally:
        task.cancel()
