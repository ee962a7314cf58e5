"""What a dead process left behind: find out which state it is in, finish it, and say so in the journal."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from ergon_ops.changes.deeds import Arrival
from ergon_ops.changes.record import Told
from ergon_ops.changes.run import Run
from ergon_ops.changes.watch import LOOK_S
from ergon_ops.errors import EngineError, NoSuchContainer

GRACE_S = 5.0  # beyond the stop timeout, for an engine that goes on with a call whose caller died


async def take_up(run: Run, *, since: float | None = None) -> AsyncGenerator[Told, None]:
    """Bring a change that was left in any state to its end: the new state, or the old one. `since`: when the engine
    was last asked to do something, if not when the change began."""
    facts = run.facts
    if facts.get("undoing"):
        async for told in run.undo(str(facts["undoing"]), asked=bool(facts.get("asked"))):
            yield told
        return
    try:
        arrival: Arrival = (
            "old" if "before" not in facts else "new" if "applied_at" in facts else await _arrival(run, since)
        )
    except EngineError as error:
        run.postpone(f"cannot be seen: {error.message}")
        raise
    if arrival == "old":
        yield run.leave(f"{run.words.doing} did not happen, it is in its old state")
    elif arrival == "new" or not run.deed.reversible(run.intent):
        if arrival == "half":
            run.note(f"{run.name} was stopped but not started again: starting it")
            await run.deed.undo(run)
        async for told in run.verify():
            yield told
    else:
        async for told in run.undo(f"{run.words.doing} was left half done"):
            yield told


async def _arrival(run: Run, since: float | None) -> Arrival:
    """Which state the engine shows; where it may still be at work, after waiting for it. Raises EngineError while that
    cannot be seen."""
    patience = float(run.intent.arguments.get("timeout_s", 0)) if run.deed.slow else 0.0
    limit = (run.row.change.started_at if since is None else since) + patience + GRACE_S
    while True:
        try:
            arrival = await run.deed.arrived(run)
        except NoSuchContainer:
            return "new"  # into the watch, which tells what became of it
        except EngineError:
            if run.clock() >= limit:
                raise
        else:
            if arrival == "new" or run.clock() >= limit:
                return arrival
        await run.sleep(LOOK_S)
