"""Coming back: restart policies, and starting what is down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization
from ergon_ops.diagnosis.verdict import EXPECTED
from ergon_ops.findings import Finding
from ergon_ops.proposals import Expect

BENCH = "docker-bench 5.15: on-failure:5, so that a service that cannot start does not try for ever"
OURS = "ours: what must be there after a reboot of the host, or after more than five crashes, needs unless-stopped"
ONE_OFF = ("job",)
RETRIES = 5


@optimization(
    "RESTART",
    kinds=("set_restart_policy",),
    purpose="hygiene",
    source=BENCH,
    formula="no -> unless-stopped; always in a crash loop -> on-failure:5",
    needs=("state", "limits", "config", "services"),
    cures=("restart_policy_absent", "no_restart_policy", "crash_loop"),
)
def restart_policy(site: Site) -> Iterator[Wish]:
    """Let a service come back by itself, and let one in a crash loop give up.

    Two rules contradict each other here, and both are shown: docker-bench wants on-failure:5 everywhere.
    """
    policy = site.fact("restart_policy")
    if policy is None or site.role_kind in ONE_OFF or site.text("label", EXPECTED):
        return
    word = str(policy.value)
    loop = site.finding is not None and site.finding.cause == "crash_loop"
    if loop and word in ("always", "unless-stopped"):
        yield site.intent(
            "set_restart_policy",
            {"name": "on-failure", "max_retries": RETRIES},
            rule="RESTART",
            why=(policy, site.fact("restart_count")),
            formula=f"{word} -> on-failure:{RETRIES}",
            note="It ends the loop, not its cause.",
            sources=(BENCH, OURS),
        )
    elif not loop and word in ("no", "") and (site.finding is not None or _serves(site)):
        yield site.intent(
            "set_restart_policy",
            {"name": "unless-stopped", "max_retries": 0},
            rule="RESTART",
            why=(policy, *site.all("serving")[:1]),
            formula="no -> unless-stopped",
            note="docker-bench would have it on-failure:5, which gives up after five crashes and does not come back"
            " with the host.",
            sources=(OURS, BENCH),
        )


def _serves(site: Site) -> bool:
    """Something is there for others: a job that ends is not to be started again."""
    return site.running and any(row.value == "listening" for row in site.all("serving"))


@optimization(
    "START",
    kinds=("start",),
    purpose="performance",
    source="ours: what was stopped from outside has nothing to mend",
    formula="state = running",
    needs=("state", "limits"),
    cures=("dependency_stopped", "killed_externally", "restart_policy_absent", "oom_killed", "namespace_peer_stopped"),
    only_cures=True,
)
def start(site: Site) -> Iterator[Wish]:
    """Start a container that is down and that nothing keeps from running."""
    state, finding = site.fact("state"), site.finding
    if finding is not None and finding.cause == "namespace_peer_stopped":
        yield from _start_peer(site, finding)
        return
    if state is None or state.value not in ("exited", "created", "dead") or finding is None:
        return
    yield site.intent(
        "start",
        {},
        rule="START",
        why=(state, site.fact("exit_code")),
        formula=f"{state.value} -> running",
        note="It starts with what it had: what ended it may end it again." if finding.about == site.ref else "",
        expect=Expect("uptime", "", ">", 3.0, 30.0),
    )


def _start_peer(site: Site, finding: Finding) -> Iterator[Wish]:
    """The one whose network or processes it shares has to run first."""
    name = str(finding.details.get("peer") or "")
    peer = next((ref for ref in site.scene.peers if name in (ref.short, ref.name)), None)
    state = site.scene.get(peer, "state") if peer is not None else None
    if peer is None or (state is not None and state.value == "running"):
        return
    found = site.intent("start", {}, rule="START", why=(state,), formula=f"{peer.short}: running")
    yield replace(found, target=peer, expect=Expect("uptime", "", ">", 3.0, 30.0))


@optimization(
    "UNPAUSE",
    kinds=("unpause",),
    purpose="performance",
    source="ours: a paused container does nothing until it is let go on",
    formula="paused -> running",
    needs=("state",),
    cures=("paused", "dependency_paused"),
    only_cures=True,
)
def unpause(site: Site) -> Iterator[Wish]:
    """Let a container go on that is paused though nothing says it should be."""
    state = site.fact("state")
    if state is not None and state.value == "paused":
        expect = Expect("uptime", "", ">", 0.0, 5.0)
        yield site.intent("unpause", {}, rule="UNPAUSE", why=(state,), formula="paused -> running", expect=expect)


@optimization(
    "REMOUNT",
    kinds=("restart",),
    purpose="performance",
    source="ours: a mounted file is looked up when the container starts; one that was replaced is seen from then on",
    formula="the mount, looked up anew",
    needs=("state", "limits", "mounts"),
    cures=("mount_stale",),
    only_cures=True,
)
def remount(site: Site) -> Iterator[Wish]:
    """Restart a container that still sees a mounted file as it was before it was replaced on the host."""
    place = str((site.finding.details if site.finding else {}).get("mount") or "")
    grace = site.number("stop_timeout")
    if not site.running:
        return
    yield site.intent(
        "restart",
        {"timeout_s": int(grace if grace is not None else 10)},
        rule="REMOUNT",
        why=(site.fact("mount", place), site.fact("started_at")),
        formula=f"{place}: the file that is on the host now",
        note="A folder mounted instead of the file would show each later change at once.",
        expect=Expect("uptime", "", ">", 3.0, 30.0),
        risk="medium",
    )


@optimization(
    "SERVICE-DOWN",
    kinds=("restart",),
    purpose="performance",
    source="ours: what died inside a container whose first process lives is started again only with it",
    formula="down -> listening",
    needs=("state", "services", "limits"),
    cures=("service_down", "process_missing"),
    only_cures=True,
)
def restart_service(site: Site) -> Iterator[Wish]:
    """Restart a container in which a service is gone while the container lives on."""
    down = [row for row in site.all("serving") if row.value == "down"]
    if not down or not site.running:
        return
    grace = site.number("stop_timeout")
    yield site.intent(
        "restart",
        {"timeout_s": int(grace if grace is not None else 10)},
        rule="SERVICE-DOWN",
        why=(*down, site.fact("started_at")),
        formula=f"{', '.join(row.key for row in down)}: down -> listening",
        note="Everything else in the container restarts with it.",
        expect=Expect("uptime", "", ">", 3.0, 30.0),
        risk="medium",
    )
