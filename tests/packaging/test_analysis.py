"""What a project is told to be: type, folder, command, port; each with the line it rests on; bad input by name."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis import Application, analyse
from ergon_ops.packaging.analysis.requirements import best_version
from ergon_ops.packaging.answers import answer
from tests.packaging.projects import EXPRESS, FASTAPI, RECOGNISED, TREES, UVICORN, Project, write
from tests.packaging.workspaces import package

NOBODY = 65534
EVERY = [*TREES, *RECOGNISED]


@pytest.mark.parametrize("project", EVERY, ids=[name for name, _, _ in EVERY])
def test_type_folder_command_and_port_are_right(project: Project, tmp_path: Path) -> None:
    name, files, expected = project
    found = analyse(write(tmp_path / name, files))
    told = [(item.path, item.type, " ".join(item.run), item.port) for item in found.applications]
    assert sorted(told, key=str) == sorted(expected, key=str)
    assert found.faults == ()
    assert len({item.name for item in found.applications}) == len(found.applications)


@pytest.mark.parametrize("project", EVERY, ids=[name for name, _, _ in EVERY])
def test_every_conclusion_names_a_line_that_is_there(project: Project, tmp_path: Path) -> None:
    name, files, _ = project
    for item in analyse(write(tmp_path / name, files)).applications:
        assert item.evidence["type"], item
        rows = [row for rows in item.evidence.values() for row in rows]
        rows += [variable.evidence for variable in item.variables] + [need.evidence for need in item.needs]
        for row in rows:
            assert row.file in files, row
            assert row.line <= len(files[row.file].splitlines()), row
            assert not row.line or files[row.file].splitlines()[row.line - 1].strip(), row
            if row.line and row.says:
                line = " ".join(files[row.file].splitlines()[row.line - 1].split())
                assert row.says[:20] == line[:20] or row.says.split(":")[0] in line


def only(root: Path, files: dict[str, str]) -> Application:
    (item,) = analyse(write(root, files)).applications
    return item


def test_variables_are_told_required_or_not_and_which_are_secret(tmp_path: Path) -> None:
    code = (
        "import os\nfrom os import getenv, environ\nfrom pydantic_settings import BaseSettings\n"
        "A = os.environ['NEEDED']\nB = os.environ.get('MAYBE', 'x')\nC = getenv('OTHER')\nD = environ['API_TOKEN']\n"
        "class Settings(BaseSettings):\n    queue: str\n    depth: int = 3\n"
        "# os.environ['COMMENT']\n'''os.environ['DOCSTRING']'''\n" + FASTAPI
    )
    item = only(tmp_path, {"main.py": code, "requirements.txt": UVICORN})
    told = {variable.name: (variable.required, variable.secret) for variable in item.variables}
    assert told == {
        "NEEDED": (True, False), "MAYBE": (False, False), "OTHER": (False, False), "API_TOKEN": (True, True),
        "QUEUE": (True, False), "DEPTH": (False, False),
    }  # fmt: skip
    assert str(next(one for one in item.variables if one.name == "NEEDED").evidence) == "main.py:4"


def test_variables_of_javascript_too(tmp_path: Path) -> None:
    code = (
        EXPRESS
        + "const { DB_URL, API_KEY: key } = process.env\n// process.env.GONE\nconst x = process.env.NEEDED\n"
        + "const y = process.env['MAYBE'] ?? 1\nif (process.env.NODE_ENV) {}\napp.listen(process.env.PORT || 3000)\n"
    )
    item = only(tmp_path, {"index.js": code, "package.json": package(main="index.js", dependencies={"express": "4"})})
    told = {variable.name: variable.required for variable in item.variables}
    assert told == {"DB_URL": True, "API_KEY": True, "NEEDED": True, "MAYBE": False, "PORT": False}


def test_services_are_told_from_names_not_from_parts_of_names(tmp_path: Path) -> None:
    wanted = UVICORN + "redis[hiredis]>=5 ; python_version > '3.8'\nasyncpg==0.29\nnot-pymongo-at-all\n# pika\n"
    item = only(tmp_path, {"main.py": FASTAPI, "requirements.txt": wanted})
    assert [(need.service, str(need.evidence)) for need in item.needs] == [
        ("postgres", "requirements.txt:4"),
        ("redis", "requirements.txt:3"),
    ]


def test_managers_and_versions_are_told(tmp_path: Path) -> None:
    poetry = '[tool.poetry.dependencies]\npython = "^3.12"\nfastapi = "*"\nuvicorn = "*"\n'
    item = only(tmp_path / "a", {"main.py": FASTAPI, "pyproject.toml": poetry, "poetry.lock": ""})
    assert (item.manager, item.version, item.dependencies) == ("poetry", "3.12", "pyproject.toml")
    files = {"main.py": FASTAPI, "requirements.txt": UVICORN, ".python-version": "3.13.1\n", "uv.lock": ""}
    item = only(tmp_path / "b", files)
    assert (item.manager, item.version, item.dependencies) == ("pip", "3.13", "requirements.txt")
    document = package(packageManager="pnpm@9", engines={"node": ">=18"}, scripts={"start": "next start"}, dependencies={"next": "14"})  # fmt: skip
    item = only(tmp_path / "c", {"package.json": document, "yarn.lock": ""})
    assert (item.manager, item.version, item.run) == ("pnpm", "20", ("pnpm", "start"))


@pytest.mark.parametrize(
    ("wanted", "version"),
    [(">=3.9", "3.11"), (">=3.12,<3.14", "3.12"), ("^3.12", "3.12"), ("~=3.10", "3.11"), ("==3.8.*", "3.8"), ("3.12", "3.12"), ("<3.11", "3.10")],
)  # fmt: skip
def test_a_specifier_gives_a_version_it_allows(wanted: str, version: str) -> None:
    assert best_version(wanted) == version


def test_a_worker_and_its_web_program_have_names_of_their_own(tmp_path: Path) -> None:
    files = {"web.py": FASTAPI, "tasks.py": "from celery import Celery\napp = Celery()\n", "requirements.txt": UVICORN}
    assert [item.name for item in analyse(write(tmp_path / "Shop API", files)).applications] == [
        "shop-api",
        "shop-api-worker",
    ]


def test_where_no_file_lists_packages_those_that_are_imported_are_taken_and_said(tmp_path: Path) -> None:
    files = next(files for name, files, _ in TREES if name == "flask-unlisted")
    item = only(tmp_path, {**files, "tests/test_app.py": "import pytest\n"})
    assert item.packages == ("flask", "idna", "PyYAML")
    assert [str(row) for row in item.evidence["dependencies"]] == ["app.py:2", "shapes.py:1", "app.py:3"]
    assert "those that it imports are taken: flask, idna, PyYAML." in item.missing[-1]
    told = answer(analyse(tmp_path), "which packages do you need?")
    assert (
        told[0].text
        == "No file of mine names packages; I import flask, idna, PyYAML (app.py:2, shapes.py:1, app.py:3)."
    )


def test_what_would_keep_a_server_of_node_from_starting_is_told(tmp_path: Path) -> None:
    code = "import express from 'express'\nimport fs from 'node:fs'\nimport { createClient } from 'redis'\n"
    code += "const { PORT = 4001, SECRET } = process.env\nexpress().listen(PORT)\n"
    item = only(tmp_path, {"index.js": code, "package.json": package(main="index.js", dependencies={"express": "4"})})
    assert item.missing == (
        "index.js:3 imports redis, which package.json does not name.",
        'index.js uses import, and package.json does not say "type": "module": older Nodes refuse it.',
    )
    assert {one.name: one.required for one in item.variables} == {"PORT": False, "SECRET": True}
    assert item.port == 4001


def test_a_service_is_of_the_folder_its_dockerfile_lies_in(tmp_path: Path) -> None:
    compose = (
        "services:\n  api:\n    build: {context: ., dockerfile: services/api/Dockerfile}\n    environment: [DB=x]\n"
    )
    files = {"services/api/main.py": FASTAPI, "services/api/requirements.txt": UVICORN, "compose.yaml": compose}
    found = analyse(write(tmp_path, {**files, "services/api/Dockerfile": "FROM python:3.11\nEXPOSE 9000\n"}))
    assert [(item.name, item.port) for item in found.applications] == [("api", 9000)]
    assert found.services[0].path == "services/api"


# ---- bad input -------------------------------------------------------------------------------------------------


def test_what_is_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is not a folder"):
        analyse(tmp_path / "file")
    with pytest.raises(UsageError, match="there is no"):
        analyse(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = [\n', "pyproject.toml:"),
        ("pyproject.toml", '[project]\nname = = "x"\n', "pyproject.toml:2: is not TOML"),
        ("package.json", '{\n "name": "x",\n "scripts": {,}\n}', "package.json:3: is not JSON"),
        ("package.json", "[]", "package.json:1: is not a JSON object"),
        ("compose.yaml", "services:\n  a: [\n", "compose.yaml:3: is not YAML"),
        ("main.py", "from fastapi import FastAPI\napp = FastAPI(\n", "main.py:2: is not Python"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    write(tmp_path, {name: text, "index.html": "<html>"})
    (fault,) = analyse(tmp_path).faults
    assert str(fault).startswith(told)


def test_links_that_leave_the_project_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"main.py": FASTAPI, "requirements.txt": UVICORN})
    inside = write(tmp_path / "inside", {"index.html": "<html>"})
    (inside / "api").symlink_to(outside)
    (inside / "passwd.py").symlink_to("/etc/passwd")
    (inside / "loop").symlink_to(inside)
    found = analyse(inside)
    assert [item.type for item in found.applications] == ["static"]
    assert [str(fault) for fault in found.faults] == [
        "api: is a link that leaves the project: it is not followed",
        "passwd.py: is a link that leaves the project: it is not followed",
    ]


def test_huge_unreadable_and_odd_files_are_told_and_do_no_harm(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": FASTAPI, "requirements.txt": UVICORN})
    with (tmp_path / "dump.py").open("wb") as file:
        file.truncate(2 * 1024**3)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / b"caf\xe9.py".decode("utf-8", "surrogateescape")).write_text("x")
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9 os.environ\n")
    found = analyse(tmp_path)
    assert [item.type for item in found.applications] == ["fastapi"]
    assert {(fault.file, fault.message) for fault in found.faults} == {
        ("dump.py", "is too large to be read (2048 MiB)"),
        ("caf\\udce9.py", "its name is not UTF-8"),
    }


def test_unreadable_files_and_folders_are_told() -> None:
    """Root reads everything: then it is somebody else who looks."""
    with tempfile.TemporaryDirectory() as place:
        root = write(Path(place), {"main.py": FASTAPI, "requirements.txt": UVICORN, "deep/x.py": "x = 1\n"})
        for folder in (root, root / "deep"):
            folder.chmod(0o755)
        (root / "requirements.txt").chmod(0)
        (root / "deep").chmod(0)
        me = os.geteuid()
        if me == 0:
            os.chown(root, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            found = analyse(root)
        finally:
            os.seteuid(me)
            (root / "deep").chmod(0o755)
    assert [str(fault) for fault in found.faults] == [
        "deep: cannot be read: Permission denied",
        "requirements.txt: cannot be read: Permission denied",
    ]
    assert [item.type for item in found.applications] == ["fastapi"]


def test_files_with_secrets_are_reported_and_their_values_are_not(tmp_path: Path) -> None:
    files = {
        "main.py": FASTAPI, "requirements.txt": UVICORN, ".env": "MODE=fast\nDB_PASSWORD=hunter2horse\n",
        ".env.example": "DB_PASSWORD=change-me\nREDIS_URL=redis://localhost:6379\n", "deploy/id_rsa": "-----BEGIN PRIVATE KEY-----\n",
    }  # fmt: skip
    found = analyse(write(tmp_path, files))
    assert [str(item) for item in found.secrets] == [".env:2", "deploy/id_rsa:1"]
    assert "hunter2" not in str(found.to_json())
    assert [need.service for need in found.applications[0].needs] == ["redis"]


def test_nothing_is_written_by_looking(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": FASTAPI, "requirements.txt": UVICORN})
    before = sorted(path.name for path in tmp_path.rglob("*"))
    analyse(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def many(root: Path) -> None:
    """5,000 files of the size sources have, most of them with something to look at; five services and five sites."""
    more = '\n\ndef f{0}(x: int) -> int:\n    """Of {0}."""\n    return x + {0} if x else sum(range(x))\n'
    python = "import os\n\nlog = 1\n" + "".join(more.format(number) for number in range(40))
    route = "from fastapi import APIRouter\nrouter = APIRouter()\n\n@router.get('/x')\ndef x(): return os.getenv('V')\n"
    script = "".join(
        f"export function f{number}(a: number) {{\n  // of {number}\n  return a\n}}\n" for number in range(40)
    )
    write(root, {f"api/s{one}/main.py": FASTAPI for one in range(5)})
    write(root, {f"api/s{one}/requirements.txt": UVICORN for one in range(5)})
    site = package(scripts={"start": "node index.js"}, dependencies={"express": "4"})
    write(root, {f"web/w{one}/package.json": site for one in range(5)})
    write(root, {f"web/w{one}/index.js": EXPRESS + "app.listen(4000)\n" for one in range(5)})
    for number in range(2490):
        tail = route if number % 4 == 0 else "TOKEN = os.environ['KEY']\n" if number % 4 == 1 else ""
        folder = f"s{number % 5}/part{number // 100}"
        write(root, {f"api/{folder}/m{number}.py": python + tail})
        reads = f"const k = process.env.K{number} || 1\n" if number % 4 == 0 else ""
        write(root, {f"web/w{folder[1:]}/m{number}.ts": script + reads})


def test_five_thousand_files_are_looked_at_in_a_few_times_what_reading_them_takes(tmp_path: Path) -> None:
    """Time of this process against that of the mere reading: the machine may be busy, and may be slow."""
    analyse(write(tmp_path / "small", {"main.py": FASTAPI}))  # what is imported on first use is imported now
    many(tmp_path / "many")
    began = time.process_time()
    files = [path for path in sorted((tmp_path / "many").rglob("*")) if path.is_file()]
    size = sum(len(path.read_bytes().decode()) for path in files)
    reading = time.process_time() - began
    began = time.process_time()
    found = analyse(tmp_path / "many")
    took = time.process_time() - began
    assert (found.files, len(found.applications)) == (len(files), 10)
    assert size > 10_000_000
    assert took < 10 * reading, f"{took:.2f} s for what is read in {reading:.2f} s"


def test_what_is_only_skimmed_gives_what_a_syntax_tree_gives(tmp_path: Path) -> None:
    """Comments, documentation and what is set are no variables that are read, in either way."""
    code = (
        "import os\n'''os.environ['TEXT']'''\n# os.environ['NOTE']\nos.environ['SET'] = 'x'\n"
        "A = os.environ['NEEDED']\nB = os.getenv(\n    'MAYBE')\nif __name__ == \"__main__\":\n    print(A)\n"
    )
    from ergon_ops.packaging.analysis.skimming import skimmed
    from ergon_ops.packaging.analysis.syntax import parsed
    from ergon_ops.packaging.analysis.tree import Tree

    tree = Tree(write(tmp_path, {"tool.py": code}))
    whole, words = parsed(tree, "tool.py", code), skimmed("tool.py", code)
    assert whole is not None
    assert {(one.name, one.required) for one in whole.reads} == {("NEEDED", True), ("MAYBE", False)}
    assert (words.reads[0], words.main) == (whole.reads[0], whole.main)
    assert {(one.name, one.required) for one in words.reads} == {("NEEDED", True), ("MAYBE", False)}


@pytest.mark.parametrize(
    ("main", "router", "health"),
    [
        ("app.include_router(state.router)", "APIRouter()", "/health"),
        ("app.include_router(state.router, prefix='/api')", "APIRouter()", "/api/health"),
        ("app.include_router(state.router)", "APIRouter(prefix='/api')", "/api/health"),
        ("app.include_router(state.router, prefix='/internal')", "APIRouter()", ""),
        ("app.include_router(state.router, prefix=PREFIX)", "APIRouter()", ""),
        ("", "APIRouter()", ""),
    ],
)
def test_the_path_of_a_router_is_told_with_its_prefix_or_not_at_all(
    tmp_path: Path, main: str, router: str, health: str
) -> None:
    head = "from fastapi import APIRouter, FastAPI\nfrom routes import state\napp = FastAPI()\n"
    route = f"from fastapi import APIRouter\nrouter = {router}\n@router.get('/health')\ndef get(): return 1\n"
    files = {"main.py": head + main + "\n", "routes/__init__.py": "", "routes/state.py": route}
    assert only(tmp_path, {**files, "requirements.txt": UVICORN}).health == health
