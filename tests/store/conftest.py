from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ergon_ops.store import Store


@dataclass
class Time:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path, time: Time) -> Iterator[Store]:
    """Every promise holds on disk and in memory."""
    store = (
        Store.memory("a reason", clock=time) if request.param == "memory" else Store.open(tmp_path / "s", clock=time)
    )
    yield store
    store.close()
