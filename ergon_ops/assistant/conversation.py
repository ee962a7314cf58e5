"""Turns of the offline mind: question → whom → facts → checked sentences → one answer."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ergon_ops import offline
from ergon_ops.assistant import lives, recall, sources
from ergon_ops.assistant.minds import mind_of
from ergon_ops.assistant.piped import about_piped, tell_piped, tell_piped_of
from ergon_ops.assistant.room import House, Room, open_room
from ergon_ops.assistant.telling import Turn, announce, answer, joined, pieces
from ergon_ops.errors import ErgonError, NoSuchContainer
from ergon_ops.events import Event, Stream
from ergon_ops.messages import Question
from ergon_ops.offline import Ask, Reply, Sentence, Step, View
from ergon_ops.refs import Ref
from ergon_ops.router import Route
from ergon_ops.turn import while_running

if TYPE_CHECKING:
    from ergon_ops.providers import Provider

CHANGING = frozenset({"restart", "optimize"})
IMPROVED_AT_ONCE = 4  # each takes seconds of looking, and gives several proposals to decide about

SEARCHED_AT_ONCE = 12  # of more, those that are well are left at that
SEARCHING = frozenset({"why", "wrong", "dependencies", "optimize"})  # these look at everyone around


async def converse(house: House, question: Question) -> AsyncGenerator[Event, None]:
    """The events of one turn; an expected failure is its last event."""
    stream = Stream(f"t-{secrets.token_hex(4)}", house.clock)
    try:
        async for event in _turn(house, question, stream):
            if event.type == "answer" and (news := house.store.news()):
                told = stream.event("notice", text=news, code="state")
                yield replace(told, seq=event.seq)
                event = replace(event, seq=told.seq)  # the answer comes last
            yield event
    except ErgonError as error:
        yield stream.event("error", **error.to_json())


async def _turn(house: House, question: Question, stream: Stream) -> AsyncGenerator[Event, None]:
    """A project answers for its files; whoever is no container may still be a project."""
    project = sources.asked(house, question)
    if project is not None:
        async for event in sources.tell(house, question, stream, project):
            yield event
        return
    try:
        async for event in _converse(house, question, stream):
            yield event
    except NoSuchContainer:
        project = sources.meant(house, question)
        if project is None:
            sources.expect_project(house, question)
            raise
        async for event in sources.tell(house, question, stream, project):
            yield event


async def _converse(house: House, question: Question, stream: Stream) -> AsyncGenerator[Event, None]:
    started = time.perf_counter()
    memory = recall.open_session(house.store, question.session)
    expect_model(house, question)
    room = await open_room(house, session=memory.id)
    for host, failure in room.inventory.failures.items():
        yield stream.event("notice", text=f"{host}: {failure}", code=failure.code)
    if (project := sources.instead(house, question, room.inventory)) is not None:
        async for event in sources.tell(house, question, stream, project):
            yield event
        return
    turn = Turn(question, room, stream, started, memory.id, memory.previous, memory.focus)
    route = await room.route(question.text, question.names, memory.focus)
    if question.context and route.kind not in ("one", "several", "unknown_name"):
        about = about_piped(offline.understand(question.text))
        if about is not None:
            turn.ask, turn.reply = about, tell_piped(turn, about)
            for piece in pieces(turn.reply):
                yield stream.event("text", text=piece)
            yield answer(turn, recall.noted(turn, turn.reply.text))
            return
    if room.inventory.failures and not room.inventory.containers:
        async for event in recall.answer_from_memory(turn):
            yield event
        return
    yield stream.event("routed", kind=route.kind, containers=[ref.short for ref in route.refs], why=route.why)
    past = lives.of_the_gone(room, question, known=route.kind not in ("unknown_name", "none"))
    if past:
        yield stream.event("text", text=past)
        yield answer(turn, recall.noted(turn, past))
        return
    if route.kind == "unknown_name":
        raise NoSuchContainer(route.question_back, next="ergon-ops list", details={"nearest": list(route.nearest)})
    if route.kind in ("ask_back", "none"):
        yield stream.event("text", text=route.question_back)
        recall.begin(turn)
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


def expect_model(house: House, question: Question) -> None:
    """The SDK of the model that will be asked is imported while the engine is read."""
    with contextlib.suppress(ErgonError):  # told of when the model is asked
        mind = mind_of(house.settings, question.model, house.store.consents.given)
        if not mind.offline:
            house.models.expect(mind.spec)


def names_said(room: Room, question: Question, refs: Sequence[Ref]) -> tuple[str, ...]:
    """Words of the question that name someone, so that a container called `errors` asks for no errors."""
    ci_names = (room.personas[ref].ci_name for ref in refs if ref in room.personas)
    return (*question.names, *(ref.name for ref in refs), *ci_names)


async def _work(turn: Turn, route: Route, ask: Ask) -> AsyncGenerator[Event, None]:
    """Looks, composes and tells: tool events as they happen, then the sentences, then the answer."""
    refs = whom(turn, route, ask)
    turn.ask = ask
    if route.kind != "host":
        turn.refs = route.refs if ask.fleet else refs

    async def look_around() -> None:
        about = about_piped(ask) if turn.question.context and len(refs) == 1 else None
        if about is not None:
            turn.views, turn.reply = await tell_piped_of(turn, refs[0], about)
        else:
            turn.views, turn.reply = await look(turn, route, ask, refs)

    async def work() -> None:
        await look_around()
        for view in turn.views:
            announce(turn.room.desk, view.findings, view.proposals)
        await tell(turn, refs)

    recall.begin(turn)
    async for kind, data in while_running(turn.room.desk, work()):
        yield turn.stream.event(kind, **data)
    text = joined(turn.told)
    recall.remember(turn, route, text)
    yield answer(turn, text)


async def tell(turn: Turn, refs: tuple[Ref, ...]) -> None:
    """The answer, sentence by sentence: a model's as far as it goes, else the offline mind's."""
    provider = provider_of(turn)
    if provider is not None:
        from ergon_ops.assistant.modelled import Modelled, subject_of  # who asks no model does not wait for its parts

        talk = Modelled(turn, provider, subject_of(turn, refs), list(turn.views))
        await talk.run()
        turn.views = talk.views
        if turn.provider != "offline":
            return
    said = bool(turn.told)
    for index, piece in enumerate(pieces(turn.reply)):
        text = f"\n{piece}" if said and index == 0 else piece
        turn.told.append(Sentence(text))
        turn.room.desk.happened.put_nowait(("text", {"text": text}))


def whom(turn: Turn, route: Route, ask: Ask) -> tuple[Ref, ...]:
    """Superlatives and lists need everyone, even if one name (or none) was said; comparing two needs the two."""
    if route.about and "dependencies" in ask.intents and not turn.question.names:
        return route.about  # "who talks to the database?" is answered by the database
    if len(route.refs) > 1 or not ask.fleet:
        return route.refs
    return tuple(row.ref for row in turn.room.inventory.containers) or route.refs


async def look(turn: Turn, route: Route, ask: Ask, refs: tuple[Ref, ...]) -> tuple[Sequence[View], Reply]:
    desk = turn.room.desk
    if route.kind == "host":
        about_host = ask if ask.out_of_scope else replace(ask, intents=("host",))
        return (), offline.compose_fleet(about_host, (), await desk.host_view(refs[0].host))
    if "optimize" in ask.intents and len(refs) > IMPROVED_AT_ONCE:
        views, reply = await look(turn, route, replace(ask, intents=("wrong",)), refs)
        return views, replace(reply, sentences=(*reply.sentences, offline.one_at_a_time(refs[0])))
    desk.collector.glance = len(refs) > SEARCHED_AT_ONCE or not SEARCHING.intersection(ask.intents)
    steps = offline.plan(ask)
    others = tuple(step for step in steps if step.tool not in CHANGING)

    def planned(ref: Ref) -> Sequence[Step]:
        return steps if ref in (route.targets or refs) else others

    views = await desk.views(refs, planned, lambda view: offline.dig(ask, view))
    if route.kind == "all":  # who was asked for by no name, and has ended since the list was read, is not missed
        views = tuple(view for view in views if not any(item.gone for item in view.failures))
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


def provider_of(turn: Turn) -> Provider | None:
    """The model this question is for; None for the offline mind. Raises UsageError for an unknown one."""
    house = turn.room.house
    mind = mind_of(house.settings, turn.question.model, house.store.consents.given)
    turn.consent = mind.ask_consent
    if mind.ask_consent and turn.question.actor.interface != "terminal":
        said = f"answered offline: a key for {mind.ask_consent} lies in the environment and is not used unasked"
        step = "ERGON_OPS_MODEL=anthropic or openai uses it"
        turn.room.desk.happened.put_nowait(("notice", {"text": f"{said} — {step}", "code": "consent"}))
    if mind.offline or (turn.ask is not None and turn.ask.out_of_scope in recall.SETTLED):
        return None
    try:
        return house.models.provider(mind.spec)
    except ErgonError as error:
        turn.room.desk.happened.put_nowait(("notice", {"text": f"answered offline: {error}", "code": "provider"}))
        return None
