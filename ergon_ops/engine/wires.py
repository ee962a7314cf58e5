"""Sockets of a container, as readers tell them."""

from __future__ import annotations

from ergon_ops.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Socket:
    """A listening socket. `pid` is 0 where its owner cannot be seen (then `program` may still be known). `waiting`:
    connections that nobody has accepted yet, of at most `backlog` (0 where the kernel does not say)."""

    address: str
    port: int
    protocol: str = "tcp"
    pid: int = 0
    program: str = ""
    source: str = ""
    waiting: int = 0
    backlog: int = 0

    @property
    def loopback(self) -> bool:
        return self.address.startswith("127.") or self.address == "::1"


@dataclass(frozen=True, slots=True)
class Connection:
    """Established, seen from inside the container's network namespace; `outgoing` if we called.

    Grouped by the side that is named: `local_port` is 0 if we called, `peer_port` is 0 if we were called.
    """

    local_port: int
    peer_address: str
    peer_port: int
    outgoing: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Sockets:
    """`visible` false: the namespace cannot be read here; then ports are *declared*, not *listening*. `connecting`:
    calls not answered yet. `lately`: those that this side closed within the last minute. `overflows`: calls lost to
    full queues since the start; None on the host's network."""

    visible: bool
    listening: tuple[Socket, ...] = ()
    connections: tuple[Connection, ...] = ()
    source: str = ""
    connecting: tuple[Connection, ...] = ()
    overflows: int | None = None
    lately: tuple[Connection, ...] = ()
