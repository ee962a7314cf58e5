"""The cache of packaging is bounded by age of last use and by bytes; what is in use stays, and so does everybody else's."""
# ruff: noqa: E501 - tables of files read best one a line

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.tidying import DAY_S, MARK, due, held, tidy, told
from tests.interfaces.conftest import Shell
from tests.interfaces.conftest import shell as shell  # the fixture
from tests.interfaces.test_package import site as site
from tests.packaging.image.making import API, SITE, built, locked, project

NOW = 2_000_000_000.0
PLACES = {
    "archives": "images/shop-0123.oci.tar",
    "layers": "packages/layers/ab.tar",
    "steps": "packages/steps/ab.tree",
    "roots": "rootfs-ab.tar",
    "packages": "packages/files/ab/x.whl",
}


def put(cache: Path, name: str, *, days: float, size: int = 100) -> Path:
    path = cache / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (NOW - days * DAY_S, NOW - days * DAY_S))
    return path


def aged(folder: Path, *, days: float, now: float) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (now - days * DAY_S, now - days * DAY_S), follow_symlinks=False)


@pytest.mark.parametrize("kind", PLACES)
def test_what_nobody_used_for_a_month_goes(kind: str, tmp_path: Path) -> None:
    path = put(tmp_path, PLACES[kind], days=31)
    beside = put(tmp_path, PLACES[kind].replace("ab", "cd").replace("0123", "4567"), days=29)
    assert told(tmp_path)["kinds"][kind] == {"files": 2, "bytes": 200}
    removed = tidy(tmp_path, now=NOW)
    assert {name for name, count in removed.items() if count} == {kind}
    assert not path.exists()
    assert beside.exists()
    assert path.parent.exists() != (kind == "packages")  # no empty folder is left where each file has its own


def test_the_longest_unused_goes_until_the_rest_is_small_enough_and_packages_go_last(tmp_path: Path) -> None:
    ages = {"packages/files/a/x.deb": 20, "images/a.oci.tar": 5, "packages/layers/a.tar": 9, "images/b.oci.tar": 2}
    paths = {name: put(tmp_path, name, days=days) for name, days in ages.items()}
    for most, left in ((400, 4), (399, 3), (200, 2), (150, 1), (0, 0)):
        tidy(tmp_path, now=NOW, max_bytes=most)
        assert sum(path.exists() for path in paths.values()) == left
        assert paths["packages/files/a/x.deb"].exists() == (left > 0)
        assert paths["images/b.oci.tar"].exists() == (left > 1)


def test_what_may_be_in_use_stays_whatever_it_takes(tmp_path: Path) -> None:
    paths = [put(tmp_path, name, days=0.05) for name in PLACES.values()]
    assert not any(tidy(tmp_path, now=NOW, max_bytes=0, days=0).values())
    assert all(path.exists() for path in paths)


def test_what_a_killed_build_left_goes_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "packages")
    mine = shelf.draft_folder() / "layers" / ".layer-1"
    dead = shelf.drafts / "999999999-ab" / "some other folder" / "x"
    half = [put(tmp_path, name, days=1) for name in ("images/.shop.oci.tar.x1", "packages/layers/.layer-3-ab")]
    for path in (mine, dead):
        put(tmp_path, str(path.relative_to(tmp_path)), days=1)
    aged(tmp_path, days=1, now=NOW)
    assert tidy(tmp_path, now=NOW)["drafts"] == 3
    assert mine.exists()
    assert not dead.parent.parent.exists()
    assert not any(path.exists() for path in half)


def test_nothing_of_anybody_else_is_touched(tmp_path: Path) -> None:
    cache, other = tmp_path / "cache", tmp_path / "other"
    names = ("images/photo.png", "notes.tar", "packages/README", "rootfs.txt")
    theirs = [put(cache, name, days=99) for name in names] + [put(other, "ab/x.whl", days=99)]
    (cache / "packages" / "files").symlink_to(other)
    (cache / "packages" / "layers").mkdir()
    (cache / "packages" / "layers" / "link.tar").symlink_to(theirs[0])
    assert not held(cache)
    assert not any(tidy(cache, now=NOW, max_bytes=0).values())
    assert all(path.exists() for path in theirs)


async def test_what_a_build_used_is_used_today_and_a_tidied_shelf_builds_the_same(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    shelf = Shelf(cache / "packages")
    path = locked(project(tmp_path / "shop", API), shelf, tmp_path / "elsewhere")
    first = await built(path, shelf, tmp_path / "out")
    put(cache, "packages/layers/stale.tar", days=0)
    now = time.time()
    aged(cache, days=40, now=now)
    (path.parent / "main.py").write_text(API["main.py"])
    again = await built(path, shelf, tmp_path / "out")
    assert {kind: count for kind, count in tidy(cache, now=now).items() if count} == {"layers": 1}
    aged(cache, days=5, now=now)
    for item in held(cache):
        if item.kind in ("layers", "steps"):
            item.path.unlink()
    anew = await built(path, shelf, tmp_path / "out")
    assert first.image.digest == again.image.digest == anew.image.digest


def test_it_is_due_once_a_day_or_when_builds_have_made_too_much(tmp_path: Path) -> None:
    put(tmp_path, "packages/layers/a.tar", days=0, size=300)
    assert not due(tmp_path, now=NOW)  # the first time only says when the day began
    assert not due(tmp_path, now=NOW + DAY_S / 2)
    assert due(tmp_path, now=NOW + DAY_S / 2, max_bytes=299)
    assert due(tmp_path, now=NOW + DAY_S + 1)
    tidy(tmp_path, now=NOW + DAY_S + 1)
    assert not due(tmp_path, now=NOW + DAY_S + 2)


def test_packaging_tidies_by_itself_and_state_shows_and_prunes(
    shell: Shell, site: Callable[..., Path], tmp_path: Path
) -> None:
    cache, path = tmp_path / "cache" / "ergon-ops", str(site(SITE))
    made = shell("package", path, "--json").document
    document = shell("state", "--json").document["cache"]
    assert document["path"] == str(cache)
    assert document["kinds"]["archives"] == {"files": 1, "bytes": made["size"]}
    assert document["bytes"] == sum(about["bytes"] for about in document["kinds"].values()) > made["size"]
    assert "archives" in shell("state").out
    archive, now = Path(made["archive"]), time.time()
    os.utime(archive, (now - 40 * DAY_S, now - 40 * DAY_S))
    Path(path).with_name("index.html").write_text("edited")
    shell("package", path)
    assert archive.exists()  # not due yet
    os.utime(cache / "packages" / MARK, (now - 2 * DAY_S, now - 2 * DAY_S))
    shell("package", path)
    assert not archive.exists()
    assert "no longer there" in shell("registry", "show", made["tag"]).out
    (other,) = (cache / "images").iterdir()
    os.utime(other, (now - 40 * DAY_S, now - 40 * DAY_S))
    assert shell("state", "--prune", "--json").document["removed"]["archives"] == 1
    assert not other.exists()
