"""The digest of a file that is being written is that of the file; a failure is told, and no thread stays."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from pathlib import Path

import pytest

from ergon_ops.packaging.image import archive, layers
from ergon_ops.packaging.image.configuration import described
from ergon_ops.packaging.image.entries import CHUNK, Tree, file
from ergon_ops.packaging.image.following import following
from ergon_ops.packaging.image.identity import EPOCH
from ergon_ops.packaging.image.shelf import sha256_of


@pytest.mark.parametrize("sizes", [(), (0,), (1,), (CHUNK, 1, 0, 3 * CHUNK + 7), (5,) * 50])
def test_whatever_the_pieces_the_digest_is_that_of_the_whole(sizes: tuple[int, ...], tmp_path: Path) -> None:
    chance = random.Random(1)
    with (tmp_path / "file").open("w+b") as output, following(output) as follower:
        for size in sizes:
            output.write(chance.randbytes(size))
            output.flush()
            follower.reached(output.tell())
        found = follower.digest(output.tell())
    assert found == f"sha256:{hashlib.sha256((tmp_path / 'file').read_bytes()).hexdigest()}"


def test_what_cannot_be_read_back_is_told_and_the_thread_ends(tmp_path: Path) -> None:
    before = threading.active_count()
    with (
        (tmp_path / "file").open("w+b") as output,
        pytest.raises(OSError, match="is not there"),
        following(output) as follower,
    ):
        follower.digest(10)
    assert threading.active_count() == before


def test_an_archive_that_fails_leaves_no_thread_and_no_file(tmp_path: Path) -> None:
    before = threading.active_count()
    tree: Tree = {"a": file(b"x" * 100)}
    image = described({}, [layers.store(tree, tmp_path / "layers", at=EPOCH)], (), "linux/amd64", EPOCH)
    os.truncate(image.layers[0].path, 10)
    with pytest.raises(OSError, match="shorter than it was"):
        archive.write(image, tmp_path / "out" / "image.tar", tag="x:1", epoch=EPOCH)
    assert threading.active_count() == before
    assert not list((tmp_path / "out").iterdir())


def test_the_digest_of_an_archive_is_that_of_its_file(tmp_path: Path) -> None:
    tree: Tree = {"a": file(b"x" * 100), "large": file(random.Random(2).randbytes(9 * CHUNK + 3))}
    image = described({}, [layers.store(tree, tmp_path / "layers", at=EPOCH)], (), "linux/amd64", EPOCH)
    target = tmp_path / "image.tar"
    found = archive.write(image, target, tag="x:1", epoch=EPOCH)
    assert found == f"sha256:{sha256_of(target)}"
