"""Which of several containers something is true of: only those are named, and the rest are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ergon_ops.facts import Fact
from ergon_ops.offline import numbers, state
from ergon_ops.offline.lexicon import words
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import plural
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


def those(one: Which, ask: Ask, views: Sequence[View]) -> Iterator[tuple[View, list[Sentence]]]:
    for view in views:
        told = list(one.told(Teller(view, ask)))
        if told:
            yield view, told


def none(one: Which, views: Sequence[View]) -> Sentence:
    facts: list[Fact | None] = [view.ledger.get(view.ref, "state") for view in views]
    return say(one.none.format(f"the {plural(len(views), 'container')}"), *facts)
