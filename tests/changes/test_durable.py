"""What is to be edited so that a change lasts: the file that says it now, in the words that it uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.changes.durable import durable_edit
from ergon_ops.packaging.composefile import place
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref

LIMITS = "services: {web-1: {deploy: {resources: {limits: {cpus: '0.1', memory: 64M}}}}}"
SHORT = "services:\n  web-1:\n    cpus: 0.1\n    pids_limit: 20\n"
OTHER = "services: {other: {cpus: 3}, web-1: {image: x}}"
BROKEN = "services: [web-1, {cpus: !reset null"
CPU = ("set_cpu_limit", {"nano_cpus": 2_000_000_000})
MEMORY = ("set_memory_limit", {"memory_bytes": 99, "memory_swap_bytes": 99})
PIDS = ("set_pids_limit", {"pids": 50})


@pytest.mark.parametrize(
    ("texts", "kind", "said", "file"),
    [
        ([LIMITS], CPU, "deploy.resources.limits.cpus: 2", 0),
        ([LIMITS], MEMORY, "deploy.resources.limits.memory: 99", 0),
        ([LIMITS], PIDS, "pids_limit: 50", 0),
        ([SHORT, LIMITS], CPU, "deploy.resources.limits.cpus: 2", 1),
        ([LIMITS, SHORT], CPU, "cpus: 2", 1),
        ([LIMITS, SHORT], MEMORY, "deploy.resources.limits.memory: 99", 0),
        ([SHORT, OTHER, BROKEN], CPU, "cpus: 2", 0),
        ([OTHER, SHORT], PIDS, "pids_limit: 50", 1),
        ([OTHER, BROKEN], PIDS, "pids_limit: 50", 0),
        (["\x00", "[]", "services: 3"], PIDS, "pids_limit: 50", 0),
    ],
)
def test_the_edit_is_of_the_file_that_counts_and_in_its_words(
    tmp_path: Path, texts: list[str], kind: tuple[str, dict[str, Any]], said: str, file: int
) -> None:
    names = [f"c{at}.yaml" for at in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        (tmp_path / name).write_text(text)
    assert edit(tmp_path, names, *kind) == f"services.web-1: {said} in {tmp_path}/{names[file]}"


def test_what_is_no_plain_file_is_not_read_and_another_hosts_files_are_not_ours(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.yaml")
    for name in ("c.yaml", "/dev/zero", "/nowhere", "."):
        assert edit(tmp_path, [name], *CPU).startswith("services.web-1: cpus: 2 in ")
    (tmp_path / "d.yaml").write_text(LIMITS)
    assert "cpus: 2 in" in edit(tmp_path, ["d.yaml"], *CPU, host="far")
    assert "limits" not in edit(tmp_path, ["d.yaml"], *CPU, host="far")


def edit(folder: Path, files: list[str], kind: str, arguments: dict[str, Any], *, host: str = "local") -> str:
    labels = {"service": "web-1", "project.working_dir": str(folder), "project.config_files": ",".join(files)}
    wanted = Intent(Ref("web", host), kind, arguments, "test", ())
    return durable_edit(
        wanted, {f"com.docker.compose.{key}": value for key, value in labels.items()}, lambda _: "", place
    )
