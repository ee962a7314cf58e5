"""Who must be looked at together, to tell an origin from its victims: a container, whom it calls, whom those call in
turn, and who calls it. Read from the collector, which reads each group of facts once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from ergon_ops import diagnosis, topology
from ergon_ops.diagnosis import chains
from ergon_ops.diagnosis.calls import failing
from ergon_ops.diagnosis.scene import SETTLED_S
from ergon_ops.errors import ErgonError
from ergon_ops.facts import Fact, Group, Ledger
from ergon_ops.refs import Ref
from ergon_ops.toolbox import surroundings
from ergon_ops.toolbox.sources import MOVING, Sources

# As an engine's list says it, when nobody need look closer: "Up 4 seconds", "Up About a minute", "Up 3 days (healthy)".
UP_LONG = re.compile(rf"Up (?:(?!Less than)\D|[{SETTLED_S + 1:.0f}-9] second|\d\d|\d+ (?!second))")
DEPTH, MOST_AROUND, MOST_FAR = 4, 12, 12
NEEDS = diagnosis.needs()
AT_HAND = tuple(group for group in NEEDS if group != "logfile")  # how a log grows takes two looks, half a second apart
STILL = tuple(group for group in NEEDS if group not in {*MOVING, "window"})


class Eyes(Protocol):
    """The collector, as it is used here."""

    @property
    def sources(self) -> Sources: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def nodes(self) -> surroundings.Nodes: ...
    async def read(self, ref: Ref, groups: Iterable[Group], *, window_s: float = 0.0) -> tuple[Fact, ...]: ...


def scene(eyes: Eyes, ref: Ref, whole: Iterable[Ref] = ()) -> diagnosis.Scene:
    """Made of what was read; `whole` are those that were read whole beside it."""
    near = topology.near(ref, eyes.sources.inventory.containers)
    return surroundings.scene(eyes.ledger, ref, near, eyes.sources, eyes.nodes, tuple(whole))


async def read(eyes: Eyes, ref: Ref, *, window_s: float = 0.0, glance: bool = False) -> tuple[Ref, ...] | None:
    """Reads a container and its circle; whom the circle has beside it. What moves is read last, of all at once: its
    window need not pass twice. At a `glance` nobody else is looked at where nothing of its own asks for it, and None
    is given: a status waits for nothing, and costs the same among ten containers and among two hundred. Raises
    NoSuchContainer, EngineError for the container itself."""
    if glance:
        await eyes.read(ref, AT_HAND, window_s=window_s)
        if calm(lone(eyes), ref):
            return None
    await meet(eyes, ref, window_s=window_s)
    around = await _around(eyes, ref, window_s)
    others = (_quietly(eyes, each, NEEDS, window_s) for each in around)
    await asyncio.gather(eyes.read(ref, NEEDS, window_s=window_s), *others)
    return tuple(around)


async def settled(eyes: Eyes, ref: Ref) -> None:
    """Gives one that has just been started its first seconds: who has time to look twice judges nobody by them. What
    was restarted by the engine is looked at as it is."""
    row = eyes.sources.inventory.get(ref)
    if row is None or row.state != "running" or UP_LONG.match(row.status):
        return
    with suppress(ErgonError):
        state = {item.name: item.value for item in await eyes.sources.reads[ref.host].read(ref, ["state"])}
        up = state.get("uptime")
        if state.get("state") == "running" and not state.get("restart_count") and isinstance(up, (int, float)):
            await asyncio.sleep(max(0.0, SETTLED_S - up))


def lone(eyes: Eyes) -> diagnosis.Scene:
    """With nobody around: what a container's own facts say."""
    return diagnosis.Scene(eyes.ledger, eyes.sources.clock())


def calm(now: diagnosis.Scene, ref: Ref) -> bool:
    """Nothing of its own says that it is not well, or that somebody else is not."""
    said = [item for item in now.current(ref) if item.kind != "progress"]
    return not now.troubled(ref) and not said and not failing(now, ref)


async def meet(eyes: Eyes, ref: Ref, *, window_s: float = 0.0) -> None:
    """Reads what does not move of a container, and what rules about it need of those near it and of whom it calls."""
    near = [row.ref for row in topology.near(ref, eyes.sources.inventory.containers)]
    peers = diagnosis.peer_needs()
    await asyncio.gather(eyes.read(ref, STILL, window_s=window_s), *(_quietly(eyes, each, peers) for each in near))
    now = scene(eyes, ref)
    if any(call.address and call.peer is None for call in failing(now, ref)):
        rows = [row for row in eyes.sources.inventory.peers(ref) if row.running and row.ref not in near]
        await asyncio.gather(*(_quietly(eyes, row.ref, ("networks",)) for row in rows[: topology.MOST_PEERS]))
        now = scene(eyes, ref)
    far = [peer for peer in chains.suspects(now, ref) if peer not in near]
    await asyncio.gather(*(_quietly(eyes, peer, peers) for peer in far[:MOST_FAR]))


async def _around(eyes: Eyes, ref: Ref, window_s: float) -> list[Ref]:
    """What it needs, and what that needs; and who is hurt if it fails. Who vanishes meanwhile is left out."""
    now = scene(eyes, ref)
    found: list[Ref] = []
    circle = [*chains.suspects(now, ref), *now.users(ref)]
    for _ in range(DEPTH):
        fresh = [each for each in dict.fromkeys(circle) if each not in found and each != ref]
        fresh = fresh[: max(0, MOST_AROUND - len(found))]
        if not fresh:
            break
        met = await asyncio.gather(*(_met(eyes, each, window_s) for each in fresh))
        fresh = [each for each, there in zip(fresh, met, strict=True) if there]
        found += fresh
        now = scene(eyes, ref, found)
        circle = [peer for each in fresh for peer in chains.suspects(now, each)]
    return found


async def _met(eyes: Eyes, ref: Ref, window_s: float) -> bool:
    try:
        await meet(eyes, ref, window_s=window_s)
    except ErgonError:
        return False
    return True


async def _quietly(eyes: Eyes, ref: Ref, groups: tuple[Group, ...], window_s: float = 0.0) -> None:
    with suppress(ErgonError):
        await eyes.read(ref, groups, window_s=window_s)
