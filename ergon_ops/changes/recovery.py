"""What a dead process left behind: find out which state it is in, finish it, and say so in the journal."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Literal

from ergon_ops.changes.run import Run, Told
from ergon_ops.changes.watch import LOOK_S
from ergon_ops.errors import EngineError, NoSuchContainer

GRACE_S = 5.0  # beyond the stop timeout, for an engine that goes on with a call whose caller died
Arrival = Literal["arrived", "half", "never"]


async def take_up(run: Run) -> AsyncGenerator[Told, None]:
    """Bring a change that was left in any state to `kept` or `failed`: the new state, or the old one."""
    try:
        arrival = "never" if run.row.change.state == "preparing" else await _arrival(run)
    except EngineError as error:
        run.postpone(f"cannot be seen: {error.message}")
        raise
    if arrival == "never":
        yield run.leave("the restart did not happen, it is in its old state")
        return
    if arrival == "half":
        run.note("stopped but not started again: starting it")
        await run.writes().start(run.row.container_id)
    async for told in run.verify():
        yield told


async def _arrival(run: Run) -> Arrival:
    """Whether the engine carried out the call. Raises EngineError while that cannot be seen."""
    limit = run.row.change.started_at + run.timeout_s + GRACE_S
    was = (run.row.facts.get("before") or {}).get("state")
    ref = run.proposal.intent.target
    while True:
        try:
            world = await run.reads.world(ref)
            state = next((item.value for item in await run.reads.read(ref, ("state",)) if item.name == "state"), None)
        except NoSuchContainer:
            return "arrived"  # into the watch, which tells what became of it
        except EngineError:
            if run.clock() >= limit:
                raise
        else:
            if world.container_id != run.then.container_id or world.started_at != run.then.started_at:
                return "arrived"
            if run.clock() >= limit:
                return "half" if was == "running" and state != "running" else "never"
        await run.sleep(LOOK_S)
