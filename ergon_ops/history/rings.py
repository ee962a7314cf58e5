"""The last samples of one container in a ring of plain floats: about 60 kB when full, nothing before the first."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

from ergon_ops.engine.protocols import Counters
from ergon_ops.history.samples import same_run

POINTS = 600
WHOLE = ("periods", "throttled", "block_read", "block_write", "network_rx", "network_tx")
FIELDS = ("cpu_s", "throttled_s", *WHOLE, "memory_working_set", "memory_oom_kills")
WIDTH = len(FIELDS) + 2


class Ring:
    """One row a sample: time, number of the run, and the counters (NaN where there is none)."""

    def __init__(self, points: int = POINTS) -> None:
        self._points = points
        self._cells = array("d")
        self._next = 0
        self._run = 0
        self.last: Counters | None = None

    def __len__(self) -> int:
        return len(self._cells) // WIDTH

    def add(self, sample: Counters) -> None:
        """Out-of-order and repeated samples are dropped."""
        if self.last is not None:
            if sample.at <= self.last.at:
                return
            self._run += not same_run(self.last, sample)
        row = array("d", (sample.at, self._run, *(_cell(getattr(sample, name)) for name in FIELDS)))
        if len(self) < self._points:
            self._cells.extend(row)
        else:
            self._cells[self._next * WIDTH : (self._next + 1) * WIDTH] = row
            self._next = (self._next + 1) % self._points
        self.last = sample

    def series(self, field: str) -> tuple[tuple[float, float], ...]:
        """(time, value) of one counter, oldest first, over every run of the container."""
        column = FIELDS.index(field) + 2
        rows = ((self._cells[at], self._cells[at + column]) for at in self._rows())
        return tuple((moment, value) for moment, value in rows if not math.isnan(value))

    def before(self, at: float) -> Counters | None:
        """The newest sample of the present run that is not younger than `at`."""
        for row in reversed(tuple(self._rows())):
            if self._cells[row + 1] != self._run:
                return None
            if self._cells[row] <= at:
                return self._counters(row)
        return None

    def _rows(self) -> Iterator[int]:
        count = len(self)
        return (((self._next + step) % count) * WIDTH for step in range(count))

    def _counters(self, row: int) -> Counters | None:
        if self.last is None:
            return None
        cells = dict(zip(FIELDS, self._cells[row + 2 : row + WIDTH], strict=True))
        values = {name: None if math.isnan(cell) else cell for name, cell in cells.items()}
        whole = {name: None if value is None else int(value) for name, value in values.items()}
        return Counters(
            container_id=self.last.container_id,
            at=self._cells[row],
            source=self.last.source,
            cpu_s=values["cpu_s"],
            throttled_s=values["throttled_s"],
            periods=whole["periods"],
            throttled=whole["throttled"],
            block_read=whole["block_read"],
            block_write=whole["block_write"],
            network_rx=whole["network_rx"],
            network_tx=whole["network_tx"],
            memory_working_set=whole["memory_working_set"],
            memory_oom_kills=whole["memory_oom_kills"],
            run=self.last.run,
        )


def _cell(value: float | int | None) -> float:
    return math.nan if value is None else float(value)
