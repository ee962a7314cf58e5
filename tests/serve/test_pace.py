"""Requests that come in a burst are begun a few at a time; the order of a connection and all of its bytes are kept."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from ergon_ops.interfaces.serve import pace
from tests.serve.conftest import Start

PIPELINED = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


class Connection:
    """What a pace sees of one."""

    def __init__(self, log: list[bytes], cost_s: float = 0.0) -> None:
        self.log, self.cost_s = log, cost_s

    def begin(self, data: bytes) -> None:
        time.sleep(self.cost_s)
        if data == b"bad":
            raise ValueError(data)
        self.log.append(data)


async def test_the_loop_gets_round_while_many_wait_and_they_are_begun_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "SLICE_S", 0.01)
    begun: list[bytes] = []
    rounds, own = 0, pace.Pace()
    connection: Any = Connection(begun, 0.004)
    for number in range(20):
        own.put(connection, b"%d" % number)
    while len(begun) < 20:
        await asyncio.sleep(0)
        rounds += 1
    assert begun == [b"%d" % number for number in range(20)]
    assert rounds >= 6, "three of four milliseconds fill a slice of ten"


async def test_one_that_fails_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[bytes] = []
    own = pace.Pace()
    connection: Any = Connection(begun)
    for data in (b"1", b"bad", b"2"):
        own.put(connection, data)
    for _ in range(5):
        await asyncio.sleep(0)
    assert begun == [b"1", b"2"]
    assert "bad" in caplog.text


async def test_a_request_in_pieces_and_two_on_one_connection_are_answered_in_their_order(start: Start) -> None:
    async with start() as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        token = f"Authorization: Bearer {running.token}\r\n".encode()
        sent = b"GET /api/ci HTTP/1.1\r\nHost: localhost\r\n" + token + b"\r\n"
        for byte in (sent[:5], sent[5:30], sent[30:], PIPELINED, b"Connection: close\r\n\r\n"):
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(0.01)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.index(b'"dispatcher"') < answer.index(b'"registeredWithHermes"')
