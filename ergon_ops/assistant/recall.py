"""What a turn remembers and what it is remembered for: sessions, the last stored state, piped text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

from ergon_ops import offline
from ergon_ops.assistant.room import Room
from ergon_ops.assistant.telling import Turn, answer, pieces
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import EngineError
from ergon_ops.events import Event
from ergon_ops.facts import Ledger
from ergon_ops.messages import Message, Text
from ergon_ops.offline import Ask, Failure, View
from ergon_ops.persona import personas
from ergon_ops.refs import Ref
from ergon_ops.router import Focus, Route, Router, members
from ergon_ops.store import Store

SETTLED = frozenset({"injection", "secret", "shell"})  # declined by plain code, whoever answers


@dataclass(frozen=True, slots=True)
class Remembered:
    id: str | None = None
    focus: Focus | None = None
    previous: Ask | None = None


def open_session(store: Store, name: str | None) -> Remembered:
    """The session of that name, made if need be; without a name nothing is remembered."""
    if not name:
        return Remembered()
    session = store.sessions.resume(name) or store.sessions.create(name)
    if not session.subject:
        return Remembered(session.id)
    subject = json.loads(session.subject)
    refs, candidates = (tuple(Ref(*parts) for parts in subject[key]) for key in ("refs", "candidates"))
    findings = tuple((seen.finding.id, seen.finding.cause, seen.finding.about) for seen in store.findings.current())
    focus = Focus(refs, subject["rest"], candidates, findings)
    previous = offline.understand(subject["rest"], names=[ref.name for ref in refs]) if refs else None
    return Remembered(session.id, focus, previous)


def begin(turn: Turn) -> None:
    """Stores the question before anything is done about it."""
    if turn.session is not None:
        turn.room.house.store.sessions.append(turn.session, Message("user", (Text(turn.question.text),)))


def remember(turn: Turn, route: Route, said: str) -> None:
    """Stores the turn's answer and facts, and the last known state of each host that answered."""
    store = turn.room.house.store
    if turn.session is not None:
        asked_back = route.kind == "ask_back"
        subject = {
            "refs": [] if asked_back else [(ref.name, ref.host, ref.kind) for ref in route.refs],
            "candidates": [(ref.name, ref.host, ref.kind) for ref in route.refs] if asked_back else [],
            "rest": turn.question.text if asked_back else route.rest or turn.question.text,
        }
        store.sessions.append(turn.session, Message("assistant", (Text(said),)))
        store.sessions.attend(turn.session, json.dumps(subject))
        store.facts.record(turn.session, turn.room.ledger)
    see(turn.room)


def noted(turn: Turn, said: str) -> str:
    """What was said in a turn in which nobody was looked at: the session has it, and stays with whom it was about."""
    begin(turn)
    if turn.session is not None:
        turn.room.house.store.sessions.append(turn.session, Message("assistant", (Text(said),)))
    return said


def see(room: Room) -> None:
    """Keeps what was seen, on top of what was known before, for the day the engine does not answer: of a host where
    nobody came or went, not more often than every few seconds."""
    for host in room.inventory.infos:
        now = room.house.clock()
        if now - room.house.memo.get(f"seen {host}", _alike(room, host), lambda: 0.0) < SEE_AGAIN_S:
            continue
        room.house.memo.put(f"seen {host}", _alike(room, host), now)
        rows = [row for row in room.inventory.containers if row.ref.host == host]
        if host in room.inventory.failures:
            continue
        fresh = {(fact.about, fact.name, fact.key): fact.reading for fact in room.ledger if fact.about.host == host}
        store, place = room.house.store, room.house.places[host]
        known = store.sightings.last(place)
        there = {row.ref for row in rows}
        looked = {(about, name) for about, name, _ in fresh}
        old = [
            item
            for item in (known.readings if known else ())
            if item.about in there and (item.about, item.name) not in looked
        ]
        kept = [item for item in [*old, *fresh.values()] if item.name in KEPT]
        store.sightings.record(place, rows, kept)


SEE_AGAIN_S = 5.0


def _alike(room: Room, host: str) -> list[tuple[str, str, str]]:
    return [(row.id, row.state, row.health) for row in room.inventory.containers if row.ref.host == host]


# What is worth saying of a container when its engine is gone.
KEPT: frozenset[str] = frozenset(
    {
        *("state", "health", "health_output", "started_at", "finished_at", "exit_code", "restart_count", "serving"),
        *("memory_working_set", "memory_limit", "memory_ratio", "cpu_usage", "cpu_limit", "image", "created_at"),
        *("host_disk_used_ratio", "host_memory", "engine_version"),
    }
)


async def answer_from_memory(turn: Turn) -> AsyncIterator[Event]:
    """No engine answers: what the host says itself, and the last stored state with its age."""
    room = turn.room
    host = next(iter(room.inventory.failures))
    views: list[View] = []
    sighting = room.house.store.sightings.last(room.house.places[host])
    known = [row.ref.name for row in sighting.containers] if sighting is not None else []
    ask = offline.understand(turn.question.text, turn.previous, names=known)
    if sighting is not None:
        who = personas(sighting.containers, room.house.manifests())
        old = Ledger()
        old.add(sighting.readings)
        route = Router(members(sighting.containers, who)).route(
            turn.question.text, names=turn.question.names, focus=turn.focus
        )
        refs = route.refs or tuple(row.ref for row in sighting.containers)
        for ref in (ref for ref in refs if ref in who):
            found = tuple(seen.finding for seen in room.house.store.findings.current(ref))
            now = room.house.clock()
            views.append(View(ref, who[ref], old, now, findings=found, stored_at=sighting.at))
    view = await room.desk.host_view(host)
    # Where the engine may not be asked, no fact says so: what listing its containers met does.
    view = replace(view, failures=(*view.failures, Failure("engine", str(room.inventory.failures[host]))))
    turn.ask, turn.views, turn.refs = ask, views, tuple(view.ref for view in views)
    intents = tuple(dict.fromkeys([*ask.intents, "host"]))
    # Of whom nothing is stored no name is known, and a question about them looks like one about nothing here.
    scope = ask.out_of_scope if views or ask.out_of_scope in SETTLED else ""
    turn.reply = offline.compose_fleet(replace(ask, intents=intents, out_of_scope=scope), views, view)
    for piece in pieces(turn.reply):
        yield turn.stream.event("text", text=piece)
    yield answer(turn, noted(turn, turn.reply.text), exit=EngineError.exit)
