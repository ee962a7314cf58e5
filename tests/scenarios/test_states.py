"""Containers in every state, and those that go while they are asked: true sentences, none of them a guess."""

from __future__ import annotations

import time

import pytest

from tests.scenarios.containers import Refused, Yard
from tests.scenarios.program import Program

SECOND = 10**9


@pytest.fixture(scope="module", autouse=True)
def world(shared_yard: Yard) -> Yard:
    yard = shared_yard
    yard.run("looping", "exit 3", host={"RestartPolicy": {"Name": "always"}})
    yard.run("frozen")
    yard.api("POST", "/containers/frozen/pause")
    yard.run("batch", "echo 42 rows written; exit 0")
    yard.run("failed", "echo 'ERROR disk on fire' >&2; exit 1")
    yard.run("killed")
    yard.api("POST", "/containers/killed/kill")
    yard.create("waiting")
    yard.create("mistyped", Cmd=["/nope"])
    with pytest.raises(Refused):
        yard.api("POST", "/containers/mistyped/start")
    yard.run("mute", "while :; do echo hello; sleep 1; done", host={"LogConfig": {"Type": "none", "Config": {}}})
    check = {"Test": ["CMD-SHELL", "echo cannot reach db; exit 1"], "Interval": SECOND, "Timeout": SECOND, "Retries": 1}
    yard.run("sick", Healthcheck=check)
    yard.run("well")
    yard.until("sick", lambda state: state["Health"]["Status"] == "unhealthy")
    yard.until("looping", lambda state: state["Status"] == "restarting")
    for name in ("batch", "failed", "killed"):
        yard.until(name, lambda state: state["Status"] == "exited")
    return yard


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("looping", ("restart",)),
        ("frozen", ("I am paused", "do not run")),
        ("batch", ("I am not running: I exited with code 0", "42 rows written")),
        ("failed", ("I am not running: I exited with code 1", "disk on fire")),
        ("killed", ("I am not running: I exited with code 137", "SIGKILL")),
        ("waiting", ("never started",)),
        ("mistyped", ("never started (exit code 127)", "/nope")),
        ("mute", ("Running ",)),
        ("sick", ("the healthcheck fails", "cannot reach db")),
        ("well", ("Running ", "no healthcheck")),
    ],
)
def test_each_state_is_told_as_it_is(program: Program, name: str, said: tuple[str, ...]) -> None:
    done = program("ask", name, "what's your status?")
    assert all(words in done.out for words in said), done
    assert done.err == ""


def test_what_is_wrong_names_exactly_those_that_are_not_well(program: Program) -> None:
    done = program("ask", "is anything wrong?")
    assert "5 of 10 containers are not well:" in done.out or "6 of 10 containers are not well:" in done.out, done
    named = {line[2:].partition(":")[0] for line in done.out.splitlines() if line.startswith("- ")}
    assert named - {"killed"} == {"looping", "frozen", "failed", "mistyped", "sick"}


def test_a_crash_loop_is_wrong_at_each_of_its_moments(program: Program) -> None:
    for _ in range(3):
        done = program("ask", "looping", "what's wrong with you?")
        assert "Nothing is wrong" not in done.out
        assert "restart" in done.out


def test_numbers_of_what_does_not_run_are_not_made_up(program: Program) -> None:
    for name in ("batch", "failed", "waiting", "mistyped"):
        done = program("ask", name, "how much memory and cpu do you use?")
        assert "not running" in done.out or "never started" in done.out, done
        assert "%" not in done.out
    rows = {row["name"]: row for row in program("list", "--json").json["containers"]}
    assert len(rows) == 10
    assert rows["batch"]["memory_bytes"] is None
    assert rows["batch"]["serving"] == []
    assert rows["well"]["memory_bytes"] > 0


def test_logs_that_nobody_keeps_are_named_with_their_driver(program: Program) -> None:
    done = program("ask", "mute", "show me your logs")
    assert "cannot be read" in done.out
    assert "log driver is none" in done.out


def test_diagnose_looks_at_all_of_them_and_gives_one_verdict(program: Program) -> None:
    done = program("diagnose", "--json", code=None)
    assert done.code in (0, 1, 7), done
    assert len(done.json["containers"]) == 10


def test_a_name_nobody_has_is_exit_4_with_the_nearest(program: Program) -> None:
    done = program("ask", "batsch", "status?", code=4)
    assert "batch" in done.complaint
    document = program("ask", "batsch", "status?", "--json", code=4).json
    assert document["error"]["details"]["nearest"][0] == "batch"


def test_a_container_removed_while_it_is_asked_ends_in_an_answer_or_exit_4(program: Program, yard: Yard) -> None:
    for number, delay in enumerate((0.25, 0.4, 0.55)):
        name = f"passing-{number}"
        made = yard.run(name, "while :; do echo hello; sleep 0.1; done")
        began = time.monotonic()
        running = program.start("ask", name, "why are you slow? any errors in your logs?")
        time.sleep(delay)
        yard.remove(made)
        done = program.finish(running, began, code=None)
        assert done.code in (0, 4), done
        assert (done.out + done.err).strip(), done
        assert done.code == 0 or name in done.err
