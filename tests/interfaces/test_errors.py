"""Whatever goes wrong: one line with the next step, or one document; the documented exit status; never a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.assistant import Assistant
from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.cli import main
from ergon_ops.engine.fake import FakeEngine
from ergon_ops.errors import EngineNotRunning, EnginePermission, EngineTimeout, StoreError
from ergon_ops.interfaces.commands.registry import HOMES
from ergon_ops.settings import Settings
from tests.interfaces.conftest import Shell, lines

# Every command with words that are right, but for the chat: that needs a terminal.
RIGHT: dict[str, tuple[str, ...]] = {
    "ask": ("ask", "webapp", "status?"),
    "list": ("list",),
    "diagnose": ("diagnose",),
    "proposals": ("proposals",),
    "approve": ("approve", "p-aaaa"),
    "reject": ("reject", "p-aaaa"),
    "journal": ("journal", "--verify"),
    "state": ("state",),
    "overview": (),
}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("lst",), "ergon-ops list"),
        (("--lst",), "--help"),
        (("webapp", "how are you?"), "ergon-ops ask webapp 'how are you?'"),
        (("webapp",), "--help"),
        (("ps",), "`ergon-ops list`"),
        (("status",), "`ergon-ops list`"),
        (("list", "--foo"), "list --help"),
        (("list", "x"), "list --help"),
        (("approve",), "ID is missing"),
        (("demo", "sideways"), "up, down"),
        (("ask", "webapp", "x", "--mode", "bold"), "balanced"),
        (("ask", "webapp", "x", "--model"), "needs a value"),
        (("up", "/nowhere/manifest.json"), "manifest"),
        (("--", "x"), "ask"),
        (("chat",), "ask"),
        (("reject", "p-none"), "ergon-ops proposals"),
    ],
)
def test_wrong_words_end_with_2_one_line_and_the_next_step(shell: Shell, words: tuple[str, ...], hint: str) -> None:
    said = shell(*words)
    assert said.exit == 2
    assert said.out == ""
    assert len(lines(said.err)) == 1
    assert said.err.startswith("ergon-ops: ")
    assert hint in said.err
    document = shell("--json", *words)
    assert document.exit == 2
    assert set(document.document["error"]) == {"code", "message", "next", "exit", "details"}
    assert document.document["error"]["exit"] == 2
    assert document.err == ""


@pytest.mark.parametrize("name", [name for name in RIGHT if name not in ("approve", "reject", "journal", "state")])
@pytest.mark.parametrize("error", [EngineNotRunning, EnginePermission, EngineTimeout])
def test_without_an_engine_every_command_that_looks_ends_with_3(
    shell: Shell, name: str, error: type[EngineNotRunning]
) -> None:
    if name == "proposals":
        assert shell(*RIGHT[name]).exit == 0
        return
    shell.engine.fail(error("It does not answer", next="start it"))
    said = shell(*RIGHT[name])
    assert said.exit == 3
    assert "It does not answer" in said.err
    assert "Traceback" not in said.out + said.err
    document = shell(*RIGHT[name], "--json")
    assert document.exit == 3
    assert document.document["error"]["code"] == error.code


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize(
    "failure",
    [RuntimeError("something\nbroke"), KeyError("x"), RecursionError(), ExceptionGroup("two", [ValueError("a")])],
    ids=lambda failure: type(failure).__name__,
)
def test_a_defect_is_one_line_too(shell: Shell, name: str, failure: Exception) -> None:
    def broken(settings: Settings) -> Assistant:
        raise failure

    shell.opener = broken  # type: ignore[method-assign]
    said = shell(*RIGHT[name])
    assert said.exit == 1
    assert len(lines(said.err)) == 1
    assert "internal error" in said.err
    assert "Traceback" not in said.err
    document = shell(*RIGHT[name], "--json")
    assert document.exit == 1
    assert document.document["error"]["code"] == "internal"


def test_a_defect_in_the_midst_of_an_answer_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: FakeEngine, *args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(FakeEngine, "containers", broken)
    said = shell("ask", "webapp", "status?")
    assert said.exit == 1
    assert len(lines(said.err)) == 1


def test_a_failing_store_is_an_error_of_the_program_not_a_defect(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(self: LocalAssistant, **kwargs: Any) -> Any:
        raise StoreError("the disk is full", next="free some space")

    monkeypatch.setattr(LocalAssistant, "state", full)
    said = shell("state", "--json")
    assert said.exit == 1
    assert said.document["error"]["code"] == "store"


@pytest.mark.parametrize("name", [*RIGHT, "doctor", "config"])
def test_a_setting_that_makes_no_sense_stops_every_command_with_2(
    shell: Shell, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERGON_OPS_MODE", "reckless")
    said = shell(*RIGHT.get(name, (name,)), "--json")
    assert said.exit == 2
    assert "reckless" in said.document["error"]["message"]


def test_ctrl_c_ends_with_130_and_says_nothing(shell: Shell) -> None:
    def stopped(settings: Settings) -> Assistant:
        raise KeyboardInterrupt

    shell.opener = stopped  # type: ignore[method-assign]
    said = shell("ask", "webapp", "status?")
    assert (said.exit, said.out, said.err) == (130, "", "")
    assert shell("ask", "webapp", "status?", "--json").document["error"]["exit"] == 130


def test_a_container_named_like_a_command_can_be_asked(shell: Shell) -> None:
    from ergon_ops.engine.fake import FakeContainer

    shell.engine.add(FakeContainer("list", "nginx:1"))
    assert shell("ask", "list", "how are you?", "--json").document["containers"] == ["list"]
    assert shell("list").exit == 0


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",), *((name, "--help") for name in HOMES)])
def test_help_is_for_everything(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: ergon-ops")
    assert "Examples" in out
    assert "--json" in out
    assert max(map(len, out.splitlines())) <= 100


def test_help_of_a_command_has_two_spellings(shell: Shell) -> None:
    assert shell("help", "list").out == shell("list", "-h").out
    assert "help" in shell("list", "--help", "--json").document


def test_the_version_is_one_line_or_one_document(shell: Shell) -> None:
    assert shell("--version").out == shell("-V").out
    assert set(shell("--version", "--json").document) == {"version"}
