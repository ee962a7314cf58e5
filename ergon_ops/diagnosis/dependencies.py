"""Dependencies: somebody else is the origin, and this container is the victim."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.calls import Call, failing, listeners, moved, seen, shared
from ergon_ops.diagnosis.fallen import meant
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.startup import refused, words_of
from ergon_ops.facts import Fact, Group
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "networks", "signals", "services", "sockets")
PEERS: tuple[Group, ...] = ("identity", "state", "networks", "config", "sockets")
DOWN = ("exited", "created", "dead", "paused")
# How a container ended that somebody else still needs: that it is down is what matters.
ENDINGS = ("killed_externally", "stop_timeout_sigkill")
OFTEN = 2
TALK = ("booting", "progress")  # of what it does, not of what it lacks


@rule(
    "dependency_stopped",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("peer",),
    tier="T3",
    over=ENDINGS,
    relay=True,
    fixes=("start", "unpause"),
)
def dependency_stopped(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A container that this one needs is not running, and this one says that it cannot be reached.

    Docker's DNS drops the names of stopped containers, so the client sees an unknown name, not a refused connection:
    only the peer's state tells it from a wrong name or network. Source: injected, facts of Docker 20.10.
    """
    for call in (*failing(scene, ref), *_silent(scene, ref), *_unnamed(scene, ref)):
        peer = call.peer
        state = scene.get(peer, "state") if peer is not None else None
        if peer is None or state is None or state.value not in DOWN:
            continue
        refusal = refused(scene, peer)
        why = f": {words_of(refusal)}" if refusal is not None else ""
        yield Conclusion(
            summary=f"{peer.short}, which {ref.short} calls as {call.host}, is {state.value}{why}.",
            evidence=(state, *call.evidence, *((refusal,) if refusal is not None else _end(scene, peer))),
            details={"peer": peer.short, "host": call.host},
            about=peer,
            victims=(ref,),
            fix=_start(peer, state, call),
        )


def _silent(scene: Scene, ref: Ref) -> Iterator[Call]:
    """What an unhealthy container that says nothing in its log is told to call."""
    health = scene.get(ref, "health")
    said = [item for item in scene.current(ref) if item.kind not in TALK]
    if health is None or health.value != "unhealthy" or said:
        return
    for link in scene.uses(ref):
        if link.target is not None:
            yield Call("", link.target_name, link.port, link.target, health, sure=False)


def _unnamed(scene: Scene, ref: Ref) -> Iterator[Call]:
    """Lines that name nobody, of one that is told of nobody: the one that went down when they began."""
    found = meant(scene, ref)
    if found is not None:
        peer, signal, when = found
        yield Call(signal.kind, peer.short, None, peer, signal.fact, when[0] if when else None, sure=False)


def _end(scene: Scene, peer: Ref) -> tuple[Fact, ...]:
    found = (scene.get(peer, name) for name in ("exit_code", "finished_at"))
    return tuple(fact for fact in found if fact is not None)


def _start(peer: Ref, state: Fact, call: Call) -> Intent | None:
    kind = "unpause" if state.value == "paused" else "start"
    why = (state.id, call.fact.id)
    return Intent(peer, kind, {}, "dependency_stopped", why, reversibility="restart", risk="low")


