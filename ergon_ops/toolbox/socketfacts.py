"""Sockets as facts: who listens, who is connected, who was a moment ago."""

from __future__ import annotations

from ergon_ops.engine.protocols import Sockets
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref


def socket_readings(ref: Ref, sockets: Sockets, *, at: float) -> list[Reading]:
    found = []
    for item in sockets.listening:
        key = f"{item.address}:{item.port}/{item.protocol}"
        found.append(reading(ref, "listener", item.program, key=key, at=at, source=item.source))
        if item.waiting:
            found.append(reading(ref, "accept_queue", item.waiting, key=key, at=at, source=item.source))
        if item.waiting and item.backlog:
            found.append(reading(ref, "accept_backlog", item.backlog, key=key, at=at, source=item.source))
    outgoing = (
        ("connection", sockets.connections),
        ("connecting", sockets.connecting),
        ("connected_lately", sockets.lately),
    )
    for name, connections in outgoing:
        found += [
            reading(ref, name, each.count, key=f"{each.peer_address}:{each.peer_port}", at=at, source=sockets.source)
            for each in connections
            if each.outgoing
        ]
    for name, connections in (("client", sockets.connections), ("client_lately", sockets.lately)):
        found += [
            reading(
                ref, name, each.count, key=f"{each.local_port} from {each.peer_address}", at=at, source=sockets.source
            )
            for each in connections
            if not each.outgoing
        ]
    if sockets.overflows:
        source = "proc:net/netstat#ListenOverflows"
        found.append(reading(ref, "listen_overflows", sockets.overflows, at=at, source=source))
    if sockets.visible:
        found.append(reading(ref, "sockets_visible", True, at=at, source=sockets.source))
    return found
