"""What packaging reads of a manifest is the manifest's own, also when it is not validated again; no secret is in it."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ergon_ops import manifest
from ergon_ops.assistant.packages import read
from ergon_ops.errors import ManifestError
from ergon_ops.manifest import packageable
from ergon_ops.packaging.image.shelf import Shelf
from tests.manifest.test_reading import FULL, SEED

SECRET = "sk-live-0123456789abcdef"
OWN = {
    "manifest_version": "1.0",
    "project": {"name": "shop"},
    "applications": {"api": {"type": "flask", "path": "api", "ports": [80, 81], "build_commands": ["make"]}},
    "containers": {
        "api": {"applications": ["api"], "environment": {"API_KEY": SECRET}, "labels": {"token": SECRET}},
        "db": {"image": "postgres:16", "command": f"postgres --password {SECRET}"},
        "web": {"applications": ["api"], "depends_on": ["api", "db"]},
    },
    "packaging": {
        "ignore": ["*.md"],
        "accepted": [{"path": "/a/*", "reason": "a time"}],
        "source_date_epoch": 7,
        "tagging": "git-sha",
    },
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def same(known: Any, whole: Any, at: str = "") -> None:
    """Each field as the manifest has it, all the way down."""
    if hasattr(known, "__slots__"):
        for item in fields(known):
            if not item.name.startswith("_"):
                same(getattr(known, item.name), getattr(whole, item.name), f"{at}.{item.name}")
    elif isinstance(known, dict):
        assert known.keys() == whole.keys()
        for key in known:
            same(known[key], whole[key], f"{at}.{key}")
    elif isinstance(known, tuple) and known and hasattr(known[0], "__slots__"):
        assert len(known) == len(whole)
        for one, other in zip(known, whole, strict=True):
            same(one, other, at)
    else:
        assert known == whole, at


@pytest.mark.parametrize("text", [json.dumps(SEED), FULL, json.dumps(OWN)])
def test_what_is_kept_says_the_same_as_what_was_validated(text: str, tmp_path: Path, shelf: Shelf) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    whole = manifest.parse(text)
    first, again = read(path, shelf), read(path, shelf)
    assert first == again
    assert again.digest() == whole.digest()
    same(again, whole)


def test_no_value_that_may_be_secret_is_kept(tmp_path: Path, shelf: Shelf) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(OWN))
    read(path, shelf)
    kept = [file for file in shelf.root.rglob("*") if file.is_file()]
    assert kept
    assert all(SECRET not in file.read_text() for file in kept)


def test_a_text_that_is_wrong_is_refused_each_time_and_one_that_changed_is_read_anew(
    tmp_path: Path, shelf: Shelf
) -> None:
    path = tmp_path / "manifest.json"
    for _ in range(2):
        path.write_text(json.dumps({**OWN, "oops": 1}))
        with pytest.raises(ManifestError, match="oops"):
            read(path, shelf)
    assert not shelf.root.exists()
    path.write_text(json.dumps(OWN))
    read(path, shelf)
    path.write_text(json.dumps({**OWN, "project": {"name": "other"}}))
    found = read(path, shelf).project
    assert found is not None
    assert found.name == "other"


def test_what_is_damaged_or_of_other_rules_is_validated_anew(
    tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(FULL)
    found = read(path, shelf)
    (kept,) = list(shelf.root.rglob("*.json"))
    for content in ("", "[]", '{"digest": 1}', kept.read_text()[:-20]):
        kept.write_text(content)
        assert read(path, shelf) == found
    monkeypatch.setattr(packageable, "rules", lambda: [["models.py", 1, "2"]])
    read(path, shelf)
    assert len(list(shelf.root.rglob("*.json"))) == 2
