"""What is kept on this machine, state and cache: how much, and making it less."""

from __future__ import annotations

import asyncio
from typing import Any

from ergon_ops.assistant.room import House
from ergon_ops.events import timestamp

Document = dict[str, Any]


async def state(house: House, *, prune: bool) -> Document:
    from ergon_ops.packaging.image.tidying import told

    store = house.store
    removed = await forget(house) if prune else None
    callers = [
        {**row, "first_at": timestamp(row["first_at"]), "last_at": timestamp(row["last_at"])}
        for row in store.callers.all()
    ]
    cache = await asyncio.to_thread(told, house.settings.cache_dir)
    return {**store.stats(), "removed": removed, "notice": store.notice, "callers": callers, "cache": cache}


async def forget(house: House) -> dict[str, int]:
    """What is older than a month, or beyond 500 MB of state and 5 GB of cache: how many rows and files went."""
    from ergon_ops.packaging.image.tidying import tidy

    files = await asyncio.to_thread(tidy, house.settings.cache_dir, now=house.clock())
    return {**house.store.prune(), **files}
