"""An engine with containerd's store calls images by another digest: locks, images and what runs are the same for it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ergon_ops.packaging.image.bases import lock_base, open_base
from ergon_ops.packaging.image.shelf import Shelf
from tests.engine.real import IMAGE, RealEngine
from tests.interfaces.conftest import Said, Shell
from tests.interfaces.conftest import shell as shell  # the fixture
from tests.lab import newer_engines
from tests.lab.newer_engines import Engine, Unavailable
from tests.packaging.image.making import SITE, project

# The first run downloads the engine.
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]
SETTINGS = {"features": {"containerd-snapshotter": True}}
COMMAND = ["sh", "-c", "trap 'exit 0' TERM; httpd -f -p 80 -h /srv & wait"]


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("containerd")
    (folder / "etc").mkdir()
    (folder / "etc" / "daemon.json").write_text(json.dumps(SETTINGS))
    try:
        if reason := newer_engines.missing():
            raise Unavailable(reason)
        with newer_engines.engine("trixie", folder) as found:
            yield found
    except Unavailable as error:
        pytest.skip(f"no engine with containerd's store: {error}")


@pytest.fixture
async def both(newer: Engine, docker_host: str, tmp_path: Path) -> AsyncIterator[tuple[RealEngine, RealEngine]]:
    """The usual engine and that one, with the same base."""
    async with RealEngine.opened(docker_host) as classic:
        other = RealEngine.at(newer.docker_host)
        await classic.images.save(IMAGE, tmp_path / "base.tar")
        await other.images.load(tmp_path / "base.tar")
        yield classic, other
        await other.close()


async def spoken(shell: Shell, host: str, *words: str) -> Said:
    os.environ["DOCKER_HOST"] = host
    return await asyncio.to_thread(shell, *words)


async def test_both_stores_lock_one_base_and_give_the_same_layers(
    both: tuple[RealEngine, RealEngine], tmp_path: Path
) -> None:

    ids = [await engine.images.image_id(IMAGE) for engine in both]
    assert ids[0] != ids[1], "this is not containerd's store"
    found = []
    for number, engine in enumerate(both):
        shelf = Shelf(tmp_path / f"shelf{number}")
        row, said = await lock_base(IMAGE, building=False, images=engine.images, shelf=shelf, progress=print)
        assert (row.oci, said) == (ids[0], "")
        base = await open_base(row, images=engine.images, shelf=shelf, progress=print)
        found.append([layer.digest for layer in base.layers])
    assert found[0] == found[1]


async def test_an_image_is_the_same_by_either_and_runs_and_is_known(
    both: tuple[RealEngine, RealEngine],
    newer: Engine,
    docker_host: str,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    path = project(tmp_path / "shop", SITE)
    document = json.loads(path.read_text())
    document["containers"]["shop"] |= {"base_image": IMAGE, "restart": "no", "command": COMMAND, "health": None}
    path.write_text(json.dumps(document))
    first = (await spoken(shell, docker_host, "package", str(path), "--json")).document
    said = await spoken(shell, newer.docker_host, "package", str(path), "--executor", "docker", "--load", "--json")
    made = said.document
    assert said.exit == 0, made
    assert (made["image_digest"], made["config_digest"]) == (first["image_digest"], first["config_digest"])
    _, other = both
    assert await other.images.image_id(made["tag"]) == made["image_digest"]
    try:
        assert (await spoken(shell, newer.docker_host, "up", str(path), "--json")).document["started"] == ["shop"]
        listed = (await spoken(shell, newer.docker_host, "registry", "list", "--json")).document
        assert [row["image_digest"] for row in listed["running"]] == [made["image_digest"]]
        shown = (await spoken(shell, newer.docker_host, "registry", "show", "shop", "--json")).document
        assert len(shown["running"]) == 1
    finally:
        await spoken(shell, newer.docker_host, "down", str(path))
