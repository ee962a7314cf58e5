"""Projects through the daemon: listed with Tekton's, made ready for containers over HTTP, and asked through aish."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ergon_ops import manifest
from ergon_ops.assistant.projects import dockerfiles
from tests.packaging.projects import FASTAPI, UVICORN, write
from tests.serve import tekton
from tests.serve.conftest import Running, Start, until


def bookshop(root: Path) -> Path:
    files = {"main.py": FASTAPI, "requirements.txt": UVICORN, ".env": "DB_PASSWORD=hunter2\n"}
    return write(root / "bookshop", files)


def tektons(running: Running, rows: Any) -> Path:
    """Tekton's own list, as its project manager writes it."""
    path = running.tekton / ".tekton/projects/projects.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": "1.0", "projects": rows}))
    return path


def add(running: Running, name: str, folder: Path) -> None:
    running.daemon.assistant.house.store.projects.add(name, str(folder))


async def test_a_manifest_and_a_dockerfile_come_back_and_nothing_is_written(start: Start, tmp_path: Path) -> None:
    folder = bookshop(tmp_path)
    async with start() as running:
        add(running, "Book shop", folder)
        status, body = await running.http("POST", "/api/projects/book-shop/docker/generate", {})
        assert status == 200, body
        assert manifest.parse(json.dumps(body["manifest"])).applications["bookshop"].type == "fastapi"
        assert "python:3.11-slim" in body["dockerfile"]
        assert body["evidence"]["bookshop"]["type"][0] == {"file": "main.py", "line": 3, "says": "app = FastAPI()"}
        assert body["status"] == "not proven"
        assert body["notes"] == [".env:1: holds a secret, it is left out of every image"]
        assert "hunter2" not in json.dumps(body)
        assert sorted(path.name for path in folder.iterdir()) == [".env", "main.py", "requirements.txt"]
        _, listed = await running.http("GET", "/api/projects")
        (row,) = listed["projects"]
        assert row["dockerConfig"] == body["dockerConfig"]
        assert row["dockerConfig"]["manifestDigest"].startswith("sha256:")
        assert (row["id"], row["name"], row["source"], row["ci"]) == ("book-shop", "Book shop", "list", "book-shop-ci")


async def test_what_is_proven_shows_until_the_files_change(start: Start, tmp_path: Path) -> None:
    folder = bookshop(tmp_path)
    async with start() as running:
        add(running, "bookshop", folder)
        where = "/api/projects/bookshop/docker/generate"
        await running.http("POST", where)
        plans = running.daemon.assistant.house.store.projects
        plan = plans.plan(str(folder), "bookshop")
        assert plan is not None
        plans.keep_plan(
            str(folder), "bookshop", body=plan.body, dockerfile=plan.dockerfile, status="proven", detail="well"
        )
        assert (await running.http("POST", where))[1]["status"] == "proven"
        (folder / "main.py").write_text(FASTAPI.replace("/health", "/ready"))
        assert (await running.http("POST", where))[1]["status"] == "not proven"


async def test_tektons_projects_are_listed_read_only_and_each_folder_once(start: Start, tmp_path: Path) -> None:
    folder = bookshop(tmp_path)
    async with start() as running:
        add(running, "shop", folder)
        rows = [
            {"id": "p1", "name": "Books", "local_directory": str(folder), "companion_intelligence": "gpt"},
            {"id": "p2", "name": "Other", "local_directory": str(write(tmp_path / "o", {"index.html": "<html>"}))},
            {"id": "p3", "name": "Gone", "local_directory": "/nowhere/at/all"},
            {"id": "p4"},
            "nonsense",
        ]
        path = tektons(running, rows)
        before = path.read_bytes()
        _, body = await running.http("GET", "/api/projects")
        told = {row["id"]: (row["name"], row["source"], row["tektonId"], row["there"]) for row in body["projects"]}
        assert told == {
            "shop": ("shop", "list", "p1", True),
            "p2": ("Other", "tekton", "p2", True),
            "p3": ("Gone", "tekton", "p3", False),
        }
        assert (await running.http("POST", "/api/projects/p1/docker/generate"))[1]["project"]["name"] == "shop"
        assert "FROM busybox" in (await running.http("POST", "/api/projects/p2/docker/generate"))[1]["dockerfile"]
        status, body = await running.http("POST", "/api/projects/p3/docker/generate")
        assert (status, "is not there" in body["error"]["message"]) == (400, True)
        assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[]", '{"projects": {}}', "null", "\udcff"])
