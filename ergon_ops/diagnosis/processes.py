"""Processes: too many, more and more, dead and not waited for, held still; and the files they have open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.verdict import expected
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

LEAK_A_SECOND, LEAST_PROCESSES = 0.7, 8
MANY_ZOMBIES = 3
CUT_SHORT = re.compile(r"exceeded timeout \(", re.I)
NEARLY = 0.9


@rule(
    "pids_limit",
    severity="critical",
    needs=("state", "limits", "pids", "processes", "signals", "cpu", "events"),
    window_s=2.0,
    details=("value", "count"),
    tier="T2",
    over=("process_leak", "restart_policy_absent"),
    fixes=("set_pids_limit",),
)
def pids_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its process limit is reached, so that it cannot fork or start threads.

    As many tasks as the limit, or refused forks in the window (`pids.events max`), or EAGAIN in the log of one with a
    limit. The count since the start alone may be of a former hour.
    """
    limit, tasks = scene.get(ref, "pids_limit"), scene.get(ref, "pids")
    if limit is None or not isinstance(limit.value, int):
        return
    hits, now = scene.get(ref, "pids_limit_hits"), scene.get(ref, "pids_limit_hits_seen")
    said = scene.current(ref, "no_processes")
    full = tasks is not None and isinstance(tasks.value, int) and tasks.value >= limit.value
    refused = now is not None and bool(now.value)
    lately = bool(said) and (not scene.alive(ref) or bool(hits and hits.value))
    if not full and not refused and not lately:
        return
    most = Counter(str(fact.value) for fact in scene.all(ref, "process")).most_common(1)
    whose = f", most of them {most[0][0]}" if most and most[0][1] > 2 else ""
    found = (tasks if full else None, now if refused else None, *(line.fact for line in said[:1]), limit, hits)
    is_full = f"all {limit.value} processes and threads that it may have are there{whose}"
    yield Conclusion(
        summary=f"The process limit of {limit.value} is reached: "
        + (is_full if full else "it was refused more processes or threads")
        + ".",
        evidence=tuple(fact for fact in found if fact is not None and fact.value is not None),
        details={"value": limit.value, "count": tasks.value if tasks else None},
    )


@rule(
    "process_leak",
    severity="warning",
    needs=("state", "pids", "processes", "trend"),
    window_s=1.4,
    details=("count",),
    tier="T2",
    fixes=("set_pids_limit", "recreate"),
)
def process_leak(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its processes grow steadily: at each of several looks there are more, along a straight line.

    A crowd that stays as large as it is is none.
    """
    slope, tasks = scene.get(ref, "pids_slope"), scene.get(ref, "pids")
    if slope is None or tasks is None or not isinstance(slope.value, (int, float)) or not isinstance(tasks.value, int):
        return
    if slope.value < LEAK_A_SECOND or tasks.value < LEAST_PROCESSES or not scene.running(ref):
        return
    most = Counter(str(fact.value) for fact in scene.all(ref, "process")).most_common(1)
    whose = f", most of them {most[0][0]}" if most else ""
    shown = next((fact for fact in scene.all(ref, "process") if most and fact.value == most[0][0]), None)
    yield Conclusion(
        summary=f"Its processes become more and more: {slope.value:.1f} a second over {slope.reading.window_s:.1f} s,"
        f" now {tasks.value}{whose}.",
        evidence=tuple(fact for fact in (slope, tasks, shown) if fact is not None),
        details={"count": tasks.value, **({"value": most[0][0]} if most else {})},
    )


@rule(
    "zombies_no_init",
    severity="warning",
    needs=("state", "config", "processes", "pids"),
    details=("count",),
    tier="T2",
    over=("process_leak",),
    fixes=("recreate",),
)
def zombies_no_init(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Processes that ended stay in the table because nobody waits for them, and there is no init to do it.

    `docker top` does not show them: they are children in state Z. A few for a moment are usual.
    """
    zombies, init = scene.get(ref, "zombies"), scene.get(ref, "init")
    if zombies is None or not isinstance(zombies.value, int) or zombies.value < MANY_ZOMBIES:
        return
    killed = (scene.number(ref, "health_streak") or 0) + 2
    if CUT_SHORT.search(scene.text(ref, "health_output")) and zombies.value <= killed:
        return  # what checks that took too long, and were killed, left behind
    parents = scene.all(ref, "zombie_parent")
    names = sorted({str(fact.value) for fact in parents})
    whose = f" of {', '.join(names)}" if names else ""
    without = "" if init is not None and init.value is True else ", and it runs without an init process"
    tasks = scene.get(ref, "pids")
    yield Conclusion(
        summary=f"{zombies.value} zombies{whose}: ended processes that their parent does not wait for{without}.",
        evidence=tuple(fact for fact in (zombies, *parents[:1], init, tasks) if fact is not None),
        details={"count": zombies.value, **({"value": names[0]} if names else {})},
    )


@rule(
    "open_files_limit",
    severity="critical",
    needs=("state", "files", "processes", "signals", "security"),
    details=("value",),
    tier="T2",
    fixes=("recreate",),
)
def open_files_limit(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A process has as many files and sockets open as it may: `Too many open files`.

    By the process's own table and limit, or by the log of one whose ulimit is known.
    """
    said = scene.current(ref, "no_files")
    opened = next(iter(scene.all(ref, "open_files")), None)
    limit = scene.get(ref, "open_files_limit", opened.key) if opened is not None else None
    ulimit = scene.get(ref, "ulimit", "nofile")
    known = limit if limit is not None else ulimit
    count, most = _number(opened), _number(known)
    full = count is not None and most is not None and count >= most
    if not full and not said:
        return
    if not full and said and scene.well(ref) and (count is None or most is None or count < NEARLY * most):
        return  # said once in a while by one that is well again
    program = scene.text(ref, "process", opened.key) if opened is not None else ""
    who = f"{program} has" if program else "A process has"
    found = (opened if full else None, *(line.fact for line in said[:1]), known)
    told = f"{who} {count:.0f} files and sockets open" if full and count is not None else f"{who} too many files open"
    bound = f", and {most:.0f} is its limit" if most is not None else ""
    yield Conclusion(
        summary=f"{told}{bound}: it can open no more.",
        evidence=tuple(fact for fact in found if fact is not None),
        details={"value": int(most) if most is not None else None, "setting": "nofile"},
    )


@rule(
    "paused",
    severity="warning",
    needs=("state", "config", "files", "events"),
    details=("value",),
    fixes=("unpause",),
)
def paused(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Somebody paused it: its processes are frozen and nothing answers. Not if its label says that this is meant."""
    state, frozen = scene.get(ref, "state"), scene.get(ref, "frozen")
    if state is None or state.value != "paused" or expected(scene, ref):
        return
    when = scene.events(ref, "pause")[-1:]
    since = f" since {when[0].at[11:16]} UTC" if when else ""
    yield Conclusion(
        summary=f"It is paused{since}: its processes are frozen, and it answers nothing.",
        evidence=(state, *((frozen,) if frozen is not None else ()), *(item.fact for item in when)),
        details={"value": "paused"},
    )


def _number(fact: Fact | None) -> float | None:
    value = fact.value if fact is not None else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
