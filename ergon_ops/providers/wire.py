"""The HTTP below an SDK: every request is told of before it leaves, answers are bounded, silence ends.

The SDKs make the requests; this module gives them their client. Importing it imports no HTTP library.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass
from ergon_ops.providers.protocol import OnSent, Patience, Sent
from ergon_ops.providers.spec import Spec, is_loopback, shown_url

if TYPE_CHECKING:
    import ssl

    import httpx2

KIB = 1024
LARGEST_ERROR = 256 * KIB


class TooBig(Exception):
    """An answer grew past its bound, in bytes."""

    def __init__(self, bound: int) -> None:
        super().__init__(f"more than {bound} bytes")
        self.bound = bound


class Stalled(Exception):
    """No byte for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing for {seconds:g} s")
        self.seconds = seconds


class NotAStream(Exception):
    """A success that is no stream of events. `body` is the JSON document it is instead, if it is one."""

    def __init__(self, content_type: str, body: Any = None) -> None:
        super().__init__(content_type)
        self.content_type, self.body = content_type, body


@dataclass(frozen=True, slots=True)
class Line:
    """Where a provider talks to. `vendors_own`: the vendor's endpoint, not a compatible server."""

    spec: Spec
    url: str = field(repr=False)
    key: str = field(repr=False)
    vendors_own: bool
    patience: Patience
    on_sent: OnSent | None
    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]

    @property
    def shown(self) -> str:
        return shown_url(self.url)


def answer_bound(max_tokens: int) -> int:
    """Bytes an answer may have: a token costs some hundred bytes of events on the wire."""
    return KIB * KIB + KIB * max_tokens


class Meter:
    """Bounds the answers of one client; `bound` is set before each request."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.bound = LARGEST_ERROR
        self.saw_done = False
        self._tail = b""

    def client(self) -> httpx2.AsyncClient:
        """Follows no redirect (the API key would go with it) and takes no proxy to a server on this machine."""
        import httpx2

        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=self._line.patience.connect_s),
            verify=_trust(self._line.url),
            headers={"Accept-Encoding": "identity"},
            event_hooks={"request": [self._sending], "response": [self._answered]},
            trust_env=not is_loopback(self._line.url),
            follow_redirects=False,
        )

    async def _sending(self, request: httpx2.Request) -> None:
        if self._line.on_sent is not None:
            body = await request.aread()
            self._line.on_sent(Sent(self._line.clock(), shown_url(str(request.url)), body))

    async def _answered(self, response: httpx2.Response) -> None:
        self.saw_done, self._tail = False, b""
        asked_for_events = response.request.method == "POST" and response.is_success
        bound = self.bound if asked_for_events else LARGEST_ERROR
        stream = _bounded(response.stream, bound, self._line.patience.between_s, self._passed)
        response.stream = stream
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if asked_for_events and (kind == "text/html" or kind.endswith("json")):
            response.stream = await _whole(stream, kind)
            self.saw_done = True

    def _passed(self, chunk: bytes) -> None:
        self._tail = self._tail[-8:] + chunk
        self.saw_done = self.saw_done or b"[DONE]" in self._tail


async def _whole(stream: httpx2.AsyncByteStream, kind: str) -> httpx2.AsyncByteStream:
    """A whole chat completion where a stream was asked for is read as one; anything else is an error."""
    import httpx2

    body = b"".join([chunk async for chunk in stream])
    await stream.aclose()
    document = _json(body) if kind != "text/html" else None
    if not (isinstance(document, dict) and isinstance(document.get("choices"), list)):
        raise NotAStream(kind, document)
    return httpx2.ByteStream(as_events(document))


def _trust(url: str) -> bool | ssl.SSLContext:
    """The usual certificates; none are loaded, and so none accepted, where no TLS is spoken: it takes 40 ms."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.lower().startswith("http:") else True


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def as_events(document: dict[str, Any]) -> bytes:
    """A whole chat completion as the stream it should have been."""
    choices = [
        {**choice, "delta": choice.get("message") or {}} for choice in document["choices"] if isinstance(choice, dict)
    ]
    event = {**document, "object": "chat.completion.chunk", "choices": choices}
    return f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()


def _bounded(
    stream: Any, bound: int, between_s: float | None, passed: Callable[[bytes], None]
) -> httpx2.AsyncByteStream:
    """A response's bytes, counted and timed."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen, chunks = 0, aiter(stream)
            try:
                while (chunk := await _next(chunks, between_s)) is not None:
                    seen += len(chunk)
                    if seen > bound:
                        raise TooBig(bound)
                    passed(chunk)
                    yield chunk
            finally:
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()


async def _next(chunks: AsyncIterator[bytes], seconds: float | None) -> bytes | None:
    try:
        async with asyncio.timeout(seconds):
            return await anext(chunks, None)
    except TimeoutError:
        raise Stalled(seconds or 0.0) from None
