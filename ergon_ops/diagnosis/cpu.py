"""CPU: throttling."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

PERIODS = 3  # of 100 ms each: fewer prove nothing
THROTTLED = 2  # and one throttled period among three is no rate
RATIO = 0.25
BURST = 0.7  # average use below this share of the limit: the limit is hit in bursts


@rule(
    "cpu_throttled",
    severity="warning",
    needs=("cpu", "limits"),
    window_s=2.0,
    details=("ratio", "cpus"),
    tier="T2",
    fixes=("set_cpu_limit",),
)
def cpu_throttled(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """More than a quarter of the scheduler periods in the window were throttled.

    Judged by throttled over all periods, never by CPU %: use under a quota is censored, it cannot exceed the quota
    and may stay far below it. Threshold: kubernetes-mixin `CPUThrottlingHigh` (which wants it for 15 minutes: a short
    window shows what happens now, hence the window is named). No `fix` yet: the right limit is not known from this.
    """
    ratio = scene.get(ref, "cpu_throttled_ratio")
    periods = scene.number(ref, "cpu_periods")
    if ratio is None or not isinstance(ratio.value, (int, float)) or not ratio.reading.window_s:
        return
    # A container that sleeps has no periods at all; one that is read by ratio alone is judged by the ratio.
    if ratio.value <= RATIO:
        return
    if periods is not None and (periods < PERIODS or ratio.value * periods < THROTTLED - 0.5):
        return
    limit = scene.get(ref, "cpu_limit")
    cpus = scene.number(ref, "cpu_limit")
    usage = scene.number(ref, "cpu_usage")
    used = [scene.get(ref, name) for name in ("cpu_periods", "cpu_usage", "cpu_throttled_lifetime")]
    second = [fact for fact in (limit if cpus else None, *used) if fact is not None and fact.value is not None]
    yield Conclusion(
        summary=f"CPU throttled in {ratio.value:.0%} of scheduler periods over the last {_seconds(ratio)}: "
        + _reason(cpus, usage),
        evidence=(ratio, *second),
        details={"ratio": round(float(ratio.value), 3), "cpus": cpus},
        missing=() if cpus else ("cpu_limit",),
    )


def _reason(cpus: float | None, usage: float | None) -> str:
    if cpus is None:
        return "a CPU limit above the container is too small."
    if usage is not None and usage < BURST * cpus:
        return f"bursts run into the limit of {_cpus(cpus)} though average use is {usage:.2g}."
    return f"the limit of {_cpus(cpus)} is too small."


def _cpus(number: float) -> str:
    return "1 CPU" if number == 1 else f"{number:g} CPUs"


def _seconds(fact: Fact) -> str:
    length = fact.reading.window_s or 0.0
    return f"{length:.0f} s" if length >= 2 else f"{length:.1f} s"
