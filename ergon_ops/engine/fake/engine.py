"""The fake engine itself."""

from __future__ import annotations

from ergon_ops.engine.fake.images import FakeImages
from ergon_ops.engine.fake.reads import FakeReads
from ergon_ops.engine.fake.writes import FakeWrites


class FakeEngine(FakeReads, FakeWrites, FakeImages):
    """`Reads`, `Writes` and `Images` over one world in memory (`world.FakeWorld` has the words to edit it)."""
