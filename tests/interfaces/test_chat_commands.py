"""Every command of the chat, typed at a real prompt on a pipe over a fake engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ergon_ops.engine.fake import demo, shop
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.repl.paper import PAGE
from ergon_ops.interfaces.repl.slash import SLASHES, find
from tests.interfaces.conftest import lines

Seat = Callable[..., Any]


def test_one_table_has_the_names_the_help_and_what_runs() -> None:
    wanted = "switch list facts why show sent logs metrics findings proposals undo model cost session help exit"
    assert {f"/{word}" for word in wanted.split()} <= {slash.name for slash in SLASHES}
    assert all(slash.what and find(slash.name) is slash for slash in SLASHES)
    assert find("/q").name == "/exit"
    assert find("/met").name == "/metrics"


async def test_help_shows_every_command_and_one(seat: Seat) -> None:
    async with seat() as table:
        out, _ = await table.type("/help", "/help why")
    assert all(slash.shown in out for slash in SLASHES)
    assert out.count("/why [ID…]") == 2


async def test_why_shows_what_the_answer_rests_on(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        out, _ = await table.type("how is your memory?", "/why")
        facts = table.chat.last["facts"]
    assert len(facts) > 1
    for fact in facts:
        line = next(line for line in out.splitlines() if line.startswith(f"{fact['id']} "))
        assert fact["name"] in line
        assert fact["source"] in line
        assert re.search(r"\d\d:\d\d:\d\d", line)
    assert "36 MiB" in out


async def test_one_fact_is_shown_by_its_id_also_from_an_earlier_answer(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        table.begin()
        await table.line("how is your memory?")
        fact = table.chat.last["facts"][-1]
        await table.line("/help")
        told = await table.line(f"/why {fact['id']}")
        await table.line("/why e99999")
        _, err = await table.leave()
    assert f"{fact['id']}: {fact['name']} of webapp" in told
    assert fact["source"] in told
    assert "ago)" in told
    assert "there is no fact e99999" in err


async def test_why_before_anything_was_answered_says_what_to_do(seat: Seat) -> None:
    async with seat() as table:
        _, err = await table.type("/why", "/show")
    assert "nothing was answered" in err
    assert "no tool ran" in err


async def test_facts_are_those_of_the_session_and_can_be_searched(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        out, err = await table.type("/facts", "how is your memory?", "/facts memory_limit", "/facts nosuchthing")
    assert "Nothing was read in this session yet" in out
    assert re.search(r"memory_limit +80 MiB", out)
    assert "nosuchthing" in err


async def test_show_has_every_tool_call_with_what_it_gave(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        out, _ = await table.type("how is your memory?", "/show")
        calls = table.chat.last["tool_calls"]
    assert calls
    for call in calls:
        assert re.search(rf"^{call['tool']} .*— ok, {re.escape(str(call['ms']))} ms$", out, re.MULTILINE)
    assert "memory_working_set" in out.split("/why")[0]


async def test_show_has_a_kept_output_by_its_handle(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        handle = table.chat.assistant.house.store.handles.put("the first line\n\x1b[31mthe second line")
        out, err = await table.type(f"/show {handle}", "/show h999")
    assert "the first line\n[31mthe second line\n" in out
    assert "no output 'h999'" in err


@dataclass(frozen=True)
class Request:
    at: float
    url: str
    body: bytes


async def test_sent_shows_the_exact_bytes(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [b'{"messages":["first \xe2\x80\x8b"]}', b'{"messages":["second"]}']
    requests = tuple(Request(0.0, "http://127.0.0.1:9/v1", body) for body in bodies)
    async with seat() as table:
        out, _ = await table.type("/sent")
        assert "Nothing was sent to any model." in out
        monkeypatch.setattr(type(table.chat.assistant), "sent", lambda _: requests)
        out, err = await table.type("/sent", "/sent 1", "/sent 7")
    assert '{"messages":["second"]}' in out
    assert '{"messages":["first \\u200b"]}' in out
    assert f"{len(bodies[0])} bytes" in out
    assert "2 requests were sent" in err


async def test_log_lines_are_shown_searched_and_of_many_a_page_at_once(seat: Seat) -> None:
    engine = demo()
    for number in range(10_000):
        engine.inventory["webapp"].say(f"line {number} {'ERROR' if number % 5_000 == 1 else ''}")
    async with seat(engine, name="webapp") as table:
        table.begin()
        assert "line 9999" in await table.line("/logs")
        told = await table.line("/logs 10000")
        assert len(lines(told)) == PAGE + 1
        assert "9,900 more lines: /more shows the next 100" in told
        assert "line 150 " in await table.line("/more")
        assert "line 9999" in await table.line("/more all")
        assert "wrote nothing" in await table.line("/logs worker")
        assert "line 5001 ERROR" in await table.line("/logs 9000 ERROR")
        _, err = await table.leave()
    assert err == ""


async def test_whose_logs_and_metrics_must_be_said_where_nobody_is_spoken_to(seat: Seat) -> None:
    async with seat() as table:
        _, err = await table.type("/logs", "/metrics", "/more")
    assert "whose logs?" in err
    assert "whose metrics?" in err
    assert "nothing more" in err


async def test_metrics_move_until_a_key_is_pressed(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    async with seat(name="worker") as table:
        table.begin()
        table.keys.send_text("/metrics\r")
        await table.drawn("any key ends this")
        await table.drawn(lambda text: "0.15 cores of 0.15" in text and "█" in text)
        table.keys.send_text("x")
        await table.drawn(lambda _: table.chat.done)
        out, err = await table.leave()
    assert err == ""
    assert "x" not in out


async def test_metrics_of_one_that_vanishes_end_with_a_line(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    async with seat(name="worker") as table:
        table.begin()
        table.keys.send_text("/metrics\r")
        await table.drawn("any key ends this")
        table.chat.assistant.house.reads["local"].drop("worker")
        await table.drawn(lambda _: table.chat.done)
        _, err = await table.leave()
    assert "worker" in err
    assert "internal" not in err


async def test_a_terminal_that_cannot_repaint_gets_one_look(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergon_ops.interfaces.repl.person.dumb_terminal", lambda: True)
    async with seat(name="worker") as table:
        out, _ = await table.type("/metrics")
    assert "cpu" in out
    assert "0.15 cores of 0.15 cores" in out
    assert "█" not in out


async def test_findings_are_looked_up_now_and_remembered_when_nobody_answers(seat: Seat) -> None:
    async with seat(name="worker") as table:
        table.begin()
        told = await table.line("/findings")
        assert "cpu_throttled" in told
        table.chat.assistant.house.reads["local"].fail(EngineNotRunning("The engine is gone.", next="start it"))
        again = await table.line("/findings")
        _, err = await table.leave()
    assert "ago: warning worker" in again
    assert "The engine is gone" in err


async def test_which_model_answers_is_shown_and_switched_for_this_chat(seat: Seat) -> None:
    asked: list[str | None] = []
    async with seat() as table:
        out, err = await table.type("/model", "/model openai:some-model", "/model nonsense:x", "/model")
        assert table.chat.model == "openai:some-model"
        assistant = table.chat.assistant

        async def ask(question: Any) -> Any:
            asked.append(question.model)
            nothing: tuple[Any, ...] = ()
            for event in nothing:
                yield event

        object.__setattr__(table.chat, "assistant", Stand(assistant, ask))
        await table.type("how are you?")
        object.__setattr__(table.chat, "assistant", assistant)
        await table.type("/model offline")
        assert table.chat.model == "offline"
    assert "offline: answers come from facts and rules" in out
    assert out.count("openai:some-model: named by the session") == 2
    assert "nonsense" in err
    assert asked == ["openai:some-model"]


class Stand:
    """The assistant, with one method of its own."""

    def __init__(self, real: Any, ask: Any) -> None:
        self._real, self.ask = real, ask

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


async def test_cost_is_told_by_turn_and_in_all(seat: Seat) -> None:
    used = {"input_tokens": 1200, "output_tokens": 80, "cache_read_tokens": 900, "cost_usd": 0.0123}
    async with seat() as table:
        out, _ = await table.type("how is webapp?", "/cost")
        assert "no model was asked" in out
        table.chat.answers = [{"usage": used, "model": "m-1"}, {"usage": used, "model": "m-1"}]
        out, _ = await table.type("/cost")
    assert "turn 2: 1,200 tokens in (+ 900 from cache), 80 out · $0.0123 · m-1" in out
    assert "in all: 2,400 tokens in (+ 1,800 from cache), 160 out · $0.0246" in out


async def test_a_price_nobody_knows_is_not_made_up(seat: Seat) -> None:
    used = {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 0, "cost_usd": None}
    async with seat() as table:
        table.chat.answers = [{"usage": used, "model": "m-1"}]
        out, _ = await table.type("/cost")
    assert out.count("price not known") == 2


async def test_a_session_is_left_and_gone_on_with(seat: Seat) -> None:
    async with seat() as table:
        await table.type("/session outage", "how is worker?", "/session other", "/session")
        out, _ = await table.type("/session outage", "and its memory?", "/session list", "/session")
    assert "Session outage goes on: 1 questions" in out
    assert "how is worker?" in out
    assert "of my limit of 64 MiB" in out
    assert re.search(r"^outage  4 messages, .* ago, about worker$", out, re.MULTILINE)
    assert "Session outage: 4 messages stored" in out


async def test_undo_without_a_change_and_of_a_restart_are_clear_refusals(seat: Seat) -> None:
    async with seat(name="webapp") as table:
        table.begin()
        await table.line("/undo")
        await table.line("restart yourself")
        await table.line("a")
        assert [change[:2] for change in table.chat.changes] == ["c-"]
        await table.line("/undo")
        _, err = await table.leave()
    assert "nothing was changed in this chat" in err
    assert "a restart cannot be undone" in err


async def test_list_and_exit(seat: Seat) -> None:
    async with seat(shop()) as table:
        table.begin()
        assert "shop-cache-1" in await table.line("/list")
        table.keys.send_text("/exit\r")
        assert await asyncio.wait_for(table._talking, 20) == 0
