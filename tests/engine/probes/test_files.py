"""A container's files are looked up from its own root, wherever its links point."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from ergon_ops.engine.probes import files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "root"
    (inside / "etc/app").mkdir(parents=True)
    (inside / "etc/app/app.conf").write_text("inside")
    (tmp_path / "secret").write_text("outside")
    return inside


def test_links_are_followed_as_the_container_would(root: Path) -> None:
    (root / "conf").symlink_to("/etc/app")
    (root / "etc/app/link.conf").symlink_to("../app/app.conf")
    (root / "up").symlink_to("../../../../../../etc/app")
    for path in (
        "/etc/app/app.conf",
        "/conf/app.conf",
        "/etc/app/link.conf",
        "/up/app.conf",
        "etc/./app/../app/app.conf",
    ):
        assert files.read(str(root), path) == b"inside", path
    assert files.names(str(root), "/conf") == ["app.conf", "link.conf"]


def test_no_way_leads_out(root: Path) -> None:
    outside = root.parent / "secret"
    (root / "absolute").symlink_to(outside)
    (root / "relative").symlink_to("../secret")
    (root / "folder").symlink_to(root.parent)
    for path in ("/absolute", "/relative", "/folder/secret", "/../secret"):
        assert files.read(str(root), path) is None, path


def test_what_is_no_file_is_none_and_holds_nobody_up(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "loop").symlink_to("loop")
    (root / "huge").write_bytes(b"x" * (files.LONGEST + 5))
    for path in ("/pipe", "/loop", "/nothing", "/etc", "/etc/app/app.conf/x"):
        assert files.read(str(root), path) is None, path
    assert files.names(str(root), "/nothing") == []
    assert len(files.read(str(root), "/huge") or b"") == files.LONGEST


def tar(**members: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, text in members.items():
            item = tarfile.TarInfo(f"conf.d/{name}")
            if text.startswith("->"):
                item.type, item.linkname = tarfile.SYMTYPE, text[2:]
                made.addfile(item)
            else:
                item.size = len(text)
                made.addfile(item, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_an_archive_is_read_as_the_folder_it_was_also_when_it_was_cut() -> None:
    whole = tar(a="one", b="->../other/b", c="three")
    found = files.Archive("/etc/conf.d", whole)
    assert found.names("/etc/conf.d") == ["a", "b", "c"]
    assert found.read("/etc/conf.d/a") == b"one"
    assert found.link("/etc/conf.d/b") == "/etc/other/b"
    assert files.Archive("/etc/conf.d", whole[:1024]).read("/etc/conf.d/a") == b"one"
    assert files.Archive("/etc/conf.d", b"no tar").names("/etc/conf.d") == []
