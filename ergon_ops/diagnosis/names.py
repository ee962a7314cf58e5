"""Names and networks: why a host name leads nowhere, though somebody of that name may well be there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from ergon_ops.diagnosis.calls import Call, failing, networks, shared
from ergon_ops.diagnosis.dependencies import NEEDS, PEERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref
from ergon_ops.topology import HOST_NAMES

DEFAULT = "bridge"
NO_NAMES = frozenset({DEFAULT, "host", "none"})
LOST = ("dns_failed", "timed_out", "unreachable")
ENGINE_DNS = "127.0.0.11"
NEAR_ENOUGH = 0.75
OFTEN = 2
OWN_NAMES = ("HOST", "HOSTNAME", "SERVER_NAME")
NO_ANSWER = re.compile(
    r"temporary failure|EAI_AGAIN|timed? ?out|i/o timeout|server misbehaving|no servers could be reached|bad address"
    r"|try again|Errno -3",
    re.I,
)


@rule(
    "wrong_network",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("peer", "network"),
    tier="T2",
    over=("unknown_host", "upstream_dns_broken", "env_wrong_value"),
    fixes=("connect_network",),
)
def wrong_network(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The container that is called runs, but the two share no network.

    By name this is an unknown host, by address packets that nobody answers: the sets of networks tell it from a stopped
    container and from a wrong name.
    """
    for call in failing(scene, ref, *LOST):
        peer = call.peer
        if peer is None or not scene.alive(peer) or shared(scene, ref, peer) or "host" in networks(scene, peer):
            continue
        mine, theirs = networks(scene, ref), networks(scene, peer)
        common = sorted(set(theirs) - NO_NAMES)
        if not mine or not common or set(mine) & {"none", "host"}:
            continue
        network = common[0]
        yield Conclusion(
            summary=f"No network is shared with {peer.short}, which is called as {call.host}: it is on"
            f" {' and '.join(common)}, not on {' or '.join(sorted(mine))}.",
            evidence=(theirs[network], *mine.values(), *call.evidence),
            details={"peer": peer.short, "network": network, "host": call.host},
            fix=_connect(ref, network, (call.fact, theirs[network])),
        )


def _connect(ref: Ref, network: str, why: tuple[Fact, ...], aliases: tuple[str, ...] = ()) -> Intent:
    arguments = {"network": network, "aliases": list(aliases)}
    ids = tuple(fact.id for fact in why)
    return Intent(ref, "connect_network", arguments, "wrong_network", ids, reversibility="live", risk="low")


