"""One container of a manifest: everything it says is in its image's plan, or is refused; nothing is left out silently."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.projects import dockerfiles
from ergon_ops.errors import UsageError
from ergon_ops.manifest import parse
from ergon_ops.packaging.analysis import analyse
from ergon_ops.packaging.containers import command_of, plan_for
from ergon_ops.packaging.dockerfile import dockerfile
from ergon_ops.packaging.plan import ImagePlan
from ergon_ops.settings import load
from tests.packaging.projects import EXPRESS, FASTAPI, UVICORN, write
from tests.packaging.workspaces import package

FILES = {
    "web.py": FASTAPI,
    "tasks.py": "from celery import Celery\ncelery = Celery('t')\n",
    "requirements.txt": UVICORN + "celery\n",
}


def planned(root: Path, files: dict[str, str], applications: dict[str, Any], names: list[str]) -> ImagePlan:
    document = {"manifest_version": "1.0", "applications": applications, "containers": {"all": {"applications": names}}}
    path = write(root, {**files, "manifest.json": json.dumps(document)}) / "manifest.json"
    return plan_for(parse(path.read_text()), "all", analyse(root), path)


def test_all_applications_of_a_container_are_started(tmp_path: Path) -> None:
    plan = planned(tmp_path, FILES, {"web": {"type": "fastapi"}, "jobs": {"type": "celery"}}, ["web", "jobs"])
    shell, option, script = plan.config.command
    assert (shell, option) == ("sh", "-c")
    assert (
        "(uvicorn web:app --host 0.0.0.0 --port 8000; kill -USR1 $$) & (celery -A tasks worker; kill -USR1 $$) &"
        in script
    )
    assert plan.config.ports == (8000,)
    assert plan.config.health is not None
    assert "2 programs are started in it; when one ends, all do." in dockerfile(plan)
    alone = planned(tmp_path, FILES, {"web": {"type": "fastapi"}, "jobs": {"type": "celery"}}, ["jobs"])
    assert alone.config.command == ("celery", "-A", "tasks", "worker")


def test_what_cannot_be_one_image_is_refused(tmp_path: Path) -> None:
    files = {
        **FILES,
        "index.js": EXPRESS + "app.listen(1)\n",
        "package.json": package(scripts={"start": "node index.js"}, dependencies={"express": "4"}),
    }
    with pytest.raises(UsageError, match="cannot be started in one container"):
        planned(tmp_path, files, {"web": {"type": "fastapi"}, "page": {"type": "express"}}, ["web", "page"])


@pytest.fixture
def script(tmp_path: Path) -> str:
    applications = {
        "web": {"type": "fastapi", "run_command": "sh -c 'touch one; sleep 0.6; touch ended; exit 3'"},
        "jobs": {"type": "celery", "run_command": "sh -c 'touch two; sleep 60'"},
    }
    return planned(tmp_path, FILES, applications, ["web", "jobs"]).config.command[2]


def gone(folder: Path) -> bool:
    """Nothing that was started in a folder runs any more."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found.append(os.readlink(place))
        except OSError:
            continue
    return str(folder) not in found


