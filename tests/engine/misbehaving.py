"""Servers that do not behave as an engine does: silent, dripping, closing, lying."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

HEAD = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"
PONG = HEAD + b"Content-Length: 2\r\n\r\nOK"
Behaviour = Callable[["Server", socket.socket, bytes], None]


class Server:
    """On a unix socket, or on a port of 127.0.0.1. Answers pings as an engine does, all else by `behave`."""

    def __init__(self, behave: Behaviour, *, path: Path | None = None, pongs: bool = True) -> None:
        self._behave = behave
        self._pongs = pongs
        self._ended = threading.Event()
        self._listening = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listening.bind(str(path) if path else ("127.0.0.1", 0))
        self._listening.listen(64)
        self.url = f"unix://{path}" if path else f"tcp://127.0.0.1:{self._listening.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.closed_by_client = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._listening.close()

    def behave(self, behaviour: Behaviour) -> None:
        self._behave = behaviour

    def waits(self, seconds: float) -> bool:
        """False once the test is over."""
        return not self._ended.wait(seconds)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with contextlib.suppress(OSError), wire:
            while request := wire.recv(65_536):
                self.requests.append(request)
                if self._pongs and b"/_ping " in request:
                    wire.sendall(PONG)
                else:
                    self._behave(self, wire, request)
            self.closed_by_client += 1


def answers(body: bytes, *, status: bytes = b"200 OK", head: bytes = b"Api-Version: 1.41\r\n") -> Behaviour:
    def behave(server: Server, wire: socket.socket, request: bytes) -> None:
        length = str(len(body)).encode()
        wire.sendall(b"HTTP/1.1 " + status + b"\r\n" + head + b"Content-Length: " + length + b"\r\n\r\n" + body)

    return behave


def silent(server: Server, wire: socket.socket, request: bytes) -> None:
    """Takes the request and says nothing."""


def dripping(server: Server, wire: socket.socket, request: bytes) -> None:
    """A byte now and then, each within any timeout per read."""
    wire.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n[")
    while server.waits(0.1):
        wire.sendall(b" ")


def dripping_head(server: Server, wire: socket.socket, request: bytes) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while server.waits(0.1):
        wire.sendall(b"x")


def closing(server: Server, wire: socket.socket, request: bytes) -> None:
    """Hangs up in the middle of its answer."""
    wire.sendall(HEAD + b"Content-Length: 1000\r\n\r\n[{")
    wire.shutdown(socket.SHUT_RDWR)


def closing_mid_chunk(server: Server, wire: socket.socket, request: bytes) -> None:
    wire.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[{")
    wire.shutdown(socket.SHUT_RDWR)


def hanging_up(server: Server, wire: socket.socket, request: bytes) -> None:
    wire.shutdown(socket.SHUT_RDWR)


def babbling(server: Server, wire: socket.socket, request: bytes) -> None:
    """Not HTTP at all."""
    wire.sendall(b"\x00\xffSSH-2.0-what\r\n\r\n")
    wire.shutdown(socket.SHUT_RDWR)
