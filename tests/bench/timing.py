"""How long something takes: a call, a coroutine, a whole process."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.bench.rows import Cost

DEADLINE_S = 30.0


def called(function: Callable[[], Any], runs: int) -> Cost:
    """After one call that does not count."""
    function()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return Cost.of(taken)


async def awaited(function: Callable[[], Awaitable[Any]], runs: int) -> Cost:
    await function()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        await function()
        taken.append(time.perf_counter() - began)
    return Cost.of(taken)


def processes(*commands: Sequence[str], runs: int) -> list[Cost]:
    """Whole processes, taking turns so that a busy moment hits all alike; each run finds an empty state folder."""
    taken: list[list[float]] = [[] for _ in commands]
    for _ in range(runs):
        for command, known in zip(commands, taken, strict=True):
            known.append(_run(command))
    return [Cost.of(known) for known in taken]


def _run(command: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory(prefix="ergon-ops-bench-") as state:
        environment = {**os.environ, "XDG_STATE_HOME": state, "PYTHONDONTWRITEBYTECODE": ""}
        began = time.perf_counter()
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, env=environment
        )
        taken = time.perf_counter() - began
    if done.returncode > 1 or done.stderr.startswith("ergon-ops: "):  # 1: something was found, of whoever is there
        raise SystemExit(f"bench: {' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return taken


def docker(*words: str) -> tuple[str, ...] | None:
    """The docker client, where there is one to compare with."""
    program = shutil.which("docker")
    return (program, *words) if program else None
