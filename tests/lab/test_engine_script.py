"""The lab finds an engine that answers, is not held up by one that does not, and keeps its hands off others'."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "engine.py"
PONG = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def lab(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script as a person runs it, on a machine where nothing else is set up."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ERGON_OPS_LAB": str(tmp_path / "lab")}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(
        command, env={**variables, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


Answer = Callable[[socket.socket], None]


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[[Answer], str]]:
    """A unix socket that treats whoever connects as told; its address."""
    servers: list[socket.socket] = []

    def start(answer: Answer) -> str:
        path = tmp_path / f"{len(servers)}.sock"
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        servers.append(server)
        threading.Thread(target=serve, args=(server, answer), daemon=True).start()
        return f"unix://{path}"

    yield start
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def serve(server: socket.socket, answer: Answer) -> None:
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        with link:
            try:
                answer(link)
            except OSError:
                continue


def pong(link: socket.socket) -> None:
    link.recv(4096)
    link.sendall(PONG)


def drip(link: socket.socket) -> None:
    for byte in PONG * 10:
        time.sleep(0.5)
        link.sendall(bytes([byte]))


def test_an_engine_that_answers_is_used_as_it_is(tmp_path: Path, listen: Callable[[Answer], str]) -> None:
    host = listen(pong)
    done = lab(tmp_path, "up", DOCKER_HOST=host)
    assert done.stdout.splitlines()[-1] == f"export DOCKER_HOST={host}"
    assert not (tmp_path / "lab").exists(), "something of our own was begun"


def test_the_current_docker_context_is_honoured(tmp_path: Path, listen: Callable[[Answer], str]) -> None:
    host = listen(pong)
    meta = tmp_path / ".docker" / "contexts" / "meta" / hashlib.sha256(b"here").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "here", "Endpoints": {"docker": {"Host": host}}}))
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "here"}')
    assert lab(tmp_path, "env").stdout == f"export DOCKER_HOST={host}\n"


@pytest.mark.parametrize("address", ["unix:///no/such/socket", "tcp://127.0.0.1:1", "garbage", "tcp://127.0.0.1:bad"])
def test_an_address_without_an_engine_gives_one_line(tmp_path: Path, address: str) -> None:
    done = lab(tmp_path, "status", DOCKER_HOST=address)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "lab: no engine answers; start one with: make lab\n"


def test_a_dripping_engine_does_not_hold_anybody_up(tmp_path: Path, listen: Callable[[Answer], str]) -> None:
    assert lab(tmp_path, "status", DOCKER_HOST=listen(drip)).returncode == 1


def test_an_error_page_is_not_an_engine(tmp_path: Path, listen: Callable[[Answer], str]) -> None:
    host = listen(lambda link: link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert lab(tmp_path, "status", DOCKER_HOST=host).returncode == 1


def test_without_root_on_debian_it_says_in_one_line_what_to_install(tmp_path: Path) -> None:
    done = lab(tmp_path, "up", DOCKER_HOST="unix:///no/such/socket", PATH=str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert "install Docker" in done.stderr


def test_down_never_stops_a_process_that_is_not_our_engine(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (tmp_path / "lab").mkdir()
        (tmp_path / "lab" / "dockerd.pid").write_text(str(bystander.pid))
        done = lab(tmp_path, "down")
        alive = bystander.poll() is None
        bystander.kill()
    assert done.returncode == 0
    assert alive
