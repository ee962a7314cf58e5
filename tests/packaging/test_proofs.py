"""A few of the fixture projects, proven on a real engine as `make prove` does with all of them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops.settings import DockerEnv, load
from tests.packaging.projects import TREES
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


def test_what_has_to_be_proven_is_most_of_the_table(tmp_path: Path) -> None:
    names = [project[0] for project in TREES if provable(tmp_path, project)]
    assert len(names) > 55
    assert set(QUICK) <= set(names)
