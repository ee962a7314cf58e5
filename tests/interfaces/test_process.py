"""The program as a process: exit statuses, readers that go away, Ctrl-C, streams that are closed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergon_ops import __version__
from tests.interfaces.conftest import lines, run

PROGRAM = f"{sys.executable} -m ergon_ops"


def sh(script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", **environ}
    command = ["bash", "-o", "pipefail", "-c", script]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[str]:
    """An engine that takes connections and never says a word."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        yield f"unix://{path}"


def test_the_version_needs_nothing_but_the_version() -> None:
    code = "import sys; from ergon_ops.cli import main; main(['--version']); print(len(sys.modules), file=sys.stderr)"
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(len(sys.modules))"], capture_output=True, check=True
    )
    ours = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ours.stdout.decode().strip() == f"ergon-ops {__version__}"
    assert int(ours.stderr) - int(bare.stdout) <= 12


def test_no_engine_is_3_with_the_next_step_on_stderr() -> None:
    done = run("list", stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (3, "")
    assert " — " in done.stderr
    assert len(lines(done.stderr)) == 1
    document = run("list", "--json", stdin=subprocess.DEVNULL)
    assert document.returncode == 3
    assert json.loads(document.stdout)["error"]["exit"] == 3


def test_doctor_names_what_fails_and_ends_with_3() -> None:
    done = run("doctor", stdin=subprocess.DEVNULL)
    assert done.returncode == 3
    assert "FAILED" in done.stdout
    assert "→ " in done.stdout


@pytest.mark.parametrize("words", ["--help", "config", "config --json", "list --help"])
def test_a_reader_that_goes_away_is_no_failure(words: str) -> None:
    done = sh(f"{PROGRAM} {words} | true")
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_reader_that_takes_one_line_gets_one_line() -> None:
    done = sh(f"{PROGRAM} config | head -1")
    assert done.returncode == 0
    assert (
        lines(done.stdout) == ["SETTING                VALUE                         FROM"] or "SETTING" in done.stdout
    )
    assert done.stderr == ""


def test_a_watch_ends_when_its_reader_is_gone() -> None:
    done = sh(f"timeout 50 {PROGRAM} list --watch --json | head -2")
    assert done.returncode == 0
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 2
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    done = sh(f"{PROGRAM} config > /dev/full")
    assert done.returncode == 1
    assert len(lines(done.stderr)) == 1
    assert "No space left" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_failure(closed: str) -> None:
    done = sh(f"{PROGRAM} config --json {closed}")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert sh(f"{PROGRAM} ask 'what is wrong?' {closed}").returncode == 3


def test_an_encoding_that_cannot_say_it_spells_it_out() -> None:
    done = sh(f"{PROGRAM} --help; {PROGRAM} ask --help", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("words", [("ask", "what is wrong?"), ("list", "--watch"), ("list", "--watch", "--json"), ()])
def test_ctrl_c_ends_with_130_silently(hung: str, words: tuple[str, ...]) -> None:
    """Stopped while it waits for an engine that never answers."""
    started = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "ergon_ops", *words],
        env={**os.environ, "DOCKER_HOST": hung},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stderr is not None
    for line in started.stderr:  # the last thing imported before the engine is waited for
        if line.rstrip().endswith("ergon_ops.assistant.wiring"):
            break
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "Traceback" not in err
    assert [line for line in err.splitlines() if not line.startswith("import time:")] == []
    assert "Traceback" not in out


def test_a_home_that_cannot_be_written_is_no_reason_not_to_look(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run("doctor", "--json", stdin=subprocess.DEVNULL, env={"XDG_STATE_HOME": str(blocked)})
    state = next(check for check in json.loads(done.stdout)["checks"] if check["name"] == "state")
    assert state["result"] in ("warn", "failed")
    assert done.returncode == 3


def test_a_context_that_does_not_exist_is_found_by_the_doctor(tmp_path: Path) -> None:
    done = run("doctor", "--json", stdin=subprocess.DEVNULL, env={"ERGON_OPS_HOSTS": "nowhere"})
    assert done.returncode == 3
    check = json.loads(done.stdout)["checks"][0]
    assert check["result"] == "failed"
    assert check["next"]
