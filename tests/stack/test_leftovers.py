"""What a killed proof left on an engine goes at the next one; what anybody alive owns, or nobody of us made, stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ergon_ops.changes.owner import OWNER, this_process
from ergon_ops.engine.fake import FakeContainer, FakeEngine
from ergon_ops.engine.protocols import ContainerSpec
from ergon_ops.stack.leftovers import LONGEST_S, PROOF, TRAILS, Trail, labels_of, sweep
from ergon_ops.stack.up import Engine
from tests.engine.real import IMAGE, RealEngine, until

KILLED = """
import asyncio, sys
from pathlib import Path
from ergon_ops.engine.connect import endpoints
from ergon_ops.settings import DockerEnv
from ergon_ops.stack.hands import open_hands
from ergon_ops.stack.proving import Claim, prove

async def main(host, context, cache):
    text = "FROM {image} AS first\\nCOPY x /x\\nFROM {image}\\nCOPY --from=first /x /y\\nRUN sleep 600\\n"
    claim = Claim("killed", Path(context), text, (), 80)
    (point,) = endpoints(DockerEnv(docker_host=host, config_dir=Path("/nonexistent")))
    async with open_hands(point) as hands:
        await prove(claim, engine=hands, cache=Path(cache), progress=lambda line: print(line, flush=True))

asyncio.run(main(*sys.argv[1:]))
""".replace("{image}", IMAGE)

KILLED_BUILD = """
import asyncio, sys
from pathlib import Path
from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.images import open_images
from ergon_ops.engine.protocols import Transformation
from ergon_ops.packaging.image.running import labels
from ergon_ops.settings import DockerEnv

async def main(host, mark, target):
    (point,) = endpoints(DockerEnv(docker_host=host, config_dir=Path("/nonexistent")))
    work = Transformation("{image}", ("sh", "-c", "sleep 600; echo " + mark), labels=labels())
    await open_images(point).transform(work, Path(target), progress=print, deadline_s=600.0)

asyncio.run(main(*sys.argv[1:]))
""".replace("{image}", IMAGE)


def owner_that_died() -> str:
    """Of this boot and namespace, and not there any more."""
    code = "from ergon_ops.changes.owner import this_process; print(this_process())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def elsewhere() -> str:
    return "another-boot|4026531836|7|7"


def world(owner: str, *, mark: str = "ergon-ops-proof-1", age_s: float = 60.0) -> FakeEngine:
    """Another container, and one proof's container, network and image."""
    fake = FakeEngine()
    labels = {PROOF: mark, **({OWNER: owner} if owner else {})}
    fake.add(FakeContainer("web"))
    fake.add(FakeContainer(f"{mark}-app", image=f"{mark}:image", labels=labels, age_s=age_s))
    fake.tags[f"{mark}:image"] = labels
    fake.known_networks[f"{mark}-net"] = labels
    return fake


def of_proofs(fake: FakeEngine) -> list[str]:
    return sorted(name for name in (*fake.inventory, *fake.tags, *fake.known_networks) if "proof" in name)


async def test_what_a_dead_process_owned_goes_and_nothing_else(tmp_path: Path) -> None:
    fake = world(owner_that_died())
    gone = await sweep(Engine(fake, fake, fake), tmp_path)
    assert set(gone) == {"ergon-ops-proof-1-app", "ergon-ops-proof-1-net", "ergon-ops-proof-1:image"}
    assert of_proofs(fake) == []
    assert "web" in fake.inventory
    assert await sweep(Engine(fake, fake, fake), tmp_path) == ()


@pytest.mark.parametrize("owner", [this_process(), elsewhere(), ""])
async def test_what_may_be_in_use_stays(owner: str, tmp_path: Path) -> None:
    """Ours, of another machine on the same engine, or of a version that did not say whose it is."""
    fake = world(owner)
    before = of_proofs(fake)
    assert await sweep(Engine(fake, fake, fake), tmp_path) == ()
    assert of_proofs(fake) == before


@pytest.mark.parametrize("owner", [elsewhere(), ""])
async def test_of_whom_nothing_can_be_seen_only_age_tells(owner: str, tmp_path: Path) -> None:
    fake = world(owner, age_s=LONGEST_S + 60)
    later = fake.clock() + LONGEST_S + 60
    assert len(await sweep(Engine(fake, fake, fake), tmp_path, now=later)) == 3
    assert of_proofs(fake) == []
    fake = world(this_process(), age_s=LONGEST_S + 60)
    assert await sweep(Engine(fake, fake, fake), tmp_path, now=later) == ()


