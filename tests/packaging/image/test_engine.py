"""A throw-away container and plain Python make the same bytes; what a command leaves is told exactly; nothing stays."""
# ruff: noqa: E501 - a script of commands reads best one a line

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ergon_ops import manifest
from ergon_ops.engine.protocols import Transformation
from ergon_ops.errors import EngineConflict, ErgonError
from ergon_ops.packaging.containers import packaged
from ergon_ops.packaging.image import archive, locks
from ergon_ops.packaging.image.assembly import Materials, assemble
from ergon_ops.packaging.image.bases import open_base
from ergon_ops.packaging.image.configuration import Image
from ergon_ops.packaging.image.identity import EPOCH, platform
from ergon_ops.packaging.image.locking import unpack
from ergon_ops.packaging.image.locks import Lock, LockedBase
from ergon_ops.packaging.image.running import EngineExecutor
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.verifying import compare
from ergon_ops.packaging.plan import Config, ImagePlan, Run, Stage
from tests.engine.real import IMAGE, RealEngine
from tests.packaging.image.making import SITE, built, project

pytestmark = pytest.mark.engine


@pytest.fixture
async def real(docker_host: str) -> AsyncIterator[RealEngine]:
    async with RealEngine.opened(docker_host) as opened:
        yield opened


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def executor(real: RealEngine) -> EngineExecutor:
    return EngineExecutor(real.images, platform(), EPOCH, lambda line: None)


async def on_engine_base(real: RealEngine, folder: Path) -> Path:
    """A site on an image of the engine, locked by its id."""
    path = project(folder, SITE)
    document = json.loads(path.read_text())
    document["containers"]["shop"]["base_image"] = IMAGE
    path.write_text(json.dumps(document))
    id = await real.images.image_id(IMAGE)
    assert id is not None
    lock = Lock(platform(), (LockedBase(IMAGE, id, IMAGE),))
    target = locks.path_for(path)
    target.write_text(locks.text_with(target, packaged(manifest.load(path))[0], lock))
    return path


async def run(real: RealEngine, shelf: Shelf, *commands: str) -> Image:
    """What these commands leave on the engine's busybox."""
    id = await real.images.image_id(IMAGE)
    base = await open_base(LockedBase(IMAGE, id or "", IMAGE), images=real.images, shelf=shelf, progress=print)
    steps = (Run(tuple(("sh", "-c", line) for line in commands), "/made"), Config(("true",), "/made"))
    plan = ImagePlan("made", ".", (Stage("image", IMAGE, steps),))
    drafts = shelf.draft_folder()
    given = Materials({}, {IMAGE: base}, {}, unpack(shelf), shelf, drafts, platform(), EPOCH, executor(real))
    return await assemble(plan, given)


async def test_both_executors_give_equal_bytes_on_an_image_of_the_engine(
    real: RealEngine, shelf: Shelf, tmp_path: Path
) -> None:
    path = await on_engine_base(real, tmp_path / "shop")
    alone = await built(path, shelf, tmp_path / "one", images=real.images)
    through = await built(path, shelf, tmp_path / "two", images=real.images, executor=executor(real))
    assert (alone.executor, through.executor) == ("none", "docker")
    assert alone.archive.read_bytes() == through.archive.read_bytes()


async def test_a_lock_of_an_image_that_is_another_now_is_refused(
    real: RealEngine, shelf: Shelf, tmp_path: Path
) -> None:
    path = await on_engine_base(real, tmp_path / "shop")
    target = locks.path_for(path)
    target.write_text(target.read_text().replace((await real.images.image_id(IMAGE) or "")[7:], "0" * 64))
    with pytest.raises(ErgonError):
        await built(path, shelf, tmp_path / "out", images=real.images)
    assert not (tmp_path / "out").exists()


async def test_what_a_command_leaves_is_told_and_nothing_else(real: RealEngine, shelf: Shelf) -> None:
    image = await run(
        real,
        shelf,
        "echo one > file && chmod 640 file && chown 5:6 file && ln file hard && ln -s file soft && mkfifo pipe",
        "mkdir -p deep/er && echo run > deep/er/run.sh && chmod 755 deep/er/run.sh && mkdir -p /tmp && touch /tmp/x /etc/hosts && rm /bin/uptime",
    )
    told = {path: item and (item.kind, item.mode, item.uid, item.gid, item.target) for path, item in image.own.items()}
    assert told == {
        "bin/uptime": None,
        "made": ("folder", 0o755, 0, 0, ""),
        "made/deep": ("folder", 0o755, 0, 0, ""),
        "made/deep/er": ("folder", 0o755, 0, 0, ""),
        "made/deep/er/run.sh": ("file", 0o755, 0, 0, ""),
        "made/file": ("file", 0o640, 5, 6, ""),
        "made/hard": ("file", 0o640, 5, 6, ""),
        "made/pipe": ("pipe", 0o644, 0, 0, ""),
        "made/soft": ("link", 0o777, 0, 0, "file"),
    }


async def test_commands_that_make_something_else_each_time_are_found_with_their_files_and_causes(
    real: RealEngine, shelf: Shelf, tmp_path: Path
) -> None:
    lines = (
        "date '+built on %Y-%m-%d at %H:%M:%S.%N' > when && echo constant > same",
        "cat /proc/sys/kernel/random/uuid > id && head -c 64 /dev/urandom > noise",
        "echo $SOURCE_DATE_EPOCH $TZ $PYTHONHASHSEED $(hostname) $(umask) > surroundings",
    )
    for number in ("one", "two"):
        archive.write(await run(real, shelf, *lines), tmp_path / number, tag="x:1", epoch=EPOCH)
        await asyncio.sleep(1.1)
    found = compare(tmp_path / "one", tmp_path / "two")
    assert found.status == "not-reproducible"
    assert {item.path: item.cause.partition(":")[0] for item in found.differences} == {
        "/made/id": "random",
        "/made/noise": "random",
        "/made/when": "time",
    }


async def test_a_command_that_fails_is_named_with_its_last_words(real: RealEngine, shelf: Shelf) -> None:
    with pytest.raises(EngineConflict, match=r"exit code 3: no such thing"):
        await run(real, shelf, "echo no such thing >&2; exit 3")
    with pytest.raises(EngineConflict, match="exit code"):
        await run(real, shelf, "wget -q -T 2 http://1.1.1.1/")


async def test_a_build_that_is_given_up_leaves_no_container_and_no_image(real: RealEngine, shelf: Shelf) -> None:
    def ours(rows: Iterator[str]) -> list[str]:
        return [name for name in rows if name.startswith("ergon-ops-build-")]

    started = asyncio.Event()
    hearing = EngineExecutor(real.images, platform(), EPOCH, lambda line: started.set())
    id = await real.images.image_id(IMAGE)
    assert id is not None
    work = Transformation(id, ("sh", "-c", "echo here; sleep 600"))
    task = asyncio.create_task(
        real.images.transform(work, shelf.draft_folder() / "after", progress=hearing.progress, deadline_s=600.0)
    )
    await asyncio.wait_for(started.wait(), 60)
    assert len(ours(row.ref.name for row in await real.reads.containers())) >= 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    names = ours(row.ref.name for row in await real.reads.containers() if row.command.startswith("sh -c 'echo here"))
    assert names == []
