"""One line of the bench: what it costs here, what it costs otherwise, and what it may cost."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

HEAD = ("what", "ours", "otherwise", "", "ratio", "budget", "verdict")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of several runs: the typical and the best one."""

    median: float
    best: float
    p99: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Cost:
        known = sorted(values)
        return cls(statistics.median(known), known[0], known[min(len(known) - 1, round(0.99 * len(known)))])


@dataclass(frozen=True, slots=True)
class Row:
    """`unit`: `s`, `bytes`, `tokens` or `cores`; `budget` the number that `judged` (median or p99) is held against."""

    what: str
    ours: Cost
    otherwise: Cost | None = None
    how: str = ""
    budget: float | None = None
    unit: str = "s"
    judged: str = "median"

    @property
    def ratio(self) -> float | None:
        """How many times more the other way costs."""
        return self.otherwise.median / self.ours.median if self.otherwise and self.ours.median else None

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        if float(getattr(self.ours, self.judged)) <= self.budget:
            return "within"
        return "over, best run within" if self.judged == "median" and self.ours.best <= self.budget else "over"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict}

    def cells(self) -> tuple[str, ...]:
        judged = f" (p99 {shown(self.ours.p99, self.unit)})" if self.judged == "p99" else ""
        return (
            self.what,
            shown(self.ours.median, self.unit) + judged,
            shown(self.otherwise.median, self.unit) if self.otherwise else "",
            self.how,
            f"{self.ratio:,.1f}x" if self.ratio is not None else "",
            f"≤ {shown(self.budget, self.unit)}" if self.budget is not None else "",
            self.verdict,
        )


def shown(value: float, unit: str) -> str:
    """Three figures, in the unit one would say it in."""
    match unit:
        case "bytes":
            return f"{value / 2**20:.0f} MiB" if value >= 2**20 else f"{value / 1000:.1f} kB"
        case "tokens":
            return f"{value:,.0f} tokens"
        case "cores":
            return f"{value:.2%} of a core"
        case _ if value < 1e-3:
            return f"{value * 1e6:.0f} µs"
        case _ if value < 0.02:
            return f"{value * 1e3:.2f} ms"
        case _:
            return f"{value * 1e3:,.0f} ms"


def table(rows: Sequence[Row]) -> str:
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
