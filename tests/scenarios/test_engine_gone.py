"""The engine hangs, crashes, restarts or stops: before, during and after a turn."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable

import pytest

from tests.scenarios.containers import Yard
from tests.scenarios.program import Program
from tests.scenarios.weather import Weather

Within = Callable[[float, float], bool]
ANSWER_S = 3.0
pytestmark = pytest.mark.slow


@pytest.fixture
def shop(yard: Yard) -> Yard:
    yard.run("till")
    yard.run("broken", "echo boom >&2; exit 3")
    yard.until("broken", lambda state: state["Status"] == "exited")
    return yard


@pytest.fixture(params=["hung", "crashed"])
def trouble(request: pytest.FixtureRequest, engine: Weather) -> Callable[[], contextlib.AbstractContextManager[None]]:
    return engine.frozen if request.param == "hung" else engine.crashed


def test_with_the_engine_gone_the_last_state_and_the_host_answer_in_three_seconds(
    program: Program, shop: Yard, within: Within, trouble: Callable[[], contextlib.AbstractContextManager[None]]
) -> None:
    before = program("ask", "all", "what is wrong?")
    assert re.search(r"^- broken: .*I exited with code 3", before.out, re.MULTILINE)
    with trouble():
        done = program("ask", "all", "what is wrong?", code=3)
        structured, one, overview = program.together(
            ("ask", "all", "what is wrong?", "--json"), ("ask", "till", "how much memory do you use?"), (), code=3
        )
    assert within(done.seconds, ANSWER_S), done
    document = structured.json
    assert re.search(r"broken: .*xited with code 3", done.out)
    assert "was last seen" in done.out
    assert " s ago" in done.out
    assert "Host local: " in done.out
    assert "Host memory" in done.out
    assert done.err.startswith("ergon-ops: local: ")
    assert done.err.count("\n") == 1
    assert document["error"]["exit"] == 3
    assert {"till", "broken"} <= set(document["containers"])
    assert "was last seen" in one.out
    assert "Memory " in one.out
    assert "gone" in overview.out or "hangs" in overview.out


def test_with_the_engine_gone_every_other_command_is_short_and_says_so(
    program: Program, yard: Yard, within: Within, trouble: Callable[[], contextlib.AbstractContextManager[None]]
) -> None:
    yard.run("till")
    proposal = program("ask", "till", "restart yourself", "--json").json["proposals"][0]["id"]
    with trouble():
        *others, document, doctor = program.together(
            ("list",), ("diagnose", "till"), ("approve", proposal), ("list", "--json"), ("doctor",), code=3
        )
        for words in (["proposals"], ["state"], ["reject", proposal]):
            program(*words)
        for done in others:
            assert done.err.startswith("ergon-ops: "), done
            assert done.err.count("\n") == 1, done
            assert within(done.seconds, 6.0), done
        assert (document.json["error"]["exit"], document.out.count("\n")) == (3, 1)
        assert "engine local" in doctor.out


def test_an_engine_that_hangs_in_the_middle_of_a_turn_does_not_hang_the_turn(
    program: Program, engine: Weather, yard: Yard
) -> None:
    for number in range(4):
        yard.run(f"till-{number}")
    program("ask", "all", "status?")
    for delay in (0.3, 0.6):
        began = time.monotonic()
        running = program.start("ask", "all", "any errors in your logs?")
        time.sleep(delay)
        with engine.frozen():
            done = program.finish(running, began, code=None)
        assert done.code in (0, 3), done
        assert done.out.strip(), done


def test_an_engine_that_crashes_in_the_middle_of_a_turn_is_no_traceback(
    program: Program, engine: Weather, yard: Yard
) -> None:
    yard.run("till")
    program("ask", "all", "status?")
    began = time.monotonic()
    running = program.start("ask", "all", "what is wrong?")
    time.sleep(0.5)
    engine.crash()
    try:
        done = program.finish(running, began, code=None)
        assert done.code in (0, 3), done
        assert done.out.strip(), done
    finally:
        engine.start()
    after = program("ask", "till", "status?")
    assert "I am not running: I exited with code 137" in after.out


def test_a_restart_of_the_engine_is_lived_through_by_a_watching_list(
    program: Program, engine: Weather, yard: Yard
) -> None:
    yard.run("till")
    running = program.start("list", "--watch", "--json")
    lines: list[dict[str, object]] = []
    assert running.stdout is not None

    def read() -> None:
        for line in running.stdout or ():
            lines.append(json.loads(line))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        until(lambda: bool(lines and lines[-1]["containers"]))
        engine.crash()
        until(lambda: bool(lines[-1]["failures"]))
        engine.start()
        until(lambda: bool(lines[-1]["containers"]))
    finally:
        running.terminate()
        running.wait(20)
        reader.join(20)
        assert running.stderr is not None
        said = running.stderr.read()
        running.stdout.close()
        running.stderr.close()
    assert "Traceback" not in said
    assert [row["name"] for row in lines[-1]["containers"]] == ["till"]  # type: ignore[attr-defined]


def until(good: Callable[[], bool], *, within_s: float = 60.0) -> None:
    limit = time.monotonic() + within_s
    while not good():
        assert time.monotonic() < limit
        time.sleep(0.05)
