"""The room a turn takes place in: who is there right now, who they are, and the eyes to look at them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from ergon_ops.assistant.memo import Memo
from ergon_ops.assistant.models import Models
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container, Reads
from ergon_ops.errors import ErgonError, NoSuchContainer
from ergon_ops.facts import Ledger, Reading
from ergon_ops.history import RateReader
from ergon_ops.persona import ManifestDocument, Persona, personas
from ergon_ops.refs import Ref
from ergon_ops.router import Focus, Route, Router, members
from ergon_ops.services import canonical, expected
from ergon_ops.settings import Settings
from ergon_ops.store import Sighting, Store
from ergon_ops.toolbox.calls import Toolbox
from ergon_ops.toolbox.collector import Collector
from ergon_ops.toolbox.context import TurnContext
from ergon_ops.toolbox.inventory import Inventory, take_inventory, unknown
from ergon_ops.toolbox.recent import Recent
from ergon_ops.toolbox.sources import Sources
from ergon_ops.turn import Desk

if TYPE_CHECKING:
    from ergon_ops.changes.changes import Changes


@dataclass(frozen=True, slots=True)
class House:
    """What outlives a turn: the engines, the store, the tools. `places` are the names under which the last state of a
    host is stored: two engines that are both called `local` must not be taken for each other."""

    reads: Mapping[str, Reads]
    rates: Mapping[str, RateReader]
    store: Store
    toolbox: Toolbox
    hands: Callable[[], Changes]
    manifests: Callable[[], Sequence[ManifestDocument]]
    places: Mapping[str, str]
    clock: Callable[[], float]
    settings: Settings
    models: Models
    memo: Memo = field(default_factory=Memo)
    recent: Recent = field(default_factory=Recent)

    @property
    def changes(self) -> Changes:
        """Made when it is first needed: who only asks does not wait for what can change something."""
        return self.memo.get("changes", None, self.hands)

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
        of = (rows, dict(self.personas), hosts)
        router = self.house.memo.get("router", of, lambda: Router(members(rows, self.personas), hosts))
        route = router.route(text, names=names, focus=focus)
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
    inventory = await take_inventory(house.reads, house.recent)
    manifests, rows = house.manifests(), inventory.containers
    who = house.memo.get("personas", (rows, manifests), lambda: personas(rows, manifests))
    ledger = Ledger(house.store.facts.last(session) if session else 0)
    known = serving(house, inventory, manifests)

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

    def probing(ref: Ref) -> bool:
        return house.settings.may_probe(ref.name)

    def role_of(ref: Ref) -> str:
        return who[ref].role_kind if ref in who and who[ref].role_declared else ""

    reads = {host: each.turn() for host, each in house.reads.items()}
    asked = house.recent.asked()
    changed, onsets = told(house)
    sources = Sources(
        reads, house.rates, inventory, house.clock, wanted, needs, probing, changed, asked=asked, onsets=onsets
    )
    collector = Collector(sources, ledger, role_of=role_of, recent=house.recent)

    def context(ref: Ref) -> TurnContext:
        return TurnContext(ref, collector, who, lambda: house.changes, resolve)

    keep = house.keep if session else None
    desk = Desk(collector, house.toolbox, who, context, house.clock, keep)
    return Room(house, inventory, who, collector, desk)


Told = Callable[[Ref, float], Sequence[tuple[float, str]]]


def told(house: House) -> tuple[Told, Told]:
    """What was written down of a container since a time: what of its configuration changed, what began to be wrong."""

    def changed(ref: Ref, since: float) -> Sequence[tuple[float, str]]:
        seen = [(row.at, row.text) for row in house.store.lives.of(ref, since=since) if row.kind == "changed"]
        return by_time(sorted([*seen, *approved(house, ref, since)]))

    def onsets(ref: Ref, since: float) -> Sequence[tuple[float, str]]:
        rows = house.store.findings.between(since, house.clock(), ref)
        faults = (row for row in rows if row.first_seen >= since and row.finding.nature == "fault")
        return by_time((row.first_seen, row.finding.summary) for row in faults)

    return changed, onsets


def approved(house: House, ref: Ref, since: float) -> Iterator[tuple[float, str]]:
    """What was done here because a person approved it, and what became of it: as the journal has it."""
    for row in house.store.changes.of(ref.name):
        if row.change.started_at < since:
            continue
        intents = [stored.proposal.intent for stored in house.store.proposals.find(row.change.proposal_id)]
        if intents and intents[0].target == ref:
            by = f"{row.change.by.interface}:{row.change.by.identity}"
            what, state = intents[0].kind.replace("_", " "), row.change.state.replace("_", " ")
            yield row.change.started_at, f"{what}, approved by {by}: {state} ({row.change.id})"


def by_time(rows: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """What was seen at one moment in one line."""
    found: dict[float, list[str]] = {}
    for at, text in rows:
        found.setdefault(at, []).append(text)
    return [(at, "; ".join(texts)) for at, texts in found.items()]


Services = tuple[tuple[str, int | None], ...]


def serving(house: House, inventory: Inventory, manifests: Sequence[ManifestDocument]) -> dict[Ref, Services]:
    """What each container should serve: as its manifest says, else as it did when it was last looked at."""
    sightings = [house.store.sightings.last(house.places[host]) for host in house.reads]

    def work() -> dict[Ref, Services]:
        return {**known_services(sightings, inventory), **declared_services(manifests, inventory)}

    return house.memo.get("services", (inventory.containers, manifests, sightings), work)


def known_services(sightings: Iterable[Sighting | None], inventory: Inventory) -> dict[Ref, Services]:
    """What each container, still the same one, served when it was last looked at."""
    known: dict[Ref, Services] = {}
    for sighting in sightings:
        if sighting is None:
            continue
        same = {row.ref for row in sighting.containers if (now := inventory.get(row.ref)) and now.id == row.id}
        serving: dict[Ref, list[Reading]] = {}
        for item in sighting.readings:
            if item.about in same:
                serving.setdefault(item.about, []).append(item)
        known.update((ref, expected(readings)) for ref, readings in serving.items())
    return known


def declared_services(manifests: Sequence[ManifestDocument], inventory: Inventory) -> dict[Ref, Services]:
    """What each container should run as its manifest, found by label, says."""
    by_digest = {manifest.digest(): manifest for manifest in manifests}
    declared: dict[Ref, Services] = {}
    for row in inventory.containers:
        manifest = by_digest.get(row.manifest_digest)
        entry = manifest.containers.get(row.manifest_key) if manifest else None
        named = tuple((canonical(program), port) for program, port in entry.services if program) if entry else ()
        if named:
            declared[row.ref] = named
    return declared
