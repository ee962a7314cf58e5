"""Ports: published and listening, and why the two do not meet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.calls import Listener, failing, listeners, networks, seen
from ergon_ops.diagnosis.dependencies import NEEDS as CALLS
from ergon_ops.diagnosis.dependencies import PEERS
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import SETTLED_S, Scene
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "networks", "ports", "sockets", "services", "signals")
# What others use over a network of containers, and hardly ever anybody from outside.
BACKING = frozenset({3306, 5432, 6379, 11211, 27017, 9092, 2181, 5672, 4222, 9200, 26257, 8086})
ALLOCATED = re.compile(
    r"port is already allocated|(?:listen|bind)\b.*address already in use|failed to bind host port|bind for .* failed"
)
PRIVILEGED = 1024
WELL_KNOWN = 80
UNPRIVILEGED_START = "net.ipv4.ip_unprivileged_port_start"


def published(scene: Scene, ref: Ref) -> dict[int, Fact]:
    """TCP ports inside that are published on the host, each with one of its facts."""
    return {
        int(fact.value): fact
        for fact in scene.all(ref, "published_port")
        if isinstance(fact.value, int) and fact.key.endswith("/tcp")
    }


def _settled(scene: Scene, ref: Ref) -> bool:
    return scene.running(ref) and not scene.relapsing(ref) and (scene.number(ref, "uptime") or 0.0) >= SETTLED_S


@rule("bound_to_loopback", severity="critical", needs=(*NEEDS, *CALLS), peers=PEERS, details=("port", "listen_address"),
      tier="T2", over=("dependency_refusing", "healthcheck_failing_app"))  # fmt: skip
def bound_to_loopback(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A port that others shall reach is listened on, but on the loopback address only.

    From outside it looks like a wrong port (reset by peer, refused): only the table of listeners tells.
    """
    if _settled(scene, ref):
        for port, fact in published(scene, ref).items():
            if (inner := _only_inside(scene, ref, port)) is not None:
                yield Conclusion(
                    summary=f"Port {port} is published, but {_program(inner)} listens on {inner.address} only:"
                    " nobody outside the container can reach it.",
                    evidence=(inner.fact, fact),
                    details={"port": port, "listen_address": inner.address, "host_port": _host_port(fact)},
                )
    for call in failing(scene, ref, "refused"):
        peer = call.peer
        if peer is None or peer == ref or call.loopback or call.port is None or not scene.running(peer):
            continue
        if (inner := _only_inside(scene, peer, call.port)) is not None:
            yield Conclusion(
                summary=f"{peer.short} listens on {inner.address}:{call.port} only, so {ref.short} is refused.",
                evidence=(inner.fact, call.fact),
                details={"port": call.port, "listen_address": inner.address, "peer": peer.short},
                about=peer,
                victims=(ref,),
            )


def _only_inside(scene: Scene, ref: Ref, port: int) -> Listener | None:
    found = listeners(scene, ref, port)
    return found[0] if found and all(item.loopback for item in found) else None


def _host_port(fact: Fact) -> int:
    number = fact.key.rpartition(":")[2].partition("/")[0]
    return int(number) if number.isdigit() else 0


def _program(listener: Listener) -> str:
    return str(listener.fact.value) if listener.fact.value else "its program"


@rule("wrong_target_port", severity="critical", needs=NEEDS, details=("target_port", "port"), tier="T2",
      over=("port_not_published",), fixes=("recreate",))  # fmt: skip
