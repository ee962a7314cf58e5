"""What was put on the machine is taken back, what others put there is not, and what is stored stays unless purged."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ergon_ops.cli import main
from tests.serve import tekton


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, folder in (("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TEKTON_ROOT", str(tmp_path / "tekton"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    run = tmp_path / "state/ergon-ops/run"
    run.mkdir(parents=True, mode=0o700)
    (run.parent).chmod(0o700)
    (run / "token").write_text("t")
    (run.parent / "state.db").write_text("")
    registry = tmp_path / "tekton/.tekton/aish/ci-registry/wrapped_cis.json"
    registry.parent.mkdir(parents=True)
    mine = {"name": "a-ci", "type": "ci_tool", "pid": 1, "socket": "/", "managed_by": "ergon-ops", "endpoint": "x"}
    theirs = {"name": "b-ci", "type": "ci_tool", "pid": os.getpid(), "socket": "/"}
    registry.write_text(json.dumps({"a-ci": mine, "b-ci": theirs}))
    unit = tmp_path / "config/systemd/user/ergon-ops.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=ergon-ops serve\n")
    return tmp_path


def test_it_takes_back_what_it_put_there_and_lists_what_it_keeps(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["uninstall", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert set(tekton.load(machine / "tekton/.tekton/aish/ci-registry/wrapped_cis.json")) == {"b-ci"}
    assert not (machine / "state/ergon-ops/run").exists()
    assert not (machine / "config/systemd/user/ergon-ops.service").exists()
    assert (machine / "state/ergon-ops/state.db").exists()
    assert str(machine / "state/ergon-ops") in body["kept"]


def test_a_unit_of_the_same_name_that_is_not_ours_stays(machine: Path) -> None:
    unit = machine / "config/systemd/user/ergon-ops.service"
    unit.write_text("[Service]\nExecStart=something-else\n")
    assert main(["uninstall"]) == 0
    assert unit.exists()


def test_purged_nothing_of_it_is_left(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uninstall", "--purge", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == []
    assert not (machine / "state/ergon-ops").exists()
