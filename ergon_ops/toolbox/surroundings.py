"""The scene a rule looks at, made of what was read: nothing is asked of an engine here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from ergon_ops import topology
from ergon_ops.dataclass import dataclass
from ergon_ops.diagnosis import Scene
from ergon_ops.engine.protocols import Connection, Container, Sockets
from ergon_ops.facts import Ledger, Reading
from ergon_ops.refs import Ref
from ergon_ops.toolbox.sources import Sources
from ergon_ops.topology import Node

NAMING = (
    "alias", "network", "depends_on", "env_host", "command", "command_host", "nginx_upstream", "haproxy_server",
    "redis_master", "log_signal", "serving",
)  # fmt: skip


@dataclass(slots=True)
class Nodes:
    """Everyone as a node of the topology, made again only when more is known of it: among fifty containers each scene
    has fifty of them."""

    _made: dict[Ref, tuple[Container, int, Node]] = field(default_factory=dict)

    def of(self, row: Container, ledger: Ledger, sources: Sources) -> Node:
        known = self._made.get(row.ref)
        if known is not None and known[0] is row and known[1] == ledger.count(row.ref):
            return known[2]
        made = topology.node(row, _readings(ledger, row.ref), needs=sources.needs(row.ref))
        self._made[row.ref] = row, ledger.count(row.ref), made
        return made


def scene(
    ledger: Ledger, ref: Ref, near: Sequence[Container], sources: Sources, nodes_of: Nodes, whole: Sequence[Ref] = ()
) -> Scene:
    """`ref` among those near it. Others of the same host can be called by their published ports, and are peers too.
    `whole`: those whose sockets were read, so that their connections are links."""
    rows = [row for row in sources.inventory.containers if row.ref.host == ref.host]
    known = [ref, *(row.ref for row in near)]
    nodes = [nodes_of.of(row, ledger, sources) for row in rows]
    looked_at = dict.fromkeys((ref, *whole))
    seen = [topology.links(each, nodes, _sockets(ledger, each)) for each in looked_at]
    seen += [topology.observed(each, nodes, _sockets(ledger, each)) for each in known if each not in looked_at]
    links = tuple(dict.fromkeys((*(link for found in seen for link in found), *topology.said(nodes))))
    others = [row.ref for row in rows if row.ref not in known]
    return Scene(ledger, sources.clock(), links, (*known, *others), {row.ref: row.id for row in rows})


def _readings(ledger: Ledger, ref: Ref) -> list[Reading]:
    return [fact.reading for name in NAMING for fact in ledger.all(ref, name)]


def _sockets(ledger: Ledger, ref: Ref) -> Sockets:
    """Its connections, both ways, as facts tell them."""
    now = tuple(_connections(ledger, ref, "connection", "client"))
    lately = tuple(_connections(ledger, ref, "connected_lately", "client_lately"))
    return Sockets(visible=bool(now or lately), connections=now, lately=lately)


def _connections(ledger: Ledger, ref: Ref, opened: str, taken: str) -> Iterator[Connection]:
    for fact in ledger.all(ref, opened):
        address, _, port = fact.key.rpartition(":")
        if port.isdigit():
            yield Connection(0, address, int(port), True, int(fact.value) if isinstance(fact.value, int) else 1)
    for fact in ledger.all(ref, taken):
        port, _, address = fact.key.partition(" from ")
        if port.isdigit():
            yield Connection(int(port), address, 0, False, int(fact.value) if isinstance(fact.value, int) else 1)
