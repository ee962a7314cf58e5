"""Manifests beside what runs: where a container differs, and a manifest made of what is there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ergon_ops import manifest
from ergon_ops.assistant.registering import folder_of
from ergon_ops.assistant.room import House, Room, open_room
from ergon_ops.engine.protocols import Container
from ergon_ops.errors import ManifestError, UsageError
from ergon_ops.facts import Group
from ergon_ops.manifest import Manifest, Registrations
from ergon_ops.manifest.difference import Difference, Seen, differences
from ergon_ops.manifest.running import Running, document_of
from ergon_ops.refs import Ref

Document = dict[str, Any]
REDACTED = "‹redacted"
GROUPS: tuple[Group, ...] = ("identity", "state", "limits", "config", "mounts", "networks", "ports")


async def difference(house: House, target: str) -> Document:
    room = await seen_room(house)
    if is_file(target):
        return await _of_file(room, Path(target))
    return await _of_container(room, target)


def is_file(target: str) -> bool:
    """A manifest's file rather than a name."""
    return target.endswith(".json") or "/" in target or Path(target).is_file()


async def seen_room(house: House) -> Room:
    """Raises EngineError where no engine answers: what runs cannot be told then."""
    room = await open_room(house)
    if room.inventory.failures and not room.inventory.containers:
        raise next(iter(room.inventory.failures.values()))
    return room


async def _of_file(room: Room, path: Path) -> Document:
    found = manifest.load(path)
    project = found.project.name if found.project else folder_of(path)
    known = Registrations([found])
    rows: dict[str, Container] = {}
    for row in room.inventory.containers:
        hit = known.find(
            name=row.ref.name,
            digest=row.manifest_digest,
            key=row.manifest_key,
            project=row.project,
            service=row.service,
        )
        if hit and (hit[0] not in rows or row.manifest_digest):
            rows[hit[0]] = row
    listed = await asyncio.gather(*(_compare(room, found, key, row) for key, row in sorted(rows.items())))
    missing = [
        Difference(key, f"/containers/{key}", "running", "no such container")
        for key in manifest.start_order(found)
        if key not in rows
    ]
    more = _strangers(room, project, set(found.containers), {row.ref for row in rows.values()})
    return _told(str(path), found, [*missing, *(item for part in listed for item in part), *more], sorted(rows))


def _strangers(room: Room, project: str, keys: set[str], seen: set[Ref]) -> list[Difference]:
    """Containers of the project that the manifest does not know."""
    return [
        Difference(row.ref.short, "/containers", "no such container", f"{row.state}, a container of {project}")
        for row in room.inventory.containers
        if row.project == project and row.ref not in seen and (row.manifest_key or row.service) not in keys
    ]


async def _of_container(room: Room, name: str) -> Document:
    ref = room.desk.context(Ref("")).resolve(name.removeprefix("@"))
    row = room.inventory.get(ref)
    assert row is not None
    hit = Registrations(room.house.manifests()).find(
        name=ref.name,
        digest=row.manifest_digest,
        key=row.manifest_key,
        project=row.project,
        service=row.service,
    )
    if hit is None:
        raise UsageError(
            f"{ref.short} has no manifest that is registered here",
            next="name the manifest's file, or register it: ergon-ops up MANIFEST, ergon-ops project add DIR",
        )
    origin, found = written(room.house, hit[1].digest())
    return _told(origin, found, await _compare(room, found, hit[0], row), [hit[0]])


def written(house: House, digest: str) -> tuple[str, Manifest]:
    """The registered manifest: its file while it says the same, else what was stored of it (secrets left out)."""
    row = house.store.manifests.get(digest)
    assert row is not None
    try:
        found = manifest.load(Path(row.path))
        if found.digest() == digest:
            return row.path, found
    except ManifestError:
        pass  # the file went, or is being worked on: what was registered stands
    return f"{row.path} as registered", manifest.parse(row.body, row.path)


async def _compare(room: Room, found: Manifest, key: str, row: Container) -> list[Difference]:
    entry = found.containers[key]
    # What was redacted when it was stored is not the value that was meant.
    known = {name: value for name, value in entry.environment.items() if value and REDACTED not in value}
    await room.collector.read(row.ref, GROUPS)
    given = await room.house.reads[row.ref.host].overrides(row.ref, known)
    return list(differences(key, entry, Seen(row.ref, room.ledger, given.equal)))


def _told(origin: str, found: Manifest, listed: Sequence[Difference], compared: Sequence[str]) -> Document:
    return {
        "manifest": origin,
        "digest": found.digest(),
        "compared": list(compared),
        "differences": [item.to_json() for item in listed],
        "text": [str(item) for item in listed],
    }


async def of_running(house: House, project: str) -> Document:
    room = await seen_room(house)
    rows = _members(room, project)
    running = await asyncio.gather(*(_running(room, row) for row in rows))
    document = document_of(running, project=project)
    parsed = manifest.parse(json.dumps(document, ensure_ascii=False), "what runs")
    return {
        "manifest": document,
        "digest": parsed.digest(),
        "containers": [row.ref.name for row in rows],
        "notes": [f"{one.seen.ref.name}: {note}" for one in running for note in one.notes],
    }


def _members(room: Room, project: str) -> list[Container]:
    rows = [row for row in room.inventory.containers if row.running and row.ref.host == next(iter(room.house.reads))]
    found = [row for row in rows if not project or row.project == project]
    if found:
        return sorted(found, key=lambda row: row.ref.name)
    if not project:
        raise UsageError("nothing runs here", next="ergon-ops list shows what there is")
    names = sorted({row.project for row in room.inventory.containers if row.project})
    near = get_close_matches(project, names, 3, 0.4) or names[:5]
    step = f"there is {', '.join(near)}" if near else "without a name everything that runs is written"
    raise UsageError(f"nothing runs that belongs to a project {project!r}", next=step)


async def _running(room: Room, row: Container) -> Running:
    notes: list[str] = []
    await room.collector.read(row.ref, GROUPS)
    given = await room.house.reads[row.ref.host].overrides(row.ref, {})
    seen = Seen(row.ref, room.ledger, {})
    if given.environment:
        notes.append(f"values of {', '.join(given.environment)} are left out (null): they may be secrets")
    if not given.known:
        notes.append("its image is gone, so variables of the image may be among them")
    who = room.personas[row.ref]
    return Running(
        seen,
        [key for key in given.environment if key and "=" not in key],
        given.command,
        row.service,
        row.compose_needs,
        who.role if who.source == "manifest" else "",
        who.role_kind,
        notes,
    )
