"""`doctor` over what it finds on disk; engines that answer are in the tests with a real one."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.interfaces.conftest import Shell, with_terminal


@pytest.fixture
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker CLI's folder of its own, and an engine that is not there."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    return tmp_path


def add_context(folder: Path, name: str) -> None:
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    body = {"Name": name, "Endpoints": {"docker": {"Host": "unix:///nowhere/else.sock"}}}
    (meta / "meta.json").write_text(json.dumps(body))


def checks(shell: Shell) -> dict[str, Any]:
    return {row["name"]: row for row in shell("doctor", "--json").document["checks"]}


def test_each_failure_has_its_next_step(shell: Shell, docker_config: Path) -> None:
    engine = checks(shell)["engine local"]
    assert engine["result"] == "failed"
    assert engine["next"]
    assert engine["text"].count("DOCKER_HOST") == 1


def test_other_contexts_are_named(shell: Shell, docker_config: Path) -> None:
    assert "contexts" not in checks(shell)
    add_context(docker_config, "prod")
    assert "also there: prod" in checks(shell)["contexts"]["text"]


def test_a_context_hidden_by_docker_host_is_a_warning(
    shell: Shell, docker_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_context(docker_config, "prod")
    monkeypatch.setenv("DOCKER_CONTEXT", "prod")
    check = checks(shell)["contexts"]
    assert check["result"] == "warn"
    assert "ERGON_OPS_HOSTS=default,prod" in check["next"]


def test_a_journal_that_was_edited_fails_with_1(
    shell: Shell, docker_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("ask", "webapp", "restart yourself")
    database = shell("state", "--json").document["path"]
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE journal SET container = 'worker'")
    connection.close()
    assert shell("journal", "--verify", "--json").exit == 1
    assert checks(shell)["journal"]["result"] == "failed"


def test_tools_others_could_write_are_a_failure_with_a_step(
    shell: Shell, docker_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("ERGON_OPS_TOOLS", str(folder))
    check = checks(shell)["tools and prompts"]
    assert check["result"] == "failed"
    assert check["next"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_report_fits(shell: Shell, docker_config: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    with_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    out = shell("doctor").out
    assert "FAILED" in out
    paths = [line for line in out.splitlines() if "/" not in line]
    assert max(map(len, paths)) <= width


@pytest.mark.engine
def test_an_engine_that_answers_is_described(shell: Shell, docker_host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    said = shell("doctor", "--json")
    assert said.exit == 0
    assert said.document["ok"] is True
    assert said.document["checks"][0]["text"].startswith("Docker ")
