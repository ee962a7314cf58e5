"""Ports that are kept in files of settings, in the environment of a container, and in Compose files that override one."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.packaging.analysis import Application, analyse
from ergon_ops.packaging.analysis.overriding import RESET, InPlace, merged
from tests.packaging.projects import EXPRESS, FASTAPI, FLASK, UVICORN, write
from tests.packaging.workspaces import NEST, NEST_MAIN, package


def only(root: Path, files: dict[str, str]) -> Application:
    (item,) = analyse(write(root, files)).applications
    return item


READ = "import json, os, yaml, tomllib, configparser, uvicorn\nfrom pathlib import Path\n" + FASTAPI


@pytest.mark.parametrize(
    ("code", "name", "text"),
    [
        ("c = yaml.safe_load(open('app.yaml'))\nuvicorn.run(app, port=c['http']['port'])\n", "app.yaml", "mail:\n  port: 2525\nhttp:\n  port: 8181\n"),
        ("c = yaml.safe_load(open('app.yaml'))\nport = c.get('http', {}).get('port', 8000)\nuvicorn.run(app, port=port)\n", "app.yaml", "http: {port: 8181}\n"),
        ("c = tomllib.loads(Path('app.toml').read_text())\nuvicorn.run(app, **c['server'])\n", "app.toml", "[server]\nhost = '0.0.0.0'\nport = 8181\n"),
        ("c = json.load(open('conf/app.json'))\nPORT = int(c['port'])\nuvicorn.run(app, port=PORT)\n", "conf/app.json", '{"redis": {"port": 6380},\n "port": 8181}\n'),
        ("c = configparser.ConfigParser()\nc.read('app.ini')\nuvicorn.run(app, port=int(c['web']['port']))\n", "app.ini", "; port = 1\n[db]\nport = 5433\n[web]\nport = 8181\n"),
        ("from dynaconf import Dynaconf\nsettings = Dynaconf(settings_files=['settings.toml'])\nuvicorn.run(app, port=settings.server.port)\n", "settings.toml", "[server]\nport = 8181\n"),
        ("SETTINGS = {'db': {'port': 5433}, 'web': {'port': 8181}}\nuvicorn.run(app, port=SETTINGS['web']['port'])\n", "main.py", ""),
        ("web = yaml.safe_load(open('app.yaml'))['web']\nuvicorn.run(app, port=web['port'])\n", "app.yaml", "web: {port: 8181}\n"),
        ("c = yaml.safe_load(open('app.yaml'))\nweb = c['web']\nuvicorn.run(app, port=web.get('port', 8000))\n", "app.yaml", "db: {port: 5433}\nweb: {port: 8181}\n"),
        ("import settings\nuvicorn.run(app, port=settings.WEB.get('APP_PORT', 8000))\n", "settings.py", "WEB = {\n    'APP_PORT': 8181,\n}\n"),
        ("from dotenv import load_dotenv\nload_dotenv()\nuvicorn.run(app, port=int(os.getenv('PORT', '8000')))\n", ".env", "PORT=8181\n"),
        ("HOST, PORT = '0.0.0.0', 8181\nuvicorn.run(app, host=HOST, port=PORT)\n", "main.py", ""),
        ("uvicorn.run(app, port=int(os.environ['APP_PORT']))\n", ".env", "OTHER_PORT=1111\nAPP_PORT=8181\n"),
        ("uvicorn.run(app, port=int(os.environ['APP_PORT']))\n", ".env.example", "APP_PORT=8181\n"),
    ],
)  # fmt: skip
def test_a_file_of_settings_tells_the_number_by_its_keys(tmp_path: Path, code: str, name: str, text: str) -> None:
    files = {"main.py": READ + code, "requirements.txt": UVICORN + "pyyaml\n"}
    item = only(tmp_path, {**files, **({name: text} if text else {})})
    assert (item.port, item.run[-1]) == (8181, "8181")
    (why,) = item.evidence["port"]
    assert why.file == name and "8181" in why.says if text else "port" in why.says


@pytest.mark.parametrize(
    ("code", "name", "text"),
    [
        ("uvicorn.run(app, port=int(os.getenv('PORT', '8181')))\n", ".env", "PORT=9000\n"),
        ("uvicorn.run(app, port=8181)\n", "config.yaml", "server:\n  port: 9000\n"),
        ("c = yaml.safe_load(open('app.yaml'))\nuvicorn.run(app, port=c.get('port', 8181))\n", "app.yaml", "redis:\n  port: 9000\n"),
        ("c = yaml.safe_load(open('app.yaml'))\nuvicorn.run(app, port=c.get('port', 8181))\n", "app.yaml", "port: [\n"),
        ("uvicorn.run(app, port=8181)\n", "README.md", "It listens on port 9000: `PORT=9000`\n"),
    ],
)  # fmt: skip
def test_and_not_where_the_code_has_its_own_or_it_is_anothers(tmp_path: Path, code: str, name: str, text: str) -> None:
    files = {"main.py": READ + code, "requirements.txt": UVICORN, name: text}
    assert only(tmp_path, files).port == 8181


@pytest.mark.parametrize(
    ("code", "name", "text"),
    [
        ("const port = config.get('server.port')\napp.listen(port)\n", "config/default.yaml", "redis:\n  port: 6380\nserver:\n  port: 8181\n"),
        ("app.listen(config.server.port)\n", "config.js", "module.exports = {\n  db: { port: 5433 },\n  server: {\n    port: process.env.PORT || 8181,\n  },\n}\n"),
        ("const http = config.get('server')\napp.listen(http.port, http.host)\n", "config/default.json", '{"redis": {"port": 6380},\n "server": {"port": 8181}}\n'),
        ("const port = config.port || 3000\napp.listen(port)\n", "config.js", "module.exports = {\n  port: 8181,\n}\n"),
        ("const settings = JSON.parse(fs.readFileSync('./conf/http.json'))\napp.listen(settings.http.port)\n", "conf/http.json", '{"http": {"port": 8181}}\n'),
        ("app.listen(process.env.WEB_PORT)\n", ".env", "WEB_PORT=8181\n"),
        ("require('dotenv').config()\napp.listen(process.env.PORT || 3000)\n", ".env", "PORT=8181\n"),
    ],
)  # fmt: skip
def test_javascript_too(tmp_path: Path, code: str, name: str, text: str) -> None:
    document = package(main="index.js", dependencies={"express": "4"})
    item = only(tmp_path, {"index.js": EXPRESS + code, "package.json": document, name: text})
    assert item.port == 8181
    assert item.evidence["port"][0].file == name


def test_settings_that_stand_for_millions_of_keys_take_no_time(tmp_path: Path) -> None:
    levels = ["a0: &a0 {" + ", ".join(f"k{one}: {{port1: 9{one:03}}}" for one in range(50)) + "}"]
    levels += [
        f"a{depth}: &a{depth} {{" + ", ".join(f"k{one}: *a{depth - 1}" for one in range(50)) + "}"
        for depth in range(1, 5)
    ]
    code = "c = yaml.safe_load(open('app.yaml'))\nuvicorn.run(app, port=c.get('port', 8181))\n"
    files = {"main.py": READ + code, "requirements.txt": UVICORN, "app.yaml": "\n".join(levels)}
    began = time.process_time()
    assert only(tmp_path, files).port == 8181
    assert time.process_time() - began < 2


def test_a_compose_file_that_stands_for_too_much_is_told(tmp_path: Path) -> None:
    levels = ["x0: &x0 [" + ", ".join("1" for _ in range(20)) + "]"]
    levels += [f"x{depth}: &x{depth} [{', '.join(f'*x{depth - 1}' for _ in range(20))}]" for depth in range(1, 9)]
    files = {"compose.yaml": "\n".join([*levels, "services:", "  web:", "    build: .", "    command: *x8"])}
    found = analyse(write(tmp_path, {"main.py": FASTAPI, "requirements.txt": UVICORN, **files}))
    assert [str(fault) for fault in found.faults] == ["compose.yaml: its aliases stand for too much to be read"]
    assert [item.type for item in found.applications] == ["fastapi"]


SERVER = FLASK + "import os\nif __name__ == '__main__':\n    app.run(port=int(os.environ.get('PORT', 5000)))\n"


@pytest.mark.parametrize(
    ("more", "port"),
    [
        ({"compose.yaml": "services:\n  web:\n    build: .\n    environment:\n      PORT: ${PORT:-8181}\n"}, 8181),
        ({"compose.yaml": "services:\n  web:\n    build: .\n    environment: [PORT=$WEB]\n", ".env": "WEB=8181\n"}, 8181),
        ({"compose.yaml": "services:\n  web:\n    build: .\n    env_file: web.env\n", "web.env": "PORT=8181\n"}, 8181),
        ({"compose.yaml": "services:\n  web:\n    build: .\n", "compose.override.yaml": "services:\n  web:\n    environment: {PORT: 8181}\n"}, 8181),
        ({"Dockerfile": "FROM x:1 AS a\nENV PORT=1111\nFROM x:1\nENV PORT 8181\nCMD python app.py\n"}, 8181),
        ({"compose.yaml": "services:\n  web:\n    build: .\n    environment: {DB_PORT: 8181}\n"}, 5000),
        ({"compose.yaml": "services:\n  web:\n    build: .\n  db:\n    image: postgres\n    environment: {PORT: 8181}\n"}, 5000),
        ({"compose.yaml": "services:\n  web:\n    build: .\n    environment: {PORT: 8181}\n", "compose.override.yaml": "services:\n  web:\n    environment: !reset {}\n"}, 5000),
    ],
)  # fmt: skip
def test_what_a_containers_environment_sets_comes_before_the_codes_default(
    tmp_path: Path, more: dict[str, str], port: int
) -> None:
    item = only(tmp_path, {"app.py": SERVER, "requirements.txt": "flask\n", **more})
    assert (item.port, item.run[-1]) == (port, str(port))
    (why,) = item.evidence["port"]
    assert why.file in more if port == 8181 else why.file == "app.py"


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ({"image": "a", "ports": ["80:80"]}, {"image": "b", "ports": ["81:80"]}, {"image": "b", "ports": ["80:80", "81:80"]}),
        ({"command": ["a", "b"]}, {"command": ["c"]}, {"command": ["c"]}),
        ({"environment": ["A=1", "B=2"]}, {"environment": {"B": 3}}, {"environment": {"A": "1", "B": 3}}),
        ({"volumes": ["./a:/data", "b:/logs"]}, {"volumes": ["c:/data"]}, {"volumes": ["b:/logs", "c:/data"]}),
        ({"depends_on": ["db"]}, {"depends_on": {"cache": {"condition": "service_started"}}}, {"depends_on": {"db": None, "cache": {"condition": "service_started"}}}),
        ({"build": "./a"}, {"build": {"dockerfile": "D"}}, {"build": {"context": "./a", "dockerfile": "D"}}),
        ({"ports": ["80:80"]}, {"ports": RESET}, {}),
        ({"ports": ["80:80"]}, {"ports": InPlace(["81:81"])}, {"ports": ["81:81"]}),
        ({"healthcheck": {"test": ["CMD", "a"], "retries": 3}}, {"healthcheck": {"test": ["CMD", "b"]}}, {"healthcheck": {"test": ["CMD", "b"], "retries": 3}}),
    ],
)  # fmt: skip
def test_two_compose_files_are_one_as_compose_makes_them(first: Any, second: Any, both: Any) -> None:
    assert merged(first, second) == both


@pytest.mark.parametrize(
    "files",
    [
        {"compose.yaml": "services:\n  base:\n    image: x\n    environment: {PORT: 8181}\n  web:\n    extends: base\n    build: .\n"},
        {"compose.yaml": "services:\n  web:\n    extends: {file: common.yml, service: base}\n    build: .\n", "common.yml": "services:\n  base:\n    environment: [PORT=8181]\n"},
        {"compose.yaml": "include:\n  - infra.yaml\n  - path: ./deploy/web.yaml\n", "infra.yaml": "services:\n  cache:\n    image: redis:7\n", "deploy/web.yaml": "services:\n  web:\n    build: {context: ..}\n    environment: {PORT: 8181}\n"},
        {"deploy/compose.yaml": "services:\n  web:\n    build: {context: .., dockerfile: deploy/Dockerfile}\n    environment: {PORT: 8181}\n", "deploy/Dockerfile": "FROM x:1\nCOPY app.py /srv/\nCMD python app.py\n"},
    ],
)  # fmt: skip
def test_services_that_extend_or_are_included_or_build_the_folder_above(tmp_path: Path, files: dict[str, str]) -> None:
    found = analyse(write(tmp_path, {"app.py": SERVER, "requirements.txt": "flask\n", **files}))
    assert [(item.path, item.port) for item in found.applications] == [(".", 8181)]
    assert next(one for one in found.services if one.name == "web").path == "."
    assert found.faults == ()


def test_a_service_that_is_built_of_nothing_that_is_there_is_no_fault(tmp_path: Path) -> None:
    found = analyse(write(tmp_path, {"compose.yaml": "services:\n  web:\n    build: ./gone\n", "notes.txt": "x"}))
    assert (found.applications, found.faults, [one.name for one in found.services]) == ((), (), ["web"])


def test_a_service_that_only_the_second_file_has_is_one(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  web:\n    build: .\n", "app.py": FLASK, "requirements.txt": "flask\n",
        "compose.override.yml": "services:\n  cache:\n    image: redis:7\n  web:\n    depends_on: [cache]\n",
    }  # fmt: skip
    found = analyse(write(tmp_path, files))
    assert [(one.name, str(one.evidence)) for one in found.services] == [
        ("web", "compose.yaml:2"),
        ("cache", "compose.override.yml:2"),
    ]
    assert [need.service for need in found.applications[0].needs] == ["redis"]


@pytest.mark.parametrize(
    ("document", "more", "kind", "output", "build"),
    [
        (package(devDependencies={"@11ty/eleventy": "2"}), {"index.md": "# x\n"}, "eleventy", "_site", "npx eleventy"),
        (package(scripts={"build": "eleventy --output=out"}, dependencies={"@11ty/eleventy": "3"}), {}, "eleventy", "out", "npm run build"),
        (package(scripts={"build": "docusaurus build"}, dependencies={"@docusaurus/core": "3"}), {}, "docusaurus", "build", "npm run build"),
        (package(scripts={"site": "vitepress build docs"}, devDependencies={"vitepress": "1"}), {"docs/index.md": "# x\n"}, "vitepress", "docs/.vitepress/dist", "npm run site"),
        (package(scripts={"build": "vue-cli-service build"}, devDependencies={"@vue/cli-service": "5"}), {"vue.config.js": "module.exports = { outputDir: 'www' }\n"}, "vue-cli", "www", "npm run build"),
        (package(scripts={"start": "parcel src/index.html", "build": "parcel build src/index.html --dist-dir out"}, devDependencies={"parcel": "2"}), {}, "parcel", "out", "npm run build"),
        (package(scripts={"build": "webpack --mode production"}, devDependencies={"webpack": "5"}), {"webpack.config.js": "module.exports = { output: { path: path.resolve(__dirname, 'public') } }\n"}, "webpack", "public", "npm run build"),
        (package(scripts={"start": "gatsby develop", "build": "gatsby build"}, dependencies={"gatsby": "5", "react": "18"}), {}, "gatsby", "public", "npm run build"),
        (package(scripts={"build": "nuxt generate"}, dependencies={"nuxt": "3"}), {}, "nuxt", ".output/public", "npm run build"),
    ],
)  # fmt: skip
def test_a_builder_of_sites_is_told_with_its_folder_and_its_command(
    tmp_path: Path, document: str, more: dict[str, str], kind: str, output: str, build: str
) -> None:
    item = only(tmp_path, {"package.json": document, **more})
    assert (item.type, item.output, item.port, item.run) == (kind, output, 80, ())
    assert [" ".join(words) for words in item.build] == [build]


@pytest.mark.parametrize(
    "document",
    [
        package(name="lib", main="index.js", scripts={"docs:build": "vitepress build docs"}, devDependencies={"vitepress": "1"}),
        package(name="lib", main="index.js", scripts={"test": "webpack serve"}, devDependencies={"webpack": "5"}),
        package(name="lib", main="dist/i.js", scripts={"build": "tsup src/i.ts", "start": "tsup src/i.ts --watch"}, devDependencies={"tsup": "8"}),
        package(name="lib", main="dist/i.js", scripts={"start": "storybook dev -p 6006"}, devDependencies={"storybook": "8"}),
    ],
)  # fmt: skip
def test_a_builder_for_a_librarys_documents_makes_it_no_site(tmp_path: Path, document: str) -> None:
    assert analyse(write(tmp_path, {"package.json": document, "index.js": "module.exports = 1\n"})).applications == ()


# Too large to be built in a proof.
STRAPI = {
    "package.json": package(scripts={"start": "strapi start"}, dependencies={"@strapi/strapi": "4"}),
    "config/server.js": "module.exports = ({ env }) => ({\n  host: env('HOST', '0.0.0.0'),\n  port: env.int('PORT', 1338),\n})\n",
}
NX = {
    "package.json": package(scripts={"start": "nx serve api", "build": "nx build api"}, dependencies=NEST, devDependencies={"nx": "19"}),
    "apps/api/project.json": package(targets={"build": {"executor": "@nx/webpack:webpack", "options": {"outputPath": "dist/apps/api", "main": "apps/api/src/main.ts"}}}),
    "apps/api/src/main.ts": NEST_MAIN,
}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "told"),
    [(STRAPI, ("strapi", "npm start", 1338)), (NX, ("nestjs", "node dist/apps/api/main.js", 3100))],
)
def test_a_frameworks_own_files_tell_where_it_is_built_and_listens(
    tmp_path: Path, files: dict[str, str], told: tuple[str, str, int]
) -> None:
    item = only(tmp_path, files)
    assert (item.type, " ".join(item.run), item.port) == told


@pytest.mark.parametrize(
    "files",
    [
        {"go.mod": "module x.org/lib\n", "lib.go": "package lib\n", "examples/a/main.go": "package main\nfunc main() {}\n"},
        {"setup.py": "", "lib/__init__.py": "", "runtests.py": "if __name__ == '__main__':\n    print(1)\n"},
        {"package.json": package(module="dist/ui.js", scripts={"build": "vite build"}), "vite.config.ts": "export default { build: { lib: {} } }\n", "index.html": "<html>"},
    ],
)  # fmt: skip
def test_a_library_is_no_program_whatever_lies_beside_it(tmp_path: Path, files: dict[str, str]) -> None:
    assert analyse(write(tmp_path, files)).applications == ()


def test_a_source_that_is_called_after_dockerfiles_is_none(tmp_path: Path) -> None:
    files = {"main.py": FASTAPI, "requirements.txt": UVICORN, "tools/dockerfile.py": "FROM = 1\nfrom x import y\n"}
    assert [item.type for item in analyse(write(tmp_path, files)).applications] == ["fastapi"]
