"""The SDK's low-level client with a reader of its own: typed, bounded replies over sockets that can be cut.

Paths and parameters are those of the Engine API; the SDK's verbs serve where they do more than one request
(build contexts, registry credentials).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any

import requests
from docker.api.client import APIClient
from docker.errors import create_api_error_from_http_exception

from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.transport import Adapter, Wires

LONGEST = 64 * 1024 * 1024


class Client(APIClient):
    """`timeout` bounds each read; the total deadline is kept by whoever owns the `Wires`."""

    _version: str

    def fetch(self, path: str, **params: Any) -> Any:
        """The document at `path`. Raises the SDK's APIError, requests' errors, and ValueError for what is not JSON."""
        return json.loads(self._whole(self._ask("GET", path, params)))

    def submit(self, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Any:
        """POST; the reply's document, or None if there is none."""
        said = self._whole(self._ask("POST", path, params, body))
        return json.loads(said) if said.strip() else None

    def exchange(self, path: str, body: Mapping[str, Any]) -> bytes:
        """POST; the reply's bytes as they are, until the engine ends it."""
        return self._whole(self._ask("POST", path, {}, body))

    def drop(self, path: str, **params: Any) -> None:
        self._whole(self._ask("DELETE", path, params))

    def transcript(self, path: str, body: Mapping[str, Any], *, most: int) -> bytes:
        """POST; what comes until the engine ends it, at most so many bytes."""
        with self._ask("POST", path, {}, body) as reply:
            said: bytes = reply.raw.read(most, decode_content=True)
        return said

    def excerpt(self, path: str, /, *, most: int, **params: Any) -> bytes:
        """The first so many bytes at `path`."""
        with self._ask("GET", path, params) as reply:
            said: bytes = reply.raw.read(most, decode_content=True)
        return said

    def open(self, path: str, **params: Any) -> requests.Response:
        """A reply to read piece by piece from its `raw`; the caller closes it."""
        return self._ask("GET", path, params)

    def newest_version(self) -> tuple[int, ...]:
        """The newest API version the engine speaks. Raises ValueError if what answers is none."""
        reply = self.get(f"{self.base_url}/_ping", timeout=self.timeout)
        _must_be_good(reply)
        found = reply.headers.get("Api-Version", "")
        if not found:
            raise ValueError("its answer to a ping names no API version")
        return tuple(int(part) for part in found.split("."))

    def speak(self, version: str) -> None:
        self._version = version

    def _ask(
        self, method: str, path: str, params: Mapping[str, Any], body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        url = f"{self.base_url}/v{self._version}{path}"
        sent = {key: _plain(value) for key, value in params.items() if value is not None}
        reply = self.request(method, url, params=sent, json=body, timeout=self.timeout, stream=True)
        _must_be_good(reply)
        return reply

    def _whole(self, reply: requests.Response) -> bytes:
        with reply:
            said: bytes = reply.raw.read(LONGEST + 1, decode_content=True)
        if len(said) > LONGEST:
            raise ValueError(f"an answer of more than {LONGEST} bytes")
        return said


def connect(endpoint: Endpoint, wires: Wires, version: str) -> Client:
    """A client speaking through `wires`. Nothing is connected yet."""
    if endpoint.url.startswith("ssh:") and shutil.which("ssh") is None:
        return Client(base_url=endpoint.url, version=version)  # by paramiko, where that is installed
    api = Client(base_url="unix:///var/run/docker.sock", version=version)
    api.trust_env = False
    api.mount("http+docker://", Adapter(wires.dial))
    return api


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _must_be_good(reply: requests.Response) -> None:
    if reply.status_code < 400:
        return
    try:
        reply.raise_for_status()
    except requests.HTTPError as error:
        raise create_api_error_from_http_exception(error) from error
