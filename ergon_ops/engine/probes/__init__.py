"""Asking the services of one container how they are: all at once, half a second in all, read-only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from ergon_ops.engine.probes import haproxy, nginx, postgres, redis, workers
from ergon_ops.engine.probes.line import NoWay, Refused
from ergon_ops.engine.probes.subject import Row, Subject
from ergon_ops.engine.protocols import ProbeTarget
from ergon_ops.errors import ErgonError
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref

__all__ = ["DEADLINE_S", "PROBES", "probe"]

DEADLINE_S = 0.5
OURS = 0.3  # share of the deadline
LATE = "it did not answer in time"
Probe = Callable[[Subject, ProbeTarget], Awaitable[list[Row]]]
PROBES: dict[str, Probe] = {
    "redis": redis.probe,
    "valkey": redis.probe,
    "keydb": redis.probe,
    "postgres": postgres.probe,
    "nginx": nginx.probe,
    "haproxy": haproxy.probe,
    "python": workers.probe,
    "node": workers.probe,
    "ruby": workers.probe,
}


async def probe(
    ref: Ref, inside: Callable[[float], Subject], targets: Sequence[ProbeTarget], *, at: float
) -> tuple[Reading, ...]:
    """The readings of the first service of each program; `probe_refused` for one that could not be asked. `inside`
    makes the ways into the container, with the moment (monotonic seconds) at which they close.

    Half a second is for the service. Where this program itself spent much of it, computing or waiting for a processor,
    those that were late are asked once more.
    """
    chosen: dict[str, ProbeTarget] = {}
    for target in targets:
        if target.program in PROBES:
            one_of = target.key if PROBES[target.program] is workers.probe else target.program
            chosen.setdefault(one_of, target)
    busy = _busy_s()
    found = await _all(inside, tuple(chosen.values()))
    late = tuple(target for target, rows in found.items() if any(row.value == LATE for row in rows))
    if late and _busy_s() - busy > OURS * DEADLINE_S:
        found |= await _all(inside, late)
    return tuple(
        reading(ref, row.name, row.value, key=row.key, at=at, source=row.source)
        for rows in found.values()
        for row in rows
    )


async def _all(inside: Callable[[float], Subject], targets: Sequence[ProbeTarget]) -> dict[ProbeTarget, list[Row]]:
    subject = inside(time.monotonic() + DEADLINE_S)
    answers = await asyncio.gather(*(_asked(subject, target) for target in targets))
    return dict(zip(targets, answers, strict=True))


def _busy_s() -> float:
    """Seconds that this thread computed, or was ready to and had no processor."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            computed, waited = file.read().split()[:2]
        return (int(computed) + int(waited)) / 1e9
    except (OSError, ValueError):
        return time.thread_time()


async def _asked(subject: Subject, target: ProbeTarget) -> list[Row]:
    try:
        async with asyncio.timeout(max(0.0, subject.ends - time.monotonic())):
            return await PROBES[target.program](subject, target)
    except TimeoutError:
        reason = LATE
    except (Refused, NoWay) as refusal:
        reason = str(refusal) or "it cannot be reached from here"
    except ErgonError as error:
        reason = f"the engine refused: {error.message}"
    return [Row("probe_refused", target.program, reason, f"probe:{target.key}")]
