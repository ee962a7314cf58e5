"""What pnpm, Yarn and Bun fixed is what npm is asked for; what comes out otherwise, or cannot be read, is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.packaging.image.modules import held_against
from ergon_ops.packaging.image.other_locks import other_lock

DOCUMENT = {"dependencies": {"express": "^4.17.0", "@hapi/hoek": "^9.0.0"}, "devDependencies": {"mime": "^3.0.0"}}
PNPM_9 = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@hapi/hoek': {specifier: ^9.0.0, version: 9.3.0}
      express: {specifier: ^4.17.0, version: 4.18.2(supports-color@8.1.1)}
    devDependencies:
      mime: {specifier: ^3.0.0, version: 3.0.0}
packages:
  '@hapi/hoek@9.3.0': {resolution: {integrity: sha512-x}}
  express@4.18.2: {resolution: {integrity: sha512-x}}
  bytes@3.1.1: {resolution: {integrity: sha512-x}}
  mime@1.6.0: {resolution: {integrity: sha512-x}}
  mime@3.0.0: {resolution: {integrity: sha512-x}}
snapshots:
  express@4.18.2(supports-color@8.1.1):
    dependencies: {bytes: 3.1.1, mime: 1.6.0}
  mime@1.6.0: {}
"""
PNPM_6 = """lockfileVersion: '6.0'
dependencies:
  '@hapi/hoek': {specifier: ^9.0.0, version: 9.3.0}
  express: {specifier: ^4.17.0, version: 4.18.2}
devDependencies:
  mime: {specifier: ^3.0.0, version: 3.0.0}
packages:
  /@hapi/hoek@9.3.0: {dev: false}
  /express@4.18.2(supports-color@8.1.1): {dev: false, dependencies: {mime: 1.6.0}}
  /bytes@3.1.1: {dev: false}
  /mime@1.6.0: {dev: false}
  /mime@3.0.0: {dev: true}
"""
YARN_1 = """# yarn lockfile v1
"@hapi/hoek@^9.0.0", "@hapi/hoek@^9.0.4":
  version "9.3.0"
express@^4.17.0:
  version "4.18.2"
  dependencies:
    bytes "3.1.1"
    mime "1.6.0"
bytes@3.1.1, bytes@~3.1.0:
  version "3.1.1"
mime@1.6.0:
  version "1.6.0"
mime@^3.0.0:
  version "3.0.0"
"""
YARN_4 = """__metadata:
  version: 8
"@hapi/hoek@npm:^9.0.0, @hapi/hoek@npm:^9.0.4":
  version: 9.3.0
"express@npm:^4.17.0":
  version: 4.18.2
  dependencies:
    bytes: "npm:3.1.1"
    mime: "npm:1.6.0"
"bytes@npm:3.1.1":
  version: 3.1.1
"mime@npm:1.6.0":
  version: 1.6.0
"mime@npm:^3.0.0":
  version: 3.0.0
"shop@workspace:.":
  version: 0.0.0-use.local
"""
BUN = """{
  "lockfileVersion": 1,
  "packages": {
    "@hapi/hoek": ["@hapi/hoek@9.3.0", "", {}, "sha512-x=="],
    "express": ["express@4.18.2", "", { "dependencies": { "bytes": "3.1.1", } }, "sha512-x=="],
    "bytes": ["bytes@3.1.1", "", {}, "sha512-x=="],
    "mime": ["mime@3.0.0", "", {}, "sha512-x=="],
    "express/mime": ["mime@1.6.0", "", {}, "sha512-x=="],
  }
}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pnpm-lock.yaml", PNPM_9),
        ("pnpm-lock.yaml", PNPM_6),
        ("yarn.lock", YARN_1),
        ("yarn.lock", YARN_4),
        ("bun.lock", BUN),
    ],
)
def test_npm_is_asked_for_what_another_lock_has(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    lock = other_lock(tmp_path)
    assert lock is not None
    made = lock.fixed(DOCUMENT)
    assert made["dependencies"] == {"express": "4.18.2", "@hapi/hoek": "9.3.0"}
    assert made["devDependencies"] == {"mime": "3.0.0"}
    assert made["overrides"] == {"bytes": "3.1.1", "express": {"mime": "1.6.0"}}
    assert lock.versions["mime"] == {"1.6.0", "3.0.0"}
    rows = [{"name": "express", "version": "4.18.2"}, {"name": "mime", "version": "1.6.0"}]
    assert held_against(lock, rows, tmp_path) == f"dependencies: 2 of 2 packages are of versions of {name}"
    more = [*rows, {"name": "bytes", "version": "3.1.2"}]
    assert held_against(lock, more, tmp_path).endswith(
        f"2 of 3 packages are of versions of {name}; not in it: bytes 3.1.2"
    )


def test_what_a_project_overrides_itself_stays(tmp_path: Path) -> None:
    (tmp_path / "yarn.lock").write_text(YARN_1)
    lock = other_lock(tmp_path)
    assert lock is not None
    assert lock.fixed({**DOCUMENT, "overrides": {"bytes": "2"}})["overrides"] == {
        "bytes": "2",
        "express": {"mime": "1.6.0"},
    }


def test_of_a_package_in_several_versions_each_keeps_its_own(tmp_path: Path) -> None:
    text = PNPM_9.replace(
        "  mime@1.6.0: {}\n",
        "  send@1.0.0: {dependencies: {mime: 1.6.0}}\n  send@2.0.0: {dependencies: {mime: 3.0.0}}\n",
    )
    text = text.replace("snapshots:", "  send@1.0.0: {}\n  send@2.0.0: {}\nsnapshots:")
    (tmp_path / "pnpm-lock.yaml").write_text(text)
    lock = other_lock(tmp_path)
    assert lock is not None
    assert lock.fixed({})["overrides"] == {
        "@hapi/hoek": "9.3.0", "bytes": "3.1.1", "express": {".": "4.18.2", "mime": "1.6.0"},
        "send@1.0.0": {"mime": "1.6.0"}, "send@2.0.0": {"mime": "3.0.0"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bun.lockb", b"\x00\x01", "bun.lockb says no versions that can be read: npm chose them"),
        ("pnpm-lock.yaml", b"", "pnpm-lock.yaml says no versions that can be read: npm chose them"),
        (
            "pnpm-lock.yaml",
            b"packages:\n  - x\nimporters:\n  .: nothing\n  a:\n    dependencies: [x]\n",
            "pnpm-lock.yaml says no versions that can be read: npm chose them",
        ),
        ("README.md", b"x", "no lock of the project fixes versions: npm chose them"),
    ],
)
def test_a_lock_that_says_nothing_is_said_to(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert other_lock(tmp_path) is None
    assert held_against(None, [], tmp_path) == f"dependencies: {told}"


@pytest.mark.parametrize(("name", "text"), [("pnpm-lock.yaml", "a: [\n"), ("bun.lock", "{"), ("yarn.lock", "\udcff")])
def test_a_broken_lock_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, errors="surrogateescape")
    with pytest.raises(UsageError, match=name.replace(".", r"\.")) as refused:
        other_lock(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_lock_that_is_named_by_the_project_is_kept_to_when_a_dockerfile_is_built(tmp_path: Path) -> None:
    from ergon_ops.packaging.analysis import analyse
    from ergon_ops.packaging.dockerfile import dockerfile
    from ergon_ops.packaging.planning import plan_of
    from tests.packaging.projects import EXPRESS, write

    for number, (name, words) in enumerate({
        "pnpm-lock.yaml": "pnpm install --frozen-lockfile", "yarn.lock": "yarn install --frozen-lockfile",
        "bun.lock": "bun install --frozen-lockfile", "package-lock.json": "npm ci",
    }.items()):  # fmt: skip
        document = json.dumps({"scripts": {"start": "node i.js"}, "dependencies": {"express": "4"}})
        (item,) = analyse(
            write(tmp_path / str(number), {"package.json": document, "i.js": EXPRESS + "app.listen(1)\n", name: "x"})
        ).applications
        assert words in dockerfile(plan_of(item, labels={}))
