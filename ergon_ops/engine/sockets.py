"""Which sockets of a network namespace are this container's, and who holds them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence

from ergon_ops.engine import netns, procfs
from ergon_ops.engine.cgroup import Cgroup
from ergon_ops.engine.kernelfiles import KernelFiles
from ergon_ops.engine.netns import Raw
from ergon_ops.engine.protocols import Connection, Socket, Sockets

ENGINE_DNS = "127.0.0.11"
EPHEMERAL = range(32_768, 61_000)
MOST_ASKED = 4


def of_container(files: KernelFiles, group: Cgroup, *, connections: bool, declared: Collection[int]) -> Sockets:
    """Sockets that somebody else holds in the same namespace (the engine's DNS, a container that shares it, the host
    with `network: host`) are left out; where that cannot be told on the host's network, nothing is visible."""
    found = _raw(files, group, connections=connections)
    if found is None:
        return Sockets(visible=False)
    pid, raw, source = found
    listening = [item for item in raw if _listens(item, declared)]
    established = [item for item in raw if item.state == netns.ESTABLISHED and item.protocol == "tcp"]
    connecting = [item for item in raw if item.state == netns.CONNECTING and item.protocol == "tcp"]
    # Nobody holds those any more, so that they are this container's only where the namespace is.
    lately = [item for item in raw if item.state == netns.TIME_WAIT and item.protocol == "tcp"]
    pids = sorted(procfs.pids(files, group))
    holders, all_seen = netns.owners(files, pids, [item.inode for item in listening])
    on_host = procfs.on_host_network(files, pid)
    if on_host and not all_seen:
        return Sockets(visible=False, source=source)
    own = [item for item in listening if item.inode in holders] if all_seen else listening
    if on_host or len(own) < len(listening):
        holding, _ = netns.owners(files, pids, [item.inode for item in (*established, *connecting)])
        established = [item for item in established if item.inode in holding]
        connecting = [item for item in connecting if item.inode in holding]
        lately = []
    listening = own
    return Sockets(
        visible=True,
        listening=_sockets(files, listening, holders, source),
        connections=_connections(established, {item.port for item in listening}),
        source=source,
        connecting=_connections(connecting, set()),
        lately=_connections(lately, {item.port for item in listening}),
        overflows=None if on_host else procfs.listen_overflows(files, pid),
    )


def _raw(files: KernelFiles, group: Cgroup, *, connections: bool) -> tuple[int, tuple[Raw, ...], str] | None:
    """By which process, what is in its namespace, and the source. A process that ends meanwhile (a healthcheck's may be
    the first of all) gives nothing: then another one is asked."""
    for pid in dict.fromkeys((procfs.first_pid(files, group), *procfs.pids(files, group)[:MOST_ASKED])):
        if not pid:
            continue
        raw, source = netns.by_kernel(files, pid, connections=connections), f"sock_diag:{pid}"
        if raw is None:
            raw, source = netns.by_text(files, pid, connections=connections), f"proc:{pid}/net"
        if raw is not None:
            return pid, raw, source
        stat = files.read(f"/proc/{pid}/stat")
        if stat and b") Z" not in stat:
            return None  # it lives: whatever is in the way is in the way of the next one too
    return None


def on_host(files: KernelFiles, ports: Collection[int]) -> dict[int, str]:
    """Port → `nginx 4711`, of TCP listeners of our own network namespace; `an unseen program` as an ordinary user."""
    raw = netns.by_kernel(files, os.getpid(), connections=False) or netns.by_text(files, os.getpid(), connections=False)
    items = [item for item in raw or () if item.port in ports and item.state == netns.LISTEN]
    pids = sorted(int(name) for name in files.listing("/proc") or () if name.isdigit())
    holders, _ = netns.owners(files, pids, [item.inode for item in items])
    found = {}
    for item in items:
        pid = holders.get(item.inode, 0)
        process = procfs.process_of(files, pid, 0.0) if pid else None
        found[item.port] = f"{process.name} {pid}" if process else "an unseen program"
    return found


def _listens(item: Raw, declared: Collection[int]) -> bool:
    if item.address == ENGINE_DNS or not item.port:
        return False
    if item.protocol == "tcp":
        return item.state == netns.LISTEN
    return item.state == netns.CLOSED and (item.port not in EPHEMERAL or item.port in declared)


def _sockets(files: KernelFiles, items: Sequence[Raw], holders: dict[int, int], source: str) -> tuple[Socket, ...]:
    names: dict[int, str] = {}
    found: dict[tuple[str, int, str], Socket] = {}
    for item in items:
        pid = holders.get(item.inode, 0)
        if pid and pid not in names:
            process = procfs.process_of(files, pid, 0.0)
            names[pid] = process.name if process else ""
        key = (item.address, item.port, item.protocol)
        # SO_REUSEPORT: several processes, one address; the first is named.
        program = names.get(pid, "")
        found.setdefault(key, Socket(*key, pid, program, source, item.waiting, item.backlog))
    return tuple(sorted(found.values(), key=lambda socket: (socket.port, socket.protocol, socket.address)))


def _connections(items: Sequence[Raw], ports: set[int]) -> tuple[Connection, ...]:
    """A connection to a port we listen on came in; any other we made."""
    grouped = Counter(
        (item.port, item.peer_address, 0, False) if item.port in ports else (0, item.peer_address, item.peer_port, True)
        for item in items
    )
    return tuple(Connection(*key, count=count) for key, count in sorted(grouped.items()))
