"""How a fault shows where nothing says why: it crashes again and again, or went down and nothing brings it back."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.lives import code_in, failure, last_life
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.verdict import expected
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

LONGEST = 100
KILLED = 137


@rule(
    "crash_loop",
    severity="critical",
    needs=("state", "limits", "events", "signals"),
    details=("exit_code", "count"),
    symptom=True,
)
def crash_loop(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It ends and is restarted by its policy, again and again, or was until the policy gave up.

    By the state `restarting`, or by moments of being up after restarts: between two crashes it looks like any other.
    """
    count, code = scene.get(ref, "restart_count"), failure(scene, ref)
    gave_up = code is not None and scene.text(ref, "restart_policy") == "on-failure" and scene.ended(ref)
    if (
        expected(scene, ref)
        or scene.anew(ref)
        or not (gave_up or scene.text(ref, "state") == "restarting" or scene.relapsing(ref))
    ):
        return
    died = scene.events(ref, "die")
    shown = code or scene.get(ref, "exit_code") or (died[-1].fact if died else None)
    if count is None or not count.value or shown is None:
        return
    number = code_in(shown)
    words, said = last_words(scene, ref)
    times = f"{count.value} restart{'' if count.value == 1 else 's'}"
    goes_on = "is not started again after" if scene.text(ref, "state") == "exited" else "is started again, so far"
    yield Conclusion(
        summary=f"Ends with exit code {number} and {goes_on} {times}{words}.",
        evidence=(shown, count, *said),
        details={"exit_code": number, "count": count.value},
    )


@rule(
    "job_restarted",
    severity="warning",
    needs=("state", "limits", "events", "signals"),
    details=("exit_code", "count", "value"),
    tier="T2",
    over=("crash_loop",),
    fixes=("set_restart_policy",),
)
def job_restarted(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It does its work and ends with code 0, and a policy that is for services starts it again and again.

    What ends so without a word may be a program that went into the background; with a log, it is a job.
    """
    count, policy = scene.get(ref, "restart_count"), scene.get(ref, "restart_policy")
    died = scene.events(ref, "die")
    ended = {code_in(item.fact) for item in died[-3:]} == {0} and len(died) >= 2
    loops = scene.text(ref, "state") == "restarting" or scene.relapsing(ref)
    if count is None or policy is None or not isinstance(count.value, int) or count.value < 2 or not (loops and ended):
        return
    words, said = last_words(scene, ref)
    if policy.value in ("always", "unless-stopped") and said and not scene.anew(ref):
        yield Conclusion(
            summary=f"It ends with exit code 0, as a job does that is done, and its policy {policy.value} starts it"
            f" again, so far {count.value} times{words}.",
            evidence=(died[-1].fact, policy, count, *said),
            details={"exit_code": 0, "count": count.value, "value": policy.value},
        )


@rule(
    "restart_policy_absent",
    severity="warning",
    needs=("state", "limits", "events", "signals"),
    details=("exit_code",),
    symptom=True,
    fixes=("set_restart_policy",),
)
def restart_policy_absent(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It ended with a failure, and no restart policy brings it back.

    Not of what somebody stopped, nor of a job that ended with code 0; nor of a signal that nothing tells the sender of:
    that it is not known why is then the truth.
    """
    code, policy = failure(scene, ref), scene.get(ref, "restart_policy")
    if code is not None and code_in(code) == KILLED and not last_life(scene, ref).whole:
        return
    if code is None or policy is None or policy.value != "no" or scene.text(ref, "state") not in ("exited", "dead"):
        return
    words, said = last_words(scene, ref)
    yield Conclusion(
        summary=f"Exited with code {code_in(code)}, and without a restart policy it stays down{words}.",
        evidence=(policy, code, *said),
        details={"exit_code": code_in(code)},
    )


def last_words(scene: Scene, ref: Ref) -> tuple[str, tuple[Fact, ...]]:
    """The last line of its log, as the end of a sentence."""
    fact = scene.get(ref, "log_last_line")
    if fact is None or not fact.value:
        return "", ()
    text = str(fact.value)
    return f"; its last line says “{text if len(text) <= LONGEST else text[:LONGEST].rstrip() + '…'}”", (fact,)
