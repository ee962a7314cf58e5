"""The keyboard of the chat: Ctrl-C, new lines, pasting, history, completion, proposals, a window that changes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from ergon_ops.engine.fake import FakeEngine, shop
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.repl.chat import parted
from ergon_ops.interfaces.repl.completion import Names
from ergon_ops.interfaces.repl.loop import prompt_of
from tests.interfaces.seat import Table

Seat = Callable[..., Any]
QUESTION = "approve / reject / later? [later]"


def shown(table: Table) -> str:
    return "".join(part[1] for part in prompt_of(table.chat))


# -- proposals ---------------------------------------------------------------------------------------------------------


async def proposed(table: Table) -> str:
    """Asks for a restart; gives the proposal's id. The question about it stands open then."""
    table.begin()
    told = await table.line("restart yourself")
    assert QUESTION in table.screen.drawn
    id = re.search(r"Proposal (p-\w+): restart webapp \(timeout 10 s\)", told)
    assert id is not None
    return id[1]


async def test_a_proposal_shows_everything_one_decides_upon(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        id = await proposed(table)
        told = table.out
        await table.line("")
        out, _ = await table.leave()
        assert id in table.chat.proposals
    for word in ("why ", "state running (e", "risk ", "undo ", "cannot be undone", "expires ", "in 15 min"):
        assert word in told, word
    assert f"It waits: /approve {id} or /reject {id}." in out
    assert "restart" not in table.chat.assistant.house.reads["local"].calls


async def test_approving_is_told_step_by_step(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        await proposed(table)
        told = await table.line("approve")
        await table.leave()
    assert "Restarting webapp" in told
    assert told.splitlines()[-1].startswith("Restarted webapp: running")


async def test_rejecting_does_nothing_and_is_final(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        id = await proposed(table)
        assert f"Rejected {id}" in await table.line("r")
        await table.line(f"/approve {id}")
        _, err = await table.leave()
    assert "was rejected" in err
    assert "restart" not in table.chat.assistant.house.reads["local"].calls


@pytest.mark.parametrize("answer", ["y", "yes please", "aprove", "\x03"])
async def test_only_a_clear_word_approves(seat: Seat, answer: str) -> None:
    async with seat(name="webapp") as table:
        await proposed(table)
        table.keys.send_text(answer if answer == "\x03" else f"{answer}\r")
        await table.drawn(lambda _: table.chat.done)
        await table.leave()
        rows = (await table.chat.assistant.proposals())["proposals"]
    assert [row["state"] for row in rows] == ["open"]
    assert "restart" not in table.chat.assistant.house.reads["local"].calls


async def test_what_was_typed_before_the_question_was_there_is_no_answer_to_it(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        table.begin()
        table.keys.send_text("restart yourself\ra\r")
        await table.drawn(QUESTION)
        table.keys.send_text("\r")
        await table.drawn(lambda _: table.chat.done)
        await table.leave()
    assert "restart" not in table.chat.assistant.house.reads["local"].calls


async def test_who_may_not_decide_is_not_asked(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        table.chat.actor = replace(table.chat.actor, may_approve=False)
        out, _ = await table.type("restart yourself")
    assert re.search(r"waiting for approval: ergon-ops approve p-", out)


@pytest.mark.parametrize(("typed", "name"), [("/switch orders-db", "orders-db"), ("how are you?", "webapp")])
async def test_a_command_or_a_question_instead_of_a_decision_is_taken_next(seat: Seat, typed: str, name: str) -> None:
    async with seat(name="webapp") as table:
        id = await proposed(table)
        table.keys.send_text(f"{typed}\r")
        await table.drawn(lambda _: table.chat.done == 2)
        assert table.chat.name == name
        out, _ = await table.leave()
        rows = (await table.chat.assistant.proposals())["proposals"]
    assert f"It waits: /approve {id}" in out
    assert ("Running nginx" in out.rpartition("It waits")[2]) is (name == "webapp")
    assert [row["state"] for row in rows] == ["open"]


async def test_a_later_proposal_is_listed_and_decided_by_its_id(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        id = await proposed(table)
        await table.line("later")
        assert f"{id}: restart webapp" in await table.line("/proposals")
        assert "Restarted webapp" in await table.line(f"/approve {id}")
        assert "Nothing waits for approval." in await table.line("/proposals")
        await table.leave()


# -- the model ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "given"), [("y", [True]), ("", [False]), ("\x03", [False])])
async def test_a_key_in_the_environment_is_asked_about_once(
    seat: Seat, monkeypatch: pytest.MonkeyPatch, typed: str, given: list[bool]
) -> None:
    said: list[bool] = []

    async def needed(self: Any, model: str | None = None) -> str:
        return "" if True in said else "http://127.0.0.1:9"

    async def give(self: Any, endpoint: str, *, yes: bool) -> None:
        assert endpoint == "http://127.0.0.1:9"
        said.append(yes)

    async with seat(name="webapp") as table:
        monkeypatch.setattr(type(table.chat.assistant), "consent_needed", needed)
        monkeypatch.setattr(type(table.chat.assistant), "give_consent", give)
        table.begin()
        assert "http://127.0.0.1:9." in await table.line("how are you?")
        table.keys.send_text(typed if typed == "\x03" else f"{typed}\r")
        await table.drawn(lambda _: table.chat.done == 1)
        await table.line("and your memory?")
        out, _ = await table.leave()
    assert said == given
    assert "36 MiB" in out


# -- keys --------------------------------------------------------------------------------------------------------------


async def test_ctrl_c_stops_the_turn_and_not_the_chat(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, stuck = [], asyncio.Event()

    async def never(self: FakeEngine) -> Any:
        waiting.append(self)
        stuck.set()
        await asyncio.Event().wait()

    async with seat(name="webapp") as table:
        table.begin()
        await table.line("/help")
        monkeypatch.setattr(FakeEngine, "containers", never)
        table.keys.send_text("what is wrong?\r")
        await asyncio.wait_for(stuck.wait(), 20)
        os.kill(os.getpid(), signal.SIGINT)
        await table.drawn(lambda _: table.chat.done == 2)
        monkeypatch.undo()
        assert "/approve ID" in await table.line("/help")
        _, err = await table.leave()
    assert "stopped" in err


async def test_ctrl_c_drops_a_line_and_twice_where_nothing_is_typed_leaves(seat: Seat) -> None:
    async with seat() as table:
        table.begin()
        table.keys.send_text("half a thou\x03")
        assert "Nothing waits" in await table.line("/proposals")
        table.keys.send_text("\x03")
        await asyncio.sleep(0.1)
        table.keys.send_text("again typed\x03")
        await asyncio.sleep(0.1)
        table.keys.send_text("\x03")
        await asyncio.sleep(0.1)
        table.keys.send_text("\x03")
        assert await asyncio.wait_for(table._talking, 20) == 0
        table.read()
    assert table.err.count("Ctrl-C again leaves") == 2


async def test_alt_enter_begins_a_new_line_of_the_question(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        out, _ = await table.type("how is your\x1b\rmemory?")
        assert table.chat.last["question"] == "how is your\nmemory?"
    assert "36 MiB" in out


@pytest.mark.parametrize(
    ("typed", "question"),
    [("", "what is this?"), ("why do I see this: ", "why do I see this:")],
)
async def test_what_is_pasted_stays_whole_and_is_read_along(seat: Seat, typed: str, question: str) -> None:
    pasted = ("" if typed else "what is this?\r") + "ERROR cannot reach the payment provider\r" * 4
    async with seat(name="webapp") as table:
        out, _ = await table.type(f"{typed}\x1b[200~{pasted}\x1b[201~")
        assert table.chat.last["question"] == question
        assert len(table.chat.answers) == 1
    assert "4 × “ERROR cannot reach the payment provider”" in out


def test_a_pasted_word_is_typed_text() -> None:
    assert parted("how is webapp", ("webapp",)) == ("how is webapp", "")
    assert parted("/list\n/exit", ("/list\n/exit",)) == ("/list", "/exit")


async def test_a_pasted_command_is_not_run(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        out, _ = await table.type("\x1b[200~/exit\r\nERROR no route\r\x1b[201~", "/proposals")
    assert "Nothing waits" in out


async def test_what_was_typed_before_is_found_again(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        out, _ = await table.type("/help cost", "/help model", "\x12cost\r")
    assert out.count("tokens and cost") == 2


async def test_a_completion_shows_how_each_is(seat: Seat) -> None:
    async with seat(shop()) as table:
        found = Names(table.chat).get_completions(Document("@"), CompleteEvent(completion_requested=True))
        meta = {completion.text: completion.display_meta_text for completion in found}
    assert meta["shop-web-1"] == "running, healthy"
    assert meta["mailer"] == "restarting"
    assert meta["shop-report-1"] == "exited"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("/help co", ["cost"]),
        ("/model o", ["offline", "openai", "openai:"]),
        ("/metrics wor", ["worker", "worker-ci"]),
        ("/undo c-", ["c-1"]),
        ("/show ", ["h1"]),
        ("/session li", ["list"]),
        ("/why e", ["e7"]),
    ],
)
async def test_words_of_commands_are_completed(seat: Seat, typed: str, offered: list[str]) -> None:
    async with seat() as table:
        fact = {"id": "e7", "name": "state", "container": "webapp"}
        table.chat.answers = [{"facts": [fact], "tool_calls": [{"handle": "h1"}, {"handle": "h1"}]}]
        table.chat.changes = ["c-1"]
        found = Names(table.chat).get_completions(Document(typed), CompleteEvent(completion_requested=True))
        assert [completion.text for completion in found] == offered


# -- the prompt --------------------------------------------------------------------------------------------------------


async def test_the_prompt_changes_while_nobody_types(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergon_ops.interfaces.repl.presence.EVERY_S", 0.05)
    async with seat(name="webapp") as table:
        engine = table.chat.assistant.house.reads["local"]
        table.begin()
        await table.drawn("webapp healthy>")
        engine.set_health("webapp", "unhealthy")
        await table.drawn("unhealthy")
        engine.fail(EngineNotRunning("gone", next="start it"))
        await table.drawn("no engine")
        engine.recover()
        engine.drop("webapp")
        await table.drawn("gone")
        before = len(asyncio.all_tasks())
        _, err = await table.leave()
        assert len(asyncio.all_tasks()) < before
    assert err == ""


async def test_only_the_one_spoken_to_is_looked_at(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergon_ops.interfaces.repl.presence.EVERY_S", 0.02)
    async with seat(name="webapp") as table:
        engine = table.chat.assistant.house.reads["local"]
        table.begin()
        await table.drawn("webapp healthy>")
        engine.calls.clear()
        await asyncio.sleep(0.3)
        calls = set(engine.calls)
        await table.leave()
        engine.calls.clear()
        await asyncio.sleep(0.1)
    assert calls <= {"read", "containers", "info"}
    assert engine.calls == []


async def test_of_everyone_the_prompt_counts_who_is_not_well(seat: Seat) -> None:
    async with seat(shop()) as table:
        table.begin()
        assert "1 unwell>" in await table.drawn("1 unwell>")
        await table.leave()


async def test_a_narrow_window_leaves_room_for_the_question(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with seat(shop(), name="shop-web-1") as table:
        assert shown(table) == "shop-web-1 healthy> "
        monkeypatch.setenv("COLUMNS", "40")
        table.chat.name = "a-container-with-a-long-name"
        assert shown(table) == "a-contain… healthy> "


async def test_a_window_that_changes_its_size_is_drawn_anew(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with seat(name="webapp") as table:
        table.begin()
        await table.line("/help")
        wide = await table.line("how are you?")
        table.screen.columns = 40
        monkeypatch.setenv("COLUMNS", "40")
        os.kill(os.getpid(), signal.SIGWINCH)
        assert await table.line("how are you?") == wide  # a pipe gets no line breaks; at a terminal see test_terminal
        _, err = await table.leave()
    assert err == ""