@rule(
    "dependency_refusing",
    over=("dependency_unhealthy",),
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("peer",),
    tier="T3",
    relay=True,
)
def dependency_refusing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A container that this one needs runs, but nothing in it listens on the port that is called.

    The refusal alone does not tell whose mistake it is: the peer's table of listeners does. A port that only a setting
    of the caller names, while the peer listens elsewhere, is `env_wrong_value`. Some clients say of a refusal only that
    they could not reach their server: on a network that both are on, it is no other thing.
    """
    for call in failing(scene, ref, "refused", "unreachable"):
        peer = call.peer
        if peer is None or not scene.running(peer) or scene.relapsing(peer):
            continue
        if call.kind == "unreachable" and not shared(scene, ref, peer):
            continue
        open_ports = listeners(scene, peer)
        visible, state = seen(scene, peer), scene.get(peer, "state")
        if visible is None or state is None or (call.port is None and open_ports):
            continue
        if call.port is not None and listeners(scene, peer, call.port):
            continue
        if (
            moved(scene, ref, call) is not None
            or misdirected(scene, ref, call) is not None
            or (not call.sure and open_ports)
        ):
            continue
        port = f"port {call.port}" if call.port else "the port that is called"
        yield Conclusion(
            summary=f"{peer.short} runs, but nothing in it listens on {port}: it refuses the calls of {ref.short}.",
            evidence=(call.fact, visible, state, *call.evidence[1:], *(item.fact for item in open_ports[:3])),
            details={"peer": peer.short, "host": call.host, **({"port": call.port} if call.port else {})},
            about=peer,
            victims=(ref,),
        )


def misdirected(scene: Scene, ref: Ref, call: Call) -> tuple[Fact, int] | None:
    """The variable that names a port of a running peer which that peer knows nothing of, and the port it listens on.

    Of `DB_HOST` and `DB_PORT` it is the latter.
    """
    peer = call.peer
    if peer is None or call.port is None or not scene.running(peer) or seen(scene, peer) is None:
        return None
    exposed = {fact.value for fact in scene.all(peer, "exposed_port")}
    reachable = sorted({item.port for item in listeners(scene, peer) if not item.loopback})
    if call.port in exposed or not reachable or listeners(scene, peer, call.port):
        return None
    source = next((fact for fact in scene.all(ref, "env_port") if fact.value == call.port), None)
    if source is None and call.source is not None and call.source.name == "env_host":
        source = call.source if str(call.source.value).endswith(f":{call.port}") else None
    return None if source is None else (source, next((port for port in reachable if port in exposed), reachable[0]))


@rule(
    "dependency_slow",
    over=("dependency_unhealthy",),
    severity="warning",
    needs=NEEDS,
    peers=PEERS,
    details=("peer",),
    tier="T3",
    relay=True,
)
def dependency_slow(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A container that this one needs is up and listens, but its answers do not come in time, again and again.

    That it listens, and can be reached, tells slowness from a network that loses packets.
    """
    for call in failing(scene, ref, "timed_out"):
        peer = call.peer
        if peer is None or not scene.running(peer) or call.fact.name != "log_signal" or call.count < OFTEN:
            continue
        if not shared(scene, ref, peer) or (not call.sure and len(listeners(scene, peer)) != 1):
            continue
        open_ports = [item for item in listeners(scene, peer, call.port) if not item.loopback]
        if not open_ports:
            continue
        often = scene.get(ref, "log_signal_count", call.fact.key)
        load = [scene.get(peer, "accept_queue", item.fact.key) for item in open_ports]
        yield Conclusion(
            summary=f"{peer.short} listens on port {open_ports[0].port}, but does not answer {ref.short} in time.",
            evidence=tuple(
                fact for fact in (call.fact, open_ports[0].fact, often, *load, *call.evidence[1:]) if fact is not None
            ),
            details={"peer": peer.short, "host": call.host, "port": open_ports[0].port},
            about=peer,
            victims=(ref,),
        )


@rule(
    "dependency_unhealthy",
    severity="warning",
    needs=NEEDS,
    peers=PEERS,
    details=("peer",),
    tier="T3",
    relay=True,
)
def dependency_unhealthy(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A container that this one calls in vain fails its own healthcheck."""
    for call in failing(scene, ref, "refused", "timed_out"):
        peer = call.peer
        health = scene.get(peer, "health") if peer is not None else None
        if peer is None or health is None or health.value != "unhealthy" or not call.sure or not scene.running(peer):
            continue
        told = scene.get(peer, "health_output")
        yield Conclusion(
            summary=f"{peer.short} fails its healthcheck, and {ref.short} calls it in vain.",
            evidence=tuple(fact for fact in (health, call.fact, told) if fact is not None),
            details={"peer": peer.short, "host": call.host},
            about=peer,
            victims=(ref,),
        )
