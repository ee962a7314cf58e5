"""Restart, start, stop, pause, unpause: the configuration stays as it is, only the run changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.changes.deeds.deed import Arrival, Case, Words, values_of
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Intent

STOPPED = ("created", "exited", "dead")
STOP_S = 10


@dataclass(frozen=True, slots=True)
class Verb:
    """`needs`: the states it makes sense in, empty = any; `back` undoes it. `past` and `doing` are its words."""

    name: str
    doing: str
    past: str
    state: str
    needs: tuple[str, ...] = ()
    back: str = ""
    fresh: bool = False
    slow: bool = False

    def reversible(self, intent: Intent) -> bool:
        return bool(self.back)

    def words(self, case: Case) -> Words:
        name = case.intent.target.short
        undone = {
            "stop": "stopped again",
            "start": "started again",
            "unpause": "running again",
            "pause": "paused again",
        }
        return Words(f"{self.doing} {name}", f"{self.past} {name}", f"{name} is {undone.get(self.back, 'as it was')}")

    async def prepare(self, case: Case) -> Mapping[str, Any]:
        if not self.needs:
            return {}
        state = (await values_of(case, "state")).get("state")
        if state not in self.needs:
            raise PolicyRefused(f"{case.intent.target.short} is {state}: it cannot be {self.past.lower()}")
        return {}

    async def apply(self, case: Case) -> None:
        await _call(case, self.name)

    async def arrived(self, case: Case) -> Arrival:
        """A restart is told by its new run, the others by the state."""
        values = await values_of(case, "state")
        state, before = values.get("state"), case.facts.get("before") or {}
        if self.fresh and before.get("started_at") == values.get("started_at"):
            stopped_midway = before.get("state") == "running" and state != "running"
            return "half" if stopped_midway else "old"
        if self.fresh:
            return "new"
        return "new" if state == self.state else "old"

    async def undo(self, case: Case) -> None:
        if self.name == "restart":  # only what was left half done: stopped and not started again
            await case.hands.start(case.container_id)
            return
        if await self.arrived(case) == "new":
            await _call(case, self.back)


async def _call(case: Case, verb: str) -> None:
    hands, key = case.hands, case.container_id
    seconds = int(case.intent.arguments.get("timeout_s", STOP_S))
    match verb:
        case "restart":
            await hands.restart(key, timeout_s=seconds)
        case "start":
            await hands.start(key)
        case "stop":
            await hands.stop(key, timeout_s=seconds)
        case "pause":
            await hands.pause(key)
        case "unpause":
            await hands.unpause(key)


VERBS = (
    Verb("restart", "restarting", "Restarted", "running", fresh=True, slow=True),
    Verb("start", "starting", "Started", "running", needs=STOPPED, back="stop", fresh=True),
    Verb("stop", "stopping", "Stopped", "exited", needs=("running", "restarting"), back="start", slow=True),
    Verb("pause", "pausing", "Paused", "paused", needs=("running",), back="unpause"),
    Verb("unpause", "unpausing", "Unpaused", "running", needs=("paused",), back="pause"),
)
