"""A setting of the service inside, changed while it runs; the former value is read before and written back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.changes.deeds.deed import Arrival, Case, Words
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Setting
from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Intent

COMMANDS = ("reload",)  # no values: there is nothing to put back


@dataclass(frozen=True, slots=True)
class AppSetting:
    state: str = ""
    fresh: bool = False
    slow: bool = False

    def reversible(self, intent: Intent) -> bool:
        return intent.arguments["setting"] not in COMMANDS

    def words(self, case: Case) -> Words:
        wanted, name = case.intent.arguments, case.intent.target.short
        what = f"{wanted['service']} {wanted['setting']} = {wanted['value']}"
        later = " (in force from its next start on)" if case.facts.get("at_start") else ""
        former = (case.facts.get("former") or {}).get("value")
        return Words(
            f"setting {what} in {name}",
            f"Set {what} in {name}{later}",
            f"{wanted['service']} {wanted['setting']} = {former} again in {name}",
        )

    async def prepare(self, case: Case) -> Mapping[str, Any]:
        now = await self._read(case)
        wanted = case.intent.arguments
        if now.value == wanted["value"]:
            raise PolicyRefused(f"{wanted['setting']} is {now.value} already", next="nothing to do")
        return {"former": {"value": now.value, "ours": now.ours}, "at_start": now.restart}

    async def apply(self, case: Case) -> None:
        await self._write(case, case.intent.arguments["value"])
        if case.intent.arguments["setting"] not in COMMANDS:
            case.note("set", {"stands": (await self._read(case)).value})

    async def arrived(self, case: Case) -> Arrival:
        """A service may write a value in its own way (8MB for 8192kB), so it is the former one that is recognised."""
        if case.intent.arguments["setting"] in COMMANDS:
            return "new"
        return "old" if (await self._read(case)).value == case.facts["former"]["value"] else "new"

    async def undo(self, case: Case) -> None:
        former = case.facts["former"]
        if case.intent.arguments["setting"] in COMMANDS:
            return
        await self._write(case, former["value"] if former["ours"] else None)

    async def _read(self, case: Case) -> Setting:
        wanted = case.intent.arguments
        return await case.hands.read_setting(case.container_id, wanted["service"], wanted["setting"])

    async def _write(self, case: Case, value: str | None) -> None:
        wanted = case.intent.arguments
        await case.hands.write_setting(
            case.container_id, wanted["service"], wanted["setting"], value, persist=wanted["persist"]
        )
