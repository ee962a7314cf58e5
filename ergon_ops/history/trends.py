"""Growth within a moment: several looks in a row, and a line through them that fits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Reading, reading
from ergon_ops.history.samples import same_run
from ergon_ops.refs import Ref

POINTS, EVERY_S = 6, 0.28
LEAST_POINTS = 5
FITS = 0.9  # share of the movement that the line explains (R²)
EARLIEST_S = 2.0  # an earlier look that is longer ago belongs to another moment
SOURCE = "looks:{0} x cgroup:{1}"


def readings(ref: Ref, seen: Sequence[Counters]) -> tuple[Reading, ...]:
    """`memory_slope` and `pids_slope`: 0 for what does not grow at each look and along a line."""
    if not seen:
        return ()
    last, window = seen[-1], round(seen[-1].at - seen[0].at, 3)
    found = []
    for name, field, file in (
        ("memory_slope", "memory_unreclaimable", "memory.stat#rss+shmem"),
        ("pids_slope", "pids", "pids.current"),
    ):
        points = [(item.at, float(value)) for item in seen if (value := getattr(item, field)) is not None]
        slope = growth(points)
        if slope is not None:
            source = SOURCE.format(len(points), file)
            found.append(reading(ref, name, round(slope, 3), at=last.at, source=source, window_s=window))
    return tuple(found)


def precedes(earlier: Counters, now: Counters) -> bool:
    """It can stand before `now` as one look of a row: about as far off as they are from each other, and read alike."""
    apart = now.at - earlier.at
    alike = earlier.source == now.source and earlier.memory_unreclaimable is not None and earlier.pids is not None
    return alike and EVERY_S / 2 <= apart <= EARLIEST_S and same_run(earlier, now)


def growth(points: Sequence[tuple[float, float]]) -> float | None:
    """The slope of the least-squares line through (time, value); 0 for what does not grow steadily, None for too few
    points."""
    if len(points) < LEAST_POINTS:
        return None
    values = [value for _, value in points]
    steps = [after - before for before, after in pairwise(values)]
    if min(steps) < 0 or sum(step > 0 for step in steps) < len(steps) - 1:
        return 0.0
    middle_t, middle_v = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread_t: float = sum((t - middle_t) ** 2 for t, _ in points)
    spread_v = sum((v - middle_v) ** 2 for v in values)
    together: float = sum((t - middle_t) * (v - middle_v) for t, v in points)
    if not spread_t or not spread_v or together**2 / (spread_t * spread_v) < FITS:
        return 0.0
    return together / spread_t
