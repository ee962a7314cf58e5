"""Two hundred containers: still quick, still readable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.containers import Yard, each
from tests.scenarios.program import Program

pytestmark = pytest.mark.slow
RUNNING, CREATED = 30, 170


@pytest.fixture(scope="module", autouse=True)
def crowd(shared_yard: Yard) -> Yard:
    script = "x=$(head -c {} /dev/zero | tr '\\0' x); sleep 1000"
    each(lambda n: shared_yard.run(f"runs-{n:03}", script.format(n * 4000)), range(RUNNING))
    each(lambda n: shared_yard.create(f"rests-{n:03}"), range(CREATED))
    return shared_yard


def test_the_list_has_everyone_and_is_quick(program: Program, within: Callable[[float, float], bool]) -> None:
    done = program("list")
    assert len(done.out.splitlines()) == 1 + RUNNING + CREATED
    assert within(done.seconds, 3.0), done.seconds
    document = program("list", "--json")
    assert len(document.json["containers"]) == RUNNING + CREATED


def test_the_overview_is_a_screenful(program: Program, within: Callable[[float, float], bool]) -> None:
    done = program()
    assert len(done.out.splitlines()) < 24
    assert "200 containers: 30 running and 170 created" in done.out
    assert within(done.seconds, 3.0), done.seconds


def test_questions_about_all_are_short_answers(program: Program, within: Callable[[float, float], bool]) -> None:
    wrong = program("ask", "is anything wrong?")
    assert "Nothing is wrong with any of the 200 containers" in wrong.out
    biggest = program("ask", "who uses the most memory?")
    assert len(biggest.out.splitlines()) < 6
    assert "runs-0" in biggest.out
    status = program("ask", "all", "what is your status?")
    assert len(status.out.splitlines()) < 40
    one = program("ask", "runs-007", "status?")
    assert one.out.startswith("Running ")
    for done in (wrong, biggest, status):
        assert within(done.seconds, 4.0), done
    assert within(one.seconds, 2.0), one
