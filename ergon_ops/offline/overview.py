"""What a person sees who only typed `ergon-ops`: who is there, the worst thing, three questions with their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ergon_ops.offline.fleet import NOTHING, counts, line
from ergon_ops.offline.host import brief, engine_gone
from ergon_ops.offline.ranking import FINE, METRICS, badness, ranked
from ergon_ops.offline.state import named_findings
from ergon_ops.offline.teller import Teller, say
from ergon_ops.offline.trouble import symptoms
from ergon_ops.offline.units import duration, moment, plain
from ergon_ops.offline.words import HostView, Reply, Sentence, View

QUESTIONS = 3


def overview(views: Sequence[View], host_view: HostView) -> Reply:
    """Counts, the worst thing, three questions. `Reply.questions` are plain text, ready to be typed."""
    return Reply(tuple(_sentences(views, host_view)), questions=tuple(_questions(views))[:QUESTIONS])


def _sentences(views: Sequence[View], host_view: HostView) -> Iterator[Sentence]:
    gone = engine_gone(host_view)
    first = gone or brief(host_view)
    if first is not None:
        yield first
    stored = next((view.stored_at for view in views if view.stored_at is not None), None)
    if stored is not None:
        age = duration(max(0.0, host_view.now - stored))
        yield Sentence(f"The containers were last seen {age} ago ({moment(stored)}).")
    if not views:
        if gone is None:
            yield Sentence("No container is here yet; `ergon-ops demo up` starts three to try.")
        return
    yield counts(views)
    bad = sorted((view for view in views if badness(view) < FINE), key=badness)
    if not bad:
        yield say("Nothing looks wrong.", *(view.ledger.get(view.ref, "state") for view in views))
        return
    teller = Teller(bad[0], NOTHING)
    worst = line(bad[0], [*named_findings(teller), *symptoms(teller)])
    others = f" ({len(bad) - 1} more not well)" if len(bad) > 1 else ""
    yield Sentence(f"Worst: {worst.text}{others}", worst.fact_ids, worst.finding_ids)


def _questions(views: Sequence[View]) -> Iterator[str]:
    """About the worst, the largest, and another: questions that have an answer."""
    if not views:
        return
    order = sorted(views, key=lambda view: (badness(view), view.ref))
    asked = {order[0].ref}
    yield _about_worst(order[0])
    largest = [view for _, view, _ in ranked(views, METRICS["memory"]) if view.ref not in asked]
    if largest:
        asked.add(largest[0].ref)
        yield f"how much memory does {plain(largest[0].ref.short)} use?"
    rest = [view for view in order if view.ref not in asked] or order
    running = [view for view in rest if Teller(view, NOTHING).running] or rest
    yield f"what does {plain(running[0].ref.short)} talk to?"
    yield f"how is {plain(rest[-1].ref.short)}?"
    yield f"what happened to {plain(order[0].ref.short)}?"


def _about_worst(view: View) -> str:
    name, teller = plain(view.ref.short), Teller(view, NOTHING)
    if badness(view) == FINE:
        return f"how is {name}?"
    if not teller.running:
        return f"why is {name} {'restarting' if teller.state == 'restarting' else 'down'}?"
    if teller.text("health") == "unhealthy":
        return f"why is {name} unhealthy?"
    if any(finding.cause.startswith("cpu") for finding in teller.faults):
        return f"why is {name} slow?"
    return f"what is wrong with {name}?"
