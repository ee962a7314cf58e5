"""Who may speak to the daemon at all: before any route is looked at.

The unix socket is its user's own, and the kernel says who is at the other end. On TCP a request needs a token, must be
addressed to this machine by name (a page on the web that rebinds its name to 127.0.0.1 sends its own), and must not
come from another origin. Everybody: bounded bodies, bounded rates.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import struct
import time
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ergon_ops.dataclass import dataclass

MOST_BYTES, MOST_DRAINED = 1_000_000, 32_000_000
BODY_S = 30.0  # for all of a body
RATE, BURST = 200.0, 2_000.0  # requests a second of one caller, and how many at once
OPEN = frozenset({"/health", "/ready"})
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class PeerProtocol(H11Protocol):
    """HTTP whose unix connections are closed unanswered unless the same user is at the other end."""

    def connection_made(self, transport: Any) -> None:
        link = transport.get_extra_info("socket")
        if link is not None and link.family == socket.AF_UNIX and not same_user(link):
            self.transport = transport
            transport.abort()
            return
        super().connection_made(transport)


def same_user(link: socket.socket) -> bool:
    import os

    body = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", body)[1]
    return uid in (os.geteuid(), 0)


@dataclass(slots=True)
class Bucket:
    """Requests that may still come; refilled with time."""

    left: float = BURST
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        now = time.monotonic()
        self.left, self.at = min(BURST, self.left + (now - self.at) * RATE), now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Guard:
    """`paths` tells the token of a path that carries its own (aish knows no headers), or None."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        hosts: Iterable[str] = (),
        paths: Callable[[str], str | None] = lambda _: None,
        refused: Callable[[str, str], None] = lambda _a, _b: None,
    ) -> None:
        self._app, self._token, self._paths, self._told = app, token, paths, refused
        self._hosts = HOSTS | set(hosts)
        self._buckets: dict[str, Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        local = is_unix(scope)
        refusal = None if local else self._refused(scope)
        caller = "unix" if local else str((scope.get("client") or ("?",))[0])
        if refusal is None and not self._buckets.setdefault(caller, Bucket()).take():
            refusal = (429, "rate_limited", "too many requests", "wait a second")
        if refusal is not None:
            self._told(caller, refusal[1])
            await refuse(send, *refusal)
            return
        scope.setdefault("state", {})["local"] = local
        await self._app(scope, bounded(receive), send)

    def _refused(self, scope: Scope) -> tuple[int, str, str, str] | None:
        headers = headers_of(scope)
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if host.lower() not in self._hosts:
            return 403, "wrong_host", "this server does not go by that name", "use 127.0.0.1 or localhost"
        origin = headers.get("origin", "")
        if origin and origin.partition("://")[2] != headers.get("host"):
            return 403, "wrong_origin", "requests of other sites are not answered", "open the console of this server"
        if scope["path"] in OPEN or self._paths(scope["path"]) is not None:
            return None
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if hmac.compare_digest(given.encode(), self._token.encode()):
            return None
        return 401, "unauthorized", "a token is needed", "Authorization: Bearer TOKEN; `ergon-ops serve` prints it"


def is_unix(scope: Scope) -> bool:
    server = scope.get("server")
    return server is None or server[1] is None


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


class TooLarge(Exception):
    """The body is longer than anybody may send."""


class TooSlow(Exception):
    """The body did not come in time."""


def bounded(receive: Receive) -> Receive:
    """Raises TooLarge past `MOST_BYTES`; what is still on its way is taken and thrown away, within reason: who is cut
    off while sending never reads why. Raises TooSlow."""
    seen, whole, ends = 0, False, asyncio.get_running_loop().time() + BODY_S

    async def piece() -> Message:
        """After the body one waits here for the other side to hang up, for as long as an answer takes."""
        nonlocal seen, whole
        try:
            async with asyncio.timeout_at(None if whole else ends):
                message: MutableMapping[str, Any] = await receive()
        except TimeoutError as error:
            raise TooSlow from error
        seen, whole = seen + len(message.get("body", b"")), not message.get("more_body")
        return message

    async def counted() -> Message:
        message = await piece()
        while MOST_BYTES < seen < MOST_DRAINED and message.get("more_body"):
            message = await piece()
        if seen > MOST_BYTES:
            raise TooLarge
        return message

    return counted


async def refuse(send: Send, status: int, code: str, message: str, step: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message, "next": step, "exit": 5, "details": {}}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 429:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
