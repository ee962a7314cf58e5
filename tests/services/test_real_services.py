"""Real programs on a real engine: what the table calls verified was seen here."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import signal
import tarfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from ergon_ops import services
from ergon_ops.engine.connect import Endpoint, endpoints
from ergon_ops.engine.images import open_images
from ergon_ops.engine.protocols import ContainerSpec, PublishedPort, Reads
from ergon_ops.engine.reads import DockerReads, open_reads
from ergon_ops.engine.writes import open_writes
from ergon_ops.refs import Ref
from ergon_ops.services import Service, spoken
from ergon_ops.settings import DockerEnv

pytestmark = pytest.mark.engine
BASE = "ergon-ops-demo/base:1"
WEBAPP = "ergon-ops-demo/webapp:1"
DATABASE = "ergon-ops-demo/orders-db:1"
ENVIRONMENT = {"DATABASE_URL": "postgresql://postgres:x@nowhere:5432/orders", "POSTGRES_PASSWORD": "for-a-test"}
ALL_THREE = "nginx (port 80), python (port 8000), redis (port 6379)"


class Lab:
    """Containers of one test, seen by files (as root) or by the API alone (as from afar)."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.near: Reads = open_reads(endpoint)
        self.far: Reads = DockerReads(endpoint, None, clock=time.time)
        self.writes = open_writes(endpoint)
        self.images = open_images(endpoint)
        self.host = endpoint.host
        self.made: list[str] = []

    async def run(self, name: str, image: str, *command: str, ports: tuple[PublishedPort, ...] = ()) -> Ref:
        spec = ContainerSpec(
            f"fake-services-{os.getpid()}-{name}",
            image,
            command or None,
            environment=ENVIRONMENT,
            ports=ports,
            memory_bytes=128 << 20,
        )
        self.made.append(await self.writes.create(spec))
        await self.writes.start(self.made[-1])
        return Ref(spec.name, self.host)

    async def see(
        self, ref: Ref, *, reads: Reads | None = None, expected: Sequence[tuple[str, int | None]] = ()
    ) -> tuple[Service, ...]:
        reads = reads or self.near
        row = next(row for row in await reads.containers() if row.ref == ref)
        return services.detect(row, await reads.processes(ref), await reads.sockets(ref), expected=expected)

    async def until(
        self, ref: Ref, said: str, *, expected: Sequence[tuple[str, int | None]] = ()
    ) -> tuple[Service, ...]:
        found: tuple[Service, ...] = ()
        for _ in range(400):
            found = await self.see(ref, expected=expected)
            if spoken(found) == said and all(service.state != "running" or not service.port for service in found):
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"{spoken(found)} is not {said}")


@pytest.fixture
async def lab(docker_host: str) -> AsyncIterator[Lab]:
    (endpoint,) = endpoints(DockerEnv(docker_host=docker_host))
    made = Lab(endpoint)
    yield made
    for container in made.made:
        await made.writes.remove(container, force=True, volumes=True)
    await made.near.close()
    await made.far.close()


async def test_three_services_in_one_container(lab: Lab) -> None:
    ref = await lab.run("webapp", WEBAPP, ports=(PublishedPort("127.0.0.1", 18393, 80),))

    found = await lab.until(ref, ALL_THREE)

    assert {service.state for service in found} == {"listening"}
    assert [service.loopback for service in found] == [False, True, True]
    assert [port.host_port for port in found[0].published] == [18393]
    assert found[1].detail == "uvicorn"
    assert all(service.verified and service.source for service in found)
    assert len(found[0].pids) >= 2


async def test_from_afar_the_same_services_are_declared(lab: Lab) -> None:
    ref = await lab.run("afar", WEBAPP)
    await lab.until(ref, ALL_THREE)

    found = await lab.see(ref, reads=lab.far)

    assert spoken(found) == ALL_THREE
    assert {service.state for service in found} == {"declared"}


async def test_a_killed_redis_changes_the_next_answer(lab: Lab) -> None:
    ref = await lab.run("killed", WEBAPP)
    before = await lab.until(ref, ALL_THREE)
    expected = [(service.name, service.port) for service in before]
    redis = next(service for service in before if service.name == "redis")

    os.kill(redis.pids[0], signal.SIGKILL)
    after = before
    for _ in range(1000):
        after = await lab.see(ref, expected=expected)
        if not all(service.up for service in after):
            break
        await asyncio.sleep(0.05)

    assert [(service.key, service.up) for service in after] == [
        ("nginx:80", True), ("python:8000", True), ("redis:6379", False),
    ]  # fmt: skip


async def test_a_database_with_its_backends_is_one_service(lab: Lab) -> None:
    ref = await lab.run("postgres", DATABASE)

    (found,) = await lab.until(ref, "postgres (port 5432)")
    for _ in range(1000):  # it listens before its helpers run
        if len(found.pids) > 3:
            break
        await asyncio.sleep(0.05)
        (found,) = await lab.see(ref)

    assert len(found.pids) > 3
    assert found.kind == "database"


async def test_a_worker_without_a_port_runs(lab: Lab) -> None:
    ref = await lab.run("worker", BASE, "python3", "-c", "import time; time.sleep(600)")

    (found,) = await lab.until(ref, "python")

    assert (found.state, found.kind, found.port) == ("running", "worker", None)


async def test_a_shell_in_front_of_a_server_is_not_seen(lab: Lab) -> None:
    ref = await lab.run("shell", BASE, "sh", "-c", "redis-server --port 7000 --save '' & wait")

    await lab.until(ref, "redis (port 7000)")


async def test_a_static_binary_alone_in_its_image_is_told_by_its_listener(lab: Lab, tmp_path: Path) -> None:
    busybox = shutil.which("busybox")
    assert busybox, "the lab has a static busybox"
    tag = "fake-services/distroless:1"
    await lab.images.import_image(_only(tmp_path, "busybox", Path(busybox)), tag, changes=['ENTRYPOINT ["/busybox"]'])
    try:
        ref = await lab.run("distroless", tag, "nc", "-ll", "-p", "9000", "-e", "/busybox")
        (found,) = await lab.until(ref, "nc (port 9000)")
        assert found.state == "listening"
    finally:
        for made in lab.made:
            await lab.writes.remove(made, force=True)
        lab.made.clear()
        await lab.images.remove_image(tag)


def _only(folder: Path, name: str, binary: Path) -> Path:
    """A root filesystem of one file."""
    path = folder / "rootfs.tar"
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo(name)
        data = binary.read_bytes()
        entry.size, entry.mode = len(data), 0o755
        tar.addfile(entry, io.BytesIO(data))
    return path
