"""Sockets of a container: a thread enters its network namespace and asks the kernel (sock_diag) for listeners only.

That takes 0.1 ms where /proc/PID/net/tcp takes 5: the text files walk the host's whole table of connections. Entering
needs CAP_SYS_ADMIN; without it, and on a recorded tree, the text files are read. Nothing runs inside the container.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from threading import Thread
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.kernelfiles import KernelFiles

ESTABLISHED, CONNECTING, TIME_WAIT, CLOSED, LISTEN = 1, 2, 6, 7, 10
MOST_LATELY = 2_000  # a busy server has tens of thousands of those
DEADLINE_S = 1.0
NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, DUMP_REQUEST = 4, 20, 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
CLONE_NEWNET = 0x40000000
HEADER = struct.Struct("=IHHII")
REQUEST = struct.Struct("=BBBxI48x")
MESSAGE = struct.Struct("=BBBB2s2s16s16s4x8xIIIII")
FAMILIES = (socket.AF_INET, socket.AF_INET6)


@dataclass(frozen=True, slots=True)
class Raw:
    """One socket of the namespace. `inode` 0: the kernel's own, or a closing connection. Of a listener: `waiting` are
    connections that nobody has accepted yet, `backlog` how many may wait (0 where the kernel does not say)."""

    protocol: str
    state: int
    address: str
    port: int
    peer_address: str
    peer_port: int
    inode: int
    waiting: int = 0
    backlog: int = 0


def by_kernel(files: KernelFiles, pid: int, *, connections: bool) -> tuple[Raw, ...] | None:
    """None where the namespace cannot be entered, or the kernel has no sock_diag."""
    if files.root:
        return None
    found: list[Raw] | None = None

    def ask() -> None:
        nonlocal found
        try:
            with open(f"/proc/{pid}/ns/net", "rb") as namespace:
                enter(namespace.fileno())
            found = list(_ask(connections))
        except OSError:
            found = None

    # setns moves only the thread that calls it, so this one must never serve anybody else.
    worker = Thread(target=ask, name="netns", daemon=True)
    worker.start()
    worker.join(DEADLINE_S)
    return None if worker.is_alive() or found is None else tuple(found)


def enter(handle: int) -> None:
    """Move the calling thread into a network namespace. Python has `os.setns` from 3.12 on."""
    libc = _libc()
    if libc.setns(handle, CLONE_NEWNET) != 0:
        import ctypes

        raise OSError(ctypes.get_errno(), "setns")


@cache
def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _ask(connections: bool) -> Iterator[Raw]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as netlink:
        netlink.settimeout(DEADLINE_S)
        for family in FAMILIES:
            yield from _dump(netlink, family, socket.IPPROTO_TCP, 1 << LISTEN)
            yield from _dump(netlink, family, socket.IPPROTO_UDP, 1 << CLOSED)
            if connections:
                yield from _dump(netlink, family, socket.IPPROTO_TCP, 1 << ESTABLISHED | 1 << CONNECTING)
    for family in FAMILIES if connections else ():
        # On a socket of its own: what is left unread of such a list would be the answer to the next question.
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as netlink:
            netlink.settimeout(DEADLINE_S)
            yield from islice(_dump(netlink, family, socket.IPPROTO_TCP, 1 << TIME_WAIT), MOST_LATELY)


def _dump(netlink: socket.socket, family: int, protocol: int, states: int) -> Iterator[Raw]:
    request = REQUEST.pack(family, protocol, 0, states)
    netlink.send(HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, DUMP_REQUEST, 1, 0) + request)
    name = "tcp" if protocol == socket.IPPROTO_TCP else "udp"
    while True:
        data = memoryview(netlink.recv(65_536))
        while len(data) >= HEADER.size:
            length, kind, _, _, _ = HEADER.unpack_from(data)
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                code = struct.unpack_from("=i", data, HEADER.size)[0]
                raise OSError(-code, "sock_diag")
            yield _raw(data[HEADER.size : length], name)
            data = data[(length + 3) & ~3 :]


def _raw(body: memoryview, protocol: str) -> Raw:
    family, state, _, _, port, peer_port, address, peer, _, queue, room, _, inode = MESSAGE.unpack_from(body)
    listens = state == LISTEN
    width = 4 if family == socket.AF_INET else 16
    return Raw(
        protocol=protocol,
        state=state,
        address=readable(address[:width]),
        port=int.from_bytes(port, "big"),
        peer_address=readable(peer[:width]),
        peer_port=int.from_bytes(peer_port, "big"),
        inode=inode,
        waiting=queue if listens else 0,
        backlog=room if listens else 0,
    )


def by_text(files: KernelFiles, pid: int, *, connections: bool) -> tuple[Raw, ...] | None:
    """From /proc/PID/net, which any user may read; None if even that is closed."""
    found: list[Raw] = []
    seen = False
    for name in ("tcp", "tcp6", "udp", "udp6"):
        text = files.text(f"/proc/{pid}/net/{name}")
        seen = seen or text is not None
        found.extend(_rows(text or "", name[:3], connections))
    return tuple(found) if seen else None


def _rows(text: str, protocol: str, connections: bool) -> Iterator[Raw]:
    open_or_lately = {LISTEN, ESTABLISHED, CONNECTING, TIME_WAIT}
    wanted = {CLOSED} if protocol == "udp" else open_or_lately if connections else {LISTEN}
    for line in text.splitlines()[1:]:
        fields = line.split(maxsplit=10)
        if len(fields) < 10 or int(fields[3], 16) not in wanted:
            continue
        address, _, port = fields[1].partition(":")
        peer, _, peer_port = fields[2].partition(":")
        queue = int(fields[4].partition(":")[2] or "0", 16) if int(fields[3], 16) == LISTEN else 0
        yield Raw(
            protocol=protocol,
            state=int(fields[3], 16),
            address=_unhex(address),
            port=int(port, 16),
            peer_address=_unhex(peer),
            peer_port=int(peer_port, 16),
            inode=int(fields[9]),
            waiting=queue,
        )


def _unhex(text: str) -> str:
    """The kernel prints addresses as words in its own byte order."""
    words = struct.pack(f"={len(text) // 8}I", *(int(text[at : at + 8], 16) for at in range(0, len(text), 8)))
    return readable(words)


def readable(address: bytes) -> str:
    """Dotted or colon notation; an IPv4 address inside IPv6 is shown as IPv4."""
    if len(address) == 16 and address[:12] == b"\0" * 10 + b"\xff\xff":
        address = address[12:]
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def owners(files: KernelFiles, pids: Iterable[int], inodes: Iterable[int]) -> tuple[dict[int, int], bool]:
    """Socket inode → pid of the process that holds it, and whether every process let us look.

    Looking stops as soon as all are found.
    """
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[int, int] = {}
    all_seen = True
    for pid in pids:
        if not wanted:
            break
        handles = files.listing(f"/proc/{pid}/fd")
        if handles is None:
            all_seen = all_seen and not files.inode(f"/proc/{pid}")
        for handle in handles or ():
            inode = wanted.pop(files.link(f"/proc/{pid}/fd/{handle}") or "", None)
            if inode is not None:
                found[inode] = pid
    return found, all_seen
