"""Which port a program listens on, however it is said: a literal, a name, an option, another file, a command."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.packaging.analysis import Application, analyse
from tests.packaging.projects import EXPRESS, FASTAPI, FLASK, UVICORN, write
from tests.packaging.workspaces import package

AIOHTTP = "from aiohttp import web\napp = web.Application()\n"


def only(root: Path, files: dict[str, str]) -> Application:
    (item,) = analyse(write(root, files)).applications
    return item


def line_of(item: Application, files: dict[str, str]) -> str:
    (why,) = item.evidence["port"]
    return files[why.file].splitlines()[why.line - 1]


@pytest.mark.parametrize(
    "code",
    [
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--port', type=int, default=8181)\nargs = p.parse_args()\nweb.run_app(app, port=args.port)\n",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('-p', '--http-port', default='8181')\nport = p.parse_args().http_port\nweb.run_app(app, port=port)\n",
        "import click\n@click.command()\n@click.option('--port', '-p', default=8181)\ndef main(port):\n    web.run_app(app, port=port)\n",
        "import typer\ndef main(port: int = typer.Option(8181, help='x')):\n    web.run_app(app, port=port)\n",
        "def main(host='0.0.0.0', *, port: int = 8181):\n    web.run_app(app, host=host, port=port)\n",
        "class Config:\n    PORT = 8181\nweb.run_app(app, port=Config.PORT)\n",
        "import os\nweb.run_app(app, port=int(os.environ['PORT']) if 'PORT' in os.environ else 8181)\n",
        "from decouple import config\nweb.run_app(app, port=config('PORT', default=8181, cast=int))\n",
        "runner = web.AppRunner(app)\nsite = web.TCPSite(runner, '0.0.0.0', 8181)\n",
    ],
)
def test_a_name_stands_for_the_number_it_is_given_in_the_same_file(tmp_path: Path, code: str) -> None:
    files = {"main.py": AIOHTTP + code, "requirements.txt": "aiohttp\n"}
    item = only(tmp_path, files)
    assert item.port == 8181
    assert "port" in line_of(item, files) or "TCPSite" in line_of(item, files)


@pytest.mark.parametrize(
    ("start", "settings", "port"),
    [
        (
            "from conf.settings import get\nuvicorn.run('main:app', port=get().port)\n",
            "class Settings(BaseSettings):\n    port: int = Field(default=8181, ge=1)\n",
            8181,
        ),
        (
            "from conf import settings\nuvicorn.run('main:app', port=settings.PORT)\n",
            "PORT = int(os.getenv('PORT', '8181'))\n",
            8181,
        ),
        (
            "from conf.settings import LISTEN_PORT\nuvicorn.run('main:app', port=LISTEN_PORT)\n",
            "LISTEN_PORT = 8181\n",
            8181,
        ),
        (
            "from conf.settings import get\nuvicorn.run('main:app', port=get().port)\n",
            "database = dict(port=5432)\nport: int = 5432\n",
            8000,
        ),
        ("uvicorn.run('main:app', port=thing.port)\n", "PORT = 8181\n", 8000),
    ],
)
def test_and_in_the_file_that_it_comes_from(tmp_path: Path, start: str, settings: str, port: int) -> None:
    """What is another service's number, or stands under another name, is not taken."""
    files = {
        "main.py": FASTAPI,
        "run.py": f"import uvicorn\n{start}",
        "conf/__init__.py": "",
        "conf/settings.py": settings,
    }
    item = only(tmp_path, {**files, "requirements.txt": UVICORN})
    assert (item.port, item.run[-1]) == (port, str(port))
    assert [row.file for row in item.evidence["port"]] == (["conf/settings.py"] if port == 8181 else [])


def test_an_address_that_is_put_together_ends_with_its_port(tmp_path: Path) -> None:
    head = "import os, grpc\nserver = grpc.server(None)\nport = os.environ.get('GRPC_PORT', '50099')\n"
    for number, said in enumerate(("'[::]:' + port", "f'[::]:{port}'", "'[::]:50099'")):
        files = {"server.py": f"{head}server.add_insecure_port({said})\n", "requirements.txt": "grpcio\n"}
        assert only(tmp_path / str(number), files).port == 50099


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "PORT ?= 8181\nrun:\n\tuvicorn --reload --port $(PORT) main:app\n"),
        ("start.sh", "#!/bin/sh\nexec uvicorn main:app --host 0.0.0.0 --port ${PORT:-8181}\n"),
        ("justfile", "run:\n  uvicorn main:app -p 8181\n"),
        ("pyproject.toml", "[tool.pdm.scripts]\nstart = 'uvicorn main:app --port 8181'\n"),
        ("pyproject.toml", "[tool.poe.tasks]\nserve = {cmd = 'uvicorn main:app --port 8181'}\n"),
        ("Pipfile", "[scripts]\nserve = 'uvicorn main:app --port=8181'\n"),
    ],
)
def test_a_command_that_is_written_down_tells_the_port_of_the_program_it_names(
    tmp_path: Path, name: str, text: str
) -> None:
    files = {"main.py": FASTAPI, "requirements.txt": UVICORN, name: text}
    item = only(tmp_path / "own", files)
    assert (item.port, item.run[-1]) == (8181, "8181")
    assert "8181" in line_of(item, files) or "PORT" in line_of(item, files)
    other = {**files, name: text.replace("main:app", "other:app").replace("uvicorn main", "uvicorn other")}
    assert only(tmp_path / "other", other).port == 8000


