"""The hands a stack is started with, on one real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.images import DockerImages
from ergon_ops.engine.reads import open_reads
from ergon_ops.engine.writes import DockerWrites
from ergon_ops.stack.up import Engine


@asynccontextmanager
async def open_hands(endpoint: Endpoint) -> AsyncIterator[Engine]:
    """Reads, writes and images of one engine, closed on the way out."""
    reads, writes, images = open_reads(endpoint), DockerWrites(endpoint), DockerImages(endpoint)
    try:
        yield Engine(reads, writes, images)
    finally:
        await asyncio.gather(reads.close(), writes.close(), images.close())
