"""Replicas that have lost their master, or never had it: they serve old data, or nobody at all."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import complaints, concerned, present, servers, victims
from ergon_ops.facts import Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "networks", "signals", "services", "probes")
PEERS: tuple[Group, ...] = ("identity", "state", "networks", "config", "services", "probes")
OFTEN = 3


@rule(
    "redis_replica_cut_off",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("service", "peer"),
    tier="T3",
    relay=True,
)
def redis_replica_cut_off(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A redis that is a replica is not in sync with its master, and its readers or its own log say so.

    Its INFO says `master_link_status:down`, which it does while it first loads the master's data as well: then
    `master_sync_in_progress` is 1. Where `replica-serve-stale-data` is no, its readers are told MASTERDOWN. Why the
    link is down (a password, a master that is gone) other rules may know; then it is theirs to tell.
    """
    for server in servers(scene, ref, "redis_master_link"):
        link, syncing = scene.get(server, "redis_master_link"), scene.get(server, "redis_master_syncing")
        told = complaints(scene, server, "redis_master_down")
        if link is None or link.value != "down" or (syncing is not None and syncing.value is True):
            continue
        tries = _tries(scene, server)
        if not (told or tries) or not concerned(server, ref, told):
            continue
        master = scene.get(server, "redis_master")
        whose = f" {master.value}" if master is not None else ""
        why = next((item.values["value"] for item in tries if item.values.get("value")), "")
        yield Conclusion(
            summary=f"This redis is a replica and not in sync with its master{whose}"
            + (f" ({why})" if why else "")
            + (": its readers are answered MASTERDOWN." if told else ": what it serves is old."),
            evidence=(link, *present(master), *(item.fact for item in tries[:1]), *(item.fact for _, item in told)),
            details={"service": "redis", "peer": str(master.value).rpartition(":")[0] if master is not None else ""},
            about=server,
            victims=victims(server, told),
        )


def _tries(scene: Scene, server: Ref) -> tuple[Signal, ...]:
    """What its own log says of attempts that failed, again and again, and still does."""
    said = scene.signals(server, "redis_sync_failed")
    return tuple(item for item in said if item.count >= OFTEN and scene.ongoing(server, item))
