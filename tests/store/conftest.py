from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ergon_ops.store import Store
from tests.clock import Time


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
