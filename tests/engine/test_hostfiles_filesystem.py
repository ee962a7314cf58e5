"""Mounts seen from outside: links are followed as the container would, and a mount that hangs costs its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergon_ops.engine import filesystem


def test_an_absolute_link_stays_inside_the_container(tmp_path: Path) -> None:
    (tmp_path / "srv/data").mkdir(parents=True)
    (tmp_path / "data").symlink_to("/srv/data")
    (tmp_path / "escape").symlink_to("/../../../../../../etc")
    assert filesystem.inside(str(tmp_path), "/data") == f"{tmp_path}/srv/data"
    assert filesystem.inside(str(tmp_path), "/escape/x") == f"{tmp_path}/etc/x"
    assert filesystem.inside(str(tmp_path), "/../..") == f"{tmp_path}/"


def test_links_that_loop_are_given_up(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/b")
    (tmp_path / "b").symlink_to("/a")
    assert filesystem.usage_of(str(tmp_path), "/a") is None


def test_usage_is_what_df_says(tmp_path: Path) -> None:
    (usage,) = filesystem.usages(str(tmp_path), ("/", "/absent", "/"))
    assert usage.destination == "/"
    assert 0 < usage.used <= usage.size
    assert 0 < usage.used_ratio <= 1


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Mounts called /dead answer only once the event is set, as a lost network mount does."""
    release, real = threading.Event(), filesystem.usage_of

    def usage_of(root: str, destination: str) -> filesystem.Usage | None:
        if destination.startswith("/dead"):
            release.wait(20)
        return real(root, "/")

    monkeypatch.setattr(filesystem, "usage_of", usage_of)
    yield release
    release.set()


def test_a_hanging_mount_does_not_keep_the_others(tmp_path: Path, hanging: threading.Event) -> None:
    found = filesystem.usages(str(tmp_path), ("/a", "/dead", "/b"), deadline_s=0.2)
    assert len(found) == 2


def test_a_mount_that_hangs_is_not_asked_again_until_it_answers(tmp_path: Path, hanging: threading.Event) -> None:
    root = str(tmp_path)
    assert filesystem.usages(root, ("/dead",), deadline_s=0.1) == ()
    threads = threading.active_count()
    assert filesystem.usages(root, ("/dead",), deadline_s=0.1) == ()
    assert threading.active_count() == threads
    hanging.set()
    until = time.monotonic() + 10
    while not filesystem.usages(root, ("/dead",), deadline_s=0.5) and time.monotonic() < until:
        time.sleep(0.01)
    assert len(filesystem.usages(root, ("/dead",))) == 1


def test_many_hanging_mounts_cost_a_bounded_time(tmp_path: Path, hanging: threading.Event) -> None:
    names = tuple(f"/dead{number}" for number in range(20))
    threads = threading.active_count()
    assert filesystem.usages(str(tmp_path), names, deadline_s=0.05) == ()
    assert threading.active_count() - threads <= filesystem.MOST_HANGING
