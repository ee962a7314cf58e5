"""One digest in all surroundings: 24 of them always, 200 by `make matrix`, and on every Python that is here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ergon_ops.packaging.image.shelf import Shelf
from tests.packaging.image.cells import STARTS, cells
from tests.packaging.image.making import API, locked, project

ROOT = Path(__file__).parents[3]
SOURCES = {**API, "ünï/cødé.txt": "x\n", "run.sh": "#!/bin/sh\n", "many/" + "n" * 120 + "/deep.txt": "y\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a project, its lock, and the files that the lock names."""
    path = project(tmp_path / "shop", SOURCES)
    (path.parent / "run.sh").chmod(0o755)
    (path.parent / "link.txt").symlink_to("many")
    locked(path, Shelf(tmp_path / "shelf"), tmp_path / "elsewhere")
    return tmp_path


def digests(folder: Path, count: int, docker: int, docker_host: str, *, python: str = sys.executable) -> list[str]:
    """Lines of all the cells, a process for each way to start one."""
    lines = []
    for number, start in enumerate(STARTS.values()):
        share = [count // len(STARTS), docker // len(STARTS)]
        spec = {
            "folder": str(folder),
            "cells": cells(share[0], seed=number, docker=share[1]),
            "docker_host": docker_host,
        }
        environment = {**{key: value for key, value in os.environ.items() if key[:2] != "LC"}, **dict(start)}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
        command = [python, "-m", "tests.packaging.image.cells", json.dumps(spec)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=1800)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
        lines += done.stdout.decode(errors="replace").splitlines()
    assert len(lines) == count
    return lines


def only(lines: list[str]) -> str:
    found = {" ".join(line.split(" ")[:2]) for line in lines}
    assert len(found) == 1, "\n".join(lines)
    return found.pop()


@pytest.mark.engine
def test_twenty_four_surroundings_have_one_digest(folder: Path, docker_host: str) -> None:
    assert only(digests(folder, 24, 4, docker_host))


@pytest.mark.engine
@pytest.mark.whole
@pytest.mark.timeout(7200)
def test_two_hundred_surroundings_have_one_digest(folder: Path, docker_host: str) -> None:
    assert only(digests(folder, 200, 40, docker_host))


@pytest.mark.whole
@pytest.mark.timeout(3600)
def test_every_python_that_is_here_gives_the_same_digest(folder: Path) -> None:
    found = [name for name in ("python3.11", "python3.12", "python3.13") if _runs(name)]
    if len(found) < 2:
        pytest.skip("only one Python of 3.11 to 3.13 is here")
    own = only(digests(folder, 4, 0, ""))
    for name in found:
        environment = folder / f"venv-{name}"
        subprocess.run([name, "-m", "venv", environment], check=True, timeout=300)
        python = str(environment / "bin" / "python")
        words = ["-m", "pip", "-q", "--disable-pip-version-check", "install", "pydantic>=2.10", "pyyaml"]
        subprocess.run([python, *words], check=True, timeout=600)
        assert only(digests(folder, 4, 0, "", python=python)) == own, name


def _runs(name: str) -> bool:
    path = shutil.which(name)
    return path is not None and subprocess.run([path, "-c", ""], capture_output=True, timeout=60).returncode == 0
