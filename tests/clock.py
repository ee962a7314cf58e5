"""A clock that moves only when somebody waits, or when a test moves it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Time:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
