"""Commands of the same user go through a running daemon, and past one that would see or say something else."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest

from tests.serve.conftest import Running, Start


async def command(running: Running, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, which has no engine: what it knows of containers it knows from the daemon."""
    state = running.daemon.settings.state_dir
    environment = {"PATH": os.environ["PATH"], "HOME": str(state.parent), "ERGON_OPS_STATE": str(state), **more}
    return await asyncio.to_thread(
        subprocess.run,
        (sys.executable, "-m", "ergon_ops", *words),
        env=environment,
        cwd=state.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_ask_list_and_diagnose_go_through_the_daemon(start: Start) -> None:
    async with start() as running:
        asked = await command(running, "ask", "webapp", "What's your status?", "--json")
        assert (asked.returncode, asked.stderr) == (0, "")
        assert json.loads(asked.stdout)["answer"].startswith("Running nginx (port 80)")
        listed = await command(running, "list", "--json")
        assert {"webapp", "worker"} <= {row["name"] for row in json.loads(listed.stdout)["containers"]}
        found = await command(running, "diagnose", "worker", "--json")
        assert found.returncode == 1
        assert [row["cause"] for row in json.loads(found.stdout)["findings"]] == ["cpu_throttled"]
        missing = await command(running, "ask", "nobody-at-all", "status?", "--json")
        assert missing.returncode == 4, "errors come over as they are"


async def test_a_daemon_of_another_version_is_told_and_gone_past(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergon_ops.interfaces.serve.rpc.__version__", "0.0.1")
    async with start() as running:
        done = await command(running, "ask", "webapp", "status?")
        assert "the daemon is version 0.0.1, this is " in done.stderr
        assert "going without it" in done.stderr
        assert "Running nginx" not in done.stdout


@pytest.mark.parametrize(
    ("words", "more"), [(("--no-daemon",), {}), ((), {"DOCKER_HOST": "unix:///nowhere/docker.sock"})]
)
async def test_who_wants_no_daemon_or_looks_at_another_engine_goes_past_it(
    start: Start, words: tuple[str, ...], more: dict[str, str]
) -> None:
    async with start() as running:
        done = await command(running, "ask", "webapp", "status?", *words, **more)
        assert done.returncode != 0
        assert "Running nginx" not in done.stdout


async def test_a_daemon_that_dies_without_a_word_is_gone_past(start: Start) -> None:
    async with start() as running:
        socket = running.daemon.place.socket
        kept = socket.with_suffix(".kept")
        socket.rename(kept)
        socket.touch()
        done = await command(running, "ask", "webapp", "status?")
        socket.unlink()
        kept.rename(socket)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
