"""What is installed is what is in the repository, nothing else, and it runs outside the checkout."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import ergon_ops
from ergon_ops.folders import load_tools
from tests.engine.real import RealEngine

ROOT = Path(__file__).parent.parent
SHIPPED = ("tools", "prompts")
IGNORED = ("prompts/local.md~", "tools/__pycache__/x.pyc", "tools/.env", "ergon_ops/.DS_Store")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def repository_files() -> list[str]:
    """What git has or would take: a new file counts before its first commit, an ignored one never."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    return sorted(name for name in set(names) if name and (ROOT / name).is_file())


def packaged(name: str) -> str | None:
    top = name.split("/", 1)[0]
    if top in SHIPPED:
        return f"ergon_ops/_shipped/{name}"
    return name if top == "ergon_ops" else None


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the kind of litter that a real checkout collects."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in repository_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    for name in IGNORED:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("litter")
    run("git", "init", "--quiet", cwd=copy)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("wheel"), "--wheel")


def build(checkout: Path, folder: Path, *kinds: str) -> Path:
    run(sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", folder, checkout, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(name for name in archive.namelist() if ".dist-info/" not in name)


def test_the_wheel_holds_the_repositorys_files_and_no_others(wheel: Path) -> None:
    assert contents(wheel) == sorted(filter(None, map(packaged, repository_files())))


def test_a_wheel_made_through_the_sdist_is_the_same(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    assert build(checkout, tmp_path).read_bytes() == wheel.read_bytes()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As pipx does it: an environment of its own, the wheel and what it depends on; versions as in the lock."""
    home = tmp_path_factory.mktemp("installed")
    pins = home / "constraints.txt"
    lock = (ROOT / "requirements.lock").read_text()
    pins.write_text("\n".join(re.findall(r"(?m)^[\w.-]+==[^\\\n]+", lock)) + "\n")
    venv.create(home / "venv", with_pip=True)
    run(home / "venv/bin/python", "-m", "pip", "-qq", "install", "--constraint", pins, wheel, cwd=home)
    return home / "venv" / "bin"


def test_an_installed_copy_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "ergon-ops", "--version", cwd=tmp_path).strip().endswith(ergon_ops.__version__)


def test_an_installed_copy_finds_its_own_tools_and_prompts(installed: Path, tmp_path: Path) -> None:
    program = (
        "from ergon_ops import folders; tools = folders.load_tools()\n"
        "prompts = [path.stem for path in folders.shipped('prompts').glob('*.md') if folders.prompt(path.stem)]\n"
        "print(folders.shipped('tools'), *sorted(tools), *sorted(prompts), sep='\\n')"
    )
    place, *names = run(installed / "python", "-c", program, cwd=tmp_path).splitlines()
    assert ROOT not in Path(place).parents
    prompts = [path.stem for path in (ROOT / "prompts").glob("*.md")]
    assert names == [*sorted(load_tools()), *sorted(prompts)]
    assert {"inspect", "restart", "persona"} <= set(names)


def test_the_declared_dependencies_fit_together(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-m", "pip", "check", cwd=tmp_path)


@pytest.mark.engine
async def test_a_tool_and_a_persona_of_ones_own_work_from_an_installed_copy(
    installed: Path, docker_host: str, tmp_path: Path
) -> None:
    """The tool is the one that the documentation shows."""
    tools, prompts = tmp_path / "tools", tmp_path / "prompts"
    for folder in (tools, prompts):
        folder.mkdir()
    block = re.search(r"```python\n# \S+/(\w+)\.py\n(.*?)```", (ROOT / "docs/extending.md").read_text(), re.DOTALL)
    assert block
    (tools / f"{block[1]}.py").write_text(block[2])
    (prompts / "persona.md").write_text("Ahoy! " + (ROOT / "prompts/persona.md").read_text())
    async with RealEngine.opened(docker_host) as engine:
        ref = await engine.run()
        environment = {
            "HOME": str(tmp_path), "PATH": os.environ["PATH"], "DOCKER_HOST": docker_host,
            "ERGON_OPS_TOOLS": str(tools), "ERGON_OPS_PROMPTS": str(prompts),
        }  # fmt: skip
        said = run(installed / "ergon-ops", "prompt", ref.name, "--json", cwd=tmp_path, env=environment)
    seen = json.loads(said)
    assert block[1] in seen["tools"]
    assert seen["system"]["persona"].startswith("Ahoy! ")
    assert ref.name in seen["system"]["persona"]
