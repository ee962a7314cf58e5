"""The daemon as a process of its own, and clients that cost little: bytes over asyncio, answers with their times."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_S, ENDS_S, PATIENCE_S = 60.0, 60.0, 60.0
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Got:
    """`status` 0: no answer at all, and `body` says why. `at`: when it had come."""

    status: int
    body: Any
    seconds: float
    at: float = field(default_factory=time.monotonic)


@dataclass
class Serving:
    """`home` holds its state and the Tekton it registers in; `docker` is the engine."""

    home: Path
    docker: str
    process: subprocess.Popen[str] | None = None
    port: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def registry(self) -> Path:
        return self.home / "tekton/.tekton/aish/ci-registry/wrapped_cis.json"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LD_LIBRARY_PATH")}
        own = {"HOME": str(self.home), "ERGON_OPS_STATE": str(self.state), "TEKTON_ROOT": str(self.home / "tekton")}
        return {**kept, **own, "DOCKER_HOST": self.docker, "NO_COLOR": "1"}

    @property
    def token(self) -> str:
        return (self.state / "run/token").read_text()

    @property
    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def entries(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.registry.read_text())
        except (OSError, ValueError):
            return {}
        return found

    def start(self, *, port: int = 0) -> None:
        """Returns once it listens."""
        with (self.home / "log").open("w") as log:
            command = [sys.executable, "-m", "ergon_ops", "serve", "--http", f"127.0.0.1:{port}"]
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=self.home, stdout=log, stderr=log, text=True, start_new_session=True
            )
        limit = time.monotonic() + READY_S
        while time.monotonic() < limit and self.process.poll() is None:
            if (found := re.search(r"http://127\.0\.0\.1:(\d+) ", self.log)) is not None:
                self.port = int(found[1])
                return
            time.sleep(0.02)
        raise RuntimeError(f"no daemon: {self.log}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(ENDS_S)

    # -- what it costs

    @property
    def rss(self) -> int:
        """Bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # -- asking it

    async def ask(self, path: str, body: Any = None, *, patience_s: float = PATIENCE_S) -> Got:
        """One request on a connection of its own."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(patience_s):
                status, found = await self._exchange(path, body)
                while status == 429:  # as it is told to: `retry-after`
                    await asyncio.sleep(1.0)
                    status, found = await self._exchange(path, body)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
            return Got(0, f"{type(error).__name__}: {error}", time.monotonic() - began)
        return Got(status, found, time.monotonic() - began)

    async def _exchange(self, path: str, body: Any) -> tuple[int, Any]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            raw = b"" if body is None else json.dumps(body).encode()
            head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.0\r\nHost: localhost\r\n"
            head += f"Authorization: Bearer {self.token}\r\nContent-Length: {len(raw)}\r\n\r\n"
            writer.write(head.encode() + raw)
            answer = await reader.read()
        finally:
            writer.close()
        top, _, rest = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), json.loads(rest)

    async def many(self, asked: Iterable[tuple[str, Mapping[str, Any]]], *, at_once: int) -> list[Got]:
        """All answers, in the order asked, never more than `at_once` on their way."""
        places = asyncio.Semaphore(at_once)

        async def one(path: str, body: Mapping[str, Any]) -> Got:
            async with places:
                return await self.ask(path, body)

        return list(await asyncio.gather(*(one(path, body) for path, body in asked)))


async def until(true: Callable[[], Any], *, within_s: float = PATIENCE_S) -> Any:
    """Waits until it is, and gives what it gave; what it gives may have to be waited for itself."""
    async with asyncio.timeout(within_s):
        while True:
            found = true()
            if found := await found if inspect.isawaitable(found) else found:
                return found
            await asyncio.sleep(0.02)


@contextmanager
def serving(docker: str) -> Iterator[Serving]:
    """With a home of its own: pytest's folders are too deep for sockets."""
    with tempfile.TemporaryDirectory(prefix="serving-") as home:
        (Path(home) / "tekton").mkdir()
        daemon = Serving(Path(home), docker)
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.end()
