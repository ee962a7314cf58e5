"""`ergon-ops manifest`: every problem at once, one document for programs, and nothing written over."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.errors import EngineNotRunning
from tests.interfaces.conftest import Shell, lines

GOOD: dict[str, Any] = {
    "manifest_version": "1.0",
    "applications": {"api": {"type": "fastapi", "entrypoint": "main.py"}},
    "containers": {
        "api-server": {"applications": ["api"], "ci_capabilities": ["health", "optimize"], "depends_on": ["db"]},
        "db": {"image": "postgres:16", "environment": {"POSTGRES_PASSWORD": "s3cr3t-hunter2"}},
    },
}
BAD = {
    "manifest_version": "1.0",
    "containers": {"a": {"image": "x", "depends_on": ["b"], "rol": "y"}, "b": {"image": "x", "depends_on": ["a"]}},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps(GOOD))
    (tmp_path / "bad.json").write_text(json.dumps(BAD))
    return tmp_path


def test_a_valid_manifest_is_said_to_be_with_its_order(shell: Shell, folder: Path) -> None:
    said = shell("manifest", "validate")
    assert said.exit == 0
    assert "1 application (api); started in this order: db → api-server" in said.out
    document = shell("manifest", "validate", "manifest.json", "--json").document
    assert document["valid"] is True
    assert document["order"] == ["db", "api-server"]


def test_every_problem_is_a_line_with_its_place_and_a_step(shell: Shell, folder: Path) -> None:
    said = shell("manifest", "validate", "bad.json")
    assert said.exit == 2
    assert lines(said.out) == [
        "/containers/a/depends_on/0: depends on itself: a → b → a — remove one of these dependencies",
        '/containers/a/rol: unknown key "rol" — did you mean "role"?',
    ]
    assert "2 problems" in said.err
    document = shell("manifest", "validate", "bad.json", "--json").document
    assert document["valid"] is False
    assert [item["pointer"] for item in document["problems"]] == ["/containers/a/depends_on/0", "/containers/a/rol"]
    assert document["error"]["exit"] == 2


@pytest.mark.parametrize("doing", ["validate", "show", "hash"])
def test_a_file_that_is_no_manifest_is_one_line(shell: Shell, folder: Path, doing: str) -> None:
    (folder / "broken.json").write_text('{"a": 1,\n "b": }')
    said = shell("manifest", doing, "broken.json")
    assert said.exit == 2
    assert "line 2, column 7" in said.out + said.err
    said = shell("manifest", doing, "none.json")
    assert (said.exit, len(lines(said.err))) == (2, 1)
    assert "No such file" in said.err


def test_one_meaning_has_one_hash_also_from_stdin(shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shell("manifest", "hash").out
    assert plain.startswith("sha256:")
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(GOOD, indent=4)))
    assert shell("manifest", "hash", "-").out == plain
    assert shell("manifest", "hash", "--json").document == {"digest": plain.strip()}


def test_a_manifest_is_shown_without_its_secrets(shell: Shell, folder: Path) -> None:
    out = shell("manifest", "show").out
    assert json.loads(out)["containers"]["db"]["image"] == "postgres:16"
    assert "hunter2" not in out
    document = shell("manifest", "show", "--json").document
    assert document["order"] == ["db", "api-server"]


def test_the_schema_is_printed(shell: Shell) -> None:
    assert json.loads(shell("manifest", "schema").out) == shell("manifest", "schema", "--json").document


def test_differences_make_exit_1(shell: Shell, folder: Path) -> None:
    running = {"webapp": {"image": "ergon-ops-demo/webapp:1", "resources": {"memory": "64m"}, "restart": "no"}}
    (folder / "run.json").write_text(json.dumps({"manifest_version": "1.0", "containers": running}))
    said = shell("manifest", "diff", "run.json")
    assert said.exit == 1
    assert "webapp: resources.memory: 64 MiB in the manifest, 80 MiB here" in said.out
    document = shell("manifest", "diff", "run.json", "--json").document
    assert document["compared"] == ["webapp"]
    assert {item["pointer"] for item in document["differences"]} >= {"/containers/webapp/resources/memory"}


def test_no_engine_is_exit_3_and_nobody_of_that_name_4(shell: Shell, folder: Path) -> None:
    assert shell("manifest", "diff", "nobody").exit == 4
    shell.engine.fail(EngineNotRunning("no engine"))
    assert shell("manifest", "diff", "webapp").exit == 3
    assert shell("manifest", "init", "--from-running", "--output", "-").exit == 3


def test_what_runs_is_written_once_and_never_over_a_file_unasked(shell: Shell, folder: Path) -> None:
    said = shell("manifest", "init", "--from-running", "--output", "now.json")
    assert said.exit == 0
    assert "Wrote now.json: orders-db, webapp, worker." in said.out
    assert "left out" in said.err
    assert shell("manifest", "validate", "now.json").exit == 0
    again = shell("manifest", "init", "--from-running", "--output", "manifest.json")
    assert again.exit == 2
    assert "is there already" in again.err
    forced = shell("manifest", "init", "--from-running", "--output", "manifest.json", "--force", "--json").document
    assert json.loads((folder / forced["kept"]).read_text()) == GOOD
    assert sorted(path.name for path in folder.iterdir()) == [
        "bad.json",
        "manifest.json",
        "manifest.json.1.bak",
        "now.json",
    ]


def test_what_runs_can_be_looked_at_only(shell: Shell, folder: Path) -> None:
    said = shell("manifest", "init", "--from-running", "--output", "-")
    assert json.loads(said.out)["containers"]["orders-db"]["restart"] == "unless-stopped"


def test_options_of_init_are_refused_elsewhere(shell: Shell, folder: Path) -> None:
    said = shell("manifest", "hash", "--force")
    assert said.exit == 2
    assert "belongs to manifest init" in said.err
