"""What differs between two images is told file by file, with its likely cause; what the manifest accepts is told too."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ergon_ops.manifest.models import Difference as Accepted
from ergon_ops.packaging.image import archive, layers
from ergon_ops.packaging.image.configuration import described
from ergon_ops.packaging.image.entries import Entry, Tree, file, link
from ergon_ops.packaging.image.identity import EPOCH
from ergon_ops.packaging.image.verifying import between, cause, compare


def archived(folder: Path, name: str, tree: Tree, **config: object) -> Path:
    layer = layers.store(tree, folder / "layers", at=EPOCH)
    target = folder / f"{name}.tar"
    archive.write(described(config, [layer], (), "linux/amd64", EPOCH), target, tag="x:1", epoch=EPOCH)
    return target


ONE: Tree = {
    "app/when": file(b"built 2026-01-02 10:20:30\n"),
    "app/same": file(b"x"),
    "app/mode": file(b"y"),
    "app/link": link("same"),
    "app/gone": file(b""),
}
OTHER: Tree = {
    "app/when": file(b"built 2026-01-02 10:21:31\n"),
    "app/same": file(b"x"),
    "app/mode": file(b"y", 0o755),
    "app/link": link("mode"),
    "app/new": file(b""),
}


def test_every_file_that_differs_is_told_with_its_cause(tmp_path: Path) -> None:
    found = compare(archived(tmp_path, "one", ONE), archived(tmp_path, "other", OTHER))
    assert found.status == "not-reproducible"
    assert {item.path: (item.change, item.cause) for item in found.differences} == {
        "/app/gone": ("removed", ""),
        "/app/link": ("content", "a link to another place"),
        "/app/mode": ("mode", "the umask of whoever built it"),
        "/app/new": ("added", ""),
        "/app/when": ("content", "time: a date or a clock"),
    }


def test_what_the_manifest_accepts_is_an_exception_only_if_it_is_all(tmp_path: Path) -> None:
    tree: Tree = {**ONE, "app/when": OTHER["app/when"]}
    one, other = archived(tmp_path, "one", ONE), archived(tmp_path, "other", tree)
    reason = Accepted(path="/app/wh*", reason="the time it was built")
    assert compare(one, other, [reason]).status == "reproducible-except"
    assert compare(one, other, [reason]).differences[0].accepted == "the time it was built"
    assert compare(one, other, [Accepted(path="/app/x*", reason="no")]).status == "not-reproducible"
    assert compare(one, archived(tmp_path, "all", OTHER), [reason]).status == "not-reproducible"


def test_equal_files_that_are_run_otherwise_are_no_equal_images(tmp_path: Path) -> None:
    one, other = archived(tmp_path, "one", ONE, Cmd=["a"]), archived(tmp_path, "other", ONE, Cmd=["b"])
    assert [item.change for item in compare(one, other).differences] == ["configuration"]
    assert compare(one, one).status == "reproducible"


@pytest.mark.parametrize(
    ("path", "was", "now", "told"),
    [
        ("a", b"id: 3f2b8c1e-1111-4222-8333-abcdefabcdef", b"id: 9d2b8c1e-1111-4222-8333-abcdefabcdee", "random"),
        ("a", b"dir=/tmp/tmpab12/x\n", b"dir=/tmp/tmpzz99/x\n", "path"),
        ("a", b"b\na\n", b"a\nb\n", "order"),
        ("a", b"at 12:30:11", b"at 12:30:12", "time"),
        ("a", b"\x80\x90\xfe\x01\x02\xaa\xbb\xcc" * 4, b"\x99\x90\xf1\x05\x02\xab\xbc\xcd" * 4, "random"),
        ("a.gz", gzip.compress(b"x", mtime=1), gzip.compress(b"x", mtime=2), "time in a gzip header"),
        ("a.pyc", b"x", b"y", "compiled Python"),
        ("a", b"pid 123", b"pid 456", ""),
        ("a", b"one thing", b"another", ""),
    ],
)  # fmt: skip
def test_causes_are_told_by_what_differs_and_nothing_is_made_up(path: str, was: bytes, now: bytes, told: str) -> None:
    assert cause(path, was, now).startswith(told)
    assert bool(cause(path, was, now)) == bool(told)


def test_images_whose_files_are_the_same_and_whose_bytes_are_not_are_two(tmp_path: Path) -> None:
    """Times in the tar are bytes of the image as well."""
    one = archived(tmp_path, "one", ONE)
    layer = layers.store(ONE, tmp_path / "layers", at=EPOCH + 1)
    other = tmp_path / "other.tar"
    archive.write(described({}, [layer], (), "linux/amd64", EPOCH), other, tag="x:1", epoch=EPOCH)
    assert archive.image_digest(one) != archive.image_digest(other) != ""
    found = between(one, other, [Accepted(path="*", reason="all")])
    assert (found.status, [item.change for item in found.differences]) == ("not-reproducible", ["layers"])


def test_an_owner_is_part_of_a_file(tmp_path: Path) -> None:
    owned: Tree = {"x": Entry("file", 0o644, 7, 7, sha256=file(b"").sha256)}
    found = compare(archived(tmp_path, "one", {"x": file(b"")}), archived(tmp_path, "other", owned))
    assert [item.change for item in found.differences] == ["owner"]
