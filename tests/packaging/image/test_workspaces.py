"""A workspace's packages are asked for together, whoever manages them, and find each other in the image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ergon_ops.packaging.image.locks import LockedPackages
from ergon_ops.packaging.image.modules import _asked, _own, modules
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.wishes import wishes
from ergon_ops.packaging.image.workspaces import catalogs, members, plain
from ergon_ops.packaging.plan import Unpack
from tests.packaging.projects import write
from tests.packaging.workspaces import package

STEP = Unpack("pnpm", ("package.json",), "/app")
INNER = {
    "apps/api/package.json": package(name="api", dependencies={"koa": "2", "@x/log": "workspace:*"}),
    "libs/log/package.json": package(name="@x/log", dependencies={"ms": "workspace:^2.1"}),
    "libs/log/node_modules/y/package.json": package(name="y"),
    "other/package.json": package(name="other"),
}


@pytest.mark.parametrize(
    "root",
    [
        {"package.json": package(workspaces=["apps/*", "./libs/log"])},
        {"package.json": package(workspaces={"packages": ["apps/*", "libs/*"]})},
        {
            "package.json": package(private=True),
            "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n  - libs/**\ncatalog:\n  - other\n",
        },
        {"package.json": package(workspaces=["*/*", "other", "!other"])},
    ],
)
def test_its_packages_are_found_and_asked_for_in_words_of_npm(tmp_path: Path, root: dict[str, str]) -> None:
    write(tmp_path, {**INNER, **root})
    assert members(tmp_path) == ("apps/api/package.json", "libs/log/package.json")
    asked = _asked(STEP, tmp_path)
    assert asked["package.json"]["workspaces"] == ["apps/api", "libs/log"]
    assert asked["apps/api/package.json"]["dependencies"] == {"koa": "2", "@x/log": "*"}
    assert asked["libs/log/package.json"]["dependencies"] == {"ms": "^2.1"}


@pytest.mark.parametrize(
    "files",
    [
        {"pnpm-workspace.yaml": "packages: []\ncatalog:\n  koa: ^2.15.0\ncatalogs:\n  old:\n    ms: ^1.0.0\n"},
        {"package.json": package(workspaces={"catalog": {"koa": "^2.15.0"}, "catalogs": {"old": {"ms": "^1.0.0"}}})},
        {".yarnrc.yml": "catalog:\n  koa: ^2.15.0\ncatalogs:\n  old:\n    ms: ^1.0.0\n"},
    ],
)  # fmt: skip
def test_a_version_that_is_kept_for_all_of_them_is_looked_up(tmp_path: Path, files: dict[str, str]) -> None:
    asked = {"koa": "catalog:", "ms": "catalog:old", "left": "catalog:gone"}
    write(tmp_path, {"package.json": package(), **files})
    assert plain({"dependencies": asked}, catalogs(tmp_path)) == {
        "dependencies": {"koa": "^2.15.0", "ms": "^1.0.0", "left": "*"}
    }


def test_what_one_of_them_asks_for_is_part_of_what_a_lock_is_for(tmp_path: Path) -> None:
    write(tmp_path, {**INNER, "package.json": package(workspaces=["apps/*"])})
    before = wishes(STEP, tmp_path).digest
    write(tmp_path, {"other/package.json": package(name="changed")})
    assert wishes(STEP, tmp_path).digest == before
    write(tmp_path, {"apps/api/package.json": package(name="api", dependencies={"koa": "3"})})
    assert wishes(STEP, tmp_path).digest != before


def test_they_are_links_to_where_they_lie(tmp_path: Path) -> None:
    rows = {
        "node_modules/@x/log": {"resolved": "libs/log", "link": True},
        "node_modules/api": {"resolved": "apps/api", "link": True},
        "node_modules/evil": {"resolved": "../../etc", "link": True},
    }
    places = dict(_own(json.loads(json.dumps({"packages": rows}))))
    made = modules(STEP, LockedPackages("pnpm", "w", places=places), Shelf(tmp_path))
    assert {path: entry.target for path, entry in made.items()} == {
        "app/node_modules/@x/log": "../../libs/log",
        "app/node_modules/api": "../apps/api",
    }
