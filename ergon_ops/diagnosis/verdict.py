"""Healthy, at fault, or not known: the word for one container, and what is missing where the evidence is not enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.findings import Finding
from ergon_ops.refs import Ref

Word = Literal["healthy", "fault", "unknown"]
EXPECTED = "io.ergon-ops.expected"
STOPPED = {"paused": ("paused",), "stopped": ("exited", "created", "dead")}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missing`: of an unknown one, what is not well and what could not be learnt about it; of a healthy one, which
    service could not be asked."""

    word: Word
    missing: tuple[str, ...] = ()


def verdict(scene: Scene, ref: Ref, findings: Iterable[Finding]) -> Verdict:
    """A fault is one it has, or one that it suffers from; unknown is one that is not well though nothing says why."""
    faults = [item for item in findings if item.nature == "fault"]
    if any(ref == item.about or ref in item.victims for item in faults):
        return Verdict("fault")
    unwell = tuple(symptoms(scene, ref))
    return (
        Verdict("unknown", (*unwell, *_unread(scene, ref)))
        if unwell
        else Verdict("healthy", tuple(_refused(scene, ref)))
    )


def expected(scene: Scene, ref: Ref) -> bool:
    """Its operator said by a label that it should be paused or stopped, and it is."""
    return scene.text(ref, "state") in STOPPED.get(scene.text(ref, "label", EXPECTED), ())


def symptoms(scene: Scene, ref: Ref) -> Iterator[str]:
    """What is plainly not right, whatever it comes from. A job that ended with code 0 is."""
    state, code = scene.text(ref, "state"), scene.number(ref, "exit_code")
    if expected(scene, ref) or (state == "restarting" and scene.anew(ref)):
        return
    if state in ("restarting", "dead", "paused") or scene.relapsing(ref):
        yield (
            "why it is restarting again and again"
            if state == "restarting" or state == "running"
            else f"why it is {state}"
        )
    elif state == "exited" and code and not scene.dismissed(ref):
        yield f"why it exited with code {code:.0f}"
    elif state == "created" and scene.get(ref, "start_error") is not None:
        yield "why it could not be started"
    if scene.running(ref) and scene.text(ref, "health") == "unhealthy":
        yield "why its healthcheck fails"
    for row in scene.all(ref, "serving"):
        if row.value == "down":
            yield f"why {row.key} is down"


def _unread(scene: Scene, ref: Ref) -> Iterator[str]:
    """What was asked for and could not be had."""
    for fact in scene.all(ref, "log_unreadable"):
        yield f"its log: {fact.value}"
    yield from _refused(scene, ref)
    reach, end = scene.number(ref, "events_reach"), scene.number(ref, "finished_at")
    if reach and end and scene.ended(ref) and reach > end:
        yield "the events of its end: the engine has forgotten them"


def _refused(scene: Scene, ref: Ref) -> Iterator[str]:
    """What a service was to be asked, and could not be."""
    return (f"what {fact.key} says of itself: {fact.value}" for fact in scene.all(ref, "probe_refused"))
