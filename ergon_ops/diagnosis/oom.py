"""Out of memory: the kernel ended it, one of its processes, or it again and again.

`State.OOMKilled` describes a former life as well as this one, and is false where only a child was killed: what tells is
the order of events (`oom`, `die`), and the kernel's own count of the present run. Source: injected on Docker 20.10.
"""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.amounts import size
from ergon_ops.diagnosis.lives import Life, code_in, code_of, failure, last_life, lives
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Happening, Scene
from ergon_ops.events import epoch
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

KILLED = 137
RECENT_S = 300.0
LOOPING_S = 90.0


@rule(
    "oom_killed",
    severity="critical",
    needs=("state", "limits", "events"),
    details=("exit_code", "limit_bytes"),
    fixes=("set_memory_limit",),
)
def oom_killed(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The kernel killed it because its memory limit was reached, and it is down.

    An `oom` event of its last run, and exit code 137. Where the engine forgot the events, the flag OOMKilled with that
    code, if it was never restarted: else the flag may be of a former run.
    """
    code = failure(scene, ref)
    if code is None or code_in(code) != KILLED or not scene.ended(ref):
        return
    life, flag = last_life(scene, ref), scene.get(ref, "oom_killed")
    flagged = flag is not None and flag.value is True
    told = life.oom is not None and not life.kills
    if not told and not (flagged and not life.whole and not life.kills and not scene.number(ref, "restart_count")):
        return
    limit = scene.get(ref, "memory_limit")
    first = life.oom.fact if life.oom is not None else flag
    assert first is not None
    yield Conclusion(
        summary=f"Killed by the kernel for want of memory (exit code {KILLED}): {_limit(limit)}.",
        evidence=(first, code, *_flagged(flag), *_known(limit)),
        details={"exit_code": KILLED, "limit_bytes": limit.value if limit else None},
        missing=() if life.oom is not None else ("the events of its end",),
    )


@rule(
    "oom_restart_loop",
    severity="critical",
    needs=("state", "limits", "events"),
    details=("count", "limit_bytes", "exit_code"),
    tier="T2",
    over=("oom_killed", "child_oom", "memory_leak_near_limit"),
    fixes=("set_memory_limit",),
)
def oom_restart_loop(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It runs out of memory, is restarted by its policy, and runs out of memory again.

    At least two of (`oom`, `die 137`), and the last of them not long ago: one such end in a former life, after which it
    runs, is no loop. Without events, a container between two runs with that code and the flag OOMKilled.
    """
    count, flag = scene.get(ref, "restart_count"), scene.get(ref, "oom_killed")
    if count is None or not isinstance(count.value, int) or count.value < 1:
        return
    ends = [life for life in lives(scene, ref) if life.oom and life.die and code_of(life.die) == KILLED]
    waiting = scene.text(ref, "state") == "restarting" and scene.number(ref, "exit_code") == KILLED
    flagged = flag is not None and flag.value is True and count.value >= 2
    if len(ends) >= 2 and _goes_on(scene, ref, ends[-1]):
        evidence = [fact for life in ends[:-4:-1] for fact in _pair(life)]
    elif flagged and waiting and not _ended_otherwise(scene, ref):
        evidence = [fact for fact in (flag, scene.get(ref, "exit_code")) if fact is not None]
    else:
        return
    limit = scene.get(ref, "memory_limit")
    yield Conclusion(
        summary=f"Runs out of memory again and again: killed by the kernel and restarted, {count.value} restart"
        f"{'' if count.value == 1 else 's'} so far; {_limit(limit)}.",
        evidence=(*evidence, count, *_known(limit)),
        details={"count": count.value, "limit_bytes": limit.value if limit else None, "exit_code": KILLED},
    )


@rule(
    "child_oom",
    severity="critical",
    needs=("state", "limits", "memory", "events", "signals"),
    details=("count", "limit_bytes"),
    tier="T2",
    fixes=("set_memory_limit",),
    over=("memory_leak_near_limit",),
)
def child_oom(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The kernel kills processes of it for want of memory, while its main process lives on.

    `oom` events of the present run within the last five minutes; the kernel's count since the start is a second
    witness, and alone proves nothing about now.
    """
    life = last_life(scene, ref)
    events = [item for item in life.events if item.action == "oom"]
    if scene.alive(ref):
        events = [item for item in events if scene.now - epoch(item.at) <= RECENT_S]
    elif failure(scene, ref) is None or (life.die and code_of(life.die) == KILLED):
        return
    kills = scene.get(ref, "memory_oom_kills")
    more = scene.get(ref, "memory_oom_kills_seen")
    growing = more is not None and bool(more.value)
    if not events and not growing:
        return
    limit = scene.get(ref, "memory_limit")
    counted = [fact.value for fact in (kills, more) if fact is not None and isinstance(fact.value, int)]
    times = max(*counted, len(events), 1)
    said = scene.current(ref, "child_killed")[:1]
    first = events[-1].fact if events else more
    assert first is not None
    yield Conclusion(
        summary=f"The kernel killed processes inside it for want of memory, {_times(times)} since its start"
        f"{_when(events)}; its main process {'lives' if scene.alive(ref) else 'ended after that'}, {_limit(limit)}.",
        evidence=(first, *_known(kills), *(line.fact for line in said), *_known(limit)),
        details={"count": times, "limit_bytes": limit.value if limit else None},
    )


def _goes_on(scene: Scene, ref: Ref, last: Life) -> bool:
    """Waiting for its next start; or up for no longer than it takes to run out again, as its former runs tell."""
    if scene.text(ref, "state") == "restarting" or scene.relapsing(ref):
        return True
    if not scene.running(ref) or last.die is None:
        return False
    took = epoch(last.die.at) - epoch(last.events[0].at) if last.whole else 0.0
    return (scene.number(ref, "uptime") or 0.0) <= max(LOOPING_S, 2 * took)


def _ended_otherwise(scene: Scene, ref: Ref) -> bool:
    return any(code_of(item) not in (KILLED, None) for item in scene.events(ref, "die"))


def _pair(life: Life) -> tuple[Fact, ...]:
    return tuple(item.fact for item in (life.oom, life.die) if item is not None)


def _known(fact: Fact | None) -> tuple[Fact, ...]:
    return (fact,) if fact is not None and fact.value is not None else ()


def _flagged(flag: Fact | None) -> tuple[Fact, ...]:
    return (flag,) if flag is not None and flag.value is True else ()


def _limit(limit: Fact | None) -> str:
    if limit is None or not isinstance(limit.value, int):
        return "it has no limit of its own, so the host was short of it"
    return f"its limit is {size(limit.value)}"


def _times(count: object) -> str:
    return "once" if count == 1 else f"{count} times"


def _when(events: list[Happening]) -> str:
    return f", last at {events[-1].at[11:16]} UTC" if events else ""
