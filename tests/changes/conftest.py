"""A fake engine on a clock that only moves when somebody waits, and a real state file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.changes.changes import Changes
from ergon_ops.changes.record import Told
from ergon_ops.engine.fake import FakeContainer, FakeEngine
from ergon_ops.engine.protocols import Writes
from ergon_ops.messages import Actor
from ergon_ops.proposals import Expect, Intent, Proposal
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy
from ergon_ops.store import Store
from tests.clock import Time

OPERATOR = Actor("terminal", "uid 0", "balanced", may_approve=True)
PIPE = Actor("pipe", "uid 0", "restricted")
WEB = Ref("web")


@dataclass
class Lab:
    folder: Path
    time: Time = field(default_factory=Time)
    rules: Policy = field(default_factory=Policy)
    engine: FakeEngine = field(init=False)
    store: Store = field(init=False)
    writes: Writes = field(init=False)

    def __post_init__(self) -> None:
        self.engine = FakeEngine(clock=self.time)
        self.writes = self.engine
        self.web = self.engine.add(FakeContainer("web", image="nginx:1.25", health="healthy"))
        self.store = Store.open(self.folder, clock=self.time)

    @property
    def changes(self) -> Changes:
        return Changes(
            self.store, {"local": self.engine}, lambda host: self.writes, self.rules, self.time, sleep=self.time.sleep
        )

    async def propose(self, **arguments: Any) -> Proposal:
        (proposal,) = await self.changes.propose([restart(**arguments)])
        return proposal

    async def approve(self, key: str, actor: Actor = OPERATOR) -> list[Told]:
        return [told async for told in self.changes.approve(key, actor=actor)]

    async def wish(
        self, kind: str, arguments: dict[str, Any], *, expect: Expect | None = None, guards: tuple[Expect, ...] = ()
    ) -> Proposal:
        intent = Intent(WEB, kind, arguments, "test", (), expect, guards)
        (proposal,) = await self.changes.propose([intent])
        return proposal

    async def do(self, kind: str, arguments: dict[str, Any], **promises: Any) -> dict[str, Any]:
        """Proposed and approved; the answer."""
        proposal = await self.wish(kind, arguments, **promises)
        return (await self.approve(proposal.id))[-1][1]

    async def undo(self, change: str) -> dict[str, Any]:
        told = [item async for item in self.changes.rollback(change, actor=OPERATOR)]
        return told[-1][1]

    async def digest(self) -> str:
        return (await self.engine.world(WEB)).digest

    async def recover(self, change: str = "") -> list[Told]:
        return [told async for told in self.changes.recover(actor=OPERATOR, change=change)]

    def steps(self) -> list[str]:
        return [row.step for row in self.store.journal.rows()]

    def restarts(self) -> int:
        return self.engine.calls.count("restart")


def restart(target: Ref = WEB, **arguments: Any) -> Intent:
    return Intent(target, "restart", arguments, "operator", ("asked for",))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path / "state")
    yield lab
    lab.store.close()
