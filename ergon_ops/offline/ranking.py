"""Which of several containers is worst off, and which has most of something."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Fact
from ergon_ops.findings import SEVERITY_ORDER
from ergon_ops.offline.teller import Teller, num
from ergon_ops.offline.trouble import FULL, relapsing
from ergon_ops.offline.units import cores, duration, percent, plural, size
from ergon_ops.offline.words import Ask, View

FINE = 99


def badness(view: View) -> int:
    """0 is worst, `FINE` is nothing to see. A job that ended with code 0 is fine."""
    teller = Teller(view, Ask("", ()))
    marks = [_state_mark(teller), _health_mark(teller)]
    marks += [10 * SEVERITY_ORDER[finding.severity] for finding in teller.faults]
    return min(marks)


def unwell(view: View) -> bool:
    """Whether anything shows that it is not as it should be, with or without a rule that says why."""
    return badness(view) < FINE


def _state_mark(t: Teller) -> int:
    if t.state in ("restarting", "dead") or relapsing(t):
        return 2
    if t.state == "exited":
        return 5 if t.number("exit_code") else FINE
    if t.state == "created":
        return 4 if t.fact("start_error") is not None else FINE
    if not t.state:
        return 30 if t.view.failures else FINE
    return 20 if t.state == "paused" else FINE


def _health_mark(t: Teller) -> int:
    if t.running and t.text("health") == "unhealthy":
        return 3
    if any(row.value == "down" for row in t.rows("serving")):
        return 4
    return 15 if (t.number("memory_ratio") or 0.0) >= FULL else FINE


@dataclass(frozen=True, slots=True)
class Metric:
    """`facts` are added up; `words` say the sum."""

    facts: tuple[str, ...]
    most: str
    words: Callable[[float], str]


def _processes(count: float) -> str:
    return plural(count, "process or thread", "processes and threads")


METRICS: dict[str, Metric] = {
    "memory": Metric(("memory_working_set",), "uses the {} memory", size),
    "cpu": Metric(("cpu_usage",), "uses the {} CPU", cores),
    "disk": Metric(("block_read", "block_write"), "does the {} disk i/o", lambda value: f"{size(value)} of i/o"),
    "network": Metric(("network_rx", "network_tx"), "has the {} traffic", lambda value: f"{size(value)} in and out"),
    "restarts": Metric(("restart_count",), "was restarted {} often", lambda value: plural(value, "restart")),
    "uptime": Metric(("uptime",), "is up {}", duration),
    "processes": Metric(("pids",), "has the {} processes", _processes),
}


def measured(view: View, metric: Metric) -> tuple[float, tuple[Fact, ...]] | None:
    """The metric of one container with its facts, or None if none of them was read."""
    found = [fact for name in metric.facts if (fact := view.ledger.get(view.ref, name)) is not None]
    found = [fact for fact in found if fact.value is not None]
    return (sum(num(fact) for fact in found), tuple(found)) if found else None


def ranked(views: Sequence[View], metric: Metric, *, least: bool = False) -> list[tuple[float, View, tuple[Fact, ...]]]:
    rows = [(got[0], view, got[1]) for view in views if (got := measured(view, metric)) is not None]
    return sorted(rows, key=lambda row: (row[0] if least else -row[0], row[1].ref))


def share(view: View) -> tuple[str, tuple[Fact, ...]]:
    """`45% of its limit` for memory, where there is one."""
    fact = view.ledger.get(view.ref, "memory_ratio")
    if fact is None or fact.value is None:
        return "", ()
    return f" ({percent(num(fact))} of its limit)", (fact,)
