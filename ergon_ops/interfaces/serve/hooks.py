"""Tells the operator's own program, or an address, of each finding that appears, worsens or clears."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any

from ergon_ops.assistant.watch import Watch

DEADLINE_S = 10.0
TOLD = frozenset({"finding_new", "finding_worse", "finding_cleared"})


async def run(watch: Watch, hook: Sequence[str], tell: Callable[[str], None]) -> None:
    """Until cancelled. One at a time, each with a deadline; one that fails is said and forgotten."""
    with watch.feed() as queue:
        while (item := await queue.get())["type"] != "closed":
            if item["type"] in TOLD:
                problem = await _called(hook, json.dumps(item, ensure_ascii=False).encode())
                if problem:
                    tell(f"on_finding failed: {problem}")


async def _called(hook: Sequence[str], body: bytes) -> str:
    try:
        async with asyncio.timeout(DEADLINE_S):
            if len(hook) == 1 and hook[0].startswith(("http://", "https://")):
                return await asyncio.to_thread(_posted, hook[0], body)
            return await _started(hook, body)
    except TimeoutError:
        return f"no end within {DEADLINE_S:.0f} s"
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__


def _posted(url: str, body: bytes) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as reply:
        return "" if reply.status < 300 else f"HTTP {reply.status}"


async def _started(words: Sequence[str], body: bytes) -> str:
    """The event is its standard input: never part of the command."""
    quiet: dict[str, Any] = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    program = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, **quiet)
    try:
        await program.communicate(body)
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    return "" if program.returncode == 0 else f"exit status {program.returncode}"
