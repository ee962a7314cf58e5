"""Rates: the difference of two samples of lifetime counters over the time between them."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.engine.protocols import Counters
from ergon_ops.facts import Reading, reading
from ergon_ops.history.samples import same_run
from ergon_ops.refs import Ref

SHORTEST_WINDOW_S = 0.05
FLOWS = {
    "block_read_rate": "block_read",
    "block_write_rate": "block_write",
    "network_rx_rate": "network_rx",
    "network_tx_rate": "network_tx",
}


def rates(
    ref: Ref, earlier: Counters, later: Counters, *, cpu_limit: float | None, host_cpus: int | None
) -> tuple[Reading, ...]:
    """`cpu_usage cpu_ratio cpu_periods cpu_throttled_ratio` and the `*_rate` ones, with the window they are true for.

    Nothing if the container was restarted in between or the window is under 0.05 s. `cpu_ratio` is the share of what
    it may use: `cpu_limit` cores, or all of the host. Without a quota there are no scheduler periods and no throttling
    readings; with a quota but no period in the window (it slept) `cpu_periods` is 0 and there is no throttled ratio,
    for 0 of 0 is not "never throttled".
    """
    window = later.at - earlier.at
    if earlier.container_id != later.container_id or window < SHORTEST_WINDOW_S or not same_run(earlier, later):
        return ()
    values = (
        *_cpu(earlier, later, window, _usable(cpu_limit, host_cpus)),
        *_throttling(earlier, later, limited=cpu_limit is not None),
        *_flows(earlier, later, window),
        *_kills(earlier, later),
    )
    return tuple(
        reading(ref, name, value, at=later.at, source=f"rate:{later.source}#{counter}", window_s=round(window, 3))
        for name, value, counter in values
    )


Value = tuple[str, float | int, str]


def _usable(limit: float | None, host_cpus: int | None) -> float | None:
    known = [float(item) for item in (limit, host_cpus) if item]
    return min(known) if known else None


def _cpu(earlier: Counters, later: Counters, window: float, usable: float | None) -> Iterator[Value]:
    if earlier.cpu_s is None or later.cpu_s is None:
        return
    used = (later.cpu_s - earlier.cpu_s) / window
    yield "cpu_usage", round(used, 4), "cpu_s"
    if usable:
        yield "cpu_ratio", round(used / usable, 4), "cpu_s"


def _throttling(earlier: Counters, later: Counters, *, limited: bool) -> Iterator[Value]:
    if earlier.periods is None or later.periods is None or not (limited or later.periods):
        return
    periods = later.periods - earlier.periods
    yield "cpu_periods", periods, "periods"
    if periods and earlier.throttled is not None and later.throttled is not None:
        yield "cpu_throttled_ratio", round((later.throttled - earlier.throttled) / periods, 4), "throttled/periods"


def _kills(earlier: Counters, later: Counters) -> Iterator[Value]:
    before, after = earlier.memory_oom_kills, later.memory_oom_kills
    if before is not None and after is not None and after >= before:
        yield "memory_oom_kills_seen", after - before, "memory_oom_kills"
    before, after = earlier.pids_limit_hits, later.pids_limit_hits
    if before is not None and after is not None and after >= before:
        yield "pids_limit_hits_seen", after - before, "pids_limit_hits"


def _flows(earlier: Counters, later: Counters, window: float) -> Iterator[Value]:
    for name, counter in FLOWS.items():
        before, after = getattr(earlier, counter), getattr(later, counter)
        # A disconnected network or an unplugged disk takes its bytes with it.
        if before is not None and after is not None and after >= before:
            yield name, round((after - before) / window, 1), counter
