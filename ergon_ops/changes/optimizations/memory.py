"""Memory: a limit that kills, one that is far too high, none at all, and swap without a bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ergon_ops.changes.optimizations.rule import Site, Wish, mib, optimization, up
from ergon_ops.facts import Fact
from ergon_ops.proposals import Expect

MARGIN, OOM_BUMP, FLOOR = 1.15, 1.25, 100 * 10**6  # KRR: 15 % over the peak, 25 % over an OOM, at least 100 MB
MOST_BUMPS = 4
WORTH = 100 * 10**6  # KRR's least urgency
HISTORY_S, POINTS = 3 * 3600.0, 100
VERIFY_S = 60.0
OF_HOST = 0.9
NO_KILLS = Expect("memory_oom_kills", "", "<=", 0, VERIFY_S)  # of counters, what they grow by counts
KILLED = ("oom_killed", "child_oom", "oom_restart_loop")
SOURCE = "KRR strategies/simple.py"


@optimization(
    "MEM-SIZE",
    kinds=("set_memory_limit",),
    purpose="performance",
    source=SOURCE,
    formula="max(peak x 1.15, 100 MB)",
    needs=("state", "limits", "memory", "window", "history", "host"),
    cures=("memory_leak_near_limit",),
    window=True,
)
def raise_near(site: Site) -> Iterator[Wish]:
    """Raise a memory limit that the working set has come within 13 % of, at both ends of the window."""
    limit, used = site.fact("memory_limit"), site.fact("memory_working_set")
    low = site.rate("memory_low")
    if limit is None or used is None or not site.running:
        return
    bound, peak = float(limit.value or 0), _peak(site)
    near = low is not None and float(low.value or 0) * MARGIN > bound
    if site.finding is None and not (near and site.twice(low)):
        return
    need = max(peak * MARGIN, FLOOR if bound < FLOOR else 0.0)
    if site.finding is not None:  # it grows: what is enough today is not tomorrow
        need = max(need, bound * OOM_BUMP)
    shown = f"max({mib(peak)} peak x {MARGIN}, {mib(need)})" if need > peak * MARGIN else f"{mib(peak)} peak x {MARGIN}"
    if need <= bound:
        return
    growing = "It buys time only: if it leaks, it will reach any limit." if site.finding is not None else ""
    yield from _raised(site, "MEM-SIZE", need, f"{shown} = {mib(up(need))}", growing, (used, limit, low))


@optimization(
    "OOM-HIST",
    kinds=("set_memory_limit",),
    purpose="performance",
    source=f"{SOURCE}, OOM data; one bump of 25 % a kill within the hour is ours: use under a limit is censored",
    formula="max(peak x 1.15, OOM peak x 1.25 ^ kills, 100 MB)",
    needs=("state", "limits", "memory", "events", "history", "host"),
    cures=KILLED,
)
def raise_after_oom(site: Site) -> Iterator[Wish]:
    """Raise the memory limit of a container in which the kernel killed something for want of memory within the hour."""
    limit = site.fact("memory_limit")
    kills = [item.fact for item in site.scene.events(site.ref, "oom")]
    if limit is None or (site.finding is None and not kills):
        return
    bound, peak = float(limit.value or 0), _peak(site)
    count = min(max(1, len(kills)), MOST_BUMPS)
    need = max(peak * MARGIN, bound * OOM_BUMP**count, float(FLOOR))
    power = f" ^ {count} kills" if count > 1 else ""
    shown = f"max({mib(peak)} peak x {MARGIN}, {mib(bound)} at the kill x {OOM_BUMP}{power}, {mib(FLOOR)})"
    note = "What was killed had more to come: if it is killed again, the change is taken back and more is needed."
    why = (*kills[-1:], limit, site.fact("oom_killed"), site.fact("memory_oom_kills"))
    yield from _raised(site, "OOM-HIST", need, f"{shown} = {mib(up(need))}", note, why)


def _raised(
    site: Site, rule: str, need: float, formula: str, note: str, why: tuple[Fact | None, ...]
) -> Iterator[Wish]:
    bound, target = site.number("memory_limit") or 0.0, up(need)
    free = site.scene.number(site.host, "host_memory_available")
    if free is not None and target - bound > free * OF_HOST:
        yield site.withheld(
            "set_memory_limit",
            f"{formula} is {mib(target - bound)} more, and the host has {mib(free)} left",
            rule=rule,
            next="more memory for the host, or less for others",
            why=why,
        )
        return
    kills = site.number("memory_oom_kills")
    if site.running:
        expect = Expect("memory_ratio", "", "<", 0.95, VERIFY_S)
    else:
        expect = Expect("memory_limit", "", ">=", target, 5.0)
    guards = () if kills is None or not site.running else (NO_KILLS,)
    yield site.intent(
        "set_memory_limit",
        memory_arguments(site, target),
        rule=rule,
        why=(*why, site.fact("memory_peak"), site.scene.get(site.host, "host_memory_available")),
        formula=f"{formula}; now {mib(bound)}",
        note=note,
        expect=expect,
        guards=guards,
    )


@optimization(
    "MEM-LEAST",
    kinds=("set_memory_limit",),
    purpose="performance",
    source=f"{SOURCE}: a floor of 100 MB",
    formula="100 MB",
    needs=("state", "limits"),
    cures=("memory_limit_too_low",),
    only_cures=True,
)
def least(site: Site) -> Iterator[Wish]:
    """Raise a memory limit that is too low for the container to be started at all."""
    target = up(FLOOR)
    yield site.intent(
        "set_memory_limit",
        {"memory_bytes": target},
        rule="MEM-LEAST",
        why=(site.fact("memory_limit"), site.fact("start_error")),
        formula=f"at least {mib(FLOOR)}: {mib(target)}; now {mib(site.number('memory_limit') or 0.0)}",
        expect=Expect("memory_limit", "", ">=", target, 5.0),
    )


@optimization(
    "MEM-DOWN",
    kinds=("set_memory_limit",),
    purpose="performance",
    source=f"{SOURCE}; {HISTORY_S / 3600:.0f} h of history and never below the working set x {MARGIN} are ours",
    formula="max(peak x 1.15, working set x 1.15, 100 MB)",
    needs=("state", "limits", "memory", "window", "history", "events"),
)
def lower(site: Site) -> Iterator[Wish]:
    """Lower a memory limit that is at least 100 MB above what at least three hours of history ask for."""
    limit, used = site.fact("memory_limit"), site.fact("memory_working_set")
    if limit is None or used is None or not site.running:
        return
    bound, now = float(limit.value or 0), float(used.value or 0)
    target = up(max(_peak(site) * MARGIN, now * MARGIN, FLOOR))
    if bound - target < WORTH or site.finding is not None:
        return
    if site.scene.events(site.ref, "oom") or site.number("memory_oom_kills"):
        return
    if (short := too_short(site)) is not None:
        yield site.withheld(
            "set_memory_limit", f"a lower memory limit needs {short}", rule="MEM-DOWN", why=_record(site)
        )
        return
    peak = site.number("memory_peak") or now
    yield site.intent(
        "set_memory_limit",
        memory_arguments(site, target),
        rule="MEM-DOWN",
        why=(used, limit, *_record(site)),
        formula=f"max({mib(peak)} peak x {MARGIN}, {mib(now)} working set x {MARGIN}, {mib(FLOOR)}) = {mib(target)};"
        f" now {mib(bound)}, {_history(site)} of history",
        expect=Expect("memory_ratio", "", "<", 0.9, VERIFY_S),
        guards=(NO_KILLS,),
        risk="medium",
    )


@optimization(
    "MEM-NONE",
    kinds=("set_memory_limit",),
    purpose="hygiene",
    source=f"docker-bench 5.11; size by {SOURCE}",
    formula="max(peak x 1.15, working set x 1.15, 100 MB)",
    needs=("state", "limits", "memory", "window", "history"),
    cures=("no_memory_limit",),
)
def bound_it(site: Site) -> Iterator[Wish]:
    """Give a container without a memory limit one, if three hours of history say how much it needs."""
    used = site.fact("memory_working_set")
    if used is None or not site.running or not site.scene.known(site.ref, "memory_limit"):
        return
    if site.fact("memory_limit") is not None:
        return
    if (short := too_short(site)) is not None:
        yield site.withheld(
            "set_memory_limit", f"a first memory limit needs {short}", rule="MEM-NONE", why=_record(site)
        )
        return
    now, peak = float(used.value or 0), _peak(site)
    target = up(max(peak * MARGIN, now * MARGIN, FLOOR))
    yield site.intent(
        "set_memory_limit",
        {"memory_bytes": target, "memory_swap_bytes": target},
        rule="MEM-NONE",
        why=(site.scene.get(site.ref, "memory_limit"), used, *_record(site)),
        formula=f"max({mib(peak)} peak x {MARGIN}, {mib(now)} working set x {MARGIN}, {mib(FLOOR)}) = {mib(target)};"
        f" now none, {_history(site)} of history",
        guards=(NO_KILLS,),
        risk="medium",
    )


@optimization(
    "SWAP",
    kinds=("set_memory_limit",),
    purpose="performance",
    source="docs.docker.com: memory-swap left out is twice the memory",
    formula="memory + swap = memory limit x 2",
    needs=("state", "limits", "memory"),
    cures=("swap_unbounded",),
    only_cures=True,
)
def bound_swap(site: Site) -> Iterator[Wish]:
    """Bound the swap of a container whose memory is bounded and whose swap is not."""
    limit, swap = site.fact("memory_limit"), site.fact("memory_swap_limit")
    if limit is None:
        return
    bound = int(limit.value or 0)
    yield site.intent(
        "set_memory_limit",
        {"memory_bytes": bound, "memory_swap_bytes": 2 * bound},
        rule="SWAP",
        why=(limit, swap, site.fact("memory_swap")),
        formula=f"{mib(bound)} x 2 = {mib(2 * bound)} memory and swap; swap has no bound now",
        expect=Expect("memory_swap", "", "<=", bound, 10.0),
        risk="medium",
    )


def memory_arguments(site: Site, target: int) -> dict[str, Any]:
    """With as much swap beside it as before."""
    bound, swap = site.number("memory_limit"), site.number("memory_swap_limit")
    if swap is None or not bound:
        return {"memory_bytes": target}
    return {"memory_bytes": target, "memory_swap_bytes": -1 if swap < 0 else int(target + max(0.0, swap - bound))}


def _peak(site: Site) -> float:
    """The highest working set of now, of the window and of the history."""
    seen = (site.number(name) for name in ("memory_working_set", "memory_high", "memory_peak"))
    return max((value for value in seen if value is not None), default=0.0)


def _record(site: Site) -> tuple[Fact | None, ...]:
    return site.fact("memory_peak"), site.fact("history_span"), site.fact("history_points")


def too_short(site: Site) -> str | None:
    """What the history lacks, with what it has; None if it is enough."""
    span, points = site.number("history_span") or 0.0, site.number("history_points") or 0.0
    if span >= HISTORY_S and points >= POINTS:
        return None
    return f"{HISTORY_S / 3600:.0f} h of history with {POINTS} samples; there are {_history(site)} with {points:.0f}"


def _history(site: Site) -> str:
    span = site.number("history_span") or 0.0
    return f"{span / 3600:.1f} h" if span >= 3600 else f"{span / 60:.0f} min"
