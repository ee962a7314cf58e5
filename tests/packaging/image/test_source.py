"""What a context is made of, and what is in the way: everything at once, by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis.secrets import IGNORED
from ergon_ops.packaging.image import source
from ergon_ops.packaging.image.ignoring import Ignore
from ergon_ops.packaging.image.source import read


def test_all_that_is_in_the_way_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("/etc/passwd")
    (tmp_path / "b.txt").symlink_to("../b.txt")
    (tmp_path / "cafe\u0301.txt").write_text("")
    (tmp_path / "One").write_text("")
    (tmp_path / "one").write_text("")
    with pytest.raises(UsageError) as caught:
        read(tmp_path, ())
    assert len(caught.value.details["problems"]) == 4


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the refusal is the system call's."""
    (tmp_path / "shut.txt").write_text("x")
    own = open

    def opened(path: object, *words: object, **more: object) -> object:
        if isinstance(path, bytes) and path.endswith(b"shut.txt"):
            raise PermissionError(13, "Permission denied")
        return own(path, *words, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(source, "open", opened, raising=False)
    with pytest.raises(UsageError, match=r"shut\.txt cannot be read \(Permission denied\)"):
        read(tmp_path, ())


def test_pipes_and_sockets_are_left_out_and_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    found = read(tmp_path, ())
    assert list(found.files) == ["file"]
    assert found.notes == ("pipe is a pipe, socket or device: it is left out",)


def test_a_context_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        read(tmp_path / "nothing", ())
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is no folder"):
        read(tmp_path / "file", ())


def test_secrets_stay_out_whatever_a_rule_takes_back(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("*.md\n!.env\n!README.md\n")
    for name in (".env", "README.md", "notes.md", "id_rsa", "main.py"):
        (tmp_path / name).write_text("x")
    found = read(tmp_path, ("**/.env",))
    assert sorted(found.files) == [".dockerignore", "README.md", "main.py"]
    assert found.secrets == (".env", "id_rsa")


@pytest.mark.parametrize(
    ("pattern", "path", "out"),
    [
        ("*.txt", "a.txt", True), ("*.txt", "b/a.txt", False), ("**/*.txt", "b/c/a.txt", True),
        ("**/*.txt", "a.txt", True),
        ("build", "build/x/y", True), ("build/", "build/x", True), ("/build", "build", True),
        ("build", "a/build", False),
        ("a?c", "abc", True), ("a?c", "a/c", False), ("[ab].py", "a.py", True), ("[^ab].py", "a.py", False),
        ("a/**/z", "a/z", True), ("a/**/z", "a/b/c/z", True), ("docs/*/x", "docs/1/x", True), ("# x", "# x", False),
    ],
)  # fmt: skip
def test_patterns_are_those_of_a_dockerignore(pattern: str, path: str, out: bool) -> None:
    assert Ignore([pattern])(path) is out


def test_the_last_pattern_that_fits_counts() -> None:
    ignore = Ignore(["docs", "!docs/keep", "docs/keep/not"])
    assert [ignore(path) for path in ("docs/x", "docs/keep/x", "docs/keep/not")] == [True, False, True]


def test_code_that_is_called_secrets_is_part_of_an_image(tmp_path: Path) -> None:
    for name in ("secrets.py", "secret.ts", "secrets.yml", "secrets.ini"):
        (tmp_path / name).write_text("x = 1\n")
    found = read(tmp_path, IGNORED)
    assert sorted(found.files) == ["secret.ts", "secrets.py"]
    assert found.secrets == ("secrets.ini", "secrets.yml")
