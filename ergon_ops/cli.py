"""The entry point: words on the command line → one command, one exit status, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ergon_ops import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit status of `design`: 0 ok, 1 findings or failure, 2 usage, 3 engine …"""
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):
        print(f"ergon-ops {__version__}")
        return 0
    from ergon_ops.interfaces.commands import run

    try:
        status = run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): the rest of the output has no one to go to, and that is no failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    return status
