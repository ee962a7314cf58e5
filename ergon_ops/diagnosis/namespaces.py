"""A network namespace that two share: whose is down, or has come up again without the other, leaves it nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.calls import failing, landlord
from ergon_ops.diagnosis.dependencies import DOWN, NEEDS, PEERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.startup import beside, refused, said
from ergon_ops.facts import Fact
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref

SAID = (
    r"cannot join \w+ of a non.?running container: (?P<peer>\S+)",
    r"No such container: (?P<peer>\S+)",
    r"joining \w+ namespace of container (?P<peer>\S+) failed",
)
SLACK_S = 1.0


@rule("namespace_peer_stopped", severity="critical", needs=NEEDS, peers=PEERS, details=("peer",), tier="T2",
      over=("dependency_stopped", "killed_externally", "stop_timeout_sigkill"),
      fixes=("start", "recreate"))  # fmt: skip
def namespace_peer_stopped(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The container whose namespace it shares, or should, does not run.

    Told of itself where the engine could not start it for that; of the other one where it runs on without: nothing but
    its own loopback is left to it then. Source: injected, Docker 20.10; moby `container_operations.go`.
    """
    error = refused(scene, ref)
    found = said(error, *SAID)
    if error is not None and found is not None:
        peer = _called(scene, found["peer"])
        yield Conclusion(
            summary=f"Could not be started: {peer}, whose namespace it shares, does not run.",
            evidence=(error, *beside(scene, ref, "exit_code")),
            details={"peer": peer},
        )
        return
    owner = landlord(scene, ref)
    state = scene.get(owner, "state") if owner is not None else None
    if owner is None or state is None or state.value not in DOWN or not scene.running(ref):
        return
    suffers = _suffers(scene, ref)
    if suffers:
        yield Conclusion(
            summary=f"{owner.short}, whose network {ref.short} shares, is {state.value}: nothing but its loopback is"
            " left of that network.",
            evidence=(state, *suffers, *beside(scene, ref, "network_mode"), *beside(scene, owner, "exit_code")),
            details={"peer": ref.short},
            about=owner,
            victims=(ref,),
            fix=Intent(owner, "start", {}, "namespace_peer_stopped", (state.id,), reversibility="restart", risk="low"),
        )


@rule("namespace_stale", severity="critical", needs=NEEDS, peers=PEERS, details=("peer",), tier="T2",
      over=("dependency_refusing", "env_wrong_value", "unknown_host", "upstream_dns_broken", "wrong_network"),
      fixes=("restart",))  # fmt: skip
def namespace_stale(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The container whose network it shares was started again after it: it sits in the network of the former run.

    A container joins a namespace when it starts; the engine makes a new one at each start of the other. Injected,
    Docker 20.10.
    """
    owner = landlord(scene, ref)
    if owner is None or not (scene.running(ref) and scene.running(owner)):
        return
    mine, theirs = scene.get(ref, "started_at"), scene.get(owner, "started_at")
    began, again = scene.number(ref, "started_at"), scene.number(owner, "started_at")
    suffers = _suffers(scene, ref)
    if mine is None or theirs is None or not began or not again or again - began < SLACK_S or not suffers:
        return
    yield Conclusion(
        summary=f"{owner.short}, whose network it shares, was started again after it: it is still in the network of the"
        " former run, where nobody else is.",
        evidence=(theirs, mine, *suffers, *beside(scene, ref, "network_mode")),
        details={"peer": owner.short},
    )


def _suffers(scene: Scene, ref: Ref) -> tuple[Fact, ...]:
    """That it calls somebody in vain, or fails its healthcheck."""
    calls = tuple(call.fact for call in failing(scene, ref)[:1])
    said_so = tuple(item.fact for item in scene.current(ref, "refused", "dns_failed", "timed_out", "unreachable")[:1])
    health = scene.get(ref, "health")
    ill = (health,) if health is not None and health.value == "unhealthy" else ()
    return calls or said_so or ill


def _called(scene: Scene, word: str) -> str:
    """The name of the container that the engine speaks of by its id."""
    return next((ref.short for ref, own in scene.ids.items() if own == word or own.startswith(word[:12])), word)
