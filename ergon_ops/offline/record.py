"""What was written and what happened: logs as templates with counts, errors, events, changes."""

from __future__ import annotations

from ergon_ops.events import epoch
from ergon_ops.facts import Fact
from ergon_ops.offline.lexicon import words
from ergon_ops.offline.state import error_lines, not_running
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import duration, moment, plain, plural, quoted
from ergon_ops.offline.words import Sentence

DAY = 86400.0
TEMPLATES_SAID = 8
EVENTS_SAID = 10
CHANGING = words(
    """create start restart die stop kill oom update rename destroy connect disconnect pause unpause health_status"""
)


def logs(t: Teller) -> Said:
    blind = _unreadable(t)
    if blind is not None:
        yield blind
        return
    rows, lines = t.rows("log_template"), t.fact("log_lines")
    if not rows:
        yield say(f"I logged nothing{_when(t)}{_grep(t)}.", lines) if lines else t.cannot_see("my logs", "logs")
        return
    kinds = plural(len(rows), "kind")
    counted = f"{plural(num(lines), 'log line')}" if lines is not None else "My log lines"
    shown = sorted(rows, key=lambda row: -row.reading.at)[:TEMPLATES_SAID]
    if t.ask.tail:  # the last so many lines are told in the order in which they came
        shown.reverse()
    more = f", the {len(shown)} latest" if len(shown) < len(rows) else ""
    yield say(f"{counted}{_when(t)}{_grep(t)}, of {kinds}{more}:", lines, *rows)
    yield from (_template(row) for row in shown)


def errors(t: Teller) -> Said:
    blind = _unreadable(t)
    if blind is not None:
        yield blind
        return
    count, lines = t.fact("log_errors"), t.fact("log_lines")
    warnings = t.ask.level == "warning"
    rows = _at_least_warnings(t) if warnings else error_lines(t)
    if count is None and not rows:
        yield t.cannot_see("my logs", "logs")
        return
    listed = sum(num(row) for row in rows)
    number = num(count) if count is not None and not warnings else max(num(count), listed)
    read = f" among {plural(num(lines), 'log line')}" if lines is not None else ""
    what = "warning or error" if warnings else "error"
    if not number and not rows:
        yield say(f"No {what}{read}{_when(t)}{_grep(t)}.", count, lines)
        return
    counted = plural(number, f"{what} line")
    yield say(f"{counted}{read}{_when(t)}{_grep(t)}{':' if rows else '.'}", count, lines, *(rows if warnings else ()))
    yield from (_template(row) for row in sorted(rows, key=lambda row: -num(row))[:TEMPLATES_SAID])


def _at_least_warnings(t: Teller) -> tuple[Fact, ...]:
    """The templates that were asked for by level; of all templates, those that say warning or worse."""
    rows = t.rows("log_template")
    if "logs" not in t.ask.intents:
        return rows
    from ergon_ops.loglevels import at_least, level_of  # as in `error_lines`

    return tuple(row for row in rows if at_least(level_of(row.key), "warning"))


def _template(row: Fact) -> Sentence:
    return say(f"{num(row):g} × {quoted(row.key)}", row, item=True)


def _unreadable(t: Teller) -> Sentence | None:
    reason = t.fact("log_unreadable")
    if reason is not None:
        return say(f"My logs cannot be read: {plain(reason.value, 160)}.", reason)
    refused = "logs" in {*(item.tool for item in t.view.refusals), *(item.tool for item in t.view.failures)}
    return t.cannot_see("my logs", "logs") if refused else None


def _when(t: Teller) -> str:
    return f" in the last {duration(t.ask.window_s)}" if t.ask.window_s else ""


def _grep(t: Teller) -> str:
    return f" with {quoted(t.ask.grep, 60)}" if t.ask.grep else ""


def events(t: Teller) -> Said:
    rows = t.rows("event")
    if not rows:
        if t.why_unknown("events") and t.running:
            yield t.cannot_see("my events", "events")
        else:
            yield say(f"The engine saw nothing happen to me {_span(t)}.", t.fact("state"), t.fact("events_reach"))
            yield from _last_start(t)
        return
    shown = sorted(rows, key=lambda row: row.key)[-EVENTS_SAID:]
    more = f", the latest {len(shown)}" if len(shown) < len(rows) else ""
    yield say(f"{plural(len(rows), 'event')} {_span(t)}{more}:", *shown, t.fact("events_reach"))
    yield from (_event(t, row) for row in shown)


def _span(t: Teller) -> str:
    """`in the last 1 day`, or as far back as the engine remembers: it keeps few events, and healthchecks crowd them."""
    window = next((row.reading.window_s for row in t.rows("event") if row.reading.window_s), None)
    asked = window or t.ask.window_s or DAY
    reach = t.fact("events_reach")
    known = t.ago(_moment(reach)) if reach is not None else asked
    if known >= asked:
        return f"in the last {duration(asked)}"
    return f"in the last {duration(known)} (the engine remembers no further back)"


def _moment(fact: Fact) -> float:
    """A time as epoch seconds, be it written or counted."""
    return epoch(fact.value) if isinstance(fact.value, str) else num(fact)


def _event(t: Teller, row: Fact) -> Sentence:
    try:
        at = epoch(row.key)
    except ValueError:
        return say(f"{plain(row.key)}: {plain(row.value, 120)}", row, item=True)
    return say(f"{duration(t.ago(at))} ago ({moment(at)}): {plain(row.value, 120)}", row, item=True)


def changes(t: Teller) -> Said:
    """What could have changed me: the engine's events, my last start, and when I was created from which image."""
    rows = [row for row in t.rows("event") if str(row.value).split(" ")[0] in CHANGING]
    if t.why_unknown("events") and not rows and t.running:
        yield t.cannot_see("the engine's events", "events")
    elif rows:
        shown = sorted(rows, key=lambda row: row.key)[-EVENTS_SAID:]
        counted = plural(len(rows), "event")
        yield say(f"{counted} that may have changed me, {_span(t)}:", *shown, t.fact("events_reach"))
        yield from (_event(t, row) for row in shown)
    else:
        yield say(f"The engine saw no change of mine {_span(t)}.", t.fact("state"), t.fact("events_reach"))
    changed = sorted(t.rows("change"), key=lambda row: row.key)[-EVENTS_SAID:]
    if changed:
        yield say(f"Of my configuration {plural(len(changed), 'thing')} changed:", *changed)
        yield from (_event(t, row) for row in changed)
    began = sorted(t.rows("onset"), key=lambda row: row.key)[-EVENTS_SAID:]
    if began:
        yield say("What was found wrong since then, when it was first seen:", *began)
        yield from (_event(t, row) for row in began)
    if not t.running:
        yield from not_running(t)
    yield from _last_start(t)


def _last_start(t: Teller) -> Said:
    started, created, image = t.fact("started_at"), t.fact("created_at"), t.fact("image")
    if started is None:
        return
    made = f"; I was created {duration(t.ago(num(created)))} ago" if created is not None else ""
    of = f" from {plain(image.value, 120)}" if created is not None and image is not None else ""
    yield say(
        f"My last start was {duration(t.ago(num(started)))} ago ({moment(num(started))}){made}{of}.",
        started,
        created,
        image,
    )
