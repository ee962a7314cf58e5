"""The program as a person or a script meets it: words in; exit status, stdout and stderr out; over a fake engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ergon_ops.assistant import Assistant
from ergon_ops.assistant.wiring import assemble
from ergon_ops.cli import main
from ergon_ops.engine.fake import FakeEngine, demo
from ergon_ops.settings import Settings


@dataclass(frozen=True)
class Said:
    exit: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout, which is exactly one JSON document."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


@dataclass
class Shell:
    """`shell("list", "--json")` over `engine`; `opener` is what the program gets its assistant from."""

    read: Callable[[], Any]
    engine: FakeEngine = field(default_factory=demo)

    def opener(self, settings: Settings) -> Assistant:
        return assemble(settings, {self.engine.host: self.engine}, lambda host: self.engine)

    def __call__(self, *words: str) -> Said:
        status = main(words, opener=self.opener)
        captured = self.read()
        return Said(status, captured.out, captured.err)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys.readouterr)


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own, with no engine to reach unless the environment names one."""
    environ = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", **more.pop("env", {})}
    command = [sys.executable, "-m", "ergon_ops", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False, **more)


def with_terminal(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Makes these streams look like a terminal."""
    for name in names or ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True, raising=False)


def lines(text: str) -> Sequence[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture
def seat(shell: Shell) -> Callable[..., Any]:
    """A chat to sit down at: `async with seat(engine, name="webapp") as table`."""
    from tests.interfaces.seat import sit

    return lambda engine=None, *, name="": sit(shell, engine, name=name)


@pytest.fixture(autouse=True)
def short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a change is watched is tested elsewhere, on a clock of its own."""
    monkeypatch.setattr("ergon_ops.changes.snapshot.LEAST_S", 1.0)
