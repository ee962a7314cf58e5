"""What a proposal is bound to, and what has moved since."""

from __future__ import annotations

import hashlib

from ergon_ops.changes.kinds import KINDS
from ergon_ops.engine.protocols import World
from ergon_ops.proposals import canonical


def bound(kind: str, world: World) -> str:
    """The digest of the world a proposal of that kind is bound to; for a restart its start time belongs to it."""
    if not KINDS[kind].once_per_run:
        return world.digest
    return "sha256:" + hashlib.sha256(canonical([world.digest, round(world.started_at, 3)])).hexdigest()


def moved(kind: str, then: World, now: World) -> str:
    """What happened to the container since, as the end of a sentence; empty if nothing that matters."""
    if now.container_id != then.container_id:
        return "it was recreated: the container of that name is another one now"
    if now.digest != then.digest:
        return "its configuration was changed"
    if bound(kind, now) != bound(kind, then):
        return "it was restarted"
    return ""
