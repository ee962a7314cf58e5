"""A FastAPI project packaged without an engine: once its packages are here, and again after an edit."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.program import PROGRAM
from tests.bench.rows import Cost, Row
from tests.bench.timing import docker

MAIN = (
    'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/health")\ndef health():\n    return {"ok": True}\n'
)
NEEDS = "fastapi==0.115.6\nuvicorn==0.34.0\n"
OTHER, LABEL = "ergon-ops-bench/edit:1", "io.ergon-ops.bench=1"
FETCH_S, RUN_S = 600.0, 60.0
RUNS = 5


def packages() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="ergon-ops-bench-") as folder:
        place = Place(Path(folder))
        if not place.fetched():
            return []
        cold = place.taken(place.ours, place.forget)
        warm = place.taken(place.ours, place.edit)
        target = Path(folder) / "target"
        others = place.taken(place.pip(target), lambda: shutil.rmtree(target, ignore_errors=True))
        rows = [Row("package FastAPI, packages are here", cold, others, "pip install --target, its wheels alone", 1.5)]
        what = "package FastAPI after an edit"
        if client := docker():
            with place.built(client[0]) as edit:
                rows.append(Row(what, warm, place.taken(edit, place.edit), "docker build COPY, docker save", 0.3))
        else:
            rows.append(Row(what, warm, budget=0.3))
        return rows


class Place:
    """A project, and a cache of its own: no engine is found from here."""

    def __init__(self, folder: Path) -> None:
        self.project, self.cache, self._edits = folder / "api", folder / "cache", 0
        self.project.mkdir()
        (self.project / "main.py").write_text(MAIN)
        (self.project / "requirements.txt").write_text(NEEDS)
        homes = {"XDG_CACHE_HOME": str(self.cache), "XDG_STATE_HOME": str(folder / "state")}
        self._environment = {**os.environ, **homes, "PYTHONDONTWRITEBYTECODE": ""}
        self.ours = [PROGRAM, "package", str(self.project)]

    def fetched(self) -> bool:
        """Everything from elsewhere is on the shelf; False where it cannot be had."""
        try:
            self.run([PROGRAM, "manifest", "init", str(self.project)], RUN_S)
            self.run(self.ours, FETCH_S)
        except SystemExit as failure:
            print(f"{failure}; packaging is not measured", file=sys.stderr)
            return False
        return True

    def forget(self) -> None:
        """All but what came from elsewhere."""
        for name in ("packages/steps", "packages/layers", "images"):
            shutil.rmtree(self.cache / "ergon-ops" / name)

    def edit(self) -> None:
        self._edits += 1
        with (self.project / "main.py").open("a") as file:
            file.write(f"# edit {self._edits}\n")

    def pip(self, target: Path) -> list[str]:
        files = self.cache / "ergon-ops" / "packages" / "files"
        wheels = [str(path) for path in sorted(files.glob("*/*.whl"))]
        words = ["install", "-q", "--no-index", "--no-deps", "--disable-pip-version-check", "--python-version"]
        lock = json.loads((self.project / "manifest.ergon-lock.json").read_text())
        python = lock["containers"]["api"]["packages"][0]["python"]
        return [sys.executable, "-m", "pip", *words, python, "--only-binary=:all:", "--target", str(target), *wheels]

    @contextlib.contextmanager
    def built(self, client: str) -> Iterator[list[str]]:
        """A command that does the same by the engine, on the same base; what it made is removed again."""
        archive = next((self.cache / "ergon-ops" / "images").iterdir())
        self.run([client, "load", "-q", "-i", str(archive)], RUN_S)
        ground = archive.name.removesuffix(".oci.tar").replace("-", ":")
        (self.project / "Dockerfile").write_text(f"FROM {ground}\nLABEL {LABEL}\nCOPY . /app/\n")
        saved = self.project.with_name("saved.tar")
        script = f'"$1" build -q -t {OTHER} "$2" >/dev/null && "$1" save -o "$3" {OTHER}'
        try:
            yield ["sh", "-c", script, "sh", client, str(self.project), str(saved)]
        finally:
            for words in (("rmi", "-f", OTHER, ground), ("image", "prune", "-f", "--filter", f"label={LABEL}")):
                subprocess.run([client, *words], capture_output=True)

    def taken(self, command: Sequence[str], before: Callable[[], None]) -> Cost:
        costs = []
        for _ in range(RUNS):
            before()
            costs.append(self.timed(command))
        return Cost.of(costs)

    def timed(self, command: Sequence[str]) -> float:
        began = time.perf_counter()
        self.run(command, RUN_S)
        return time.perf_counter() - began

    def run(self, command: Sequence[str], deadline_s: float) -> None:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=deadline_s,
            env=self._environment,
        )
        if done.returncode:
            raise SystemExit(f"bench: {' '.join(command[:3])} ended with {done.returncode}: {done.stderr[-300:]}")
