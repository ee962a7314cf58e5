"""`session`: conversations are listed, replayed, exported and deleted, with no engine to reach."""

from __future__ import annotations

import json
import re

import pytest

from ergon_ops.errors import EngineNotRunning
from tests.interfaces.conftest import Shell, lines, with_terminal


@pytest.fixture
def talked(shell: Shell) -> Shell:
    """Two sessions were held; then the engine went away."""
    shell("ask", "--session", "outage", "worker", "how are you?")
    shell("ask", "--session", "outage", "and its memory?")
    shell("ask", "--session", "other", "webapp", "what do you run?")
    shell.engine.fail(EngineNotRunning("gone", next="start it"))
    return shell


def test_a_list_has_the_newest_first(talked: Shell) -> None:
    said = talked("session", "list")
    assert [line.split()[0] for line in lines(said.out)] == ["SESSION", "other", "outage"]
    rows = talked("session", "list", "--json").document["sessions"]
    assert [(row["name"], row["messages"], row["about"]) for row in rows] == [
        ("other", 2, ["webapp"]),
        ("outage", 4, ["worker"]),
    ]


def test_without_any_it_says_how_to_begin_one(shell: Shell) -> None:
    assert "chat --session NAME" in shell("session", "list").out
    assert shell("session", "list", "--json").document == {"sessions": []}


def test_a_transcript_is_replayed_without_an_engine(talked: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = talked("session", "show", "outage")
    assert plain.exit == 0
    assert re.search(r"^\d\d:\d\d:\d\d > and its memory\?\n.*of my limit of 64 MiB", plain.out, re.MULTILINE)
    with_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "40")
    shown = talked("session", "show", "outage").out
    assert max(len(re.sub(r"\x1b\[\d+m", "", line)) for line in shown.splitlines()) <= 40


def test_the_document_has_messages_and_facts(talked: Shell) -> None:
    document = talked("session", "show", "outage", "--json").document
    assert [row["role"] for row in document["messages"] if row["text"]] == ["user", "assistant"] * 2
    assert document["session"]["name"] == "outage"
    ids = [fact["id"] for fact in document["facts"]]
    assert len(ids) == len(set(ids)) > 0


def test_what_was_asked_while_no_engine_answered_is_in_it_and_it_goes_on(talked: Shell) -> None:
    asked = talked("ask", "--session", "outage", "and its memory?", "--json")
    assert asked.exit == 3
    rows = talked("session", "show", "outage", "--json").document["messages"]
    assert [row["text"] for row in rows if row["text"]][4:] == ["and its memory?", asked.document["answer"]]
    talked.engine.recover()
    assert talked("ask", "--session", "outage", "and its memory?", "--json").document["containers"] == ["worker"]


def test_it_is_exported_as_a_page_and_as_json(talked: Shell) -> None:
    page = talked("session", "export", "outage").out
    assert page.startswith("# Session outage\n")
    assert "## and its memory?" in page
    assert "| id | container | fact | value | source | read |" in page
    assert re.search(r"^\| e\d+ \| worker \| memory_limit \| 64 MiB \|", page, re.MULTILINE)
    assert re.search(r"\| started_at \| \d{4}-\d\d-\d\dT[^|]*Z \|", page), "a time, not how long ago that is now"
    exported = json.loads(talked("session", "export", "outage", "--format", "json").out)
    assert exported == talked("session", "show", "outage", "--json").document
    assert talked("session", "export", "outage", "--json").document["text"].startswith("# Session outage")


def test_a_deleted_one_is_gone(talked: Shell) -> None:
    assert "Deleted the session outage with its 4 messages" in talked("session", "delete", "outage").out
    assert talked("session", "show", "outage").exit == 2
    assert talked("session", "delete", "other", "--json").document["deleted"]["name"] == "other"
    assert talked("session", "list", "--json").document == {"sessions": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "outag"), "did you mean outage"),
        (("show",), "session show needs the name of a session"),
        (("delete", "xyz"), "ergon-ops session list"),
        (("burn", "outage"), "burn is not one of"),
    ],
)
def test_what_makes_no_sense_is_one_line_with_the_next_step(talked: Shell, words: tuple[str, ...], said: str) -> None:
    answer = talked("session", *words)
    assert answer.exit == 2
    assert len(lines(answer.err)) == 1
    assert said in answer.err
    assert talked("session", *words, "--json").document["error"]["exit"] == 2


def test_a_secret_that_was_typed_is_not_stored(shell: Shell) -> None:
    shell("ask", "--session", "s", "webapp", "why is postgres://u:s3cretpass@db/x refused?")
    assert "s3cretpass" not in shell("session", "export", "s").out
