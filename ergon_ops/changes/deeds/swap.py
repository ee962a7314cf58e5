"""A container made anew in the place of another one, which is kept: never is there a moment without one of them.

Forward: create the second one under a name of its own (what is wrong with its configuration shows here, with the first
still running) → stop the first → keep the engine from starting it by itself → move it aside → name the second → start
it. Each step is written down before it is done and looks first whether it was done: begun again, it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.changes.deeds.deed import Arrival, Case, was_active
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Standing
from ergon_ops.errors import EngineConflict, NoSuchContainer

STOP_S = 10
GRACE_S, LOOK_S = 5.0, 0.5  # beyond the stop timeout, for an engine that goes on with a stop whose caller died
NO_POLICY = {"Name": "no", "MaximumRetryCount": 0}


def starts_by_itself(policy: Any) -> bool:
    """The engine starts it again. One made without a policy has an empty name, which no update can write."""
    return bool(policy) and policy.get("Name") not in ("", "no", None)


@dataclass(frozen=True, slots=True)
class Swap:
    """`first` "" is the change itself; "undo" is a second swap that takes a change back by making it anew once more."""

    case: Case
    role: str = ""

    @property
    def name(self) -> str:
        return self.case.intent.target.name

    @property
    def aside(self) -> str:
        """What the first one is called while it is kept."""
        return f"{self.name}-before-{self._tag}"

    @property
    def fresh(self) -> str:
        """What the second one is called until it takes its place."""
        return f"{self.name}-new-{self._tag}"

    @property
    def successor(self) -> str:
        return str(self.case.facts.get(self.role + "successor") or "")

    @property
    def _tag(self) -> str:
        return self.case.change_id.removeprefix("c-") + self.role

    async def forward(self, patch: Mapping[str, Any], *, start: bool = True) -> None:
        case, hands, old = self.case, self.case.hands, self.case.container_id
        new = await self._second()
        if new is not None and new.active and new.name == self.name:
            return
        if new is None:
            case.note(f"making {self.name} anew beside it, as {self.fresh}")
            new = Standing(await hands.clone(old, self.fresh, patch), self.fresh, "created")
        if not self.successor:
            policy = (await hands.limits(old)).get("RestartPolicy") or NO_POLICY
            case.note(f"made: {new.id[:12]}", {f"{self.role}successor": new.id, f"{self.role}policy": policy})
        await self._move_aside(old)
        if new.name != self.name:
            case.note(f"{self.fresh} takes the name {self.name}")
            await hands.rename(new.id, self.name)
        if start and not new.active:
            case.note(f"starting the new {self.name}")
            await hands.start(new.id)

    async def _move_aside(self, old: str) -> None:
        case, hands = self.case, self.case.hands
        now = await hands.standing(old)
        if now is None:
            return  # begun again after it was removed: the second one is all there is
        if now.active:
            case.note(f"stopping the old {self.name}", {f"{self.role}stopping_at": case.clock()})
            await hands.stop(old, timeout_s=self._stop_s)
        if starts_by_itself((await hands.limits(old)).get("RestartPolicy")):
            case.note(f"no restart policy for the old {self.name} while it is kept")
            await hands.update(old, {"RestartPolicy": NO_POLICY})
        if now.name != self.aside:
            case.note(f"the old {self.name} is kept as {self.aside}")
            await hands.rename(old, self.aside)

    async def back(self) -> None:
        """The first one in its place again, running if it ran; the second is removed."""
        case, hands, old = self.case, self.case.hands, self.case.container_id
        first = await self._after_a_stop_under_way()
        if first is None:
            raise EngineConflict(
                f"the former {self.name} is not there any more: the new one stays", next="ergon-ops journal"
            )
        new = await self._second()
        if new is not None and new.active:
            case.note(f"stopping the new {self.name}")
            await hands.stop(new.id, timeout_s=self._stop_s)
        if new is not None and new.name == self.name:
            case.note(f"the new {self.name} gives its name back")
            await hands.rename(new.id, self.fresh)
        if first.name != self.name:
            case.note(f"{first.name} is {self.name} again")
            await hands.rename(old, self.name)
        policy = case.facts.get(f"{self.role}policy")
        if starts_by_itself(policy) and (await hands.limits(old)).get("RestartPolicy") != policy:
            case.note(f"{self.name} gets its restart policy back")
            await hands.update(old, {"RestartPolicy": policy})
        if was_active(case) and not first.active:
            case.note(f"starting the former {self.name}")
            await hands.start(old)
        if new is not None:
            case.note(f"removing the new {self.name}; its volumes stay")
            await hands.remove(new.id, force=True)

    async def _after_a_stop_under_way(self) -> Standing | None:
        """The first one, once no stop that we asked for can end it any more: else it would be down a moment later."""
        case = self.case
        ends = float(case.facts.get(f"{self.role}stopping_at") or 0.0) + self._stop_s + GRACE_S
        first = await case.hands.standing(case.container_id)
        while first is not None and first.active and case.clock() < ends:
            await case.sleep(LOOK_S)
            first = await case.hands.standing(case.container_id)
        return first

    @property
    def _stop_s(self) -> int:
        return int(self.case.facts.get("stop_timeout_s") or STOP_S)

    async def arrived(self) -> Arrival:
        """`new` once the second one runs in its place, `old` while nothing was done to the first."""
        new, first = await self._second(), await self.case.hands.standing(self.case.container_id)
        if new is not None and new.name == self.name and new.active:
            return "new"
        if first is None and new is None:
            raise NoSuchContainer(f"{self.name} is gone", next="ergon-ops list")
        untouched = first is not None and first.name == self.name and first.active == was_active(self.case)
        return "old" if untouched and new is None else "half"

    async def _second(self) -> Standing | None:
        """By its id, or by the name it was made under, if nobody came to write the id down."""
        hands = self.case.hands
        return await hands.standing(self.successor) if self.successor else await hands.standing(self.fresh)
