"""One container's answer: each intent has a function that tells it from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ergon_ops.facts import Fact
from ergon_ops.offline import details, identity, improving, insides, numbers, phrasings, places, record, state, trouble
from ergon_ops.offline.host import host
from ergon_ops.offline.teller import Said, Teller, say
from ergon_ops.offline.units import duration, moment, plain
from ergon_ops.offline.words import Ask, HostView, Reply, Sentence, View

ANSWERS: dict[str, Callable[[Teller], Said]] = {
    "status": state.status,
    "health": state.health,
    "services": state.services,
    "insides": insides.told,
    "details": details.told,
    "memory": numbers.memory,
    "cpu": numbers.cpu,
    "disk": numbers.disk,
    "network": places.network,
    "ports": places.ports,
    "restarts": state.restarts,
    "why": trouble.why,
    "uptime": state.uptime,
    "logs": record.logs,
    "errors": record.errors,
    "changes": record.changes,
    "events": record.events,
    "wrong": trouble.wrong,
    "restart": identity.restart,
    "optimize": improving.optimize,
    "limits": numbers.limits,
    "config": places.config,
    "image": places.image,
    "env": places.env,
    "mounts": places.mounts,
    "processes": numbers.processes,
    "dependencies": places.dependencies,
    "identity": identity.identity,
}
# Answers that need no look at the container: nothing that failed spoils them.
SELF_CONTAINED = frozenset({"identity", "host"})


def compose(ask: Ask, view: View) -> Reply:
    """The answer of one container, in its first person."""
    if ask.out_of_scope:
        return identity.decline(ask.out_of_scope, view.ref.short, view.persona.ci_name)
    if any(item.gone for item in view.failures):
        return Reply(
            (Sentence(f"{plain(view.ref.short)} was removed while it was looked at: nothing more is known of it."),)
        )
    teller = Teller(view, ask)
    said = [*preface(view), *phrasings.unmeasured(teller), *answers(ask, view), *identity.refusals(teller)]
    return Reply(tuple(unique(said)))


def compose_lines(ask: Ask, view: View) -> Reply:
    """What lines say whose writer is not known: nothing but the lines was read, so no state is missed."""
    tell = record.errors if "errors" in ask.intents else record.logs
    return Reply(tuple(tell(Teller(view, ask))))


def answers(ask: Ask, view: View) -> Iterator[Sentence]:
    """The sentences of every intent, in the order asked."""
    teller = Teller(view, ask)
    if not teller.state and not SELF_CONTAINED.issuperset(ask.intents):
        yield from _unread(teller)
        return
    if ask.intents[:1] in (("insides",), ("details",)):
        told = tuple(ANSWERS[ask.intents[0]](teller))
        yield from told or insides.refused(teller)
        if told:
            return  # what else was understood is what is said in its stead
    for intent in ask.intents:
        if intent == "host":
            yield from host(ask, HostView(view.ref.host, view.ledger, view.now))
        elif intent in ANSWERS:
            yield from ANSWERS[intent](teller)
        else:
            yield from state.status(teller)


def preface(view: View) -> Iterator[Sentence]:
    """Said first when the engine could not be asked: how old everything is that follows."""
    if view.stored_at is not None:
        age = max(0.0, view.now - view.stored_at)
        yield Sentence(
            f"The engine does not answer; this is what was last seen of me, {duration(age)} ago "
            f"({moment(view.stored_at)})."
        )


def _unread(teller: Teller) -> Iterator[Sentence]:
    view = teller.view
    fact: Fact | None = teller.fact("name")
    if view.failures:
        yield say(f"I cannot be looked at now: {plain(view.failures[0].message, 200)}", fact)
    else:
        yield say("My state could not be read, so there is nothing I can say for sure.", fact)


def unique(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """A fact that two intents tell alike is told once."""
    said: set[str] = set()
    for sentence in sentences:
        if sentence.text not in said:
            said.add(sentence.text)
            yield sentence
