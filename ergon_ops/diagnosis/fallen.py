"""Who went down when the trouble began: for lines that say a connection was lost, and name nobody."""

from __future__ import annotations

from ergon_ops.diagnosis.calls import failing, shared
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.verdict import expected
from ergon_ops.events import epoch
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

DOWN = ("exited", "dead", "paused")
LOST = ("refused", "timed_out", "reset", "cut_off", "unreachable")
BEFORE_S, AFTER_S = 2.0, 45.0  # a client's timeout passes before it complains


def unnamed(scene: Scene, ref: Ref) -> Signal | None:
    """The first line of now that says that somebody was lost, where none says who, and no setting does."""
    signals = scene.current(ref, *LOST)
    if not signals or any(item.values.get("host") for item in signals) or failing(scene, ref):
        return None
    return min(signals, key=lambda item: item.first or item.at or 0.0)


def candidates(scene: Scene, ref: Ref) -> tuple[Ref, ...]:
    """Neighbours that are down and may be meant: worth a look."""
    if unnamed(scene, ref) is None:
        return ()
    return tuple(
        peer
        for peer in scene.peers
        if peer != ref and scene.text(peer, "state") in DOWN and not expected(scene, peer) and shared(scene, ref, peer)
    )


def meant(scene: Scene, ref: Ref) -> tuple[Ref, Signal, tuple[Fact, ...]] | None:
    """The one neighbour that it is connected to, or that went down just before the first such line: with what says
    when."""
    signal = unnamed(scene, ref)
    if signal is None:
        return None
    near = candidates(scene, ref)
    linked = {link.target for link in scene.uses(ref)}
    found: list[tuple[Ref, tuple[Fact, ...]]] = [(peer, ()) for peer in near if peer in linked] or [
        (peer, (when,)) for peer in near if (when := _fall(scene, peer, signal)) is not None
    ]
    return (found[0][0], signal, found[0][1]) if len(found) == 1 else None


def _fall(scene: Scene, peer: Ref, signal: Signal) -> Fact | None:
    """What says that it went down, if that was when the line was first said."""
    began = signal.first or signal.at
    pauses = scene.events(peer, "pause")
    paused = scene.text(peer, "state") == "paused"
    if not paused and scene.number(peer, "exit_code") == 0 and not scene.events(peer, "kill", "stop"):
        return None  # its work was done
    fact = (pauses[-1].fact if pauses else None) if paused else scene.get(peer, "finished_at")
    at = (epoch(pauses[-1].at) if pauses else None) if paused else scene.number(peer, "finished_at")
    if fact is None or at is None or began is None:
        return None
    return fact if -BEFORE_S <= began - at <= AFTER_S else None
