"""Turns of the offline mind: question → whom → facts → checked sentences → one answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from ergon_ops import offline
from ergon_ops.assistant import documents, recall
from ergon_ops.assistant.piped import about_piped, tell_piped, tell_piped_of
from ergon_ops.assistant.room import House, Room, open_room
from ergon_ops.assistant.telling import Turn, answer, pieces
from ergon_ops.errors import ErgonError, NoSuchContainer
from ergon_ops.events import Event, Stream
from ergon_ops.messages import Question
from ergon_ops.offline import Ask, Reply, Step, View
from ergon_ops.refs import Ref
from ergon_ops.router import Route
from ergon_ops.turn import while_running


async def converse(house: House, question: Question) -> AsyncGenerator[Event, None]:
    """The events of one turn; an expected failure is its last event."""
    stream = Stream(f"t-{secrets.token_hex(4)}", house.clock)
    try:
        async for event in _converse(house, question, stream):
            if event.type == "answer" and (news := house.store.news()):
                told = stream.event("notice", text=news, code="state")
                yield replace(told, seq=event.seq)
                event = replace(event, seq=told.seq)  # the answer comes last
            yield event
    except ErgonError as error:
        yield stream.event("error", **error.to_json())


async def _converse(house: House, question: Question, stream: Stream) -> AsyncGenerator[Event, None]:
    started = time.perf_counter()
    memory = recall.open_session(house.store, question.session)
    room = await open_room(house)
    for host, failure in room.inventory.failures.items():
        yield stream.event("notice", text=f"{host}: {failure}", code=failure.code)
    turn = Turn(question, room, stream, started, memory.id, memory.previous, memory.focus)
    route = await room.route(question.text, question.names, memory.focus)
    if question.context and route.kind not in ("one", "several", "unknown_name"):
        about = about_piped(offline.understand(question.text))
        if about is not None:
            turn.ask, turn.reply = about, tell_piped(turn, about)
            for piece in pieces(turn.reply):
                yield stream.event("text", text=piece)
            yield answer(turn, turn.reply.text)
            return
    if room.inventory.failures and not room.inventory.containers:
        async for event in recall.answer_from_memory(turn):
            yield event
        return
    yield stream.event("routed", kind=route.kind, containers=[ref.short for ref in route.refs], why=route.why)
    if route.kind == "unknown_name":
        raise NoSuchContainer(route.question_back, next="ergon-ops list", details={"nearest": list(route.nearest)})
    if route.kind in ("ask_back", "none"):
        yield stream.event("text", text=route.question_back)
        recall.remember(turn, route, route.question_back)
        yield answer(turn, route.question_back, asked_back=route.kind == "ask_back")
        return
    if route.guess:
        yield stream.event("notice", text=route.why, code="guess")
    text = route.rest or question.text
    names = names_said(room, question, (*route.refs, *(memory.focus.refs if memory.focus else ())))
    if question.names or route.kind == "all" or text != question.text:
        # Whom it is for was said beside the question, or is taken out of it: in `ask logs "any logs?"` nobody is named.
        names = tuple(name for name in names if not offline.speaks(name))
    ask = offline.understand(text, memory.previous, names=names, now=house.clock())
    async for event in _work(turn, route, ask):
        yield event


def names_said(room: Room, question: Question, refs: Sequence[Ref]) -> tuple[str, ...]:
    """Words of the question that name someone, so that a container called `errors` asks for no errors."""
    ci_names = (room.personas[ref].ci_name for ref in refs if ref in room.personas)
    return (*question.names, *(ref.name for ref in refs), *ci_names)


async def _work(turn: Turn, route: Route, ask: Ask) -> AsyncGenerator[Event, None]:
    """Looks, composes and tells: tool events as they happen, then the sentences, then the answer."""
    refs = _whom(turn, route, ask)
    turn.ask = ask
    if route.kind != "host":
        turn.refs = route.refs if ask.fleet else refs

    async def look() -> None:
        about = about_piped(ask) if turn.question.context and len(refs) == 1 else None
        if about is not None:
            turn.views, turn.reply = await tell_piped_of(turn, refs[0], about)
        else:
            turn.views, turn.reply = await _look(turn, route, ask, refs)

    async for kind, data in while_running(turn.room.desk, look()):
        yield turn.stream.event(kind, **data)
    for view in turn.views:
        for finding in view.findings:
            yield turn.stream.event("finding", **finding.to_json())
        for proposal in view.proposals:
            yield turn.stream.event("proposal", **documents.proposal_json(proposal))
    for piece in pieces(turn.reply):
        yield turn.stream.event("text", text=piece)
    recall.remember(turn, route, turn.reply.text)
    yield answer(turn, turn.reply.text)


def _whom(turn: Turn, route: Route, ask: Ask) -> tuple[Ref, ...]:
    """Superlatives and lists need everyone, even if one name (or none) was said; comparing two needs the two."""
    if route.about and "dependencies" in ask.intents and not turn.question.names:
        return route.about  # "who talks to the database?" is answered by the database
    if len(route.refs) > 1 or not ask.fleet:
        return route.refs
    return tuple(row.ref for row in turn.room.inventory.containers) or route.refs


async def _look(turn: Turn, route: Route, ask: Ask, refs: tuple[Ref, ...]) -> tuple[Sequence[View], Reply]:
    desk = turn.room.desk
    if route.kind == "host":
        about_host = ask if ask.out_of_scope else replace(ask, intents=("host",))
        return (), offline.compose_fleet(about_host, (), await desk.host_view(refs[0].host))
    steps = offline.plan(ask)
    others = tuple(step for step in steps if step.tool != "restart")

    def planned(ref: Ref) -> Sequence[Step]:
        return steps if ref in (route.targets or refs) else others

    views = await desk.views(refs, planned, lambda view: offline.dig(ask, view))
    one = len(refs) == 1 and (route.kind == "one" or bool(route.about)) and not ask.fleet
    if one and "host" not in ask.intents:
        return views, introduced(turn, refs[0], offline.compose(ask, views[0]))
    host = refs[0].host if refs else next(iter(turn.room.house.reads))
    return views, offline.compose_fleet(ask, views, await desk.host_view(host))


def introduced(turn: Turn, ref: Ref, reply: Reply) -> Reply:
    """The reply under its speaker's name, where the question did not say it: asked for "the database", one wants to
    know who that was."""
    said = " ".join([turn.question.text, *turn.question.names]).lower()
    asked_before = turn.focus is not None and ref in (*turn.focus.refs, *turn.focus.candidates)
    if not reply.sentences or reply.declined or asked_before or ref.name.lower() in said:
        return reply
    if len(turn.room.inventory.containers) == 1 or turn.room.personas[ref].ci_name in said:
        return reply
    first = replace(reply.sentences[0], text=f"{ref.short}: {reply.sentences[0].text}")
    return replace(reply, sentences=(first, *reply.sentences[1:]))
