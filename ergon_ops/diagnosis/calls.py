"""Calls of a container to others that fail now: what its log says of them, and what its open sockets show."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis.mentions import neighbour
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref
from ergon_ops.topology import FAILED_CALLS, Link

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
DECLARED = ("env_host", "command_host", "nginx_upstream", "haproxy_server", "redis_master")
BINDS = re.compile(r"\b(?:bind|listen)", re.I)
NO_SERVER = "<NOSRV>"  # haproxy had none left to choose from


@dataclass(frozen=True, slots=True)
class Call:
    """`kind` as of the signal (dns_failed refused timed_out unreachable); `peer` None: no container that we see.

    `source`: the setting that names the host, if one does. `sure` false: the line named nobody, and this is one of
    those that the container is known to call. `count`: how often it was said.
    """

    kind: str
    host: str
    port: int | None
    peer: Ref | None
    fact: Fact
    source: Fact | None = None
    sure: bool = True
    count: int = 1

    @property
    def loopback(self) -> bool:
        return self.host.lower() in LOOPBACK or self.host.startswith("127.")

    @property
    def address(self) -> bool:
        """It is called by number."""
        return is_address(self.host)

    @property
    def evidence(self) -> tuple[Fact, ...]:
        return (self.fact,) if self.source is None else (self.fact, self.source)


def failing(scene: Scene, ref: Ref, *kinds: str) -> tuple[Call, ...]:
    """Of these kinds, or of all; what names its peer first. The same peer and port only once for each kind."""
    found: dict[tuple[str, str, int | None], Call] = {}
    for call in (*_told(scene, ref), *_nowhere(scene, ref), *_pending(scene, ref)):
        if not kinds or call.kind in kinds:
            found.setdefault((call.kind, call.host, call.port), call)
    return tuple(sorted(found.values(), key=lambda call: not call.sure))


def _told(scene: Scene, ref: Ref) -> Iterator[Call]:
    signals = scene.current(ref, *FAILED_CALLS)
    whom = {signal.fact.id: _whom(scene, ref, signal) for signal in signals}
    named = {signal.kind for signal in signals if whom[signal.fact.id][0] or _behind(scene, ref, signal)}
    for signal in signals:
        host, port = whom[signal.fact.id]
        if host:
            source = setting(scene, ref, host, port)
            if port is None and source is not None:
                port = _port(str(source.value).rpartition(":")[2])
            peer = scene.called(ref, host)
            if peer is not None and misled(scene, ref, host, peer) is not None:
                peer = None
            if peer is None and host.lower() in LOOPBACK:
                peer = landlord(scene, ref)
            if source is None and peer is not None:
                source = _by_name(scene, ref, peer, port)
            if peer is None:
                peer, source = _left(scene, ref, host, port) or (None, source)
            yield Call(signal.kind, host, port, peer, signal.fact, source, count=signal.count)
            continue
        for fact in _behind(scene, ref, signal):
            name, told = split(str(fact.value))
            peer = scene.called(ref, name)
            yield Call(signal.kind, name, told, peer, signal.fact, fact, count=signal.count)
        if signal.kind not in named:
            yield from _only_one(scene, ref, signal)
            for fact in _declared(scene, ref):
                name, told = split(str(fact.value))
                if port in (None, told):
                    peer = scene.called(ref, name) or (landlord(scene, ref) if name.lower() in LOOPBACK else None)
                    yield Call(signal.kind, name, told, peer, signal.fact, fact, sure=False, count=signal.count)


def _whom(scene: Scene, ref: Ref, signal: Signal) -> tuple[str, int | None]:
    """The host and the port that a line names; "" for none."""
    host, port = signal.values.get("host", ""), _port(signal.values.get("port", ""))
    if host or _behind(scene, ref, signal):
        return host, port
    found = neighbour(scene, ref, signal.text)
    return (found[0], port or found[1]) if found is not None else ("", port)


def _only_one(scene: Scene, ref: Ref, signal: Signal) -> Iterator[Call]:
    """The one that it is connected to, where it is told of nobody."""
    link = only_link(scene, ref)
    if link is not None and next(_declared(scene, ref), None) is None:
        yield Call(signal.kind, link.target_name, link.port, link.target, signal.fact, sure=False, count=signal.count)


def only_link(scene: Scene, ref: Ref) -> Link | None:
    """The link to the one container that it uses, if that is one alone."""
    links = [link for link in scene.uses(ref) if link.target is not None]
    return links[0] if len({link.target for link in links}) == 1 else None


def _nowhere(scene: Scene, ref: Ref) -> Iterator[Call]:
    """`Cannot assign requested address` of a client: `localhost` was tried as ::1 last, which a container without IPv6
    does not have. That 127.0.0.1 refused before is left out."""
    for signal in scene.current(ref, "address_unavailable"):
        local = [fact for fact in _declared(scene, ref) if split(str(fact.value))[0].lower() in LOOPBACK]
        if local and not BINDS.search(signal.text) and not scene.all(ref, "sysctl"):
            name, port = split(str(local[0].value))
            owner = landlord(scene, ref)
            yield Call("refused", name, port, owner, signal.fact, local[0], sure=len(local) == 1, count=signal.count)


def _by_name(scene: Scene, ref: Ref, peer: Ref, port: int | None) -> Fact | None:
    """The setting that names the peer with this port, where the line has its number only."""
    told = ((fact, split(str(fact.value))) for fact in _declared(scene, ref))
    return next((fact for fact, (name, its) in told if its == port and scene.called(ref, name) == peer), None)


def misled(scene: Scene, ref: Ref, host: str, peer: Ref) -> Fact | None:
    """What its own hosts file says of a name, if that is not an address of the container of that name."""
    told = scene.get(ref, "extra_host", host)
    return told if told is not None and str(told.value) not in scene.names(peer) else None


def landlord(scene: Scene, ref: Ref) -> Ref | None:
    """The container in whose network namespace it lives, as a sidecar does: its loopback is that one's."""
    kind, _, whose = scene.text(ref, "network_mode").partition(":")
    if kind != "container":
        return None
    known = (*scene.ids, *scene.peers)
    return next((peer for peer in known if peer != ref and whose in (peer.name, scene.ids.get(peer))), None)


