"""Programs of this machine (apt-get, pip, npm), each in a group of its own: nothing outlives a deadline or Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ergon_ops.errors import ErgonError


@asynccontextmanager
async def program(
    command: Sequence[str], *, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child, killed with all it started when the block ends before it does. Raises FileNotFoundError."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def output_of(command: Sequence[str], *, deadline_s: float, folder: Path | None = None, doing: str) -> str:
    """What it printed. `doing` completes "… failed". Raises ErgonError with the line that tells most."""
    try:
        async with asyncio.timeout(deadline_s), program(command, folder=folder) as process:
            out, err = await process.communicate()
    except FileNotFoundError:
        raise ErgonError(f"{doing} failed: {command[0]} is not installed here") from None
    except TimeoutError:
        raise ErgonError(f"{doing} took longer than {deadline_s:.0f} s", next="check the network") from None
    if process.returncode:
        from ergon_ops.redaction import safe_text

        lines = [line for line in err.decode(errors="replace").splitlines() if line.strip()] or ["it said nothing"]
        telling = [line for line in lines if "rror" in line or line.startswith("E:")] or lines[-1:]
        raise ErgonError(
            f"{doing} failed: {safe_text(telling[-1].strip(), 300)}", next="check the network and its words"
        )
    return out.decode(errors="replace")
