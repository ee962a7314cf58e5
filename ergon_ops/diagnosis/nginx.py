"""nginx: upstreams that are down, slow or unknown, and connections that are too few."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis.calls import failing, moved
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import ONGOING_S, Scene
from ergon_ops.diagnosis.servers import ending, exit_code, present
from ergon_ops.events import epoch
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import told
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("identity", "state", "config", "networks", "signals", "services", "sockets", "probes")
PEERS: tuple[Group, ...] = ("identity", "state", "networks", "config", "services", "sockets", "probes")
QUEUE = "accept_queue"
COMING_UP_S = 60.0
LOOPBACK = ("localhost", "::1", "unix")


@dataclass(frozen=True, slots=True)
class Said:
    """A line of nginx, from the container's log or from a file of its own: what it names, and the fact that has it."""

    kind: str
    host: str
    port: str
    values: dict[str, str]
    fact: Fact

    @property
    def inside(self) -> bool:
        """The upstream is in the same container."""
        return self.host in LOOPBACK or self.host.startswith("127.")

    @property
    def at(self) -> str:
        """Its socket's file, or host and port."""
        return self.values.get("path") or f"{self.host}:{self.port or 80}"


def lines(scene: Scene, ref: Ref, *kinds: str) -> tuple[Said, ...]:
    """Said within a minute, or by one that is not well; each upstream once."""
    found: dict[tuple[str, str, str], Said] = {}
    for signal in scene.current(ref, *kinds):
        said = _made(signal.kind, dict(signal.values), signal.fact)
        found.setdefault((said.kind, said.host, said.port), said)
    for fact in scene.all(ref, "nginx_error"):
        if scene.now - epoch(fact.key) <= ONGOING_S:
            for kind, values in told(str(fact.value)):
                if kind in kinds:
                    said = _made(kind, values, fact)
                    found.setdefault((said.kind, said.host, said.port), said)
    return tuple(found.values())


def _made(kind: str, values: dict[str, str], fact: Fact) -> Said:
    return Said(kind, values.get("host", "").strip("[]"), values.get("port", ""), values, fact)


def _upstream(scene: Scene, ref: Ref, said: Said) -> tuple[Fact, ...]:
    """What its configuration says of this upstream: by host, else by port, else the only one there is."""
    facts = scene.all(ref, "nginx_upstream")
    fitting = [fact for fact in facts if said.host and said.host in str(fact.value)]
    fitting = fitting or [fact for fact in facts if said.port and str(fact.value).rstrip("/").endswith(f":{said.port}")]
    return tuple(fitting or facts)[:1] if fitting or len(facts) == 1 else ()


def _listeners(scene: Scene, ref: Ref) -> list[int]:
    """TCP ports it listens on."""
    keys = (fact.key for fact in scene.all(ref, "listener") if fact.key.endswith("/tcp"))
    return sorted({int(key.rpartition("/")[0].rpartition(":")[2]) for key in keys})


def _where(said: Said) -> dict[str, object]:
    return {"host": said.host, **({"port": int(said.port)} if said.port.isdigit() else {})}


