"""Answers that are errors: somebody is reached, speaks, and says no. Whose mistake that is, the status tells: the
client's credentials or address, its pace, or the server itself; a proxy in between; another protocol than is spoken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ergon_ops.diagnosis.calls import LOOPBACK, Call, failing, listeners, misled, seen, setting, shared, split
from ergon_ops.diagnosis.dependencies import NEEDS, PEERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import present
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

OFTEN = 3
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
UNPROXIED = ("NO_PROXY", "no_proxy")
REMEMBERED_S = 600.0  # redis says so once a minute at most, PostgreSQL of each one


class Answer(NamedTuple):
    """`at_server`: the one that answers has to mend it, and what is wrong inside it, or behind it, is told instead.
    `apart`: so many lines of its log are there between two of them at most, or most of its calls are answered well."""

    cause: str
    kind: str
    what: str
    sentence: str
    at_server: bool = False
    apart: int = 30


# fmt: off
ANSWERS = (
    Answer("dependency_denied", "http_denied", "A container that it calls refuses its credentials (401, 403).",
           "{peer} answers it with {value}: the credentials that it gives are missing, wrong or not enough."),
    Answer("dependency_path_missing", "http_missing", "A container that it calls lacks the page that it wants (404).",
           "{peer} answers it with {value}: it has no page {page}, which is asked for."),
    Answer("dependency_rate_limited", "http_limited", "A container that it calls wants to be asked less often (429).",
           "{peer} answers it with {value}: it asks more often than it may.", apart=6),
    Answer("dependency_erroring", "http_failed", "A container that it calls answers with an error of its own (5xx).",
           "{peer} answers {ref} with {value}.", at_server=True),
)
# fmt: on


def _function(answer: Answer) -> Callable[[Scene, Ref], Iterator[Conclusion]]:
    def concluded(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
        for signal, peer in answered(scene, ref, answer.kind):
            if signal.apart > answer.apart:
                continue
            if not scene.running(peer) or (_proxy(scene, ref, peer) is not None and not answer.at_server):
                continue
            word, page = signal.values.get("port", ""), signal.values.get("page", "/")
            source = setting(scene, ref, signal.values["host"], int(word) if word.isdigit() else None)
            count = scene.get(ref, "log_signal_count", signal.fact.key)
            yield Conclusion(
                summary=answer.sentence.format(peer=peer.short, ref=ref.short, page=page, **_only_value(signal)),
                evidence=(signal.fact, *present(source, count, scene.get(peer, "state"))),
                details={
                    "host": signal.values["host"],
                    "value": int(signal.values["value"]),
                    "peer": peer.short,
                    **({"port": int(word)} if word.isdigit() else {}),
                    **({"path": page} if answer.kind == "http_missing" else {}),
                    **({"env_key": source.key} if source is not None and source.name == "env_host" else {}),
                },
                about=peer if answer.at_server else None,
                victims=(ref,) if answer.at_server else (),
            )
            return

    concluded.__doc__ = answer.what
    return concluded


def _only_value(signal: Signal) -> dict[str, str]:
    return {"value": signal.values["value"]}


def answered(scene: Scene, ref: Ref, kind: str) -> Iterator[tuple[Signal, Ref]]:
    """Said again and again of a container here, and now."""
    for signal in scene.signals(ref, kind):
        host = signal.values.get("host", "")
        peer = scene.called(ref, host)
        if peer is None or signal.count < OFTEN or misled(scene, ref, host, peer) is not None:
            continue
        if (
            len([other for other in scene.peers if host.lower() in scene.names(other) and shared(scene, ref, other)])
            > 1
        ):
            continue  # who of them answers so, nobody knows
        if scene.ongoing(ref, signal):
            yield signal, peer


for _answer in ANSWERS:
    rule(
        _answer.cause,
        severity="warning",
        needs=NEEDS,
        peers=PEERS,
        details=("peer", "host", "value"),
        tier="T3",
        relay=_answer.at_server,
    )(_function(_answer))


# -- proxies


def _proxies(scene: Scene, ref: Ref) -> tuple[Fact, ...]:
    return tuple(fact for fact in scene.all(ref, "env_host") if fact.key.upper() in PROXIES)


def _proxy(scene: Scene, ref: Ref, peer: Ref) -> Fact | None:
    """The variable by which its requests go through a proxy that is somebody else, and none is excepted."""
    if any(scene.get(ref, "env_key", key) is not None for key in UNPROXIED):
        return None
    told = ((fact, scene.called(ref, split(str(fact.value))[0])) for fact in _proxies(scene, ref))
    return next((fact for fact, proxy in told if proxy != peer), None)


@rule("proxy_unreachable", severity="critical", needs=NEEDS, peers=PEERS, details=("env_key", "host"), tier="T2",
      over=("unknown_host", "env_wrong_value", "upstream_dns_broken", "wrong_network"),
      fixes=("recreate",))  # fmt: skip
def proxy_unreachable(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A variable names a proxy that nobody here is, or that cannot be reached.

    A client tells the proxy's failure as its own, often without a name: then nothing else that it calls may explain it.
    """
    for fact in _proxies(scene, ref):
        host = split(str(fact.value))[0]
        peer = scene.called(ref, host)
        if peer is not None and scene.running(peer):
            continue
        for call in failing(scene, ref):
            named = call.sure and call.host.lower() == host.lower()
            unnamed = not call.sure and call.kind == "dns_failed" and _all_found(scene, ref, fact)
            own = call.loopback and call.kind == "refused" and call.source == fact
            if own and (call.port is None or seen(scene, ref) is None or listeners(scene, ref, call.port)):
                continue
            unnamed = unnamed or (own and not call.sure) or _refused_in_between(scene, ref, call, fact)
            if named or unnamed or _known(scene, ref, call):
                yield Conclusion(
                    summary=f"{fact.key} sends its requests through {host}, which cannot be reached.",
                    evidence=(fact, call.fact),
                    details={"env_key": fact.key, "host": host},
                )
                return


