"""Which variables and services a program asks for, in the forms that people use besides the plain one."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.packaging.analysis import Application, analyse
from tests.packaging.projects import EXPRESS, FASTAPI, KIT, SVELTE, UVICORN, write
from tests.packaging.workspaces import package


def only(root: Path, files: dict[str, str]) -> Application:
    (item,) = analyse(write(root, files)).applications
    return item


def read(item: Application) -> dict[str, bool]:
    return {one.name: one.required for one in item.variables}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "import click\n@click.command()\n@click.option('--x', envvar='FEED_X')\ndef main(x): pass\n",
            {"FEED_X": False},
        ),
        (
            "from .base import *\nHOSTS = env.list('HOSTS')\nKEY = env('KEY')\nDEBUG = env.bool('DEBUG', default=False)\n",
            {"HOSTS": True, "KEY": True, "DEBUG": False},
        ),
        ("senv.list('NOT')\nopenv('NOT')\n# env('NOT')\nclean(env('lower'))\n", {}),
    ],
)
def test_variables_of_python_that_are_asked_for_another_way(tmp_path: Path, text: str, names: dict[str, bool]) -> None:
    item = only(tmp_path, {"main.py": FASTAPI, "requirements.txt": UVICORN, "more.py": text})
    assert read(item) == names


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        (
            "env.js",
            "const env = z.object({\n  URL: z.string(),\n  LEVEL: z.string().default('info'),\n  Name: z.string(),\n}).parse(process.env)\n",
            {"URL": True, "LEVEL": False},
        ),
        (
            "env.js",
            "export const env = cleanEnv(process.env, {\n  URL: str(),\n  LEVEL: num({ default: 3 }),\n})\n",
            {"URL": True, "LEVEL": False},
        ),
        ("env.js", "const shape = z.object({\n  URL: z.string(),\n})\n", {}),
        (
            "mod.js",
            "ConfigModule.forRoot({ validationSchema: Joi.object({\n  URL: Joi.string().required(),\n}) })\n",
            {"URL": True},
        ),
        (
            "db.js",
            "const url = this.configService.getOrThrow('URL')\nconst n = configService.get('LEVEL', 3)\nmap.get('NOT')\n",
            {"URL": True, "LEVEL": False},
        ),
        (
            "prisma/schema.prisma",
            'datasource db {\n  provider = "postgresql"\n  url = env("URL")\n  // env("NOT")\n}\n',
            {"URL": True},
        ),
    ],
)
def test_variables_of_javascript_that_stand_in_a_table(
    tmp_path: Path, name: str, text: str, names: dict[str, bool]
) -> None:
    files = {
        "index.js": EXPRESS + "app.listen(3000)\n",
        "package.json": package(main="index.js", dependencies={"express": "4"}),
    }
    assert read(only(tmp_path, {**files, name: text})) == names


def test_variables_that_a_page_of_sveltekit_imports(tmp_path: Path) -> None:
    page = "import { SHOP_KEY, SHOP_URL as url } from '$env/static/private'\nimport { env } from '$env/dynamic/private'\nexport const x = env.SHOP_MODE\n"
    files = {
        "package.json": package(devDependencies=KIT),
        "svelte.config.js": SVELTE,
        "src/routes/+page.server.js": page,
    }
    assert read(only(tmp_path, files)) == {"SHOP_KEY": True, "SHOP_URL": True, "SHOP_MODE": False}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (
            {
                "pom.xml": "spring-boot",
                "src/main/resources/application.yml": "spring:\n  datasource:\n    url: ${JDBC_URL}\n    user: ${DB_USER:app}\n",
            },
            ["DB_USER", "JDBC_URL"],
        ),
        (
            {"Gemfile": "gem 'rails'\n", "config/database.yml": "production:\n  url: <%= ENV['DATABASE_URL'] %>\n"},
            ["DATABASE_URL"],
        ),
        ({"index.php": "<?php $_ENV['MODE']; getenv('HOST');\n"}, ["HOST", "MODE"]),
        (
            {
                "go.mod": "module x\n",
                "main.go": 'package main\ntype C struct {\n\tURL string `env:"API_URL,required"`\n}\n',
            },
            ["API_URL"],
        ),
        (
            {"mix.exs": 'app: :shop,\n{:phoenix, "~> 1.7"}\n', "config/runtime.exs": 'System.fetch_env!("SECRET")\n'},
            ["SECRET"],
        ),
    ],
)
def test_variables_of_other_languages(tmp_path: Path, files: dict[str, str], names: list[str]) -> None:
    assert sorted(read(only(tmp_path, files))) == names


@pytest.mark.parametrize(
    ("wanted", "services"),
    [
        ("dramatiq[rabbitmq]", ["rabbitmq"]),
        ("sqlalchemy[postgresql-asyncpg]", []),
        ("sqlalchemy[postgresql]", ["postgres"]),
        ("channels-redis", ["redis"]),
        ("paho-mqtt\ninfluxdb-client", ["influxdb", "mqtt"]),
        ("uvicorn[standard]", []),
    ],
)
def test_services_by_an_extra_that_is_named_after_one(tmp_path: Path, wanted: str, services: list[str]) -> None:
    item = only(tmp_path, {"main.py": FASTAPI, "requirements.txt": UVICORN + wanted + "\n"})
    assert [need.service for need in item.needs] == services


@pytest.mark.parametrize(
    ("files", "services"),
    [
        (
            {
                "Cargo.toml": '[package]\nname = "s"\n[dependencies]\naxum = "0.7"\nsqlx = { version = "0.7", features = ["postgres"] }\n',
                "src/main.rs": "",
            },
            ["postgres"],
        ),
        (
            {
                "Cargo.toml": '[package]\nname = "s"\n[dependencies]\naxum = "0.7"\nsqlx = { version = "0.7", features = ["sqlite"] }\n',
                "src/main.rs": "",
            },
            [],
        ),
        (
            {"A.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web">\n<PackageReference Include="Npgsql" />\n</Project>'},
            ["postgres"],
        ),
        ({"Gemfile": "gem 'rails'\ngem 'sidekiq'\n"}, ["redis"]),
        ({"index.php": "<?php new PDO('mysql:host=' . $h);\n"}, ["mysql"]),
        ({"go.mod": "module x\nrequire gorm.io/driver/mysql v1\n", "main.go": "package main\n"}, ["mysql"]),
    ],
)
def test_services_of_other_languages(tmp_path: Path, files: dict[str, str], services: list[str]) -> None:
    assert [need.service for need in only(tmp_path, files).needs] == services


def test_a_library_with_pages_about_it_is_no_site(tmp_path: Path) -> None:
    files = {"lib/__init__.py": "x = 1\n", "pyproject.toml": '[project]\nname = "lib"\n', "docs/index.html": "<html>"}
    assert analyse(write(tmp_path, files)).applications == ()
