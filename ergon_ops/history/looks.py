"""What many looks within some seconds show and two do not: how many threads wanted to run at once, highs and lows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Reading, reading
from ergon_ops.history.samples import same_run
from ergon_ops.refs import Ref

LOOK_EVERY_S = 0.25
Look = Sequence[Reading]


def watched(ref: Ref, looks: Sequence[Look], first: Counters | None, last: Counters | None) -> tuple[Reading, ...]:
    """The readings of the group `window`, over the time between the first and the last look. A single look has no
    window: what it saw is all that is said."""
    return (*_of_looks(ref, looks), *_of_counters(ref, first, last))


def _of_looks(ref: Ref, looks: Sequence[Look]) -> Iterator[Reading]:
    for name, of, best in (("threads_runnable_peak", "threads_runnable", max), ("pids_low", "pids", min),
                           ("pids_high", "pids", max)):  # fmt: skip
        seen = [item for look in looks for item in look if item.name == of and isinstance(item.value, int)]
        if seen:
            window = round(seen[-1].at - seen[0].at, 3) or None
            value = best(int(item.value or 0) for item in seen)
            source = f"looks:{len(seen)} x {seen[-1].source}"
            yield reading(ref, name, value, at=seen[-1].at, source=source, window_s=window)


def _of_counters(ref: Ref, first: Counters | None, last: Counters | None) -> Iterator[Reading]:
    if first is None or last is None or not same_run(first, last):
        return
    window = round(last.at - first.at, 3) or None
    used = [item.memory_working_set for item in (first, last) if item.memory_working_set is not None]
    for name, value in (("memory_low", min(used, default=None)), ("memory_high", max(used, default=None))):
        if value is not None:
            yield reading(ref, name, value, at=last.at, source=f"{last.source}#memory_working_set", window_s=window)
