"""Who uses whom, and how we know: the manifest, Compose labels, host names in the environment, in the command line, in
a proxy's configuration and in lines of the log about calls that failed, and connections that are open or were just now.

A shared network alone is weak evidence: it is told only where nothing better links the two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ergon_ops.engine.protocols import Connection, Container, Reads, Sockets
from ergon_ops.errors import ErgonError
from ergon_ops.facts import Group, Reading, reading
from ergon_ops.refs import Ref
from ergon_ops.topology.nodes import FAILED_CALLS, WORDS, Link, Node, node, split

__all__ = [
    "BLIND",
    "FAILED_CALLS",
    "GROUPS",
    "HOST_NAMES",
    "MOST_PEERS",
    "Link",
    "Node",
    "label",
    "links",
    "near",
    "node",
    "observed",
    "read_links",
    "readings",
    "said",
]

GROUPS: tuple[Group, ...] = ("identity", "networks", "config")
MOST_PEERS = 60
MOST_BESIDE = 12
HOST_NAMES = frozenset({"host.docker.internal", "gateway.docker.internal", "host.containers.internal"})
NOBODY = frozenset({"localhost", "0.0.0.0", "::", "::1"})
NO_NETWORKS = frozenset({"bridge", "host", "none"})
BLIND = Sockets(visible=False)


def links(ref: Ref, nodes: Sequence[Node], sockets: Sockets = BLIND) -> tuple[Link, ...]:
    """Every link of `ref`, both ways: what it uses, what uses it, then its mere neighbours. One link for each pair."""
    by_ref = {item.ref: item for item in nodes}
    me = by_ref.get(ref)
    if me is None:
        return ()
    found = [link for item in nodes for link in _said(item, nodes) if ref in (link.source, link.target)]
    found += _by_sockets(me, nodes, sockets)
    strong = _together(link for link in found if link.source != link.target)
    linked = {ref for link in strong for ref in (link.source, link.target)}
    return (*strong, *_beside(me, [item for item in nodes if item.ref not in linked | {ref}]))


def _said(item: Node, nodes: Sequence[Node]) -> Iterator[Link]:
    """What one container says it needs: by its manifest, its labels, its environment."""
    for name in item.needs:
        yield _link(item, name, None, "manifest", _named(item, name, nodes))
    for name in item.depends_on:
        yield _link(item, name, None, "compose depends_on", _named(item, name, nodes))
    for how, value in item.calls:
        host, port = split(value)
        target = None if _is_itself(item, host) else _called(item, host, port, nodes)
        if how == WORDS and target is not None and target.networks & item.networks:
            yield _link(item, host, port, "command", target)
        elif how != WORDS and not _is_itself(item, host):
            yield _link(item, host, port, how, target)
    if landlord := item.container.within:
        owner = next((other for other in nodes if other.container.id == landlord), None)
        yield _link(item, landlord[:12], None, "lives in its network", owner)
    for programs in item.hears:
        servers = [other for other in nodes if other.serves & programs and other.networks & item.networks]
        if len(servers) == 1 and not item.serves & programs:  # it can only be this one
            yield _link(item, servers[0].ref.name, None, "log", servers[0])


def observed(ref: Ref, nodes: Sequence[Node], sockets: Sockets) -> tuple[Link, ...]:
    """Of those links the ones that its connections show."""
    me = next((item for item in nodes if item.ref == ref), None)
    return () if me is None else _together(link for link in _by_sockets(me, nodes, sockets) if link.target is not None)


def _by_sockets(me: Node, nodes: Sequence[Node], sockets: Sockets) -> Iterator[Link]:
    for connection in sockets.connections:
        yield from _seen(me, connection, nodes)
    for connection in sockets.lately:
        yield from _seen(me, connection, nodes, how="called lately")


def _seen(me: Node, connection: Connection, nodes: Sequence[Node], how: str = "connection") -> Iterator[Link]:
    """What a connection tells; a peer that is no container here counts only if we call it."""
    address = connection.peer_address.removeprefix("::ffff:")
    if address.startswith("127.") or address in ("::1", "") or address in me.addresses:
        return
    peer = next((item for item in nodes if address in item.addresses), None)
    if connection.outgoing:
        port = connection.peer_port
        yield _link(me, address, port, f"{how} :{port}", peer)
    elif peer is not None:
        yield _link(peer, me.ref.name, connection.local_port, f"{how} :{connection.local_port}", me)


def _link(source: Node, name: str, port: int | None, how: str, target: Node | None) -> Link:
    if target is None:
        return Link(source.ref, name, None, how, port)
    called = how.startswith("env ") or how in ("command", "log", "nginx upstream")
    apart = called and not (source.networks & target.networks) and name not in target.addresses
    where = ", but no shared network" if apart and name not in HOST_NAMES else ""
    return Link(source.ref, label(target, beside=source), target.ref, how + where, port)


def label(target: Node, *, beside: Node) -> str:
    """What a neighbour is called: by its service within one Compose project, else by its container's name."""
    service = target.container.service
    return service if service and target.container.project == beside.container.project else target.ref.name


