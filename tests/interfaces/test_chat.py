"""The chat: a real prompt on a pipe, over a fake engine. Turns, commands, completion, history, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory

from ergon_ops.engine.fake import FakeEngine, shop
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.repl.chat import Chat, meant
from ergon_ops.interfaces.repl.completion import Names
from ergon_ops.interfaces.repl.history import FILE, open_history
from ergon_ops.interfaces.repl.loop import prompt_of
from ergon_ops.interfaces.repl.slash import SLASHES
from tests.interfaces.conftest import Shell, lines, with_terminal


async def test_a_question_is_answered_and_ctrl_d_leaves(seat: Callable[..., Any]) -> None:
    async with seat() as table:
        out, err = await table.type("how is webapp?")
    assert "Running nginx (port 80)" in out
    assert err == ""


async def test_follow_ups_are_understood(seat: Callable[..., Any]) -> None:
    async with seat() as table:
        out, _ = await table.type("how is worker?", "and its memory?")
    assert re.search(r"Memory at \d+%, \d+ MiB of my limit of 64 MiB", out)


async def test_who_is_spoken_to_stays_until_switched_and_another_can_be_asked_for_once(
    seat: Callable[..., Any],
) -> None:
    async with seat(name="webapp") as table:
        assert prompt_of(table.chat)[0][1] == "webapp"
        out, _ = await table.type(
            "what do you run?", "@worker what do you run?", "what do you run?", "how is orders-db?"
        )
    told = lines(out)
    assert sum("nginx" in line for line in told) == 2
    assert any("postgres" in line for line in told)
    async with seat(name="webapp") as table:
        await table.type("/switch wor")
        assert table.chat.name == "worker"
        await table.type("/switch")
        assert prompt_of(table.chat)[0][1] == "all"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/aprove x", "did you mean /approve?"),
        ("/xyzzy", "/help"),
        ("/switch wbapp", "webapp"),
        ("/approve", "needs the ID"),
        ("/reject p-none", "there is no proposal"),
    ],
)
async def test_what_makes_no_sense_is_one_line_and_the_chat_goes_on(
    seat: Callable[..., Any], line: str, said: str
) -> None:
    async with seat() as table:
        out, err = await table.type(line, "how is webapp?")
    assert len(lines(err)) == 1
    assert said in err
    assert "Running nginx" in out


async def test_a_path_is_a_question_not_a_command(seat: Callable[..., Any]) -> None:
    async with seat(name="webapp") as table:
        _, err = await table.type("/var/log is full?")
    assert "there is no /var" not in err


async def test_help_and_list_and_proposals_are_shown(seat: Callable[..., Any]) -> None:
    async with seat() as table:
        out, _ = await table.type("/help", "/list", "/proposals")
    assert "/switch [NAME]" in out
    assert "orders-db" in out
    assert "Nothing waits for approval." in out


async def test_an_engine_that_is_gone_is_told_and_the_chat_goes_on(seat: Callable[..., Any]) -> None:
    async with seat() as table:
        table.chat.assistant.house.reads["local"].fail(EngineNotRunning("The engine is not running.", next="start it"))
        out, err = await table.type("what is wrong?", "/list", "/switch webapp", "/help")
    assert err.count("The engine is not running") == 3
    assert "/approve ID" in out


async def test_a_defect_does_not_end_the_chat(seat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: FakeEngine) -> Any:
        raise ZeroDivisionError("no")

    async with seat() as table:
        monkeypatch.setattr(FakeEngine, "containers", broken)
        out, err = await table.type("how are you?", "/help")
    assert "internal error" in err
    assert "/approve ID" in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("/ap", ["/approve"]),
        ("/", [slash.name for slash in SLASHES]),
        ("/switch we", ["webapp", "webapp-ci"]),
        ("how is WE", ["webapp", "webapp-ci"]),
        ("how is @wor", ["worker", "worker-ci"]),
        ("@or", ["orders-db", "orders-db-ci"]),
        ("/approve p-", ["p-abc"]),
        ("/approve we", []),
        ("how is ", []),
    ],
)
async def test_completion_offers(seat: Callable[..., Any], typed: str, offered: list[str]) -> None:
    async with seat() as table:
        table.chat.proposals = ("p-abc",)
        found = Names(table.chat).get_completions(Document(typed), CompleteEvent(completion_requested=True))
        assert [completion.text for completion in found] == offered


async def test_while_typing_plain_english_nothing_pops_up(seat: Callable[..., Any]) -> None:
    async with seat() as table:
        completer, typing = Names(table.chat), CompleteEvent(text_inserted=True)
        assert list(completer.get_completions(Document("how do we"), typing)) == []
        assert list(completer.get_completions(Document("how is @we"), typing)) != []


def test_a_beginning_means_a_name_only_if_no_other_begins_so() -> None:
    names = ("webapp", "webapp-ci", "worker", "shop-web-1", "shop-web-2")
    assert meant("we", names) == "webapp"
    assert meant("webapp-ci", names) == "webapp-ci"
    assert meant("w", names) == ""
    assert meant("shop", names) == ""


async def test_everyone_can_be_asked_from_a_chat_with_one(seat: Callable[..., Any]) -> None:
    async with seat(name="webapp") as table:
        out, _ = await table.type("all of you: how are you?")
    assert "orders-db" in out


async def test_services_can_be_talked_to(seat: Callable[..., Any]) -> None:
    async with seat(shop(), name="cache") as table:
        out, _ = await table.type("what do you run?")
    assert "redis" in out


async def test_history_is_kept_for_the_owner_alone_and_without_secrets(seat: Callable[..., Any]) -> None:
    async with seat() as table:
        await table.type("how is webapp?", "why is postgres://u:s3cretpass@db/x refused?", " quietly")
        path = table.chat.settings.state_dir / FILE
    kept = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "how is webapp?" in kept
    assert "s3cretpass" not in kept
    assert "quietly" not in kept


async def test_a_home_that_cannot_be_written_keeps_the_history_in_memory(
    seat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ergon_ops.interfaces.repl.history.FILE", "no/such/folder")
    async with seat() as table:
        out, err = await table.type("how is webapp?")
        assert isinstance(open_history(table.chat.settings.state_dir), InMemoryHistory)
    assert "Running nginx" in out
    assert err == ""


def test_chat_with_somebody_who_is_not_there_ends_with_4(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with_terminal(monkeypatch)
    said = shell("chat", "wbapp")
    assert said.exit == 4
    assert "webapp" in said.err


def test_the_bare_command_looks_and_then_chats(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    talked: list[Chat] = []

    async def stand_in(chat: Chat) -> int:
        talked.append(chat)
        return 0

    monkeypatch.setattr("ergon_ops.interfaces.repl.loop.talk", stand_in)
    with_terminal(monkeypatch)
    said = shell()
    assert said.exit == 0
    assert "worker" in said.out
    assert [chat.name for chat in talked] == [""]
