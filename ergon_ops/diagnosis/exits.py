"""How it ended: by whose signal, by which of its own, or by finishing what should have gone on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.daemons import configured, detaching
from ergon_ops.diagnosis.lives import code_in, code_of, failure, last_life, lasted, signal_name, signal_of
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Happening, Scene
from ergon_ops.events import epoch
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

KILLED = 137
SHORT_S = 15.0
# Exit codes that are a signal the program got from the kernel for what it did itself.
OWN_SIGNALS = {132: 4, 134: 6, 135: 7, 136: 8, 139: 11, 159: 31}
ABORTED = 134
CLOSING = re.compile(
    r"\b(?:bye|exit|shut|terminat|stopp|clos|finish|done|complete|quit|received|signal|success|valid)", re.I
)
# What these lines tell explains the end better than the signal does.
BETTER = ("heap_full", "shm_full", "no_memory", "exec_format", "exec_missing", "no_space")


@rule(
    "stop_timeout_sigkill",
    severity="warning",
    needs=("state", "limits", "config", "events"),
    details=("exit_code", "signal", "value"),
    tier="T2",
    fixes=("recreate", "rebuild_advice"),
)
def stop_timeout_sigkill(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It was asked to stop, did not, and was killed when its time was up: PID 1 does not heed the stop signal.

    Events: kill 15 (or its stop signal) → kill 9 → die 137 → stop. Source: moby `daemon/stop.go`.
    """
    code = failure(scene, ref)
    life = last_life(scene, ref)
    asked, killed = _asked_then_killed(life.kills)
    if code is None or code_in(code) != KILLED or asked is None or killed is None or life.die is None:
        return
    took = epoch(killed.at) - epoch(asked.at)
    asked_with = signal_name(signal_of(asked))
    init = scene.get(ref, "init")
    yield Conclusion(
        summary=f"Asked to stop with {asked_with}, it went on until it was killed {took:.1f} s later (exit code"
        f" {KILLED}): its main process does not act on {asked_with}.",
        evidence=(killed.fact, asked.fact, code, *(fact for fact in (init,) if fact is not None)),
        details={"exit_code": KILLED, "signal": asked_with, "value": round(took, 1)},
    )


