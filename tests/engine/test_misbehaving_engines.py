"""Whatever answers at the socket: one clear error in time, and the process ends in time."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.engine.reads import DockerReads
from ergon_ops.errors import (
    EngineError,
    EngineNotRunning,
    EngineRefused,
    EngineTimeout,
    EngineTLS,
    EngineTooOld,
    NoSuchContainer,
)
from ergon_ops.facts import Group
from ergon_ops.refs import Ref
from tests.engine import misbehaving
from tests.engine.misbehaving import Behaviour, Server, answers

DEADLINE_S = 0.5
COUNT = itertools.count()
TLS_PORT = b"Client sent an HTTP request to an HTTPS server.\n"
Case = tuple[Behaviour, bool, type[EngineError]]
CASES: dict[str, Case] = {
    "silent": (misbehaving.silent, True, EngineTimeout),
    "silent from the first": (misbehaving.silent, False, EngineTimeout),
    "dripping": (misbehaving.dripping, True, EngineTimeout),
    "dripping its head": (misbehaving.dripping_head, False, EngineTimeout),
    "closing mid-reply": (misbehaving.closing, True, EngineNotRunning),
    "closing mid-chunk": (misbehaving.closing_mid_chunk, True, EngineNotRunning),
    "hanging up": (misbehaving.hanging_up, False, EngineNotRunning),
    "babbling": (misbehaving.babbling, False, EngineError),
    "not JSON": (answers(b"<html>welcome</html>"), True, EngineError),
    "no engine": (answers(b"OK", head=b""), False, EngineError),
    "a web server": (answers(b"", status=b"404 Not Found", head=b""), False, EngineRefused),
    "too old": (answers(b"OK", head=b"Api-Version: 1.39\r\n"), False, EngineTooOld),
    "http to a TLS port": (answers(TLS_PORT, status=b"400 Bad Request", head=b""), False, EngineTLS),
}


def reads(url: str, *, deadline_s: float = DEADLINE_S) -> DockerReads:
    endpoint = Endpoint(f"host-{next(COUNT)}", url.replace("tcp:", "http:"), "DOCKER_HOST")
    return DockerReads(endpoint, None, clock=time.time, deadline_s=deadline_s)


def workers(engine: DockerReads) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.endswith(f" {engine.host}")]


async def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if holds():
            return True
        await asyncio.sleep(0.05)
    return holds()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


async def test_each_misbehaviour_is_one_clear_error(case: Case, tmp_path: Path) -> None:
    behave, pongs, expected = case
    with Server(behave, path=tmp_path / "s", pongs=pongs) as server, pytest.raises(expected) as caught:
        await reads(server.url).containers()
    assert type(caught.value) is expected
    assert caught.value.next
    assert "Traceback" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_late_answer_frees_its_thread(tmp_path: Path) -> None:
    with Server(misbehaving.dripping, path=tmp_path / "s") as server:
        engine = reads(server.url)
        results = await asyncio.gather(*(engine.containers() for _ in range(5)), return_exceptions=True)
        assert all(isinstance(result, EngineTimeout) for result in results)
        assert await eventually(lambda: not workers(engine))


async def test_a_cancelled_call_frees_its_thread(tmp_path: Path) -> None:
    with Server(misbehaving.silent, path=tmp_path / "s") as server:
        engine = reads(server.url, deadline_s=60)
        call = asyncio.create_task(engine.containers())
        assert await eventually(lambda: len(server.requests) > 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await eventually(lambda: not workers(engine))


async def test_the_next_call_succeeds_once_the_engine_is_well_again(tmp_path: Path) -> None:
    with Server(misbehaving.silent, path=tmp_path / "s") as server:
        engine = reads(server.url)
        with pytest.raises(EngineTimeout):
            await engine.containers()
        server.behave(answers(b"[]"))
        assert await engine.containers() == ()


async def test_waiting_for_a_thread_counts_against_the_deadline(tmp_path: Path) -> None:
    from ergon_ops.engine.caller import Caller

    with Server(misbehaving.silent, path=tmp_path / "s") as server:
        caller = Caller(Endpoint("local", server.url, "DOCKER_HOST"), threads=1)
        first = asyncio.create_task(caller.call(lambda api: api.fetch("/info"), deadline_s=30))
        assert await eventually(lambda: len(server.requests) > 1)
        with pytest.raises(EngineTimeout):
            await caller.call(lambda api: api.fetch("/info"), deadline_s=0.2)
        assert not first.done()
        caller.close()
        with pytest.raises(EngineError):
            await first
        with pytest.raises(EngineError):
            await caller.call(lambda api: api.fetch("/info"), deadline_s=5)


async def test_many_calls_at_once_share_few_connections(tmp_path: Path) -> None:
    with Server(answers(b"[]"), path=tmp_path / "s") as server:
        engine = reads(server.url, deadline_s=30)
        assert await asyncio.gather(*(engine.containers() for _ in range(300))) == [()] * 300
        again = len([request for request in server.requests if b"_ping" in request])
        assert again <= 128


async def test_a_bug_in_a_call_reaches_its_caller_at_once(tmp_path: Path) -> None:
    from ergon_ops.engine.caller import Caller
    from ergon_ops.engine.client import Client

    def wrong(api: Client) -> None:
        raise ZeroDivisionError

    with Server(answers(b"[]"), path=tmp_path / "s") as server:
        caller = Caller(Endpoint("local", server.url, "DOCKER_HOST"))
        with pytest.raises(ZeroDivisionError):
            await caller.call(wrong, deadline_s=60)


@pytest.mark.parametrize("reply", [b"{}", b"null", b'"x"', b"[1, null, {}]", b'[{"Id": 3, "Names": "x"}]', b"[[]]"])
async def test_json_of_another_shape_gives_no_container_and_no_exception(reply: bytes, tmp_path: Path) -> None:
    with Server(answers(reply), path=tmp_path / "s") as server:
        assert await reads(server.url).containers() == ()


@pytest.mark.parametrize("reply", [b"{}", b"null", b"[]", b'{"Name": "/web", "State": 3, "Config": []}'])
async def test_a_nonsense_description_is_an_error_or_gives_empty_readings(reply: bytes, tmp_path: Path) -> None:
    with Server(answers(reply), path=tmp_path / "s") as server:
        engine = reads(server.url)
        groups: tuple[Group, ...] = ("identity", "state", "limits", "config", "ports")
        if b"web" not in reply:
            with pytest.raises(NoSuchContainer):
                await engine.read(Ref("web"), groups)
            return
        empty = (None, "", 0, False, "none", "no", "web")
        assert all(item.value in empty for item in await engine.read(Ref("web"), groups))


async def test_a_missing_socket_says_to_start_docker(tmp_path: Path) -> None:
    with pytest.raises(EngineNotRunning) as caught:
        await reads(f"unix://{tmp_path}/none.sock").info()
    assert "start Docker" in caught.value.next


async def test_nobody_behind_the_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    with pytest.raises(EngineRefused):
        await reads(f"unix://{tmp_path}/s").info()


async def test_an_unknown_name_and_a_closed_port_are_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-engine.invalid:2375"):
        with pytest.raises(EngineRefused):
            await reads(url, deadline_s=10).containers()


async def test_tls_spoken_to_a_plain_port_names_the_certificates() -> None:
    with Server(answers(b"[]")) as server, pytest.raises(EngineTLS) as caught:
        await reads(server.url.replace("tcp:", "https:"), deadline_s=5).containers()
    assert "ca.pem" in caught.value.next


async def test_a_silent_handshake_ends_in_time() -> None:
    with Server(misbehaving.silent) as server:
        engine = reads(server.url.replace("tcp:", "https:"))
        with pytest.raises(EngineTimeout):
            await engine.containers()
        assert await eventually(lambda: not workers(engine))


async def test_host_readings_answer_while_the_engine_is_silent_or_gone(tmp_path: Path) -> None:
    with Server(misbehaving.silent, path=tmp_path / "s", pongs=False) as server:
        found = {item.name: item.value for item in await reads(server.url).host_readings()}
        assert found["engine"] == "hung"
    found = {item.name: item.value for item in await reads(f"unix://{tmp_path}/none").host_readings()}
    assert found["engine"] == "gone"
    with Server(misbehaving.hanging_up, path=tmp_path / "t", pongs=False) as server:
        found = {item.name: item.value for item in await reads(server.url).host_readings()}
        assert found["engine"] == "restarting"


async def test_closing_a_silent_stream_returns_at_once_and_frees_its_thread(tmp_path: Path) -> None:
    def stream(server: Server, wire: socket.socket, request: bytes) -> None:
        wire.sendall(misbehaving.HEAD + b"Transfer-Encoding: chunked\r\n\r\n")

    with Server(stream, path=tmp_path / "s") as server:
        engine = reads(server.url)
        events = engine.follow_events()
        waiting = asyncio.ensure_future(anext(events))
        assert await eventually(lambda: any(b"/events" in request for request in server.requests))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await eventually(lambda: not workers(engine))


EXIT = """
import asyncio, sys, time
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.reads import DockerReads
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.facts import Group
from ergon_ops.refs import Ref
import ergon_ops.engine.client, ergon_ops.engine.faults
if sys.argv[3:]:
    import os; os.setgid(65534); os.setuid(65534)
