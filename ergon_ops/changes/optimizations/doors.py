"""Ports and name servers: what a finding proves to be in the way, moved out of it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization
from ergon_ops.facts import Fact

ONLY_HERE = "127.0.0.1"
UNPRIVILEGED_START = "net.ipv4.ip_unprivileged_port_start"


def published(site: Site) -> list[dict[str, Any]]:
    """What is published now, as a patch says it: a patch takes the place of all of it."""
    found: list[dict[str, Any]] = []
    for fact in site.all("published_port"):
        place, _, protocol = fact.key.partition("/")
        address, _, host = place.rpartition(":")
        if host.isdigit() and isinstance(fact.value, int):
            row = {"container": fact.value, "host": int(host), "host_ip": address, "protocol": protocol or "tcp"}
            found.append(row)
    return found


def _number(site: Site, name: str) -> int:
    value = site.finding.details.get(name) if site.finding is not None else None
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else 0


@optimization(
    "PUBLISH",
    kinds=("recreate",),
    purpose="hygiene",
    source="docs.docker.com, publishing ports: on 127.0.0.1 unless others than this host shall reach it",
    formula="the port it listens on, at the same number of this host's own address",
    needs=("state", "ports", "sockets"),
    cures=("port_not_published",),
    only_cures=True,
)
def publish(site: Site) -> Iterator[Wish]:
    """Publish the port that an application listens on, for this host only."""
    port = _number(site, "port")
    if not port:
        return
    yield site.intent(
        "recreate",
        {"patch": {"ports": [*published(site), {"container": port, "host": port, "host_ip": ONLY_HERE}]}},
        rule="PUBLISH",
        why=site.all("listener")[:1],
        formula=f"{ONLY_HERE}:{port} leads to port {port}",
        note=f"Whoever shall reach it from elsewhere publishes {port}:{port}, behind a firewall. If another program has"
        f" port {port} of this host, the engine says so, and it is put back.",
        risk="medium",
    )


@optimization(
    "PORT",
    kinds=("recreate",),
    purpose="hygiene",
    source="ours: the port that its table of listeners proves",
    formula="the same port of the host, to the one that is listened on",
    needs=("state", "ports", "sockets"),
    cures=("wrong_target_port",),
    only_cures=True,
)
def right_target(site: Site) -> Iterator[Wish]:
    """Lead a published port to the one that the application listens on."""
    wrong, right, host = (_number(site, name) for name in ("target_port", "port", "host_port"))
    rows = published(site)
    moved = [row for row in rows if row["container"] == wrong and row["protocol"] == "tcp"]
    if not (wrong and right and moved):
        return
    for row in moved:
        row["container"] = right
    yield site.intent(
        "recreate",
        {"patch": {"ports": rows}},
        rule="PORT",
        why=site.all("published_port")[:1],
        formula=f"port {host or moved[0]['host']} of the host: {wrong} -> {right}",
        risk="medium",
    )


@optimization(
    "LOW-PORT",
    kinds=("recreate",),
    purpose="hygiene",
    source="kernel, ip-sysctl: below ip_unprivileged_port_start a port needs CAP_NET_BIND_SERVICE; engines set it to 0",
    formula="the lower of the setting and the port",
    needs=("state", "config"),
    cures=("privileged_port_denied",),
    only_cures=True,
)
def low_port(site: Site) -> Iterator[Wish]:
    """Let a plain user listen on the low port it wants, by the container's own kernel setting."""
    setting, port = site.fact("sysctl", UNPRIVILEGED_START), _number(site, "port")
    if setting is None:
        return
    yield site.intent(
        "recreate",
        {"patch": {"sysctls": {UNPRIVILEGED_START: str(port)}}},
        rule="LOW-PORT",
        why=(setting, site.fact("user")),
        formula=f"{UNPRIVILEGED_START}: {setting.value} -> {port}",
        note="A port above it, published as the low one, would do as well.",
        risk="medium",
    )


@optimization(
    "DNS",
    kinds=("recreate",),
    purpose="hygiene",
    source="docs.docker.com, DNS services: without --dns a container asks what its host asks",
    formula="the host's name servers",
    needs=("state", "networks"),
    cures=("upstream_dns_broken",),
    only_cures=True,
)
def hosts_servers(site: Site) -> Iterator[Wish]:
    """Ask the host's name servers in place of those it was given, which do not answer."""
    servers: tuple[Fact, ...] = (*site.all("dns_server"), *site.all("dns_option"))
    if not site.all("dns_server"):
        return
    given = ", ".join(str(fact.value) for fact in servers)
    yield site.intent(
        "recreate",
        {"patch": {"dns": {"servers": [], "options": []}}},
        rule="DNS",
        why=servers[:2],
        formula=f"{given} -> those of the host",
        note="Names that only the servers it was given know are not resolved any more.",
        risk="medium",
    )
