"""Containers with a fault, on the real engine: made in one go, asked in one go, removed whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import IPAMConfig, IPAMPool

from ergon_ops.assistant.wiring import open_assistant
from ergon_ops.engine import enginehost, reads, sampling
from ergon_ops.settings import load
from ergon_ops.toolbox import calls

BUSYBOX, DEMO = "ergon-ops-lab/busybox:1", "ergon-ops-demo/base:1"
LABEL = "test.stage"
PATIENCE_S = 60.0
JSON = dict[str, Any]

WEB = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Answer)
print("serving", flush=True)
server.serve_forever()
"""
POLL = """
import os, sys, time, urllib.request
url = sys.argv[1] if len(sys.argv) > 1 else os.environ["TARGET_URL"]
while True:
    try:
        print("GET", url, urllib.request.urlopen(url, timeout=1).status, flush=True)
    except Exception as problem:
        print("ERROR GET", url, "failed:", problem, flush=True)
    time.sleep(0.3)
"""


class Stage:
    """`name("api")` is unique on the engine; `said(name)` waits for a line of its log."""

    def __init__(self, docker_host: str) -> None:
        self.docker_host = docker_host
        self.run = uuid.uuid4().hex[:6]
        self.engine = docker.DockerClient(base_url=docker_host, version="1.41", timeout=120)

    def name(self, word: str) -> str:
        return f"{word}-{self.run}"

    def network(self, word: str, **options: Any) -> str:
        """On a small subnet of its own: the engine's default pool is small, and everybody's."""
        for _ in range(20):
            subnet = f"10.{random.randint(64, 95)}.{random.randint(0, 255)}.{random.randrange(0, 256, 32)}/27"
            pool = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)])
            with contextlib.suppress(APIError):
                self.engine.networks.create(self.name(word), ipam=pool, labels={LABEL: self.run}, **options)
                return self.name(word)
        raise AssertionError("no free subnet")

    def create(self, word: str, command: str | Sequence[str], image: str = DEMO, **options: Any) -> Container:
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
        labels = {LABEL: self.run, **options.pop("labels", {})}
        return self.engine.containers.create(image, argv, name=self.name(word), labels=labels, init=True, **options)

    def start(self, word: str, command: str | Sequence[str], image: str = DEMO, **options: Any) -> Container:
        made = self.create(word, command, image, **options)
        made.start()
        return made

    def web(self, word: str, port: int, *, bind: str = "0.0.0.0", **options: Any) -> Container:
        return self.start(word, ["python3", "-c", WEB, bind, str(port)], **options)

    def poll(self, word: str, url: str = "", **options: Any) -> Container:
        return self.start(word, ["python3", "-c", POLL, *([url] if url else [])], **options)

    def until(self, look: Callable[[], object], what: str) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not look():
            assert time.monotonic() < ends, f"waited in vain for {what}"
            time.sleep(0.1)

    def said(self, word: str, text: str, times: int = 2) -> None:
        made = self.engine.containers.get(self.name(word))
        self.until(lambda: made.logs().decode().count(text) >= times, f"{word} to say {text}")

    def health(self, word: str, status: str) -> None:
        def look() -> bool:
            attrs: Mapping[str, Any] = self.engine.containers.get(self.name(word)).attrs
            return bool(attrs["State"]["Health"]["Status"] == status)

        self.until(look, f"{word} to be {status}")

    def diagnosed(self, *words: str) -> dict[str, JSON]:
        """`diagnose --json` of each, by the word."""
        return asyncio.run(self._diagnosed(words))

    async def _diagnosed(self, words: Sequence[str]) -> dict[str, JSON]:
        with tempfile.TemporaryDirectory(prefix="stage-") as folder:
            places = dict.fromkeys(("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"), folder)
            settings = load(environ={"DOCKER_HOST": self.docker_host, **places}, cwd=Path(folder))
            assistant = open_assistant(settings)
            try:
                places_ = asyncio.Semaphore(4)

                async def one(word: str) -> JSON:
                    async with places_:
                        return await assistant.diagnose(self.name(word))

                documents = await asyncio.gather(*(one(word) for word in words))
                return dict(zip(words, documents, strict=True))
            finally:
                await assistant.close()

    def clear(self) -> None:
        chosen = {"label": f"{LABEL}={self.run}"}
        for row in self.engine.api.containers(all=True, filters=chosen):
            with contextlib.suppress(NotFound, APIError):
                self.engine.api.remove_container(row["Id"], force=True, v=True)
        for network in self.engine.api.networks(filters=chosen):
            with contextlib.suppress(NotFound, APIError):
                self.engine.api.remove_network(network["Id"])
        self.engine.close()


@contextlib.contextmanager
def stage(docker_host: str) -> Iterator[Stage]:
    # Crowded is not hung.
    enginehost.DEADLINE_S = reads.LOOK_S = sampling.SAMPLE_S = reads.DEADLINE_S = calls.CALL_DEADLINE_S = PATIENCE_S
    made = Stage(docker_host)
    try:
        yield made
    finally:
        made.clear()


def causes(document: JSON) -> list[str]:
    return [f"{item['cause']} {item['container']}" for item in document["findings"]]
