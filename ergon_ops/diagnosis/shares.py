"""A small CPU weight beside neighbours that take all there is."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.refs import Ref, host_ref

USUAL, SMALL = 1024, 256
WAITING = 0.4  # share of the time in which somebody on the host waits for a CPU
STARVED = 0.3  # of a core for each thread that wants one


@rule(
    "cpu_shares_starved",
    severity="warning",
    needs=("state", "limits", "cpu", "threads", "host"),
    window_s=2.0,
    details=("value",),
    tier="T2",
    over=("cpu_throttled",),
    fixes=("set_cpu_shares",),
)
def cpu_shares_starved(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its CPU weight is far below the usual one, the host's CPUs are taken, and its threads want to run and may not.

    A weight does nothing while there are CPUs to spare: so all three are needed. Pressure: the kernel's ten-second
    average (PSI), Documentation/accounting/psi.rst.
    """
    shares, usage, wants = (scene.get(ref, name) for name in ("cpu_shares", "cpu_usage", "threads_runnable"))
    pressure = scene.get(host_ref(ref.host), "host_pressure", "cpu some")
    if shares is None or usage is None or pressure is None or not scene.running(ref):
        return
    numbers = [fact.value for fact in (shares, usage, pressure)]
    if (
        any(not isinstance(value, (int, float)) for value in numbers)
        or (scene.number(ref, "threads_runnable") or 0) < 1
    ):
        return
    weight, used, waiting = (float(value) for value in numbers if isinstance(value, (int, float)))
    bound = scene.number(ref, "cpu_limit")
    if weight > SMALL or waiting < WAITING or used > STARVED * min(1.0, bound or 1.0):
        return
    yield Conclusion(
        summary=f"Its CPU weight of {weight:.0f} (usual: {USUAL}) leaves it {used:.2f} cores while others take the"
        f" host's CPUs: somebody waits for one in {waiting:.0%} of the time.",
        evidence=tuple(fact for fact in (shares, usage, pressure, wants) if fact is not None),
        details={"value": int(weight), "expected": USUAL},
    )
