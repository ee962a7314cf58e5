"""One quiet word while a person waits: shown only if it takes a while, and gone before the answer."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

from ergon_ops.interfaces.render.width import terminal_width
from ergon_ops.settings import dumb_terminal

AFTER_S = 0.6


class Waiting:
    """`done` takes it away again; as often as one likes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lock = threading.Lock()
        self._shown = False
        self._over = not sys.stderr.isatty() or dumb_terminal()
        self._timer = threading.Timer(AFTER_S, self._show)
        self._timer.daemon = True
        if not self._over:
            self._timer.start()

    def done(self) -> None:
        if self._over:
            return
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._shown:
                self._write("\r\x1b[K")

    def _show(self) -> None:
        with self._lock:
            if not self._over:
                self._shown = True
                self._write(f"{self._text[: terminal_width() - 1]}")

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


@contextlib.contextmanager
def waiting(text: str = "looking …") -> Iterator[Waiting]:
    waits = Waiting(text)
    try:
        yield waits
    finally:
        waits.done()
