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
# What grows step by step shows it in a longer time only: so many steps up, none of them most of the way. One that
# gives memory back now and then goes up like that too, but not to where it has never been.
LONG_S, LEAST_STEPS, LARGEST_STEP = 5.0, 4, 0.4
LEAST_A_SECOND = 64 * 1024
MORE = 2  # processes
EARLIEST_S = 2.0  # an earlier look that is longer ago belongs to another moment
SOURCE = "looks:{0} x cgroup:{1}"


def readings(ref: Ref, seen: Sequence[Counters]) -> tuple[Reading, ...]:
    """`memory_slope` and `pids_slope`: 0 for what does not grow steadily and along a line."""
    if not seen:
        return ()
    found = []
    for name, field, file, looks in (
        ("memory_slope", "memory_unreclaimable", "memory.stat#rss+shmem", seen),
        ("pids_slope", "pids", "pids.current", seen),
    ):
        of_memory = name == "memory_slope"
        points = _points(looks, field) if of_memory else lasting(_points(looks, field))
        slope = growth(points)
        if of_memory and slope and len(looks) > POINTS and not _anew(looks):
            slope = 0.0
        if slope is not None:
            source, window = SOURCE.format(len(points), file), round(looks[-1].at - looks[0].at, 3)
            found.append(reading(ref, name, round(slope, 3), at=looks[-1].at, source=source, window_s=window))
    return tuple(found)


def undecided(seen: Sequence[Counters]) -> bool:
    """Its memory went up and never down, and not at each look: a longer time tells whether it goes on."""
    points = _points(seen, "memory_unreclaimable")
    if growth(points) != 0.0 or any(after < before for (_, before), (_, after) in pairwise(points)):
        return False
    return points[-1][1] - points[0][1] >= LEAST_A_SECOND * (points[-1][0] - points[0][0])


def multiplying(seen: Sequence[Counters]) -> bool:
    """There are more processes than before, though not more at each look: a longer time tells whether it goes on."""
    points = lasting(_points(seen, "pids"))
    return growth(points) == 0.0 and points[-2][1] - points[0][1] >= MORE


def lasting(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without those that were gone again at a later look: a healthcheck's, a command's that a shell waits for."""
    found, least = [], float("inf")
    for at, value in reversed(points):
        least = min(least, value)
        found.append((at, least))
    return found[::-1]


def _anew(seen: Sequence[Counters]) -> bool:
    """It has never had so much as it took within these looks."""
    first, last = seen[0], seen[-1]
    if None in (first.memory_most, last.memory_most, first.memory_unreclaimable, last.memory_unreclaimable):
        return False
    grown = (last.memory_unreclaimable or 0) - (first.memory_unreclaimable or 0)
    return (last.memory_most or 0) - (first.memory_most or 0) >= grown / 2


def _points(seen: Sequence[Counters], field: str) -> list[tuple[float, float]]:
    return [(item.at, float(value)) for item in seen if (value := getattr(item, field)) is not None]


def precedes(earlier: Counters, now: Counters) -> bool:
    """It can stand before `now` as one look of a row: about as far off as they are from each other, and read alike."""
    apart = now.at - earlier.at
    alike = earlier.source == now.source and earlier.memory_unreclaimable is not None and earlier.pids is not None
    return alike and EVERY_S / 2 <= apart <= EARLIEST_S and same_run(earlier, now)


def growth(points: Sequence[tuple[float, float]]) -> float | None:
    """The slope of the least-squares line through (time, value); 0 for what does not grow steadily, None for too few
    points. Steadily: at each look but one, or over a longer time step by step."""
    if len(points) < LEAST_POINTS:
        return None
    values = [value for _, value in points]
    steps = [after - before for before, after in pairwise(values)]
    up = [step for step in steps if step > 0]
    stairs = points[-1][0] - points[0][0] >= LONG_S and len(up) >= LEAST_STEPS and max(up) <= LARGEST_STEP * sum(up)
    if min(steps) < 0 or (len(up) < len(steps) - 1 and not stairs):
        return 0.0
    middle_t, middle_v = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread_t: float = sum((t - middle_t) ** 2 for t, _ in points)
    spread_v = sum((v - middle_v) ** 2 for v in values)
    together: float = sum((t - middle_t) * (v - middle_v) for t, v in points)
    if not spread_t or not spread_v or together**2 / (spread_t * spread_v) < FITS:
        return 0.0
    return together / spread_t
