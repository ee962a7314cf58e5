"""What Ollama, vLLM, llama.cpp and the like leave out or do their own way: the answer is the same."""

from __future__ import annotations

import pytest

from ergon_ops.messages import Message, ToolResult
from ergon_ops.providers import open_provider
from ergon_ops.providers.openai import Thoughts
from tests.providers.servers import OpenAIServer, Reply, Style

from .asking import PROMPT, World, heard, provider_of, results, user

STYLES = {
    "plain": Style(),
    "no usage": Style(usage=False),
    "no ids": Style(ids=False),
    "no index": Style(index=False),
    "neither index nor ids": Style(index=False, ids=False),
    "one index for all": Style(same_index=True, whole_arguments=True),
    "one index for all, no ids": Style(same_index=True, ids=False, whole_arguments=True),
    "no role": Style(role=False),
    "null content": Style(null_content=True),
    "arguments in one piece": Style(whole_arguments=True),
    "arguments as an object": Style(object_arguments=True),
    "no index, one piece, no ids": Style(index=False, ids=False, whole_arguments=True),
    "reasoning beside": Style(reasoning=True),
    "thoughts in the text": Style(think_tags=True),
    "no finish reason": Style(finish=False),
    "no [DONE]": Style(done=False),
    "no stream at all": Style(streams=False),
    "frugal": Style(frugal=True),
    "OpenAI itself": Style(vendor=True),
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
async def test_every_manner_of_answering_gives_the_same_conversation(style: Style) -> None:
    world = World.drawn()
    with OpenAIServer(style=style) as server:
        provider = provider_of(server)
        messages = [user("Question: memory, ports and logs?")]
        first = await heard(provider, messages)
        assert [(call.tool, call.arguments, call.problem) for call in first.calls] == [
            ("metrics", {}, ""),
            ("inspect", {"groups": ["ports", "services"]}, ""),
            ("logs", {"tail": 100}, ""),
        ]
        assert len({call.id for call in first.calls}) == 3
        assert first.text == ""
        messages += [first.message, results(*((call.id, world.result(call.tool)) for call in first.calls))]
        second = await heard(provider, messages)
        await provider.close()
    assert second.text == (
        f"Memory working set is {world.memory} [e12]. Memory limit is 1 GiB [e13]. "
        f"Serving nginx:{world.port} is listening [e20]. Log errors is {world.errors} [e30]."
    )
    assert second.usage.input_tokens > 100
    assert second.usage.output_tokens > 10


async def test_what_an_endpoint_refuses_is_learned_once() -> None:
    with OpenAIServer(style=Style(vendor=True)) as server:
        provider = provider_of(server)
        await heard(provider, [user("Question: memory?")])
        await heard(provider, [user("Question: logs?")])
        await provider.close()
    assert len(server.refused) == 3
    fields = ("reasoning_effort", "max_completion_tokens", "temperature")
    assert [tuple(field in body for field in fields) for body in server.requests] == [
        (False, False, True), (False, True, True), (False, True, False), (True, True, False), (True, True, False),
    ]  # fmt: skip


async def test_a_server_that_needs_no_key_is_asked_without_one() -> None:
    with OpenAIServer(key="none") as server:
        from ergon_ops.settings import Endpoint, Settings

        provider = open_provider("openai", endpoints=Settings(openai=Endpoint(server.base_url)))
        said = await heard(provider, [user("[e1] state: up\nQuestion: status?")])
        await provider.close()
    assert said.text == "State is up [e1]."


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["<think>", "hm", "</think>", "Yes."], "Yes."),
        (["  <th", "ink>\nhm </th", "ink>\n\nYes", "."], "Yes."),
        (["<", "b>bold"], "<b>bold"),
        (["<"], "<"),
        (["Yes <think>no</think>"], "Yes <think>no</think>"),
        (["<think>never ended"], ""),
        (["<think>" + "x" * 500, "y" * 500 + "</think>Z"], "Z"),
    ],
)
def test_thoughts_in_the_text_are_left_out(pieces: list[str], text: str) -> None:
    thoughts = Thoughts()
    assert "".join(map(thoughts.without, pieces)) + thoughts.rest() == text


async def test_a_model_in_a_loop_gets_a_bounded_number_of_calls() -> None:
    from tests.providers.servers.mind import Call

    with OpenAIServer(mind=lambda asked: Reply("", [Call("metrics", {}) for _ in range(100)])) as server:
        provider = provider_of(server)
        messages = [user("Question: memory?")]
        said = await heard(provider, messages)
        assert len(said.calls) == 32
        answers = Message("tool", tuple(ToolResult(call.id, "x") for call in said.calls))
        await heard(provider, [*messages, said.message, answers], prompt=PROMPT)
        await provider.close()
    assert server.refused == []
