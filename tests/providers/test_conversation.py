"""Messages become turns that every API accepts; what was before never changes."""

from __future__ import annotations

import random

import pytest

from ergon_ops.messages import Message, Native, Text, ToolCall, ToolResult
from ergon_ops.providers.arguments import read_arguments
from ergon_ops.providers.conversation import GO_ON, LEFT_OUT, NOT_RUN, Given, Said, Turn, turns_of

from .asking import assistant, results, user


def shape(messages: list[Message]) -> list[str]:
    return ["said" if isinstance(turn, Said) else "given" for turn in turns_of(messages)]


def test_a_conversation_begins_and_ends_with_what_the_model_is_given() -> None:
    turns = turns_of([assistant(Text("Hello."))])
    assert isinstance(turns[0], Given)
    assert turns[0].text == LEFT_OUT
    assert isinstance(turns[-1], Given)
    assert turns[-1].text == GO_ON
    assert shape([]) == ["given"]


def test_a_call_without_a_result_is_answered_for() -> None:
    calls = assistant(ToolCall("1", "x", {}), ToolCall("2", "y", {}))
    turns = turns_of([user("a"), calls, results(("2", "two")), user("b")])
    given = turns[-1]
    assert isinstance(given, Given)
    assert given.results == [ToolResult("1", NOT_RUN, False), ToolResult("2", "two")]
    assert given.text == "b"


def test_an_id_used_again_pairs_with_its_own_result() -> None:
    messages = [user("a")]
    for text in ("one", "two"):
        messages += [assistant(ToolCall("call_0", "x", {})), results(("call_0", text))]
    turns = turns_of(messages)
    ids = [call.id for turn in turns if isinstance(turn, Said) for call in turn.calls]
    found = [(result.call_id, result.text) for turn in turns if isinstance(turn, Given) for result in turn.results]
    assert len(set(ids)) == 2
    assert found == [(ids[0], "one"), (ids[1], "two")]


def test_a_parts_own_order_is_kept() -> None:
    native, call = Native("anthropic", {"x": 1}), ToolCall("1", "x", {})
    turns = turns_of([user("a"), assistant(native, Text("b"), native, call)])
    assert isinstance(turns[1], Said)
    assert turns[1].parts == [native, Text("b"), native, call]


def test_a_reply_and_what_follows_never_change_what_was_before() -> None:
    draw = random.Random(7)
    compared = 0
    for _ in range(500):
        before = [any_message(draw) for _ in range(draw.randint(1, 6))]
        sent = turns_of(before)
        assert_acceptable(sent)
        after = [assistant(Text("Hm."), *calls(draw)), *(any_message(draw) for _ in range(draw.randint(0, 4)))]
        now = turns_of([*before, *after])
        assert_acceptable(now)
        if sent[-1] != Given(text=GO_ON):
            assert now[: len(sent)] == sent
            compared += 1
    assert compared > 200


def calls(draw: random.Random) -> list[ToolCall]:
    return [ToolCall(draw.choice("ab"), draw.choice(["x", "ü y"]), {}) for _ in range(draw.randint(0, 2))]


def any_message(draw: random.Random) -> Message:
    match draw.choice(["user", "assistant", "tool"]):
        case "user":
            return user(draw.choice(["hi", " ", ""]))
        case "tool":
            return results(*((draw.choice("abc"), draw.choice(["r", ""])) for _ in range(draw.randint(0, 3))))
        case _:
            return assistant(*calls(draw), Text(draw.choice(["said", " "])))


def assert_acceptable(turns: list[Turn]) -> None:
    assert isinstance(turns[0], Given)
    assert isinstance(turns[-1], Given)
    used: set[str] = set()
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        assert after is None or isinstance(turn, Said) != isinstance(after, Said)
        if isinstance(turn, Said):
            assert isinstance(after, Given)
            assert [call.id for call in turn.calls] == [result.call_id for result in after.results]
            assert turn.text.strip() or turn.calls
            assert not used & {call.id for call in turn.calls}
            used |= {call.id for call in turn.calls}
        else:
            assert turn.text.strip() or turn.results
            assert all(result.text for result in turn.results)


@pytest.mark.parametrize(
    ("written", "arguments", "problem"),
    [
        ("", {}, ""),
        ("{}", {}, ""),
        ("null", {}, ""),
        ('{"a": [1]}', {"a": [1]}, ""),
        ('"{\\"a\\": 1}"', {"a": 1}, ""),
        ("[1]", {}, "list"),
        ('"x"', {}, "str"),
        ("{'a': 1}", {}, "not valid json"),
        ('{"a": NaN}', {}, "not valid json"),
        ("[" * 100_000, {}, "longer than"),
        ("[" * 50_000, {}, "not valid json"),
        ('{"a": "' + "x" * 70_000 + '"}', {}, "longer than"),
    ],
)
def test_arguments_as_models_write_them(written: str, arguments: dict[str, object], problem: str) -> None:
    read, why = read_arguments(written)
    assert read == arguments
    assert problem in why
    assert bool(problem) == bool(why)
