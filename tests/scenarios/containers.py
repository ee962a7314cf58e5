"""Containers on an engine, made as anyone makes them: by the Engine API, not by our own hands."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.engine.faraway import busybox_tar

IMAGE = "scenarios/busybox:1"
AT_ONCE = 4


class Refused(Exception):
    """The engine said no."""


class Api:
    """A connection for each call: nothing is left open when the engine goes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, method: str, path: str, body: Any = None, *, timeout: float = 60.0, **query: Any) -> Any:
        wire = http.client.HTTPConnection("engine", timeout=timeout)
        wire.sock = socket.socket(socket.AF_UNIX)
        try:
            wire.sock.settimeout(timeout)
            wire.sock.connect(str(self.path))
            raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            kind = {"Content-Type": "application/x-tar" if isinstance(body, bytes) else "application/json"}
            wire.request(method, f"/v1.41{path}?{urlencode(query)}", raw, kind)
            reply = wire.getresponse()
            said = reply.read()
        finally:
            wire.close()
        if reply.status >= 400:
            raise Refused(said.decode())
        return json.loads(said) if said[:1] in (b"{", b"[") and not said.startswith(b'{"status') else said

    def alive(self) -> bool:
        try:
            return bool(self("GET", "/_ping", timeout=2) == b"OK")
        except (OSError, Refused, http.client.HTTPException):
            return False


def ensure_image(api: Api, folder: Path) -> None:
    tar = busybox_tar(folder / "root.tar")
    repository, _, tag = IMAGE.rpartition(":")
    api("POST", "/images/create", tar.read_bytes(), fromSrc="-", repo=repository, tag=tag, changes="ENV PATH=/bin")
    api("GET", f"/images/{IMAGE}/json")


class Yard:
    """Makes containers and removes them. `host` takes HostConfig's keys, `more` the container's."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.made: list[str] = []

    def create(
        self, name: str, script: str = "exec sleep 1000", *, host: dict[str, Any] | None = None, **more: Any
    ) -> str:
        config = {"Image": IMAGE, "Cmd": ["sh", "-c", script], "StopTimeout": 1, **more}
        config["HostConfig"] = {"NetworkMode": "none", **(host or {})}
        made = str(self.api("POST", "/containers/create", config, name=name)["Id"])
        self.made.append(made)
        return made

    def run(
        self, name: str, script: str = "exec sleep 1000", *, host: dict[str, Any] | None = None, **more: Any
    ) -> str:
        made = self.create(name, script, host=host, **more)
        self.api("POST", f"/containers/{made}/start")
        return made

    def state(self, name: str) -> dict[str, Any]:
        return dict(self.api("GET", f"/containers/{name}/json")["State"])

    def until(self, name: str, good: Callable[[dict[str, Any]], bool], *, within_s: float = 60.0) -> dict[str, Any]:
        limit = time.monotonic() + within_s
        while not good(found := self.state(name)) and time.monotonic() < limit:
            time.sleep(0.1)
        assert good(found), found
        return found

    def remove(self, made: str) -> None:
        try:
            self.api("DELETE", f"/containers/{made}", force=1, v=1)
        except Refused as error:
            if "No such container" not in str(error) and "already in progress" not in str(error):
                raise

    def clear(self) -> None:
        each(self.remove, self.made)
        self.made.clear()


def each(work: Callable[[Any], object], items: Iterable[Any]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(work, list(items)):
            pass
