"""The state folder in bad weather: answers go on, one line says what is forgotten, nothing of others is touched."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import replace

import pytest

from tests.scenarios.containers import Yard
from tests.scenarios.program import Done, Program

RUNNING = "Running sleep. Memory "
TOGETHER = 6


@pytest.fixture(scope="module", autouse=True)
def world(shared_yard: Yard) -> Yard:
    shared_yard.run("till")
    return shared_yard


def answered(done: Done) -> str:
    """The answer was given; returns what was said beside it."""
    assert done.out.startswith(RUNNING), done
    return done.err


def forgetful(done: Done) -> None:
    said = answered(done)
    assert said.count("\n") == 1, done
    assert "nothing of this run is remembered" in said


def mounted(program: Program, script: str) -> Program:
    """In a mount namespace of its own, after `script` in which `$0` is the home."""
    shell = f'{script} && exec "$@"'
    return replace(program, prefix=("unshare", "--mount", "sh", "-c", shell, str(program.home)))


def test_processes_that_begin_at_once_on_a_fresh_state_are_all_remembered(program: Program) -> None:
    ended = program.together(*[("ask", "--session", "one", "till", "status?")] * TOGETHER, code=None)
    # On a crowded machine the engine may not be quick enough for all of them.
    in_time = [done for done in ended if not (done.code == 3 and "within" in done.err)]
    in_time.append(program("ask", "--session", "one", "till", "status?"))
    assert [answered(done) for done in in_time] == [""] * len(in_time)
    assert program("state", "--json").json["notice"] == ""
    db = sqlite3.connect(program.state)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert 2 * len(in_time) <= db.execute("SELECT count(*) FROM messages").fetchone()[0] <= 2 * (TOGETHER + 1)
    db.close()
    assert program("journal", "--verify").code == 0


def test_a_read_only_home_is_answered_from_memory_with_one_notice(program: Program) -> None:
    bad = mounted(program, 'mount -t tmpfs none "$0" && mount -o remount,ro "$0"')
    forgetful(bad("ask", "till", "status?"))
    assert "till" in bad("list").out
    asked = bad("ask", "till", "restart yourself", "--json").json
    assert asked["proposals"] == []
    assert "changes need a journal on disk" in asked["answer"]


def test_a_full_disk_under_the_state_is_answered_with_one_notice_and_changes_are_refused(program: Program) -> None:
    fill = 'mount -t tmpfs -o size=64k none "$0" && head -c 65536 /dev/zero > "$0/filler"; true'
    bad = mounted(program, fill)
    forgetful(bad("ask", "till", "status?"))
    refused = bad("approve", "p-aaaaaaaaaa", code=None)
    assert refused.code in (2, 5)
    assert refused.complaint


@pytest.mark.parametrize("size", [64, 128, 192, 224])
def test_a_disk_too_small_for_the_tables_is_called_full(program: Program, size: int) -> None:
    small = mounted(program, f'mount -t tmpfs -o size={size}k none "$0"')
    done = small("ask", "till", "status?")
    assert RUNNING in done.out
    assert all(": the disk " in line for line in done.err.splitlines()), done


def test_a_disk_that_fills_while_it_is_used_does_not_stop_answers(program: Program) -> None:
    """Room for the tables, none for what is said."""
    fill = 'mount -t tmpfs -o size=260k none "$0"'
    shell = f'{fill} && for i in 1 2 3 4 5 6; do "$@" || exit 9; done'
    bad = replace(program, prefix=("unshare", "--mount", "sh", "-c", shell, str(program.home)))
    done = bad("ask", "--session", "s", "till", "status?")
    assert done.out.count(RUNNING) == 6, done
    assert all("nothing of this run is remembered" in line for line in done.err.splitlines())


def test_without_home_nothing_is_asked_of_the_environment(program: Program) -> None:
    bare = replace(program, without=("HOME", "PATH", "LANG", "USER", "LOGNAME", "TERM"))
    state = {"ERGON_OPS_STATE": str(program.home / "elsewhere")}
    assert answered(replace(bare, environment=state)("ask", "till", "status?")) == ""
    assert (program.home / "elsewhere" / "state.db").is_file()
    nowhere = replace(program, environment={"HOME": "/proc/nonexistent"})
    forgetful(nowhere("ask", "till", "status?"))


def test_a_folder_of_somebody_else_is_refused_in_one_line(program: Program) -> None:
    program.state.parent.mkdir(parents=True)
    os.chown(program.state.parent, 4321, 4321)
    done = program("ask", "till", "status?", code=1)
    assert "belongs to uid 4321" in done.complaint
    assert list(program.state.parent.iterdir()) == []
    assert program("ask", "till", "status?", "--json", code=1).json["error"]["code"] == "store"


def test_a_file_from_a_newer_version_is_one_line_and_stays_as_it_is(program: Program) -> None:
    program("ask", "till", "status?")
    db = sqlite3.connect(program.state)
    db.execute("PRAGMA user_version = 999")
    db.close()
    before = hashlib.sha256(program.state.read_bytes()).hexdigest()
    for words in (["ask", "till", "status?"], ["list"], ["state"], ["journal"]):
        assert "newer" in program(*words, code=1).complaint
    assert hashlib.sha256(program.state.read_bytes()).hexdigest() == before
    assert [path.name for path in program.state.parent.iterdir()] == ["state.db"]
    assert "newer" in program("doctor", code=1).out


@pytest.mark.parametrize("damage", ["garbage", "torn"])
def test_a_damaged_file_is_answered_beside_with_one_notice_and_kept(program: Program, damage: str) -> None:
    program("ask", "till", "status?")
    body = program.state.read_bytes()
    program.state.write_bytes(b"not a database at all " * 99 if damage == "garbage" else body[: len(body) // 3])
    kept = program.state.read_bytes()
    done = program("ask", "till", "status?")
    forgetful(done)
    assert "move it away" in done.err or "damaged" in done.err
    assert program.state.read_bytes() == kept


def test_a_folder_in_the_place_of_the_file_is_answered_beside_with_one_notice(program: Program) -> None:
    program.state.mkdir(parents=True)
    program.state.parent.chmod(0o700)
    forgetful(program("ask", "till", "status?"))
