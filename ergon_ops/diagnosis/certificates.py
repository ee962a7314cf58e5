"""Certificates: a server that is reached, and with which TLS comes to nothing. The client's log says why, in the words
of its language; one table of what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ergon_ops.diagnosis.calls import DECLARED, only_link, setting, split
from ergon_ops.diagnosis.dependencies import NEEDS, PEERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, present
from ergon_ops.facts import Fact
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

OFTEN = 2


class Failure(NamedTuple):
    """`at_server`: the server has to mend it, if it is one of the containers here."""

    cause: str
    kind: str
    what: str
    sentence: str
    at_server: bool = False


# fmt: off
FAILURES = (
    Failure("tls_certificate_expired", "tls_expired", "The certificate that a server shows has expired.",
            "The certificate of {at} has expired: TLS with it fails.", at_server=True),
    Failure("tls_certificate_not_yet_valid", "tls_not_yet",
            "A certificate is not valid yet by the clock of the client: it is new, or the clock is wrong.",
            "The certificate of {at} is not valid yet by this host's clock: TLS with it fails."),
    Failure("tls_certificate_untrusted", "tls_untrusted",
            "A client does not trust who signed the certificate of its server: itself, or a CA that it does not know.",
            "The certificate of {at} is signed by nobody that it trusts: TLS with it fails."),
    Failure("tls_name_mismatch", "tls_name", "A server is called by a name that is not in its certificate.",
            "The certificate of {at} is not for the name that is called: TLS with it fails."),
    Failure("tls_to_plain_port", "tls_plain", "TLS is spoken to a port that does not speak it.",
            "TLS is spoken to {at}, which does not speak it on that port."),
    Failure("plain_to_tls_port", "tls_wanted", "A port that speaks TLS is called without it.",
            "{at} speaks TLS on that port, and is called without it."),
)
# fmt: on


def _function(failure: Failure) -> Callable[[Scene, Ref], Iterator[Conclusion]]:
    def concluded(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
        signal = next((item for item in scene.current(ref, failure.kind) if _matters(scene, ref, item)), None)
        if signal is None:
            return
        peer, host, port, source = _server(scene, ref, signal)
        if failure.at_server and not host and any(scene.current(user, failure.kind) for user in scene.users(ref)):
            return  # it repeats what its client told it, whose own log says it of this one
        at = f"{peer.short if peer else host}{f':{port}' if port else ''}" if peer or host else "its server"
        details = {"host": host, "port": port, "peer": peer.short if peer else None}
        state = scene.get(peer, "state") if peer is not None else None
        there = failure.at_server and peer is not None
        yield Conclusion(
            summary=failure.sentence.format(at=at),
            evidence=(signal.fact, *present(source, state), *ending(scene, ref)),
            details={key: value for key, value in details.items() if value},
            about=peer if there else None,
            victims=(ref,) if there else (),
        )

    concluded.__doc__ = failure.what
    return concluded


def _matters(scene: Scene, ref: Ref, signal: Signal) -> bool:
    """It ended of it, or meets it again and again."""
    return scene.troubled(ref) or signal.count >= OFTEN


def _server(scene: Scene, ref: Ref, signal: Signal) -> tuple[Ref | None, str, int | None, Fact | None]:
    """Who is called: as the line names it, else the only one that its settings do, or, where they name nobody, that it
    has been connected to."""
    host, word = signal.values.get("host", ""), signal.values.get("port", "")
    port = int(word) if word.isdigit() else None
    if host:
        return scene.called(ref, host), host, port, setting(scene, ref, host, port)
    told = [fact for name in DECLARED for fact in scene.all(ref, name)]
    if not told and (link := only_link(scene, ref)) is not None:
        return link.target, link.target_name, link.port, None
    if len({str(fact.value) for fact in told}) != 1:
        return None, "", None, None
    host, port = split(str(told[0].value))
    return scene.called(ref, host), host, port, told[0]


for _failure in FAILURES:
    rule(
        _failure.cause,
        severity="critical",
        needs=NEEDS,
        peers=PEERS,
        details=(),
        tier="T3",
        over=("crash_loop", "restart_policy_absent", "dependency_unhealthy", "dependency_erroring"),
    )(_function(_failure))
