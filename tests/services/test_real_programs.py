"""Every program the table calls verified, started for real, all at once: each is told with its port and framework."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Iterable, Mapping
from pathlib import Path

import pytest

from ergon_ops import services
from ergon_ops.engine.connect import Endpoint, endpoints
from ergon_ops.engine.images import open_images
from ergon_ops.engine.protocols import ContainerSpec, LogQuery, Reads
from ergon_ops.engine.reads import DockerReads, open_reads
from ergon_ops.engine.writes import open_writes
from ergon_ops.errors import EngineConflict
from ergon_ops.refs import Ref
from ergon_ops.services import Service, spoken
from ergon_ops.services.programs import VERIFIED
from ergon_ops.settings import DockerEnv
from ergon_ops.stack.base_image import PATH, rootfs
from tests.services.zoo import IMAGE, PACKAGES, ZOO

WAIT_S = 180.0
AT_ONCE = 4
IN_THE_DEMO = {"nginx", "python", "redis", "postgres"}


async def see(ref: Ref, reads: Reads) -> tuple[Service, ...]:
    row = next((row for row in await reads.containers() if row.ref == ref), None)
    if row is None or not row.running:
        return ()
    try:
        return services.detect(row, await reads.processes(ref), await reads.sockets(ref))
    except EngineConflict:
        return ()


async def ensure_image(endpoint: Endpoint, cache: Path) -> None:
    """Made once per engine; the packages' tar (600 MB) is not kept."""
    images = open_images(endpoint)
    if await images.image_labels(IMAGE) is None:
        tar = await rootfs(PACKAGES, cache=cache, progress=print)
        await images.import_image(tar, IMAGE, changes=[f"ENV PATH={PATH}"])
        tar.unlink()


async def few_at_once(work: Iterable[Awaitable[None]]) -> None:
    """All of it, without an engine that has to do everything at the same moment."""
    waiting = list(work)
    while waiting:
        await asyncio.gather(*waiting[:AT_ONCE])
        del waiting[:AT_ONCE]


async def told(names: Mapping[str, Ref], reads: Reads) -> dict[str, tuple[Service, ...]]:
    """Looked at until every one is as expected, or time is over."""
    found: dict[str, tuple[Service, ...]] = {}
    ends = time.monotonic() + WAIT_S
    while time.monotonic() < ends:
        for name, ref in names.items():
            if name not in found or spoken(found[name]) != ZOO[name].said:
                found[name] = await see(ref, reads)
        if all(spoken(found[name]) == ZOO[name].said for name in names):
            break
        await asyncio.sleep(0.5)
    return found


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_each_program_is_told_as_it_is(docker_host: str, tmp_path: Path) -> None:
    (endpoint,) = endpoints(DockerEnv(docker_host=docker_host))
    await ensure_image(endpoint, tmp_path)
    near, far, writes = open_reads(endpoint), DockerReads(endpoint, None, clock=time.time), open_writes(endpoint)
    refs = {name: Ref(f"fake-zoo-{os.getpid()}-{name}", endpoint.host) for name in ZOO}
    made: list[str] = []
    try:
        for name, ref in refs.items():
            spec = ContainerSpec(ref.name, IMAGE, ("bash", "-c", ZOO[name].script), init=True)
            made.append(await writes.create(spec))
        await few_at_once(writes.start(container) for container in made)
        found = await told(refs, near)
        wrong = {name: spoken(seen) for name, seen in found.items() if spoken(seen) != ZOO[name].said}
        for name in wrong:
            print(name, [line.text for line in (await near.logs(refs[name], LogQuery(tail=5))).lines])
        assert wrong == {}
        for name, seen in found.items():
            details = {service.detail for service in seen}
            assert details == set(ZOO[name].details), name
            assert all(service.verified for service in seen), name
            afar = await see(refs[name], far)
            assert {service.name for service in afar} == {service.name for service in seen}, name
            assert {service.state for service in afar} <= {"declared", "running"}, name
            known = {service.port for service in seen}
            assert {service.port for service in afar} <= known | {None}, name
    finally:
        await few_at_once(writes.remove(container, force=True, volumes=True) for container in made)
        await near.close()
        await far.close()


def test_verified_is_said_only_of_what_is_tried_here() -> None:
    tried = {part.split(" (")[0] for case in ZOO.values() for part in case.said.replace("), ", ")|").split("|")}
    tried = {word.strip() for part in tried for word in part.split(",")}

    assert tried | IN_THE_DEMO >= VERIFIED
    assert {program.name for program in services.PROGRAMS if program.verified} == VERIFIED
