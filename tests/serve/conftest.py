"""A daemon over the fake engine, with its real listeners, files and processes; and clients of every kind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import FakeEngine, demo
from ergon_ops.interfaces.serve.daemon import Daemon
from ergon_ops.interfaces.serve.place import Place
from ergon_ops.settings import Settings, load

PATIENCE_S = 30.0


@dataclass
class Running:
    """A daemon that answers. `said` are its lines for the operator."""

    daemon: Daemon
    engine: FakeEngine
    tekton: Path
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.daemon.port

    @property
    def token(self) -> str:
        return self.daemon.place.token_file.read_text()

    @property
    def registry(self) -> Path:
        return self.tekton / ".tekton/aish/ci-registry/wrapped_cis.json"

    def entries(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.registry.read_text())
        except (OSError, ValueError):
            return {}
        return found

    async def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON (or text) of one request over TCP, as plain bytes on the wire."""
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", "Content-Length": str(len(sent))}
        if token != "":
            given["Authorization"] = f"Bearer {self.token if token is None else token}"
        given |= headers or {}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        answer = await self.bytes("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
        head, _, rest = answer.partition(b"\r\n\r\n")
        text = unchunked(rest) if b"transfer-encoding: chunked" in head.lower() else rest
        try:
            return int(head.split()[1]), json.loads(text)
        except ValueError:
            return int(head.split()[1]), text.decode()

    async def bytes(self, sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        try:
            return await asyncio.wait_for(reader.read(), PATIENCE_S)
        finally:
            writer.close()


def unchunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        if not length:
            break
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)


async def until(true: Callable[[], Any], what: str = "") -> Any:
    """Waits until `true()` is, and gives what it gave."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := true()):  # noqa: ASYNC110 what is waited for has no event
            await asyncio.sleep(0.02)
    return found


Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    @asynccontextmanager
    async def started(engine: FakeEngine | None = None, port: int = 0, **settings: Any) -> AsyncIterator[Running]:
        made = engine or demo()
        known: Settings = replace(load({}, {"HOME": str(tmp_path)}, cwd=tmp_path), state_dir=tmp_path / "s", **settings)
        assistant = assemble(known, {made.host: made}, lambda _: made, sampling=True)
        tekton = tmp_path / "tekton"
        said: list[str] = []
        daemon = Daemon(known, assistant, Place.of(known), said.append, "127.0.0.1", port, tekton)
        work = asyncio.create_task(daemon.run())
        running = Running(daemon, made, tekton, said)
        try:
            await until(lambda: work.done() or (daemon.port and len(running.entries()) > 1))
            if work.done():
                work.result()
            yield running
        finally:
            if not work.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(work, PATIENCE_S)
            await assistant.close()

    return started