@rule(
    "nginx_502_upstream_down",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("host",),
    tier="T2",
    over=("dependency_refusing",),
    relay=True,
)
def nginx_502_upstream_down(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """nginx answers 502: nothing listens at the upstream that it is told to use.

    Told of the upstream's container where it runs and listens on nothing; of nginx itself where the upstream is in the
    same container, no container at all, or one that listens on another port: then its configuration points wrong.
    """
    for said in lines(scene, ref, "nginx_refused", "nginx_closed"):
        peer = None if said.inside else _called(scene, ref, said)
        if _astray(scene, ref, said) or (peer is not None and not scene.running(peer)):
            continue  # told as such: a stale address, or of the one that stopped
        ports = _listeners(scene, peer or ref)
        wanted = int(said.port) if said.port.isdigit() else 80
        seen = scene.known(peer or ref, "listener")
        if seen and wanted in ports and said.kind == "nginx_refused" and "path" not in said.values:
            continue  # it listens again
        if said.inside and _comes_up(scene, ref):
            continue
        silent = peer is not None and seen is False and bool(scene.all(peer, "state"))
        at = f"{peer.short}:{said.port or 80}" if peer else said.at
        other = f"; it listens on {', '.join(map(str, ports))}" if peer is not None and ports else ""
        end = "closes the connection" if said.kind == "nginx_closed" else "refuses"
        yield Conclusion(
            summary=f"nginx answers 502 Bad Gateway: its upstream {at} {end}{other}.",
            evidence=(said.fact, *_upstream(scene, ref, said), *_proof(scene, peer or ref)),
            details={**_where(said), "value": 502, "service": "nginx", **({"peer": peer.short} if peer else {})},
            about=peer if silent else None,
            victims=(ref,) if silent else (),
        )


def _astray(scene: Scene, ref: Ref, said: Said) -> bool:
    """It still calls the address that its upstream had when nginx looked it up."""
    calls = (call for call in failing(scene, ref) if (call.host, str(call.port or "")) == (said.host, said.port))
    return any(moved(scene, ref, call) is not None for call in calls)


def _called(scene: Scene, ref: Ref, said: Said) -> Ref | None:
    """Whose the upstream is: as its line names it, or as the configuration does what has no address any more."""
    same = (call.peer for call in failing(scene, ref) if (call.host, str(call.port or "")) == (said.host, said.port))
    return scene.called(ref, said.host) or next((peer for peer in same if peer is not None), None)


def _comes_up(scene: Scene, ref: Ref) -> bool:
    """Just started, with a program beside nginx that runs and does not listen yet."""
    up = scene.number(ref, "uptime")
    idle = any(row.value == "running" and ":" not in row.key for row in scene.all(ref, "serving"))
    return up is not None and up < COMING_UP_S and idle


def _proof(scene: Scene, ref: Ref) -> tuple[Fact, ...]:
    listener = next(iter(scene.all(ref, "listener")), None)
    down = next((row for row in scene.all(ref, "serving") if row.value == "down"), None)
    return present(down, listener, scene.get(ref, "state"))


@rule(
    "nginx_504_upstream_slow",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("host",),
    tier="T3",
    over=("dependency_slow", "single_worker_blocked"),
    relay=True,
)
def nginx_504_upstream_slow(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """nginx answers 504: its upstream takes the request and does not answer in time.

    Told of the upstream's container, which is the slow one; of nginx where the upstream is inside, or no container.
    """
    for said in lines(scene, ref, "nginx_slow"):
        peer = None if said.inside else scene.called(ref, said.host)
        if _astray(scene, ref, said) or (peer is not None and not scene.running(peer)):
            continue
        patience = next((fact for fact in scene.all(ref, "nginx_timeout") if fact.key.endswith("_read_timeout")), None)
        waits = (
            f" within {patience.value:g} s" if patience is not None and isinstance(patience.value, float | int) else ""
        )
        at = f"{peer.short}:{said.port or 80}" if peer else said.at
        queue = next((fact for fact in scene.all(peer or ref, QUEUE) if fact.value), None)
        yield Conclusion(
            summary=f"nginx answers 504 Gateway Timeout: its upstream {at} does not answer{waits}.",
            evidence=(said.fact, *_upstream(scene, ref, said), *present(patience, queue), *_proof(scene, peer or ref)),
            details={**_where(said), "value": 504, "service": "nginx", **({"peer": peer.short} if peer else {})},
            about=peer,
            victims=(ref,) if peer is not None else (),
        )


@rule(
    "nginx_upstream_unresolvable",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("host",),
    tier="T2",
    over=("unknown_host", "env_wrong_value"),
)
def nginx_upstream_unresolvable(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """nginx does not start, or answers 502: a host name among its upstreams is that of nobody.

    Where a container has that name, what keeps the name from being found (stopped, another network) is told instead.
    """
    for said in lines(scene, ref, "nginx_unresolved"):
        if not said.host or scene.called(ref, said.host) is not None:
            continue
        path, code = said.values.get("path", ""), exit_code(scene, ref)
        where = f" (in {path})" if path else ""
        down = scene.ended(ref)
        yield Conclusion(
            summary=f"{'nginx does not start' if down else 'nginx finds no upstream'}: the host {said.host}, which its"
            f" configuration names{where}, is not known.",
            evidence=(said.fact, *ending(scene, ref), *_upstream(scene, ref, said), *present(scene.get(ref, "state"))),
            details={
                **_where(said),
                "service": "nginx",
                **({"path": path} if path else {}),
                **({"exit_code": code} if down and code else {}),
            },
        )


@rule(
    "nginx_worker_connections",
    severity="critical",
    needs=NEEDS,
    details=("service", "setting"),
    tier="T2",
    fixes=("app_setting",),
)
def nginx_worker_connections(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """nginx has not the connections that its clients and upstreams need: worker_connections is too small."""
    for said in lines(scene, ref, "nginx_workers")[:1]:
        told_of = scene.get(ref, "nginx_worker_connections")
        value = told_of.value if told_of is not None else said.values.get("value")
        number = int(str(value)) if str(value or "").isdigit() else None
        yield Conclusion(
            summary=f"nginx has not connections enough: worker_connections{f' is {number}' if number else ''}.",
            evidence=(said.fact, *present(told_of, scene.get(ref, "nginx_dropped"), scene.get(ref, "state"))),
            details={
                "service": "nginx",
                "setting": "worker_connections",
                **({"value": number} if number is not None else {}),
            },
        )


@rule("nginx_body_too_large", severity="warning", needs=NEEDS, details=("setting",), tier="T1")
def nginx_body_too_large(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """nginx answers 413: clients send larger bodies than client_max_body_size (1 MB where nothing is said)."""
    for said in lines(scene, ref, "nginx_body_too_large")[:1]:
        yield Conclusion(
            summary="nginx refuses bodies of requests that are larger than its client_max_body_size.",
            evidence=(said.fact, *present(scene.get(ref, "nginx_config"))),
            details={"service": "nginx", "setting": "client_max_body_size"},
        )


@rule("nginx_header_too_big", severity="warning", needs=NEEDS, details=("setting",), tier="T1")
def nginx_header_too_big(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """nginx answers 502: its upstream sends a larger header than proxy_buffer_size."""
    for said in lines(scene, ref, "nginx_header_too_big")[:1]:
        yield Conclusion(
            summary="nginx answers 502 Bad Gateway: its upstream sends a larger header than proxy_buffer_size.",
            evidence=(said.fact, *_upstream(scene, ref, said)),
            details={**_where(said), "value": 502, "service": "nginx", "setting": "proxy_buffer_size"},
        )
