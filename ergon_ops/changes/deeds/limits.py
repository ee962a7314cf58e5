"""Limits and the restart policy: one `update` of the living container, and one that puts back what was there.

Engine traps (moby `UpdateContainer`, seen on 20.10): a Memory above MemorySwap needs both in one call; 0 and null mean
"as it is", so a memory limit, a CPU limit or shares that were not there before cannot be taken away again from a living
container, only by making it anew. That is told before: such a change is not `live` but `recreate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.changes.deeds.deed import Arrival, Case, Words, values_of, wake, was_active
from ergon_ops.changes.deeds.swap import Swap
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import PolicyRefused
from ergon_ops.proposals import Intent

MIB = 1024 * 1024
PERIOD = 100_000
HEADROOM = 1.15  # facts of right-sizing tools: a limit is never lowered below the working set times this
FOR_GOOD = ("Memory", "NanoCpus", "CpuShares")
SHARES = "CpuShares"


@dataclass(frozen=True, slots=True)
class Limits:
    state: str = ""
    fresh: bool = False
    slow: bool = False

    def reversible(self, intent: Intent) -> bool:
        return True

    def words(self, case: Case) -> Words:
        what, name = phrase(case.intent), case.intent.target.short
        return Words(f"setting {what} on {name}", f"Set {what} on {name}", f"the former limits of {name} are back")

    async def prepare(self, case: Case) -> Mapping[str, Any]:
        former = dict(await case.hands.limits(case.container_id))
        wanted = in_engine_words(case.intent, former)
        await refuse_too_small(case)
        if all(former.get(key) == value for key, value in wanted.items()):
            raise PolicyRefused(f"{case.intent.target.short} has {phrase(case.intent)} already", next="nothing to do")
        touched = {key: former.get(key) for key in wanted}
        if needs_anew(touched) and (reasons := await case.hands.obstacles(case.container_id)):
            raise PolicyRefused(
                f"the engine could not take this limit away again: {case.intent.target.short} {reasons[0]}",
                next="set it where the container is defined",
            )
        return {"former": touched, "wanted": wanted}

    async def apply(self, case: Case) -> None:
        await case.hands.update(case.container_id, case.facts["wanted"])

    async def arrived(self, case: Case) -> Arrival:
        now = await case.hands.limits(case.container_id)
        if _same(now, case.facts["wanted"]):
            return "new"
        return "old" if _same(now, case.facts["former"]) else "half"

    async def undo(self, case: Case) -> None:
        former: Mapping[str, Any] = case.facts["former"]
        if needs_anew(former):
            limits = {key: value or 0 for key, value in former.items() if key != "RestartPolicy"}
            await Swap(case, "undo").forward({"limits": limits}, start=was_active(case))
            if await case.hands.standing(case.container_id):
                case.note("removing the one with the limit; its volumes stay")
                await case.hands.remove(case.container_id, force=True)
            return
        policy = former.get("RestartPolicy")
        named = {"RestartPolicy": {**policy, "Name": policy["Name"] or "no"}} if policy else {}
        await case.hands.update(case.container_id, {**former, **named})
        await wake(case, case.container_id)


def _same(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(_plain(key, now.get(key)) == _plain(key, value) for key, value in wanted.items())


def _plain(key: str, value: Any) -> Any:
    """A process limit of "none" is null, 0 or -1, and so is a quota; no policy is "" or "no"."""
    if key in ("PidsLimit", "CpuQuota"):
        return max(0, value or 0)
    if key == "RestartPolicy" and value:
        return {**value, "Name": value["Name"] or "no"}
    return value


def needs_anew(former: Mapping[str, Any]) -> bool:
    return any(not former[key] for key in FOR_GOOD if key in former)


def in_engine_words(intent: Intent, former: Mapping[str, Any]) -> dict[str, Any]:
    """What to send to `update`, given what there is."""
    wanted = intent.arguments
    match intent.kind:
        case "set_memory_limit":
            memory = wanted["memory_bytes"]
            return {"Memory": memory, "MemorySwap": wanted["memory_swap_bytes"] or swap_beside(memory, former)}
        case "set_cpu_limit" if (former.get("CpuQuota") or 0) > 0:  # said as quota and period, it must stay so
            return {"CpuQuota": wanted["nano_cpus"] * (former.get("CpuPeriod") or PERIOD) // 10**9}
        case "set_cpu_limit":
            return {"NanoCpus": wanted["nano_cpus"]}
        case "set_cpu_shares":
            return {"CpuShares": wanted["shares"]}
        case "set_pids_limit":
            return {"PidsLimit": wanted["pids"]}
        case _:
            policy = {"Name": wanted["name"], "MaximumRetryCount": wanted["max_retries"]}
            return {"RestartPolicy": policy}


def swap_beside(memory: int, former: Mapping[str, Any]) -> int:
    """Memory plus swap for a new memory limit where nobody said: as much swap as before, else twice, as the engine."""
    limit, both = former.get("Memory") or 0, former.get("MemorySwap") or 0
    if both < 0:
        return -1
    if not limit or both == 2 * limit:
        return 2 * memory
    return memory + max(0, both - limit)


async def refuse_too_small(case: Case) -> None:
    """Also right before it is done: its memory or its processes may have grown since the proposal."""
    intent, name = case.intent, case.intent.target.short
    if intent.kind == "set_memory_limit":
        values = await values_of(case, "memory")
        used, wanted = values.get("memory_working_set"), intent.arguments["memory_bytes"]
        if isinstance(used, (int, float)) and wanted < used * HEADROOM:
            raise PolicyRefused(
                f"{name} uses {used / MIB:.0f} MiB now: {wanted / MIB:.0f} MiB is below that times {HEADROOM}",
                next=f"at least {used * HEADROOM / MIB + 1:.0f} MiB",
            )
    if intent.kind == "set_pids_limit" and intent.arguments["pids"] > 0:
        values = await values_of(case, "pids")
        running = values.get("pids")
        if isinstance(running, int) and intent.arguments["pids"] < running:
            raise PolicyRefused(f"{name} runs {running} processes and threads now", next=f"at least {running}")


def phrase(intent: Intent) -> str:
    """`a memory limit of 256 MiB`."""
    wanted = intent.arguments
    match intent.kind:
        case "set_memory_limit":
            return f"a memory limit of {wanted['memory_bytes'] / MIB:.6g} MiB"
        case "set_cpu_limit":
            cores = wanted["nano_cpus"] / 1e9
            return f"a CPU limit of {cores:g} core{'s' * (cores != 1)}"
        case "set_cpu_shares":
            return f"CPU shares of {wanted['shares']}"
        case "set_pids_limit":
            return f"a limit of {wanted['pids']} processes" if wanted["pids"] > 0 else "no limit of processes"
        case _:
            retries = f":{wanted['max_retries']}" if wanted["max_retries"] else ""
            return f"the restart policy {wanted['name']}{retries}"
