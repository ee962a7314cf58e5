"""One container of a manifest: everything it says is in its image's plan, or is refused; nothing is left out silently."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.manifest import parse
from ergon_ops.packaging.analysis import analyse
from ergon_ops.packaging.containers import plan_for
from ergon_ops.packaging.dockerfile import dockerfile
from ergon_ops.packaging.plan import ImagePlan
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
