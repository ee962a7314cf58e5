"""For every test: no API keys, no provider within reach, a state folder of its own; and the real engine for those
that are marked `engine`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "ANTHROPIC_AUTH_TOKEN")
PROVIDERS = ("anthropic.com", "openai.com")
PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and state of the person who runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("home")
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    for key in [name for name in os.environ if name.startswith("ERGON_OPS_") and name != "ERGON_OPS_LAB"]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    return home


@pytest.fixture(autouse=True)
def no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that looks up a provider's address fails there and then."""
    look_up = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(PROVIDERS):
            raise AssertionError(f"a test tried to reach {host}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a real engine on a crowded machine, slow is not hung. What a hung one is met with is tested elsewhere."""
    if request.node.get_closest_marker("engine"):
        for place in ("reads.LOOK_S", "sampling.SAMPLE_S", "enginehost.DEADLINE_S"):
            monkeypatch.setattr(f"ergon_ops.engine.{place}", PATIENCE_S)


@pytest.fixture(scope="session")
def docker_host() -> str:
    """The engine the tests may use; `make test` starts one and names it."""
    host = os.environ.get("DOCKER_HOST", "")
    if not host and Path("/var/run/docker.sock").exists():
        host = "unix:///var/run/docker.sock"
    if not host:
        pytest.fail("no engine: run `make test`, or `make lab` and the line it prints")
    return host