@pytest.mark.parametrize(
    ("files", "port"),
    [
        (
            {
                "Home.py": "import streamlit as st\nst.title('x')\n",
                ".streamlit/config.toml": "[server]\nport = 8600\n",
                "requirements.txt": "streamlit\n",
            },
            8600,
        ),
        ({"app.py": FLASK, ".flaskenv": "FLASK_APP=app\nFLASK_RUN_PORT=5055\n", "requirements.txt": "flask\n"}, 5055),
        (
            {
                "app.py": FLASK,
                "gunicorn.conf.py": "workers = 2\nbind = '0.0.0.0:8300'\n",
                "requirements.txt": "flask\ngunicorn\n",
            },
            8300,
        ),
    ],
)
def test_a_servers_own_file_tells_its_port(tmp_path: Path, files: dict[str, str], port: int) -> None:
    item = only(tmp_path, files)
    assert item.port == port
    assert str(port) in " ".join(item.run)


@pytest.mark.parametrize(
    ("code", "port"),
    [
        ("app.listen(parseInt(process.env.PORT, 10) || 8181)\n", 8181),
        ("app.listen(Number(process.env.PORT) || 8181, '0.0.0.0', () => {})\n", 8181),
        ("const PORT = Number.parseInt(process.env.PORT ?? '8181', 10)\napp.listen(PORT)\n", 8181),
        ("const DEFAULT = 8181\napp.listen({ port: process.env.P ? +process.env.P : DEFAULT })\n", 8181),
        ("app.set('port', process.env.WEB_PORT || 8181)\napp.listen(app.get('port'))\n", 8181),
        ("const s = 'app.listen(1111)'\n// app.listen(2222)\napp.listen(8181)\n", 8181),
        (
            "class App {\n  constructor(port: number = 8181) { this.port = port }\n  go() { app.listen(this.port) }\n}\n",
            8181,
        ),
        ("new WebSocketServer({ port: 8181 })\n", 8181),
        (
            "const env = z.object({\n  PORT: z.coerce.number().default(8181),\n}).parse(process.env)\napp.listen(env.PORT)\n",
            8181,
        ),
        ("app.listen(process.env.PORT)\n", 3000),
    ],
)
def test_a_listening_call_of_javascript_is_read_as_a_whole(tmp_path: Path, code: str, port: int) -> None:
    document = package(main="index.ts", scripts={"start": "tsx index.ts"}, dependencies={"express": "4"})
    assert only(tmp_path, {"index.ts": EXPRESS + code, "package.json": document}).port == port


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("src/config.js", "module.exports = {\n  port: process.env.WEB_PORT || 8181,\n}\n"),
        (
            "src/config.ts",
            "export default convict({\n  port: {\n    format: 'port',\n    default: 8181,\n    env: 'WEB_PORT',\n  },\n})\n",
        ),
        ("config/default.json", '{\n "server": {\n  "port": 8181\n }\n}\n'),
        ("config/default.yaml", "server:\n  port: 8181\n"),
    ],
)
def test_and_its_name_is_looked_up_in_the_packages_settings(tmp_path: Path, name: str, text: str) -> None:
    files = {
        "package.json": package(main="index.js", dependencies={"express": "4"}),
        "index.js": EXPRESS + "app.listen(config.port)\n",
        name: text,
    }
    item = only(tmp_path, files)
    assert item.port == 8181
    assert "8181" in line_of(item, files)


@pytest.mark.parametrize(
    ("files", "port"),
    [
        (
            {
                "go.mod": "module x\n",
                "main.go": 'package main\nimport "net/http"\nfunc main() {\n\taddr := os.Getenv("ADDR")\n\tif addr == "" {\n\t\taddr = ":8181"\n\t}\n\thttp.ListenAndServe(addr, nil)\n}\n',
            },
            8181,
        ),
        (
            {
                "go.mod": "module x\n",
                "main.go": 'package main\nimport "net/http"\nfunc main() {\n\tport := getEnv("PORT", "8181")\n\thttp.ListenAndServe(":"+port, nil)\n}\n',
            },
            8181,
        ),
        (
            {
                "Cargo.toml": '[package]\nname = "srv"\n[dependencies]\naxum = "0.7"\n',
                "src/main.rs": 'let port: u16 = env::var("PORT").unwrap_or("8181".into());\n',
            },
            8181,
        ),
        ({"Gemfile": "gem 'sinatra'\n", "app.rb": "require 'sinatra'\nset :port, 8181\n"}, 8181),
        ({"Gemfile": "gem 'rails'\n", "config/puma.rb": 'port ENV.fetch("PORT") { 8181 }\n'}, 8181),
        (
            {
                "Shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web">\n</Project>',
                "Program.cs": 'app.Run("http://0.0.0.0:8181");\n',
            },
            8181,
        ),
        (
            {
                "pom.xml": "<artifactId>quarkus-bom</artifactId>",
                "src/main/resources/application.properties": "quarkus.http.port=8181\n",
            },
            8181,
        ),
        (
            {
                "go.mod": "module x\n",
                "main.go": 'package main\nimport "net/http"\nvar db = "localhost:5432"\nfunc main() { http.ListenAndServe(addr, nil) }\n',
            },
            8080,
        ),
    ],
)
def test_other_languages_too(tmp_path: Path, files: dict[str, str], port: int) -> None:
    assert only(tmp_path, files).port == port


def test_waitress_is_told_its_port_by_an_address_with_a_star(tmp_path: Path) -> None:
    code = f"{FLASK}from waitress import serve\nserve(app, listen='*:6543')\n"
    assert only(tmp_path, {"run.py": code, "requirements.txt": "flask\nwaitress\n"}).port == 6543
