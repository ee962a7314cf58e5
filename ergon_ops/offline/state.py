"""How it is: state, services, health, since when, restarts."""

from __future__ import annotations

import signal

from ergon_ops.facts import Fact
from ergon_ops.offline import healthchecks, serving
from ergon_ops.offline.numbers import memory_clause
from ergon_ops.offline.serving import bare, by_state, declared_only, spoken
from ergon_ops.offline.teller import Said, Teller, num, own_words, say
from ergon_ops.offline.units import duration, moment, plain, plural, quoted, times
from ergon_ops.offline.words import Sentence


def status(t: Teller) -> Said:
    """`Running nginx (port 80), redis (port 6379). Memory at 45%, all services healthy.`"""
    if t.state not in ("running", ""):
        yield from not_running(t)
    else:
        yield from _running(t)
    yield from named_findings(t)


def _running(t: Teller) -> Said:
    up, declared, down = by_state(t)
    state = t.fact("state")
    if not up and not declared and not down:
        yield say(bare(t), state, t.fact("image"))
    elif up:
        yield say(f"Running {spoken(up)}.", state, *up)
    if declared:
        yield declared_only(declared, "I also declare" if up else "Running; I declare", state)
    if down:
        yield say(f"{spoken(down)} {'is' if len(down) == 1 else 'are'} down.", *down)
    memory, memory_facts = memory_clause(t)
    health, health_facts = health_clause(t)
    clauses = [clause for clause in (memory, health) if clause]
    if clauses:
        text = ", ".join(clauses)
        yield say(text[0].upper() + text[1:] + ".", *memory_facts, *health_facts)
    if t.text("health") == "unhealthy":
        yield from health_output(t)


def health_clause(t: Teller) -> tuple[str, tuple[Fact | None, ...]]:
    """The end of the status sentence, and the facts it stands on."""
    health = t.fact("health")
    up, declared, down = by_state(t)
    rows = (*up, *declared, *down)
    if health is None or (declared and not up):
        return (_check_only(t, health), (health,))
    facts = (health, *rows)
    if down:
        return {"healthy": "the healthcheck passes all the same", "none": "no healthcheck"}.get(
            str(health.value), _unwell(t)
        ), facts
    if not rows:
        return {"healthy": "the healthcheck passes", "none": "no healthcheck"}.get(str(health.value), _unwell(t)), facts
    return {"healthy": "all services healthy", "none": "all services up (no healthcheck)"}.get(
        str(health.value), _unwell(t)
    ), facts


def _check_only(t: Teller, health: Fact | None) -> str:
    if health is None:
        return ""
    return {"healthy": "the healthcheck passes", "none": "no healthcheck"}.get(str(health.value), _unwell(t))


def _unwell(t: Teller) -> str:
    if t.text("health") == "starting":
        return "the healthcheck is still starting"
    streak = t.number("health_streak")
    if unsettled(t):
        return "unhealthy until the next healthcheck: the last one passed"
    return f"the healthcheck fails ({plural(streak, 'time')} in a row)" if streak else "the healthcheck fails"


def unsettled(t: Teller) -> bool:
    """A pause makes the engine call a container unhealthy until it is checked again, though no check has failed."""
    return t.number("health_streak") == 0 and t.number("health_exit_code") == 0


def unhealthy(t: Teller) -> Sentence:
    health, streak = t.fact("health"), t.fact("health_streak")
    if unsettled(t):
        said = "The engine calls me unhealthy until my next healthcheck, as it does after a pause: the last one passed."
        return say(said, health, streak, t.fact("health_exit_code"))
    fails = f", {plural(num(streak), 'failure')} in a row" if streak is not None else ""
    return say(f"I am unhealthy: the healthcheck fails{fails}.", health, streak)