engine = DockerReads(Endpoint("local", sys.argv[1], "DOCKER_HOST"), None, clock=time.time, deadline_s=1)
async def follow():
    async for event in engine.follow_events():
        pass
async def main():
    if sys.argv[2] == "follow":
        await asyncio.wait_for(follow(), 1)
    else:
        await engine.containers()
try:
    asyncio.run(main())
except Exception as error:
    print(type(error).__name__)
"""


def run(url: str, what: str = "list", *more: str) -> str:
    """A process of its own; far from done with its drip when the test's patience ends."""
    done = subprocess.run(
        [sys.executable, "-c", EXIT, url, what, *more], capture_output=True, text=True, timeout=30, check=True
    )
    assert not done.stderr
    return done.stdout.strip()


def test_the_process_ends_in_time_whatever_the_engine_does(case: Case, tmp_path: Path) -> None:
    behave, pongs, expected = case
    with Server(behave, path=tmp_path / "s", pongs=pongs) as server:
        assert run(server.url) == expected.__name__


def test_the_process_ends_in_time_while_a_stream_is_held(tmp_path: Path) -> None:
    with Server(misbehaving.dripping, path=tmp_path / "s") as server:
        assert run(server.url, "follow") == "TimeoutError"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody else")
def test_a_forbidden_socket_names_the_docker_group(tmp_path: Path) -> None:
    with Server(answers(b"[]"), path=tmp_path / "s") as server:
        (tmp_path / "s").chmod(0o600)
        assert run(server.url, "list", "as nobody") == "EnginePermission"


async def test_logs_that_drip_for_ever_end_with_what_came(tmp_path: Path) -> None:
    described = b'{"Name": "/web", "Id": "a1", "Config": {"Tty": true}}'

    def behave(server: Server, wire: socket.socket, request: bytes) -> None:
        if b"/logs" not in request:
            answers(described)(server, wire, request)
            return
        wire.sendall(misbehaving.HEAD + b"Content-Length: 1000000\r\n\r\n2026-01-01T00:00:00Z first\n")
        while server.waits(0.1):
            wire.sendall(b".")

    with Server(behave, path=tmp_path / "s") as server:
        logs = await reads(server.url, deadline_s=20).logs(Ref("web"), LogQuery())
    assert logs.cut
    assert [line.text for line in logs.lines] == ["first"]
