"""Numbers that move, as small curves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.interfaces.render.values import measured
from ergon_ops.interfaces.render.width import cells

BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.-=+*#@"
MOST = 600
# Where there is no limit: what is less than this is hardly anything, and looks so.
QUIET: dict[str, float] = {"cores": 0.1, "ratio": 0.25, "bytes": 1 << 24, "bytes/s": 1 << 13, "count": 4.0}


@dataclass(frozen=True, slots=True)
class Meter:
    """One line: the fact it shows, and the fact that bounds it."""

    title: str
    name: str
    unit: str
    limit: str = ""


METERS = (
    Meter("cpu", "cpu_usage", "cores", "cpu_limit"),
    Meter("throttled", "cpu_throttled_ratio", "ratio"),
    Meter("memory", "memory_working_set", "bytes", "memory_limit"),
    Meter("processes", "pids", "count", "pids_limit"),
    Meter("received", "network_rx_rate", "bytes/s"),
    Meter("sent", "network_tx_rate", "bytes/s"),
    Meter("read", "block_read_rate", "bytes/s"),
    Meter("written", "block_write_rate", "bytes/s"),
)


@dataclass(slots=True)
class Curves:
    """What was seen so far of each meter; None where a sample had no such number."""

    seen: dict[str, deque[float | None]] = field(default_factory=dict)
    last: Mapping[str, Any] = field(default_factory=dict)

    def add(self, values: Mapping[str, Any]) -> None:
        self.last = values
        for meter in METERS:
            value = values.get(meter.name)
            kept = self.seen.setdefault(meter.name, deque(maxlen=MOST))
            kept.append(float(value) if isinstance(value, int | float) else None)

    def lines(self, width: int, *, plain: bool = False) -> Iterator[str]:
        """A line a meter that has any number, no longer than `width`."""
        shown = [meter for meter in METERS if any(item is not None for item in self.seen.get(meter.name, ()))]
        rows = [(meter, self._words(meter)) for meter in shown]
        wide = max((cells(text) for _, text in rows), default=0)
        for meter, text in rows:
            head = f"{meter.title:<10}{text:>{wide}}  "
            limit = self.last.get(meter.limit)
            room = min(60, width - len(head) - 1)
            top = _number(limit) or max(QUIET[meter.unit], 1.3 * max(v for v in self.seen[meter.name] if v is not None))
            curve = spark(self.seen[meter.name], room, top=top, plain=plain) if room >= 4 else ""
            yield (head + curve)[: max(width - 1, 1)].rstrip()

    def _words(self, meter: Meter) -> str:
        value, limit = self.last.get(meter.name), _number(self.last.get(meter.limit))
        text = "-" if value is None else measured(value, meter.unit)
        return f"{text} of {measured(limit, meter.unit)}" if limit else text


def spark(values: deque[float | None], width: int, *, top: float, plain: bool = False) -> str:
    """The newest on the right. The height is the share of `top`."""
    bars = PLAIN_BARS if plain else BARS
    return "".join(" " if item is None else bar(item, top, bars) for item in list(values)[-width:])


def bar(value: float, highest: float, bars: str) -> str:
    share = value / highest if highest > 0 else 0.0
    return bars[min(len(bars) - 1, max(0, int(share * len(bars))))]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
