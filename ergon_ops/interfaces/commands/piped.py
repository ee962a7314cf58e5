"""What comes through stdin beside a question: bounded in size and time, and never more than data."""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from typing import TextIO

LIMIT_BYTES = 256_000
FIRST_BYTE_S = 1.0
IDLE_S = 10.0
TOTAL_S = 30.0


def read_piped(stream: TextIO) -> str:
    """The text of a pipe or a file on stdin; '' for a terminal, /dev/null, or a pipe on which nobody speaks.

    A service may hand down a pipe that is never written to nor closed: without a first byte in time it is ignored.
    """
    try:
        descriptor = stream.fileno()
        kind = os.fstat(descriptor).st_mode
    except (OSError, ValueError):
        return ""
    if stream.isatty() or not (stat.S_ISFIFO(kind) or stat.S_ISREG(kind) or stat.S_ISSOCK(kind)):
        return ""
    chunks, size, cut = _read(descriptor)
    if cut:
        print(f"ergon-ops: only the first {size:,} bytes of the input were used", file=sys.stderr)
    return b"".join(chunks).decode("utf-8", "replace")


def _read(descriptor: int) -> tuple[list[bytes], int, bool]:
    chunks: list[bytes] = []
    size = 0
    end = time.monotonic() + TOTAL_S
    while size < LIMIT_BYTES:
        wait = IDLE_S if chunks else FIRST_BYTE_S
        if not select.select([descriptor], [], [], max(0.0, min(wait, end - time.monotonic())))[0]:
            return chunks, size, bool(chunks)
        chunk = os.read(descriptor, min(65536, LIMIT_BYTES - size))
        if not chunk:
            return chunks, size, False
        chunks.append(chunk)
        size += len(chunk)
    return chunks, size, True
