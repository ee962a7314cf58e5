"""The program with a model at the other end of a wire: its words, its environment, and all it leaves behind."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant import Assistant
from ergon_ops.assistant.models import Models
from ergon_ops.assistant.wiring import assemble
from ergon_ops.cli import main
from ergon_ops.engine.fake import FakeEngine
from ergon_ops.providers import Patience, open_provider
from ergon_ops.settings import Settings
from tests.clock import Time
from tests.engine.real import RealEngine
from tests.interfaces.conftest import Said
from tests.offline.worlds import host
from tests.providers.servers import AnthropicServer, OpenAIServer

Server = AnthropicServer | OpenAIServer
STATUS = "What's your status? How much memory do you use, and which ports do you serve?"


def spec_of(server: Server) -> str:
    return f"{server.provider}:{server.models[0]}"


def reaching(server: Server) -> dict[str, str]:
    """The variables that lead the official SDKs, and us, to this server."""
    name = server.provider.upper()
    return {f"{name}_BASE_URL": server.base_url, f"{name}_API_KEY": server.key}


@pytest.fixture(params=[AnthropicServer, OpenAIServer], ids=["anthropic", "openai"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with request.param(key=f"sk-{uuid.uuid4().hex}") as running:
        yield running


# -- a process of its own, on the real engine


@dataclass(frozen=True)
class Box:
    """A container whose numbers were drawn for this run."""

    name: str
    memory_mib: int
    ports: tuple[int, int]


@pytest.fixture(scope="module")
def box(docker_host: str) -> Iterator[Box]:
    memory, port = random.randint(41, 199), random.randint(2000, 59_000)

    async def start(real: RealEngine) -> str:
        script = f"httpd -p {port} -h /; exec httpd -f -p {port + 1} -h /"
        ref = await real.run(script, name=f"e2e-{uuid.uuid4().hex[:8]}", memory_bytes=memory * 2**20)
        return ref.name

    with asyncio.Runner() as runner:
        opened = RealEngine.opened(docker_host)
        real = runner.run(opened.__aenter__())
        try:
            yield Box(runner.run(start(real)), memory, (port, port + 1))
        finally:
            runner.run(opened.__aexit__(None, None, None))


def started(*words: str, **environ: str) -> subprocess.Popen[str]:
    """`ergon-ops` as a process, with nothing on stdin."""
    return subprocess.Popen(
        [sys.executable, "-m", "ergon_ops", *words],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=60)
    return Said(process.returncode, out, err)


# -- in this process, over a fake engine: quick, and with patience to wait out


@dataclass
class Desk:
    """`desk("ask", …)` over a drawn world; whoever waits for a silent model waits a moment only."""

    read: Callable[[], Any]
    engine: FakeEngine
    clock: Time
    waited: list[float] = field(default_factory=list)

    def opener(self, settings: Settings) -> Assistant:
        models = Models(settings)
        models.opener = lambda spec: open_provider(
            spec,
            endpoints=settings,
            on_sent=models.note_sent,
            patience=Patience(connect_s=2.0, first_s=0.4, between_s=0.4),
            sleep=self._sleep,
        )
        engines = {"local": self.engine}
        return assemble(settings, engines, engines.__getitem__, clock=self.clock, sleep=self.clock.sleep, models=models)

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    def __call__(self, *words: str) -> Said:
        status = main(words, opener=self.opener)
        captured = self.read()
        return Said(status, captured.out, captured.err)


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str]) -> Desk:
    clock = Time()
    return Desk(capsys.readouterr, host(random.randrange(10**6), clock), clock)


def everything_kept(home: Path) -> bytes:
    """All bytes of the state folder, and of whatever else the program wrote at home."""
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
