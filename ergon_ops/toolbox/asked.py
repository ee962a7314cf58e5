"""What is the same for all containers of a host: asked for once a turn, however many are looked at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import field
from typing import Any, TypeVar

from ergon_ops.dataclass import dataclass

T = TypeVar("T")
Asking = Callable[[], Coroutine[Any, Any, T]]


@dataclass(slots=True)
class Asked:
    """Answers by host and by what was asked. `age_s`: how old one may be; a turn keeps its own to its end."""

    age_s: float = float("inf")
    clock: Callable[[], float] = time.monotonic
    _answers: dict[tuple[str, str], tuple[float, asyncio.Future[Any]]] = field(default_factory=dict)

    async def once(self, host: str, what: str, ask: Asking[T]) -> T:
        """The answer, shared with everyone who asks the same. What failed is asked again by the next. Raises what
        `ask` raises."""
        asked_at, asked = self._answers.get((host, what), (0.0, None))
        now = self.clock()
        if asked is None or now - asked_at > self.age_s or (asked.done() and failed(asked)):
            asked = asyncio.ensure_future(ask())
            self._answers[host, what] = now, asked
        answer: T = await asyncio.shield(asked)
        return answer

    def forget(self, host: str) -> None:
        for key in [key for key in self._answers if key[0] == host]:
            del self._answers[key]


def failed(asked: asyncio.Future[Any]) -> bool:
    return asked.cancelled() or asked.exception() is not None
