"""A command of this machine that fetches: bounded in time, quiet, and gone with everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from pathlib import Path

from ergon_ops.errors import ErgonError

FETCH_S = 300.0


async def fetch(command: list[str], folder: Path) -> str:
    """What it printed. Raises ErgonError with its last line."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(FETCH_S):
            out, err = await process.communicate()
    except TimeoutError:
        raise ErgonError(f"its packages did not come in {FETCH_S:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        from ergon_ops.redaction import safe_text

        raise ErgonError(safe_text(telling(err.decode(errors="replace")), 300))
    return out.decode(errors="replace")


def telling(text: str) -> str:
    """The last line of an error; npm says what it is about behind its code, and ends with where more of it lies."""
    lines = [line for line in text.splitlines() if re.search("(?i)error|ERR!", line)]
    coded = next((index for index, line in enumerate(lines) if re.match(r"npm (?:error|ERR!) code ", line)), None)
    words = [line for line in lines[coded + 1 :] if len(line.split()) > 2] if coded is not None else []
    return (words[:1] or lines[-1:] or ["it failed"])[0]
