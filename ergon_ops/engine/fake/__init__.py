"""An engine in memory with the protocols of the real one: for tests, demos and offline work.

engine = fake.shop(clock=clock)            # or fake.demo(), or FakeEngine() and engine.add(FakeContainer("web"))
engine.kill_process("shop-cache-1", "redis-server"); engine.fail(EngineNotRunning("…")); engine.recover()
"""

from __future__ import annotations

from ergon_ops.engine.fake.container import GIB, MIB, Attachment, FakeContainer, Machine, Mount
from ergon_ops.engine.fake.engine import FakeEngine
from ergon_ops.engine.fake.worlds import crowd, demo, shop

__all__ = [
    "GIB", "MIB", "Attachment", "FakeContainer", "FakeEngine", "Machine", "Mount", "crowd", "demo", "shop",
]  # fmt: skip
