"""One more network for a container, taken away again when undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.changes.deeds.deed import Arrival, Case, Words, values_of
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Intent


@dataclass(frozen=True, slots=True)
class Connect:
    state: str = ""
    fresh: bool = False
    slow: bool = False

    def reversible(self, intent: Intent) -> bool:
        return True

    def words(self, case: Case) -> Words:
        network, name = case.intent.arguments["network"], case.intent.target.short
        return Words(
            f"connecting {name} to {network}", f"Connected {name} to {network}", f"{name} is off {network} again"
        )

    async def prepare(self, case: Case) -> Mapping[str, Any]:
        name, network = case.intent.target.short, case.intent.arguments["network"]
        mode = str((await values_of(case, "config")).get("network_mode") or "")
        if mode in ("host", "none") or mode.startswith("container:"):
            raise PolicyRefused(
                f"{name} has the network mode {mode}: the engine connects it to no other network",
                next="give it another network where it is defined",
            )
        if await self._connected(case):
            raise PolicyRefused(f"{name} is on {network} already", next="nothing to do")
        return {}

    async def apply(self, case: Case) -> None:
        wanted = case.intent.arguments
        await case.hands.connect(case.container_id, wanted["network"], aliases=wanted["aliases"])

    async def arrived(self, case: Case) -> Arrival:
        return "new" if await self._connected(case) else "old"

    async def undo(self, case: Case) -> None:
        if await self._connected(case):
            await case.hands.disconnect(case.container_id, case.intent.arguments["network"])

    async def _connected(self, case: Case) -> bool:
        found = await case.reads.read(case.intent.target, ("networks",))
        network = case.intent.arguments["network"]
        return any(item.name == "network" and item.key == network for item in found)
