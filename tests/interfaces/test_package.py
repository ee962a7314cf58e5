"""`package` from the command line: what is printed, what is written, and what is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ergon_ops.packaging.image.shelf import Shelf
from tests.interfaces.conftest import Shell
from tests.packaging.image.making import API, SITE, locked, project


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a project with a lock whose files are on the shelf of this person: its manifest."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    def make(files: dict[str, str] = SITE, **more: object) -> Path:
        shelf = Shelf(tmp_path / "cache" / "ergon-ops" / "packages")
        return locked(project(tmp_path / "shop", files, **more), shelf, tmp_path / "elsewhere")

    return make


def test_an_image_is_made_without_an_engine_and_said_in_one_document(
    shell: Shell, site: Callable[..., Path], tmp_path: Path
) -> None:
    said = shell("package", str(site().parent), "--output", str(tmp_path / "out"), "--json")
    assert said.exit == 0
    document = json.loads(said.out)
    names = ["input_digest", "image_digest", "config_digest", "archive", "manifest_digest", "source_digest", "status"]
    assert all(document[name] for name in names)
    assert document["status"] == "not-verified"
    assert document["tag"] == f"shop:{document['input_digest'][7:19]}"
    assert Path(document["archive"]).parent == tmp_path / "out"
    again = json.loads(shell("package", str(site()), "--output", str(tmp_path / "out"), "--json").out)
    assert [again[name] for name in names] == [document[name] for name in names]


def test_a_person_is_told_the_tag_and_what_was_left_out(shell: Shell, site: Callable[..., Path]) -> None:
    said = shell("package", str(site({**API, ".env": "TOKEN=abc\n"})))
    assert "shop:" in said.out
    assert "not-verified" in said.out
    assert ".env: may hold a secret, it is left out of the image" in said.err
    assert "abc" not in said.out + said.err


def test_an_engine_that_is_gone_matters_only_where_it_is_needed(shell: Shell, site: Callable[..., Path]) -> None:
    path = site()
    said = shell("package", str(path), "--load")
    assert said.exit == 3
    assert "Traceback" not in said.err
    assert "[1/" not in said.err, "it was not known before the work"
    assert not shell("registry", "list", "--json").document["builds"]
    assert shell("package", str(path)).exit == 0


def bad(root: Path, what: str) -> None:
    match what:
        case "link":
            (root / "out.txt").symlink_to("/etc/passwd")
        case "large":
            with (root / "film.bin").open("wb") as file:
                os.truncate(file.fileno(), 2 * 1024**3)
        case "name":
            Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.txt")).write_text("x")
        case "case":
            (root / "INDEX.html").write_text("x")
        case "toml":
            (root / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = [oops]\n')
        case "json":
            (root / "package.json").write_text('{"name": "shop",\n oops}')
        case "lock":
            (root / "manifest.ergon-lock.json").write_text('{"lock_version": 1,\n oops}')


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("link", "out.txt is a link out of the folder"),
        ("large", "film.bin is too large (2.0 GiB, at most 1 GiB)"),
        ("name", "a name that is not UTF-8"),
        ("case", "index.html and INDEX.html are one name where case does not count"),
        ("toml", "pyproject.toml:3: "),
        ("json", "package.json:2: "),
        ("lock", "manifest.ergon-lock.json:2: "),
    ],
)
def test_what_cannot_be_packaged_is_named_and_nothing_is_written(
    what: str, told: str, shell: Shell, site: Callable[..., Path], tmp_path: Path
) -> None:
    path = site()
    bad(path.parent, what)
    before = sorted(path.parent.iterdir())
    said = shell("package", str(path), "--output", str(tmp_path / "out"))
    assert said.exit == 2
    assert told in said.err
    assert " — " in said.err
    assert not (tmp_path / "out").exists()
    assert sorted(path.parent.iterdir()) == before


def test_a_manifest_that_is_none_is_named_with_its_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"manifest_version": "1.0",\n "containers": }')
    said = shell("package", str(tmp_path / "m.json"))
    assert said.exit == 2
    assert "line 2" in said.err
    assert shell("package", str(tmp_path / "nothing.json")).exit == 2


def test_a_container_that_is_not_there_is_answered_with_those_that_are(shell: Shell, site: Callable[..., Path]) -> None:
    said = shell("package", str(site()), "--container", "web")
    assert said.exit == 2
    assert "there is shop" in said.err


def test_a_second_build_in_other_surroundings_is_compared(shell: Shell, site: Callable[..., Path]) -> None:
    said = shell("package", str(site(API)), "--verify", "--json")
    assert said.exit == 0
    assert (said.document["status"], said.document["differences"]) == ("reproducible", [])


def test_ctrl_c_leaves_nothing_half_written(site: Callable[..., Path], tmp_path: Path) -> None:
    """While the largest layer is being written."""
    path = site()
    with (path.parent / "film.bin").open("wb") as file:
        file.truncate(900 * 1024**2)
    words = [sys.executable, "-m", "ergon_ops", "package", str(path), "--output", str(tmp_path / "out")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ})
    drafts = tmp_path / "cache" / "ergon-ops" / "packages" / "drafts"
    until = time.monotonic() + 120
    while not list(drafts.glob("*/.layer-*")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, (out, err)
    assert b"Traceback" not in err
    assert not list(drafts.iterdir())
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
