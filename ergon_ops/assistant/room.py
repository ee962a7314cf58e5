"""The room a turn takes place in: who is there right now, who they are, and the eyes to look at them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ergon_ops.assistant.models import Models
from ergon_ops.changes import Changes
from ergon_ops.engine.protocols import Container, Reads
from ergon_ops.errors import ErgonError, NoSuchContainer
from ergon_ops.facts import Ledger, Reading
from ergon_ops.history import RateReader
from ergon_ops.persona import ManifestDocument, Persona, personas
from ergon_ops.refs import Ref
from ergon_ops.router import Focus, Route, Router, members
from ergon_ops.services import canonical, expected
from ergon_ops.settings import Settings
from ergon_ops.store import Store
from ergon_ops.toolbox.calls import Toolbox
from ergon_ops.toolbox.collector import Collector
from ergon_ops.toolbox.context import TurnContext
from ergon_ops.toolbox.inventory import Inventory, take_inventory, unknown
from ergon_ops.toolbox.sources import Sources
from ergon_ops.turn import Desk


@dataclass(frozen=True, slots=True)
class House:
    """What outlives a turn: the engines, the store, the tools. `places` are the names under which the last state of a
    host is stored: two engines that are both called `local` must not be taken for each other."""

    reads: Mapping[str, Reads]
    rates: Mapping[str, RateReader]
    store: Store
    toolbox: Toolbox
    changes: Changes
    manifests: Callable[[], Sequence[ManifestDocument]]
    places: Mapping[str, str]
    clock: Callable[[], float]
    settings: Settings
    models: Models

    def keep(self, text: str, label: str) -> str:
        """A handle for a tool's whole output."""
        return self.store.handles.put(text, label=label)


@dataclass(frozen=True, slots=True)
class Room:
    house: House
    inventory: Inventory
    personas: Mapping[Ref, Persona]
    collector: Collector
    desk: Desk

    @property
    def ledger(self) -> Ledger:
        return self.collector.ledger

    @property
    def running(self) -> tuple[Container, ...]:
        return tuple(row for row in self.inventory.containers if row.running)

    async def route(self, text: str, names: tuple[str, ...], focus: Focus | None) -> Route:
        """Whom a question is for. What serves where is looked up only if the words alone do not tell."""
        rows = self.inventory.containers
        hosts = tuple(self.house.reads)
        route = Router(members(rows, self.personas), hosts).route(text, names=names, focus=focus)
        if not route.needs_services:
            return route
        await asyncio.gather(*(self.look(row.ref) for row in self.running))
        found = self.collector.sources.detected
        return Router(members(rows, self.personas, found), hosts).route(text, names=names, focus=focus)

    async def look(self, ref: Ref) -> None:
        """Reads who serves what; a container that just vanished serves nothing."""
        with contextlib.suppress(ErgonError):
            await self.collector.read(ref, ["services"])


async def open_room(house: House, *, session: str | None = None) -> Room:
    """Lists every host and looks up who is who. In a session fact ids go on, and what tools said can be looked up."""
    inventory = await take_inventory(house.reads)
    who = personas(inventory.containers, house.manifests())
    ledger = Ledger(house.store.facts.last(session) if session else 0)
    known = {**known_services(house, inventory), **declared_services(house.manifests(), inventory)}

    def wanted(ref: Ref) -> Sequence[tuple[str, int | None]]:
        return known.get(ref, ())

    def needs(ref: Ref) -> Sequence[str]:
        return who[ref].depends_on if ref in who and who[ref].source == "manifest" else ()

    def resolve(name: str) -> Ref:
        found = {row.ref for row in inventory.containers if name in (row.ref.name, str(row.ref), who[row.ref].ci_name)}
        found = found or {row.ref for row in inventory.containers if row.service == name}
        if len(found) == 1:
            return found.pop()
        if found:
            raise NoSuchContainer(f"{name!r} stands for several containers", next=", ".join(map(str, sorted(found))))
        for failure in inventory.failures.values():
            raise failure  # it may well be there, on the host that does not answer
        raise unknown(name, [row.ref.name for row in inventory.containers])

    sources = Sources(house.reads, house.rates, inventory, house.clock, wanted, needs)
    collector = Collector(sources, ledger)

    def context(ref: Ref) -> TurnContext:
        return TurnContext(ref, collector, who, house.changes, resolve)

    keep = house.keep if session else None
    desk = Desk(collector, house.toolbox, who, context, house.clock, keep)
    return Room(house, inventory, who, collector, desk)


def known_services(house: House, inventory: Inventory) -> dict[Ref, tuple[tuple[str, int | None], ...]]:
    """What each container, still the same one, served when it was last looked at."""
    known: dict[Ref, tuple[tuple[str, int | None], ...]] = {}
    for host in {row.ref.host for row in inventory.containers}:
        sighting = house.store.sightings.last(house.places[host])
        if sighting is None:
            continue
        same = {row.ref for row in sighting.containers if (now := inventory.get(row.ref)) and now.id == row.id}
        serving: dict[Ref, list[Reading]] = {}
        for item in sighting.readings:
            if item.about in same:
                serving.setdefault(item.about, []).append(item)
        known.update((ref, expected(readings)) for ref, readings in serving.items())
    return known


def declared_services(
    manifests: Sequence[ManifestDocument], inventory: Inventory
) -> dict[Ref, tuple[tuple[str, int | None], ...]]:
    """What each container should run as its manifest, found by label, says."""
    by_digest = {manifest.digest(): manifest for manifest in manifests}
    declared: dict[Ref, tuple[tuple[str, int | None], ...]] = {}
    for row in inventory.containers:
        manifest = by_digest.get(row.manifest_digest)
        entry = manifest.containers.get(row.manifest_key) if manifest else None
        named = tuple((canonical(program), port) for program, port in entry.services if program) if entry else ()
        if named:
            declared[row.ref] = named
    return declared
