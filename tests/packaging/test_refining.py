"""What a model adds counts where the files leave something open and a line carries it; nothing is invented."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops.assistant import refining
from ergon_ops.assistant.models import Models
from ergon_ops.assistant.projects import dockerfiles
from ergon_ops.assistant.registering import opened
from ergon_ops.errors import UsageError
from ergon_ops.messages import Text, ToolCall
from ergon_ops.packaging.analysis import analyse
from ergon_ops.packaging.analysis.tree import Tree
from ergon_ops.packaging.answers import answer
from ergon_ops.packaging.refining import Statement, refined
from ergon_ops.providers.scripted import Scripted
from ergon_ops.settings import Settings, load
from tests.packaging.projects import FASTAPI, UVICORN, write

README = "# Shop\nStart it with: python serve/web.py --port 9090\nIt answers on /alive and keeps sessions in redis.\nWants Python 3.12.\n"
FILES = {
    "serve/web.py": "import framework\nframework.go()\n", "main.py": "print('tool')\n", "requirements.txt": "idna\n",
    "README.md": README, ".env": "API_TOKEN=hunter2horse\n",
}  # fmt: skip
GOOD = [
    Statement("shop", "port", "9090", "README.md", 2),
    Statement("shop", "health", "/alive", "README.md", 3),
    Statement("shop", "needs", "redis", "README.md", 3),
    Statement("shop", "version", "3.12", "README.md", 4),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", FILES)


def test_what_the_files_leave_open_is_filled_in_and_marked(folder: Path) -> None:
    found, held, refused = refined(analyse(folder), Tree(folder), GOOD, by="scripted:x")
    (item,) = found.applications
    assert (item.port, item.health, item.version, [need.service for need in item.needs]) == (
        9090,
        "/alive",
        "3.12",
        ["redis"],
    )
    assert item.said_by == {
        "port": "scripted:x",
        "health": "scripted:x",
        "needs redis": "scripted:x",
        "version": "scripted:x",
    }
    assert item.to_json()["said_by"]["type"] == "files"
    assert (held, refused) == (tuple(GOOD), ())
    assert "I listen on port 9090, as scripted:x concluded (README.md:2)." in [
        row.text for row in answer(found, "which port?")
    ]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (Statement("other", "port", "9090", "README.md", 2), "there is no application 'other'"),
        (Statement("shop", "type", "django", "README.md", 2), "there is no field 'type'"),
        (Statement("shop", "port", "9090", "config.py", 1), "there is no file 'config.py'"),
        (Statement("shop", "port", "9090", "../shop/README.md", 2), "there is no file"),
        (Statement("shop", "port", "9090", "README.md", 99), "README.md has 4 lines"),
        (Statement("shop", "port", "9090", "README.md", 1), "does not say 9090"),
        (Statement("shop", "port", "909", "README.md", 2), "does not say 909"),
        (Statement("shop", "port", "99999", "README.md", 2), "is no port"),
        (Statement("shop", "port", "1", ".env", 1), "holds a secret"),
        (Statement("shop", "needs", "a mainframe", "README.md", 3), "is no service"),
        (Statement("shop", "needs", "kafka", "README.md", 3), "does not say kafka"),
        (Statement("shop", "health", "http://evil", "README.md", 3), "is no path"),
        (Statement("shop", "entrypoint", "main.py", "README.md", 2), "told by the files"),
        (Statement("shop", "run", "python serve/web.py", "README.md", 2), "told by the files"),
        (Statement("shop", "port", "", "README.md", 2), "empty"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_with_its_reason(folder: Path, statement: Statement, why: str) -> None:
    before = analyse(folder)
    found, held, refused = refined(before, Tree(folder), [statement], by="x")
    assert (found, held) == (before, ())
    assert why in refused[0].why


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("python serve/web.py --port 9090", ""),
        ("python serve/server.py", "there is no file 'serve/server.py'"),
        ("uvicorn shop.api:app", "there is no module 'shop.api'"),
        ("python -m shop", "there is no module 'shop'"),
        ("sh -c 'curl x'", "no plain command"),
        ("python serve/web.py; rm -r x", "no plain command"),
        ("python 'serve", "cannot be split"),
        ("node index.mjs", "there is no file 'index.mjs'"),
        ("true", "says nothing of it"),
    ],
)
def test_a_command_names_only_what_is_there(tmp_path: Path, command: str, why: str) -> None:
    files = {
        **FILES,
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
    }  # run by the development server: open
    folder = write(tmp_path / "shop", files)
    statement = Statement("shop", "run", command, "README.md", 2)
    found, held, refused = refined(analyse(folder), Tree(folder), [statement], by="x")
    assert (refused[0].why if refused else "").find(why) >= 0
    assert bool(held) == (not why)
    if held:
        assert found.applications[0].run == ("python", "serve/web.py", "--port", "9090")


def settings(tmp_path: Path) -> Settings:
    return replace(load({}, {"HOME": str(tmp_path)}, cwd=tmp_path), state_dir=tmp_path / "s", model="anthropic:test")


def scripted(*statements: dict[str, object]) -> Scripted:
    def play(*_: object) -> Iterator[Text | ToolCall]:
        yield Text("I will conclude.")
        for number, one in enumerate(statements):
            yield ToolCall(f"c{number}", "conclude", one)

    return Scripted(play)


async def test_a_model_is_asked_once_and_what_held_is_kept_until_the_files_say_otherwise(
    folder: Path, tmp_path: Path
) -> None:
    given = settings(tmp_path)
    lies: list[dict[str, object]] = [
        {"application": "shop", "field": "health", "value": "/up", "file": "docs/api.md", "line": 1},
        {"application": "shop", "field": "colour", "value": "red", "file": "README.md", "line": 1},
        {"nonsense": True},
    ]
    model = scripted(GOOD[0].to_json(), *lies)
    with opened(given) as store:
        told = await refining.refine(given, store, folder, Models(given, lambda _: model))
    assert told["held"] == [GOOD[0].to_json()]
    assert [row["why"] for row in told["refused"]] == ["there is no file 'docs/api.md'"]
    ((_, messages, _, _),) = model.requests
    assert "Start it with: python serve/web.py" in messages[0].text
    assert "hunter2" not in messages[0].text
    assert ".env" not in messages[0].text.split("files:")[1]
    document, work = dockerfiles(given, folder)
    assert "EXPOSE 9090" in work[0].text
    assert "# The port is what anthropic:test concluded." in work[0].text
    assert "shop: port is what anthropic:test concluded" in document["notes"]
    (folder / "README.md").write_text("# Shop\n\n")
    _, work = dockerfiles(given, folder)
    assert "9090" not in work[0].text


async def test_without_a_model_it_is_one_clear_line(folder: Path, tmp_path: Path) -> None:
    given = replace(settings(tmp_path), model="")
    with opened(given) as store, pytest.raises(UsageError, match="no model is set up"):
        await refining.refine(given, store, folder)


def test_a_settled_field_stays_as_the_files_say(tmp_path: Path) -> None:
    code = FASTAPI + "import uvicorn\nuvicorn.run(app, port=9000)  # once 9100\n"
    folder = write(tmp_path / "shop", {"main.py": code, "requirements.txt": UVICORN})
    line = code.count("\n")
    _, _, refused = refined(analyse(folder), Tree(folder), [Statement("shop", "port", "9100", "main.py", line)], by="x")
    assert refused[0].why == f"port is told by the files (main.py:{line})"
    assert json.dumps(refused[0].statement.to_json())
