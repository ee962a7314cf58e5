"""Which names a Container CI may have where Tekton's `aish` looks: lower case, and never one of Tekton's own.

Source: Tekton `shared/aish/aish` (reserved first arguments), `shared/aish/src/registry/ci_registry.py` (its own CIs).
"""

from __future__ import annotations

import re
from collections.abc import Container

RESERVED = frozenset(
    {
        *("help", "whoami", "list", "forward", "unforward", "prompt", "purpose", "review", "project", "route"),
        *("sundown", "sunrise", "introspect", "context", "explain", "status", "restart", "logs", "debug-mcp", "test"),
        *("alias", "inbox", "terma", "team-chat", "ci-tool", "ci-terminal", "tekton", "broadcast", "all"),
    }
)
OWN = frozenset(
    {
        *("engram", "hermes", "ergon", "rhetor", "terma", "athena", "prometheus", "harmonia", "telos", "synthesis"),
        *("tekton-core", "tekton_core", "metis", "apollo", "penia", "budget", "sophia", "noesis", "numa", "aish"),
        *("hephaestus", "tekton"),
    }
)
DISPATCHER = "ergon-ops-ci"


def key_of(name: str) -> str:
    """A CI's name as aish looks it up: it sends names in lower case."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-") or "ci"


def taken(key: str) -> bool:
    """Whether Tekton would read that word as something of its own: with `-ci` or without, it is the same to aish."""
    return key in RESERVED or key in OWN or key.removesuffix("-ci") in OWN


def free_key(name: str, others: Container[str]) -> str:
    """The key to register: the name's own, or with the suffix -2, -3 … where that is Tekton's or somebody else's."""
    key = key_of(name)
    if not taken(key) and key not in others:
        return key
    number = 2
    while taken(f"{key}-{number}") or f"{key}-{number}" in others:
        number += 1
    return f"{key}-{number}"
