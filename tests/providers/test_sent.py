"""What leaves is what is told of, byte by byte; keys stay out of everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ergon_ops.errors import PolicyRefused, UsageError
from ergon_ops.messages import Prompt, Text, Usage
from ergon_ops.providers import (
    DEFAULT_MODELS,
    PRICES,
    Scripted,
    Sent,
    cost_usd,
    endpoint_url,
    open_provider,
    preload,
    read_spec,
)
from ergon_ops.providers.openai_request import Dialect, body_of
from ergon_ops.settings import Endpoint, Settings
from tests.providers.servers import Fault, OpenAIServer, Style

from .asking import PROMPT, TOOLS, heard, provider_of, server_of, user

BOTH = pytest.mark.parametrize("name", ["anthropic", "openai"])


@BOTH
async def test_every_request_is_told_of_with_the_exact_bytes_of_its_body(name: str) -> None:
    sent: list[Sent] = []
    with server_of(name) as server:
        server.faults.next(Fault.status(500))
        provider = provider_of(server, on_sent=sent.append)
        await heard(provider, [user("Question: memory? — ünïcode")])
        await provider.close()
    assert [item.body for item in sent] == [seen.body for seen in server.seen]
    assert len(sent) == 2
    assert all(item.at == 5.0 and item.url.startswith(server.base_url) for item in sent)
    assert server.key.encode() not in b"".join(item.body + item.url.encode() for item in sent)


@BOTH
async def test_asking_for_the_list_of_models_is_told_of_too(name: str) -> None:
    sent: list[Sent] = []
    with server_of(name) as server:
        provider = provider_of(server, on_sent=sent.append, model="nobody")
        with pytest.raises(Exception, match="nobody"):
            await heard(provider, [user("hello")])
        await provider.close()
    assert sent[1].url.endswith("/models")
    assert sent[1].body == b""
    assert len(sent) == len(server.seen) == 2


@BOTH
async def test_who_is_told_may_forbid_it(name: str) -> None:
    def forbid(sent: Sent) -> None:
        raise PolicyRefused("not this one")

    with server_of(name) as server:
        provider = provider_of(server, on_sent=forbid)
        with pytest.raises(PolicyRefused, match="not this one"):
            await heard(provider, [user("Question: memory?")])
        await provider.close()
    assert server.seen == []


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-6-sol"])
def test_openai_itself_is_asked_in_its_own_words_at_once_and_to_keep_nothing(model: str) -> None:
    dialect = Dialect.of(model, vendors_own=True)
    body = body_of(model, PROMPT, [user("Question: memory?")], TOOLS, max_tokens=50, dialect=dialect)
    OpenAIServer(style=Style(vendor=True)).validate({**body, "stream": True})
    assert body["store"] is False


@BOTH
async def test_a_first_request_is_small_and_always_bounds_the_answer(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        await heard(provider, [user("Question: status?")], max_tokens=321)
        await provider.close()
    assert len(server.seen[0].body) < 10_000
    assert server.requests[0]["max_tokens"] == 321


@BOTH
def test_nothing_shows_the_key(name: str) -> None:
    endpoint = Endpoint("http://me:secret@127.0.0.1:9/v1?token=abc", "sk-my-own-key")
    settings = Settings(anthropic=endpoint, openai=endpoint)
    provider = open_provider(name, endpoints=settings)
    shown = repr(provider) + repr(vars(provider)) + endpoint_url(name, settings)
    for secret in ("sk-my-own-key", "me:secret", "token=abc"):
        assert secret not in shown
    assert endpoint_url(name, settings) == "http://127.0.0.1:9/v1"


def test_what_a_model_is_called() -> None:
    assert str(read_spec("anthropic")) == f"anthropic:{DEFAULT_MODELS['anthropic']}"
    assert (read_spec("openai:qwen3:8b").provider, read_spec("openai:qwen3:8b").model) == ("openai", "qwen3:8b")
    assert endpoint_url("openai:x", Settings()) == "https://api.openai.com/v1"
    for wrong in ("", "gpt-6", "offline", "scripted"):
        with pytest.raises(UsageError, match="no provider"):
            read_spec(wrong)


def test_prices_are_per_million_tokens_and_unknown_models_have_none() -> None:
    usage = Usage(1_000_000, 1_000_000, 1_000_000)
    assert cost_usd("claude-sonnet-5-5", usage) == pytest.approx(12.10)
    written = Usage(1_000_000, 0, 0, 1_000_000)
    assert cost_usd("claude-sonnet-5-5", written) == pytest.approx(2.5)
    assert cost_usd("claude-haiku-4-5-20251001", Usage(1_000_000)) == pytest.approx(1.0)
    assert cost_usd("llama3.2:1b", usage) is None
    assert all(cost_usd(model, usage) for model in DEFAULT_MODELS.values())
    assert all(0 < price.cached < price.input <= price.written < price.output for price in PRICES.values())


def test_no_sdk_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from ergon_ops.providers import open_provider; from ergon_ops.settings import Settings\n"
        "for name in ('anthropic', 'openai'): open_provider(name, endpoints=Settings())\n"
        "print(*(m for m in ('anthropic', 'openai', 'httpx2', 'anyio', 'pydantic') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@BOTH
def test_an_sdk_can_be_imported_beforehand(name: str) -> None:
    preload("offline")
    preload(f"{name}:any-model")
    assert name in sys.modules


async def test_a_script_plays_the_model() -> None:
    def script(system: Prompt, messages: object, tools: object) -> list[Text]:
        return [Text("I am "), Text(system.persona)]

    provider = Scripted(script)
    said = await heard(provider, [user("hello")], prompt=Prompt("a", "web"))
    await provider.close()
    assert said.text == "I am web"
    assert said.usage == Usage()
    assert provider.requests[0][1] == (user("hello"),)
