"""Shell completion in real shells: commands, options and the names of the moment; and never an error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ergon_ops.cli import main
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.commands.registry import HOMES
from tests.interfaces.conftest import Shell
from tests.interfaces.pseudo import pseudo

STAND_IN = """\
import sys
from ergon_ops.assistant.wiring import assemble
from ergon_ops.cli import main
from ergon_ops.engine.fake import demo
engine = demo()
engine.inventory["worker"].labels["com.docker.compose.project"] = "shop"
sys.exit(main(sys.argv[1:], opener=lambda settings: assemble(settings, {engine.host: engine}, lambda host: engine)))
"""
BASH = """
eval "$(ergon-ops completion bash)"
for line in "$@"; do
    COMP_LINE="$line"; COMP_POINT=${#line}
    read -ra COMP_WORDS <<<"$line"; [[ "$line" == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]}-1))
    _ergon_ops
    printf '%s ' "${COMPREPLY[@]}"; echo .
done
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ergon-ops` over a fake engine."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "stand_in.py").write_text(STAND_IN)
    program = folder / "ergon-ops"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/stand_in.py" "$@"\n')
    program.chmod(0o755)
    return folder


def environ_of(programs: Path) -> dict[str, str]:
    path = f"{programs}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"}


def run(programs: Path, *command: str) -> list[str]:
    done = subprocess.run(command, env=environ_of(programs), capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


CASES = [
    ("ergon-ops sess", {"session"}, set()),
    ("ergon-ops ask we", {"webapp", "webapp-ci"}, {"worker"}),
    ("ergon-ops chat wor", {"worker", "worker-ci"}, {"webapp"}),
    ("ergon-ops prompt web", {"webapp", "webapp-ci"}, {"worker"}),
    ("ergon-ops diagnose ", {"orders-db", "all"}, {"--json"}),
    ("ergon-ops ask webapp --mo", {"--model", "--mode"}, {"--session"}),
    ("ergon-ops ask webapp --mode ", {"strict", "restricted"}, {"webapp"}),
    ("ergon-ops session ", {"list", "show", "export", "delete"}, {"webapp"}),
    ("ergon-ops completion f", {"fish"}, {"bash"}),
]


def bash(programs: Path, *lines: str) -> list[list[str]]:
    """What bash would offer for each line."""
    return [row.split()[:-1] for row in run(programs, "bash", "--norc", "-c", BASH, "bash", *lines)]


def test_bash_completes(programs: Path) -> None:
    for found, (line, offered, absent) in zip(bash(programs, *(line for line, _, _ in CASES)), CASES, strict=True):
        assert offered <= set(found), line
        assert not absent & set(found), line


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_and_shows_how_each_is(programs: Path) -> None:
    script = "ergon-ops completion fish | source; complete -C 'ergon-ops ask we'; complete -C 'ergon-ops sess'"
    assert run(programs, "fish", "--no-config", "-c", script) == [
        "webapp\trunning, healthy",
        "webapp-ci\trunning, healthy",
        "session\tconversations that were stored",
    ]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes(programs: Path) -> None:
    with pseudo(["zsh", "-f"], environ_of(programs)) as shell:
        shell.type('autoload -Uz compinit; compinit -u -D; eval "$(ergon-ops completion zsh)"; print DO""NE\n')
        shell.wait("DONE")
        shell.type("ergon-ops ask work\t\t")
        assert "worker-ci" in shell.wait("worker-ci")


def test_a_project_is_completed_although_bash_breaks_words_at_colons_and_files_are(
    programs: Path, tmp_path: Path
) -> None:
    (tmp_path / "shop.json").write_text("{}")
    lines = ("ergon-ops ask project:sh", "ergon-ops ask @wor", f"ergon-ops up {tmp_path}/sh")
    assert bash(programs, *lines) == [["shop"], ["worker", "worker-ci"], [f"{tmp_path}/shop.json"]]


def test_inside_a_question_nothing_is_offered(shell: Shell) -> None:
    for line in ('ergon-ops ask "how is we', "ergon-ops ask webapp how is we", "ergon-ops nonsense we"):
        assert shell("__complete", "bash", "", line).out == ""


def test_names_a_shell_would_have_to_quote_are_left_out(shell: Shell) -> None:
    box = shell.engine.inventory["worker"]
    box.labels["com.docker.compose.service"] = "a b; rm"
    out = shell("__complete", "fish", "", "ergon-ops ask ").out
    assert "rm" not in out
    assert "worker\t" in out


@pytest.mark.parametrize("trouble", ["gone", "hung", "settings"])
def test_whatever_goes_wrong_there_are_no_words_and_no_error(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    if trouble == "gone":
        shell.engine.fail(EngineNotRunning("gone", next="start it"))
    elif trouble == "hung":
        monkeypatch.setattr("ergon_ops.interfaces.commands.completion.DEADLINE_S", 0.2)
        shell.engine.hang()
    else:
        monkeypatch.setenv("ERGON_OPS_MODE", "nonsense")
    begun = time.monotonic()
    said = shell("__complete", "bash", ":", "ergon-ops ask we")
    assert (said.exit, said.out, said.err) == (0, "", "")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("trouble", ["gone", "hung"])
def test_names_last_seen_are_offered_when_the_engine_does_not_answer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    assert shell("list").exit == 0
    if trouble == "gone":
        shell.engine.fail(EngineNotRunning("gone", next="start it"))
    else:
        monkeypatch.setattr("ergon_ops.interfaces.commands.completion.DEADLINE_S", 0.2)
        shell.engine.hang()
    assert shell("__complete", "bash", ":", "ergon-ops ask we").out.split() == ["webapp", "webapp-ci"]


def test_every_command_is_offered_and_the_hidden_one_is_not(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    words = {line.split("\t")[0] for line in shell("__complete", "fish", "", "ergon-ops ").out.splitlines()}
    assert words == {*HOMES, "--help", "--version"}
    assert main(["--help"]) == 0
    assert "__complete" not in capsys.readouterr().out


def test_a_script_is_one_document_too(shell: Shell) -> None:
    assert "complete -F" in shell("completion", "bash", "--json").document["script"]
    assert shell("completion", "tcsh").exit == 2