def _left(scene: Scene, ref: Ref, host: str, port: int | None) -> tuple[Ref, Fact] | None:
    """The one that is called on this port by name and is down: one that is down, or between two runs of a loop, has no
    address, and a line that names the one it had says nothing of whose it was."""
    if port is None or not is_address(host):
        return None
    for fact in _declared(scene, ref):
        name, told = split(str(fact.value))
        peer = scene.called(ref, name) if told == port else None
        if peer is not None and not scene.alive(peer):
            return peer, fact
    return None


def is_address(host: str) -> bool:
    return host.count(".") == 3 and host.replace(".", "").isdigit()


def _behind(scene: Scene, ref: Ref, signal: Signal) -> tuple[Fact, ...]:
    """The addresses of those that a proxy calls `backend/server` in its log."""
    word = signal.values.get("value", "")
    found = scene.all(ref, "haproxy_server") if "/" in word else ()
    begins = word.removesuffix(NO_SERVER)
    return tuple(fact for fact in found if fact.key == word or (begins != word and fact.key.startswith(begins)))


def _pending(scene: Scene, ref: Ref) -> Iterator[Call]:
    """Connections that nobody answers: the packets go nowhere."""
    for fact in scene.all(ref, "connecting"):
        host, port = split(fact.key)
        if host and not host.startswith("127."):
            yield Call("timed_out", host, port, scene.called(ref, host), fact, setting(scene, ref, host, port))


def setting(scene: Scene, ref: Ref, host: str, port: int | None) -> Fact | None:
    """The variable, or the word of the command line, that names this host; the one with this port first."""
    word = host.lower().rstrip(".")
    facts = [fact for fact in _declared(scene, ref) if split(str(fact.value))[0].lower() == word]
    facts.sort(key=lambda fact: split(str(fact.value))[1] != port)
    return facts[0] if facts else None


def _declared(scene: Scene, ref: Ref) -> Iterator[Fact]:
    return (fact for name in DECLARED for fact in scene.all(ref, name))


def split(value: str) -> tuple[str, int | None]:
    """`host:port` or `host`; a URL's host and port."""
    host, colon, port = value.rpartition("://")[2].split("/")[0].rpartition(":")
    return (host.strip("[]"), int(port)) if colon and port.isdigit() else ((host + colon + port).strip("[]"), None)


def _port(text: str) -> int | None:
    return int(text) if text.isdigit() and 0 < int(text) < 65_536 else None


# -- listeners


@dataclass(frozen=True, slots=True)
class Listener:
    address: str
    port: int
    fact: Fact

    @property
    def loopback(self) -> bool:
        return self.address.startswith("127.") or self.address == "::1"


def listeners(scene: Scene, ref: Ref, port: int | None = None) -> tuple[Listener, ...]:
    """TCP listeners of a container, of one port only if one is given."""
    found = []
    for fact in scene.all(ref, "listener"):
        place, _, protocol = fact.key.rpartition("/")
        address, _, number = place.rpartition(":")
        if protocol == "tcp" and number.isdigit() and port in (None, int(number)):
            found.append(Listener(address, int(number), fact))
    return tuple(found)


def seen(scene: Scene, ref: Ref) -> Fact | None:
    """The fact that its sockets could be read, so that what is not among the listeners does not listen."""
    return scene.get(ref, "sockets_visible") if scene.flag(ref, "sockets_visible") else None


def networks(scene: Scene, ref: Ref) -> dict[str, Fact]:
    return {fact.key: fact for fact in scene.all(ref, "network")}


def shared(scene: Scene, one: Ref, other: Ref) -> frozenset[str]:
    return frozenset(networks(scene, one)) & frozenset(networks(scene, other))


def moved(scene: Scene, ref: Ref, call: Call) -> tuple[Ref, Fact] | None:
    """Where a number is called in one of its own networks that is nobody's there, or somebody's who does not listen:
    the one container there that listens on that port, and the caller's place on that network."""
    network = _network_of(scene, ref, call) if call.address else None
    if network is None or call.port is None:
        return None
    if call.peer is not None and (seen(scene, call.peer) is None or listeners(scene, call.peer, call.port)):
        return None
    meant = [
        peer
        for peer in scene.peers
        if peer not in (ref, call.peer)
        and network.key in networks(scene, peer)
        and any(not item.loopback for item in listeners(scene, peer, call.port))
    ]
    return (meant[0], network) if len(meant) == 1 else None


def _network_of(scene: Scene, ref: Ref, call: Call) -> Fact | None:
    """Which of its own networks the address belongs to."""
    try:
        address = ipaddress.ip_address(call.host)
    except ValueError:
        return None
    for fact in scene.all(ref, "network_subnet"):
        name = fact.key.partition("/")[0]
        if address in ipaddress.ip_network(str(fact.value), strict=False):
            return networks(scene, ref).get(name)
    return None
