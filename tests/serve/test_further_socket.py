"""`serve --socket PATH`: another place to be asked at, and nothing of anybody else's is taken for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.serve.place import further_socket

REQUEST = b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n"


def asked(path: Path) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(20.0)
        link.connect(str(path))
        link.sendall(REQUEST)
        raw = b"".join(iter(lambda: link.recv(65536), b""))
    answer: dict[str, object] = json.loads(raw.partition(b"\r\n\r\n")[2])
    return answer


def test_both_sockets_answer_and_both_are_gone_at_the_end() -> None:
    with tempfile.TemporaryDirectory() as home:  # a socket's path has to be short
        further = Path(home) / "here.sock"
        own = {"HOME": home, "XDG_STATE_HOME": home, "TEKTON_ROOT": "", "DOCKER_HOST": f"unix://{home}/no.sock"}
        command = [sys.executable, "-m", "ergon_ops", "serve", "--http", "off", "--socket", str(further)]
        with subprocess.Popen(command, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True) as daemon:
            assert daemon.stderr is not None
            try:
                said = next(line for line in daemon.stderr if "unix socket" in line)
                assert str(further) in said
                first = Path(home) / "ergon-ops" / "run" / "daemon.sock"
                assert asked(further).keys() == asked(first).keys()
                assert further.stat().st_mode & 0o077 == 0
            finally:
                daemon.terminate()
        assert daemon.returncode == 0
        assert not further.exists()
        assert not first.exists()


def test_what_is_there_is_not_taken() -> None:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "notes.txt"
        file.write_text("mine", "utf-8")
        with pytest.raises(UsageError, match="no socket"):
            further_socket(file)
        with pytest.raises(UsageError, match="no folder"):
            further_socket(Path(home) / "nowhere" / "x.sock")
        with pytest.raises(UsageError, match="too long"):
            further_socket(Path(home) / ("x" * 120))
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(Path(home) / "taken.sock"))
            other.listen(1)
            with pytest.raises(UsageError, match="somebody listens"):
                further_socket(Path(home) / "taken.sock")
        assert further_socket(Path(home) / "taken.sock").name == "taken.sock", "nobody listens there any more"
        assert file.read_text("utf-8") == "mine"
