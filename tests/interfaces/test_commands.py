"""The other commands: tables that fit, documents that are whole, what a person decides."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.engine.fake import FakeContainer, FakeEngine, crowd, shop
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.render.grid import Column, fitted
from ergon_ops.interfaces.render.width import Wrapping, cells
from tests.interfaces.conftest import Shell, lines, with_terminal


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_table_fits_every_terminal_one_line_a_container(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    shell.engine = shop()
    shell.engine.add(FakeContainer("a-name-that-is-much-longer-than-any-sensible-name-would-ever-be", "nginx:1"))
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    out = shell("list").out
    assert max(cells(line) for line in out.splitlines()) <= width
    assert len(lines(out)) == 1 + len(shell.engine.inventory)
    assert re.match(r"NAME +STATE", out)


def test_a_wider_terminal_shows_more(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("NO_COLOR", "1")
    heads = []
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        heads.append(len(shell("list").out.splitlines()[0].split()))
    assert heads == sorted(heads)
    assert heads[0] < heads[-1] == 7


def test_a_pipe_gets_whole_lines_without_colour_or_padding(shell: Shell) -> None:
    shell.engine = shop()
    shell.engine.add(FakeContainer("x" * 90, "nginx:1"))
    out = shell("list").out
    assert "x" * 90 in out
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_colour_is_for_terminals_that_want_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in shell("list").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in shell("list").out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in shell("list").out


def test_two_hundred_are_listed(shell: Shell) -> None:
    shell.engine = crowd(200)
    assert len(lines(shell("list").out)) == 201
    document = shell("list", "--json").document
    assert len(document["containers"]) == 200
    assert {"name", "host", "ci", "state", "health", "cpu_cores", "memory_bytes"} <= set(document["containers"][0])
    assert "exit" not in document


def test_an_empty_host_says_what_to_do(shell: Shell) -> None:
    shell.engine = FakeEngine()
    assert "ergon-ops demo up" in shell("list").out
    assert shell("diagnose").exit == 0
    assert "demo up" in shell().out


def test_a_watch_is_one_document_a_line_until_it_is_stopped(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = 0

    async def pause() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            shell.engine.fail(EngineNotRunning("gone"))
        if rounds == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr("ergon_ops.interfaces.commands.looking.pause", pause)
    said = shell("list", "--watch", "--json")
    assert said.exit == 130
    documents = [json.loads(line) for line in said.out.splitlines()]
    assert [len(document["containers"]) for document in documents] == [3, 3, 0]
    assert documents[2]["error"]["code"] == "engine_not_running"


def test_a_watch_at_a_terminal_shows_one_screen(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stop() -> None:
        raise asyncio.CancelledError

    shell.engine = crowd(200)
    shell.engine.add(FakeContainer("zzz-sick", "nginx:1", health="unhealthy"))
    monkeypatch.setattr("ergon_ops.interfaces.commands.looking.pause", stop)
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "20")
    said = shell("list", "--watch")
    assert said.exit == 130
    assert "zzz-sick" in said.out
    assert "… and " in said.out
    assert said.out.count("\n") <= 20


def test_diagnose_ends_with_1_and_names_the_cause(shell: Shell) -> None:
    said = shell("diagnose")
    assert said.exit == 1
    assert "worker: CPU throttled" in said.out
    assert "cpu_throttled" in said.out
    document = shell("diagnose", "--json")
    assert document.exit == 1
    assert document.document["verdict"] == "fault"
    assert {"verdict", "containers", "findings", "audit", "checked", "facts"} <= set(document.document)
    assert shell("diagnose", "webapp").exit == 0
    assert shell("diagnose", "wbapp").exit == 4


def propose(shell: Shell) -> str:
    proposals = shell("ask", "webapp", "restart yourself", "--json").document["proposals"]
    assert len(proposals) == 1
    return str(proposals[0]["id"])


def test_a_proposal_is_listed_approved_and_written_down(shell: Shell) -> None:
    id = propose(shell)
    assert id in shell("proposals").out
    assert [row["id"] for row in shell("proposals", "--json").document["proposals"]] == [id]
    said = shell("approve", id)
    assert said.exit == 0
    assert lines(said.out)[-1].startswith("Restarted webapp: running, healthy")
    assert shell.engine.calls.count("restart") == 1
    again = shell("approve", id, "--json")
    assert again.exit == 5
    assert again.document["error"]["code"] == "refused"
    assert "Nothing waits" in shell("proposals").out
    assert "applied" in shell("proposals", "--all").out
    journal = shell("journal", "--verify")
    assert journal.exit == 0
    assert "Restarted webapp" in journal.out
    assert "The journal is whole" in journal.out
    document = shell("journal", "--json", "--verify").document
    assert document["problems"] == []
    assert [row["step"] for row in document["rows"]][-1] == "kept"


def test_an_approval_is_one_document_too(shell: Shell) -> None:
    said = shell("approve", propose(shell), "--json")
    assert said.exit == 0
    assert "Restarted webapp" in said.document["text"]
    assert "exit" not in said.document


def test_a_rejected_proposal_cannot_be_approved(shell: Shell) -> None:
    id = propose(shell)
    assert shell("reject", id[:8]).out == f"Rejected {id}: restart webapp. Nothing was done.\n"
    said = shell("approve", id)
    assert said.exit == 5
    assert len(lines(said.err)) == 1
    assert "restart" not in shell.engine.calls


def test_an_approval_for_a_container_that_moved_is_refused_with_5(shell: Shell) -> None:
    id = propose(shell)
    shell.engine.inventory["webapp"].started_at += 60
    said = shell("approve", id)
    assert said.exit == 5
    assert "it was restarted" in said.err


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_table_fits(shell: Shell, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    shell("approve", propose(shell))
    propose(shell)
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    for words in (("proposals", "--all"), ("journal",), ("state",), ("config",), ("--help",), ("ask", "--help")):
        out = shell(*words).out
        copied = ("docker logs", "ergon-ops ask", "usage:", "/")  # to be copied whole
        most = max(cells(line) for line in out.splitlines() if not line.strip().startswith(copied))
        assert most <= width, words


def test_the_state_is_counted_and_pruned(shell: Shell) -> None:
    shell("ask", "--session", "s", "webapp", "status?")
    document = shell("state", "--json").document
    assert document["rows"]["sessions"] == 1
    assert document["removed"] is None
    assert document["path"]
    said = shell("state", "--prune")
    assert "Nothing was old enough" in said.out
    assert "sessions" in said.out


def test_config_names_the_source_of_every_value(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERGON_OPS_PROBES", "yes")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123456789")
    rows = {row["key"]: row for row in shell("config", "--json").document["settings"]}
    assert rows["probes"] == {"key": "probes", "value": True, "source": "ERGON_OPS_PROBES"}
    out = shell("config").out
    assert re.search(r"probes +true +ERGON_OPS_PROBES", out)
    assert "very-secret" not in out


def test_the_overview_names_host_mind_counts_the_worst_and_three_questions(shell: Shell) -> None:
    shell.engine = shop()
    out = shell().out
    told = lines(out)
    assert told[0].startswith("Host local: ")
    assert told[1] == "Mind: offline — answers come from facts and rules, no API key is needed."
    assert "10 containers" in out
    assert "mailer" in out
    questions = re.findall(r'^  ergon-ops ask "(.+)"$', out, re.MULTILINE)
    assert len(questions) == 3
    document = shell("--json").document
    assert document["questions"] == questions
    assert document["mind"] == "offline"
    for question in questions:
        assert shell("ask", question).exit == 0


def test_the_overview_says_that_a_key_is_not_used(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    out = shell().out
    assert re.search(r"ANTHROPIC_API_KEY lies in the environment, nothing was\s+sent", out)
    assert "sk-ant-secret" not in out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_overview_fits(shell: Shell, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    shell.engine = shop()
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    assert max(cells(line) for line in shell().out.splitlines() if "ergon-ops ask" not in line) <= width


def test_hosts_that_answer_are_shown_though_another_does_not(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from ergon_ops.assistant.wiring import assemble

    gone = FakeEngine("prod")
    gone.fail(EngineNotRunning("Nobody listens there.", next="start it"))
    engines = {"local": shell.engine, "prod": gone}
    shell.opener = lambda settings: assemble(settings, engines, lambda host: engines[host])  # type: ignore[method-assign]
    said = shell("list")
    assert said.exit == 0
    assert "webapp" in said.out
    assert lines(said.err) == ["ergon-ops: prod: Nobody listens there — start it"]
    assert shell("list", "--json").document["failures"]["prod"]["code"] == "engine_not_running"


def test_an_interrupted_approval_is_told_as_an_interruption(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stopped(self: LocalAssistant, *args: Any, **kwargs: Any) -> Any:
        raise asyncio.CancelledError

    monkeypatch.setattr(LocalAssistant, "reject", stopped)
    assert shell("reject", "p-x").exit == 130


# ---- how things are laid out -----------------------------------------------------------------------------------


def test_the_least_important_column_goes_first_and_the_first_never() -> None:
    columns = (Column("NAME", least=4), Column("STATE", drop=1), Column("SERVES", drop=2, least=8))
    rows = [["webapp-and-more", "running", "nginx:80, python:8000"]]
    assert fitted(columns, rows, 80).shown == (0, 1, 2)
    assert fitted(columns, rows, 80).widths == (15, 7, 21)
    assert fitted(columns, rows, 30).shown == (0, 1, 2)
    assert sum(fitted(columns, rows, 30).widths) + 4 == 30
    assert fitted(columns, rows, 20).shown == (0, 1)
    assert fitted(columns, rows, 8).shown == (0,)


def test_wide_letters_count_twice_and_marks_not_at_all() -> None:
    assert [cells(text) for text in ("web", "数据库", "e\u0301", "🛒")] == [3, 6, 1, 2]


def test_wrapping_works_across_pieces_and_indents_lists() -> None:
    wrapping = Wrapping(24)
    pieces = ["- webapp: Running nginx,", " python and redis.\n", "- worker: fine.", " Really."]
    assert "".join(wrapping.feed(piece) for piece in pieces) == (
        "- webapp: Running nginx,\n  python and redis.\n- worker: fine. Really."
    )


def test_what_would_move_the_cursor_is_left_out() -> None:
    assert Wrapping(80).feed("a\x1b[2Jb\rc\u202ed\x07") == "a[2Jbcd"
