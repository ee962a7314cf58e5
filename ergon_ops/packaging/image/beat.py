"""Progress that people can read."""

from __future__ import annotations

import time
from collections.abc import Callable

TELL_S = 0.5


class Beat:
    """Tells at most twice a second: people read it."""

    def __init__(self, progress: Callable[[str], None], every_s: float = TELL_S) -> None:
        self._progress, self._every, self._last = progress, every_s, time.monotonic()

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= self._every:
            self._last = now
            self._progress(text)
