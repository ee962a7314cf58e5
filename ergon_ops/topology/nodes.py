"""A container as others may know it, and what it says of hosts that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container
from ergon_ops.facts import Reading
from ergon_ops.refs import Ref

FAILED_CALLS = frozenset({"dns_failed", "refused", "timed_out", "unreachable"})
SPEAKERS = {"redis": frozenset({"redis", "valkey", "keydb"}), "pg": frozenset({"postgres"})}
# A host and its port; without one only a name like `orders-db`, since a plain word may be any: `worker`.
NAMED = re.compile(r"(?<!\S)(?:([A-Za-z][\w.-]*) (\d{2,5})|([A-Za-z]\w*-[\w-]*\w))(?!\S)")
WORDS = "command words"
# Facts whose value is a host, and how we know then.
PLAIN = {
    "env_host": "env {}",
    "command_host": "command",
    "haproxy_server": "haproxy server",
    "redis_master": "redis replica",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One container as others may know it, and what it says it needs; `calls`: how we know of a host, and the host or
    `host:port`; `serves`: its programs; `hears`: programs whose refusals stand in its log (`SPEAKERS`)."""

    container: Container
    names: frozenset[str]
    addresses: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    depends_on: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    serves: frozenset[str] = frozenset()
    hears: tuple[frozenset[str], ...] = ()

    @property
    def ref(self) -> Ref:
        return self.container.ref


@dataclass(frozen=True, slots=True)
class Link:
    """`source` uses `target`; a target outside of what we see is None and has only the name it is called by.

    `how` is the evidence; `weak` links are mere neighbours on a network, without a direction.
    """

    source: Ref
    target_name: str
    target: Ref | None
    how: str
    port: int | None = None
    weak: bool = False


def node(container: Container, readings: Iterable[Reading] = (), *, needs: Sequence[str] = ()) -> Node:
    """From the row of the list and the readings of `GROUPS` (none: what the row says must do)."""
    rows = list(readings)
    kinds = [row.key.partition("_")[0] for row in rows if row.name == "log_signal"]
    own = {container.ref.name, container.service, container.manifest_key, container.id[:12]}
    own |= {str(row.value) for row in rows if row.name == "alias"}
    addresses = {str(row.value).split("/")[0] for row in rows if row.name == "network" and row.value}
    return Node(
        container,
        frozenset(name.lower() for name in own if name),
        frozenset(addresses),
        frozenset({row.key for row in rows if row.name == "network"} | set(container.networks)),
        tuple(row.key for row in rows if row.name == "depends_on"),
        tuple(needs),
        _calls(rows),
        frozenset(row.key.partition(":")[0] for row in rows if row.name == "serving"),
        tuple(dict.fromkeys(SPEAKERS[kind] for kind in kinds if kind in SPEAKERS)),
    )


def _calls(rows: Sequence[Reading]) -> tuple[tuple[str, str], ...]:
    """What the readings tell of hosts that are called. A proxy's `location` may name a group of its upstreams."""
    said = "\n".join(str(row.value) for row in rows if row.name == "command")
    found = dict.fromkeys(call for row in rows if (call := _call(row)) is not None)
    found |= dict.fromkeys((WORDS, ":".join(filter(None, words))) for words in NAMED.findall(said))
    groups = {row.key.partition("/")[0] for row in rows if row.name == "nginx_upstream" and "/" in row.key}
    return tuple((how, host) for how, host in found if how != "nginx upstream" or split(host)[0] not in groups)


def _call(row: Reading) -> tuple[str, str] | None:
    """How a reading tells of a host that is called, and that host."""
    value = str(row.value)
    if row.name in PLAIN:
        return PLAIN[row.name].format(row.key), value
    if row.name == "nginx_upstream":
        return "nginx upstream", value.rpartition("://")[2].split("/")[0]
    kind = row.key.partition(" ")[0]
    if row.name == "log_signal" and (kind in {*FAILED_CALLS, "reset"} or kind.partition("_")[0] in SPEAKERS):
        named = dict(part.partition("=")[::2] for part in row.key.split(" ")[1:])
        host, port = named.get("host", ""), named.get("port", "")
        return ("log", f"{host}:{port}" if port else host) if host else None
    return None


def split(value: str) -> tuple[str, int | None]:
    host, colon, port = value.rpartition(":")
    return (host.strip("[]"), int(port)) if colon and port.isdigit() else (value, None)
