"""Ctrl-C: the program is gone at once with 130, and nothing is half done that it could not explain."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.scenarios.containers import Yard
from tests.scenarios.program import HANGS_S, Done, Program
from tests.scenarios.weather import Weather

pytestmark = pytest.mark.slow

SLOW = "trap 'sleep 2; exit 0' TERM; while :; do sleep 0.1; done"


def interrupted(program: Program, running: subprocess.Popen[str]) -> Done:
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    done = program.finish(running, began, code=130)
    assert done.err.count("\n") <= 1, done
    return done


def begun(running: subprocess.Popen[str]) -> None:
    """It is at its own imports: what the interpreter does before them, it does without modules of C."""
    limit = time.monotonic() + HANGS_S
    while "/lib-dynload/" not in Path(f"/proc/{running.pid}/maps").read_text() and time.monotonic() < limit:
        time.sleep(0.01)


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5])
def test_ctrl_c_in_a_question_is_130_and_quiet(program: Program, engine: Weather, yard: Yard, delay: float) -> None:
    yard.run("till")
    with engine.frozen():  # so that it is still at work, however quick it would be
        running = program.start("ask", "all", "what is wrong?")
        begun(running)
        time.sleep(delay)
        done = interrupted(program, running)
    assert done.out == ""
    assert program("ask", "till", "status?").out.startswith("Running ")


def test_ctrl_c_in_a_question_for_a_program_is_one_document(program: Program, engine: Weather) -> None:
    with engine.frozen():
        running = program.start("ask", "all", "what is wrong?", "--json")
        begun(running)
        time.sleep(0.6)
        done = interrupted(program, running)
    assert done.out == "" or done.json["error"]["exit"] == 130


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_ctrl_c_ends_a_watching_list(program: Program, yard: Yard, more: list[str]) -> None:
    yard.run("till")
    running = program.start("list", "--watch", *more)
    assert running.stdout is not None
    heard = [running.stdout.readline()]
    while "till" not in heard[-1]:
        heard.append(running.stdout.readline())
        assert heard[-1], heard
    done = interrupted(program, running)
    whole = [*heard, *done.out.splitlines()] if more else []
    assert all(json.loads(line)["containers"] for line in whole)


def test_ctrl_c_in_an_approval_leaves_a_change_that_the_journal_explains_and_approve_takes_up(
    program: Program, yard: Yard
) -> None:
    made = yard.run("till", SLOW)
    proposal = program("ask", "till", "restart yourself", "--json").json["proposals"][0]["id"]
    running = program.start("approve", proposal)
    assert running.stdout is not None
    heard = [running.stdout.readline()]
    while "Restarting" not in heard[-1]:
        heard.append(running.stdout.readline())
        assert heard[-1], heard
    time.sleep(0.3)
    interrupted(program, running)
    rows = program("journal", "--json").json["rows"]
    assert [row["step"] for row in rows][-1] == "unverified"
    assert "interrupted" in rows[-1]["text"]
    change = rows[-1]["change"]
    assert change in program("journal").out or change.startswith("c-")
    taken = program("approve", change, code=None)
    assert taken.code in (0, 1), taken
    rows = program("journal", "--json").json["rows"]
    assert rows[-1]["step"] in ("kept", "failed")
    assert yard.state(made)["Running"] is True, "never half done"
    assert program("journal", "--verify").code == 0
    again = program("approve", proposal, code=5)
    assert "used once" in again.complaint or "was refused" in again.complaint


def test_ctrl_c_before_anything_was_done_does_nothing(program: Program, engine: Weather, yard: Yard) -> None:
    made = yard.run("till")
    started = yard.state(made)["StartedAt"]
    proposal = program("ask", "till", "restart yourself", "--json").json["proposals"][0]["id"]
    with engine.frozen():
        running = program.start("approve", proposal)
        begun(running)
        time.sleep(0.6)
        interrupted(program, running)
    assert yard.state(made)["StartedAt"] == started
    assert program("journal", "--verify").code == 0
    steps = [row["step"] for row in program("journal", "--json").json["rows"]]
    assert not {"applying", "verifying", "kept"} & set(steps)


def test_a_killed_approval_is_taken_up_by_the_next_one(program: Program, yard: Yard) -> None:
    made = yard.run("till", SLOW)
    proposal = program("ask", "till", "restart yourself", "--json").json["proposals"][0]["id"]
    running = program.start("approve", proposal)
    assert running.stdout is not None
    while "Restarting" not in (line := running.stdout.readline()):
        assert line
    time.sleep(0.3)
    running.kill()
    running.communicate(timeout=20)
    row = program("journal", "--json").json["rows"][-1]
    assert row["step"] == "applying"
    assert program("approve", row["change"], code=None).code in (0, 1)
    assert program("journal", "--json").json["rows"][-1]["step"] in ("kept", "failed")
    assert yard.state(made)["Running"] is True


def test_two_approvals_at_once_restart_once(program: Program, yard: Yard) -> None:
    yard.run("till", "trap 'exit 0' TERM; while :; do sleep 0.1; done")
    proposal = program("ask", "till", "restart yourself", "--json").json["proposals"][0]["id"]
    done = program.together(("approve", proposal), ("approve", proposal), code=None)
    assert sorted(each.code for each in done) == [0, 5], done
    steps = [row["step"] for row in program("journal", "--json").json["rows"]]
    assert steps.count("applying") == 1
