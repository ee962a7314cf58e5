"""The runs of a container as its events tell them: what ended the last one is in the *order* of events, nowhere else.

`kill 15 → kill 9 → die 137 → stop` is a stop that was not heard, `kill 9 → die 137` somebody's kill, `oom → die 137`
the kernel; exit code 137 alone is none of them. Source: injected on Docker 20.10; moby `daemon/stop.go`, `kill.go`.
"""

from __future__ import annotations

from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis.scene import Happening, Scene
from ergon_ops.diagnosis.verdict import expected
from ergon_ops.events import epoch
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

SLACK_S = 1.0  # the engine tells of a start a moment after the time it notes for it
SIGNALS = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
    24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """One run: its events, oldest first, what followed its end included. `whole`: the engine forgot none of them."""

    events: tuple[Happening, ...]
    whole: bool

    def first(self, action: str) -> Happening | None:
        return next((item for item in self.events if item.action == action), None)

    @property
    def die(self) -> Happening | None:
        return self.first("die")

    @property
    def oom(self) -> Happening | None:
        return self.first("oom")

    @property
    def kills(self) -> tuple[Happening, ...]:
        """Signals the engine was asked to send before the end, oldest first."""
        found = []
        for item in self.events:
            if item.action == "die":
                break
            if item.action == "kill":
                found.append(item)
        return tuple(found)


def lives(scene: Scene, ref: Ref) -> tuple[Life, ...]:
    """Every run that events tell of, oldest first."""
    runs: list[list[Happening]] = [[]]
    for item in scene.events(ref):
        if item.action == "start":
            runs.append([])
        runs[-1].append(item)
    return tuple(Life(tuple(run), bool(run and run[0].action == "start")) for run in runs if run)


def last_life(scene: Scene, ref: Ref) -> Life:
    """The run that is on, or the last one."""
    started = scene.number(ref, "started_at")
    runs = lives(scene, ref)
    if runs and runs[-1].whole and (started is None or epoch(runs[-1].events[0].at) >= started - SLACK_S):
        return runs[-1]
    rest = tuple(item for item in scene.events(ref) if started is not None and epoch(item.at) >= started)
    reach = scene.number(ref, "events_reach")
    return Life(rest, bool(started is not None and reach is not None and reach <= started))


def signal_of(event: Happening) -> int:
    """Of a `kill` event; 0 if it does not say."""
    word = event.details.get("signal", "")
    if word.isdigit():
        return int(word)
    return next((number for number, name in SIGNALS.items() if word in (name, name.removeprefix("SIG"))), 0)


def signal_name(number: int) -> str:
    return SIGNALS.get(number, f"signal {number}")


def code_of(event: Happening) -> int | None:
    """Of a `die` event."""
    word = event.details.get("exit_code", "")
    return int(word) if word.lstrip("-").isdigit() else None


def lasted(scene: Scene, ref: Ref) -> float | None:
    """Seconds of the last run; None if it goes on or never was. Of one that is over in milliseconds the engine may
    write down the end before the start."""
    started, finished = scene.number(ref, "started_at"), scene.number(ref, "finished_at")
    if scene.alive(ref) or started is None or finished is None or finished < started - SLACK_S:
        return None
    return max(0.0, finished - started)


def failure(scene: Scene, ref: Ref) -> Fact | None:
    """The exit code it ended with, if that is a failure that nobody asked for; of a loop also while it is up again."""
    if expected(scene, ref) or scene.dismissed(ref):
        return None
    if scene.ended(ref):
        fact = scene.get(ref, "exit_code")
        return fact if fact is not None and fact.value else None
    if scene.relapsing(ref):
        dies = scene.events(ref, "die")
        return dies[-1].fact if dies and code_of(dies[-1]) else None
    return None


def code_in(fact: Fact) -> int:
    """The exit code that a fact of `failure` holds: itself, or at the end of a `die` event."""
    return fact.value if isinstance(fact.value, int) else int(str(fact.value).rpartition(" ")[2])