@rule(
    "killed_externally",
    severity="warning",
    needs=("state", "events"),
    details=("exit_code", "signal"),
    tier="T2",
    fixes=("start", "set_restart_policy"),
)
def killed_externally(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A signal ended it that was neither a stop nor the kernel's for want of memory.

    By the engine (`docker kill`): kill N → die 128 + N, no stop. Otherwise by somebody inside or on the host: die 137
    with neither kill nor oom before it, which only a life of which no event is forgotten can tell.
    """
    code = failure(scene, ref)
    life = last_life(scene, ref)
    if code is None or not scene.ended(ref) or life.die is None or life.oom is not None:
        return
    number = code_in(code)
    deadly = [item for item in life.kills if number == 128 + signal_of(item)]
    if deadly and len(life.kills) == 1 and life.first("stop") is None:
        name = signal_name(signal_of(deadly[0]))
        yield Conclusion(
            summary=f"Killed with {name} through the engine (exit code {number}); it was not a stop, and memory was not"
            " short.",
            evidence=(deadly[0].fact, code, life.die.fact),
            details={"exit_code": number, "signal": name},
        )
    elif number == KILLED and life.whole and not life.kills and not _explained(scene, ref):
        yield Conclusion(
            summary=f"Ended by SIGKILL (exit code {number}) that did not come through the engine and not for want of"
            " memory: something inside it or on the host sent it.",
            evidence=(life.die.fact, code),
            details={"exit_code": number, "signal": "SIGKILL"},
            missing=("who sent the signal",),
        )


@rule(
    "segfault",
    severity="critical",
    needs=("state", "events", "signals"),
    details=("exit_code", "signal"),
    fixes=("rebuild_advice",),
)
def segfault(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The kernel ended it with a signal for what it did itself: a bad address, an abort, an illegal instruction.

    Exit code 128 + signal; `kill` events would say that somebody sent it. Node's full heap ends the same way, and .NET
    aborts for every exception that nobody caught; their logs say so: then this rule is silent.
    """
    code = failure(scene, ref)
    number = code_in(code) if code is not None else 0
    if code is None or number not in OWN_SIGNALS or last_life(scene, ref).kills or scene.current(ref, *BETTER):
        return
    if number == ABORTED and scene.current(ref, "exception"):
        return
    name = signal_name(OWN_SIGNALS[number])
    said = scene.current(ref, "segfault", "panic")
    died = scene.events(ref, "die")[-1:]
    yield Conclusion(
        summary=f"Its main process crashed with {name} (exit code {number}).",
        evidence=(code, *(item.fact for item in died), *(signal.fact for signal in said[:1])),
        details={"exit_code": number, "signal": name},
    )


@rule(
    "foreground_process_missing",
    severity="critical",
    needs=("state", "limits", "config", "ports", "signals", "events"),
    details=("exit_code",),
    tier="T2",
    fixes=("recreate",),
)
def foreground_process_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It ends with code 0 right after its start because its program went into the background.

    A job that is done ends the same way: so the command must be known to detach itself, or the container must be meant
    to stay (published ports, a healthcheck, a policy that restarted it for it). Source: nginx `daemon`, `redis
    --daemonize`, sshd `-D` and their like. Some are told by a file only (php-fpm `daemonize`): a server that nobody
    asked to end, and that does not speak of its end, does not end with 0 otherwise.
    """
    took, code = _ended_well(scene, ref)
    if code is None or took is None or took > SHORT_S or scene.dismissed(ref):
        return
    command = scene.get(ref, "command")
    line = str(command.value) if command is not None and command.value else ""
    program = detaching(line) or (configured(line) if _unasked(scene, ref) else "")
    meant = _meant_to_stay(scene, ref)
    if not program and not (meant and scene.get(ref, "log_last_line") is None):
        return
    started = scene.get(ref, "started_at")
    whose = f"{program} went into the background" if program else "nothing stays in the foreground"
    yield Conclusion(
        summary=f"Ends with exit code 0 right after its start: {whose}, and a container lives as long as its main"
        " process.",
        evidence=tuple(fact for fact in (code, command, *meant, started) if fact is not None),
        details={"exit_code": 0, **({"service": program} if program else {})},
    )


def _unasked(scene: Scene, ref: Ref) -> bool:
    """Its end is known, and neither a signal nor a word of its own says why."""
    life = last_life(scene, ref)
    return life.die is not None and not life.kills and not CLOSING.search(scene.text(ref, "log_last_line"))


def _asked_then_killed(kills: tuple[Happening, ...]) -> tuple[Happening | None, Happening | None]:
    """The first signal that was not SIGKILL, and the SIGKILL after it."""
    asked = next((item for item in kills if signal_of(item) not in (0, 9)), None)
    after = kills[kills.index(asked) + 1 :] if asked is not None else ()
    return asked, next((item for item in after if signal_of(item) == 9), None)


def _explained(scene: Scene, ref: Ref) -> bool:
    """By the kernel's flag, whose event may come late, or by what the log says."""
    return scene.flag(ref, "oom_killed") or bool(scene.current(ref, *BETTER))


def _ended_well(scene: Scene, ref: Ref) -> tuple[float | None, Fact | None]:
    """How long the last run took and its exit code, if that is 0; of a loop that is up again, by its events."""
    if scene.ended(ref) and scene.number(ref, "exit_code") == 0:
        return lasted(scene, ref), scene.get(ref, "exit_code")
    starts, dies = scene.events(ref, "start"), scene.events(ref, "die")
    if scene.relapsing(ref) and len(starts) > 1 and dies and code_of(dies[-1]) == 0:
        before = [item for item in starts if item.at < dies[-1].at]
        return (epoch(dies[-1].at) - epoch(before[-1].at) if before else None), dies[-1].fact
    return None, None


def _meant_to_stay(scene: Scene, ref: Ref) -> tuple[Fact, ...]:
    """What says that it should still be there."""
    policy, count = scene.get(ref, "restart_policy"), scene.number(ref, "restart_count") or 0
    health = scene.get(ref, "health_command")
    found = [policy] if policy is not None and policy.value in ("always", "unless-stopped") and count >= 2 else []
    return (*found, *((health,) if health is not None and health.value else ()), *scene.all(ref, "published_port")[:1])