def _refused_in_between(scene: Scene, ref: Ref, call: Call, proxy: Fact) -> bool:
    """The one that is called by name takes calls on that port, and a proxy in this very container does not: nobody but
    the proxy refused."""
    host, port = split(str(proxy.value))
    peer = call.peer if call.sure and call.kind == "refused" else None
    if peer is None or not scene.running(peer) or _proxy(scene, ref, peer) is None or not shared(scene, ref, peer):
        return False
    takes = [item for item in listeners(scene, peer, call.port) if not item.loopback]
    alone = host.lower() in LOOPBACK or host.startswith("127.")
    return bool(takes) and alone and seen(scene, ref) is not None and not listeners(scene, ref, port)


def _known(scene: Scene, ref: Ref, call: Call) -> bool:
    """The name that was not found is one that its network knows: somebody else was asked for."""
    peer = scene.called(ref, call.host) if call.sure and call.kind == "dns_failed" else None
    return peer is not None and scene.running(peer) and bool(shared(scene, ref, peer))


def _all_found(scene: Scene, ref: Ref, proxy: Fact) -> bool:
    """All else that its settings name runs here, on a network of its own: those names are known."""
    others = [fact for fact in scene.all(ref, "env_host") if fact.key.upper() not in PROXIES]
    peers = [scene.called(ref, split(str(fact.value))[0]) for fact in others]
    return bool(peers) and all(peer is not None and scene.running(peer) and shared(scene, ref, peer) for peer in peers)


@rule("proxy_in_the_way", severity="warning", needs=NEEDS, peers=PEERS, details=("env_key", "peer", "value"), tier="T3",
      over=("dependency_denied", "dependency_path_missing", "dependency_erroring"), fixes=("recreate",))  # fmt: skip
def proxy_in_the_way(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """What it asks of a container on its own network goes through a proxy, which answers with an error.

    A variable names the proxy, and NO_PROXY is not set.
    """
    for kind in ("http_denied", "http_missing", "http_failed"):
        for signal, peer in answered(scene, ref, kind):
            fact = _proxy(scene, ref, peer)
            if fact is None or not shared(scene, ref, peer):
                continue
            value = int(signal.values["value"])
            yield Conclusion(
                summary=f"What it asks of {peer.short}, on its own network, goes through the proxy of {fact.key}, which"
                f" answers with {value}: NO_PROXY excepts nobody.",
                evidence=(fact, signal.fact),
                details={"env_key": fact.key, "peer": peer.short, "value": value},
            )
            return


# -- another protocol


@rule("wrong_protocol", severity="critical", needs=NEEDS, peers=PEERS, details=("peer", "port"), tier="T3",
      over=("dependency_refusing", "dependency_slow", "dependency_unhealthy"), fixes=("recreate",))  # fmt: skip
def wrong_protocol(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It speaks HTTP, or something else, to a redis or PostgreSQL, which says so in its log and hangs up.

    Source: redis networking.c, securityWarningCommand; PostgreSQL postmaster.c, ProcessStartupPacket.
    """
    cut = next((item for item in scene.current(ref, "cut_off", "reset") if item.count >= OFTEN), None)
    for link in scene.uses(ref) if cut is not None else ():
        peer = link.target
        strange = scene.signals(peer, "redis_http", "pg_strange") if peer is not None else ()
        recent = next((item for item in strange if item.at and scene.now - item.at <= REMEMBERED_S), None)
        if peer is None or recent is None or cut is None:
            continue
        source = setting(scene, ref, link.target_name, link.port)
        port = link.port or next((item.port for item in listeners(scene, peer)), None)
        told = {"env_key": source.key} if source is not None and source.name == "env_host" else {}
        yield Conclusion(
            summary=f"It speaks another protocol to {peer.short} than that one does, which hangs up on it.",
            evidence=(recent.fact, cut.fact, *present(source)),
            details={"peer": peer.short, "port": port, **told},
        )
        return
