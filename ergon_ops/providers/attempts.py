"""Tries, within one deadline: what may be tried again is, as long as nothing was yielded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from ergon_ops.providers.failures import Failure, Teller
from ergon_ops.providers.protocol import Piece
from ergon_ops.providers.wire import Stalled

T = TypeVar("T")
WAITS = (0.5, 1.5)  # seconds before the second and the third try
REFUSED_TRIES = 2
ADAPTATIONS = 4


class Deadline:
    """The total time of one reply."""

    def __init__(self, seconds: float, teller: Teller) -> None:
        self.seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds
        self._teller = teller

    @property
    def left(self) -> float:
        return self._end - asyncio.get_running_loop().time()

    async def hold(self, awaited: Awaitable[T], *, first_s: float | None = None) -> T:
        """The result, unless the deadline comes first (Failure), or `first_s` does (Stalled)."""
        limit = asyncio.timeout_at(self._end)
        try:
            async with limit:
                if first_s is None or first_s >= self.left:
                    return await awaited
                return await _soon(awaited, first_s)
        except TimeoutError:
            if limit.expired():
                raise self.over() from None
            raise

    def over(self) -> Failure:
        model = self._teller.line.spec.model
        return self._teller.failure("deadline", f"{model} had no whole answer within {self.seconds:g} s", "ask again")


async def _soon(awaited: Awaitable[T], seconds: float) -> T:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await awaited
    except TimeoutError:
        if limit.expired():
            raise Stalled(seconds) from None
        raise


async def tried(
    attempt: Callable[[], AsyncGenerator[Piece, None]],
    deadline: Deadline,
    *,
    sleep: Callable[[float], Awaitable[None]],
    adapt: Callable[[Failure], bool],
) -> AsyncGenerator[Piece, None]:
    """The pieces of the first try that works. `adapt` may change the request after a refusal: that costs no try.

    Raises ProviderError: of what cannot succeed, after the last try, or once a piece was yielded."""
    tries, adapted = 0, 0
    while True:
        yielded = False
        try:
            async with aclosing(attempt()) as pieces:
                async for piece in pieces:
                    yielded = True
                    yield piece
            return
        except Failure as failure:
            if not yielded and adapted < ADAPTATIONS and adapt(failure):
                adapted += 1
                continue
            tries += 1
            wait = _wait(failure, tries, deadline)
            if yielded or wait is None:
                failure.error.details["tries"] = tries
                raise failure.error from None
        await sleep(wait)


def _wait(failure: Failure, tries: int, deadline: Deadline) -> float | None:
    """Seconds until the next try; None = there is none."""
    if not failure.again or tries > len(WAITS) or (failure.error.reason == "refused" and tries >= REFUSED_TRIES):
        return None
    wait = WAITS[tries - 1] if failure.after_s is None else failure.after_s
    return wait if wait < deadline.left else None
