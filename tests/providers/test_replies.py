"""Whole conversations through both SDKs, against servers that compose their replies from what they were sent."""

from __future__ import annotations

import json

import pytest

from ergon_ops.folders import load_tools
from ergon_ops.messages import Cut, Message, Native, Prompt, Text, ToolCall, ToolResult
from ergon_ops.store import codec
from tests.providers.servers import AnthropicServer, Fault

from .asking import (
    PROMPT,
    TOOLS,
    Heard,
    World,
    assistant,
    heard,
    provider_of,
    results,
    server_of,
    user,
)

BOTH = pytest.mark.parametrize("name", ["anthropic", "openai"])


@BOTH
async def test_facts_in_the_question_are_answered_in_one_call_with_their_number_and_id(name: str) -> None:
    world = World.drawn()
    with server_of(name) as server:
        provider = provider_of(server)
        said = await heard(provider, [user(f"{world.result('metrics')}\nQuestion: how much memory do you use?")])
        await provider.close()
    assert f"Memory working set is {world.memory} [e12]." in said.text
    assert said.calls == []
    assert len(server.requests) == 1
    assert said.usage.input_tokens > 50
    assert said.usage.output_tokens > 3


@BOTH
async def test_text_arrives_in_pieces(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        said = await heard(provider, [user("<data>\n[e1] state: running\n</data>\nQuestion: what is your status?")])
        await provider.close()
    assert said.text == "State is running [e1]."
    assert len([part for part in said.parts if isinstance(part, Text)]) > 3


@BOTH
async def test_missing_facts_are_read_with_parallel_calls_and_the_answer_follows_the_results(name: str) -> None:
    world = World.drawn()
    with server_of(name) as server:
        provider = provider_of(server)
        messages = [user("Question: how is your memory, which ports do you serve, and any errors in the logs?")]
        first = await heard(provider, messages)
        assert [call.tool for call in first.calls] == ["metrics", "inspect", "logs"]
        assert [call.problem for call in first.calls] == ["", "", ""]
        assert first.calls[1].arguments == {"groups": ["ports", "services"]}
        assert first.calls[2].arguments == {"tail": 100}
        messages += [first.message, results(*((call.id, world.result(call.tool)) for call in first.calls))]
        second = await heard(provider, messages)
        await provider.close()
    assert f"Memory working set is {world.memory} [e12]." in second.text
    assert f"Serving nginx:{world.port} is listening [e20]." in second.text
    assert f"Log errors is {world.errors} [e30]." in second.text
    assert server.refused == []
    assert second.calls == []


@BOTH
async def test_an_error_of_a_tool_reaches_the_model(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        messages = [user("Question: memory?")]
        first = await heard(provider, messages)
        failed = Message("tool", (ToolResult(first.calls[0].id, "error: the engine is gone", ok=False),))
        said = await heard(provider, [*messages, first.message, failed])
        await provider.close()
    assert "I could not read it: the engine is gone." in said.text
    if name == "anthropic":
        assert server.requests[1]["messages"][-1]["content"][0]["is_error"] is True


@BOTH
async def test_arguments_that_are_no_json_come_with_their_problem_and_can_be_answered(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.malformed_arguments())
        provider = provider_of(server)
        messages = [user("Question: memory?")]
        first = await heard(provider, messages)
        call = first.calls[0]
        assert call.arguments == {}
        assert "not valid json" in call.problem
        told = Message("tool", (ToolResult(call.id, f"error: {call.problem}", ok=False),))
        said = await heard(provider, [*messages, first.message, told])
        await provider.close()
    assert "I could not read it" in said.text
    assert server.refused == []


@BOTH
async def test_arguments_cut_off_at_the_token_limit_say_so(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.cut())
        provider = provider_of(server)
        said = await heard(provider, [user("Question: memory?")])
        await provider.close()
    assert [(call.tool, call.problem) for call in said.calls] == [("metrics", "the arguments were cut off")]
    assert any(isinstance(part, Cut) for part in said.parts)


@BOTH
async def test_text_cut_off_at_the_token_limit_is_given_as_far_as_it_goes(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.cut())
        provider = provider_of(server)
        said = await heard(provider, [user("<data>\n[e1] state: running\n</data>\nQuestion: status?")])
        await provider.close()
    assert said.text
    assert "State is running [e1].".startswith(said.text.strip())
    assert any(isinstance(part, Cut) for part in said.parts)


@BOTH
async def test_a_call_of_a_tool_nobody_offered_is_passed_on_and_can_be_answered(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.unknown_tool("rm -rf /"))
        provider = provider_of(server)
        messages = [user("Question: memory?")]
        first = await heard(provider, messages)
        assert first.calls[0].tool == "rm -rf /"
        told = Message("tool", (ToolResult(first.calls[0].id, "error: there is no such tool", ok=False),))
        said = await heard(provider, [*messages, first.message, told])
        await provider.close()
    assert server.refused == []
    assert said.calls or said.text


@BOTH
async def test_tool_calls_with_one_id_get_ids_of_their_own(name: str) -> None:
    world = World.drawn()
    with server_of(name) as server:
        server.faults.next(Fault.duplicate_ids())
        provider = provider_of(server)
        messages = [user("Question: memory and logs?")]
        first = await heard(provider, messages)
        assert len({call.id for call in first.calls}) == 2
        messages += [first.message, results(*((call.id, world.result(call.tool)) for call in first.calls))]
        said = await heard(provider, messages)
        await provider.close()
    assert world.memory in said.text
    assert server.refused == []


@BOTH
async def test_the_same_question_gives_the_same_facts_through_both(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        said = await heard(provider, [user("<data>\n[e1] cpu_usage: 0.25 cores\n</data>\nQuestion: cpu?")])
        await provider.close()
    assert said.text == "Cpu usage is 0.25 cores [e1]."


@BOTH
async def test_persona_and_instructions_arrive(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        said = await heard(provider, [user("Question: who are you?")])
        without = await heard(provider, [user("[e1] state: up\nQuestion: status?")], prompt=Prompt("", ""))
        await provider.close()
    assert said.text == "I am web-ci, for web: serves the shop's pages."
    assert without.text == "State is up."  # nobody asked for ids


@BOTH
async def test_every_shipped_tool_is_one_the_api_takes(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        said = await heard(provider, [user("Question: what depends on you?")], tools=list(load_tools().values()))
        await provider.close()
    assert [call.tool for call in said.calls] == ["topology"]


@BOTH
async def test_a_second_turn_continues_the_first(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        messages = [user("[e1] state: running\nQuestion: status?")]
        messages.append((await heard(provider, messages)).message)
        messages.append(user("[e9] cpu_ratio: 12%\nQuestion: and the cpu?"))
        said = await heard(provider, messages)
        await provider.close()
    assert said.text == "Cpu ratio is 12% [e9]."
    assert server.refused == []


@BOTH
async def test_history_that_no_api_would_take_is_brought_into_order(name: str) -> None:
    messages = [
        assistant(Text("I was first.")),
        user("   "),
        user("Question: memory?"),
        user("I said: memory!"),
        assistant(ToolCall("same", "metrics", {}), ToolCall("same", "logs", {"tail": 3}), Text("")),
        results(("same", "[e1] memory_usage: 1 MiB")),
        results(("nobody", "lost")),
        assistant(ToolCall("an id that no API takes: ¡ñ!", "what a name", {"a": float(1)})),
        user("Stop."),
        assistant(Text("  \n")),
        assistant(Native("somebody", {"x": 1})),
        assistant(Text("Stopped.")),
        assistant(Text("Really.")),
        user("Question: status? \ud800"),
        assistant(ToolCall("same", "inspect", {})),
    ]
    with server_of(name) as server:
        provider = provider_of(server)
        said = await heard(provider, messages)
        await provider.close()
    assert server.refused == []
    assert said.parts


@BOTH
async def test_a_last_round_without_tools_may_follow_tool_calls(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        messages = [user("Question: memory?"), assistant(ToolCall("c1", "metrics", {})), results(("c1", "error: none"))]
        said = await heard(provider, messages, tools=())
        await provider.close()
    assert server.refused == []
    assert said.calls == []
    assert "no tool that reads it" in said.text


# -- what only Anthropic does --------------------------------------------------------------------------------------


async def thought(server: AnthropicServer, messages: list[Message]) -> Heard:
    provider = provider_of(server)
    said = await heard(provider, messages)
    await provider.close()
    return said


async def test_thinking_goes_back_unchanged_within_a_turn() -> None:
    world = World.drawn()
    with AnthropicServer(thinks=True) as server:
        messages = [user("Question: memory?")]
        first = await thought(server, messages)
        messages += [first.message, results((first.calls[0].id, world.result("metrics")))]
        said = await thought(server, messages)
    assert world.memory in said.text
    assert server.refused == []
    sent = server.requests[1]["messages"][1]["content"]
    assert [block["type"] for block in sent] == ["thinking", "tool_use"]


async def test_thinking_goes_back_when_a_session_is_resumed() -> None:
    with AnthropicServer(thinks=True) as server:
        messages = [user("[e1] state: running\nQuestion: status?")]
        messages.append((await thought(server, messages)).message)
        stored = [codec.load(Message, codec.dump(message)) for message in messages]
        await thought(server, [*stored, user("[e2] cpu_usage: 1 core\nQuestion: cpu?")])
    assert server.refused == []
    assert server.requests[1]["messages"][1]["content"][0]["type"] == "thinking"


async def test_thinking_bound_to_something_else_is_left_out() -> None:
    """History was compacted, instructions changed, another model took over: the API would refuse the block."""
    with AnthropicServer(thinks=True) as server:
        messages = [user("[e1] state: running\nQuestion: status?")]
        messages.append((await thought(server, messages)).message)
        compacted = [user("Question: state?"), messages[1], user("Question: cpu?")]
        await thought(server, compacted)
        provider = provider_of(server, model="claude-opus-5-5")
        await heard(provider, [*messages, user("Question: cpu?")])
        await provider.close()
        provider = provider_of(server)
        await heard(provider, [*messages, user("Question: cpu?")], prompt=Prompt(PROMPT.shared, "Somebody else."))
        await provider.close()
    assert server.refused == []
    for request in server.requests[1:]:
        assert '"thinking"' not in json.dumps(request["messages"])


async def test_thinking_that_is_refused_all_the_same_is_left_out_and_asked_again() -> None:
    with AnthropicServer(thinks=True) as server:
        messages = [user("Question: memory?")]
        first = await thought(server, messages)
        native = first.natives[0]
        forged = Native("anthropic", {**native.part, "block": {**native.part["block"], "signature": "bm90aGluZw=="}})
        messages += [assistant(forged, *first.calls), results((first.calls[0].id, "[e1] memory_usage: 3 MiB"))]
        said = await thought(server, messages)
    assert said.text == "Memory usage is 3 MiB [e1]."
    assert len(server.refused) == 1
    assert "thinking" not in str(server.requests[-1]["messages"])


async def test_what_is_shared_is_marked_and_the_same_for_every_container() -> None:
    with AnthropicServer() as server:
        provider = provider_of(server)
        one = await heard(provider, [user("Question: cpu?")])
        other = await heard(provider, [user("Question: logs?")], prompt=Prompt(PROMPT.shared, "You speak for db."))
        await provider.close()
    first, second = server.requests
    assert first["system"][0] == second["system"][0]
    assert first["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert first["tools"] == second["tools"]
    assert "cache_control" not in first["system"][1]
    assert "cache_control" not in json.dumps(first["messages"])
    assert one.usage.cache_write_tokens > 0
    assert other.usage.cache_read_tokens == one.usage.cache_write_tokens


async def test_a_long_history_is_marked_and_read_from_the_cache() -> None:
    with AnthropicServer() as server:
        provider = provider_of(server)
        messages = [user("x" * 9_000 + "\nQuestion: memory?")]
        first = await heard(provider, messages)
        messages += [first.message, results((first.calls[0].id, "[e1] memory_usage: 2 MiB"))]
        second = await heard(provider, messages)
        await provider.close()
    assert server.refused == []
    assert second.usage.cache_read_tokens > 2_000
    assert second.usage.cache_write_tokens <= second.usage.input_tokens


async def test_schemas_are_the_tools_own() -> None:
    with AnthropicServer() as server:
        await thought(server, [user("Question: cpu?")])
    sent = [(tool["name"], tool["input_schema"]) for tool in server.requests[0]["tools"]]
    assert sent == [(tool.name, tool.schema) for tool in TOOLS]
