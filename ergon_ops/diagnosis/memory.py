"""Memory on its way to the limit. Page cache does not count: the kernel drops it before anybody is killed."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.amounts import size
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

NEAR, HALFWAY, LITTLE = 0.92, 0.5, 0.25
SOON_S, VERY_SOON_S = 600.0, 180.0
LEAST_SLOPE = 64 * 1024


@rule(
    "memory_leak_near_limit",
    severity="warning",
    needs=("state", "limits", "memory", "trend"),
    window_s=1.4,
    details=("limit_bytes", "used_bytes", "ratio"),
    tier="T2",
    fixes=("set_memory_limit",),
)
def memory_leak_near_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Memory that cannot be given back grows steadily towards the limit, or has all but reached it.

    At least five looks within a second and a half along a straight line, and less than ten minutes left. Anonymous and
    shared memory only: a container that is full of page cache is well.
    """
    used, limit, slope = (scene.get(ref, name) for name in ("memory_unreclaimable", "memory_limit", "memory_slope"))
    if used is None or limit is None or not isinstance(used.value, int) or not isinstance(limit.value, int):
        return
    if not scene.running(ref) or limit.value <= 0:
        return
    ratio, left = used.value / limit.value, max(0, limit.value - used.value)
    grows = slope.value if slope is not None and isinstance(slope.value, (int, float)) else 0.0
    rest = left / grows if grows >= LEAST_SLOPE else None
    leaking = rest is not None and ((ratio >= HALFWAY and rest <= SOON_S) or (ratio >= LITTLE and rest <= VERY_SOON_S))
    if not leaking and ratio < NEAR:
        return
    full = f"{size(used.value)} of {size(limit.value)} ({ratio:.0%}) cannot be given back"
    growth = f", growing by {size(grows)} a second" if leaking else ""
    end = f": the limit is reached in about {_span(rest)}" if leaking and rest is not None else ""
    failures = scene.get(ref, "memory_failures")
    found: tuple[Fact | None, ...] = (slope if leaking else None, used, limit, failures)
    yield Conclusion(
        summary=f"Memory is close to the limit: {full}{growth}{end}.",
        evidence=tuple(fact for fact in found if fact is not None),
        details={
            "limit_bytes": limit.value,
            "used_bytes": used.value,
            "ratio": round(ratio, 3),
            **({"value": round(rest, 1)} if leaking and rest is not None else {}),  # seconds until it is reached
        },
    )


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
