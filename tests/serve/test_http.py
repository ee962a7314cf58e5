"""The plain HTTP face and its guard, as bytes on the wire."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ergon_ops.client import NoAnswer, ask
from ergon_ops.engine.fake import demo
from ergon_ops.errors import EngineNotRunning
from ergon_ops.interfaces.serve import guard, pace
from tests.serve.conftest import Start, until


async def test_a_question_is_answered_by_whom_it_is_about(start: Start) -> None:
    async with start() as running:
        status, body = await running.http("POST", "/api/message", {"message": "is anything wrong with the worker?"})
        assert status == 200
        assert body["ci"] == "worker-ci"
        assert "hrottled" in body["response"]
        status, body = await running.http("POST", "/api/ci/webapp-ci/message", {"message": "status?"})
        assert body["response"].startswith("Running nginx (port 80)")


async def test_follow_ups_keep_their_context_and_callers_are_kept_apart(start: Start) -> None:
    async with start() as running:
        asked: dict[str, Any] = {"message": "how is webapp?", "caller": "ergon", "session": "s1"}
        await running.http("POST", "/api/message", asked)
        _, body = await running.http("POST", "/api/message", {**asked, "message": "and its memory?"})
        assert body["ci"] == "webapp-ci"
        _, body = await running.http("POST", "/api/message", {**asked, "message": "and its memory?", "caller": "numa"})
        assert body["ci"] != "webapp-ci"


async def test_everyone_is_listed_in_camel_case(start: Start) -> None:
    async with start() as running:
        _, body = await running.http("GET", "/api/ci")
        row = next(row for row in body["cis"] if row["name"] == "webapp-ci")
        assert row == {
            "name": "webapp-ci",
            "key": "webapp-ci",
            "container": "webapp",
            "state": "running",
            "health": "healthy",
        }
        _, body = await running.http("GET", "/health")
        assert {"status", "component", "version", "timestamp", "uptime", "port", "registeredWithHermes"} <= set(body)


@pytest.mark.parametrize(
    ("headers", "token", "status", "code"),
    [
        ({}, "", 401, "unauthorized"),
        ({}, "wrong", 401, "unauthorized"),
        ({"Host": "evil.example"}, None, 403, "wrong_host"),
        ({"Host": "evil.example:8790"}, None, 403, "wrong_host"),
        ({"Origin": "https://evil.example"}, None, 403, "wrong_origin"),
        ({"Origin": "null"}, None, 403, "wrong_origin"),
    ],
)
async def test_strangers_are_refused(
    start: Start, headers: dict[str, str], token: str | None, status: int, code: str
) -> None:
    async with start() as running:
        found, body = await running.http("POST", "/api/message", {"message": "hi"}, token=token, headers=headers)
        assert (found, body["error"]["code"]) == (status, code)


BAD: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b'"hi"', 400),
    (b"{}", 400),
    (b'{"message": 5}', 400),
    (b'{"message": ""}', 400),
    (b'{"message": "  "}', 400),
    (b'{"message": "x", "session": 3}', 400),
    (b'{"message": "x", "caller": {}}', 400),
    (b"\xff\xfe\x00", 400),
    (b'{"message": "\\ud800 hi"}', 200),
    (b"[" * 100_000, 400),
    (b'{"message": "' + b"a" * 10_000_000 + b'"}', 413),
]


@pytest.mark.parametrize(("raw", "status"), BAD, ids=lambda item: str(item[:20]) if isinstance(item, bytes) else "")
async def test_a_bad_body_gets_a_clear_refusal_and_the_daemon_goes_on(start: Start, raw: bytes, status: int) -> None:
    async with start() as running:
        found, body = await running.http("POST", "/api/message", raw=raw)
        assert found == status, body
        if status != 200:
            assert body["error"]["message"]
        assert "Traceback" not in json.dumps(body)
        assert (await running.http("GET", "/health"))[0] == 200


async def test_unknown_names_addresses_and_methods_are_told_apart(start: Start) -> None:
    async with start() as running:
        status, body = await running.http("POST", "/api/ci/webap/message", {"message": "hi"})
        assert (status, body["error"]["details"]["nearest"][0]) == (404, "webapp-ci")
        assert (await running.http("GET", "/nowhere"))[0] == 404
        assert (await running.http("GET", "/api/message"))[0] == 405
        assert (await running.http("GET", "/rpc/hello"))[0] == 403, "that is for the unix socket"


async def test_a_client_that_sends_slowly_or_hangs_up_holds_nobody_up(start: Start) -> None:
    async with start() as running:
        links = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(50)]
        for _, writer in links:
            writer.write(b"POST /api/message HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        assert (await running.http("GET", "/health"))[0] == 200
        for _, writer in links:
            writer.close()
        assert (await running.http("POST", "/api/message", {"message": "status of webapp?"}))[0] == 200


async def test_who_never_says_what_for_is_hung_up_on_and_who_never_ends_a_body_is_told(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "HEAD_S", 0.5)
    monkeypatch.setattr(guard, "BODY_S", 0.5)
    asked = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with start() as running:
        token = f"Authorization: Bearer {running.token}\r\n".encode()
        body = b"POST /api/message HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n" + token + b"\r\n{"
        sent = (b"", b"GET /hea", asked + b"GET", body)
        answers = await asyncio.gather(*(running.bytes(part) for part in sent))
        assert answers[:2] == [b"", b""]
        assert answers[2].startswith(b"HTTP/1.1 200")
        assert answers[3].startswith(b"HTTP/1.1 408")
        assert b"in one piece" in answers[3]
        slow = running.http("POST", "/api/ci/worker-ci/message", {"message": "why are you slow?"})
        assert (await slow)[0] == 200, "an answer may take longer than that"
        assert "Traceback" not in "".join(running.said)


async def test_the_engine_goes_and_comes_back_without_a_restart(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        assert (await running.http("POST", "/api/ci/webapp-ci/message", {"message": "status?"}))[0] == 200
        engine.fail(EngineNotRunning("No Docker engine at unix:///x.", next="start Docker"))
        status, body = await running.http("POST", "/api/message", {"message": "how is webapp?"})
        assert status == 200
        assert "engine" in body["response"].lower()
        await until(lambda: running.daemon.assistant.house.recent.rows("local") == ())
        status, body = await running.http("POST", "/api/ci/webapp-ci/message", {"message": "status?"})
        assert (status, "was last seen" in body["response"]) == (200, True)
        assert "webapp-ci" in running.entries(), "aish still finds who can tell what was last seen"
        status, body = await running.http("POST", "/api/ci/nobody/message", {"message": "status?"})
        assert (status, body["error"]["exit"]) == (503, 3)
        assert (await running.http("GET", "/ready"))[0] == 503
        engine.recover()
        _, body = await running.http("POST", "/api/message", {"message": "how is webapp?"})
        assert body["response"].startswith("Running nginx")


async def test_what_happens_is_streamed_as_it_happens(start: Start) -> None:
    engine = demo()
    async with start(engine) as running:
        head = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {running.token}\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(head.encode())
        await reader.readuntil(b": ergon-ops\n\n")
        engine.note(engine.find("webapp"), "oom")
        text = await asyncio.wait_for(reader.readuntil(b'"action": "oom"'), 20)
        assert b"event: container" in text
        writer.close()


async def test_the_client_asks_over_the_unix_socket(start: Start) -> None:
    async with start() as running:
        socket = str(running.daemon.place.socket)

        async def asked(*words: str, **more: str) -> str:
            return await asyncio.to_thread(ask, *words, socket_path=socket, **more)

        assert (await asked("How is webapp?", "ergon", "s")).startswith("Running nginx")
        assert "emory" in await asked("and its memory?", "ergon", "s")
        assert (await asked("status?", ci="worker-ci")).startswith("Running")
        with pytest.raises(NoAnswer, match="No Container CI is called"):
            await asked("status?", ci="nobody")
    with pytest.raises(NoAnswer):
        await asked("status?")


async def test_many_at_once_are_all_answered(start: Start) -> None:
    async with start() as running:

        async def one(number: int) -> Any:
            name = ("webapp-ci", "worker-ci", "orders-db-ci")[number % 3]
            return await running.http("POST", f"/api/ci/{name}/message", {"message": "status?"})

        answers = await asyncio.gather(*(one(number) for number in range(60)))
        assert {status for status, _ in answers} == {200}
        assert all(body["response"].startswith("Running") for _, body in answers)


async def test_a_second_daemon_refuses_with_the_pid_of_the_first(start: Start) -> None:
    import os

    from ergon_ops.interfaces.serve.place import AlreadyRunning

    async with start() as running:
        with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"):
            await running.daemon.run()


def test_the_document_names_what_is_served() -> None:
    from ergon_ops.interfaces.serve import http, openai_api, projects
    from ergon_ops.interfaces.serve.openapi import openapi

    served = {route.path.replace(":path", "") for route in (*http.ROUTES, *projects.ROUTES, *openai_api.ROUTES)}
    assert set(openapi()["paths"]) == served - {"/aish/{key}/{token}", "/v1/{path}"}


async def test_each_caller_has_a_row_also_one_that_was_refused(start: Start) -> None:
    async with start() as running:
        await running.http("POST", "/api/message", {"message": "how is webapp?", "caller": "ergon"})
        await running.http("POST", "/api/message", {"message": "how is webapp?", "caller": "ergon"})
        await running.http("POST", "/api/message", {"message": "hi"}, token="wrong")
        store = running.daemon.assistant.house.store
        await until(lambda: len(store.callers.all()) == 2)
        rows = {row["identity"]: (row["interface"], row["asked"], row["refused"]) for row in store.callers.all()}
        assert rows == {"ergon": ("http", 2, 0), "127.0.0.1": ("http", 0, 1)}
