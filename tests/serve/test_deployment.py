"""The daemon as the docs have it run: a systemd user unit, and a container that sees the host's processes."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sysconfig
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from ergon_ops.stack.demo_images import BASE
from tests.serve.conftest import until

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/daemon.md").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_the_unit_of_the_docs_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = re.search(r"```\n(\[Unit\].*?)```", PAGE, re.DOTALL)
    assert unit is not None
    program = tmp_path / ".local/bin/ergon-ops"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    file = tmp_path / "ergon-ops.service"
    file.write_text(unit[1])
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    command = ["systemd-analyze", "--user", "verify", str(file)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def flags() -> list[str]:
    """Of the `docker run` of the docs."""
    found = re.search(r"docker run (.*?) ergon-ops-daemon$", PAGE.replace("\\\n", " "), re.MULTILINE)
    assert found is not None
    return found[1].split()


def values(flag: str) -> list[str]:
    words = flags()
    return [after for word, after in itertools.pairwise(words) if word == flag]


@pytest.fixture
def contained(docker_host: str) -> Iterator[tuple[Any, Any]]:
    """A daemon in a container, run with the flags of the docs, and a container for it to speak for. Of an image it has
    the interpreter alone: the program is brought along, as nothing can be pulled here."""
    engine = docker.DockerClient(base_url=docker_host, version="1.41", timeout=120)
    near = docker_host.removeprefix("unix://")
    mounts = [each.replace("/var/run/docker.sock:", f"{near}:", 1) for each in values("-v")]
    site = sysconfig.get_path("purelib")
    brought = [f"{ROOT}:/opt/ergon-ops:ro", f"{site}:/opt/site:ro"]
    made = []
    try:
        name = f"bridge-box-{os.getpid()}"
        made.append(engine.containers.run(BASE.tag, "sleep 600", name=name, mem_limit="48m", detach=True))
        made.append(
            engine.containers.run(
                BASE.tag,
                ["python3", "-m", "ergon_ops", "serve", "--http", "127.0.0.1:0"],
                name=f"bridge-daemon-{os.getpid()}",
                pid_mode=values("--pid")[0],
                network_mode=values("--network")[0],
                volumes=[*(each for each in mounts if each.startswith("/")), *brought],
                environment=["PYTHONPATH=/opt/ergon-ops:/opt/site", "ERGON_OPS_STATE=/state/ergon-ops", "NO_COLOR=1"],
                tmpfs={"/state": ""},
                detach=True,
            )
        )
        yield made[0], made[1]
    finally:
        for each in reversed(made):
            each.remove(force=True, v=True)
        engine.close()


@pytest.mark.engine
async def test_in_a_container_it_speaks_for_the_others_from_their_own_files(contained: tuple[Any, Any]) -> None:
    box, daemon = contained
    greeting = await until(lambda: re.search(r"http://127\.0\.0\.1:(\d+) \(token (\S+),", daemon.logs().decode()))
    port, token = greeting.groups()

    def asked(path: str, body: Any = None) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", raw, {"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read())

    await until(lambda: any(row["container"] == box.name for row in asked("/api/ci")["cis"]))
    answer = asked(f"/api/ci/{box.name}-ci/message", {"message": "what is your status?"})["response"]
    assert answer.startswith("Running sleep"), "its processes are seen"
    assert re.search(r"Memory at \d", answer), "and its cgroup is read"
    done = daemon.exec_run(["python3", "-m", "ergon_ops", "ask", box.name, "memory limit?", "--json", "--no-daemon"])
    facts = json.loads(done.output)["facts"]
    sources = {row["source"].partition(":")[0] for row in facts if row["name"] == "memory_limit"}
    assert sources == {"cgroup"}, "read from the host's files, not asked of the engine"
    assert "Traceback" not in daemon.logs().decode()
