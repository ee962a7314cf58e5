"""Answers about several containers: all, some, the biggest, side by side, a list; and when the engine is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ergon_ops.facts import Fact
from ergon_ops.offline import identity, phrasings
from ergon_ops.offline.compose import ANSWERS, answers, unique
from ergon_ops.offline.host import engine_gone, host
from ergon_ops.offline.ranking import FINE, METRICS, Metric, badness, measured, ranked, share
from ergon_ops.offline.serving import by_state, spoken
from ergon_ops.offline.state import named_findings
from ergon_ops.offline.teller import Teller, say
from ergon_ops.offline.trouble import symptoms
from ergon_ops.offline.units import duration, listed, moment, plain, plural
from ergon_ops.offline.which import Which, none, those, which, whole
from ergon_ops.offline.words import Ask, HostView, Reply, Sentence, View

LINES = 20
NEXT = 3
STATE_ORDER = ("running", "paused", "restarting", "created", "exited", "dead", "removing")


def compose_fleet(ask: Ask, views: Sequence[View], host_view: HostView) -> Reply:
    """The answer for several containers, or for the host. One container is named before what it says."""
    name = views[0].ref.short if views else host_view.host
    if ask.out_of_scope:
        return identity.decline(ask.out_of_scope, name)
    return Reply(tuple(unique(_sentences(ask, views, host_view))))


def _sentences(ask: Ask, views: Sequence[View], host_view: HostView) -> Iterator[Sentence]:
    stored = next((view.stored_at for view in views if view.stored_at is not None), None)
    gone = engine_gone(host_view)
    if gone is not None:
        yield gone
    if stored is not None:
        age = duration(max(0.0, host_view.now - stored))
        yield Sentence(f"What follows about containers was last seen {age} ago ({moment(stored)}).")
    if "host" in ask.intents or gone is not None:
        yield from host(ask, host_view, engine=gone is None)
    intents = [intent for intent in ask.intents if intent != "host"]
    if not intents:
        return
    if not views:
        told = "Of its containers I know nothing yet." if gone else f"There is no container on {plain(host_view.host)}."
        yield Sentence(told)
        return
    if views:
        yield from phrasings.unmeasured(Teller(views[0], ask))
    if intents[0] in ("insides", "details"):
        tell = ANSWERS[intents.pop(0)]
        inner = [(view, said) for view in views if (said := tuple(tell(Teller(view, ask))))]
        yield from (line(view, said) for view, said in inner[:LINES])
        yield from _more(len(inner) - LINES)
        if inner:
            return
    if len(views) > 1 and (one := whole(ask)) is not None:
        yield from _which(one, ask, views)
        return
    for intent in intents:
        yield from _several(intent, ask, views)


def _several(intent: str, ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    if len(views) == 1 and intent not in ("biggest", "compare", "list"):
        yield from answers(replace(ask, intents=(intent,)), views[0])
        return
    if intent in ("wrong", "health", "cpu", "restarts", "list") and (one := which(ask)) is not None:
        yield from _which(one, ask, views)
        return
    match intent:
        case "biggest":
            yield from _biggest(ask, views)
        case "compare":
            yield from _compare(ask, views)
        case "list":
            yield from _list(views)
        case "wrong" | "why" | "health":
            yield from _troubles(ask, views)
        case "status":
            yield from _status(ask, views)
        case "identity":
            yield _who(views)
        case "dependencies":
            yield from _linked(ask, views)
        case metric if metric in METRICS:
            yield from _metric(ask, views, METRICS[metric])
        case _:
            yield from _each(ask, intent, views)


def _which(one: Which, ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    found = list(those(one, ask, views))
    if not found:
        yield none(one, views)
        return
    for view, told in found[:LINES]:
        yield line(view, told)
    yield from _more(len(found) - LINES)
    if len(views) > len(found):
        yield Sentence(f"The other {len(views) - len(found)}: {one.rest}.")


def counts(views: Sequence[View]) -> Sentence:
    """`9 containers: 7 running, 1 exited and 1 restarting.`"""
    states = Counter(Teller(view, NOTHING).state or "of unknown state" for view in views)
    order = sorted(states, key=lambda state: STATE_ORDER.index(state) if state in STATE_ORDER else 99)
    facts = [view.ledger.get(view.ref, "state") for view in views]
    words = listed([f"{states[state]} {plain(state)}" for state in order])
    return say(f"{plural(len(views), 'container')}: {words}.", *facts)


NOTHING = Ask("", ())


def line(view: View, sentences: Iterable[Sentence]) -> Sentence:
    """What one container says, as a line that begins with its name."""
    said = list(sentences)
    text = Reply(tuple(said)).text.replace(":\n- ", ": ").replace("\n- ", "; ").replace(".\n", ". ").replace("\n", ". ")
    facts = tuple(dict.fromkeys(id for sentence in said for id in sentence.fact_ids))
    findings = tuple(dict.fromkeys(id for sentence in said for id in sentence.finding_ids))
    return Sentence(f"{plain(view.ref.short)}: {text}", facts, findings, item=True)


def _status(ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    yield counts(views)
    yield from _each(ask, "status", sorted(views, key=badness))


def _each(ask: Ask, intent: str, views: Sequence[View]) -> Iterator[Sentence]:
    single = replace(ask, intents=(intent,))
    for view in views[:LINES]:
        yield line(view, answers(single, view))
    yield from _more(len(views) - LINES)


def _linked(ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    """Only those that have something to tell: a list of who knows nobody helps nobody."""
    telling = [view for view in views if view.failures or view.refusals or view.ledger.all(view.ref, "link")]
    if not telling:
        yield Sentence(f"I see no link between {_all(len(views)).replace('any of ', '')} and anybody.")
    yield from _each(ask, "dependencies", telling)


def _more(count: int) -> Iterator[Sentence]:
    if count > 0:
        yield Sentence(f"and {count} more; ask for one by name.", item=True)


def _troubles(ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    bad = sorted((view for view in views if badness(view) < FINE), key=badness)
    fine = len(views) - len(bad)
    if not bad:
        facts = [view.ledger.get(view.ref, "state") for view in views]
        if views[0].stored_at is not None:
            names = listed([plain(view.ref.short) for view in views[:LINES]])
            rest = f" and {len(views) - LINES} more" if len(views) > LINES else ""
            yield say(f"Then, nothing was wrong with {names}{rest} that my rules or I could see.", *facts)
            return
        yield say(f"Nothing is wrong with {_all(len(views))} that my rules or I can see.", *facts)
        return
    yield say(f"{len(bad)} of {plural(len(views), 'container')} {'is' if len(bad) == 1 else 'are'} not well:")
    for view in bad[:LINES]:
        teller = Teller(view, ask)
        yield line(view, [*named_findings(teller), *symptoms(teller)] or answers(ask, view))
    yield from _more(len(bad) - LINES)
    if fine:
        yield Sentence(f"Nothing wrong with the other {fine}." if fine > 1 else "Nothing wrong with the other one.")


def _all(count: int) -> str:
    return "the container" if count == 1 else f"any of the {count} containers"


def _list(views: Sequence[View]) -> Iterator[Sentence]:
    yield counts(views)
    for view in views[: LINES * 2]:
        yield line(view, [_row(view)])
    yield from _more(len(views) - LINES * 2)


def _row(view: View) -> Sentence:
    teller = Teller(view, NOTHING)
    up, declared, _ = by_state(teller)
    rows = up or declared
    image = teller.fact("image")
    what = f", {spoken(rows)}" if rows else f", {plain(image.value)}" if image is not None else ""
    return say(f"{plain(teller.state or 'unknown')}{what}.", teller.fact("state"), image if not rows else None, *rows)


def _who(views: Sequence[View]) -> Sentence:
    names = [plain(view.persona.ci_name) for view in views]
    shown = ", ".join(names[:LINES]) + (f" and {len(names) - LINES} more" if len(names) > LINES else "")
    return Sentence(f"Each container speaks for itself: {shown}. Ask one of them, or all of us, how things are.")


def _biggest(ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    least = ask.superlative == "least"
    for name in [ask.metric] if ask.metric in METRICS else ["memory", "cpu"]:
        metric = METRICS[name]
        rows = ranked(views, metric, least=least)
        if not rows:
            yield Sentence(f"I could read {name} of no container.")
            continue
        first = rows[0]
        rest = ", ".join(f"{plain(view.ref.short)} {metric.words(value)}" for value, view, _ in rows[1 : 1 + NEXT])
        after = f"; then {rest}" if rest else ""
        part, facts = share(first[1]) if name == "memory" else ("", ())
        named = [fact for _, _, found in rows[: 1 + NEXT] for fact in found]
        winner = f"{plain(first[1].ref.short)} {_most(metric, least)}"
        yield say(f"{winner}: {metric.words(first[0])}{part}{after}.", *named, *facts)


def _most(metric: Metric, least: bool) -> str:
    word = "least" if least else "most"
    if metric.facts == ("uptime",):
        word = "shortest" if least else "longest"
    return metric.most.format(word)


def _compare(ask: Ask, views: Sequence[View]) -> Iterator[Sentence]:
    names = [ask.metric] if ask.metric in METRICS else ["memory", "cpu", "restarts", "uptime"]
    for view in views[:LINES]:
        yield _side(view, names)
    yield from _more(len(views) - LINES)
    for name in names[:2]:
        rows = ranked(views, METRICS[name])
        if len(rows) == 2 and rows[0][0] != rows[1][0]:
            more, fewer = (plain(row[1].ref.short) for row in rows)
            verb = _most(METRICS[name], False).replace("the most", "more").replace("most often", "more often")
            verb = verb.replace("longest", "longer")
            yield say(f"{more} {verb} than {fewer}.", *rows[0][2], *rows[1][2])


def _side(view: View, names: Sequence[str]) -> Sentence:
    parts: list[str] = []
    facts: list[Fact | None] = [view.ledger.get(view.ref, "state")]
    for name in names:
        got = measured(view, METRICS[name])
        if got is None:
            continue
        part, more = share(view) if name == "memory" else ("", ())
        parts.append(f"{_LABEL.get(name, '')}{METRICS[name].words(got[0])}{part}")
        facts += [*got[1], *more]
    state = Teller(view, NOTHING).state
    text = ", ".join(parts) if parts else f"{plain(state or 'unknown')}, nothing to measure"
    return line(view, [say(f"{text}.", *facts)])


_LABEL = {"memory": "memory ", "cpu": "CPU ", "uptime": "up "}


def _metric(ask: Ask, views: Sequence[View], metric: Metric) -> Iterator[Sentence]:
    """Several containers' own words about one number, the largest first."""
    name = next(key for key, value in METRICS.items() if value is metric)
    order = [view for _, view, _ in ranked(views, metric)]
    yield from _each(ask, name, [*order, *(view for view in views if view not in order)])