def _named(item: Node, name: str, nodes: Sequence[Node]) -> Node | None:
    """A service or manifest key within the same project, else a container of that very name."""
    word = name.lower()
    same = (other for other in nodes if other.container.project == item.container.project and word in other.names)
    return next(same, None) or next((other for other in nodes if other.ref.name.lower() == word), None)


def _called(item: Node, host: str, port: int | None, nodes: Sequence[Node]) -> Node | None:
    """Who answers to a host name here: on a shared network first, then anyone of that name or address."""
    word = host.lower()
    if word in HOST_NAMES:
        return next((o for o in nodes if any(p.host_port == port for p in o.container.ports)), None)
    others = (other for other in nodes if other.ref != item.ref)
    candidates = [other for other in others if word in other.names or host in other.addresses]
    near = [other for other in candidates if other.networks & item.networks]
    return next(iter(near or candidates), None)


def _is_itself(item: Node, host: str) -> bool:
    return {host, host.lower()} & {*item.names, *item.addresses, *NOBODY} != set() or host.startswith("127.")


def _together(found: Iterable[Link]) -> tuple[Link, ...]:
    """One link for each pair, with all its evidence in the order it was found."""
    pairs: dict[tuple[Ref, Ref | str], Link] = {}
    for link in found:
        key = (link.source, link.target or link.target_name)
        known = pairs.get(key)
        if known is None:
            pairs[key] = link
        elif link.how not in known.how.split(", "):
            how = f"{known.how}, {link.how}"
            pairs[key] = Link(link.source, known.target_name, link.target, how, known.port or link.port)
    return tuple(pairs.values())


def _beside(me: Node, others: Sequence[Node]) -> tuple[Link, ...]:
    found, mine = [], me.container
    for other in others:
        row, shared = other.container, sorted((me.networks & other.networks) - NO_NETWORKS)
        if shared and not (mine.service and (mine.project, mine.service) == (row.project, row.service)):
            how = f"shared network {shared[0]}"
            found.append(Link(me.ref, label(other, beside=me), other.ref, how, weak=True))
    return tuple(found[:MOST_BESIDE])


def readings(
    ref: Ref, found: Sequence[Link], *, at: float, source: str = "topology", names: Mapping[Ref, str] | None = None
) -> tuple[Reading, ...]:
    """`link`: key `uses db`, `used by api` or `beside cache`, value how we know. Replicas of a service are one row."""
    rows: dict[str, list[str]] = {}
    for link in found:
        if link.weak:
            key = f"beside {link.target_name}"
        elif link.source == ref:
            key = f"uses {link.target_name}"
        else:
            key = f"used by {(names or {}).get(link.source, link.source.name)}"
        value = link.how if link.target is not None else f"{link.how}; no container here"
        rows.setdefault(key, []).extend(part for part in value.split(", ") if part not in rows.get(key, []))
    return tuple(reading(ref, "link", ", ".join(how), key=key, at=at, source=source) for key, how in rows.items())


def near(ref: Ref, containers: Sequence[Container]) -> tuple[Container, ...]:
    """Who shares a network or a project with it: the others can only be reached by their published ports."""
    mine = [row for row in containers if row.ref == ref][:1]
    rows = (row for row in containers if row.ref != ref and row.ref.host == ref.host)
    return tuple(row for row in rows if mine and _near(mine[0], row))[:MOST_PEERS]


def said(nodes: Sequence[Node]) -> tuple[Link, ...]:
    """Every link that anybody declares: by manifest, labels, environment. One link for each pair."""
    return _together(link for item in nodes for link in _said(item, nodes) if link.source != link.target)


async def read_links(
    ref: Ref,
    containers: Sequence[Container],
    reads: Reads,
    *,
    needs: Callable[[Ref], Sequence[str]] = lambda _: (),
    at: float | None = None,
) -> tuple[Reading, ...]:
    """The `link` readings of one container, from the engine. A neighbour that vanishes meanwhile is left out."""
    mine = next((row for row in containers if row.ref == ref), None)
    if mine is None:
        return ()
    rows = [mine, *near(ref, containers)]
    sockets, known = await asyncio.gather(
        _sockets(mine, reads), asyncio.gather(*(_readings(row.ref, reads) for row in rows))
    )
    nodes = [node(row, found, needs=needs(row.ref)) for row, found in zip(rows, known, strict=True) if found]
    rest = [node(row) for row in containers if row.ref.host == ref.host and row not in rows]
    found = links(ref, [*nodes, *rest], sockets)
    me = nodes[0] if nodes else node(mine)
    names = {item.ref: label(item, beside=me) for item in nodes}
    when = at if at is not None else max((row.at for rows_ in known for row in rows_), default=mine.created_at)
    return readings(ref, found, at=when, source="api:inspect+proc:net", names=names)


def _near(mine: Container, row: Container) -> bool:
    one, other = ({*item.networks, item.id, item.within, f"project {item.project}"} for item in (mine, row))
    return bool((one & other) - {"", "project "})


async def _readings(ref: Ref, reads: Reads) -> tuple[Reading, ...]:
    try:
        return await reads.read(ref, GROUPS)
    except ErgonError:
        return ()


async def _sockets(row: Container, reads: Reads) -> Sockets:
    try:
        return await reads.sockets(row.ref) if row.running else BLIND
    except ErgonError:
        return BLIND