def health_output(t: Teller) -> Said:
    output, code = t.fact("health_output"), t.fact("health_exit_code")
    if output is not None and str(output.value).strip():
        exit_part = f" (exit code {code.value})" if code is not None else ""
        yield say(f"Its last output{exit_part}: {own_words(output)}.", output, code)
    elif code is not None:
        yield say(f"The last check ended with exit code {code.value} and said nothing.", code)


def not_running(t: Teller) -> Said:
    """One exact sentence for each state that is not `running`, and the last error line if it is known."""
    state = t.fact("state")
    match t.state:
        case "paused":
            yield _paused(t)
        case "restarting":
            yield _restarting(t)
        case "created":
            yield _never_started(t)
        case "exited" | "dead":
            yield _exited(t)
            yield from _oom(t)
        case other:
            yield say(f"I am in state {plain(other)}.", state)
    if t.state in ("exited", "dead", "restarting"):
        yield from last_error(t)


def _paused(t: Teller) -> Sentence:
    up, _, _ = by_state(t)
    memory, facts = memory_clause(t)
    kept = f" {memory[0].upper()}{memory[1:]} is still held." if memory else ""
    inside = f", with {spoken(up)} frozen inside" if up else ""
    return say(f"I am paused{inside}: my processes exist but do not run.{kept}", t.fact("state"), *up, *facts)


def _restarting(t: Teller) -> Sentence:
    code, count, policy = t.fact("exit_code"), t.fact("restart_count"), t.fact("restart_policy")
    text = "I am restarting"
    text += f" after exit code {code.value}" if code is not None else ""
    text += f"; {plural(num(count), 'restart')} so far" if count is not None else ""
    return say(text + ".", t.fact("state"), code, count, policy)


def _never_started(t: Teller) -> Sentence:
    error, created, code = t.fact("start_error"), t.fact("created_at"), t.fact("exit_code")
    since = f" {duration(t.ago(num(created)))} ago" if created is not None else ""
    if error is None:
        return say(f"I was created{since} and never started.", t.fact("state"), created)
    ended = f" (exit code {code.value})" if code is not None and code.value else ""
    return say(
        f"I was created{since} but never started{ended}: {own_words(error)}.", t.fact("state"), created, error, code
    )


def _exited(t: Teller) -> Sentence:
    code, ended = t.fact("exit_code"), t.fact("finished_at")
    text = "I am not running: I exited" if t.state == "exited" else "I am dead: I ended"
    text += f" with code {code.value}{meaning(code)}" if code is not None else ""
    if ended is not None and num(ended) > 0:
        at = num(ended)
        text += f", {duration(t.ago(at))} ago ({moment(at)})"
    return say(text + ".", t.fact("state"), code, ended)


def meaning(code: Fact) -> str:
    """A shell's convention: above 128 it was signal code − 128."""
    number = code.value
    if isinstance(number, int) and 128 < number < 160:
        try:
            return f" (128 + {number - 128}, {signal.Signals(number - 128).name})"
        except ValueError:
            return ""
    return ""


def _oom(t: Teller) -> Said:
    killed = t.fact("oom_killed")
    if killed is not None and killed.value is True:
        limit = t.fact("memory_limit")
        yield say("The engine marked me as killed for running out of memory.", killed, limit)


def error_lines(t: Teller) -> tuple[Fact, ...]:
    """Log templates at level error or above; all of them if only such lines were asked for."""
    rows = t.rows("log_template")
    if not rows or (t.ask.level and "logs" not in t.ask.intents):
        return rows
    from ergon_ops.loglevels import at_least, level_of  # a dozen patterns that answers without logs do not need

    return tuple(row for row in rows if at_least(level_of(row.key), "error"))


def last_error(t: Teller) -> Said:
    rows = error_lines(t)
    if rows:
        last = max(rows, key=lambda row: row.reading.at)
        yield say(f"My last error line: {quoted(last.key)}.", last)
    elif t.rows("log_template"):
        last = max(t.rows("log_template"), key=lambda row: row.reading.at)
        yield say(f"My last log line: {quoted(last.key)}.", last)


