"""Everything a wire can do: retried where that helps, else one clear line in time."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import suppress
from typing import Any

import pytest

from ergon_ops.errors import ProviderError, UsageError
from ergon_ops.messages import Message, Text
from ergon_ops.providers import open_provider
from ergon_ops.settings import Endpoint, Settings
from tests.providers.servers import Fault

from .asking import PROMPT, AnyServer, Heard, Impatient, Naps, heard, provider_of, server_of, user

BOTH = pytest.mark.parametrize("name", ["anthropic", "openai"])
STATUS = [user("<data>\n[e1] state: running\n</data>\nQuestion: what is your status?")]
ANSWER = "State is running [e1]."
CALLS = [user("Question: memory?")]


async def met(server: AnyServer, messages: list[Message] = STATUS, *, deadline_s: float = 20.0, **rest: Any) -> Heard:
    provider = provider_of(server, **rest)
    try:
        return await heard(provider, messages, deadline_s=deadline_s)
    finally:
        await provider.close()


async def failed(server: AnyServer, messages: list[Message] = STATUS, **rest: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await met(server, messages, **rest)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 500
    assert server.key not in line + repr(caught.value) + str(caught.value.to_json())
    return caught.value


# -- what another try can mend -------------------------------------------------------------------------------------

PASSING = [
    (Fault.status(429, retry_after="2"), 2.0),
    (Fault.status(429), 0.5),
    (Fault.status(500), 0.5),
    (Fault.status(502, b"<html>bad gateway</html>"), 0.5),
    (Fault.status(503), 0.5),
    (Fault.status(529), 0.5),
    (Fault.json_error(), 0.5),
    (Fault.json_error("overloaded_error"), 0.5),
    (Fault.reset(), 0.5),
    (Fault.stall(), 0.5),
    (Fault.reset(1), 0.5),
    (Fault.stall(1), 0.5),
    (Fault.truncated(1), 0.5),
]


@BOTH
@pytest.mark.parametrize(("fault", "nap"), PASSING, ids=lambda item: getattr(item, "kind", ""))
async def test_a_passing_fault_is_tried_again_and_the_answer_is_whole(name: str, fault: Fault, nap: float) -> None:
    naps = Naps()
    with server_of(name) as server:
        server.faults.next(fault)
        patience = Impatient(server) if fault.kind == "stall" else None
        said = await met(server, sleep=naps, patience=patience)
    assert said.text == ANSWER
    assert naps.taken == [nap]
    assert len(server.requests) == 2


@BOTH
@pytest.mark.parametrize("fault", [Fault.reset(3), Fault.truncated(3), Fault.half_event(3)], ids=lambda f: f.kind)
async def test_tool_calls_of_an_answer_that_broke_off_are_never_given_but_asked_again(name: str, fault: Fault) -> None:
    with server_of(name) as server:
        server.faults.next(fault)
        said = await met(server, CALLS)
    assert [call.tool for call in said.calls] == ["metrics"]
    assert len(server.requests) == 2


@BOTH
async def test_there_are_two_more_tries_and_no_third(name: str) -> None:
    naps = Naps()
    with server_of(name) as server:
        server.faults.next(Fault.status(500), times=5)
        error = await failed(server, sleep=naps)
    assert error.reason == "server"
    assert naps.taken == [0.5, 1.5]
    assert len(server.requests) == 3
    assert error.details["tries"] == 3


@BOTH
async def test_who_asks_to_wait_longer_than_there_is_time_is_told_of_at_once(name: str) -> None:
    naps = Naps()
    with server_of(name) as server:
        server.faults.next(Fault.status(429, retry_after="3600"))
        error = await failed(server, sleep=naps)
    assert error.reason == "rate_limited"
    assert "3600 s" in error.next
    assert naps.taken == []


@BOTH
async def test_retry_after_may_be_milliseconds_or_a_date(name: str) -> None:
    naps = Naps()
    with server_of(name) as server:
        server.faults.next(
            Fault.status(429, retry_after_ms="1250"), Fault.status(429, retry_after="Wed, 01 Jan 2020 00:00:00 GMT")
        )
        said = await met(server, sleep=naps)
    assert said.text == ANSWER
    assert naps.taken == [1.25, 0.0]


# -- what no try can mend ------------------------------------------------------------------------------------------

FINAL = [
    (Fault.status(401), "auth", "API key"),
    (Fault.status(403), "auth", "API key"),
    (Fault.status(400), "server", "refused the request"),
    (Fault.status(404, b"nothing"), "server", "nothing to talk to"),
    (Fault.status(302, b"", location="http://127.0.0.1:9/"), "server", "302"),
    (Fault.status(429, {"error": {"type": "insufficient_quota", "message": "You exceeded it"}}), "cost", "payment"),
    (Fault.status(400, {"error": {"type": "exceed_context_size_error", "message": "too long"}}), "too_big", "context"),
    (Fault.empty(), "empty", "answered nothing"),
    (Fault.html(), "malformed", "a web page"),
    (Fault.huge_json(), "too_big", "grew past"),
    (Fault.garbage(1), "malformed", "no model's reply"),
]


@BOTH
@pytest.mark.parametrize(("fault", "reason", "words"), FINAL, ids=lambda item: getattr(item, "kind", ""))
async def test_a_lasting_fault_is_one_clear_line_at_once(name: str, fault: Fault, reason: str, words: str) -> None:
    naps = Naps()
    with server_of(name) as server:
        server.faults.next(fault)
        error = await failed(server, sleep=naps)
    assert error.reason == reason
    assert words in str(error)
    assert error.next
    assert naps.taken == []
    assert len(server.requests) == 1


@BOTH
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.reset(5), "reset"),
        (Fault.stall(5), "stall"),
        (Fault.truncated(5), "reset"),
        (Fault.half_event(5), "reset"),
        (Fault.garbage(5), "malformed"),
        (Fault.error_event(after=5), "overloaded"),
        (Fault.huge(after=5), "too_big"),
    ],
    ids=lambda item: getattr(item, "kind", ""),
)
async def test_after_the_first_words_nothing_is_asked_again(name: str, fault: Fault, reason: str) -> None:
    """The words were told already: saying them twice would be worse than the offline answer."""
    naps = Naps()
    with server_of(name) as server:
        server.faults.next(fault)
        heard_so_far = Heard()
        patience = Impatient(server) if fault.kind == "stall" else None
        provider = provider_of(server, patience=patience, sleep=naps)
        with pytest.raises(ProviderError) as caught:
            await heard(provider, STATUS, into=heard_so_far, max_tokens=100)
        await provider.close()
    assert caught.value.reason == reason
    assert heard_so_far.text
    assert naps.taken == []
    assert len(server.requests) == 1


@BOTH
async def test_an_answer_that_the_vendors_safeguards_ended_is_no_answer(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.refusal())
        error = await failed(server)
    assert error.reason == "empty"
    assert "declined" in str(error)


@BOTH
async def test_a_slow_drip_ends_with_the_deadline(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.drip())
        error = await failed(server, deadline_s=0.4)
        assert server.hung_up.wait(5)
    assert error.reason == "deadline"
    assert "0.4 s" in str(error)


@BOTH
async def test_no_try_begins_that_cannot_end_in_time(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.status(529), times=3)
        error = await failed(server, deadline_s=0.4)
    assert error.reason == "overloaded"
    assert len(server.requests) == 1


@BOTH
async def test_nobody_listens(name: str) -> None:
    with server_of(name) as server:
        endpoints, naps = server.endpoints, Naps()
    provider = open_provider(name, endpoints=endpoints, sleep=naps)
    with pytest.raises(ProviderError, match="connection refused") as caught:
        await heard(provider, STATUS)
    await provider.close()
    assert caught.value.reason == "refused"
    assert "BASE_URL" in caught.value.next
    assert naps.taken == [0.5]


@BOTH
async def test_a_host_without_an_address(name: str) -> None:
    endpoint = Endpoint("http://nobody.invalid/v1", "key")
    provider = open_provider(name, endpoints=Settings(anthropic=endpoint, openai=endpoint), sleep=Naps())
    with pytest.raises(ProviderError, match=r"cannot reach nobody\.invalid") as caught:
        await heard(provider, STATUS)
    await provider.close()
    assert caught.value.reason == "refused"


@BOTH
async def test_the_vendor_is_not_even_asked_without_a_key(name: str) -> None:
    provider = open_provider(name, endpoints=Settings())
    with pytest.raises(ProviderError, match=f"{name.upper()}_API_KEY") as caught:
        await heard(provider, STATUS)
    await provider.close()
    assert caught.value.reason == "auth"


# -- a model that is not there -------------------------------------------------------------------------------------


@BOTH
async def test_a_model_that_is_not_there_lists_what_is(name: str) -> None:
    with server_of(name) as server:
        near = server.models[1]
        error = await failed(server, model=f"{near}x")
    assert error.reason == "model_not_found"
    assert error.details["offered"][0] == near
    assert all(model in str(error) for model in server.models)
    assert error.next == f"name one of them: --model {name}:{near}"


@BOTH
async def test_a_long_list_of_models_is_bounded_and_redacted(name: str) -> None:
    many = [f"model-{number}" for number in range(500)] + ["\x1b[31mred"]
    with server_of(name, models=many) as server:
        error = await failed(server, model="other")
    assert len(error.details["offered"]) == 8
    assert re.search(r"and \d+ more", str(error))
    assert "\x1b" not in str(error)


@BOTH
async def test_a_list_that_does_not_come_does_not_hold_the_error_up(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(None, Fault.status(500))
        error = await failed(server, model="nobody")
    assert error.reason == "model_not_found"
    assert "nobody" in str(error)
    assert error.next


@pytest.mark.parametrize(
    "said",
    [
        {"error": {"message": 'model "llama9" not found, try pulling it first', "type": "api_error"}},
        {"object": "error", "message": "The model `llama9` does not exist.", "type": "NotFoundError", "code": 404},
        {"error": "model 'llama9' not found"},
        {"detail": "Model not found"},
    ],
)
async def test_every_servers_words_for_a_model_that_is_not_there(said: Any) -> None:
    with server_of("openai") as server:
        server.faults.next(Fault.status(404, said))
        error = await failed(server, model="llama9")
    assert error.reason == "model_not_found"
    assert "gpt-6-luna" in str(error)


# -- secrets, cancellation, leftovers ------------------------------------------------------------------------------


@BOTH
async def test_a_key_that_the_endpoint_repeats_is_hidden(name: str) -> None:
    with server_of(name) as server:
        echo = {"error": {"message": f"bad key {server.key} and password=hunter2hunter2", "type": "x"}}
        server.faults.next(Fault.status(401, echo))
        error = await failed(server)
    assert "hunter2" not in str(error)
    assert "redacted" in str(error)


@BOTH
@pytest.mark.parametrize("fault", [Fault.stall(), Fault.stall(5), Fault.drip()], ids=["before", "within", "drip"])
async def test_cancelling_hangs_up_at_once(name: str, fault: Fault) -> None:
    with server_of(name) as server:
        server.faults.next(fault)
        provider = provider_of(server)
        task = asyncio.create_task(heard(provider, STATUS))
        await asyncio.to_thread(server.arrived.wait, 5)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.hung_up.wait, 5)
        await provider.close()


@BOTH
async def test_who_stops_listening_hangs_up(name: str) -> None:
    with server_of(name) as server:
        server.faults.next(Fault.stall(6))
        provider = provider_of(server)
        pieces: Any = provider.reply(PROMPT, STATUS, (), max_tokens=50, deadline_s=20)
        async for piece in pieces:
            assert isinstance(piece, Text)
            break
        await pieces.aclose()
        assert await asyncio.to_thread(server.hung_up.wait, 5)
        await provider.close()


@BOTH
@pytest.mark.parametrize("fault", [None, Fault.stall(5), Fault.reset()], ids=["none", "stall", "reset"])
def test_no_thread_is_left(name: str, fault: Fault | None) -> None:
    async def conversation() -> None:
        with server_of(name) as server:
            server.faults.next(fault)
            with suppress(ProviderError):
                await met(server, deadline_s=0.5)

    before = set(threading.enumerate())
    asyncio.run(conversation())
    assert set(threading.enumerate()) <= before


@BOTH
async def test_one_connection_serves_a_conversation_and_closing_leaves_none(name: str) -> None:
    with server_of(name) as server:
        provider = provider_of(server)
        for _ in range(3):
            await heard(provider, STATUS)
        assert server.opened == 1
        await provider.close()
        for _ in range(200):
            if server.connections == 0:
                break
            await asyncio.sleep(0.01)
        assert server.connections == 0


@pytest.mark.parametrize(
    "url", ["notaurl", "localhost:8080/v1", "ftp://host/v1", "http://", "http://h:99999/v1", "http://[::1/v1"]
)
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_an_address_that_is_none_is_said_to_be_none(provider: str, url: str) -> None:
    endpoint = Endpoint(url, "sk-key")
    with pytest.raises(UsageError, match="is no address of a model") as raised:
        open_provider(provider, endpoints=Settings(anthropic=endpoint, openai=endpoint))
    assert f"{provider.upper()}_BASE_URL" in str(raised.value.next)
