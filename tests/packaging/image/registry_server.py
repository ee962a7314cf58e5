"""A registry in a thread, as Docker Hub behaves: tokens, lists of platforms, blobs elsewhere; and what goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import ssl
import tarfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

OCI = "application/vnd.oci.image"
TOKEN = "token-of-the-test"
EMPTY: Mapping[str, str] = {}


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def layer(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return data.getvalue()


@dataclass
class Hub:
    """`faults`: what happens to a GET whose path ends so, one after the other, then nothing: a status, "cut", "wrong",
    "hang" or "hang up". `wants_token`: nothing is given without one; `login`: nothing but with a login; `private`: no
    token but for this header or this identity token. `elsewhere`: blobs are given by that address."""

    port: int = 0
    wants_token: bool = False
    login: bool = False
    opens: str = "-"
    private: str = ""
    elsewhere: str = ""
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)  # path, authorization

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def put(self, tag: str, layers: list[bytes], *, zipped: bool = True, machine: str = "amd64", **config: Any) -> str:
        """An image, under its tag and its digest; its configuration's digest."""
        sent = [gzip.compress(content, mtime=0) if zipped else content for content in layers]
        body = {"os": "linux", "architecture": machine, "config": config, "history": [{"created_by": "test"}]}
        text = json.dumps({**body, "rootfs": {"type": "layers", "diff_ids": [sha(content) for content in layers]}})
        kind = f"{OCI}.layer.v1.tar+gzip" if zipped else f"{OCI}.layer.v1.tar"
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": {"digest": sha(text.encode()), "size": len(text), "mediaType": f"{OCI}.config.v1+json"},
            "layers": [{"mediaType": kind, "digest": sha(content), "size": len(content)} for content in sent],
        }
        self.blobs |= {sha(content): content for content in (*sent, text.encode())}
        self._manifest(tag, manifest)
        return sha(text.encode())

    def index(self, tag: str, rows: Mapping[str, str]) -> str:
        """A list of platforms, `linux/amd64` → tag."""
        listed = []
        for row, name in rows.items():
            system, machine = row.split("/")
            about = {"os": system, "architecture": machine}
            listed.append({"digest": sha(self.manifests[name][1]), "platform": about})
        return self._manifest(tag, {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": listed})

    def _manifest(self, tag: str, body: Mapping[str, Any]) -> str:
        text = json.dumps(body).encode()
        self.manifests[tag] = self.manifests[sha(text)] = (str(body["mediaType"]), text)
        return sha(text)


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub, path = self.hub, self.path
        hub.seen.append((path, self.headers.get("Authorization", "")))
        fault = next((each.pop(0) for end, each in hub.faults.items() if path.endswith(end) and each), None)
        if isinstance(fault, int):
            return self._say(fault, b"")
        if fault == "hang":
            time.sleep(3)
        if fault in ("hang", "hang up"):
            self.close_connection = True
            return None
        if path.startswith("/token?"):
            if hub.private and self.headers.get("Authorization") != hub.private:
                return self._say(401, b"{}")
            return self._say(200, json.dumps({"token": TOKEN}).encode())
        said = self.headers.get("Authorization")
        if (hub.login and said != hub.opens) or (hub.wants_token and said != f"Bearer {TOKEN}"):
            realm = f'Bearer realm="http://{hub.address}/token",service="hub",scope="s"'
            about = 'Basic realm="x"' if hub.login else realm
            return self._say(401, b"{}", headers={"WWW-Authenticate": about})
        last = path.rpartition("/")[2]
        if path == "/v2/":
            return self._say(200, b"{}")
        if "/manifests/" in path and last in hub.manifests:
            return self._give(*hub.manifests[last], fault)
        if "/blobs/" in path and hub.elsewhere:
            return self._say(307, b"", headers={"Location": f"http://{hub.elsewhere}/blobs/{last}"})
        if "/blobs/" in path and last in hub.blobs:
            return self._give("application/octet-stream", hub.blobs[last], fault)
        return self._say(404, b"{}")

    def do_POST(self) -> None:
        said = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.hub.seen.append((f"POST {self.path}", said.get("refresh_token", [""])[0]))
        if said.get("grant_type") != ["refresh_token"] or said.get("refresh_token") != [self.hub.private]:
            return self._say(401, b"{}")
        return self._say(200, json.dumps({"access_token": TOKEN}).encode())

    def _give(self, kind: str, content: bytes, fault: Any) -> None:
        content = content[:-9] + b"otherwise" if fault == "wrong" else content
        self._say(200, content, cut=fault == "cut", headers={"Content-Type": kind})

    def _say(self, status: int, content: bytes, *, cut: bool = False, headers: Mapping[str, str] = EMPTY) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(hub: Hub, tls: ssl.SSLContext | None = None) -> Iterator[Hub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"hub": hub}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    hub.port = server.server_port
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up is part of the test
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
