"""Changes on a real engine: with a watch of a second where the watching itself is not what is tested."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ergon_ops.changes.changes import Changes
from ergon_ops.changes.record import Told
from ergon_ops.engine.protocols import World
from ergon_ops.messages import Actor
from ergon_ops.proposals import Expect, Intent, Proposal
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy
from ergon_ops.store import Store
from tests.engine.real import RealEngine

OPERATOR = Actor("terminal", "tester", "balanced", may_approve=True)
OBEDIENT = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
AT_ONCE = 4
MIB = 1024 * 1024
Answer = dict[str, Any]


def unique(word: str) -> str:
    return f"changes-{word}-{time.time_ns() % 10**9}-{random.randrange(10**6)}"


@dataclass
class Bench:
    """One state file and one engine."""

    engine: RealEngine
    store: Store

    @classmethod
    @asynccontextmanager
    async def opened(cls, engine: RealEngine, folder: Path) -> AsyncIterator[Bench]:
        store = Store.open(folder)
        try:
            yield cls(engine, store)
        finally:
            store.close()

    @property
    def changes(self) -> Changes:
        engine = self.engine
        return Changes(self.store, {engine.endpoint.host: engine.reads}, lambda host: engine.writes, Policy())

    async def propose(
        self, ref: Ref, kind: str, arguments: Mapping[str, Any], *, expect: Expect | None = None, guards: Any = ()
    ) -> Proposal:
        (made,) = await self.changes.propose([Intent(ref, kind, arguments, "test", (), expect, tuple(guards))])
        return made

    async def approve(self, id: str) -> list[Told]:
        return [told async for told in self.changes.approve(id, actor=OPERATOR)]

    async def do(self, ref: Ref, kind: str, arguments: Mapping[str, Any], **promises: Any) -> Answer:
        return (await self.approve((await self.propose(ref, kind, arguments, **promises)).id))[-1][1]

    async def undo(self, change: str) -> Answer:
        return [told async for told in self.changes.rollback(change, actor=OPERATOR)][-1][1]

    async def world(self, ref: Ref) -> World:
        return await self.engine.reads.world(ref)

    async def journaled(self) -> list[str]:
        return self.steps()

    def steps(self) -> list[str]:
        return [row.step for row in self.store.journal.rows()]


async def some_at_once(jobs: list[Any], *, at_once: int = AT_ONCE) -> None:
    """All of them, a few at a time; the first failure is raised when all are through."""
    turns = asyncio.Semaphore(at_once)

    async def one(job: Any) -> None:
        async with turns:
            await job

    failures = [item for item in await asyncio.gather(*map(one, jobs), return_exceptions=True) if item is not None]
    if failures:
        raise failures[0]
