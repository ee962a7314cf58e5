"""A Node of the version that is asked for is only taken where npm can give it, and its packages unpack as they are."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.node_base import PROGRAMS, version_of
from ergon_ops.stack.node_standin import _unpacked

ABLE = platform() in PROGRAMS and shutil.which("npm") is not None


@pytest.mark.skipif(not ABLE, reason="there is no npm here, or no Node for this machine")
@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("node:20-bookworm-slim", 20),
        ("docker.io/library/node:22", 22),
        ("library/node:24.1-alpine", 24),
        ("node:18-bookworm-slim", None),  # Debian's own does
        ("node:lts", None),
        ("registry.example.com/node:20", None),
        ("nodered:20", None),
    ],
)
def test_the_version_is_the_one_in_the_name(image: str, version: int | None) -> None:
    assert version_of(image) == version


def test_a_package_unpacks_without_its_first_folder_and_keeps_what_may_run(tmp_path: Path) -> None:
    archive = tmp_path / "x.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, mode in (("package/bin/node", 0o755), ("package/README.md", 0o644)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = 2, mode
            tar.addfile(member, io.BytesIO(b"hi"))
    _unpacked(archive, tmp_path / "made")
    assert (tmp_path / "made/bin/node").stat().st_mode & 0o111
    assert (tmp_path / "made/README.md").read_text() == "hi"
    assert not archive.exists()


def test_what_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "x.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("package/../../../evil"), io.BytesIO(b""))
    with pytest.raises(tarfile.OutsideDestinationError):
        _unpacked(archive, tmp_path / "made")
