"""What both SDK providers share: one client, kept open; the list of what an endpoint offers; cleaning up."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from ergon_ops.errors import ProviderError
from ergon_ops.messages import Prompt
from ergon_ops.providers.attempts import Deadline
from ergon_ops.providers.failures import Failure, Teller, own_error
from ergon_ops.providers.spec import KEY_VARIABLES
from ergon_ops.providers.wire import LARGEST_ERROR, Line, Meter, NotAStream, Stalled, TooBig
from ergon_ops.tool import Tool

# What an SDK raises when a connection or an answer is broken, apart from its own errors.
BROKEN = (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError, EOFError)
LISTING_S, LISTED, SHOWN = 3.0, 200, 8
DRAIN_S = 0.1


class Session:
    """An SDK's client and what may be raised out of it. Made on the first request."""

    def __init__(self, line: Line, make: Callable[[Meter], tuple[Any, tuple[type[Exception], ...]]]) -> None:
        self.line, self.teller, self.meter = line, Teller(line), Meter(line)
        self._make = make
        self._client: Any = None
        self._raises: tuple[type[Exception], ...] = ()

    def client(self) -> Any:
        """Raises Failure if the SDK is not installed."""
        if self._client is None:
            if self.line.vendors_own and not self.line.key:
                name = self.line.spec.provider
                raise self.teller.failure("auth", f"{name} needs an API key", f"set {KEY_VARIABLES[name]}")
            try:
                self._client, raised = self._make(self.meter)
            except ImportError as error:
                package = self.line.spec.provider
                raise self.teller.failure(
                    "missing", f"the package {package} cannot be imported ({error.name})", f"pip install {package}"
                ) from None
            import anyio
            import httpx2

            broken = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, anyio.EndOfStream)
            resources = (anyio.BrokenResourceError, anyio.ClosedResourceError)
            self._raises = (*raised, *broken, *resources, *BROKEN, NotAStream, Stalled, TooBig)
        return self._client

    async def asked(self, request: Awaitable[Any], deadline: Deadline) -> Any:
        """The SDK's answer: a stream. Raises Failure."""
        return await self._guarded(deadline.hold(request, first_s=self.line.patience.first_s))

    async def next(self, stream: AsyncIterator[Any], deadline: Deadline) -> Any:
        """The stream's next event; None at its end. Raises Failure."""
        return await self._guarded(deadline.hold(anext(stream, None)))

    async def _guarded(self, awaited: Awaitable[Any]) -> Any:
        try:
            return await awaited
        except self._raises as error:
            if (own := own_error(error)) is not None:
                raise own from None
            raise self.teller.of(error) from None

    async def drained(self, stream: AsyncIterator[Any]) -> None:
        """Reads what little may follow a whole answer, so that the connection can be used again."""
        with suppress(TimeoutError, Failure):
            async with asyncio.timeout(DRAIN_S):
                while await self._guarded(anext(stream, None)) is not None:
                    pass

    async def offering(self, error: ProviderError) -> ProviderError:
        """The error of a model that is not there, with what is; best effort, a few seconds at most."""
        model = self.line.spec.model
        names: list[str] = []
        self.meter.bound = LARGEST_ERROR
        with suppress(TimeoutError, Failure):
            async with asyncio.timeout(LISTING_S):
                await self._guarded(self._names(names))
        if names:
            near = difflib.get_close_matches(model, names, n=SHOWN, cutoff=0.3)
            shown = list(dict.fromkeys([*near, *names]))[:SHOWN]
            more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
            listed = [self.teller.clean(name) for name in shown]
            text = f"{error.message}; it offers {', '.join(listed)}{more}"
            next = f"name one of them: --model {self.line.spec.provider}:{listed[0]}"
            details = {**error.details, "offered": listed}
            return ProviderError(text, reason="model_not_found", next=next, details=details)
        error.next = error.next or f"--model {self.line.spec.provider}:NAME names another"
        return error

    async def _names(self, names: list[str]) -> None:
        async for model in self.client().models.list():
            name = getattr(model, "id", None)
            if isinstance(name, str) and name:
                names.append(name)
            if len(names) >= LISTED:
                return

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def estimated(system: Prompt, tools: Sequence[Tool], said: int, answered: int) -> tuple[int, int]:
    """Tokens in and out, at four characters each, for a server that does not count."""
    given = len(system.shared) + len(system.persona) + said
    given += sum(len(tool.name) + len(tool.description) + len(str(tool.schema)) for tool in tools)
    return -(-given // 4), -(-answered // 4)
