"""Processes: their limit, and somebody who buries them."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization, up
from ergon_ops.proposals import Expect

NEAR, TWICE = 0.9, 2
USUAL, ROOM, STEP = 100, 4, 50
VERIFY_S = 10.0


@optimization(
    "PIDS-MAX",
    kinds=("set_pids_limit",),
    purpose="performance",
    source="ours, after docker-bench 5.29: use at a limit is censored, so it is doubled",
    formula="limit x 2",
    needs=("state", "limits", "pids", "window"),
    cures=("pids_limit",),
    window=True,
)
def raise_pids_limit(site: Site) -> Iterator[Wish]:
    """Double a process limit that has been nine tenths used at both ends of the window."""
    limit, low, pids = site.fact("pids_limit"), site.rate("pids_low"), site.fact("pids")
    if limit is None or (not site.running and site.finding is None):
        return
    bound, least = int(limit.value or 0), float(low.value or 0) if low is not None else 0.0
    if site.finding is None and (least < NEAR * bound or not site.twice(low)):
        return
    target = bound * TWICE
    yield site.intent(
        "set_pids_limit",
        {"pids": target},
        rule="PIDS-MAX",
        why=(low, pids, limit),
        formula=f"{bound} x {TWICE} = {target}",
        note="If something leaks processes, it will reach any limit: see which programs they are.",
        expect=Expect("pids", "", "<", target, VERIFY_S),
        guards=(Expect("pids", "", "<=", 0.95 * target, VERIFY_S),),
    )


@optimization(
    "PIDS-NONE",
    kinds=("set_pids_limit",),
    purpose="hygiene",
    source="docker-bench 5.29",
    formula="max(100, 4 x processes and threads), in steps of 50",
    needs=("state", "limits", "pids", "window"),
    cures=("no_pids_limit", "process_leak"),
)
def first_pids_limit(site: Site) -> Iterator[Wish]:
    """Give a container without a process limit one, far above what it has."""
    pids, high = site.fact("pids"), site.rate("pids_high")
    if pids is None or not site.running or not site.scene.known(site.ref, "pids_limit") or site.fact("pids_limit"):
        return
    most = max(float(pids.value or 0), float(high.value or 0) if high is not None else 0.0)
    target = max(USUAL, up(ROOM * most, STEP))
    yield site.intent(
        "set_pids_limit",
        {"pids": target},
        rule="PIDS-NONE",
        why=(site.scene.get(site.ref, "pids_limit"), pids, high),
        formula=f"max({USUAL}, {ROOM} x {most:.0f} in steps of {STEP}) = {target}; now none",
        note="It keeps a leak from taking the host's processes; it does not stop one." if site.finding else "",
    )


@optimization(
    "INIT",
    kinds=("recreate",),
    purpose="hygiene",
    source="docs.docker.com, docker run --init: a PID 1 that reaps and passes signals on",
    formula="init = true",
    needs=("state", "config", "processes"),
    cures=("zombies_no_init", "stop_timeout_sigkill"),
    only_cures=True,
)
def add_init(site: Site) -> Iterator[Wish]:
    """Run the program under an init process, which reaps what it leaves behind and passes signals on."""
    init = site.scene.get(site.ref, "init")
    if init is not None and init.value is True:
        yield site.withheld("recreate", "it has an init process already", rule="INIT", why=(init,))
        return
    yield site.intent(
        "recreate",
        {"patch": {"init": True}},
        rule="INIT",
        why=(init,),
        formula="init = true; now false",
        risk="medium",
    )
