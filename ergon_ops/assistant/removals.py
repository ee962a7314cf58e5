"""CIs that were removed through aish, and are wanted again. A running daemon sees it within two seconds."""

from __future__ import annotations

import difflib

from ergon_ops.assistant.registering import opened
from ergon_ops.errors import UsageError
from ergon_ops.settings import Settings


def restore(settings: Settings, key: str = "") -> tuple[str, ...]:
    """The keys that are registered again: that one, or all of them. Raises UsageError for one that was not removed."""
    with opened(settings) as store:
        removed = store.removals.all()
        wanted = removed if not key else tuple(known for known in removed if known == key.lower())
        if key and not wanted:
            raise UsageError(f"{key[:80]!r} was not removed through aish", next=_step(key, removed))
        store.removals.take_back(wanted)
    return wanted


def _step(key: str, removed: tuple[str, ...]) -> str:
    if near := difflib.get_close_matches(key.lower(), removed, 1):
        return f"did you mean {near[0]}?"
    return f"removed are: {', '.join(removed)}" if removed else "none was: `aish list` shows who is there"
