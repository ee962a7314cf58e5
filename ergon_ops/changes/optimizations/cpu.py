"""CPU: a limit that throttles, and shares that starve."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization, seconds
from ergon_ops.proposals import Expect

RATIO, PERIODS = 0.25, 3
VERIFY_S = 15.0
NANO = 1_000_000_000
USUAL_SHARES = 1024


@optimization(
    "THROTTLE",
    kinds=("set_cpu_limit",),
    purpose="performance",
    source="kubernetes-mixin CPUThrottlingHigh; the target is ours: use under a quota is censored",
    formula="min(CPUs online, peak of runnable threads)",
    needs=("state", "limits", "cpu", "window", "host"),
    cures=("cpu_throttled", "cpu_throttled_bursty"),
    window=True,
)
def raise_cpu_limit(site: Site) -> Iterator[Wish]:
    """Raise the CPU limit of a container that is throttled in more than a quarter of its scheduler periods.

    Use under a quota is the quota, so that no percentile of it says what is wanted; the threads that want to run at one
    moment do.
    """
    ratio, limit, peak = site.rate("cpu_throttled_ratio"), site.fact("cpu_limit"), site.rate("threads_runnable_peak")
    share, periods = (float(ratio.value) if ratio is not None and ratio.value else 0.0), site.number("cpu_periods")
    if not site.running or (site.finding is None and (share <= RATIO or (periods or PERIODS) < PERIODS)):
        return
    if not site.twice(ratio) or limit is None:
        return
    now, cpus = float(limit.value or 0), site.cpus
    if peak is None or not cpus:
        yield site.withheld(
            "set_cpu_limit",
            "how many threads want to run cannot be seen from here",
            rule="THROTTLE",
            why=(ratio, limit),
        )
        return
    wanted = max(1, int(peak.value or 0))
    target = min(cpus, wanted)
    threads = f"{wanted} runnable thread{'s' if wanted != 1 else ''}"
    shown = f"min({cpus:g} CPUs online, {threads} at once over {seconds(peak)}) = {target:g}"
    if target <= now * 1.05:
        yield site.withheld(
            "set_cpu_limit",
            f"it may use {now:g} CPUs already and {shown}: a higher limit would not help",
            rule="THROTTLE",
            next="fewer threads or workers, or a bigger host",
            why=(ratio, limit, peak),
        )
        return
    yield site.intent(
        "set_cpu_limit",
        {"nano_cpus": round(target * NANO)},
        rule="THROTTLE",
        why=(ratio, limit, peak, site.scene.get(site.host, "host_cpus")),
        formula=f"{shown} CPU{'s' if target != 1 else ''}; now {now:g}",
        note=f"Throttled in {share:.0%} of scheduler periods over {seconds(ratio)}.",
        expect=Expect("cpu_throttled_ratio", "", "<", RATIO, VERIFY_S),
        guards=_steady(site),
        risk="low" if target < cpus or cpus > 1 else "medium",
    )


def _steady(site: Site) -> tuple[Expect, ...]:
    count = site.number("restart_count")
    return () if count is None else (Expect("restart_count", "", "<=", 0, VERIFY_S),)


@optimization(
    "CPU-REQ",
    kinds=("set_cpu_shares",),
    purpose="performance",
    source="KRR simple strategy: a request and no limit",
    formula="the engine's usual weight, 1024",
    needs=("state", "limits", "cpu"),
    cures=("cpu_shares_starved",),
    only_cures=True,
)
def usual_shares(site: Site) -> Iterator[Wish]:
    """Give a container that starves beside busy ones the usual CPU weight."""
    shares, usage = site.fact("cpu_shares"), site.rate("cpu_usage")
    now = float(shares.value) if shares is not None and shares.value else None
    if now is None or now >= USUAL_SHARES:
        return
    used = float(usage.value) if usage is not None and usage.value else 0.0
    yield site.intent(
        "set_cpu_shares",
        {"shares": USUAL_SHARES},
        rule="CPU-REQ",
        why=(shares, usage),
        formula=f"{USUAL_SHARES}, the weight of a container of which nothing is said; now {now:g}",
        expect=Expect("cpu_usage", "", ">", round(max(used * 1.5, 0.02), 3), VERIFY_S),
    )
