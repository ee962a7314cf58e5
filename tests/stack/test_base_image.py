"""The base image comes from wherever it can be had, and is made again only when its recipe changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergon_ops.engine.fake import FakeEngine
from ergon_ops.errors import ErgonError
from ergon_ops.stack import base_image
from ergon_ops.stack.base_image import CONTENT_LABEL, BaseImage, ensure_base, rootfs
from ergon_ops.stack.demo_images import BASE, SERVICES, content_digest, ensure_demo_images, service_tag


def cached_rootfs(cache: Path, base: BaseImage) -> Path:
    """As if it had been made before."""
    tar = base_image.rootfs_path(base.packages, cache=cache)
    tar.parent.mkdir(parents=True, exist_ok=True)
    tar.write_bytes(b"")
    return tar


async def test_without_a_registry_the_cached_root_filesystem_is_imported(tmp_path: Path) -> None:
    engine, told = FakeEngine(), list[str]()
    cached_rootfs(tmp_path, BASE)
    await ensure_base(BASE, images=engine, cache=tmp_path, progress=told.append)
    assert engine.tags[BASE.tag] == {CONTENT_LABEL: BASE.digest}
    assert "import_image" in engine.calls
    assert "build" not in engine.calls
    assert any("no registry" in line for line in told)


async def test_where_a_registry_answers_the_base_is_built_on_its_image(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.registry = frozenset({BASE.parent})
    await ensure_base(BASE, images=engine, cache=tmp_path, progress=lambda line: None)
    assert engine.tags[BASE.tag] == {CONTENT_LABEL: BASE.digest}
    assert "import_image" not in engine.calls


async def test_what_is_there_with_the_same_content_is_left_alone(tmp_path: Path) -> None:
    engine = FakeEngine()
    cached_rootfs(tmp_path, BASE)
    await ensure_demo_images(images=engine, cache=tmp_path, progress=lambda line: None)
    engine.calls.clear()
    await ensure_demo_images(images=engine, cache=tmp_path, progress=lambda line: None)
    assert set(engine.calls) == {"image_labels"}


async def test_an_image_of_other_content_is_made_again(tmp_path: Path) -> None:
    engine, told = FakeEngine(), list[str]()
    cached_rootfs(tmp_path, BASE)
    await ensure_demo_images(images=engine, cache=tmp_path, progress=lambda line: None)
    engine.tags[service_tag("worker")] = {CONTENT_LABEL: "older"}
    await ensure_demo_images(images=engine, cache=tmp_path, progress=told.append)
    assert told == [f"building {service_tag('worker')}"]
    assert {service_tag(name) for name in SERVICES} <= engine.tags.keys()


async def test_where_nothing_can_be_made_there_is_one_line_and_a_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ErgonError, match="apt-get is not installed") as caught:
        await rootfs(("bash",), cache=tmp_path / "cache", progress=lambda line: None)
    assert caught.value.next
    assert not list((tmp_path / "cache").glob("*.tar"))


async def test_a_deadline_ends_the_whole_making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "bin" / "apt-get"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
    monkeypatch.setattr(base_image, "ROOTFS_S", 1.0)
    with pytest.raises(ErgonError, match="no root filesystem after 1 s"):
        await rootfs(("bash",), cache=tmp_path / "cache", progress=lambda line: None)
    pid = int((tmp_path / "pid").read_text())
    assert await ended(pid), "apt outlived the deadline"


async def ended(pid: int) -> bool:
    """The signal is on its way when the error is."""
    for _ in range(1000):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except OSError:
            return True
        await asyncio.sleep(0.05)
    return False


def test_a_digest_covers_names_and_bytes_and_nothing_else(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "a").write_text("x")
    assert content_digest(one) == content_digest(two)
    assert content_digest(one) != content_digest(one, salt="other base")
    (two / "a").rename(two / "b")
    assert content_digest(one) != content_digest(two)
