"""Is what a diagnosis cites there to be read again? Each cited fact is looked up anew, by its source, and compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.room import Room, open_room
from ergon_ops.diagnosis import needs
from ergon_ops.errors import ErgonError
from ergon_ops.events import epoch
from ergon_ops.facts import FACTS, Fact, Group
from ergon_ops.logtemplates.signals import told
from ergon_ops.refs import Ref, host_ref

JSON = dict[str, Any]
SLACK = 1e-9
# The newest of many like lines: that such a line is there, by its key, is what is cited.
# As these are of the engine's log, so is this of a file that a server writes itself, by the time of its newest line.
FILED = "nginx_error"
OUTPUT = "health_output"  # of two streams, whose lines come in either order
TRIES, PAUSE_S = 3, 0.8
SAID = frozenset({"log_signal", "log_signal_at"})


async def replayed(
    fresh: LocalAssistant, document: JSON, *, window_s: float, moved: Callable[[], bool]
) -> dict[str, bool]:
    """For each cited fact's id, whether reading its source again gives the same. `fresh` is another assistant than
    the one that wrote `document`; `moved`: whether a container among them has changed its state by itself up to now."""
    cited: list[JSON] = document.get("facts", [])
    again: dict[tuple[str, str, str], list[Fact]] = {}
    found: dict[str, bool] = {}
    for _ in range(TRIES):
        room = await open_room(fresh.house)
        room.collector.least_window_s = window_s
        left = [fact for fact in cited if not found.get(fact["id"])]
        for about in {fact["container"] for fact in left}:
            for fact in await _read(room, about, {FACTS[fact["name"]].group for fact in cited}):
                again.setdefault((fact.about.short, fact.name, fact.key), []).append(fact)
        went_on = moved()
        found |= {old["id"]: _holds(old, again, moved=went_on) for old in left}
        if all(found.values()) or not went_on:
            break
        await asyncio.sleep(PAUSE_S)  # a loop is between two of its runs, of which there is no log yet
    return found


async def _read(room: Room, about: str, groups: Iterable[Group]) -> tuple[Fact, ...]:
    """Whatever a diagnosis reads is read again, in one go, since some readings come along with others."""
    known = {row.ref.short: row.ref for row in room.inventory.containers}
    machine = {host_ref(host).short: host_ref(host) for host in room.inventory.infos}
    of_host: tuple[Group, ...] = ("host",)
    wanted = of_host if about in machine else tuple(dict.fromkeys((*needs(), *groups)))
    try:
        await room.collector.read(machine.get(about) or known.get(about, Ref(about)), wanted)
    except ErgonError:
        return ()
    return tuple(fact for fact in room.ledger if fact.about.short == about)


def _holds(old: JSON, again: Mapping[tuple[str, str, str], list[Fact]], *, moved: bool) -> bool:
    spec = FACTS[old["name"]]
    if old["name"] == FILED:
        rows = [facts for (whose, name, _), facts in again.items() if (whose, name) == (old["container"], FILED)]
        read = [fact.value for facts in rows for fact in facts]
        means = _means(old["value"])
        return old["value"] in read or (bool(means) and any(_means(value) == means for value in read))
    for fact in again.get((old["container"], old["name"], old["key"]), ()):
        if _place(fact.reading.source) != _place(old["source"]):
            continue
        if old["name"] in SAID or same(old["value"], fact.to_json()["value"], tolerance=spec.tolerance):
            return True
        if old["name"] == OUTPUT and _lines(old["value"]) == _lines(fact.value):
            return True
        if moved and spec.group in ("logs", "signals"):
            return True  # the loop went on, and so did its log
        if moved and spec.group in ("state", "events", "processes", "memory"):
            return _later(old["value"], fact.to_json()["value"])
    return False


def _lines(output: object) -> list[str]:
    return sorted(line.strip() for line in str(output).split("⏎"))


def _means(line: object) -> set[str]:
    return {kind for kind, _ in told(str(line))}


def _place(source: str) -> str:
    """Without when it was read, or since when: a new run of a loop has a log of its own."""
    return source.split("@")[0].partition(" since ")[0]


def same(old: Any, new: Any, *, tolerance: float) -> bool:
    """Equal, or as near as the table of facts allows. A tolerance of 1 or more is of a number that may do anything but
    change its sign or vanish."""
    if isinstance(old, bool) or isinstance(new, bool) or not isinstance(old, (int, float)):
        return bool(old == new)
    if not isinstance(new, (int, float)):
        return False
    if tolerance >= 1:
        return bool((old == 0) == (new == 0) or abs(new - old) < 1)
    return abs(new - old) <= tolerance * max(abs(old), abs(new)) + SLACK


def _later(old: Any, new: Any) -> bool:
    """A crash loop goes on: counts rise, times are later, a state is another of its states."""
    if isinstance(old, (int, float)) and isinstance(new, (int, float)) and not isinstance(old, bool):
        return new >= old
    if isinstance(old, int) and new is None:
        return True  # of a run that has just begun there is no exit code yet
    if isinstance(old, str) and isinstance(new, str):
        if {old, new} <= {"running", "restarting", "exited", "starting", "healthy", "unhealthy"}:
            return True
        try:
            return epoch(new) >= epoch(old)
        except ValueError:
            return False
    return isinstance(old, bool) and isinstance(new, bool)
