"""`ask`: answers on stdout, the rest on stderr, one document with --json, and whom the words mean."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from ergon_ops.engine.fake import FakeEngine, crowd, shop
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.commands.asking import addressed
from tests.interfaces.conftest import Shell, lines, with_terminal

STATUS = "What's your status?"


def test_an_answer_is_one_text_on_stdout_and_nothing_on_stderr(shell: Shell) -> None:
    said = shell("ask", "webapp", STATUS)
    assert said.exit == 0
    assert said.out.startswith("Running nginx (port 80), python (port 8000), redis (port 6379). Memory at ")
    assert said.out.endswith("\n")
    assert said.err == ""


def test_the_document_has_the_keys_of_the_contract(shell: Shell) -> None:
    document = shell("ask", "webapp", STATUS, "--json").document
    assert {
        *("question", "ci", "containers", "answer", "parts", "provider", "model", "facts", "findings", "proposals"),
        *("tool_calls", "grounding", "usage", "elapsed_ms", "session"),
    } <= set(document)
    assert "exit" not in document
    assert document["containers"] == ["webapp"]
    assert document["model"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "--json", "webapp", STATUS),
        ("--json", "ask", "webapp", STATUS),
        ("ask", "webapp", "--json", STATUS),
        ("ask", "webapp", "--model", "offline", STATUS, "--json"),
        ("ask", "--json", "--", "webapp", STATUS),
    ],
)
def test_options_may_stand_anywhere(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell(*words).document["answer"].startswith("Running nginx")


@pytest.mark.parametrize(
    ("words", "whom", "text"),
    [
        (["webapp", "status?"], ("webapp",), "status?"),
        (["how is webapp?"], (), "how is webapp?"),
        (["webapp,worker", "compare your memory"], ("webapp", "worker"), "compare your memory"),
        (["@webapp", "how", "are", "you"], ("webapp",), "how are you"),
        (["all", "what", "is", "wrong"], ("all",), "what is wrong"),
        (["project:shop", "anything", "wrong"], ("project:shop",), "anything wrong"),
        (["is", "anything", "wrong"], (), "is anything wrong"),
        (["what's", "wrong"], (), "what's wrong"),
        (["webapp", "how", "are", "you"], (), "webapp how are you"),
        (["list", "how much memory do you use?"], ("list",), "how much memory do you use?"),
        (["what", "is your status?"], ("what",), "is your status?"),
    ],
)
def test_whom_the_words_address(words: list[str], whom: tuple[str, ...], text: str) -> None:
    assert addressed(words) == (whom, text)


def test_a_question_may_begin_with_a_dash_after_two_dashes(shell: Shell) -> None:
    assert shell("ask", "--json", "--", "-v?").document["question"] == "-v?"
    assert shell("ask", "--json", "webapp", "--", "--json").document["question"] == "--json"


def test_all_and_a_project_are_asked_together(shell: Shell) -> None:
    shell.engine = shop()
    everyone = shell("ask", "all", "how are you?", "--json").document
    assert everyone["ci"] == "ergon-ops-ci"
    assert len(everyone["containers"]) == 10
    some = shell("ask", "project:shop", "how are you?", "--json").document
    assert len(some["containers"]) == 7


def test_a_name_nobody_has_ends_with_4_and_the_nearest_names(shell: Shell) -> None:
    said = shell("ask", "wbapp", STATUS, "--json")
    assert said.exit == 4
    assert said.document["error"]["code"] == "no_such_container"
    assert "webapp" in said.document["error"]["details"]["nearest"]
    plain = shell("ask", "wbapp", STATUS)
    assert plain.out == ""
    assert len(lines(plain.err)) == 1
    assert "webapp" in plain.err


def test_a_question_asked_back_is_no_failure(shell: Shell) -> None:
    shell.engine = shop()
    document = shell("ask", "restart web", "--json")
    assert document.exit == 0
    assert document.document["asked_back"] is True
    assert document.document["ci"] is None


@pytest.mark.parametrize("words", [(), ("",), ("   ",)])
def test_no_question_is_a_usage_error_with_the_next_step(shell: Shell, words: tuple[str, ...]) -> None:
    said = shell("ask", *words)
    assert said.exit == 2
    assert len(lines(said.err)) == 1
    assert "ergon-ops ask" in said.err


def test_a_wish_to_change_waits_for_approval_and_nothing_was_done(shell: Shell) -> None:
    said = shell("ask", "webapp", "restart yourself")
    assert said.exit == 0
    assert "waiting for approval: ergon-ops approve p-" in said.out
    assert "restart webapp (timeout 10 s)" in said.out
    assert "restart" not in shell.engine.calls


def test_a_session_understands_what_its_means(shell: Shell) -> None:
    shell("ask", "--session", "s", "worker", STATUS)
    document = shell("ask", "--session", "s", "and its memory?", "--json").document
    assert document["containers"] == ["worker"]
    assert "MiB" in document["answer"]


def test_with_the_engine_gone_the_answer_says_so_and_ends_with_3(shell: Shell) -> None:
    shell("ask", "webapp", STATUS)
    shell.engine.fail(EngineNotRunning("The Docker engine is not running.", next="start it"))
    said = shell("ask", "all", "what is wrong?", "--json")
    assert said.exit == 3
    assert said.document["answer"]
    assert said.document["error"]["exit"] == 3
    assert "not running" in shell("ask", "all", "what is wrong?").err


def test_at_a_terminal_the_evidence_follows_the_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with_terminal(monkeypatch, "stdout", "stderr")
    said = shell("ask", "webapp", STATUS)
    assert "webapp-ci · offline · " in said.err
    assert " facts (" in said.err
    assert "\x1b" not in said.out


def test_no_color_takes_colour_from_the_evidence_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with_terminal(monkeypatch, "stdout", "stderr")
    assert "\x1b[2m" in shell("ask", "webapp", STATUS).err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shell("ask", "webapp", STATUS).err


def test_at_a_terminal_long_answers_break_between_words(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shell("ask", "webapp", "what can you do?").out
    assert max(map(len, plain.splitlines())) > 50
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("COLUMNS", "50")
    wrapped = shell("ask", "webapp", "what can you do?").out
    assert max(map(len, wrapped.splitlines())) <= 50
    assert "".join(wrapped.split()) == "".join(plain.split())


def test_a_model_nobody_knows_is_said_so(shell: Shell) -> None:
    said = shell("ask", "webapp", STATUS, "--model", "nonsense:gpt")
    assert said.exit == 2
    assert "nonsense" in said.err
    assert len(lines(said.err)) == 1


def test_words_the_terminal_could_not_decode_are_no_failure(shell: Shell) -> None:
    assert shell("ask", "webapp", "status \udcff?", "--session", "b\udcff", "--json").exit == 0


def test_a_crowd_is_answered_for(shell: Shell) -> None:
    shell.engine = crowd(200)
    said = shell("ask", "how many containers are there?")
    assert said.exit == 0
    assert "200" in said.out


@dataclass
class Typed:
    """Counts what a terminal would be sent."""

    parts: list[str] = field(default_factory=list)


def test_sentences_are_shown_one_by_one(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    written = Typed()
    write = sys.stdout.write

    def count(text: str) -> int:
        written.parts.append(text)
        return write(text)

    monkeypatch.setattr(sys.stdout, "write", count)
    shell("ask", "webapp", STATUS)
    assert len([part for part in written.parts if part.strip()]) >= 2


def test_who_waits_is_told_so_and_the_word_is_gone_before_the_answer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_terminal(monkeypatch, "stderr")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("ergon_ops.interfaces.render.waiting.AFTER_S", 0.0)
    containers = FakeEngine.containers

    async def slow(self: FakeEngine) -> object:
        await asyncio.sleep(0.2)
        return await containers(self)

    monkeypatch.setattr(FakeEngine, "containers", slow)
    assert shell("ask", "webapp", STATUS).err == "looking …\r\x1b[K"
    monkeypatch.setenv("TERM", "dumb")
    assert shell("ask", "webapp", STATUS).err == ""


def test_a_cost_of_nothing_is_no_limit_and_is_refused(shell: Shell) -> None:
    said = shell("ask", "webapp", "status?", "--max-cost", "0")
    assert said.exit == 2
    assert "a number above 0" in said.err


def test_a_reader_that_left_early_does_not_cost_the_session_its_answer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ergon_ops.interfaces.render.answer import Telling

    def gone(self: Telling, event: object) -> None:
        raise BrokenPipeError

    with monkeypatch.context() as patched:
        patched.setattr(Telling, "show", gone)
        shell("ask", "--session", "early", "webapp", STATUS)
    assert "Memory at" in shell("session", "show", "early").out
