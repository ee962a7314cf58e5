"""One scenario's place on the real engine: made, looked at with the engine's own means, and removed whatever happens.

Everything carries two labels, the run's and the process's, so that what a killed run left behind is found again.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container, _create_container_args  # type: ignore[attr-defined]
from docker.types import EndpointConfig, IPAMConfig, IPAMPool

if TYPE_CHECKING:
    from tests.faults.scenario import Box, Case

RUN, OWNER = "test.run", "test.owner"
PATIENCE_S = 60.0
LISTEN = "0A"
INTERNAL = "internal:"  # before a network's name: one without a way out
SUBNET_TRIES = 20


class NotInjected(Exception):
    """The fault could not be made or seen: the scenario is wrong, or the machine is too slow; says what was missed."""


class Site:
    """`names` in a case are as drawn; on the engine they are the same."""

    def __init__(self, docker_host: str, run: str, stopping: threading.Event | None = None) -> None:
        self.stopping = stopping or threading.Event()
        self.socket = docker_host.removeprefix("unix://")
        self.engine = docker.DockerClient(base_url=docker_host, version="1.41", timeout=120)
        self.labels = {RUN: run, OWNER: str(os.getpid())}
        self.names: list[str] = []
        self.held: list[Callable[[], object]] = []

    # -- making ------------------------------------------------------------------------------------------------------

    def make(self, case: Case) -> None:
        for name in case.networks:
            self._network(name)
        for name, options in case.volumes.items():
            self.engine.volumes.create(name, driver_opts=dict(options), labels=self.labels)
        for box in case.boxes:
            self.add(box)
        if case.inject is not None:
            case.inject(self)

    def _network(self, name: str) -> None:
        """On a small subnet of its own: the engine's default pool holds thirty networks for everybody."""
        words: dict[str, Any] = {"driver": "bridge", "labels": self.labels, "check_duplicate": True}
        words["internal"] = name.startswith(INTERNAL)
        for _ in range(SUBNET_TRIES):
            subnet = f"10.{random.randint(96, 127)}.{random.randint(0, 255)}.{random.randrange(0, 256, 32)}/27"
            pool = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)])
            with contextlib.suppress(APIError):
                self.engine.networks.create(name.removeprefix(INTERNAL), ipam=pool, **words)
                return
        raise NotInjected(f"no free subnet for {name}")

    def add(self, box: Box) -> None:
        options = {"labels": {}, **box.options}
        options["labels"] = {**options["labels"], **self.labels}
        networks = [name.removeprefix(INTERNAL) for name in box.networks]
        if networks:
            options["network"] = networks[0]
            options["networking_config"] = {networks[0]: EndpointConfig("1.41", aliases=list(box.aliases))}
        made = self._created(box, options)
        self.names.append(box.name)
        for network in networks[1:]:
            self.engine.networks.get(network).connect(made, aliases=list(box.aliases))
        if box.files:
            made.put_archive("/", packed(box.files))
        if box.start:
            self.start(box.name, refused=box.refused)
        if box.serves:
            self.until(lambda: self.listens(box.name, box.serves), f"{box.name} to listen on {box.serves}")

    def _created(self, box: Box, options: dict[str, Any]) -> Container:
        """`expose` among the options: ports that are exposed and not published, for which the SDK has no word."""
        exposed = options.pop("expose", [])
        if not exposed:
            return self.engine.containers.create(box.image, box.command, name=box.name, **options)
        words = {"image": box.image, "command": box.command, "name": box.name, "version": "1.41", **options}
        made = self.engine.api.create_container(**{**_create_container_args(words), "ports": exposed})
        return self.container(made["Id"])

    def start(self, name: str, *, refused: bool = False) -> None:
        try:
            self.container(name).start()
        except APIError as error:
            if not refused:
                raise NotInjected(f"{name} does not start: {error.explanation}") from error
        else:
            if refused:
                raise NotInjected(f"{name} starts, though it should not")

    def pause(self, name: str) -> None:
        """Again if the freezer says that it could not: it gives up early on a crowded machine."""

        def paused() -> bool:
            with contextlib.suppress(APIError):
                self.container(name).pause()
            return bool(self.state(name)["Paused"])

        self.until(paused, f"{name} to be paused")

    def occupy(self, port: int) -> None:
        """This process listens there, on the host, until the site is cleared."""
        taken = socket.create_server(("127.0.0.1", port))
        self.held.append(taken.close)

    # -- looking -----------------------------------------------------------------------------------------------------

    def container(self, name: str) -> Container:
        return self.engine.containers.get(name)

    def inspect(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.api.inspect_container(name)
        return found

    def state(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.inspect(name)["State"]
        return found

    def logs(self, name: str) -> str:
        with contextlib.suppress(APIError):
            return self.container(name).logs().decode(errors="replace")
        return ""

    def log_size(self, name: str) -> int:
        """Bytes of its log file, on this host."""
        return os.path.getsize(self.inspect(name)["LogPath"])

    def run(self, name: str, *command: str, user: str = "", detach: bool = False) -> tuple[int, str]:
        """Exit code and output of a command inside; -1 if the engine would not run it."""
        try:
            code, output = self.container(name).exec_run(list(command), user=user, detach=detach)
        except APIError as error:
            return -1, str(error.explanation)
        return code or 0, (output or b"").decode(errors="replace") if isinstance(output, bytes) else ""

    def sh(self, name: str, script: str) -> str:
        return self.run(name, "sh", "-c", script)[1]

    def listens(self, name: str, port: int, address: str = "") -> bool:
        """By the table of the container's network namespace; `address` as that table writes it, empty for any."""
        rows = [line.split() for line in self.proc(name, "net/tcp", "net/tcp6").splitlines()]
        places = [row[1].split(":") for row in rows if len(row) > 3 and row[3] == LISTEN]
        return any(int(place[1], 16) == port and address in ("", place[0]) for place in places)

    def proc(self, name: str, *files: str) -> str:
        """Files of PID 1's folder in /proc, empty for a container that does not run."""
        pid = self.state(name)["Pid"]
        if not pid:
            return ""
        text = ""
        with contextlib.suppress(OSError):
            for file in files:
                with open(f"/proc/{pid}/{file}") as opened:
                    text += opened.read()
            return text
        return self.sh(name, "cat " + " ".join(f"/proc/1/{file}" for file in files))

    def hears(self, name: str, mask: str, number: int) -> bool:
        """PID 1 has the signal in its mask `SigCgt` (caught) or `SigIgn` (ignored)."""
        rows = [line.split()[1] for line in self.proc(name, "status").splitlines() if line.startswith(f"{mask}:")]
        return bool(rows) and bool(int(rows[0], 16) >> (number - 1) & 1)

    def address(self, name: str, network: str) -> str:
        return str(self.inspect(name)["NetworkSettings"]["Networks"][network]["IPAddress"])

    def reached(self, port: int) -> bool:
        """Somebody answers an HTTP request on this port of the host."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as asked:
            asked.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(asked.recv(1))
        return False

    def events(self, since: float) -> list[dict[str, Any]]:
        """What happened to our containers since then, as the engine tells it."""
        chosen = {"type": "container", "label": f"{RUN}={self.labels[RUN]}"}
        stream = self.engine.events(since=int(since), until=int(time.time()) + 1, filters=chosen, decode=True)
        return [event for event in stream if event["timeNano"] / 1e9 >= since]

    def until(self, look: Callable[[], object], what: str, *, deadline_s: float = PATIENCE_S) -> None:
        """Polls; raises NotInjected when it does not come."""
        ends = time.monotonic() + deadline_s
        while True:
            with contextlib.suppress(NotFound, KeyError, IndexError):
                if look():
                    return
            if time.monotonic() > ends or self.stopping.is_set():
                raise NotInjected(f"waited {deadline_s:.0f} s for {what}")
            time.sleep(0.15)

    # -- removing ----------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """All of this run's things; safe to call twice."""
        while self.held:
            self.held.pop()()
        clear(self.engine, f"{RUN}={self.labels[RUN]}")

    def close(self) -> None:
        self.engine.close()


@contextlib.contextmanager
def site(docker_host: str, run: str, stopping: threading.Event) -> Iterator[Site]:
    made = Site(docker_host, run, stopping)
    try:
        yield made
    finally:
        try:
            made.clear()
        finally:
            made.close()


def clear(engine: docker.DockerClient, label: str) -> None:
    chosen = {"label": label}
    for row in engine.api.containers(all=True, filters=chosen):
        with contextlib.suppress(NotFound, APIError):
            engine.api.remove_container(row["Id"], force=True, v=True)
    for network in engine.api.networks(filters=chosen):
        with contextlib.suppress(NotFound, APIError):
            engine.api.remove_network(network["Id"])
    for volume in engine.api.volumes(filters=chosen)["Volumes"] or []:
        with contextlib.suppress(NotFound, APIError):
            engine.api.remove_volume(volume["Name"], force=True)


def sweep(docker_host: str) -> None:
    """What runs that were killed have left: their process is gone."""
    engine = docker.DockerClient(base_url=docker_host, version="1.41", timeout=60)
    with contextlib.suppress(DockerException):
        rows = engine.api.containers(all=True, filters={"label": OWNER})
        rows += engine.api.networks(filters={"label": OWNER})
        rows += engine.api.volumes(filters={"label": OWNER})["Volumes"] or []
        for owner in {row["Labels"][OWNER] for row in rows}:
            if not os.path.exists(f"/proc/{owner}"):
                clear(engine, f"{OWNER}={owner}")
    engine.close()


def packed(files: Mapping[str, str], mode: int = 0o755) -> bytes:
    """A tar for `put_archive`; a name that ends in '!' is written without leave to execute."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in files.items():
            body = text.encode()
            entry = tarfile.TarInfo(path.rstrip("!").lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(body), 0o644 if path.endswith("!") else mode, int(time.time())
            tar.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()
