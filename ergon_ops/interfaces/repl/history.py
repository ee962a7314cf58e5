"""What was typed before, kept in the state folder: 0600, without secrets, and only in memory where it cannot be."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from ergon_ops.redaction import redact

FILE = "chat_history"
MOST_BYTES = 1_000_000


def open_history(folder: Path) -> History:
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError:
        return InMemoryHistory()
    with os.fdopen(descriptor, "r+b") as file:
        os.fchmod(file.fileno(), 0o600)
        if os.fstat(file.fileno()).st_size > MOST_BYTES:
            file.truncate(0)
    return KeptHistory(str(path))


class KeptHistory(FileHistory):
    """A disk that fails later is no reason to end a chat."""

    def load_history_strings(self) -> Iterable[str]:
        with contextlib.suppress(OSError):
            yield from super().load_history_strings()

    def store_string(self, string: str) -> None:
        if string.startswith(" "):
            return
        with contextlib.suppress(OSError):
            super().store_string(redact(string))
