"""What an engine promises, asked of the fake and the real one alike: a `Lab` is either, with the same image on it."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ergon_ops.engine.fake import FakeContainer, FakeEngine
from ergon_ops.engine.protocols import Container, ContainerSpec, Images, LogQuery, PublishedPort, Reads, Writes
from ergon_ops.errors import ErgonError
from ergon_ops.facts import Group
from ergon_ops.refs import Ref
from tests.engine.real import until

IMAGE = "ergon-ops-lab/busybox:1"
PREFIX = f"fake-conf-{os.getpid()}"
SAID = "echo ready; echo 'password=hunter2horse' >&2; echo 'ERROR no luck' >&2; echo 'job 7 done'"
SCRIPT = SAID + "; exec httpd -f -p 8080 -h /"
COMMAND = ("sh", "-c", SCRIPT)
_numbers = itertools.count(1)


@dataclass(slots=True)
class Lab:
    """The three hands on one engine, and what was made with them."""

    reads: Reads
    writes: Writes
    images: Images
    host: str
    made: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    async def create(self, **given: Any) -> Ref:
        """A container that says a few lines and then listens on 8080."""
        name = given.pop("name", "") or f"{PREFIX}-{next(_numbers)}"
        self.made.append(await self.writes.create(ContainerSpec(name, IMAGE, given.pop("command", COMMAND), **given)))
        return Ref(name, self.host)

    async def run(self, **given: Any) -> Ref:
        """The same, started, its last line said."""
        ref = await self.create(**given)
        await self.writes.start(self.made[-1])
        await self.until(lambda: self.said(ref, "job 7"))
        return ref

    async def said(self, ref: Ref, word: str) -> bool:
        return any(word in line.text for line in (await self.reads.logs(ref, LogQuery())).lines)

    async def network(self) -> str:
        name = f"{PREFIX}-net-{next(_numbers)}"
        await self.writes.create_network(name, labels={"io.ergon-ops.project": PREFIX})
        self.networks.append(name)
        return name

    async def row(self, ref: Ref) -> Container:
        return next(row for row in await self.reads.containers() if row.ref == ref)

    async def values(self, ref: Ref, *groups: Group) -> dict[tuple[str, str], Any]:
        """(name, key) → value."""
        return {(row.name, row.key): row.value for row in await self.reads.read(ref, groups)}

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        assert await until(true, bool), "it never came true"

    async def clean(self) -> None:
        for made in self.made:
            with contextlib.suppress(ErgonError):
                await self.writes.remove(made, force=True, volumes=True)
        for name in self.networks:
            with contextlib.suppress(ErgonError):
                await self.writes.remove_network(name)
        for name in self.volumes:
            with contextlib.suppress(ErgonError):
                await self.writes.remove_volume(name)


@contextlib.asynccontextmanager
async def fake_lab() -> AsyncIterator[Lab]:
    engine = FakeEngine("local")
    engine.tags[IMAGE] = {}
    engine.recipes[IMAGE] = _busybox
    yield Lab(engine, engine, engine, engine.host)


def _busybox(container: FakeContainer) -> None:
    """What `SCRIPT` does."""
    if SCRIPT not in container.command:
        container.on_start = lambda box: box.say("done", at=box.started_at)
        container.run("sh", container.command)
        return
    container.run("httpd", "httpd -f -p 8080 -h /", ports=(8080,), address="::")

    def speak(box: FakeContainer) -> None:
        box.say("ready", at=box.started_at)
        box.say("password=hunter2horse", at=box.started_at, stream="stderr")
        box.say("ERROR no luck", at=box.started_at, stream="stderr")
        box.say("job 7 done", at=box.started_at)

    container.on_start = speak


@contextlib.asynccontextmanager
async def docker_lab(docker_host: str) -> AsyncIterator[Lab]:
    from ergon_ops.engine.connect import endpoints
    from ergon_ops.engine.images import open_images
    from ergon_ops.engine.reads import open_reads
    from ergon_ops.engine.writes import open_writes
    from ergon_ops.settings import DockerEnv

    (endpoint,) = endpoints(DockerEnv(docker_host=docker_host))
    lab = Lab(open_reads(endpoint), open_writes(endpoint), open_images(endpoint), endpoint.host)
    try:
        yield lab
    finally:
        await lab.clean()
        await lab.reads.close()


def published(host_port: int) -> tuple[PublishedPort, ...]:
    return (PublishedPort("127.0.0.1", host_port, 8080),)
