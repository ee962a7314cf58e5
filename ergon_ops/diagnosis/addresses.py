"""Two containers that answer to one name, and addresses that are somebody else's by now, or nobody's."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.calls import failing, moved, networks, setting
from ergon_ops.diagnosis.dependencies import NEEDS, PEERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref
from ergon_ops.topology import FAILED_CALLS

# Whoever is at the wrong address may answer, and not with what is wanted.
ANSWERS = ("http_denied", "http_missing", "http_limited", "http_failed", "http_error", "cut_off", "reset")


@rule("alias_collision", severity="critical", needs=(*NEEDS, "identity"), peers=PEERS,
      details=("alias", "network", "peer"), tier="T2", over=("dependency_refusing", "dependency_slow"),
      fixes=("recreate",))  # fmt: skip
def alias_collision(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Two containers of different kinds have one name on one network, and somebody uses that name.

    The engine's DNS gives both addresses, in turn: some calls go astray. Replicas of one service share a name on
    purpose; what tells them is the same image and command.
    """
    for alias in scene.all(ref, "alias"):
        network, name = alias.key.partition("/")[0], str(alias.value).lower()
        for peer in scene.peers:
            twin = scene.get(peer, "alias", f"{network}/{alias.value}")
            if peer == ref or twin is None or not (scene.running(ref) and scene.running(peer)):
                continue
            users = {user: told for user in scene.peers if (told := _named(scene, user, name)) is not None}
            users = {user: told for user, told in users.items() if user not in (ref, peer)}
            if not users or _replicas(scene, ref, peer):
                continue
            stranger, owner = _stranger(scene, (ref, alias), (peer, twin), name)
            fact, other = (alias, twin) if stranger == ref else (twin, alias)
            user, told = next(iter(users.items()))
            yield Conclusion(
                summary=f"{stranger.short} and {owner.short} both have the name {alias.value} on {network}: calls of"
                f" {user.short} go to either.",
                evidence=(fact, other, told, *networks(scene, stranger).values()),
                details={"alias": str(alias.value), "network": network, "peer": owner.short},
                about=stranger,
                victims=tuple(users),
            )


def _named(scene: Scene, ref: Ref, name: str) -> Fact | None:
    """What says that it calls this name: a setting, or a line of its log."""
    told = setting(scene, ref, name, None)
    if told is not None:
        return told
    said = (item.fact for item in scene.current(ref) if item.values.get("host", "").lower().rstrip(".") == name)
    return next(said, None)


def twins(scene: Scene, ref: Ref, name: str) -> tuple[Ref, ...]:
    """Those of different kinds that all answer when `ref` calls this name; none where only one does."""
    mine, word = {fact.key for fact in scene.all(ref, "network")}, name.lower().rstrip(".")
    having = [
        peer
        for peer in scene.peers
        if peer != ref and scene.running(peer) and any(_has(fact, mine, word) for fact in scene.all(peer, "alias"))
    ]
    alike = all(_replicas(scene, having[0], other) for other in having[1:])
    return () if alike else tuple(having)


def _has(alias: Fact, networks: set[str], name: str) -> bool:
    return str(alias.value).lower() == name and alias.key.partition("/")[0] in networks


def _replicas(scene: Scene, one: Ref, other: Ref) -> bool:
    """The same image and command; also where that is not known."""
    pairs = [(scene.text(one, name), scene.text(other, name)) for name in ("image_id", "command")]
    return all(mine == its for mine, its in pairs) or not all(mine and its for mine, its in pairs)


def _stranger(scene: Scene, one: tuple[Ref, Fact], other: tuple[Ref, Fact], name: str) -> tuple[Ref, Ref]:
    """Who of the two should not have the name, then whose it is: not his whose own name or service it is, else not the
    older one's."""
    refs = [one[0], other[0]]
    refs.sort(key=lambda ref: (name in (ref.name.lower(), scene.text(ref, "service").lower()), _age(scene, ref)))
    return refs[0], refs[1]


def _age(scene: Scene, ref: Ref) -> float:
    """Less for the newer one."""
    return -(scene.number(ref, "created_at") or 0.0)


@rule("extra_hosts_wrong", severity="critical", needs=NEEDS, peers=PEERS, details=("host", "value", "peer"), tier="T2",
      over=("wrong_network", "stale_ip", "dependency_refusing", "env_wrong_value"), fixes=("recreate",))  # fmt: skip
def extra_hosts_wrong(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """Its own hosts file (ExtraHosts) gives another address to a name that a running container on its network has.

    /etc/hosts comes before the engine's DNS: the name leads there whatever that one knows.
    """
    complaints = [*failing(scene, ref, "refused", "timed_out", "unreachable", "dns_failed")]
    said = [call.fact for call in complaints] or [item.fact for item in scene.current(ref, *FAILED_CALLS, *ANSWERS)]
    for told in scene.all(ref, "extra_host") if said else ():
        peer = scene.called(ref, told.key)
        places = networks(scene, peer) if peer is not None else {}
        theirs = {name: fact for name, fact in places.items() if name in networks(scene, ref)}
        if peer is None or not theirs or not scene.running(peer) or told.value in {f.value for f in places.values()}:
            continue
        sure = {call.host.lower() for call in complaints if call.sure}
        if sure and not sure & {told.key.lower(), str(told.value), ""}:
            continue
        yield Conclusion(
            summary=f"Its hosts file gives {told.key} the address {told.value}; {peer.short}, which has that name here,"
            f" has {next(iter(theirs.values())).value}.",
            evidence=(told, said[0], *theirs.values()),
            details={"host": told.key, "value": told.value, "peer": peer.short},
        )
        return


@rule("stale_ip", severity="critical", needs=NEEDS, peers=PEERS, details=("host",), tier="T2",
      over=("wrong_network", "env_wrong_value"), fixes=("recreate",))  # fmt: skip
def stale_ip(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A number is called in a network of its own that is nobody's there, while another container has what is meant.

    Addresses are given anew at each start: one that was written down, or looked up once, is soon somebody else's.
    """
    for call in failing(scene, ref, "refused", "timed_out", "unreachable"):
        astray = moved(scene, ref, call)
        if astray is None:
            continue
        meant, network = astray
        whose = f"is {call.peer.short}'s" if call.peer is not None else "is nobody's"
        here = networks(scene, meant)[network.key]
        named = {"env_key": call.source.key} if call.source is not None and call.source.name == "env_host" else {}
        yield Conclusion(
            summary=f"The address {call.host}, which is called on port {call.port}, {whose} on {network.key};"
            f" {meant.short}, which listens on that port, has {here.value}.",
            evidence=(call.fact, here, *call.evidence[1:], network),
            details={"host": call.host, "port": call.port, "expected": str(here.value), "peer": meant.short,
                     "network": network.key, **named},
        )  # fmt: skip
