"""A few of the fixture projects, proven on a real engine as `make prove` does with all of them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops.assistant.projects import dockerfiles
from ergon_ops.assistant.proofs import claim_of
from ergon_ops.errors import ErgonError
from ergon_ops.settings import DockerEnv, load
from ergon_ops.stack.fetching import fetch
from tests.packaging.projects import FASTAPI, RECOGNISED, TREES, UVICORN, write
from tests.packaging.proofs import provable, proven

SEED = 6
# They ask for no packages, and their bases are small: the others wait for downloads.
QUICK = ("stdlib-http", "stdlib-tcpserver", "script-bare", "static", "static-public")


@pytest.mark.engine
async def test_a_few_projects_are_proven(docker_host: str, tmp_path: Path) -> None:
    settings = replace(load(), state_dir=tmp_path / "state", docker=DockerEnv(docker_host=docker_host))
    drawn = random.Random(SEED).sample(QUICK, 2)
    rows = [
        row
        for project in TREES
        if project[0] in drawn
        async for row in proven(settings, tmp_path / "projects", project)
    ]
    assert [detail for _, good, detail in rows if not good] == []
    assert len(rows) == len(drawn)


def test_what_has_to_be_proven_is_nearly_all_of_the_table_and_nothing_beside_it(tmp_path: Path) -> None:
    left = [project for project in TREES if not provable(tmp_path / "trees", project)]
    assert sorted(name for name, _, expected in left if expected) == ["only-dockerfile"]
    assert len(TREES) - len(left) > 180
    assert [name for name, files, _ in RECOGNISED if provable(tmp_path / "others", (name, files, []))] == []
    names = [name for name, _, _ in [*TREES, *RECOGNISED]]
    assert len(names) == len(set(names))


def test_what_is_proven_in_place_of_a_hand_written_dockerfile_is_the_plans(tmp_path: Path) -> None:
    """With its packages: where no registry answers they are brought along."""
    files = {"main.py": FASTAPI, "requirements.txt": UVICORN, "Dockerfile": "FROM scratch\n"}
    folder, settings = write(tmp_path / "shop", files), replace(load(), state_dir=tmp_path / "state")
    _, (kept,) = dockerfiles(settings, folder)
    assert (claim_of(kept).dockerfile, claim_of(kept).manager) == ("FROM scratch\n", "")
    _, (made,) = dockerfiles(settings, folder, force=True)
    assert made.own is False
    assert claim_of(made).dockerfile == made.text != "FROM scratch\n"
    assert (claim_of(made).manager, claim_of(made).files) == ("pip", ("requirements.txt",))


@pytest.mark.parametrize(("name", "http"), [("nest", True), ("nest-over-tcp", False), ("grpc", False)])
def test_what_speaks_a_protocol_of_its_own_is_asked_for_a_connection(name: str, http: bool, tmp_path: Path) -> None:
    files = next(files for other, files, _ in TREES if other == name)
    _, (made,) = dockerfiles(replace(load(), state_dir=tmp_path / "state"), write(tmp_path / name, files))
    assert claim_of(made).http is http


async def test_of_what_cannot_be_fetched_the_reason_is_told_not_where_its_log_lies(tmp_path: Path) -> None:
    said = "npm error code ETARGET\nnpm error notarget No matching version found for x@9.\nnpm error A complete log is"
    with pytest.raises(ErgonError, match=r"No matching version found for x@9\.$"):
        await fetch(["sh", "-c", f"echo '{said}' >&2; exit 1"], tmp_path)
    with pytest.raises(ErgonError, match=r"^ERROR: no wheel$"):
        await fetch(["sh", "-c", "echo 'ERROR: none'; echo 'ERROR: no wheel' >&2; exit 1"], tmp_path)
    with pytest.raises(ErgonError, match=r"^it failed$"):
        await fetch(["false"], tmp_path)
