"""Made anew with an approved patch: the former container is kept, and put back if the new one does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.changes.deeds.deed import Arrival, Case, Words, values_of
from ergon_ops.changes.deeds.swap import STOP_S, Swap
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Intent

WORDS = {"env": "variables", "sysctls": "kernel settings", "dns": "name servers", "shm_size": "size of /dev/shm"}
PLURAL = ("mounts", "ports", "sysctls", "env", "dns")


@dataclass(frozen=True, slots=True)
class Recreate:
    state: str = "running"
    fresh: bool = True
    slow: bool = False

    def reversible(self, intent: Intent) -> bool:
        return True

    def words(self, case: Case) -> Words:
        name = case.intent.target.short
        other = "other" if next(iter(case.intent.arguments["patch"])) in PLURAL else "another"
        what = ", ".join(WORDS.get(str(key), str(key).replace("_", " ")) for key in case.intent.arguments["patch"])
        return Words(
            f"making {name} anew with {other} {what}",
            f"Made {name} anew with {other} {what}",
            f"the former {name} is back in its place",
        )

    async def prepare(self, case: Case) -> Mapping[str, Any]:
        name = case.intent.target.short
        reasons = await case.hands.obstacles(case.container_id)
        if reasons:
            raise PolicyRefused(f"{name} cannot be made anew: it {'; it '.join(reasons)}", next="ergon-ops journal")
        values = await values_of(case, "limits")
        grace = values.get("stop_timeout")
        return {"stop_timeout_s": int(grace) if isinstance(grace, (int, float)) else STOP_S}

    async def apply(self, case: Case) -> None:
        await Swap(case).forward(case.intent.arguments["patch"])

    async def arrived(self, case: Case) -> Arrival:
        return await Swap(case).arrived()

    async def undo(self, case: Case) -> None:
        await Swap(case).back()