@rule(
    "default_bridge_no_dns",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("peer", "network"),
    tier="T2",
    over=("unknown_host", "upstream_dns_broken", "env_wrong_value"),
)
def default_bridge_no_dns(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Two containers share the default bridge only, on which the engine resolves no names.

    Only on user-defined networks does resolv.conf name the engine's own server, 127.0.0.11.
    """
    for call in failing(scene, ref, "dns_failed"):
        peer = call.peer
        mine = networks(scene, ref)
        if peer is None or set(mine) != {DEFAULT} or not scene.alive(peer) or DEFAULT not in networks(scene, peer):
            continue
        server = scene.get(ref, "resolver", "0")
        if server is not None and server.value == ENGINE_DNS:
            continue
        told = [fact for fact in (scene.get(ref, "network_mode"), server) if fact is not None]
        yield Conclusion(
            summary=f"{call.host} cannot be resolved: on the default bridge, which is all that is shared with"
            f" {peer.short}, containers have no names.",
            evidence=(mine[DEFAULT], call.fact, networks(scene, peer)[DEFAULT], *told),
            details={"peer": peer.short, "network": DEFAULT, "host": call.host},
        )


@rule(
    "alias_missing",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("peer", "network", "host"),
    tier="T2",
    over=("unknown_host", "upstream_dns_broken", "env_wrong_value"),
)
def alias_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The container that is meant runs on the same network, but is not known there by the name that is called.

    It has that name elsewhere: as its Compose service, or on another network. Names are those of its aliases there.
    """
    for call in failing(scene, ref, "dns_failed"):
        peer = call.peer
        if peer is None or call.address or not scene.running(peer):
            continue
        for network in sorted(shared(scene, ref, peer) - NO_NAMES):
            if call.host.lower() in _names_on(scene, peer, network):
                break
        else:
            common = sorted(shared(scene, ref, peer) - NO_NAMES)
            if not common:
                continue
            fact = networks(scene, peer)[common[0]]
            aliases = [item for item in scene.all(peer, "alias") if item.key.startswith(f"{common[0]}/")]
            yield Conclusion(
                summary=f"{peer.short} is on the network {common[0]} too, but has not the name {call.host} there.",
                evidence=(call.fact, fact, *aliases[:3], *call.evidence[1:]),
                details={"peer": peer.short, "network": common[0], "host": call.host},
            )


def _names_on(scene: Scene, peer: Ref, network: str) -> frozenset[str]:
    aliases = (fact for fact in scene.all(peer, "alias") if fact.key.startswith(f"{network}/"))
    said = [peer.name, scene.text(peer, "id")[:12], *(str(fact.value) for fact in aliases)]
    return frozenset(name.lower() for name in said)


@rule("unknown_host", severity="critical", needs=NEEDS, peers=PEERS, details=("host",), tier="T2")
def unknown_host(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A host name is called that no container here has, running or stopped, and that is no name of the Internet."""
    for call in failing(scene, ref, "dns_failed"):
        if not _nobody(scene, ref, call) or networks(scene, ref).keys() == {"none"}:
            continue
        near = domained(scene, ref, call.host) or nearest(scene, ref, call.host)
        meant = f"; the nearest name is {near.short}" if near is not None else ""
        if call.host in HOST_NAMES:
            meant = ": it is the host's only if it is added (--add-host, with host-gateway)"
        state = scene.get(near, "state") if near is not None else scene.get(ref, "state")
        own = tuple(networks(scene, ref).values())[:2]
        by = f" by {_where(call.source)}" if call.source is not None else ""
        details = {"host": call.host, **({"env_key": call.source.key} if _from_env(call) and call.source else {})}
        yield Conclusion(
            summary=f"No container here has the name {call.host}, which is called{by}{meant}.",
            evidence=(call.fact, *call.evidence[1:], *((state,) if state else ()), *own),
            details={**details, **({"peer": near.short} if near is not None else {})},
        )


def _nobody(scene: Scene, ref: Ref, call: Call) -> bool:
    """A name without a dot that is nobody's. What has dots is the world's, unless it is somebody's name here with the
    domain of another place, or one that a desktop's engine gives the host."""
    here = "." not in call.host or domained(scene, ref, call.host) is not None or call.host in HOST_NAMES
    return call.peer is None and _meant(scene, ref, call) and not call.address and here and not call.loopback


def _meant(scene: Scene, ref: Ref, call: Call) -> bool:
    """The line names it, or it is the only one that its settings do, and not as a name of its own."""
    alone = {other.host for other in failing(scene, ref, call.kind)} == {call.host}
    return call.sure or (alone and call.source is not None and call.source.key.upper() not in OWN_NAMES)


def domained(scene: Scene, ref: Ref, host: str) -> Ref | None:
    """The container near it whose name comes before the first dot."""
    name, dot, rest = host.lower().partition(".")
    if not dot or not name or rest.replace(".", "").isdigit():
        return None
    near = (peer for peer in scene.peers if peer != ref and shared(scene, ref, peer) - NO_NAMES)
    return next((peer for peer in near if name in scene.names(peer)), None)


def _from_env(call: Call) -> bool:
    return call.source is not None and call.source.name == "env_host"


def _where(source: Fact) -> str:
    return source.key if source.name == "env_host" else "its command"


def nearest(scene: Scene, ref: Ref, host: str) -> Ref | None:
    """The container on one of its networks, else anywhere, whose name is nearly this one."""
    word = host.lower()
    others = [peer for peer in scene.peers if peer != ref]
    for peers in ([peer for peer in others if shared(scene, ref, peer)], others):
        by_name = {name: peer for peer in peers for name in scene.names(peer) if not name.replace(".", "").isdigit()}
        found = difflib.get_close_matches(word, by_name, n=1, cutoff=NEAR_ENOUGH)
        if found:
            return by_name[found[0]]
    return None


@rule("upstream_dns_broken", severity="critical", needs=NEEDS, details=("host",), tier="T2", over=("unknown_host",),
      fixes=("recreate",))  # fmt: skip
def upstream_dns_broken(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Names fail for want of an answer, and the container was given name servers of its own.

    A name that does not exist is answered at once; here nobody answers. What is no container's name is asked of the
    servers in HostConfig.Dns, and `ndots` makes several questions of one.
    """
    servers = scene.all(ref, "dns_server")
    calls = [call for call in failing(scene, ref, "dns_failed") if call.peer is None and not call.address]
    if not servers or not calls or networks(scene, ref).keys() == {"none"}:
        return
    call = next((item for item in calls if NO_ANSWER.search(str(item.fact.value))), None)
    if call is None:
        return
    options = scene.all(ref, "dns_option")
    names = ", ".join(str(fact.value) for fact in servers)
    yield Conclusion(
        summary=f"{call.host} cannot be resolved: the name {'server' if len(servers) == 1 else 'servers'} it was given,"
        f" {names}, {'does' if len(servers) == 1 else 'do'} not answer.",
        evidence=(*servers, call.fact, *options, *call.evidence[1:]),
        details={"host": call.host, "setting": "dns", "value": names},
    )


@rule(
    "network_none",
    severity="critical",
    needs=NEEDS,
    details=("network",),
    tier="T1",
    over=("unknown_host", "upstream_dns_broken", "wrong_network", "env_wrong_value"),
)
def network_none(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It calls others, but its network is none, which leaves only the loopback interface."""
    mine = networks(scene, ref)
    calls = [call for call in failing(scene, ref, *LOST) if not call.loopback]
    if set(mine) != {"none"} or not calls:
        return
    mode = scene.get(ref, "network_mode")
    call = calls[0]
    at = f"{call.host} is called" if call.host else "others are called"
    yield Conclusion(
        summary=f"{at}, but there is no network: its network is none.",
        evidence=(mine["none"], call.fact, *((mode,) if mode else ())),
        details={"network": "none", **({"host": call.host} if call.host else {})},
    )


@rule(
    "network_internal",
    severity="critical",
    needs=NEEDS,
    details=("network",),
    tier="T2",
    over=("unknown_host", "upstream_dns_broken"),
)
def network_internal(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It calls a host of the outside world, but every network it is on is internal: none leads out.

    Where its log does not say whom it calls, nobody else may be there whom it could mean.
    """
    mine = networks(scene, ref)
    inside = [fact for fact in scene.all(ref, "network_internal") if fact.value is True and fact.key in mine]
    if not mine or len(inside) != len(mine):
        return
    for call in failing(scene, ref, *LOST):
        if call.peer is None and call.sure and "." in call.host and not call.host.startswith("127."):
            yield Conclusion(
                summary=f"{call.host} cannot be reached: {inside[0].key} is an internal network, without a way out.",
                evidence=(inside[0], call.fact, mine[inside[0].key], *call.evidence[1:]),
                details={"network": inside[0].key, "host": call.host},
            )
            return
    said = next(
        (item for item in scene.current(ref, *LOST) if item.count >= OFTEN and not item.values.get("host")), None
    )
    others = (peer for peer in scene.peers if peer != ref and shared(scene, ref, peer))
    if said is not None and not failing(scene, ref, *LOST) and next(others, None) is None:
        yield Conclusion(
            summary=f"Its calls come to nothing: {inside[0].key} is an internal network, without a way out, and nobody"
            " else is on it.",
            evidence=(inside[0], said.fact, mine[inside[0].key]),
            details={"network": inside[0].key},
        )