async def test_a_list_of_tektons_that_is_no_list_is_told_and_does_no_harm(start: Start, text: str) -> None:
    async with start() as running:
        tektons(running, []).write_bytes(text.encode("utf-8", "surrogateescape"))
        status, body = await running.http("GET", "/api/projects")
        assert (status, body["projects"]) == (200, [])
        assert "projects.json" in body["notes"][0]


async def test_bad_requests_are_told(start: Start, tmp_path: Path) -> None:
    async with start() as running:
        add(running, "bookshop", bookshop(tmp_path))
        add(running, "empty", write(tmp_path / "empty", {"notes.txt": "x"}))
        status, body = await running.http("POST", "/api/projects/bookshp/docker/generate")
        assert (status, body["error"]["code"], body["error"]["details"]["nearest"]) == (
            404,
            "no_such_project",
            ["bookshop"],
        )
        for name in ("prove", "force", "write"):
            status, body = await running.http("POST", "/api/projects/bookshop/docker/generate", {name: True})
            assert (status, "for a terminal" in body["error"]["message"]) == (403, True)
        status, body = await running.http("POST", "/api/projects/empty/docker/generate")
        assert (status, "no application" in body["error"]["message"]) == (400, True)
        assert (await running.http("POST", "/api/projects/bookshop/docker/generate", raw=b"[]"))[0] == 400
        assert (await running.http("GET", "/api/projects", token=""))[0] == 401


async def test_a_dockerfile_that_a_person_wrote_is_shown_without_its_secrets(start: Start, tmp_path: Path) -> None:
    folder = bookshop(tmp_path)
    (folder / "Dockerfile").write_text('FROM python:3.11\nENV API_TOKEN=hunter2horse\nCMD ["x"]\n')
    async with start() as running:
        add(running, "bookshop", folder)
        _, body = await running.http("POST", "/api/projects/bookshop/docker/generate")
        (row,) = body["dockerfiles"]
        assert (row["own"], row["status"], body["status"]) == (True, "own", "own")
        assert row["dockerfile"].startswith("FROM python:3.11\nENV API_TOKEN=")
        assert "hunter2" not in json.dumps(body)


async def test_a_project_is_asked_through_aish_unless_its_key_is_somebody_elses(start: Start, tmp_path: Path) -> None:
    folder = bookshop(tmp_path)
    async with start() as running:
        add(running, "bookshop", folder)
        add(running, "webapp", write(tmp_path / "w", {"index.html": "<html>"}))  # a container's CI has that name
        add(running, "ergon", write(tmp_path / "e", {"index.html": "<html>"}))  # Tekton's own
        tektons(running, [{"name": "theirs", "local_directory": str(tmp_path), "companion_intelligence": "x"}])
        await until(lambda: "bookshop-ci" in running.entries())
        entries = tekton.load(running.registry)
        assert (entries["bookshop-ci"]["is_project_ci"], entries["bookshop-ci"]["project"]) == (True, "bookshop")
        assert "is_project_ci" not in entries["webapp-ci"]
        assert not {"ergon-ci", "ergon-ci-2", "theirs-ci"} & set(entries)
        answer = await asyncio.to_thread(tekton.send, entries, "bookshop-ci", "how do I run you?")
        assert answer.startswith("Run me with `uvicorn main:app")
        answer = await asyncio.to_thread(tekton.send, entries, "webapp-ci", "status?")
        assert answer.startswith("Running nginx")


def test_what_the_command_writes_is_the_docker_config_as_well(tmp_path: Path) -> None:
    from ergon_ops.assistant.projects import listed
    from ergon_ops.assistant.registering import opened
    from ergon_ops.settings import load

    settings = load({}, {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}, cwd=tmp_path)
    folder = bookshop(tmp_path)
    with opened(settings) as store:
        store.projects.add("bookshop", str(folder))
    assert listed(settings)["projects"][0]["docker_config"] is None
    dockerfiles(settings, folder)
    config = listed(settings)["projects"][0]["docker_config"]
    assert (config["status"], config["dockerfiles"][0]["path"]) == ("not proven", "Dockerfile")
