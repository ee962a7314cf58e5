"""`up` on a real engine starts what `package --load` made: the very image, healthy, and anew after an edit."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Lock, LockedBase, path_for, text_with
from tests.engine.real import IMAGE, RealEngine
from tests.interfaces.conftest import Said, Shell
from tests.interfaces.conftest import shell as shell  # the fixture
from tests.packaging.image.making import SITE, project

pytestmark = pytest.mark.engine
# busybox' own server does not hear SIGTERM as the first process: each stop would take ten seconds.
COMMAND = ["sh", "-c", "trap 'exit 0' TERM; httpd -f -p 80 -h /srv & wait"]


@pytest.fixture
async def real(docker_host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[RealEngine]:
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    async with RealEngine.opened(docker_host) as opened:
        yield opened


@pytest.fixture
def name() -> str:
    return f"uptest-{os.getpid()}-{uuid.uuid4().hex[:6]}"


@pytest.fixture
async def site(real: RealEngine, name: str, tmp_path: Path) -> Path:
    """A site on the lab's busybox, whose container is called `name`."""
    path = project(tmp_path / name, SITE)
    document = json.loads(path.read_text())
    (entry,) = document["containers"].values()
    entry |= {
        "base_image": IMAGE,
        "health": {"http": "/", "port": 80, "interval_s": 1},
        "restart": "no",
        "command": COMMAND,
    }
    document |= {"project": {"name": name}, "containers": {name: entry}}
    path.write_text(json.dumps(document))
    id = await real.images.image_id(IMAGE)
    lock = Lock(platform(), (LockedBase(IMAGE, id or "", IMAGE),))
    path_for(path).write_text(text_with(path_for(path), name, lock))
    return path


async def spoken(shell: Shell, *words: str) -> Said:
    """The whole command, with an event loop of its own."""
    return await asyncio.to_thread(shell, *words)


async def test_what_was_packaged_is_what_runs_and_an_edit_makes_it_anew(
    shell: Shell, site: Path, name: str, real: RealEngine
) -> None:
    said = await spoken(shell, "up", str(site))
    assert said.exit != 0  # nothing was packaged yet
    tags: list[str] = []
    try:
        for content in ("<h1>one</h1>", "<h1>two</h1>"):
            (site.parent / "index.html").write_text(content)
            made = (await spoken(shell, "package", str(site), "--load", "--json")).document
            tags.append(made["tag"])
            assert await real.images.image_id(made["tag"]) == made["config_digest"]
            up = (await spoken(shell, "up", str(site), "--json")).document
            assert up["started"] == [name]
            (row,) = [row for row in await real.reads.containers() if row.ref.name == name]
            assert (row.image_id, row.health, row.running) == (made["config_digest"], "healthy", True)
            listed = (await spoken(shell, "registry", "list", "--json")).document
            running = {one["container"]: one["image_digest"] for one in listed["running"]}
            assert running[row.ref.short] == made["image_digest"]
            again = (await spoken(shell, "up", str(site), "--json")).document
            assert (again["started"], again["unchanged"]) == ([], [name])
        assert tags[0] != tags[1]
        down = (await spoken(shell, "down", str(site), "--json")).document
        assert down["containers"] == [name]
    finally:
        await spoken(shell, "down", str(site))
        for tag in tags:
            await real.images.remove_image(tag)
    assert not [row for row in await real.reads.containers() if row.ref.name == name]
