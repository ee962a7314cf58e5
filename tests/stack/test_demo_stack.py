"""The demo on a real engine, under names of its own so that a demo somebody runs is left alone."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.images import open_images
from ergon_ops.engine.protocols import Container, ContainerSpec
from ergon_ops.engine.reads import open_reads
from ergon_ops.engine.writes import open_writes
from ergon_ops.errors import ErgonError
from ergon_ops.manifest import load
from ergon_ops.settings import DockerEnv
from ergon_ops.stack.demo_images import MANIFEST, ensure_demo_images
from ergon_ops.stack.down import down
from ergon_ops.stack.plan import PROJECT_LABEL, Plan, plan_of
from ergon_ops.stack.up import Engine, Started, up
from tests.engine.real import until

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def engine(docker_host: str) -> Engine:
    (endpoint,) = endpoints(DockerEnv(docker_host=docker_host))
    return Engine(open_reads(endpoint), open_writes(endpoint), open_images(endpoint))


@dataclass(frozen=True)
class Copy:
    """The demo's plan under other names: `shop.name("webapp")`."""

    plan: Plan
    prefix: str
    port: int

    def name(self, key: str) -> str:
        return self.prefix + key


def copy_of_the_demo(*, prefix: str) -> Copy:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    plan = plan_of(load(MANIFEST), fallback_name="demo")
    project = prefix + "demo"

    def own(spec: ContainerSpec) -> ContainerSpec:
        return replace(
            spec,
            name=prefix + spec.name,
            labels={**spec.labels, PROJECT_LABEL: project},
            networks=(project,),
            volumes=tuple(prefix + volume for volume in spec.volumes),
            ports=tuple(replace(published, host_port=port) for published in spec.ports),
        )

    steps = tuple(tuple(map(own, step)) for step in plan.steps)
    volumes = tuple(prefix + name for name in plan.volumes)
    return Copy(Plan(project, plan.digest, steps, networks=(project,), volumes=volumes), prefix, port)


async def take_down(shop: Copy, engine: Engine) -> None:
    await down(shop.plan.project, reads=engine.reads, writes=engine.writes, progress=print, volumes=True)


@pytest.fixture
async def shop(engine: Engine, tmp_path: Path) -> AsyncIterator[Copy]:
    await ensure_demo_images(images=engine.images, cache=tmp_path, progress=print)
    copy = copy_of_the_demo(prefix=f"t{os.getpid()}-")
    yield copy
    await take_down(copy, engine)


async def start(shop: Copy, engine: Engine) -> Started:
    return await up(shop.plan, engine=engine, progress=print)


async def ours(shop: Copy, engine: Engine) -> dict[str, Container]:
    found = await engine.reads.containers()
    return {c.ref.name: c for c in found if c.labels.get(PROJECT_LABEL) == shop.plan.project}


def ask(shop: Copy, path: str, *, method: str = "GET") -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(f"http://127.0.0.1:{shop.port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


async def test_the_demo_starts_serves_orders_and_leaves_nothing_behind(engine: Engine, shop: Copy) -> None:
    names = {shop.name(key) for key in ("webapp", "orders-db", "worker")}
    assert set((await start(shop, engine)).started) == names
    running = await ours(shop, engine)
    assert running[shop.name("webapp")].health == running[shop.name("orders-db")].health == "healthy"
    assert await asyncio.to_thread(ask, shop, "/orders", method="POST") == (201, {"order": 1, "written": True})

    assert set((await start(shop, engine)).unchanged) == names
    assert {name: c.id for name, c in (await ours(shop, engine)).items()} == {n: c.id for n, c in running.items()}

    label = f"{PROJECT_LABEL}={shop.plan.project}"
    await take_down(shop, engine)
    assert await ours(shop, engine) == {}
    assert await engine.writes.networks(label=label) == await engine.writes.volumes(label=label) == ()


async def test_its_worker_is_held_back_and_a_killed_redis_fails_the_check(engine: Engine, shop: Copy) -> None:
    await start(shop, engine)
    await the_worker_is_held_back_by_its_quota(engine, shop)
    await a_killed_redis_leaves_the_container_up_and_its_check_failing(engine, shop)


async def the_worker_is_held_back_by_its_quota(engine: Engine, shop: Copy) -> None:
    worker = (await ours(shop, engine))[shop.name("worker")]

    async def throttled() -> float:
        (counters,) = await engine.reads.counters([worker.id])
        return (counters.throttled or 0) / (counters.periods or 1)

    assert await until(throttled, lambda ratio: ratio > 0.8) > 0.8


async def a_killed_redis_leaves_the_container_up_and_its_check_failing(engine: Engine, shop: Copy) -> None:
    webapp = (await ours(shop, engine))[shop.name("webapp")]
    (redis,) = [process for process in await engine.reads.processes(webapp.ref) if process.name == "redis-server"]
    if not (await engine.reads.info()).files_readable:
        pytest.skip("the engine's processes are not on this machine")
    os.kill(redis.pid, 9)
    status, said = await asyncio.to_thread(ask, shop, "/health")
    assert (status, "redis does not answer" in str(said)) == (503, True)
    assert (await ours(shop, engine))[shop.name("webapp")].state == "running"


async def test_a_database_without_a_password_fails_with_its_own_words(engine: Engine, shop: Copy) -> None:
    (database,), *rest = shop.plan.steps
    broken = replace(shop, plan=replace(shop.plan, steps=((replace(database, environment={}),), *rest)))
    with pytest.raises(ErgonError, match="POSTGRES_PASSWORD is not set"):
        await start(broken, engine)
    assert set(await ours(shop, engine)) == {shop.name("orders-db")}