def wrong_target_port(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A port is published to one that nothing listens on, while the application listens on another, unpublished one."""
    visible = seen(scene, ref)
    if not _settled(scene, ref) or visible is None:
        return
    wanted = published(scene, ref)
    free = [item for item in listeners(scene, ref) if item.port not in wanted and not item.loopback]
    for port, fact in wanted.items():
        if listeners(scene, ref, port) or not free or any(listeners(scene, ref, other) for other in wanted):
            continue
        found = free[0]
        yield Conclusion(
            summary=f"Port {_host_port(fact)} of the host leads to port {port}, where nothing listens;"
            f" {_program(found)} listens on port {found.port}.",
            evidence=(found.fact, fact, visible),
            details={"target_port": port, "port": found.port, "host_port": _host_port(fact)},
        )


@rule("port_not_published", severity="warning", needs=(*NEEDS, "identity"), details=("port",), tier="T2",
      fixes=("recreate",))  # fmt: skip
def port_not_published(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The application listens on a port that its image exposes, but nothing is published and no container uses it.

    Databases, caches and queues serve other containers, and what somebody here calls is reached: neither is meant.
    """
    if not _settled(scene, ref) or scene.all(ref, "published_port") or scene.all(ref, "port_binding"):
        return
    if "host" in networks(scene, ref) or not networks(scene, ref) or scene.users(ref) or scene.incoming(ref):
        return
    exposed = {fact.value: fact for fact in scene.all(ref, "exposed_port") if fact.key.endswith("/tcp")}
    everything = scene.get(ref, "publish_all")
    if everything is not None and (
        open_port := next((item for item in listeners(scene, ref) if not item.loopback), None)
    ):
        yield Conclusion(
            summary=f"{_program(open_port)} listens on port {open_port.port}, and -P publishes what is exposed: that"
            " port is not, so nothing of the host leads there.".replace("its program", "The application", 1),
            evidence=(open_port.fact, everything),
            details={"port": open_port.port},
        )
        return
    for item in listeners(scene, ref):
        fact = exposed.get(item.port)
        if fact is None or item.port in BACKING or item.loopback:
            continue
        mode = scene.get(ref, "network_mode")
        yield Conclusion(
            summary=f"{_program(item)} listens on port {item.port}, but no port is published on the host: nobody"
            " outside can reach it, and no container here calls it.".replace("its program", "The application", 1),
            evidence=(item.fact, fact, *((mode,) if mode else ())),
            details={"port": item.port},
        )


@rule("host_port_conflict", severity="critical", needs=("state", "ports", "config"), details=("host_port",), tier="T1",
      fixes=("recreate",))  # fmt: skip
def host_port_conflict(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The engine could not start it: somebody else holds the port of the host that it shall publish."""
    error = scene.get(ref, "start_error")
    if error is None or scene.running(ref) or not ALLOCATED.search(str(error.value)):
        return
    bindings = {_host_port(fact): fact for fact in scene.all(ref, "port_binding")}
    holders = {_host_port(fact): fact for fact in scene.all(ref, "port_holder")}
    named = [port for port in bindings if port and re.search(rf":{port}\b", str(error.value))]
    for port in named or [port for port in bindings if port in holders] or list(bindings)[:1]:
        kind, _, name = str(holders[port].value).partition(" ") if port in holders else ("", "", "")
        by = {"container": f" by the container {name}", "process": f" by a program of the host, {name}"}.get(kind, "")
        yield Conclusion(
            summary=f"Port {port} of the host is already taken{by}, so it could not be started.",
            evidence=(error, bindings[port], *((holders[port],) if port in holders else ())),
            details={"host_port": port, **({"peer": name} if kind == "container" else {}), **_process(kind, name)},
        )


def _process(kind: str, name: str) -> dict[str, str]:
    return {"service": name} if kind == "process" else {}


@rule("address_in_use", severity="critical", needs=NEEDS, details=("port",), tier="T2", over=("crash_loop",))
def address_in_use(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A program in the container could not listen: the port is taken by another one in the same network namespace."""
    for signal in scene.current(ref, "address_in_use"):
        port = int(signal.values.get("port", "0") or 0) or _only_port(scene, ref)
        if scene.well(ref) and not scene.troubled(ref):
            continue
        holder = next(iter(listeners(scene, ref, port)), None) if port else None
        mode = scene.get(ref, "network_mode")
        shares = mode is not None and str(mode.value).startswith(("host", "container:"))
        if holder is None and not shares and not scene.ended(ref):
            continue
        by = f": {_program(holder)} listens there" if holder else ""
        where = " in the network that is shared" if shares else ""
        which = f"Port {port}" if port else "A port of its own"
        yield Conclusion(
            summary=f"{which} is already in use{where}{by}, so a program could not listen on it.",
            evidence=(signal.fact, *((holder.fact,) if holder else ()), *((mode,) if mode else ())),
            details={"port": port or None},
        )


def _only_port(scene: Scene, ref: Ref) -> int:
    """Python and others name no port in that error: the one that its command, or what it exposes, tells of; else 0."""
    told = [fact.value for name in ("exposed_port", "port_binding") for fact in scene.all(ref, name)]
    named = re.findall(r"(?<![\w.])(\d{2,5})(?![\w.])", scene.text(ref, "command"))
    ports = {int(port) for port in (*told, *named) if isinstance(port, int | str)} - {0}
    fitting = [port for port in ports if WELL_KNOWN <= port < 65_536]
    return fitting[0] if len(fitting) == 1 else 0


@rule("privileged_port_denied", severity="critical", needs=("state", "config", "signals", "networks", "ports"),
      details=("port", "user"), tier="T2", over=("crash_loop", "permission_denied_nonroot"),
      fixes=("recreate",))  # fmt: skip
def privileged_port_denied(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A user without rights may not listen on a low port: the kernel setting that would let it was raised.

    Engines since 20.10 set `ip_unprivileged_port_start` to 0, so that without that sysctl the classic advice is wrong.
    """
    setting, user = scene.get(ref, "sysctl", UNPRIVILEGED_START), scene.get(ref, "user")
    for signal in _denied(scene, ref):
        start = _start(setting)
        port = int(signal.values.get("port", "0") or 0) or _low_port(scene, ref, start or PRIVILEGED)
        if port >= (start or PRIVILEGED) or not (setting or "host" in networks(scene, ref)):
            continue
        who = str(user.value) if user is not None and user.value else "root"
        at = f"port {port}" if port else "a low port"
        limit = f" below {start}" if start else ""
        yield Conclusion(
            summary=f"User {who} may not listen on {at}: ports{limit} need the capability NET_BIND_SERVICE.",
            evidence=(signal.fact, *((setting,) if setting else ()), *((user,) if user else ())),
            details={
                "port": port or None,
                "user": who,
                "setting": UNPRIVILEGED_START,
                **({"value": start} if start else {}),
            },
        )


def _denied(scene: Scene, ref: Ref) -> tuple[Signal, ...]:
    """Lines that say so; of Python the error that follows a call of `bind`, which names neither file nor port."""
    bare = [item for item in scene.current(ref, "exception") if item.values.get("value") == "PermissionError"]
    in_bind = bare and scene.current(ref, "binding") and not scene.current(ref, "permission_denied")
    return scene.current(ref, "bind_denied") or (tuple(bare) if in_bind else ())


def _low_port(scene: Scene, ref: Ref, start: int) -> int:
    """The port below `start` that it exposes, publishes or names in its command; 0 if none does."""
    told = [fact.value for name in ("exposed_port", "port_binding") for fact in scene.all(ref, name)]
    named = re.findall(r"(?<![\w.])(\d{2,3})(?![\w.])", scene.text(ref, "command"))
    ports = [int(port) for port in (*told, *named) if isinstance(port, int | str)]
    return next((port for port in ports if 0 < port < start), 0)


def _start(setting: Fact | None) -> int | None:
    text = str(setting.value) if setting is not None else ""
    return int(text) if text.isdigit() else None


@rule("accept_backlog_overflow", severity="critical", needs=NEEDS, details=("port",), tier="T2",
      over=("healthcheck_failing_app", "healthcheck_timeout", "dependency_slow", "dependency_unhealthy"))  # fmt: skip
def accept_backlog_overflow(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The queue of connections that wait to be accepted is full, and calls were lost: the program does not accept them.

    The queue is read now; ListenOverflows counts since the start and only confirms it.
    """
    lost = scene.get(ref, "listen_overflows")
    for queue in scene.all(ref, "accept_queue"):
        room = scene.get(ref, "accept_backlog", queue.key)
        waiting = scene.number(ref, "accept_queue", queue.key) or 0.0
        if lost is None or not lost.value or (room is not None and waiting < float(room.value or 0)):
            continue
        port = int(queue.key.rpartition(":")[2].partition("/")[0])
        most = f" of at most {room.value}" if room is not None else ""
        listener = scene.get(ref, "listener", queue.key)
        yield Conclusion(
            summary=f"{waiting:.0f} connections{most} wait on port {port} and nobody accepts them; calls are lost.",
            evidence=tuple(fact for fact in (lost, queue, room, listener) if fact is not None),
            details={"port": port, "count": waiting},
        )
