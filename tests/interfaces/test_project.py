"""`ergon-ops project` and a project's own CI: files are written once, answers cite them, no engine is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.errors import EngineNotRunning
from ergon_ops.settings import load
from ergon_ops.store import Store
from tests.interfaces.conftest import Shell
from tests.packaging.projects import FASTAPI, UVICORN, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write(
        tmp_path / "bookshop", {"main.py": FASTAPI, "requirements.txt": UVICORN, ".env": "DB_PASSWORD=hunter2\n"}
    )
    monkeypatch.chdir(root)
    return root


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_project_is_added_listed_and_asked(shell: Shell, folder: Path) -> None:
    said = shell("project", "add", ".")
    assert said.exit == 0
    assert (
        "bookshop: fastapi in ., run by uvicorn main:app --host 0.0.0.0 --port 8000, port 8000 (main.py:3)" in said.out
    )
    assert ".env:1: holds a secret" in said.err
    assert "hunter2" not in said.out + said.err
    assert str(folder) in shell("project", "list").out
    answer = shell("ask", "project:bookshop", "how do I run you? which port? what is missing?")
    assert answer.exit == 0
    assert "Run me with `uvicorn main:app --host 0.0.0.0 --port 8000` (main.py:3" in answer.out
    document = shell("ask", "project:bookshop", "which port?", "--json").document
    assert (document["ci"], document["project"], document["provider"]) == ("bookshop-ci", "bookshop", "offline")
    assert document["evidence"][0]["file"] == "main.py"
    assert names(folder) == [".env", "main.py", "requirements.txt"]


def test_a_project_answers_without_an_engine_and_by_its_cis_name(shell: Shell, folder: Path) -> None:
    shell("project", "add", ".")
    assert "Run me with" in shell("ask", "bookshop-ci", "how do I run you?").out
    assert "Run me with" in shell("ask", "how do I run bookshop?").out
    shell.engine.fail(EngineNotRunning("gone"))
    assert "Run me with" in shell("ask", "project:bookshop", "how do I run you?").out
    assert shell("ask", "project:nowhere", "how do I run you?").exit in (3, 4)
    missed = shell("ask", "project:bookshopp", "how do I run you?")
    assert missed.exit == 3 or "did you mean bookshop?" in missed.err


def test_a_manifest_in_the_folder_is_registered(shell: Shell, folder: Path) -> None:
    entry = {"webapp": {"image": "x", "role": "sells books", "ci_name": "books-ci"}}
    document = {"manifest_version": "1.0", "project": {"name": "books"}, "containers": entry}
    (folder / "manifest.json").write_text(json.dumps(document))
    assert shell("project", "add", ".", "--json").document["registered"] is True
    rows = {row["name"]: row for row in shell("list", "--json").document["containers"]}
    assert (rows["webapp"]["role"], rows["webapp"]["ci"]) == ("sells books", "books-ci")


def test_a_dockerfile_is_written_and_written_anew_but_never_over_a_hand_written_one(shell: Shell, folder: Path) -> None:
    assert "Dockerfile written" in shell("project", "dockerfile", ".").out
    assert names(folder) == [".dockerignore", ".env", "Dockerfile", "main.py", "requirements.txt"]
    assert "8000/health" in (folder / "Dockerfile").read_text()
    (folder / "main.py").write_text(FASTAPI.replace("/health", "/ready"))
    assert shell("project", "dockerfile", ".").exit == 0
    anew = (folder / "Dockerfile").read_text()
    assert "8000/ready" in anew
    (folder / "Dockerfile").write_text("FROM scratch\n")
    said = shell("project", "dockerfile", ".")
    assert "written by hand and stays" in said.out
    assert (folder / "Dockerfile").read_text() == "FROM scratch\n"
    row: Any = shell("project", "dockerfile", ".", "--force", "--json").document["dockerfiles"][0]
    assert (folder / row["kept"]).read_text() == "FROM scratch\n"
    assert (folder / "Dockerfile").read_text() == anew


def test_what_is_proven_is_kept_with_the_plan_until_it_changes(shell: Shell, folder: Path) -> None:
    shell("project", "add", ".")
    shell("project", "dockerfile", ".")
    store = Store.open(load().state_dir)
    plan = store.projects.plan(str(folder), "bookshop")
    assert plan is not None
    assert plan.status == "not proven"
    told = "proven: GET /health 200 in 1.0 s"
    kept = {"body": plan.body, "dockerfile": plan.dockerfile}
    store.projects.keep_plan(str(folder), "bookshop", **kept, status="proven", detail=told)
    store.close()
    shell("project", "dockerfile", ".")
    assert told in shell("project", "list").out
    assert told in shell("ask", "project:bookshop", "is your Dockerfile proven?").out
    (folder / "main.py").write_text(FASTAPI.replace("/health", "/ready"))
    shell("project", "dockerfile", ".")
    assert told not in shell("project", "list").out


def test_a_manifest_is_written_from_the_files_with_what_it_rests_on(shell: Shell, folder: Path) -> None:
    said = shell("manifest", "init", ".")
    assert said.exit == 0
    assert "main.py:3" in said.err
    assert shell("manifest", "validate").exit == 0
    assert shell("manifest", "init", ".").exit in (0, 2)
    assert json.loads((folder / "manifest.json").read_text())["applications"]["bookshop"]["type"] == "fastapi"


@pytest.mark.parametrize("words", [("project", "add"), ("project", "dockerfile"), ("manifest", "init")])
def test_bad_input_is_one_line_and_nothing_is_written(shell: Shell, folder: Path, words: tuple[str, ...]) -> None:
    for place in ("main.py", "nowhere"):
        said = shell(*words, place)
        assert said.exit == 2
        assert len(said.err.splitlines()) == 1
    empty = write(folder / "empty", {"notes.txt": "x"})
    if words != ("project", "add"):
        said = shell(*words, "empty")
        assert (said.exit, "no application" in said.err) == (2, True)
    assert names(empty) == ["notes.txt"]
    assert names(folder) == [".env", "empty", "main.py", "requirements.txt"]


async def test_in_the_chat_a_project_is_spoken_to_as_everyone_is(
    shell: Shell, folder: Path, seat: Callable[..., Any]
) -> None:
    async with seat() as table:
        table.chat.assistant.house.store.projects.add("bookshop", str(folder))
        out, err = await table.type("@project:bookshop which port?", "/switch project:bookshop", "how do I run you?")
        assert table.chat.name == "project:bookshop"
    assert "I listen on port 8000" in out
    assert "Run me with `uvicorn main:app" in out
    assert err == ""
