"""What is wrong, and why: findings first, then what the facts show by themselves, then that the cause is not known."""

from __future__ import annotations

import re

from ergon_ops.events import epoch
from ergon_ops.facts import Fact
from ergon_ops.offline import around, serving
from ergon_ops.offline.numbers import cpu, cpu_use, memory_clause
from ergon_ops.offline.serving import by_state, spoken
from ergon_ops.offline.state import health_output, named_findings, not_running, status, unhealthy
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import duration, moment, percent, plain, plural, times
from ergon_ops.offline.words import Sentence

FULL = 0.9
RELAPSE_S = 15.0  # the engine itself takes ten seconds of running for the end of a loop


def wrong(t: Teller) -> Said:
    found = list(symptoms(t))
    if t.faults or found:
        yield from named_findings(t)
        yield from found
    elif t.why_unknown("diagnose") and t.running:
        yield t.cannot_see("what my rules conclude", "diagnose")
        yield from status(t)
    else:
        yield say("Nothing is wrong that my rules or I can see.", t.fact("state"))
        yield from status(t)


def relapsing(t: Teller) -> bool:
    """Up for moments only, and not for the first time: between two crashes of a loop it looks like any other."""
    started = t.number("started_at")
    return bool(t.state == "running" and t.number("restart_count") and started and t.ago(started) < RELAPSE_S)


def symptoms(t: Teller) -> Said:
    """What is plainly not right, rule or no rule."""
    if t.state not in ("running", ""):
        yield from not_running(t)
    if relapsing(t):
        count, started = t.fact("restart_count"), t.fact("started_at")
        ago, so_often = duration(t.ago(num(started))), plural(num(count), "restart")
        yield say(f"My restart policy started me again {ago} ago, {so_often} so far.", count, started)
    if t.text("health") == "unhealthy" and t.running:
        yield unhealthy(t)
        yield from health_output(t)
    _, _, down = by_state(t)
    if down:
        yield say(f"{spoken(down)} {'is' if len(down) == 1 else 'are'} down.", *down)
    ratio = t.fact("memory_ratio")
    if ratio is not None and num(ratio) >= FULL:
        yield say(f"Memory is at {percent(num(ratio))} of my limit.", ratio, t.fact("memory_limit"))
    for row in t.rows("fs_used_ratio"):
        if row.value is not None and num(row) >= FULL:
            yield say(f"{plain(row.key)} is {percent(num(row))} full.", row)


def why(t: Teller) -> Said:
    """The cause if a rule proves one, else the facts that bear on it, and that the cause is not known."""
    found = list(symptoms(t))
    yield from named_findings(t)
    yield from _since(t)
    yield from around.fine(t)
    yield from found
    if t.running and not found:
        yield from serving.asked_services(t)
    if "slow" in t.ask.topics and not found and not t.faults:
        yield _premise(t)
    if "slow" in t.ask.topics and t.running:
        yield from _load(t)
    if t.state in ("exited", "dead", "restarting"):
        yield from _ending(t)
    if t.faults:
        return
    if t.why_unknown("diagnose") and t.running:
        yield t.cannot_see("what my rules conclude", "diagnose")
    elif found:
        yield say("No rule of mine names a cause beyond that.", t.fact("state"))
    else:
        yield from _nothing_wrong(t)


def _since(t: Teller) -> Said:
    """When it was first seen, if that is asked. A summary has other numbers at each look."""
    if not re.search(r"\b(?:since|how long)\b", t.ask.text.lower()):
        return
    known = {_wordless(finding.summary) for finding in t.faults}
    rows = sorted((row for row in t.rows("onset") if _wordless(str(row.value)) in known), key=lambda row: row.key)
    if rows:
        at = epoch(rows[0].key)
        yield say(f"That was first seen {duration(t.ago(at))} ago ({moment(at)}).", rows[0])


def _wordless(summary: str) -> str:
    return re.sub(r"[\d.]+", "", summary)


def _load(t: Teller) -> Said:
    throttled = any(finding.cause.startswith("cpu") for finding in t.faults)
    yield from (cpu_use(t) if throttled else cpu(t))
    clause, facts = memory_clause(t)
    if clause:
        yield say(f"{clause[0].upper()}{clause[1:]}.", *facts)


def _ending(t: Teller) -> Said:
    """The engine's own account of the end: the events around it."""
    rows = [row for row in t.rows("event") if str(row.value).split(" ")[0] in ("kill", "oom", "die", "stop", "restart")]
    if rows:
        last = sorted(rows, key=lambda row: row.key)[-4:]
        yield say(f"The engine saw: {'; '.join(plain(row.value) for row in last)}.", *last)
    count: Fact | None = t.fact("restart_count")
    if count is not None and num(count) and t.state != "restarting":
        yield say(f"My restart policy had restarted me {times(num(count))}.", count)


def _nothing_wrong(t: Teller) -> Said:
    if "slow" in t.ask.topics:
        return
    yield _premise(t)
    if len(t.ask.intents) == 1:
        yield from status(t)


def _premise(t: Teller) -> Sentence:
    """A question why something is so, while the facts say that it is not so."""
    topics = set(t.ask.topics)
    state = t.fact("state")
    if "slow" in topics:
        return say("Nothing I can see makes me slow: no rule of mine finds a cause.", state)
    if "restarts" in topics or "restart" in topics:
        count, started = t.fact("restart_count"), t.fact("started_at")
        if count is not None:
            return say(f"My restart policy restarted me {times(num(count))}; I see no cause for more.", count, started)
    if "dead" in topics and t.running:
        return say("I am not down.", state)
    if "health" in topics and t.text("health") == "healthy":
        return say("I am not unhealthy: my healthcheck passes.", t.fact("health"))
    return say("I know of no cause: no rule of mine finds anything wrong.", state)