def named_findings(t: Teller) -> Said:
    """Every fault in the rule's own sentence, with its cause where the sentence does not say it."""
    for finding in t.faults[:3]:
        about = "" if finding.about == t.view.ref else f"{plain(finding.about.short)}: "
        cause, summary = cause_words(finding.cause), _one_line(finding.summary)
        named = "" if cause in summary.lower() else f"{cause[:1].upper()}{cause[1:]}: "
        yield say(f"{about}{named}{summary}", findings=[finding])


def cause_words(cause: str) -> str:
    return cause.replace("_", " ")


def _one_line(summary: str) -> str:
    text = plain(summary, 300)
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def health(t: Teller) -> Said:
    if t.state not in ("running", ""):
        yield from not_running(t)
        return
    value = t.text("health")
    fact = t.fact("health")
    up, _, down = by_state(t)
    if value == "healthy":
        yield say("My healthcheck passes: healthy.", fact)
    elif value == "unhealthy":
        yield unhealthy(t)
    elif value == "starting":
        yield say("My healthcheck is still starting: neither healthy nor unhealthy yet.", fact)
    elif value == "none":
        yield _without_check(t, up, down)
    else:
        yield t.cannot_see("my health", "inspect")
    if value in ("healthy", "unhealthy"):
        yield from health_output(t)
    yield from healthchecks.described(t)
    if down:
        yield say(f"{spoken(down)} {'is' if len(down) == 1 else 'are'} down.", *down)
    yield from named_findings(t)


def _without_check(t: Teller, up: tuple[Fact, ...], down: tuple[Fact, ...]) -> Sentence:
    fact, state = t.fact("health"), t.fact("state")
    if up and not down:
        return say(f"I have no healthcheck; {spoken(up)} {'is' if len(up) == 1 else 'are'} up.", fact, state, *up)
    return say("I have no healthcheck, so nothing checks me; my process runs.", fact, state)


def uptime(t: Teller) -> Said:
    if t.state not in ("running", "paused", ""):
        yield from not_running(t)
        return
    up, started = t.fact("uptime"), t.fact("started_at")
    at = num(started) if started is not None else None
    seconds = t.number("uptime") if up is not None else t.ago(at) if at else None
    if seconds is None:
        yield t.cannot_see("when I started", "inspect")
        return
    since = f", since {moment(at)}" if at else ""
    paused = " I am paused now." if t.state == "paused" else ""
    yield say(f"I have been up for {duration(seconds)}{since}.{paused}", up, started, t.fact("state"))


def restarts(t: Teller) -> Said:
    count, policy, started = t.fact("restart_count"), t.fact("restart_policy"), t.fact("started_at")
    if count is None:
        yield t.cannot_see("my restart count", "inspect")
        return
    up = t.state in ("running", "paused")
    if not up and t.state and "crashed" in t.ask.topics:
        yield from not_running(t)
    elif "crashed" in t.ask.topics:
        yield say("I am up now.", t.fact("state"))
    yield say(_restarted(num(count), policy), count, policy)
    if t.state in ("running", "paused") and started is not None:
        at = num(started)
        yield say(f"My last start was {duration(t.ago(at))} ago ({moment(at)}).", started)
    elif t.state and "crashed" not in t.ask.topics:
        yield from not_running(t)


def services(t: Teller) -> Said:
    if t.state in ("running", "paused", ""):
        yield from serving.services(t)
    else:
        yield from not_running(t)


def _restarted(count: float, policy: Fact | None) -> str:
    if policy is not None and policy.value in ("no", ""):
        before = f", yet one restarted me {times(count)} since I was created" if count else ", so nothing restarts me"
        return f"I have no restart policy{before}."
    named = f" ({plain(policy.value)})" if policy is not None else ""
    said = f"restarted me {times(count)}" if count else "has not restarted me"
    return f"My restart policy{named} {said} since I was created."
