"""A container's configuration as words, key by key, to be compared with what it was: no value of a secret leaves here,
of each environment variable only a fingerprint that the next look can be compared with."""

from __future__ import annotations

import hashlib
import hmac

from ergon_ops.engine import inspection
from ergon_ops.engine.documents import Document, text
from ergon_ops.facts import Group
from ergon_ops.refs import Ref

GROUPS: tuple[Group, ...] = ("identity", "limits", "config", "mounts", "networks", "ports")
# What is different in every container, and what is told otherwise.
LEFT_OUT = frozenset({"id", "created_at", "name", "network", "env_key", "env_host", "label", "depends_on", "replica"})


def portrait(document: Document, salt: bytes) -> dict[str, str]:
    """`memory_limit` → `67108864`, `mount /data` → `volume shop-data`, `env TOKEN` → its fingerprint."""
    found: dict[str, str] = {}
    # Aliases that an engine gives by itself on a network.
    own = {text(document, "Id")[:12], text(document, "Config.Hostname")}
    for item in inspection.readings(Ref(""), document, GROUPS, at=0.0):
        if item.name not in LEFT_OUT and not (item.name == "alias" and item.value in own):
            found[f"{item.name} {item.key}".strip()] = "none" if item.value is None else str(item.value)
        elif item.name == "network":
            found[f"network {item.key}"] = "attached"
    for key, value in inspection.environment_of(document).items():
        mark = hmac.new(salt, f"{key}={value}".encode(errors="replace"), hashlib.sha256).hexdigest()
        found[f"env {key}"] = mark[:12]
    return found
