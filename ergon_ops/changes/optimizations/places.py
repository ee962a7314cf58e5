"""Networks, mounts and variables: what a finding names, put right where it names it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import MIB, Site, Wish, mib, optimization
from ergon_ops.proposals import Expect

NO_NAMES = ("bridge", "default", "none", "host")
HOST_ONLY = re.compile(r"(?:HOST|HOSTNAME|SERVER)$", re.IGNORECASE)  # such a variable holds a name and nothing else
FULL = 0.9
VERIFY_S = 15.0


@optimization(
    "CONNECT",
    kinds=("connect_network",),
    purpose="hygiene",
    source="docs.docker.com, user-defined networks: names are known on a network that both are on",
    formula="the network of the other one",
    needs=("state", "networks"),
    cures=("wrong_network", "default_bridge_no_dns", "network_none"),
    only_cures=True,
)
def connect(site: Site) -> Iterator[Wish]:
    """Connect a container to a network of the one it calls."""
    finding = site.finding
    if finding is None:
        return
    peer = str(finding.details.get("peer") or "")
    other = next((ref for ref in site.scene.peers if peer in (ref.short, ref.name)), None)
    theirs = site.scene.all(other, "network") if other is not None else ()
    mine = {fact.key for fact in site.all("network")}
    named = str(finding.details.get("network") or "")
    choice = [fact for fact in theirs if fact.key not in mine and fact.key not in NO_NAMES]
    chosen = next((fact for fact in choice if fact.key == named), choice[0] if choice else None)
    if chosen is None:
        yield site.withheld(
            "connect_network",
            f"{peer or 'nobody it calls'} is on no network that knows names",
            rule="CONNECT",
            next="docker network create, and connect both",
            why=site.all("network"),
        )
        return
    yield site.intent(
        "connect_network",
        {"network": chosen.key, "aliases": []},
        rule="CONNECT",
        why=(chosen, *site.all("network")),
        formula=f"{chosen.key}, where {peer} is; now {', '.join(sorted(mine)) or 'none'}",
    )


@optimization(
    "TMPFS",
    kinds=("recreate",),
    purpose="performance",
    source="ours: what fills a place in memory may fill it again, so it is doubled once",
    formula="size x 2",
    needs=("state", "mounts", "filesystem", "memory", "limits"),
    cures=("tmpfs_full",),
    only_cures=True,
)
def bigger_tmpfs(site: Site) -> Iterator[Wish]:
    """Double a tmpfs that is full; what is in it counts as the container's memory."""
    place = str((site.finding.details if site.finding else {}).get("mount") or "")
    size, ratio = site.fact("fs_size", place), site.fact("fs_used_ratio", place)
    if not place or size is None:
        return
    now = int(size.value or 0)
    target = max(MIB, 2 * now)
    limit = site.number("memory_limit")
    if limit is not None and target > limit / 2:
        yield site.withheld(
            "recreate",
            f"{mib(now)} x 2 = {mib(target)} is more than half of its memory limit of {mib(limit)}",
            rule="TMPFS",
            next="a volume instead, or a higher memory limit",
            why=(size, ratio),
        )
        return
    yield site.intent(
        "recreate",
        {"patch": {"mounts": [{"target": place, "type": "tmpfs", "size_bytes": target}]}},
        rule="TMPFS",
        why=(ratio, size),
        formula=f"{mib(now)} x 2 = {mib(target)}",
        note="What is in it now is lost with the container.",
        expect=Expect("fs_used_ratio", place, "<", FULL, VERIFY_S),
        risk="medium",
    )


@optimization(
    "ROFS",
    kinds=("recreate",),
    purpose="hygiene",
    source="docker-bench 5.13 and kube-linter want the root filesystem read-only: it stays so",
    formula="a tmpfs where it writes",
    needs=("state", "config", "mounts"),
    cures=("readonly_rootfs",),
    only_cures=True,
)
def writable_place(site: Site) -> Iterator[Wish]:
    """Mount a tmpfs where a program needs to write, under a root filesystem that stays read-only."""
    details = site.finding.details if site.finding else {}
    path = str(details.get("path") or "")
    folder = path.rstrip("/").rpartition("/")[0] if "." in path.rpartition("/")[2] else path.rstrip("/")
    if not folder.startswith("/") or folder.count("/") < 1 or len(folder) < 2:
        return
    yield site.intent(
        "recreate",
        {"patch": {"mounts": [{"target": folder, "type": "tmpfs", "size_bytes": 64 * MIB}]}},
        rule="ROFS",
        why=(site.fact("readonly_rootfs"),),
        formula=f"tmpfs of 64 MiB at {folder}",
        note=f"It hides what the image has in {folder}; other places may be needed too.",
        risk="medium",
    )


@optimization(
    "ENV",
    kinds=("recreate",),
    purpose="hygiene",
    source="ours: the value that the finding proves to be the right one",
    formula="the variable as it should be",
    needs=("state", "config"),
    cures=("env_wrong_value",),
    only_cures=True,
)
def right_value(site: Site) -> Iterator[Wish]:
    """Set a variable to the value that the peer it names really has."""
    details = site.finding.details if site.finding else {}
    key, value = str(details.get("env_key") or ""), details.get("expected")
    port, host = site.fact("env_port", key), site.fact("env_host", key)
    if port is not None and port.value == details.get("port"):
        whole = port  # the variable is the port and nothing else
    elif host is not None and host.value == details.get("host") and HOST_ONLY.search(key):
        whole = host
    else:
        return  # a part of a URL cannot be changed without its secret parts
    if not isinstance(value, int | str) or isinstance(value, bool):
        return
    yield site.intent(
        "recreate",
        {"patch": {"env": {key: str(value)}}},
        rule="ENV",
        why=(whole,),
        formula=f"{key}: {whole.value} -> {value}",
        risk="medium",
    )


@optimization(
    "WRITABLE",
    kinds=("recreate",),
    purpose="hygiene",
    source="ours: a program that must write there has no use for a mount that it cannot write to",
    formula="the same mount, writable",
    needs=("state", "mounts"),
    cures=("mount_readonly",),
    only_cures=True,
)
def writable_mount(site: Site) -> Iterator[Wish]:
    """Mount a folder or volume writable that the program was refused to write to."""
    place = str((site.finding.details if site.finding else {}).get("mount") or "")
    kind, source = site.fact("mount", place), site.fact("mount_source", place)
    kind_word, _, volume = str(kind.value if kind is not None else "").partition(" ")
    origin = volume if kind_word == "volume" else str(source.value) if source is not None else ""
    if kind_word not in ("volume", "bind") or not origin:
        return
    yield site.intent(
        "recreate",
        {"patch": {"mounts": [{"target": place, "type": kind_word, "source": origin, "read_only": False}]}},
        rule="WRITABLE",
        why=(site.fact("mount_writable", place), kind),
        formula=f"{origin} at {place}: read only -> writable",
        note="Somebody made it read-only: if that was meant, the program must write elsewhere.",
        risk="medium",
    )
