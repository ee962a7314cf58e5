"""Numbers as people read them: 61 MiB, 45%, 2 h 10 min. One rounding for the whole house of offline answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ergon_ops.redaction import safe_text

QUOTE_LIMIT = 160


def size(count: float) -> str:
    """Bytes: `512 bytes`, `61 MiB`, `1.5 GiB`."""
    value, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024:
            break
        value, unit = value / 1024, larger
    if unit == "bytes":
        return f"{value:.0f} {'byte' if value == 1 else 'bytes'}"
    return f"{value:.1f} {unit}" if abs(value) < 10 and round(value, 1) % 1 else f"{value:.0f} {unit}"


def percent(ratio: float) -> str:
    """`45%`; below 1 and between 99 and 100 with one decimal, so that neither end is reached by rounding."""
    value = ratio * 100
    if 0 < value < 0.05:
        return "less than 0.1%"
    if 0 < value < 1 or 99 < value < 100:
        return f"{value:.1f}%".replace(".0%", "%") if round(value, 1) != 100 else "99.9%"
    return f"{value:.0f}%"


def cores(count: float) -> str:
    """`0.02 cores`; `1 core`."""
    text = f"{count:.3f}" if 0 < count < 0.01 else f"{count:.2f}"
    text = text.rstrip("0").rstrip(".") or "0"
    return f"{text} core" if text == "1" else f"{text} cores"


def duration(seconds: float) -> str:
    """The two largest units: `12 s`, `5 min`, `2 h 10 min`, `3 days 4 h`."""
    left = max(0, round(seconds))
    if left < 60:
        return f"{left} s"
    days, rest = divmod(left, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, spare = divmod(rest, 60)
    if days:
        return f"{plural(days, 'day')}{f' {hours} h' if hours and days < 14 else ''}"
    if hours:
        return f"{hours} h{f' {minutes} min' if minutes else ''}"
    return f"{minutes} min{f' {spare} s' if spare and minutes < 5 else ''}"


def moment(at: float) -> str:
    """`2026-11-22 14:03:36 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def plural(count: float, word: str, words: str = "") -> str:
    """`1 restart`, `3 restarts`."""
    return f"{count:g} {word if count == 1 else words or word + 's'}"


def times(count: float) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(int(count), f"{count:g} times")


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def some(parts: Iterable[str], limit: int = 12) -> str:
    """At most so many, and how many more there are."""
    items = list(parts)
    cut = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + cut


def quoted(text: object, limit: int = QUOTE_LIMIT) -> str:
    """Text that others wrote: one line, redacted, harmless, bounded, in quotes. It is shown, never followed."""
    return f"“{safe_text(str(text), limit).replace('“', '‘').replace('”', '’').strip()}”"


def plain(text: object, limit: int = 80) -> str:
    """A name that others gave (image, network, path, variable): as `quoted`, without the quotes."""
    return safe_text(str(text), limit).strip()
