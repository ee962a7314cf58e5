"""One way to an engine, whatever the transport: unix, tcp, TLS or ssh, as a socket that any thread may cut.

The SDK's own transports keep their sockets to themselves, its ssh needs paramiko and ignores timeouts, and its TLS
gives way to REQUESTS_CA_BUNDLE. So the SDK's client speaks through an adapter of ours over a socket that we dialled.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests.adapters
import urllib3.connection
import urllib3.connectionpool

from ergon_ops.engine.connect import Endpoint, Tls

SSH = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T")


class Wires:
    """The sockets and ssh processes of one client; `cut` frees a thread that waits on any of them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._open: list[tuple[socket.socket, socket.socket]] = []  # in use, and our duplicate of it
        self._ssh: list[subprocess.Popen[bytes]] = []
        self._severed = False

    def dial(self, timeout_s: float) -> socket.socket:
        """A connected socket, TLS and all. Raises OSError."""
        self._forget_closed()
        address = urlsplit(self._endpoint.url)
        match address.scheme:
            case "unix":
                return self._unix(address.netloc + address.path, timeout_s)
            case "ssh":
                return self._by_ssh(ssh_command(self._endpoint.url), timeout_s)
            case _:
                return self._tcp(address.hostname or "", address.port or 2375, timeout_s)

    def cut(self) -> None:
        """From any thread. A read or a handshake that is under way ends at once."""
        self._severed = True
        for _, wire in list(self._open):
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for process in list(self._ssh):
            process.kill()

    def close(self) -> None:
        """From the thread that uses them."""
        self.cut()
        for pair in self._open:
            for wire in pair:
                if wire.fileno() >= 0:
                    # A mere close would wait for a reply that somebody still holds.
                    os.close(wire.detach())
        self._open.clear()
        for process in self._ssh:
            process.wait()
            if process.stderr:
                process.stderr.close()
        self._ssh.clear()

    def complaint(self) -> str:
        """What an ssh that has ended said, for an error's text."""
        for process in self._ssh:
            with contextlib.suppress(subprocess.TimeoutExpired):
                _, said = process.communicate(timeout=0.5)
                return said.decode("utf-8", "replace").strip().splitlines()[-1] if said.strip() else ""
        return ""

    def _keep(self, wire: socket.socket) -> None:
        # A duplicate shares the connection but not the descriptor, which TLS takes over and the client closes.
        self._open.append((wire, wire.dup()))
        if self._severed:
            raise ConnectionAbortedError("cut before it was connected")

    def _forget_closed(self) -> None:
        for pair in [pair for pair in self._open if pair[0].fileno() < 0]:
            self._open.remove(pair)
            pair[1].close()

    def _unix(self, path: str, timeout_s: float) -> socket.socket:
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        return self._connected(wire, path, timeout_s)

    def _tcp(self, host: str, port: int, timeout_s: float) -> socket.socket:
        refusal: OSError = OSError(f"no address for {host}")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                wire = self._connected(socket.socket(family, kind, protocol), address, timeout_s)
            except OSError as error:
                refusal = error
                continue
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._secured(wire, host) if self._endpoint.url.startswith("https:") else wire
        raise refusal

    def _connected(self, wire: socket.socket, address: Any, timeout_s: float) -> socket.socket:
        try:
            self._keep(wire)
            wire.settimeout(timeout_s)
            wire.connect(address)
        except OSError:
            wire.close()
            self._forget_closed()
            raise
        return wire

    def _secured(self, wire: socket.socket, host: str) -> socket.socket:
        _, duplicate = self._open[-1]
        try:
            secured = tls_context(self._endpoint.tls or Tls()).wrap_socket(wire, server_hostname=host)
        except OSError:
            wire.close()
            raise
        self._open[-1] = (secured, duplicate)
        return secured

    def _by_ssh(self, command: list[str], timeout_s: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.settimeout(timeout_s)
            end = theirs.fileno()
            process = subprocess.Popen(command, stdin=end, stdout=end, stderr=subprocess.PIPE, start_new_session=True)
        self._ssh.append(process)
        self._keep(ours)
        return ours


def ssh_command(url: str) -> list[str]:
    """`ssh … docker system dial-stdio`, as the docker CLI starts it."""
    address = urlsplit(url)
    user = ["-l", address.username] if address.username else []
    port = ["-p", str(address.port)] if address.port else []
    socket_path = ["--host", f"unix://{address.path}"] if address.path.strip("/") else []
    return [*SSH, *user, *port, "--", address.hostname or "", "docker", *socket_path, "system", "dial-stdio"]


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Raises SSLError, also for a file that cannot be read: that is not the engine's absence."""
    try:
        context = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
        if not tls.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if tls.cert and tls.key:
            context.load_cert_chain(str(tls.cert), str(tls.key))
    except ssl.SSLError:
        raise
    except OSError as error:
        raise ssl.SSLError(f"a certificate file cannot be read: {error.strerror}") from None
    return context


class Adapter(requests.adapters.HTTPAdapter):
    """Sends every request of one client over connections that `dial` makes."""

    def __init__(self, dial: Callable[[float], socket.socket]) -> None:
        self._pool = Pool(dial)
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *_args: Any, **_kwargs: Any) -> urllib3.connectionpool.HTTPConnectionPool:
        return self._pool

    def request_url(self, request: Any, proxies: Any) -> str:
        return str(request.path_url)

    def close(self) -> None:
        super().close()
        self._pool.close()


class Pool(urllib3.connectionpool.HTTPConnectionPool):
    def __init__(self, dial: Callable[[float], socket.socket]) -> None:
        super().__init__("localhost", maxsize=1)
        self._dial = dial

    def _new_conn(self) -> urllib3.connection.HTTPConnection:
        return Connection(self._dial)


class Connection(urllib3.connection.HTTPConnection):
    def __init__(self, dial: Callable[[float], socket.socket]) -> None:
        super().__init__("localhost")
        self._dial = dial

    def connect(self) -> None:
        self.sock = self._dial(float(self.timeout or 60.0))
