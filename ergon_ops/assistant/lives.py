"""Writes down what happens to containers, and tells it again: also of those that are gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from ergon_ops.assistant.room import House, Room
from ergon_ops.engine.protocols import Container, EngineEvent
from ergon_ops.errors import ErgonError
from ergon_ops.events import timestamp
from ergon_ops.messages import Question
from ergon_ops.offline.units import cores, duration, size
from ergon_ops.refs import Ref
from ergon_ops.store.lives import Happened

DAY_S = 86_400.0
TOLD = frozenset(
    {
        *(
            "create",
            "start",
            "die",
            "oom",
            "kill",
            "stop",
            "restart",
            "destroy",
            "rename",
            "update",
            "pause",
            "unpause",
        ),
        *("health_status", "connect", "disconnect"),
    }
)
LOOKS = frozenset({"create", "start", "update", "connect", "disconnect", "rename"})  # after these it may be another
SAID = 8
WORDS = {
    "create": "created", "start": "started", "die": "ended", "oom": "ran out of memory", "destroy": "removed",
    "update": "limits updated", "health_status": "health", "connect": "connected to", "kill": "signalled",
    "disconnect": "disconnected from", "rename": "renamed", "stop": "stopped", "restart": "restarted",
}  # fmt: skip
_DEPARTED = re.compile(r"\b(?:removed|deleted|gone|disappeared|vanished|destroyed|missing)\b", re.IGNORECASE)
_CONTAINER = re.compile(r"\b(?:containers?|one|what happened|who|which)\b", re.IGNORECASE)


async def note(house: House, event: EngineEvent) -> None:
    """Keeps an event, and what is another in the container's configuration after it."""
    if event.action not in TOLD:
        return
    details = [f"{key.replace('_', ' ')} {value}" for key, value in event.attributes.items() if key in DETAILS]
    text = " ".join([WORDS.get(event.action, event.action), *details])
    house.store.lives.add([Happened(event.at, event.ref, event.container_id, event.action, text)])
    if event.action in LOOKS:
        with suppress(ErgonError):
            await look(house, event.ref, event.container_id, event.at)


DETAILS = ("exit_code", "signal", "health", "oldName", "network")


async def look(house: House, ref: Ref, container_id: str, at: float) -> tuple[str, ...]:
    """Compares with the last portrait of that name, and keeps the new one. Gives what is another now."""
    lives = house.store.lives
    now = await house.reads[ref.host].portrait(ref, lives.salt())
    before = lives.portrait(ref)
    if before is not None and before == (container_id, dict(now)):
        return ()
    told = differences(before[1], now) if before is not None else ()
    lives.add(Happened(at, ref, container_id, "changed", text) for text in told)
    lives.keep_portrait(ref, container_id, now)
    return told


async def look_at_all(house: House, rows: Iterable[Container], at: float) -> None:
    """What changed while nobody watched."""
    for row in rows:
        with suppress(ErgonError):
            await look(house, row.ref, row.id, at)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """`memory limit 64 MiB → 128 MiB`, `env TOKEN changed`, `mount /data added: volume x`."""
    told = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        name, _, rest = key.partition(" ")
        words = f"{name.replace('_', ' ')} {rest}".strip()
        if old == new:
            continue
        if name == "env":
            told.append(f"{words} {'added' if old is None else 'removed' if new is None else 'changed'}")
        elif old is None:
            told.append(f"{words} added: {_value(name, str(new))}")
        elif new is None:
            told.append(f"{words} removed: it was {_value(name, old)}")
        else:
            told.append(f"{words} {_value(name, old)} → {_value(name, new)}")
    return tuple(told)


def _value(name: str, text: str) -> str:
    if text.isdigit() and (name.startswith("memory") or name == "shm_size"):
        return size(int(text))
    if name == "cpu_limit" and text.replace(".", "", 1).isdigit():
        return cores(float(text))
    return text if not text.startswith("sha256:") else text[:19]


# -- telling

BEFORE_S = 3_600.0
CAUSING = frozenset({"changed", "create", "update", "connect", "disconnect", "rename"})


def before(house: House, ref: Ref, at: float) -> list[dict[str, str]]:
    """What changed in a container in the hour before something was first seen of it, newest first."""
    rows = [row for row in house.store.lives.of(ref, since=at - BEFORE_S, until=at) if row.kind in CAUSING]
    return [{"at": timestamp(row.at), "change": row.text} for row in reversed(rows[-SAID:])]


def asks_for_departed(text: str) -> bool:
    return _DEPARTED.search(text) is not None and _CONTAINER.search(text) is not None


def of_the_gone(room: Room, question: Question, *, known: bool) -> str:
    """The answer to a question about containers that are no more; "" where it is about others. `known`: somebody who is
    there was found to be meant."""
    house, hosts = room.house, tuple(room.house.reads)
    present = [row.ref for row in room.inventory.containers]
    if asks_for_departed(question.text) and not question.names and not (known and _names(question.text, present)):
        return departed(house, hosts, present)
    if known:
        return ""
    said = {word.strip("?.,!'\"").lower() for word in (*question.text.split(), *question.names)}
    rows = house.store.lives.departed(hosts, since=house.clock() - 30 * DAY_S)
    found = next((row for row in rows if row.ref.name.lower() in said and row.ref not in present), None)
    return life(house, found) if found is not None else ""


def _names(text: str, refs: Iterable[Ref]) -> bool:
    low = text.lower()
    return any(ref.name.lower() in low for ref in refs)


def departed(house: House, hosts: Iterable[str], present: Iterable[Ref]) -> str:
    """The containers that were removed and did not come back, newest first; "" if none is known."""
    there = set(present)
    gone: dict[Ref, Happened] = {}
    for row in house.store.lives.departed(hosts, since=house.clock() - 30 * DAY_S):
        if row.ref not in there:
            gone.setdefault(row.ref, row)
    rows = list(gone.values())[:SAID]
    return "\n".join(life(house, row) for row in rows)


def life(house: House, removal: Happened) -> str:
    """`orders was removed 5 min ago (2026-…): ended with exit code 137 20 s before, ran out of memory …`"""
    ago = duration(max(0.0, house.clock() - removal.at))
    before = [
        row
        for row in house.store.lives.of(removal.ref, since=removal.at - DAY_S, until=removal.at)
        if row.container_id == removal.container_id and row.kind != "destroy"
    ]
    said = [f"{row.text} {duration(max(0.0, removal.at - row.at))} before" for row in before[-4:]]
    known = f" Before that: {', '.join(said)}." if said else " Nothing else is known of it."
    return f"{removal.ref.short} was removed {ago} ago ({timestamp(removal.at)}).{known}"
