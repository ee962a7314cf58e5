"""An HTTP server on 127.0.0.1 that streams in small pieces, breaks as told, and leaves no thread or socket behind."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from ergon_ops.settings import Endpoint, Settings
from tests.providers.servers.faults import Fault, Faults, as_bytes, page
from tests.providers.servers.mind import RULES, Asked, Reply, Rule, composed


class Refused(Exception):
    """The request is not what the API takes."""

    def __init__(self, status: int, kind: str, message: str, param: str = "") -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.param = status, kind, message, param


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 32

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of the server's."""


class Server:
    """Base of both servers: `with` starts it. `mind` may replace the rules: Asked → Reply."""

    provider = ""

    def __init__(
        self,
        *,
        rules: Sequence[Rule] = RULES,
        key: str = "sk-test-0123456789abcdef",
        models: Sequence[str] = (),
        mind: Callable[[Asked], Reply] | None = None,
    ) -> None:
        self.key, self.models = key, list(models)
        self.faults = Faults()
        self.seen: list[Seen] = []
        self.refused: list[str] = []
        self.arrived, self.hung_up = threading.Event(), threading.Event()
        self.pause_s = 0.0
        self.opened = 0
        self.mind: Callable[[Asked], Reply] = mind or partial(composed, rules=rules)
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()

    # -- the front door

    def __enter__(self) -> Self:
        server = self

        class Handler(_Handler):
            @property
            def owner(self) -> Server:
                return server

        self._http = _Http(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._http.shutdown()
        for connection in list(self._connections):
            _quietly(partial(connection.shutdown, socket.SHUT_RDWR))
        self._http.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}{self.prefix}"

    prefix = ""

    @property
    def endpoints(self) -> Settings:
        endpoint = Endpoint(self.base_url, self.key)
        return Settings(anthropic=endpoint) if self.provider == "anthropic" else Settings(openai=endpoint)

    @property
    def requests(self) -> list[Any]:
        """Parsed bodies of the requests for an answer."""
        return [seen.json for seen in self.seen if seen.method == "POST"]

    @property
    def connections(self) -> int:
        return len(self._connections)

    # -- what a wire format fills in

    def answer(self, seen: Seen, fault: Fault | None) -> list[bytes] | bytes:
        """The events of the reply, or one document instead of a stream. Raises Refused."""
        raise NotImplementedError

    def listing(self) -> Any:
        raise NotImplementedError

    def refusal(self, error: Refused) -> Any:
        raise NotImplementedError

    def error_event(self, kind: str) -> bytes:
        raise NotImplementedError

    def filler(self) -> bytes:
        """An event of text, for answers that never end."""
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    @property
    def owner(self) -> Server:
        raise NotImplementedError

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.owner._connections.add(self.connection)
        self.owner.opened += 1

    def finish(self) -> None:
        self.owner._connections.discard(self.connection)
        _quietly(super().finish)

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._see(b"")
        fault = self.owner.faults.take() if self.path.endswith("/models") else None
        if self.path.partition("?")[0].endswith("/models") and fault is None:
            self._whole(200, self.owner.listing())
        elif fault is not None and fault.kind == "stall":
            self._silence()
        else:
            self._whole(fault.code if fault else 404, {"error": {"message": "Not Found"}})

    def do_POST(self) -> None:
        seen = self._see(self.rfile.read(int(self.headers.get("content-length") or 0)))
        fault = self.owner.faults.take()
        try:
            if fault is not None and self._instead(fault):
                return
            events = self.owner.answer(seen, fault)
        except Refused as error:
            self.owner.refused.append(error.message)
            self._whole(error.status, self.owner.refusal(error))
            return
        except (ValueError, KeyError, TypeError) as error:  # a request that cannot even be read
            self.owner.refused.append(repr(error))
            self._whole(400, self.owner.refusal(Refused(400, "invalid_request_error", f"could not read: {error!r}")))
            return
        if isinstance(events, bytes):
            self._whole(200, events)
            return
        try:
            self._stream(events, fault)
        except OSError:
            self.owner.hung_up.set()
            self.close_connection = True

    def _see(self, body: bytes) -> Seen:
        seen = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.owner.seen.append(seen)
        self.owner.arrived.set()
        return seen

    def _instead(self, fault: Fault) -> bool:
        """Faults that come before any answer is made."""
        match fault.kind:
            case "status":
                kind = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}.get(fault.code)
                kind = kind or {529: "overloaded_error", 503: "overloaded_error"}.get(fault.code, "api_error")
                body = fault.body or self.owner.refusal(Refused(fault.code, kind, f"made to fail with {fault.code}"))
                self._whole(fault.code, body, dict(fault.headers))
            case "html":
                self._whole(200, page(), {"content-type": "text/html; charset=utf-8"})
            case "json_error":
                self._whole(200, fault.body)
            case "no_body":
                self._whole(200, b"", {"content-type": "text/event-stream"})
            case "huge_json":
                self._whole(200, b'{"x": "' + b"a" * fault.size + b'"}')
            case "reset" if fault.after == 0:
                self._reset()
            case "stall" if fault.after == 0:
                self._silence()
            case _:
                return False
        return True

    def _whole(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        body = as_bytes(document)
        try:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.owner.hung_up.set()
            self.close_connection = True

    def _stream(self, events: list[bytes], fault: Fault | None) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        breaking = fault if fault and fault.kind in _IN_STREAM else None
        for number, event in enumerate(events):
            if breaking and number == breaking.after and self._break(breaking, event):
                return
            for piece in pieces(event):
                self._chunk(piece)
            if self.owner.pause_s:
                self._gone(self.owner.pause_s)
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _chunk(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.flush()

    def _break(self, fault: Fault, event: bytes) -> bool:
        """True if the stream is over."""
        match fault.kind:
            case "reset":
                self._reset()
            case "stall":
                self._silence()
            case "truncated" | "half_event":
                if fault.kind == "half_event":
                    self._chunk(event[: len(event) // 2])
                self.wfile.write(b"0\r\n\r\n")
            case "garbage":
                self._chunk(b"event: message_delta\ndata: {]\n\n")
                return False
            case "error_event":
                self._chunk(self.owner.error_event(fault.name))
                self.wfile.write(b"0\r\n\r\n")
            case "huge":
                filler = self.owner.filler()
                for _ in range(fault.size // len(filler)):
                    self._chunk(filler)
                return False
            case "drip":
                while not self._gone(fault.pause_s):
                    self._chunk(b":")
                raise ConnectionResetError
        return True

    def _gone(self, seconds: float) -> bool:
        """Waits; True once the client hung up or the server closes."""
        end = time.monotonic() + seconds
        while not self.owner._closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], min(0.02, seconds))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError
            if time.monotonic() >= end:
                return False
        return True

    def _silence(self) -> None:
        try:
            while not self._gone(0.05):
                pass
        except OSError:
            self.owner.hung_up.set()
        self.close_connection = True

    def _reset(self) -> None:
        """RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.owner._connections.discard(self.connection)
        self.connection.close()
        self.close_connection = True


_IN_STREAM = frozenset({"reset", "stall", "truncated", "half_event", "garbage", "error_event", "huge", "drip"})


def pieces(event: bytes) -> Iterator[bytes]:
    """As networks deliver: borders anywhere, also within a character."""
    at, step = 0, 11
    while at < len(event):
        yield event[at : at + step]
        at, step = at + step, 17 + (step * 7) % 91


def words(text: str) -> list[str]:
    """Tokens of a kind: a word with its space, long ones in two."""
    found: list[str] = []
    for word in text.split(" "):
        found += [word[:6], word[6:] + " "] if len(word) > 8 else [word + " "]
    if found:
        found[-1] = found[-1][:-1]
    return [piece for piece in found if piece]


def count(value: Any) -> int:
    """Tokens, roughly."""
    return -(-len(value if isinstance(value, str) else json.dumps(value)) // 4)


def _quietly(work: Callable[[], Any]) -> None:
    try:
        work()
    except OSError:
        return
