"""A fact's value as it is written, for a model and for a person."""

from __future__ import annotations

from ergon_ops.facts import Fact
from ergon_ops.offline.units import cores, duration, moment, percent, size
from ergon_ops.redaction import safe_text

LINE_LIMIT = 240


def value_text(fact: Fact, now: float) -> str:
    """The value as a person writes it: `58 MiB`, `45%`, `3 h 10 min`."""
    value, unit = fact.value, fact.reading.unit
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return safe_text(value, LINE_LIMIT)
    match unit:
        case "bytes":
            return size(value)
        case "bytes/s":
            return f"{size(value)}/s"
        case "ratio":
            return percent(value)
        case "cores":
            return cores(value)
        case "s":
            return duration(value)
        case "time":
            return f"{moment(value)} ({duration(now - value)} ago)" if value > 0 else "never"
        case _:
            return f"{value:.4g}" if isinstance(value, float) else str(value)