async def test_a_trail_is_followed_when_its_owner_is_dead(tmp_path: Path) -> None:
    fake = FakeEngine()
    fake.tags |= {"aaaaaaaaaaaa": {}, "bbbbbbbbbbbb": {}, "cccccccccccc": {}}
    Trail(tmp_path, "living").hold(["cccccccccccc"])
    Trail(tmp_path, "dead").hold(["aaaaaaaaaaaa", "bbbbbbbbbbbb", "dddddddddddd"])
    dead = tmp_path / TRAILS / "dead.json"
    dead.write_text(json.dumps({**json.loads(dead.read_text()), "owner": owner_that_died()}))
    (tmp_path / TRAILS / "broken.json").write_text("{")
    await sweep(Engine(fake, fake, fake), tmp_path)
    assert set(fake.tags) == {"cccccccccccc"}
    assert [path.name for path in (tmp_path / TRAILS).iterdir()] == ["living.json"]
    Trail(tmp_path, "living").end()
    assert not list((tmp_path / TRAILS).iterdir())


@pytest.mark.engine
async def test_on_a_real_engine_the_dead_are_told_from_the_living(docker_host: str, tmp_path: Path) -> None:
    async with RealEngine.opened(docker_host) as real:
        engine, mark = Engine(real.reads, real.writes, real.images), f"ergon-ops-proof-t{os.getpid()}"
        dead = {PROOF: f"{mark}d", OWNER: owner_that_died()}
        living = labels_of(f"{mark}l")
        (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nENV x={mark}\n")
        for end, labels in (("d", dead), ("l", living)):
            await real.images.build(tmp_path, f"{mark}{end}:image", labels=labels, build_args={}, progress=print)
            await real.writes.create_network(f"{mark}{end}-net", labels=labels)
            name, networks = f"{mark}{end}-app", (f"{mark}{end}-net",)
            spec = ContainerSpec(name, f"{mark}{end}:image", ("sleep", "600"), labels=labels, networks=networks)
            await real.writes.start(await real.writes.create(spec))
        try:
            await sweep(engine, tmp_path)  # or somebody else's, who proves something on the same engine
            rows = [row.ref.name for row in await real.reads.containers()]
            names = [*rows, *await real.writes.networks(label=PROOF)]
            names += [tag for row in await real.images.listed(label=PROOF) for tag in row.tags]
            left = {name for name in names if mark in name}
            assert left == {f"{mark}l-app", f"{mark}l-net", f"{mark}l:image"}
        finally:
            for row in await real.reads.containers():
                if row.ref.name == f"{mark}l-app":
                    await real.writes.remove(row.id, force=True, volumes=True)
            await real.writes.remove_network(f"{mark}l-net")
            await real.images.remove_image(f"{mark}l:image")


@pytest.mark.engine
async def test_a_proof_that_is_killed_in_the_middle_of_its_build_leaves_nothing_after_the_next(
    docker_host: str, tmp_path: Path
) -> None:
    context, cache = tmp_path / "context", tmp_path / "cache"
    context.mkdir()
    (context / "x").write_text(f"{time.time_ns()}")  # no layer of this comes from a cache
    words = [sys.executable, "-c", KILLED, docker_host, str(context), str(cache)]
    async with RealEngine.opened(docker_host) as real:
        process = await asyncio.create_subprocess_exec(*words)

        async def layers() -> list[str]:
            found = [json.loads(path.read_text())["layers"] for path in (cache / TRAILS).glob("*.json")]
            return found[0] if found else []

        made = await until(layers, lambda found: len(found) == 2)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        assert len(made) == 2
        assert [await real.images.image_id(layer) for layer in made] != [None, None]

        async def left() -> list[str | None]:
            """The engine may take a moment to see that nobody listens any more."""
            await sweep(Engine(real.reads, real.writes, real.images), cache)
            return [await real.images.image_id(layer) for layer in made]

        assert await until(left, lambda found: found == [None, None]) == [None, None]
        assert not list((cache / TRAILS).iterdir())


@pytest.mark.engine
async def test_the_container_of_a_build_that_is_killed_goes_as_well(docker_host: str, tmp_path: Path) -> None:
    mark = f"killed-build-{time.time_ns()}"
    async with RealEngine.opened(docker_host) as real:

        async def running() -> list[str]:
            rows = await real.reads.containers()
            return [row.ref.name for row in rows if mark in row.command and row.running]

        words = [sys.executable, "-c", KILLED_BUILD, docker_host, mark, str(tmp_path / "out")]
        process = await asyncio.create_subprocess_exec(*words)
        (name,) = await until(running, lambda found: len(found) == 1)
        engine = Engine(real.reads, real.writes, real.images)
        await sweep(engine, tmp_path)
        assert await running() == [name]  # its owner lives
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await sweep(engine, tmp_path)
        assert await running() == []
