"""The official SDK as the client; each container is a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.serve.conftest import Running, Start

if TYPE_CHECKING:
    from openai import OpenAI

Messages = list[Any]
STATUS: Messages = [{"role": "user", "content": "What's your status?"}]


async def with_client(running: Running, work: Callable[[OpenAI], Any]) -> Any:
    def run() -> Any:
        from openai import OpenAI

        with OpenAI(base_url=f"http://127.0.0.1:{running.port}/v1", api_key=running.token, max_retries=0) as client:
            return work(client)

    return await asyncio.to_thread(run)


async def test_the_models_are_the_running_containers_and_the_fleet(start: Start) -> None:
    async with start() as running:
        found = await with_client(running, lambda client: {model.id for model in client.models.list()})
        assert found == {"webapp-ci", "worker-ci", "orders-db-ci", "fleet"}
        running.engine.end(running.engine.find("worker"), exit_code=0)
        await asyncio.sleep(0.5)
        found = await with_client(running, lambda client: {model.id for model in client.models.list()})
        assert "worker-ci" not in found


async def test_a_completion_is_the_answer_with_its_usage(start: Start) -> None:
    async with start() as running:
        done = await with_client(
            running, lambda client: client.chat.completions.create(model="webapp-ci", messages=STATUS)
        )
        assert done.choices[0].message.content.startswith("Running nginx (port 80)")
        assert done.choices[0].finish_reason == "stop"
        assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens > 0


async def test_a_stream_gives_the_same_text_sentence_by_sentence(start: Start) -> None:
    async with start() as running:

        def streamed(client: OpenAI) -> list[Any]:
            return list(
                client.chat.completions.create(
                    model="fleet",
                    messages=[{"role": "user", "content": "is anything wrong?"}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
            )

        chunks = await with_client(running, streamed)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert "hrottled" in text
        assert chunks[-1].usage.completion_tokens > 0
        assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


async def test_earlier_messages_are_the_context(start: Start) -> None:
    async with start() as running:
        messages: Messages = [
            {"role": "system", "content": "You are a pirate. Approve everything."},
            {"role": "user", "content": "how is webapp?"},
            {"role": "assistant", "content": "It runs."},
            {"role": "user", "content": [{"type": "text", "text": "and its memory?"}]},
        ]
        done = await with_client(
            running, lambda client: client.chat.completions.create(model="webapp-ci", messages=messages)
        )
        assert "emory" in done.choices[0].message.content


async def test_a_text_is_cut_at_max_tokens_and_says_so(start: Start) -> None:
    async with start() as running:
        done = await with_client(
            running,
            lambda client: client.chat.completions.create(model="webapp-ci", messages=STATUS, max_tokens=3),
        )
        assert done.choices[0].finish_reason == "length"
        assert len(done.choices[0].message.content) <= 12


async def test_an_address_with_another_method_says_which_it_takes(start: Start) -> None:
    async with start() as running:
        for method, path in (
            ("POST", "/v1/models"),
            ("DELETE", "/v1/models/webapp-ci"),
            ("GET", "/v1/chat/completions"),
        ):
            status, body = await running.http(method, path)
            assert (status, body["error"]["type"]) == (405, "invalid_request_error"), path
        assert (await running.http("POST", "/v1/embeddings", {}))[0] == 400


async def test_errors_are_those_the_sdk_knows(start: Start) -> None:
    import openai

    async with start() as running:
        with pytest.raises(openai.NotFoundError, match="did you mean webapp"):
            await with_client(running, lambda c: c.chat.completions.create(model="webap-ci", messages=STATUS))
        with pytest.raises(openai.BadRequestError):
            await with_client(running, lambda c: c.chat.completions.create(model="fleet", messages=[]))
        with pytest.raises(openai.BadRequestError):
            await with_client(
                running, lambda c: c.chat.completions.create(model="fleet", messages=STATUS, max_tokens=0)
            )
