"""A server that sends anything at all: it is answered with pieces of the right types, or with one clear line."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ergon_ops.errors import ProviderError
from ergon_ops.messages import Text, ToolCall
from ergon_ops.providers import Provider
from tests.providers.servers import Fault, OpenAIServer, Reply
from tests.providers.servers.mind import Call
from tests.providers.servers.wire import Seen

from .asking import AnyServer, Heard, heard, provider_of, results, server_of, user

JUNK: list[Any] = [None, 5, -1, "x", [], {}, [1], {"a": 1}, True, 1e308, "\ud83d", [[]], {"type": "text_delta"}]
KNOWN = {"", "empty", "reset", "malformed", "server", "overloaded"}


def mangle(server: AnyServer, draw: random.Random) -> None:
    """Every event of its answers may have parts replaced, missing or out of order."""
    answer: Any = server.answer

    def mangled(seen: Seen, fault: Fault | None) -> Any:
        events = [event_with(event, draw) for event in answer(seen, fault)]
        if draw.random() < 0.2:
            draw.shuffle(events)
        return events

    server.answer = mangled  # type: ignore[method-assign]


def event_with(event: bytes, draw: random.Random) -> bytes:
    head, mark, data = event.partition(b"data: ")
    if not data.startswith(b"{"):
        return event
    return head + mark + json.dumps(replaced(json.loads(data), draw)).encode() + b"\n\n"


def replaced(value: Any, draw: random.Random) -> Any:
    if draw.random() < 0.06:
        return draw.choice(JUNK)
    if isinstance(value, dict):
        return {key: replaced(item, draw) for key, item in value.items() if draw.random() > 0.02}
    return [replaced(item, draw) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_mangled_answers_never_break_out(name: str, seed: int) -> None:
    draw = random.Random(seed)
    with server_of(name) as server:
        mangle(server, draw)
        provider = provider_of(server)
        for number in range(20):
            text = "Question: memory and logs?" if number % 2 else "[e1] state: up\nQuestion: status?"
            said, reason = await heard_or_why(provider, text)
            assert reason in KNOWN
            if reason:
                continue
            assert said.usage.input_tokens >= 0
            for part in said.parts:
                if isinstance(part, Text):
                    part.text.encode()
                if isinstance(part, ToolCall):
                    json.dumps([part.id, part.tool, dict(part.arguments)]).encode()
        await provider.close()


async def heard_or_why(provider: Provider, text: str) -> tuple[Heard, str]:
    try:
        return await heard(provider, [user(text)]), ""
    except ProviderError as error:
        return Heard(), error.reason


async def test_arguments_with_broken_characters_can_be_sent_back() -> None:
    with OpenAIServer(mind=lambda asked: Reply("", [Call("logs", {"grep": "\ud83d"})])) as server:
        provider = provider_of(server)
        messages = [user("Question: logs?")]
        said = await heard(provider, messages)
        assert said.calls[0].arguments == {"grep": "?"}
        await heard(provider, [*messages, said.message, results((said.calls[0].id, "x"))])
        await provider.close()
    assert server.refused == []
