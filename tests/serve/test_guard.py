"""Who may speak to the daemon, how often, and what of it a browser may read."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from ergon_ops.interfaces.serve import guard
from tests.serve.conftest import Start

STRANGER = 65_534
HELLO = "GET /rpc/hello HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_user_at_the_unix_socket_is_hung_up_on_whatever_the_files_permit(start: Start) -> None:
    async with start() as running:
        socket = running.daemon.place.socket
        for folder in (socket.parent, *socket.parent.parents):
            if folder.owner() == "root" and folder != folder.parent:
                folder.chmod(folder.stat().st_mode | 0o011)
        socket.chmod(0o666)
        script = (
            "import os, socket, sys; link = socket.socket(socket.AF_UNIX); os.setuid(int(sys.argv[1]));"
            f" link.connect({str(socket)!r}); link.sendall(b'{HELLO}'); print(link.recv(65536))"
        )
        said = []
        for user in (0, STRANGER):
            words = (sys.executable, "-c", script, str(user))
            done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, timeout=30)
            said.append(done.stdout + done.stderr.strip().rpartition("\n")[2])
        assert "200 OK" in said[0]
        assert "200" not in said[1]
        hung_up = ("b''", "ConnectionResetError", "BrokenPipeError")
        assert said[1].startswith(hung_up), said[1]


async def test_who_asks_too_often_is_told_to_wait(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = guard.Bucket
    monkeypatch.setattr(guard, "Bucket", lambda: bucket(left=2.0))
    monkeypatch.setattr(guard, "RATE", 0.0)
    async with start() as running:
        found = [await running.http("GET", "/health") for _ in range(3)]
        assert [status for status, _ in found] == [200, 200, 429]
        assert found[2][1]["error"]["next"] == "wait a second"


async def test_no_other_site_is_let_in(start: Start) -> None:
    async with start() as running:
        for method in ("GET", "OPTIONS"):
            asked = f"{method} /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            for origin in ("", "Origin: https://elsewhere.example\r\n"):
                answer = await running.bytes(f"{asked}{origin}\r\n".encode())
                assert b"access-control" not in answer.lower()
                assert (b" 403 " in answer) is bool(origin)
