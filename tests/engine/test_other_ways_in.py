"""Engines reached by ssh, and the near one as an ordinary user of the docker group sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.engine.reads import open_reads
from ergon_ops.errors import EngineNotRunning, EnginePermission
from tests.engine import misbehaving
from tests.engine.misbehaving import Server, answers
from tests.engine.real import RealEngine

SSH = """#!{python}
import os, select, socket, sys
assert sys.argv[-3:] == ["docker", "system", "dial-stdio"], sys.argv
wire = socket.socket(socket.AF_UNIX)
wire.connect({path!r})
while True:
    ready, _, _ = select.select([0, wire], [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        wire.sendall(data)
    if wire in ready:
        data = wire.recv(65536)
        if not data:
            break
        os.write(1, data)
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the ssh program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder / "ssh"


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


async def test_an_engine_is_reached_by_ssh(ssh: Path, tmp_path: Path) -> None:
    with Server(answers(b"[]"), path=tmp_path / "s") as server:
        script(ssh, SSH.format(python=sys.executable, path=str(tmp_path / "s")))
        engine = open_reads(Endpoint("edge", "ssh://op@edge.example", "context edge"))
        assert await engine.containers() == ()
        assert await engine.containers() == ()
        await engine.close()
    assert len([request for request in server.requests if b"_ping" in request]) == 1


async def test_a_silent_engine_behind_ssh_ends_in_time_and_its_ssh_too(ssh: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with Server(misbehaving.silent, path=tmp_path / "s"):
        text = SSH.replace("import os,", "import os; open({pid!r}, 'w').write(str(os.getpid())); import")
        script(ssh, text.format(python=sys.executable, path=str(tmp_path / "s"), pid=str(pid)))
        host = (await open_reads(Endpoint("edge", "ssh://edge", "context edge")).host_readings())[-1:]
        assert host == () or host[0].name != "engine_version"
        for _ in range(1000):
            if not Path(f"/proc/{pid.read_text()}").exists():
                return
            await asyncio.sleep(0.05)
    pytest.fail("its ssh is still there")


async def test_what_ssh_complains_about_is_told(ssh: Path) -> None:
    engine = open_reads(Endpoint("edge", "ssh://op@edge.example", "context edge"))
    script(ssh, "#!/bin/sh\necho 'op@edge.example: Permission denied (publickey).' >&2; exit 255\n")
    with pytest.raises(EnginePermission) as caught:
        await engine.containers()
    assert "publickey" in caught.value.message
    assert "ssh op@edge.example" in caught.value.next
    script(ssh, "#!/bin/sh\necho 'bash: docker: command not found' >&2; exit 127\n")
    with pytest.raises(EngineNotRunning) as missing:
        await engine.containers()
    assert "command not found" in missing.value.message
    await engine.close()


async def test_without_any_ssh_its_installation_is_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("ssh") is None
    with pytest.raises(EngineNotRunning) as caught:
        await open_reads(Endpoint("edge", "ssh://op@edge.example", "context edge")).containers()
    assert "install an ssh client" in caught.value.next


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[RealEngine]:
    async with RealEngine.opened(docker_host) as real:
        yield real


AS_NOBODY = """
import asyncio, json, os, sys, time
import ergon_ops.engine.client, ergon_ops.engine.faults, ergon_ops.engine.apistats, ergon_ops.engine.sockets
import ergon_ops.engine.filesystem, ergon_ops.engine.hostfacts, ergon_ops.engine.netns
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.engine.reads import open_reads
from ergon_ops.refs import Ref
os.setgroups([]); os.setgid(65534); os.setuid(65534)

async def main():
    engine = open_reads(Endpoint("local", sys.argv[1], "DOCKER_HOST"))
    ref = Ref(sys.argv[2])
    found = await engine.read(ref, ["state", "memory", "cpu", "pids", "io", "filesystem"])
    print(json.dumps({
        "files": (await engine.info()).files_readable,
        "readings": {f"{item.name}": item.source for item in found},
        "processes": [process.name for process in await engine.processes(ref)],
        "visible": (await engine.sockets(ref)).visible,
        "ports": [socket.port for socket in (await engine.sockets(ref)).listening],
        "host": [item.name for item in await engine.host_readings()],
        "counters": len(await engine.counters()),
    }))
asyncio.run(main())
"""


@pytest.mark.engine
@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody else")
async def test_an_ordinary_user_reads_what_is_open_and_nothing_fails(engine: RealEngine, tmp_path: Path) -> None:
    ref = await engine.run("exec httpd -f -p 8080", memory_bytes=32 << 20)
    path = Path("/tmp") / f"engtest-{os.getpid()}.sock"
    relay = Relay(path, engine.endpoint.url.removeprefix("unix://"))
    try:
        done = await asyncio.to_thread(as_nobody, f"unix://{path}", ref.name)
    finally:
        relay.close()
    assert not done.stderr
    seen = json.loads(done.stdout)
    assert seen["files"] is True
    assert seen["readings"]["memory_usage"].startswith("cgroup:")
    assert "fs_size" not in seen["readings"]
    assert seen["processes"] == ["httpd"]
    assert (seen["visible"], seen["ports"]) == (True, [8080])
    assert "engine" in seen["host"]
    assert seen["counters"] >= 1
    assert (await engine.reads.logs(ref, LogQuery())).unreadable == ""


def as_nobody(url: str, name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_NOBODY, url, name]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


class Relay:
    """A socket that everybody may open, in front of one that is closed to them."""

    def __init__(self, path: Path, target: str) -> None:
        self._target = target
        self._path = path
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        path.chmod(0o666)
        self._listening.listen(32)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._path.unlink()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pipe, args=(source, sink), daemon=True).start()

    def _pipe(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError), source:
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
