"""One engine of our own for all scenarios of a session, a yard of containers on it, and the program."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios import weather
from tests.scenarios.containers import Yard, ensure_image
from tests.scenarios.program import Program
from tests.scenarios.weather import Weather

HERE = Path(__file__).parent
VERSION_S = 0.08  # `--version` on a quiet machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = weather.missing()
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)
            if why:
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def engine() -> Iterator[Weather]:
    folder = Path(tempfile.mkdtemp(prefix="scenarios-"))  # not below pytest's own folder: other users reach its socket
    folder.chmod(0o711)
    with weather.engine(folder) as made:
        ensure_image(made.api, folder)
        yield made
    shutil.rmtree(folder)


@pytest.fixture
def yard(engine: Weather) -> Iterator[Yard]:
    made = Yard(engine.api)
    yield made
    made.clear()


@pytest.fixture(scope="module")
def shared_yard(engine: Weather) -> Iterator[Yard]:
    """For what a whole file looks at."""
    made = Yard(engine.api)
    yield made
    made.clear()


@pytest.fixture
def program(engine: Weather, tmp_path: Path) -> Program:
    home = tmp_path / "home"
    home.mkdir()
    return Program(home, engine.near)


@pytest.fixture
def within(program: Program) -> Callable[[float, float], bool]:
    """Whether a time is within a budget of a quiet machine, given how busy this one is right now."""

    def judge(seconds: float, budget: float) -> bool:
        began = time.monotonic()
        program("--version")
        pace = max(1.0, (time.monotonic() - began) / VERSION_S)
        return seconds <= budget * pace * 3

    return judge
