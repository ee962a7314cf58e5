"""What a person looks at beside the answers: who is there right now, log lines, numbers that move, what was stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from ergon_ops.assistant.room import House, open_room
from ergon_ops.engine.protocols import Container, Counters, LogQuery
from ergon_ops.errors import NoSuchContainer
from ergon_ops.events import timestamp
from ergon_ops.facts import Group, Reading
from ergon_ops.history import rates
from ergon_ops.persona import personas
from ergon_ops.refs import LOCAL, Ref

Document = dict[str, Any]
MOVING: tuple[Group, ...] = ("limits", "cpu", "memory", "pids", "io")
SHORTEST_S = 1.0
MOST_BYTES = 8_000_000


async def roster(house: House) -> Document:
    """Everyone, by one list call a host: names, state and health; no numbers."""
    room = await open_room(house)
    rows = [{**state_json(row), "ci": room.personas[row.ref].ci_name} for row in room.inventory.containers]
    failures = {host: error.to_json()["error"] for host, error in room.inventory.failures.items()}
    return {"containers": rows, "failures": failures}


def last_seen(house: House) -> Document:
    """The same from memory."""
    seen = [house.store.sightings.last(place) for place in house.places.values()]
    rows = [row for sighting in seen if sighting is not None for row in sighting.containers]
    who = personas(rows, house.manifests())
    return {"containers": [{**state_json(row), "ci": who[row.ref].ci_name} for row in rows if row.ref in who]}


def state_json(row: Container) -> Document:
    return {
        "name": row.ref.short,
        "service": row.service or None,
        "project": row.project or None,
        "state": row.state,
        "health": row.health,
    }


async def presence(house: House, name: str) -> Document:
    """State and health of one container: one call to its engine where the name is the container's own.

    Raises NoSuchContainer, EngineError.
    """
    ref = plain_ref(house, name)
    if ref is not None:
        try:
            return await looked(house, ref)
        except NoSuchContainer:
            pass  # a service or a CI by that name, or nobody any more
    return await looked(house, await resolved(house, name))


async def looked(house: House, ref: Ref) -> Document:
    found = {item.name: item.value for item in await house.reads[ref.host].read(ref, ["state"])}
    return {"name": ref.short, "state": found.get("state"), "health": found.get("health") or "none"}


def plain_ref(house: House, name: str) -> Ref | None:
    """`host/name`, or a name on the only or the local host."""
    host, _, rest = name.rpartition("/")
    if host:
        return Ref(rest, host) if host in house.reads else None
    if LOCAL in house.reads:
        return Ref(name)
    return Ref(name, next(iter(house.reads))) if len(house.reads) == 1 else None


async def resolved(house: House, name: str) -> Ref:
    """The container a name of any kind stands for. Raises NoSuchContainer, EngineError."""
    room = await open_room(house)
    return room.desk.context(Ref("")).resolve(name)


async def logs(house: House, name: str, *, tail: int, grep: str = "", since_s: float = 0.0) -> Document:
    """The last lines as they were written (redacted, without control characters), not summarised."""
    ref = await resolved(house, name)
    since = house.clock() - since_s if since_s else None
    found = await house.reads[ref.host].logs(ref, LogQuery(since=since, tail=tail, grep=grep, max_bytes=MOST_BYTES))
    return {
        "container": ref.short,
        "lines": [
            {"at": None if line.at is None else timestamp(line.at), "stream": line.stream, "text": line.text}
            for line in found.lines
        ],
        "source": found.source,
        "unreadable": found.unreadable or None,
        "cut": found.cut,
    }


async def metrics(house: House, name: str, *, every_s: float = SHORTEST_S) -> AsyncGenerator[Document, None]:
    """What moves, again and again until the reader leaves. Raises NoSuchContainer once it is gone, EngineError."""
    ref = await resolved(house, name)
    info = await house.reads[ref.host].info()
    before: Counters | None = None
    while True:
        engine = house.reads[ref.host]
        row = next((row for row in await engine.containers() if row.ref == ref), None)
        readings = list(await engine.read(ref, MOVING))
        limit = next((item.value for item in readings if item.name == "cpu_limit"), None)
        now = next(iter(await engine.counters([row.id])), None) if row is not None and row.running else None
        if before is not None and now is not None:
            quota = limit if isinstance(limit, (int, float)) else None
            readings += rates(ref, before, now, cpu_limit=quota, host_cpus=info.cpus)
        before = now
        yield sample_json(ref, readings, house.clock())
        await asyncio.sleep(every_s)


def sample_json(ref: Ref, readings: list[Reading], at: float) -> Document:
    """`values` by the names of facts; of siblings (one a device) there are none here."""
    values = {item.name: item.value for item in readings if not item.key}
    return {"container": ref.short, "at": timestamp(at), "values": values}


def stored_findings(house: House) -> Document:
    """What the rules found when they last looked, for when nobody can look now."""
    rows = []
    for seen in house.store.findings.current():
        body = seen.finding.to_json(first_seen=timestamp(seen.first_seen))
        rows.append({**body, "last_seen": timestamp(seen.last_seen)})
    return {"findings": rows}
