"""The wiring diagram: constructs every part from the settings and passes them down."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.models import Models
from ergon_ops.assistant.room import House
from ergon_ops.changes.writers import real_writers
from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.protocols import Counters, Reads, Writes
from ergon_ops.engine.reads import open_reads
from ergon_ops.folders import load_tools
from ergon_ops.history import RateReader, Sampler
from ergon_ops.persona import ManifestDocument
from ergon_ops.policy import checked
from ergon_ops.refs import LOCAL
from ergon_ops.settings import Settings
from ergon_ops.store import Registered, Store
from ergon_ops.toolbox.calls import Toolbox

if TYPE_CHECKING:
    from ergon_ops.changes.changes import Changes


def open_assistant(
    settings: Settings,
    *,
    first: Sequence[Counters] = (),
    sampling: bool = False,
    clock: Callable[[], float] = time.time,
) -> LocalAssistant:
    """The assistant over the real engines. `first` are counters read when the process started; `sampling` is for a
    process that lives long enough to have a history, and runs the samplers."""
    points = endpoints(settings.docker, settings.hosts)
    places = {point.host: f"{point.host} {point.url}" for point in points}
    reads: dict[str, Reads] = {point.host: open_reads(point, clock=clock, keep_open=sampling) for point in points}
    writers = real_writers(points)
    return assemble(settings, reads, writers, first=first, places=places, sampling=sampling, clock=clock)


def assemble(
    settings: Settings,
    reads: Mapping[str, Reads],
    writers: Callable[[str], Writes],
    *,
    first: Sequence[Counters] = (),
    places: Mapping[str, str] | None = None,
    sampling: bool = False,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    models: Models | None = None,
) -> LocalAssistant:
    """The same house over any engines and models: the fake ones of a test, too."""
    store = Store.open(settings.state_dir, clock=clock)
    owner = f"{os.getpid()}"

    def reader(host: str, engine: Reads) -> RateReader:
        sampler = Sampler(host, engine, store.samples, owner=owner, clock=clock, sleep=sleep) if sampling else None
        seed = first if host == LOCAL else ()
        return RateReader(host, engine, store.samples, owner=owner, sampler=sampler, seed=seed, sleep=sleep)

    rates = {host: reader(host, engine) for host, engine in reads.items()}
    rules = checked(settings.policy)

    def changes() -> Changes:
        from ergon_ops.changes.changes import Changes

        return Changes(store, reads, writers, rules, clock, sleep=sleep, place=_place)

    known_as = places or {host: host for host in reads}
    toolbox = Toolbox(load_tools(settings.tools))
    found = models or Models(settings)
    house = House(reads, rates, store, toolbox, changes, lambda: registered(store), known_as, clock, settings, found)
    return LocalAssistant(house)


def registered(store: Store) -> Sequence[ManifestDocument]:
    """The manifests the operator registered."""
    rows: Sequence[Registered] = store.manifests.all()
    if not rows:
        return ()
    from ergon_ops import manifest

    return [manifest.registered(row.body, row.digest) for row in rows]


def _place(files: Sequence[str], service: str, key: str) -> tuple[str, str]:
    from ergon_ops.packaging.composefile import place

    return place(files, service, key)
