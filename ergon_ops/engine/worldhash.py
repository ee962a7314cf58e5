"""The digest of a container's world: what a proposal is bound to, the same before and after a mere restart."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ergon_ops.engine.documents import Document, part, rows, text, words

MOUNT = ("Type", "Name", "Source", "Destination", "Driver", "Mode", "RW", "Propagation")


def digest(document: Document) -> str:
    """sha256 over image id, Config, HostConfig, mounts, networks and aliases, in one canonical order."""
    world = {
        "image": text(document, "Image"),
        "config": _without_addresses(part(document, "Config")),
        "host": _limits(_without_addresses(part(document, "HostConfig"))),
        "mounts": sorted([str(row.get(key)) for key in MOUNT] for row in rows(document, "Mounts")),
        "networks": {name: _network(row, document) for name, row in part(document, "NetworkSettings.Networks").items()},
    }
    canonical = json.dumps(world, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _network(network: object, document: Document) -> dict[str, Any]:
    """Without what the engine adds by itself: addresses, ids, and the short id as an alias (engines before 25)."""
    own = text(document, "Id")[:12]
    return {
        "aliases": sorted(set(words(network, "Aliases")) - {own}),
        "links": sorted(words(network, "Links")),
        "wanted": part(network, "IPAMConfig"),
    }


def _limits(host: dict[str, Any]) -> dict[str, Any]:
    """The engine keeps "none" as null, 0 or -1, by the way it came there."""
    lifted = {key: None for key in ("PidsLimit", "CpuQuota") if (host.get(key) or 0) <= 0}
    policy = dict(part(host, "RestartPolicy"))
    policy["Name"] = policy.get("Name") or "no"
    return {**host, **lifted, "RestartPolicy": policy}


def _without_addresses(config: Document) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "MacAddress"}