@pytest.mark.parametrize("stopped", [False, True])
def test_when_one_of_them_ends_or_it_is_stopped_all_end(tmp_path: Path, script: str, stopped: bool) -> None:
    (place := tmp_path / "run").mkdir()
    process = subprocess.Popen(["sh", "-c", script], cwd=place, start_new_session=True)
    try:
        deadline = time.monotonic() + 20
        while not ((place / "one").exists() and (place / "two").exists()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if stopped:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == (143 if stopped else 1)
        while not gone(place):
            assert time.monotonic() < deadline + 20
            time.sleep(0.05)
        assert (place / "ended").exists() != stopped
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("files", "application", "lines"),
    [
        (
            {
                "index.js": EXPRESS + "app.listen(1)\n",
                "package.json": package(scripts={"start": "node index.js"}, dependencies={"express": "4"}),
            },
            {"type": "express", "build_commands": ["pnpm run generate", "yarn build", "npx tsc"]},
            ["RUN npm run generate && npm run build && npx tsc"],
        ),
        (
            {"web.py": FASTAPI, "requirements.txt": UVICORN},
            {"type": "fastapi", "build_commands": ["python -m compileall .", "python setup.py"]},
            ["PYTHONPATH=/opt/deps", "python -m compileall . && ", "python setup.py"],
        ),
        (
            {"main.go": "package main\n", "go.mod": "module x\n"},
            {"type": "go", "build_commands": ["go generate"]},
            ["# What builds it is known; go generate is not run."],
        ),
    ],
)
def test_every_command_that_builds_is_run_or_said_not_to_be(
    tmp_path: Path, files: dict[str, str], application: dict[str, Any], lines: list[str]
) -> None:
    text = dockerfile(planned(tmp_path, files, {"app": application}, ["app"]))
    assert [line for line in lines if line not in text] == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("npm run build", ("npm", "run", "build")),
        ("date > made.txt", ("sh", "-c", "date > made.txt")),
        ("npm run build && cp -r a b", ("sh", "-c", "npm run build && cp -r a b")),
        ("echo 'a > b' \"c && d\"", ("echo", "a > b", "c && d")),
        ('echo "$HOME"', ("sh", "-c", 'echo "$HOME"')),
        ("cp *.html out", ("sh", "-c", "cp *.html out")),
        ("MODE=x make", ("sh", "-c", "MODE=x make")),
        ("sh -c 'a && b'", ("sh", "-c", "a && b")),
        (r"echo \> x", ("echo", ">", "x")),
    ],
)
def test_a_command_that_takes_a_shell_has_one(said: str, words: tuple[str, ...]) -> None:
    assert command_of(said) == words


def test_a_program_hears_its_signals_also_behind_a_shell() -> None:
    assert command_of("uvicorn a:b --port $PORT", alone=True) == ("sh", "-c", "exec uvicorn a:b --port $PORT")
    assert command_of("cd a && python b.py", alone=True) == ("sh", "-c", "cd a && python b.py")


def test_a_quote_that_is_not_closed_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be split into words: no closing quotation"):
        planned(tmp_path, FILES, {"web": {"type": "fastapi", "run_command": "uvicorn 'web:app"}}, ["web"])


@pytest.mark.parametrize("files", [{"index.html": "<p>"}, {"public/index.html": "<p>", "readme.txt": "x"}])
def test_what_builds_a_static_site_is_run(tmp_path: Path, files: dict[str, str]) -> None:
    said = {"type": "static", "build_commands": ["date > stamp.txt; true", "echo ok"]}
    written = dockerfile(planned(tmp_path, files, {"page": said}, ["page"]))
    assert "RUN sh -c 'date > stamp.txt; true' && echo ok" in written
    folder = "/app/public/" if "public/index.html" in files else "/app/"
    assert f"COPY --from=build {folder} /srv/" in written


def test_dockerfiles_and_packages_come_of_one_plan(tmp_path: Path) -> None:
    """Where a manifest lies in the folder, it has the word in both; its containers are those the labels name."""
    applications = {
        "site": {"type": "fastapi", "run_command": "uvicorn web:app --port 8765", "ports": [8765]},
        "jobs": {"type": "celery"},
    }
    document = {
        "manifest_version": "1.0",
        "applications": applications,
        "containers": {"all-in-one": {"applications": ["site", "jobs"], "base_image": "python:3.12-slim-bookworm"}},
    }
    root = write(tmp_path / "shop", {**FILES, "manifest.json": json.dumps(document)})
    plan = plan_for(parse(json.dumps(document)), "all-in-one", analyse(root), root / "manifest.json")
    _, (written,) = dockerfiles(replace(load(), state_dir=tmp_path / "state"), root)
    assert written.path.read_text() == dockerfile(plan)
    assert "EXPOSE 8765" in written.text
    assert "io.ergon-ops.container=all-in-one" in written.text
    assert "FROM python:3.12-slim-bookworm" in written.text
    assert written.application.port == 8765


def test_a_manifest_that_speaks_of_other_sources_is_not_passed_over(tmp_path: Path) -> None:
    document = {
        "manifest_version": "1.0",
        "applications": {"web": {"type": "flask"}},
        "containers": {"web": {"applications": ["web"]}},
    }
    root = write(tmp_path / "shop", {**FILES, "manifest.json": json.dumps(document)})
    with pytest.raises(UsageError, match="there is no flask application"):
        dockerfiles(replace(load(), state_dir=tmp_path / "state"), root)
    assert not (root / "Dockerfile").exists()
