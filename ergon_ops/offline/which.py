"""Which of several containers something is true of: only those are named, and the rest are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Fact
from ergon_ops.offline import numbers, state
from ergon_ops.offline.lexicon import PROGRAMS, words
from ergon_ops.offline.ranking import unwell
from ergon_ops.offline.serving import asked_services, by_state, spoken, stands_for
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import listed, plain, plural
from ergon_ops.offline.words import Ask, Sentence, View

DAY = 86400.0
LACKING: frozenset[str] = words("no without lack lacks lacking missing miss misses not")
ASKING: frozenset[str] = words("which who what any anyone anybody anything something someone containers ones")


@dataclass(frozen=True, slots=True)
class Which:
    """`told` says it of one container, nothing of one that it is not true of; `none` if it is true of nobody."""

    told: Callable[[Teller], Said]
    none: str
    rest: str


def _throttled(t: Teller) -> Said:
    fact = t.rate("cpu_throttled_ratio") or t.fact("cpu_throttled_lifetime")
    if t.running and fact is not None and not isinstance(fact.value, str) and num(fact) > 0:
        yield from numbers.cpu(t)


def _unchecked(t: Teller) -> Said:
    if t.text("health") == "none":
        yield say("I have no healthcheck.", t.fact("health"))


def _restarted(t: Teller) -> Said:
    count, started = t.fact("restart_count"), t.fact("started_at")
    lately = t.running and started is not None and t.ago(num(started)) < (t.ask.window_s or DAY)
    if t.state == "restarting" or lately or (count is not None and num(count) > 0):
        yield from state.restarts(t)


THROTTLED = Which(_throttled, "I see none of {} throttled.", "not throttled that I can see")
UNCHECKED = Which(_unchecked, "I see none of {} without a healthcheck.", "not without one that I can see")
RESTARTED = Which(_restarted, "I see none of {} restarted or started lately.", "not restarted that I can see")


def which(ask: Ask) -> Which | None:
    """What the question asks of everyone, if it is one of those."""
    said = set(ask.text.lower().replace("?", " ").replace("n't", " not").split())
    if not said & ASKING and not said & {"without"}:
        return None
    if "throttle" in ask.topics:
        return THROTTLED
    if "health" in ask.topics and said & LACKING and "healthy" not in said and "check" in ask.text.lower():
        return UNCHECKED
    asked = ask.intents == ("restarts",) or (ask.intents == ("wrong",) and "restarts" in ask.topics)
    return RESTARTED if asked else None


EXITED: frozenset[str] = words("exited exit stopped ended died quit")
LATELY: frozenset[str] = words("recently lately recent today yesterday just ago last past")
PUBLISHING: frozenset[str] = words("publish publishes published publishing expose exposes exposed exposing")
OTHERWISE: frozenset[str] = words("why when how not no without")


def _down(t: Teller) -> Said:
    if not t.running and unwell(t.view):
        yield from state.not_running(t)
        return
    down = by_state(t)[2]
    if down:
        yield say(f"{spoken(down)} {'is' if len(down) == 1 else 'are'} down.", *down)


def _exited(t: Teller) -> Said:
    if t.state in ("exited", "dead"):
        yield from state.not_running(t)


def _exited_lately(t: Teller) -> Said:
    ended = t.fact("finished_at")
    known = ended is not None and t.ago(num(ended)) <= (t.ask.window_s or DAY)
    if t.state in ("exited", "dead", "restarting") and (known or t.state == "restarting"):
        yield from state.not_running(t)


def _publishing(t: Teller) -> Said:
    asked = tuple(word for word in t.ask.about if word.isdigit())
    rows = [
        row
        for row in t.rows("published_port")
        if not asked or any(str(row.value) == port or f":{port}/" in f":{row.key}" for port in asked)
    ]
    if rows:
        yield say(f"I publish {listed([f'{plain(row.key)} → {row.value}' for row in rows])} inside.", *rows)


def _serving(t: Teller) -> Said:
    asked = tuple(word for word in t.ask.about if word in PROGRAMS)
    if any(stands_for(word, row) for word in asked for row in t.rows("serving")):
        yield from asked_services(t)


DOWN = Which(_down, "I see nothing down in {}.", "nothing down that I can see")
GONE = Which(_exited, "None of {} has exited.", "not exited")
GONE_LATELY = Which(_exited_lately, "I see none of {} exited in that time.", "not exited in that time")
PUBLISH = Which(_publishing, "I see none of {} publish that on the host.", "no such port published")


def whole(ask: Ask) -> Which | None:
    """What a question asks of everyone that one answer settles, whichever intents it was read as."""
    said = set(ask.text.lower().replace("?", " ").replace("n't", " not").split())
    if not said & ASKING or said & OTHERWISE:
        return None
    programs = [word for word in ask.about if word in PROGRAMS]
    if programs and {"list", "services"} & set(ask.intents) and not {"biggest", "compare"} & set(ask.intents):
        named = plain(" or ".join(programs))
        return Which(_serving, f"I see none of {{}} that runs {named}.", f"no sign of {named}")
    if said & PUBLISHING and "ports" in ask.intents:
        return PUBLISH
    if "dead" not in ask.topics or not {"list", "services", "wrong", "events", "status"} & set(ask.intents):
        return None
    if said & EXITED:
        return GONE_LATELY if said & LATELY or ask.window_s else GONE
    return DOWN if "down" in said and said & {"which", "who", "services", "any"} else None


def those(one: Which, ask: Ask, views: Sequence[View]) -> Iterator[tuple[View, list[Sentence]]]:
    for view in views:
        told = list(one.told(Teller(view, ask)))
        if told:
            yield view, told


def none(one: Which, views: Sequence[View]) -> Sentence:
    facts: list[Fact | None] = [view.ledger.get(view.ref, "state") for view in views]
    return say(one.none.format(f"the {plural(len(views), 'container')}"), *facts)
